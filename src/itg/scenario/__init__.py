"""Scenarios: TOML files compiled into the one command that creates a game.

Owns: the files' schema, inheritance and strictness, and the civil calendar. Whoever runs a game
gets integers and instants; no service reads a file. The keys: `docs/reference/scenario.md`.
"""

from itg.scenario.compile import load
from itg.scenario.files import available
from itg.scenario.model import json_schema

__all__ = ["available", "json_schema", "load"]
