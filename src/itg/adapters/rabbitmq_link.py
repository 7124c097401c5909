"""One connection to RabbitMQ's streams, for one stream: asked, written to and read from.

It lives until anything breaks, the stream itself included, and never again: whoever uses it opens
another. Every fault is a `BusDownError` that names host and port.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import asynccontextmanager, suppress
from functools import partial
from itertools import count
from typing import Any, Self, TypeVar

from rstream import schema
from rstream.client import Client
from rstream.exceptions import ClientError, ServerError
from rstream.utils import OnClosedErrorInfo

from itg.adapters.log import LogSettings
from itg.runtime.bus import BusDownError

PORT = 5552
FRAME_BYTES = 1024 * 1024
_CONNECT_S = 2.0
_HEARTBEAT_S = 5
_PUBLISHER = 1
_CREDIT = 4  # chunks that are sent before they are asked for
_FRAME_SPARE, _MESSAGE_SPARE = 64, 12
_Result = TypeVar("_Result")
_FAULTS = (ServerError, ClientError, OSError, TimeoutError, AssertionError)
# Every fault is raised by the call that met it; the client's own lines would tell it twice.
for _name in ("rstream.client", "rstream.connection"):
    logging.getLogger(_name).setLevel(logging.CRITICAL + 1)


class Link:
    """A connection; made by `opened`."""

    def __init__(self, settings: LogSettings, stream: str) -> None:
        self._settings = settings
        self._stream = stream
        self._host, self._port = settings.place(PORT)
        self._client = Client(
            self._host,
            self._port,
            ssl_context=_tls(settings) if settings.is_tls else None,
            frame_max=FRAME_BYTES,
            heartbeat=_HEARTBEAT_S,
            connection_name="itg",
            connection_closed_handler=self._lose,
        )
        self._lost = asyncio.Event()
        self._numbers = count(1)
        self._ids = count()
        self._unconfirmed = 0
        self._refused = 0
        self._confirmed = asyncio.Event()
        self._publishes = False

    @classmethod
    async def opened(cls, settings: LogSettings, stream: str) -> Self:
        """Return a connection. Raises `BusDownError`."""
        link = cls(settings, stream)
        user, password = settings.credentials() or ("guest", "guest")
        try:
            async with asyncio.timeout(_CONNECT_S):
                await link._client.start()
                await link._client.authenticate("/", user, password)
        except _FAULTS as error:
            await link.close()
            raise link.down(error) from error
        # Without a stream of its own the client tells nobody that the connection is gone.
        link._client.add_stream(stream)
        link._client.add_handler(schema.MetadataUpdate, link._moved, name="moved")
        link._client.add_handler(schema.PublishConfirm, link._confirm, name="confirm")
        link._client.add_handler(schema.PublishError, link._refuse, name="refuse")
        return link

    @property
    def is_up(self) -> bool:
        """Tell whether nothing has broken yet."""
        return not self._lost.is_set()

    async def make_stream(self, settings: LogSettings) -> None:
        """Make the stream; raises `StreamAlreadyExists`."""
        arguments = {
            "max-length-bytes": settings.kept_bytes,
            "stream-max-segment-size-bytes": settings.segment_bytes,
        }
        await self.ask(self._client.create_stream(self._stream, arguments))

    async def has_stream(self) -> bool:
        """Tell whether the stream is there, and that the broker answers."""
        return await self.ask(self._client.stream_exists(self._stream))

    async def publish(self, messages: Sequence[bytes]) -> None:
        """Write in order and return when all are confirmed."""
        if not self._publishes:
            await self.ask(self._client.declare_publisher(self._stream, None, _PUBLISHER))
            self._publishes = True
        self._unconfirmed, self._refused = len(messages), 0
        self._confirmed.clear()
        await self.ask(self._write(messages))
        if self._refused:
            raise self.down(f"a message was refused with code {self._refused}")

    @asynccontextmanager
    async def chunks(self, offset: schema.OffsetSpec) -> AsyncIterator["Chunks"]:
        """Subscribe, and unsubscribe at the end; raises `StreamDoesNotExist` of the client."""
        number = next(self._ids) % 256
        chunks = Chunks(self, partial(self._client.credit, number, 1))
        take = partial(_take, chunks, number)
        await self._client.run_queue_listener_task(number, take)
        self._client.add_handler(schema.Deliver, take, name=str(number))
        try:
            await self.ask(
                self._client.subscribe(self._stream, number, offset, initial_credit=_CREDIT)
            )
            yield chunks
        finally:
            with suppress(*_FAULTS, BusDownError):
                if self.is_up:
                    await self.ask(self._client.unsubscribe(number))
            self._client.remove_handler(schema.Deliver, name=str(number))
            await self._client.stop_queue_listener_task(number)

    async def ask(self, request: Coroutine[Any, Any, _Result]) -> _Result:
        """Return an answer, or fail as soon as the connection is lost or has had its time."""
        asking = asyncio.ensure_future(request)
        losing = asyncio.ensure_future(self._lost.wait())
        try:
            await asyncio.wait(
                {asking, losing},
                timeout=self._settings.answer_s,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if not asking.done():
                words = "the connection or the stream is gone" if losing.done() else "no answer"
                self._lost.set()
                raise self.down(words)
            return asking.result()
        except (OSError, TimeoutError, AssertionError) as error:
            self._lost.set()
            raise self.down(error) from error
        finally:
            asking.cancel()
            losing.cancel()
            await asyncio.gather(asking, losing, return_exceptions=True)

    async def lost(self) -> None:
        """Return when the connection, or its stream, is gone."""
        await self._lost.wait()

    def down(self, error: Exception | str) -> BusDownError:
        """Return what to raise for a fault."""
        words = str(error) or type(error).__name__
        return BusDownError(f"{self._host}:{self._port}: {words}")

    async def close(self) -> None:
        """Let go of the connection."""
        self._lost.set()
        with suppress(*_FAULTS):
            await self._client.close()
        # The client leaves the socket of a connection that broke open.
        connection = self._client._conn  # noqa: SLF001 - it has no other name
        if connection is not None:
            with suppress(*_FAULTS):
                await connection.close()

    async def _write(self, messages: Sequence[bytes]) -> None:
        frame: list[schema.Message] = []
        room = FRAME_BYTES - _FRAME_SPARE
        for message in messages:
            room -= len(message) + _MESSAGE_SPARE
            if frame and room < 0:
                await self._client.send_publish_frame(schema.Publish(_PUBLISHER, frame))
                frame, room = [], FRAME_BYTES - _FRAME_SPARE - len(message) - _MESSAGE_SPARE
            frame.append(schema.Message(next(self._numbers), None, message))
        await self._client.send_publish_frame(schema.Publish(_PUBLISHER, frame))
        await self._confirmed.wait()

    def _confirm(self, frame: schema.PublishConfirm) -> None:
        self._unconfirmed -= len(frame.publishing_ids)
        if self._unconfirmed <= 0:
            self._confirmed.set()

    def _refuse(self, frame: schema.PublishError) -> None:
        self._refused = frame.errors[0].response_code
        self._confirmed.set()

    def _moved(self, frame: schema.MetadataUpdate) -> None:
        if frame.metadata_info.stream == self._stream:
            self._lost.set()

    def _lose(self, _: OnClosedErrorInfo) -> None:
        self._lost.set()


class Chunks:
    """What arrives of one subscription: chunks of messages, each with its first offset."""

    def __init__(self, link: Link, more: partial[Coroutine[Any, Any, None]]) -> None:
        self.arrived: asyncio.Queue[schema.Deliver] = asyncio.Queue()
        self._link = link
        self._more = more

    async def next(self, wait_s: float) -> tuple[int, list[bytes]] | None:
        """Return the next chunk, None if none came in time. Raises `BusDownError` at a loss."""
        if self.arrived.empty():
            getting = asyncio.ensure_future(self.arrived.get())
            losing = asyncio.ensure_future(self._link.lost())
            try:
                await asyncio.wait(
                    {getting, losing}, timeout=wait_s, return_when=asyncio.FIRST_COMPLETED
                )
                if not getting.done():
                    if losing.done():
                        raise self._link.down("the connection or the stream is gone")
                    return None
                frame = getting.result()
            finally:
                getting.cancel()
                losing.cancel()
        else:
            frame = self.arrived.get_nowait()
        if self._link.is_up:
            await self._more()
        return frame.chunk_first_offset, frame.get_messages()


def _take(chunks: Chunks, number: int, frame: schema.Deliver) -> None:
    if frame.subscription_id == number:
        chunks.arrived.put_nowait(frame)


def _tls(settings: LogSettings) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=settings.ca or None)
