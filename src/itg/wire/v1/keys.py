"""Keys of those without a team: who has one, and how one ends."""

from typing import Annotated

from msgspec import Meta

from itg.wire.v1.orders import Body, NeededReason, Request


class RevokeKeyRequest(Request, frozen=True, kw_only=True):
    """Let every key of this name work no more; `organizer` is the game's first key."""

    key_name: Annotated[str, Meta(min_length=3, max_length=50)]
    reason: NeededReason


class RevokedKeyBody(Body, frozen=True, kw_only=True):
    """How many keys of a name work no more."""

    key_name: str
    revoked: int


class KeyItem(Body, frozen=True, kw_only=True):
    """Whose key works, and for what; its number (0: the first organizer's) is no other's."""

    key_name: str
    key_number: int
    scopes: list[str]


class KeyPage(Body, frozen=True, kw_only=True):
    """Organizers' keys, then researchers', each in the order they were issued."""

    items: list[KeyItem]
