"""Sequence, times and origin around a message, as journalled and as released."""

from collections.abc import Iterable

from msgspec import Struct

from itg.kernel.ids import Seq
from itg.kernel.messages import Event, Message
from itg.kernel.times import Nanos


class Record(Struct, frozen=True, gc=False, array_like=True):
    """One input with everything it caused: the unit of the journal and of release.

    `seq` numbers the input; its outputs take the following numbers in order, so the next input's
    seq is `seq + len(outputs) + 1`. `outputs` is the whole cascade breadth-first.
    """

    seq: Seq
    ts_ns: Nanos  # wall
    game_ns: Nanos
    actor: str  # account, organizer or "" for the system; never a key
    trace_id: str
    body: Message
    outputs: tuple[Message, ...] = ()


def kinds_of(records: Iterable[Record]) -> set[type[Message]]:
    """Return the classes of everything these inputs caused: what tells who need not look at it."""
    return {kind for record in records for kind in map(type, record.outputs)}


class Envelope(Struct, frozen=True, gc=False, kw_only=True):
    """One event with its context, for a bus or a consumer outside the pump.

    `source` and `shard` name the stream, `seq` the pump's number; the event id is
    `source:game:shard:seq`.
    """

    seq: Seq
    ts_ns: Nanos
    game_ns: Nanos
    cause: Seq
    trace_id: str
    actor: str
    source: str
    shard: int
    epoch: int
    body: Message


def source_of(event: Event) -> str:
    """Return the service that owns an event: the package its contract lives in."""
    return type(event).__module__.split(".")[1]


def shard_of(message: Message) -> int:
    """Return the shard a message names, 0 where it names none."""
    shard: int = getattr(message, "shard", 0)
    return shard
