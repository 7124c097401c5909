"""Price models: what moves the leader. `protocol` is what a plug-in implements."""
