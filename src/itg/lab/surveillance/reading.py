"""A journal read for surveillance: the trading day at hand, or the whole game."""

from collections.abc import Iterator, Sequence
from itertools import islice

from msgspec.structs import replace

from itg.exchange.contract import InstrumentDelisted, InstrumentListed
from itg.game.contract import RoundStarted, TeamRegistered, TeamReseated
from itg.kernel.ids import Seq
from itg.kernel.messages import Message
from itg.lab.surveillance.cases import Case
from itg.lab.surveillance.watch import Surveillance
from itg.runtime.codec import Codec
from itg.runtime.envelope import Record
from itg.runtime.journal import FROM_START, Journal, SealedBatch, last_seq_of, read

# What is known from before a day: who plays what, and what is listed.
STANDING: tuple[type[Message], ...] = (
    *(TeamRegistered, TeamReseated),
    *(InstrumentListed, InstrumentDelisted),
)
ROWS_AT_ONCE = 64  # a read that stays open keeps the journal's log from being folded in


def cases_of_game(journal: Journal, codec: Codec) -> Iterator[Case]:
    """Return the cases of every trading day in order; each row is checked as it is read."""
    watch = Surveillance()
    for record in read(journal, codec):
        if any(isinstance(output, RoundStarted) for output in record.outputs):
            yield from watch.cases()
        watch.hear(record)
    yield from watch.cases()


def rows_of_day(journal: Journal, codec: Codec, until_seq: Seq) -> Iterator[Sequence[Record]]:
    """Return what a watch needs of the trading day at hand: its records, and before it who is who.

    A row's records at a time, none for a row that is passed over: of the days before only the rows
    are decoded in which a team or an instrument came or went. Nothing after `until_seq` is read.
    """
    start_seq = 0
    for batch in _rows(journal, until_seq):
        if _names_any(batch, (RoundStarted,)) and _begins_day(codec.decode_records(batch.body)):
            start_seq = batch.first_seq
        yield ()
    for batch in _rows(journal, until_seq):
        is_wanted = batch.first_seq >= start_seq or _names_any(batch, STANDING)
        yield codec.decode_records(batch.body) if is_wanted else ()


def day_of_round(journal: Journal, codec: Codec, round_id: int) -> tuple[list[Case], Seq, bool]:
    """Return the cases of one round's day, the last event looked at, and whether it is over.

    It is over when another round has started. Of the days before only the rows are decoded in which
    a team or an instrument came or went. A round that has not begun has no cases, at 0.
    """
    watch, as_of_seq = Surveillance(), Seq(0)
    for batch in _rows(journal, journal.head().seq):
        if watch.round_id != round_id and not _names_any(batch, (*STANDING, RoundStarted)):
            continue
        for record in codec.decode_records(batch.body):
            heard = _before_another(record, round_id, watch.round_id)
            watch.hear(heard)
            if watch.round_id == round_id:
                as_of_seq = last_seq_of(heard)
            if heard is not record:
                return watch.cases(), as_of_seq, True
    return (watch.cases() if as_of_seq else []), as_of_seq, False


def _before_another(record: Record, round_id: int, under_way: int) -> Record:
    # One input may end a round and start the next: what comes after that is not the round's.
    for place, output in enumerate(record.outputs):
        if isinstance(output, RoundStarted):
            if under_way == round_id:
                return replace(record, outputs=record.outputs[:place])
            under_way = output.round_id
    return record


def _rows(journal: Journal, until_seq: Seq) -> Iterator[SealedBatch]:
    after_seq = FROM_START
    while batches := list(islice(journal.rows(after_seq), ROWS_AT_ONCE)):
        for batch in batches:
            if batch.first_seq > until_seq:
                return
            yield batch
        after_seq = batches[-1].last_seq


def _begins_day(records: Sequence[Record]) -> bool:
    return any(isinstance(o, RoundStarted) for record in records for o in record.outputs)


def _names_any(batch: SealedBatch, kinds: tuple[type[Message], ...]) -> bool:
    # Rows are searched as bytes: a day is a million events and its start is one of them.
    return any(kind.__name__.encode() in batch.body for kind in kinds)
