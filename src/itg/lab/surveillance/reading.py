"""A journal read for surveillance: the trading day at hand, or the whole game."""

from collections.abc import Iterator, Sequence
from itertools import islice

from itg.exchange.contract import InstrumentDelisted, InstrumentListed
from itg.game.contract import RoundStarted, TeamRegistered
from itg.kernel.ids import Seq
from itg.kernel.messages import Message
from itg.lab.surveillance.cases import Case
from itg.lab.surveillance.watch import Surveillance
from itg.runtime.codec import Codec
from itg.runtime.envelope import Record
from itg.runtime.journal import FROM_START, Journal, SealedBatch, read

# What is known from before a day: who plays, and what is listed.
STANDING: tuple[type[Message], ...] = (TeamRegistered, InstrumentListed, InstrumentDelisted)
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
