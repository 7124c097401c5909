"""The bus on a log: one log a game, read whole and chosen from by the reader.

Facts and state stand in the one log in the order they were published; state has no event id, and
who reads facts skips it. What a writer may repeat after a fault a reader drops by number, so each
reads a beginning of the journal's facts, without a hole, whatever breaks.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import aclosing, suppress
from typing import Self

from msgspec.msgpack import Encoder

from itg.adapters.log import FIRST, NEXT, Entry, Log, LogTruncatedError
from itg.adapters.log_reading import Reader, stream_of
from itg.kernel.ids import Seq
from itg.kernel.messages import Message
from itg.runtime.bus import (
    BusClosedError,
    BusDownError,
    MessageTooLargeError,
    Positions,
    matches,
    subject_of,
    subject_word,
)
from itg.runtime.bus_codec import EnvelopeDecoder
from itg.runtime.envelope import Envelope

Stream = tuple[str, int]  # source and shard
_RUN = 500  # messages between two acknowledgements
_BACK, _FURTHER = 16, 8
_AGAIN_S = 0.25


class LogBus:
    """The bus of one game on a log; made by `connect`.

    `kinds` are the classes that travel, of which `passing` are not held.
    """

    def __init__(
        self,
        game: str,
        kinds: Collection[type[Message]],
        log: Log,
        passing: Collection[type[Message]] = (),
    ) -> None:
        self._game = subject_word(game)
        self._log = log
        self._passing = frozenset(passing)
        self._encode = Encoder().encode
        self._decode = EnvelopeDecoder(kinds).decode
        self._life = ""  # the log's; "": to be asked for
        self._held: dict[Stream, Seq] = {}
        self._readers: list[Reader] = []
        self._is_publishing = False
        self._closed = asyncio.Event()

    @classmethod
    async def connect(
        cls,
        game: str,
        kinds: Collection[type[Message]],
        log: Log,
        passing: Collection[type[Message]] = (),
    ) -> Self:
        """Return a bus whose broker answers and has the game's log. Raises `BusDownError`."""
        try:
            await log.made()
        except BusDownError:
            await log.close()
            raise
        return cls(game, kinds, log, passing)

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        self._assert_open()
        assert not self._is_publishing, "one publication at a time: they are in order"
        self._is_publishing = True
        try:
            if not self._life:
                await self._follow_on()
            entries = [entry for e in envelopes if (entry := self._entry(e)) is not None]
            for first in range(0, len(entries), _RUN):
                await self._log.append(entries[first : first + _RUN])
        except BusDownError:
            self._life = ""
            raise
        else:
            self._held.update(
                ((e.source, e.shard), e.seq) for e in envelopes if type(e.body) not in self._passing
            )
        finally:
            self._is_publishing = False

    async def last(self) -> Envelope | None:
        self._assert_open()
        self._life = ""
        newest = await self._follow_on()
        return None if newest is None else self._decode(newest.data)

    async def held(self, streams: Collection[Stream]) -> Seq:
        self._assert_open()
        await self._log.made()
        newest = await self._log.newest()
        held: dict[Stream, Seq] = {}
        if newest is not None:
            await self._look_back(newest, held, lambda: any(stream in held for stream in streams))
        return max((held.get(stream, Seq(0)) for stream in streams), default=Seq(0))

    async def subscribe(self, pattern: str, after: Positions) -> AsyncIterator[Sequence[Envelope]]:
        reader = Reader(self._log, self._decode)
        self._readers.append(reader)
        try:
            async for batch in reader.read(pattern, after):
                yield batch
        finally:
            self._readers.remove(reader)

    async def listen(self, pattern: str) -> AsyncIterator[Sequence[Envelope]]:
        self._assert_open()
        while not self._closed.is_set():
            with suppress(BusDownError, LogTruncatedError):
                async with aclosing(self._log.read(NEXT)) as reading:  # type: ignore[type-var]
                    async for entries in reading:
                        batch = [
                            self._decode(e.data) for e in entries if matches(pattern, e.subject)
                        ]
                        if batch:
                            yield batch
            with suppress(TimeoutError):
                await asyncio.wait_for(self._closed.wait(), _AGAIN_S)

    async def close(self) -> None:
        if self._closed.is_set():
            return
        self._closed.set()
        for reader in self._readers:
            reader.close()
        await self._log.close()

    async def _follow_on(self) -> Entry | None:
        """Find what the log holds last, and what is so of each stream near its end."""
        await self._log.made()
        self._held.clear()
        newest = await self._log.newest()
        if newest is None:
            self._life = secrets.token_hex(4)
            return None
        found = await self._look_back(newest, self._held, lambda: bool(self._held))
        self._life = newest.life
        return found

    async def _look_back(
        self, newest: Entry, held: dict[Stream, Seq], is_enough: Callable[[], bool]
    ) -> Entry | None:
        """Find what is held of each stream, from the log's end back until that is enough.

        Returns the newest fact. Facts stand close together: mostly the first look back finds one of
        each busy stream.
        """
        found: Entry | None = None
        back = _BACK
        while back and not is_enough():
            newer, back = await self._held_since(newest, back, held)
            found = newer or found
        return found

    async def _held_since(
        self, newest: Entry, back: int, held: dict[Stream, Seq]
    ) -> tuple[Entry | None, int]:
        """Return the newest fact of the last entries, and how far to look if there is none."""
        start = newest.offset - back
        further = back * _FURTHER
        if start <= 0:
            start, further = FIRST, 0
        found = None
        try:
            async with aclosing(self._log.read(start)) as reading:  # type: ignore[type-var]
                async for entries in reading:
                    for entry in entries:
                        if entry.event_id and entry.offset <= newest.offset:
                            found = entry
                            stream, seq = stream_of(entry)
                            held[stream] = max(seq, held.get(stream, Seq(0)))
                    if entries[-1].offset >= newest.offset:
                        break
        except LogTruncatedError:
            return await self._held_since(newest, newest.offset, held)
        return found, further

    def _entry(self, envelope: Envelope) -> Entry | None:
        source, shard = envelope.source, envelope.shard
        event_id = ""
        if type(envelope.body) not in self._passing:
            if envelope.seq <= self._held.get((source, shard), Seq(0)):
                return None
            event_id = f"{source}:{self._game}:{shard}:{envelope.seq}"
        data = self._encode(envelope)
        if len(data) > self._log.message_bytes_max:
            raise MessageTooLargeError(
                f"event {source}:{self._game}:{shard}:{envelope.seq}: {len(data)} bytes; the "
                f"broker takes {self._log.message_bytes_max}"
            )
        return Entry(subject_of(self._game, envelope), event_id, self._life, data)

    def _assert_open(self) -> None:
        if self._closed.is_set():
            raise BusClosedError("the bus is closed")
