"""From the journal to a bus: the journal is the outbox, and what the bus holds is the cursor.

There is one way, live or after an outage: read the rows behind the newest fact that the bus holds,
publish them, wait for more. Nothing is remembered between two lives.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from itertools import islice

import structlog
from msgspec.msgpack import Encoder

from itg.compose.bus_facts import PASSING_KINDS, envelopes_of
from itg.kernel.errors import ItgError
from itg.kernel.ids import Seq
from itg.runtime.bus import Bus, BusDownError, BusNumbers
from itg.runtime.codec import Codec
from itg.runtime.envelope import Envelope
from itg.runtime.journal import FROM_START, Journal, SealedBatch

log = structlog.get_logger()

ROWS_AT_ONCE = 32
STEP_BACK = 1_000
_LOOK_S = 1.0
_AGAIN_S, _AGAIN_S_MAX = 0.25, 5.0

Connect = Callable[[], Awaitable[Bus]]


class OtherHistoryError(ItgError):
    """The bus holds something else under this game's name."""


class Relay:
    """Carry a journal's events to the bus that `connect` makes; `numbers` tells how it does.

    The journal is read in a worker thread, by this relay alone.
    """

    def __init__(
        self, journal: Journal, codec: Codec, connect: Connect, numbers: BusNumbers
    ) -> None:
        self._journal = journal
        self._codec = codec
        self._connect = connect
        self._numbers = numbers
        self._after = self._held = FROM_START
        self._newest = FROM_START  # the last number that the bus holds a fact of
        self._encode = Encoder().encode
        self._news = asyncio.Event()
        self._ending = asyncio.Event()

    def nudge(self) -> None:
        """Look into the journal now."""
        self._news.set()

    def end(self) -> None:
        """Carry what the journal holds by now, if the bus takes it, and return."""
        self._ending.set()
        self._news.set()

    async def run(self) -> None:
        """Carry until ended; a fault of the bus is noted and waited out."""
        again_s = _AGAIN_S
        while True:
            carried = self._numbers.events
            try:
                await self._life()
            except ItgError as error:
                self._note(error)
            if self._ending.is_set():
                return
            again_s = _AGAIN_S if self._numbers.events > carried else again_s
            with suppress(TimeoutError):
                # A nudge is no reason to hurry: the market is busy, the bus is not back.
                await asyncio.wait_for(self._ending.wait(), again_s)
            again_s = min(again_s * 2, _AGAIN_S_MAX)

    async def _life(self) -> None:
        bus = await self._connect()
        try:
            await self._begin(bus, await bus.last())
            self._numbers.is_up, self._numbers.fault = True, ""
            while True:
                self._news.clear()
                envelopes = await asyncio.to_thread(self._next)
                if envelopes is not None:
                    await self._publish(bus, envelopes)
                    self._numbers.seq = self._after
                elif self._ending.is_set():
                    return
                elif not await self._is_nudged():
                    await self._refuse_loss(bus)
        finally:
            await bus.close()

    async def _begin(self, bus: Bus, last: Envelope | None) -> None:
        """Go on behind what the bus holds."""
        self._after, self._held = await self._cursor(last)
        self._newest = FROM_START if last is None else last.seq

    def _next(self) -> list[Envelope] | None:
        """Read what comes next, None: nothing more; in a worker thread."""
        rows = self._rows(self._after, ROWS_AT_ONCE)
        if not rows:
            return None
        self._after = rows[-1].last_seq
        return [e for row in rows for e in self._envelopes(row) if e.seq > self._held]

    async def _publish(self, bus: Bus, envelopes: Sequence[Envelope]) -> None:
        await bus.publish(envelopes)
        self._numbers.events += len(envelopes)
        held = [e.seq for e in envelopes if type(e.body) not in PASSING_KINDS]
        self._newest = max(held, default=self._newest)

    async def _refuse_loss(self, bus: Bus) -> None:
        # While nothing is published nobody else would notice that the bus, or its disk, is gone.
        last = await bus.last()
        if self._newest > (0 if last is None else last.seq):
            raise BusDownError(f"{self._numbers.address} lost what it had")

    async def _cursor(self, last: Envelope | None) -> tuple[Seq, Seq]:
        """Return the row's end to read after, and the number up to which the bus has everything."""
        if last is None:
            return FROM_START, FROM_START
        back = STEP_BACK
        while True:
            after = Seq(max(last.seq - back, 0))
            rows = await asyncio.to_thread(self._rows, after, 1)
            if rows and rows[0].first_seq <= last.seq:
                break
            if after == 0:
                raise self._other(last)
            back *= 4
        before = Seq(rows[0].first_seq - 1)
        while rows and rows[0].last_seq < last.seq:
            before = rows[0].last_seq
            rows = await asyncio.to_thread(self._rows, before, 1)
        held = self._encode(last)
        if not rows or held not in map(self._encode, self._envelopes(rows[0])):
            raise self._other(last)
        # One fact and what the tape prints of it have one number: the last may be the first of two.
        return before, Seq(last.seq - 1)

    def _rows(self, after: Seq, count: int) -> Sequence[SealedBatch]:
        # Taken at once, so that no reading holds the journal's log open.
        return list(islice(self._journal.rows(after), count))

    def _envelopes(self, row: SealedBatch) -> list[Envelope]:
        return [
            envelope
            for record in self._codec.decode_records(row.body)
            for envelope in envelopes_of(record, row.epoch)
        ]

    async def _is_nudged(self) -> bool:
        # A journal that somebody else writes is carried as well, by looking.
        with suppress(TimeoutError):
            async with asyncio.timeout(_LOOK_S):
                return await self._news.wait()
        return False

    def _note(self, error: ItgError) -> None:
        if not self._numbers.fault:
            log.warning("bus_down", error=str(error))
        self._numbers.is_up, self._numbers.fault = False, str(error)
        self._numbers.faults += 1

    def _other(self, last: Envelope) -> OtherHistoryError:
        return OtherHistoryError(
            f"the bus holds event {last.source}:{self._numbers.game}:{last.shard}:{last.seq}, "
            "which this journal does not: remove its stream, it will be filled again"
        )
