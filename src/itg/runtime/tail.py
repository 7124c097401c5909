"""Keep a machine equal to a journal that another process writes."""

from itertools import islice

from itg.kernel.errors import JournalError, RecoveryError
from itg.kernel.ids import Seq
from itg.runtime.cascade import Machine
from itg.runtime.journal import GENESIS_HASH, Head, Header, Journal, SealedBatch, chained_rows
from itg.runtime.recovery import assert_replayable, replayed, restore_newest

ROWS_AT_ONCE = 64


class Tail:
    """A fresh machine brought to a snapshot, then row by row to the head; it only reads.

    Each row must follow the one before it and be of this build, `own`, and each input must cause
    what was recorded, so that the machine is proven equal to the writer's up to `seq`.
    """

    def __init__(self, journal: Journal, machine: Machine, own: Header) -> None:
        self._journal = journal
        self._machine = machine
        self._own = own
        self._headers: dict[int, Header] = {}
        seq = restore_newest(journal, machine)
        held = journal.hash_at(seq) if seq else GENESIS_HASH
        if held is None:
            raise JournalError(f"no row of the journal ends at seq {seq}")
        self._head = Head(seq, held)

    @property
    def seq(self) -> Seq:
        """Return the last number that the machine has applied."""
        return self._head.seq

    def step(self) -> int:
        """Apply the rows that have come, some at most, and return how many these were.

        Raises `DamagedRowError` and `RecoveryError`; then the machine is of no more use.
        """
        # Taken at once, so that no reading holds the journal's log open.
        rows = list(islice(self._journal.rows(self._head.seq), ROWS_AT_ONCE))
        for row in chained_rows(rows, self._head):
            self._assert_replayable(row)
            for _ in replayed(self._machine, row):
                pass
            self._head = Head(row.last_seq, row.hash)
        if rows:
            self._machine.pack()
        return len(rows)

    def _assert_replayable(self, row: SealedBatch) -> None:
        if row.epoch not in self._headers:
            self._headers = {start.epoch: start.header for start in self._journal.epochs()}
        wrote = self._headers.get(row.epoch)
        if wrote is None:
            raise RecoveryError(f"seq {row.first_seq} is of epoch {row.epoch}, which never began")
        assert_replayable(wrote, self._own, row.first_seq)
