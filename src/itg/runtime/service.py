"""What a pump runs: objects with state and one synchronous method.

A service never awaits, logs, sleeps, reads a clock or rolls dice of its own; time and wall effects
arrive as arguments and messages. Timers are asked for by message too, so that a replay of the
recorded inputs needs no second source of time.
"""

from collections.abc import Sequence
from typing import ClassVar, Protocol, runtime_checkable

from itg.kernel.ids import Shard
from itg.kernel.messages import Command, Event, Message, Query, Reply
from itg.kernel.times import Nanos


class Service(Protocol):
    """One owner of state.

    `accepts` and `emits` list every message class that may enter and leave `handle`; `answers`
    every query class. A sharded service has a `shard`: of the messages (and queries) that carry a
    `shard` field it hears only its own, of those without one it hears all.
    """

    name: ClassVar[str]
    accepts: ClassVar[tuple[type[Message], ...]]
    emits: ClassVar[tuple[type[Message], ...]]
    answers: ClassVar[tuple[type[Query], ...]]

    @property
    def shard(self) -> Shard | None:
        """Return the shard this instance owns, None for an unsharded service."""

    def handle(self, now: Nanos, message: Message) -> Sequence[Message]:
        """Apply one message at game time `now` and return what it caused, in order."""

    def query(self, query: Query) -> Reply:
        """Answer from the current state; changes nothing."""

    def snapshot(self) -> bytes:
        """Encode the whole state; equal states give equal bytes."""

    def restore(self, data: bytes) -> None:
        """Replace the state by a snapshot's."""


@runtime_checkable
class Packs(Protocol):
    """A service whose snapshots grow: it encodes in advance what will not change any more."""

    def pack(self) -> None:
        """Encode what has settled since the last time; changes no state and no snapshot."""


class StartTimer(Command, frozen=True, kw_only=True):
    """Ask the pump for one `TimerFired` at `at_ns`; the same key set again moves the timer."""

    owner: str  # node name of the asking service, see `node_name`
    key: str
    at_ns: Nanos


class StopTimer(Command, frozen=True, kw_only=True):
    """Forget a timer; unknown keys are ignored."""

    owner: str
    key: str


class TimerFired(Event, frozen=True, kw_only=True):
    """A due timer, delivered to its owner alone at `now == at_ns`, however late the wall is."""

    owner: str
    key: str
    at_ns: Nanos


def node_name(name: str, shard: Shard | None) -> str:
    """Return the name timers and digests use: `positions`, `exchange.1`."""
    return name if shard is None else f"{name}.{shard}"
