"""Opaque cursors: where a list goes on."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import TypeVar

from msgspec import MsgspecError
from msgspec.json import Decoder

from itg.gateway.calls import encode
from itg.gateway.problems import RefusedError, problem_of
from itg.gateway.reasons import INVALID_FIELD
from itg.wire.v1.orders import WireInt
from itg.wire.v1.problems import FieldError

T = TypeVar("T")
_decode = Decoder(dict[str, WireInt]).decode


def cursor_of(place: dict[str, int]) -> str:
    """Return a place as text."""
    return urlsafe_b64encode(encode(place)).decode("ascii")


def place_of(cursor: str | None) -> dict[str, int]:
    """Return a cursor's place, empty without one; refuse a text that is none of ours."""
    if cursor is None:
        return {}
    try:
        return _decode(urlsafe_b64decode(cursor.encode("ascii")))
    except (ValueError, MsgspecError) as error:
        errors = [FieldError(pointer="/cursor", detail="not a next_cursor of this list")]
        raise RefusedError(problem_of(INVALID_FIELD, errors[0].detail, errors=errors)) from error


def page_of(rows: Sequence[T], cursor: str | None, limit: int) -> tuple[list[T], str | None]:
    """Return a page of a list held in memory, and the cursor of the next."""
    start = max(0, place_of(cursor).get("start", 0))
    end = start + limit
    return list(rows[start:end]), cursor_of({"start": end}) if end < len(rows) else None
