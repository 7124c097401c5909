"""Pages of a node's own events, read from its journal."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Final
from urllib.parse import parse_qs

from msgspec import Struct

from itg.compose.internal.refusing import RefusedError
from itg.kernel.ids import Seq
from itg.kernel.messages import Event
from itg.runtime.codec import Codec
from itg.runtime.envelope import Envelope, Record, shard_of, source_of
from itg.runtime.journal import Journal, SealedBatch

LIMIT: Final = 1_000  # of events in an answer
ROWS_MAX: Final = 256  # that are read for one
_DIGITS_MAX = 18
_BACK = 1_024  # numbers, to begin with, in which the row of a number begins


class Asked(Struct, frozen=True, kw_only=True):
    """Which events are asked for."""

    after: Seq
    shard: int | None
    limit: int


class EventPage(Struct, frozen=True, kw_only=True):
    """Whole rows' events, oldest first; the next page is after `next_after`."""

    events: list[Envelope]
    next_after: Seq
    is_end: bool


def page_of(journal: Journal, codec: Codec, asked: Asked) -> EventPage:
    """Return a page of whole rows; raises `JournalError`."""
    held = journal.head().seq
    events: list[Envelope] = []
    reached = asked.after
    for row in islice(_rows_from(journal, asked.after), ROWS_MAX):
        if len(events) >= asked.limit:
            break
        for record in codec.decode_records(row.body):
            events += _told(record, row.epoch, asked)
        reached = row.last_seq
    return EventPage(events=events, next_after=reached, is_end=reached >= held)


def asked_of(query: bytes) -> Asked:
    """Return what a query string asks for; `RefusedError` names the field that is wrong."""
    fields = parse_qs(query.decode("latin-1"), keep_blank_values=True)
    unknown = sorted(set(fields) - {"after", "shard", "limit"})
    if unknown:
        raise RefusedError(400, f"{unknown[0]}: no such field; there are after, shard and limit")
    after, limit = _number(fields, "after", 0), _number(fields, "limit", LIMIT)
    shard = _number(fields, "shard", 0) if "shard" in fields else None
    if not 0 < limit <= LIMIT:
        raise RefusedError(400, f"limit {limit}: at least 1, at most {LIMIT}")
    return Asked(after=Seq(after), shard=shard, limit=limit)


def _number(fields: Mapping[str, Sequence[str]], name: str, default: int) -> int:
    if name not in fields:
        return default
    text = fields[name][-1]
    if not text.isascii() or not text.isdigit() or len(text) > _DIGITS_MAX:
        raise RefusedError(400, f"{name} {text!r}: a whole number from 0 on")
    return int(text)


def _rows_from(journal: Journal, after: Seq) -> Iterator[SealedBatch]:
    """Return the rows from the one on that holds the number after `after`."""
    back = _BACK
    while True:
        start = Seq(max(0, after - back))
        rows = journal.rows(start)
        first = next(rows, None)
        if start == 0 or (first is not None and first.first_seq <= after + 1):
            break
        back *= 8
    found = rows if first is None else chain([first], rows)
    return (row for row in found if row.last_seq > after)


def _told(record: Record, epoch: int, asked: Asked) -> Iterator[Envelope]:
    for seq, output in enumerate(record.outputs, start=record.seq + 1):
        if seq <= asked.after or not isinstance(output, Event):
            continue
        if asked.shard is None or shard_of(output) == asked.shard:
            yield Envelope(
                seq=Seq(seq),
                ts_ns=record.ts_ns,
                game_ns=record.game_ns,
                cause=record.seq,
                trace_id=record.trace_id,
                actor=record.actor,
                source=source_of(output),
                shard=shard_of(output),
                epoch=epoch,
                body=output,
            )
