"""Rows of a toy world for a journal."""

from tests.runtime.toys import HEADER, START, deposit, machine

from itg.adapters.postgres_journal import PostgresJournal
from itg.kernel.ids import Seq
from itg.runtime.envelope import Record
from itg.runtime.journal import (
    SealedBatch,
    Sealer,
)

CODEC = machine().codec


def next_row(sealer: Sealer) -> SealedBatch:
    seq = Seq(sealer.head.seq + 1)
    return sealer.seal([Record(seq, START, START, "ada", "", deposit(1), (deposit(2),))])


def opened(journal: PostgresJournal) -> Sealer:
    journal.open(HEADER)
    return Sealer(CODEC, journal.epoch, journal.head())
