"""Keys of those without a team: what is read of them, and how one ends."""

from msgspec import Struct

from itg.game.contract.acts import OrganizerAct
from itg.game.contract.rules import Scope
from itg.kernel.messages import Event, Query, Reply


class RevokeKey(OrganizerAct, frozen=True, kw_only=True):
    """Let no key of this name work any more; `organizer` is the game's first key.

    Refused if no organizer's key would be left. Teams' keys have no name: see `RetireKey`.
    """

    key_name: str


class KeyRevoked(Event, frozen=True, kw_only=True):
    """These keys without a team work no more: sockets that came with them end."""

    key_name: str
    key_numbers: tuple[int, ...]


class GetKeys(Query, frozen=True, kw_only=True):
    """Read whose keys without a team work."""


class IssuedKey(Struct, frozen=True, gc=False, kw_only=True):
    """One such key; names may be shared, numbers (0: the first organizer's) are not."""

    key_name: str
    key_number: int
    scopes: tuple[Scope, ...]


class IssuedKeys(Reply, frozen=True, kw_only=True):
    """Organizers' keys, then researchers', each in the order they were issued."""

    keys: tuple[IssuedKey, ...]
