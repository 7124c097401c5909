"""A game's log on RabbitMQ: a stream, written by whoever has the journal.

Streams know no transaction and shut no writer out. One that breaks off has written some beginning
of its run, and two that write the same journal write each of its facts at least once, in order.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence

from rstream.constants import OffsetType
from rstream.exceptions import ServerError, StreamAlreadyExists, StreamDoesNotExist
from rstream.schema import OffsetSpec

from itg.adapters.log import FIRST, NEXT, Entry, LogSettings, LogTruncatedError
from itg.adapters.rabbitmq_link import FRAME_BYTES, Link
from itg.adapters.rabbitmq_message import decoded, encoded
from itg.runtime.bus import BusDownError, subject_word

_MESSAGE_SPARE = 2_048  # more than what stands beside any payload
_EMPTY_S = 1.0  # a stream that shows no end within it has none
_LOOK_S = 2.0


class RabbitmqLog:
    """One game's stream; connects when it is first asked, and again after a loss."""

    def __init__(self, game: str, settings: LogSettings) -> None:
        self._settings = settings
        self._stream = f"itg_{subject_word(game)}"
        self._link: Link | None = None
        self._opening = asyncio.Lock()
        self._is_empty = False  # made by us over this link, and nothing written since
        self._closed = asyncio.Event()

    @property
    def message_bytes_max(self) -> int:
        return FRAME_BYTES - _MESSAGE_SPARE

    async def made(self) -> None:
        link = await self._linked()
        try:
            if await link.has_stream():
                return
            await link.make_stream(self._settings)
            self._is_empty = True
        except StreamAlreadyExists:
            return
        except ServerError as error:
            raise link.down(error) from error

    async def newest(self) -> Entry | None:
        link = await self._linked()
        if self._is_empty:
            return None
        try:
            async with link.chunks(OffsetSpec(OffsetType.LAST)) as chunks:
                chunk = await chunks.next(_EMPTY_S)
        except StreamDoesNotExist:
            return None
        except ServerError as error:
            raise link.down(error) from error
        if chunk is None:
            return None
        first, messages = chunk
        return decoded(messages[-1], first + len(messages) - 1)

    async def append(self, entries: Sequence[Entry]) -> None:
        link = await self._linked()
        self._is_empty = False
        try:
            await link.publish([encoded(entry) for entry in entries])
        except (ServerError, BusDownError) as error:
            await self._drop(link)
            raise link.down(error) if isinstance(error, ServerError) else error from error

    async def read(self, start: int) -> AsyncIterator[Sequence[Entry]]:
        link = await self._linked()
        offset = _STARTS.get(start) or OffsetSpec.from_params(OffsetType.OFFSET, start)
        try:
            async with link.chunks(offset) as chunks:
                while not self._closed.is_set():
                    chunk = await chunks.next(_LOOK_S)
                    if chunk is None:
                        await link.has_stream()  # a peer that vanished says nothing
                        continue
                    first, messages = chunk
                    if first > start >= 0:
                        raise LogTruncatedError(f"{self._stream} begins at {first}, not at {start}")
                    entries = [
                        decoded(message, first + number)
                        for number, message in enumerate(messages)
                        if first + number >= start
                    ]
                    start = first + len(messages)
                    if entries:
                        yield entries
        except ServerError as error:
            raise link.down(error) from error
        except BusDownError:
            if not self._closed.is_set():
                raise

    async def close(self) -> None:
        if not self._closed.is_set():
            self._closed.set()
            if self._link is not None:
                await self._link.close()

    async def _linked(self) -> Link:
        async with self._opening:
            if self._closed.is_set():
                raise BusDownError("the log is closed")
            if self._link is None or not self._link.is_up:
                if self._link is not None:
                    await self._link.close()
                self._link, self._is_empty = None, False
                self._link = await Link.opened(self._settings, self._stream)
            return self._link

    async def _drop(self, link: Link) -> None:
        # What was not confirmed may still be on its way: nothing more may follow it.
        await link.close()


_STARTS = {FIRST: OffsetSpec(OffsetType.FIRST), NEXT: OffsetSpec(OffsetType.NEXT)}
