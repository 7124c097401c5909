"""Surveillance beside a running game, and over what a game left on disk."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter

import structlog

from itg.compose.verify import machine_of, opened_for_reading
from itg.gateway.surveillance import DayCases
from itg.kernel.errors import ConfigurationError, JournalError
from itg.kernel.ids import Seq
from itg.kernel.times import to_micros
from itg.lab.surveillance import (
    Case,
    Surveillance,
    cases_of_game,
    day_of_round,
    rows_of_day,
)
from itg.runtime.codec import Codec
from itg.runtime.envelope import Record
from itg.runtime.journal import Journal, last_seq_of
from itg.wire.v1.surveillance import CaseBody, EvidenceBody

log = structlog.get_logger()
# After a restart the day is read again in slices, so that no order waits for it.
SLICE_S = 0.002
PAUSE_S = 0.004


class LiveWatch:
    """Hears every released batch; the gateway reads its cases.

    Surveillance is nobody's condition for trading: a fault in it is logged, shown with the cases,
    and stops the watch alone.
    """

    def __init__(self) -> None:
        self._watch = Surveillance()
        self._held: list[Record] | None = None
        self._reading: asyncio.Task[None] | None = None
        self._journal: tuple[Journal, Codec] | None = None
        self._read_last: tuple[int, DayCases] | None = None
        self.as_of_seq = 0
        self.fault: str | None = None

    def begin(self, journal: Journal, codec: Codec, until_seq: Seq) -> None:
        """Read the trading day up to `until_seq` again beside the running game."""
        self._journal = journal, codec
        if until_seq:
            self._held = []
            rows = rows_of_day(journal, codec, until_seq)
            self._reading = asyncio.create_task(self._read(rows), name="surveillance")

    async def stop(self) -> None:
        """Stop reading, if that is still going on."""
        if self._reading is not None:
            self._reading.cancel()
            with suppress(asyncio.CancelledError):
                await self._reading

    def see(self, records: Sequence[Record]) -> None:
        """Take a released batch; it waits while the day before it is still being read."""
        if self._held is not None:
            self._held.extend(records)
        else:
            self._hear(records)

    @property
    def round_id(self) -> int:
        """Return the round whose day is watched, 0 before the first."""
        return self._watch.round_id

    def cases(self) -> list[CaseBody]:
        """Return the trading day's cases as the wire tells them."""
        return [case_body(case) for case in self._watch.cases()]

    def day(self) -> DayCases:
        """Return the trading day's cases, how far it was watched, and why no further."""
        return DayCases(self.cases(), self.as_of_seq, self.fault)

    def day_of_round(self, round_id: int) -> DayCases:
        """Read the day of a round that began from the journal; on a thread.

        What was read last is kept: a list is mostly followed by its cases one by one. A day that
        another has followed does not change any more.
        """
        if self._read_last is not None and self._read_last[0] == round_id:
            return self._read_last[1]
        assert self._journal is not None, "the watch begins before the server"
        journal, codec = self._journal[0].reader(), self._journal[1]
        try:
            cases, as_of_seq, is_over = day_of_round(journal, codec, round_id)
        except JournalError as error:
            return DayCases((), 0, str(error))
        finally:
            journal.close()
        day = DayCases([case_body(case) for case in cases], as_of_seq)
        if is_over:
            self._read_last = round_id, day
        return day

    async def _read(self, rows: Iterator[Sequence[Record]]) -> None:
        began = perf_counter()
        try:
            for records in rows:
                self._hear(records)
                if perf_counter() - began > SLICE_S:
                    await asyncio.sleep(PAUSE_S)
                    began = perf_counter()
        except JournalError as error:
            self.fault = str(error)
            log.exception("surveillance_stopped")
        held, self._held = self._held or [], None
        self._hear(held)

    def _hear(self, records: Sequence[Record]) -> None:
        if self.fault is not None or not records:
            return
        try:
            for record in records:
                self._watch.hear(record)
        except Exception as error:
            self.fault = f"{type(error).__name__}: {error}"
            log.exception("surveillance_stopped")
        else:
            self.as_of_seq = last_seq_of(records[-1])


def surveil_data(data: Path, round_id: int | None = None) -> list[CaseBody]:
    """Look at every trading day of a data directory, or a round's, and return its cases.

    Reads only. Raises `ConfigurationError` for a round that has not begun.
    """
    journal = opened_for_reading(data)
    try:
        codec = machine_of(journal).codec
        if round_id is None:
            return [case_body(case) for case in cases_of_game(journal, codec)]
        cases, as_of_seq, _ = day_of_round(journal, codec, round_id)
        if not as_of_seq:
            raise ConfigurationError(f"--round {round_id}: {data} holds no such round that began")
        return [case_body(case) for case in cases]
    finally:
        journal.close()


def case_body(case: Case) -> CaseBody:
    """Return a case as the wire tells it."""
    return CaseBody(
        case_id=case.case_id,
        kind=case.kind.value,
        trading_day=case.trading_day,
        team_ids=list(case.team_ids),
        account_ids=list(case.account_ids),
        instrument_ids=list(case.instrument_ids),
        from_us=to_micros(case.from_ns),
        to_us=to_micros(case.to_ns),
        severity=case.severity,
        summary=case.summary,
        evidence_count=len(case.evidence) + case.evidence_more,
        status=case.status.value,
        evidence=[
            EvidenceBody(seq=one.seq, game_us=to_micros(one.game_ns), what=one.what)
            for one in case.evidence
        ],
    )
