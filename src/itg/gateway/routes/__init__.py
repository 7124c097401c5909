"""The operations of the public surface, one module per service; each can be mounted alone."""
