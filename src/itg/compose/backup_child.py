"""Backups of a served game: one process at a time, again and again, and what is known of them."""

import asyncio
import signal
from contextlib import suppress
from pathlib import Path

import structlog
from msgspec import DecodeError, Struct, json

from itg.compose.backup import backups_of
from itg.compose.backup_program import BackupAsked, BackupTold
from itg.compose.companion import Companion
from itg.compose.manifest import BackupError, read_manifest
from itg.kernel.errors import ConfigurationError
from itg.kernel.times import to_micros
from itg.runtime.backups import BackupNumbers
from itg.runtime.clock import SystemClock

log = structlog.get_logger()

DAY_S = 86_400.0
AGAIN_S = 600.0
_LOOK_S = 60.0  # a clock that was set is noticed within this time
_FINISH_S = 5.0
_PROGRAM = "itg.compose.backup_program"
_US_PER_S = 1_000_000


class BackupPlan(Struct, frozen=True, kw_only=True):
    """Where a served game's backups go, how often, and how many stay (0: all)."""

    to: Path
    every_s: float = DAY_S
    keep: int = 0

    def check(self, data: Path) -> None:
        """Raise `ConfigurationError` unless backups of `data` can be tried there.

        A place that is away for now is no reason not to play: the first backup tells.
        """
        to, data = self.to.absolute(), data.absolute()
        if to == data or data in to.parents:
            raise ConfigurationError(
                f"--backup-to {to} lies in the data itself; name a place outside"
            )


class BackupChild:
    """See to a game's backups; the market never waits for one.

    The first is made `every_s` after the newest there is, at once if there is none; one that failed
    is tried again after ten minutes, or `every_s` if that is less.
    """

    def __init__(self, plan: BackupPlan, data: Path) -> None:
        plan.check(data)
        self._plan = plan
        self._data = data.absolute()
        self._companion: Companion | None = None
        self._keeping: asyncio.Task[None] | None = None
        self._ending = asyncio.Event()
        self.numbers = BackupNumbers(
            to=str(plan.to.absolute()), every_s=plan.every_s, since_us=_now_us()
        )

    def start(self) -> None:
        """Make backups from now on."""
        self._keeping = asyncio.create_task(self._keep(), name="backups")

    async def stop(self) -> None:
        """Make none any more; one under way is given up and leaves nothing behind."""
        self._ending.set()
        if self._companion is not None:
            self._companion.stop()
        if (keeping := self._keeping) is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(keeping), _FINISH_S)
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    def _learn_newest(self) -> None:
        numbers = self.numbers
        try:
            found = backups_of(self._data.name, self._plan.to)
        except OSError as error:
            log.warning("backups_unreadable", to=numbers.to, reason=str(error))
            return
        for path in reversed(found):
            try:
                manifest = read_manifest(path)
            except BackupError as error:
                log.warning("backup_unreadable", path=str(path), reason=str(error))
                continue
            numbers.path, numbers.made_us = str(path), manifest.made_us
            numbers.head_seq = manifest.head_seq
            numbers.is_verified = manifest.verified is not None
            numbers.next_us = manifest.made_us + int(self._plan.every_s * _US_PER_S)
            return

    async def _keep(self) -> None:
        # Beside the loop: the place may be another machine's disk.
        await asyncio.to_thread(self._learn_newest)
        while not self._ending.is_set():
            wait_s = (self.numbers.next_us - _now_us()) / _US_PER_S
            if wait_s > 0:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._ending.wait(), min(wait_s, _LOOK_S))
                continue
            await self._one()

    async def _one(self) -> None:
        numbers, begun_us = self.numbers, _now_us()
        numbers.is_running = True
        told = await self._told()
        numbers.is_running = False
        if self._ending.is_set() and not told.path:
            return
        if told.path:
            numbers.count += 1
            numbers.path, numbers.made_us = told.path, told.made_us
            numbers.head_seq, numbers.is_verified = told.head_seq, told.is_verified
        numbers.fault = told.fault
        again_s = self._plan.every_s
        if told.fault:
            numbers.faults += 1
            again_s = min(again_s, AGAIN_S)
            log.error("backup_failed", to=numbers.to, reason=told.fault, again_s=again_s)
        else:
            log.info("backup_made", path=told.path, seq=told.head_seq)
        numbers.next_us = begun_us + int(again_s * _US_PER_S)

    async def _told(self) -> BackupTold:
        plan, lines = self._plan, list[bytes]()
        companion = self._companion = Companion(_PROGRAM, None, ends_by=signal.SIGTERM)
        asked = BackupAsked(data=str(self._data), to=self.numbers.to, keep=plan.keep)
        try:
            fault = await companion.ask(json.encode(asked), lines.append)
        finally:
            self._companion = None
        try:
            return json.decode(b"".join(lines), type=BackupTold)
        except DecodeError:
            return BackupTold(fault=fault or "its process said nothing; the server's log says why")


def _now_us() -> int:
    return to_micros(SystemClock().wall_ns())
