"""The public, versioned schema of REST and WebSocket: a promise to every bot ever written.

Imports msgspec only. `v1` changes by addition; what the services say to each other is elsewhere.
"""
