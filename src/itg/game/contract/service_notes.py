"""How a game was served to its teams: what the gateway noted, once a game minute.

Wall time stays out of every event: notes arrive as commands, change what is kept and cause nothing.
A game in lock step or in the lab is served by no clock, and nothing is noted of it.
"""

from typing import Final

from msgspec import Struct

from itg.kernel.ids import AccountId
from itg.kernel.messages import Command, Query, Reply
from itg.kernel.times import Nanos

# Upper bounds of a latency's buckets in microseconds of wall time; one more bucket has no bound.
LATENCY_BOUNDS_US: Final = (
    *(100, 150, 200, 300, 400, 500, 700, 1_000, 1_400, 2_000, 2_800, 4_000, 5_600, 8_000),
    *(11_000, 16_000, 22_000, 32_000, 45_000, 64_000, 90_000, 128_000, 181_000, 256_000),
    *(512_000, 1_024_000, 2_048_000, 5_000_000),
)


class ServiceNote(Struct, frozen=True, gc=False, array_like=True):
    """One account over about a game minute: open sockets at its end, and its answered commands.

    `counts` are of answers by `LATENCY_BOUNDS_US`, one more for those beyond the last; empty: none.
    """

    account_id: AccountId
    sockets: int
    counts: tuple[int, ...] = ()


class NoteService(Command, frozen=True, kw_only=True):
    """Keep how each account was served since the note before; heard while a round is under way."""

    notes: tuple[ServiceNote, ...]


class GetServiceNotes(Query, frozen=True, kw_only=True):
    """Read how a round was served; kept of the round under way and of the one before."""

    round_id: int


class SocketsNoted(Struct, frozen=True, gc=False, array_like=True):
    """From this note on an account had so many sockets."""

    at_ns: Nanos
    sockets: int


class AccountService(Struct, frozen=True, gc=False, kw_only=True):
    """One account over a round: notes, those with a socket, the changes, answers by latency."""

    account_id: AccountId
    notes: int
    connected: int
    changes: tuple[SocketsNoted, ...]
    counts: tuple[int, ...]


class ServiceNotes(Reply, frozen=True, kw_only=True):
    """The accounts in the order they were first noted; none where nothing was."""

    round_id: int
    accounts: tuple[AccountService, ...]
