"""The doors: REST and WebSocket in front of the pump.

Owns connections, keys' lookup, deadlines, flood limits, channels and their frames. Does not own any
rule of the game: every refusal but those of the door itself is a service's, passed on with its
numbers.
"""

from itg.gateway.app import build_app
from itg.gateway.gateway import Gateway

__all__ = ["Gateway", "build_app"]
