"""Dry runs of scenarios beside the game that is played: one at a time, in a process of its own."""

import asyncio

from msgspec import json
from msgspec.structs import replace

from itg.compose.companion import Companion
from itg.compose.dry_run_program import DryRunAsked, DryRunTold
from itg.gateway.dry_runs import NOTHING_YET
from itg.wire.v1.rehearsing import DryRunBody

DEADLINE_S = 600.0
_PROGRAM = "itg.compose.dry_run_program"


class LocalDryRuns:
    """The newest dry run; another one ends it."""

    def __init__(self) -> None:
        self._now = NOTHING_YET
        self._companion: Companion | None = None
        self._running: asyncio.Task[None] | None = None

    def begin(self, scenario: str | None, text: str | None, minutes: int) -> DryRunBody:
        """Begin one and return it as it is."""
        self.stop()
        self._now = replace(
            NOTHING_YET,
            run_id=self._now.run_id + 1,
            status="running",
            scenario=scenario or "the text",
        )
        asked = DryRunAsked(scenario=scenario or "", text=text or "", minutes=minutes)
        self._companion = Companion(_PROGRAM, DEADLINE_S)
        running = self._run(self._companion, self._now.run_id, json.encode(asked))
        self._running = asyncio.ensure_future(running)
        return self._now

    def now(self) -> DryRunBody:
        """Return it as far as it is."""
        return self._now

    def stop(self) -> DryRunBody:
        """End what runs; what it has told so far stays."""
        if self._companion is not None:
            self._companion.stop()
            self._companion = None
        if self._now.status == "running":
            self._now = replace(self._now, status="stopped")
        return self._now

    async def ended(self) -> None:
        """Wait until its process is gone."""
        if self._running is not None:
            await self._running

    async def _run(self, companion: Companion, run_id: int, asked: bytes) -> None:
        fault = await companion.ask(asked, lambda line: self._hear(run_id, line))
        now = self._now
        if now.run_id != run_id or now.status != "running":
            return
        if fault:
            self._now = replace(now, status="failed", fault=fault)
        elif now.faults:
            self._now = replace(now, status="faulty")
        else:
            self._now = replace(now, status="done", share=1.0)

    def _hear(self, run_id: int, line: bytes) -> None:
        now, told = self._now, json.decode(line, type=DryRunTold)
        if now.run_id == run_id and now.status == "running":
            self._now = replace(
                now,
                share=now.share if told.share is None else told.share,
                faults=told.faults or now.faults,
                plan=told.plan or now.plan,
                figures=told.figures or now.figures,
            )
