"""Paths in which a client order id stands: any of its characters is the id's, a slash too."""

import re
from urllib.parse import unquote

from litestar.types import HTTPScope

_ID = b"/exchange/orders/by-client-id/"
_SLASH = re.compile(b"%2f", re.IGNORECASE)
# Stands for an id's slash while a route is looked for: no client order id has this character.
_STAND_IN = "\x1f"


def with_whole_ids(scope: HTTPScope) -> HTTPScope:
    """Return the scope with a path in which no slash of a client order id parts anything."""
    head, found, tail = scope["raw_path"].partition(_ID)
    if not found or not _SLASH.search(tail):
        return scope
    raw = head + found + _SLASH.sub(b"%1F", tail)
    whole = scope.copy()
    whole["path"] = unquote(raw.decode("ascii"))
    return whole


def as_sent(text: str) -> str:
    """Return a path, or a value of one, with the slashes of a client order id in it again."""
    return text.replace(_STAND_IN, "/")
