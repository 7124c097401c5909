"""Reading a game's log: choose by subject, hand out in order, go on after whatever broke.

A reader's place is the log's own offset behind what it has passed. While the log has the life it
had, the reader goes on there; in another life (a broker that lost its disk), and where the oldest
went while it read, it begins at the first entry and skips what it has reached of each
(source, shard).
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import aclosing, suppress

from itg.adapters.log import FIRST, Entry, Log, LogTruncatedError
from itg.kernel.ids import Seq
from itg.runtime.bus import BusDownError, Positions, StreamGapError, matches
from itg.runtime.envelope import Envelope

Decode = Callable[[bytes], Envelope]
_AGAIN_S = 0.25


def stream_of(entry: Entry) -> tuple[tuple[str, int], Seq]:
    """Return the (source, shard) of a fact and its number, from its event id."""
    source, _, shard, seq = entry.event_id.split(":")
    return (source, int(shard)), Seq(int(seq))


class Reader:
    """One subscription to held envelopes."""

    def __init__(self, log: Log, decode: Decode) -> None:
        self._log = log
        self._decode = decode
        self._pattern = ""
        self._reached: dict[tuple[str, int], Seq] = {}
        self._chosen: dict[str, bool] = {}  # subject → whether it is of the pattern
        self._place: int | None = None  # None: the log's beginning
        self._life = ""
        self._is_whole = True  # nothing of this life was gone when the reading began
        self._oldest: dict[tuple[str, int], Seq] = {}  # where it was not: the first of each stream
        self._is_closed = asyncio.Event()

    def close(self) -> None:
        """Hand out what has arrived and end."""
        self._is_closed.set()

    async def read(self, pattern: str, after: Positions) -> AsyncIterator[Sequence[Envelope]]:
        """Yield batches until closed. Raises `StreamGapError`."""
        self._pattern = pattern
        self._reached = dict(after)
        while not self._is_closed.is_set():
            try:
                await self._find_place()
                async with aclosing(self._one_life()) as batches:  # type: ignore[type-var]
                    async for batch in batches:
                        yield batch
            except LogTruncatedError:
                # What is gone may all be reached: the first that is held of each stream tells.
                self._place = None
            except BusDownError:
                # No answer, no log yet: the next life finds out.
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._is_closed.wait(), _AGAIN_S)

    async def _find_place(self) -> None:
        if self._place is None:
            return
        newest = await self._log.newest()
        if newest is None or newest.life != self._life or newest.offset < self._place - 1:
            self._place = None

    async def _one_life(self) -> AsyncIterator[Sequence[Envelope]]:
        if self._place is None:
            self._life, self._oldest = "", {}
        async with aclosing(
            self._log.read(FIRST if self._place is None else self._place)
        ) as reading:  # type: ignore[type-var]
            async for entries in reading:
                if not self._life:
                    self._life = entries[0].life
                    self._is_whole = entries[0].offset == 0
                same = [entry for entry in entries if entry.life == self._life]
                batch = [e for entry in same if (e := self._take(entry)) is not None]
                if batch:
                    yield batch
                if len(same) < len(entries):
                    self._place = None
                    return
                self._place = entries[-1].offset + 1

    def _take(self, entry: Entry) -> Envelope | None:
        if not entry.event_id:
            return None
        stream, seq = stream_of(entry)
        if not self._is_whole:
            self._oldest.setdefault(stream, seq)
        is_chosen = self._chosen.get(entry.subject)
        if is_chosen is None:
            is_chosen = self._chosen[entry.subject] = matches(self._pattern, entry.subject)
        reached = self._reached.get(stream, 0)
        if not is_chosen or seq <= reached:
            return None
        if not self._is_whole and reached < self._oldest[stream] - 1:
            source, shard = stream
            oldest = self._oldest[stream]
            raise StreamGapError(f"{source}.{shard} is held only after seq {oldest - 1}")
        self._reached[stream] = seq
        return self._decode(entry.data)
