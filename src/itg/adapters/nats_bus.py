"""The bus on NATS: facts in JetStream, passing state and calls on core NATS.

Each fact is one message under its own subject. The messages of a publication name the number of the
stream that they must follow, and only the last of a run asks for an answer: what was lost or came
twice on the way makes all that follows be refused, so what the stream holds is always a beginning
of what was published, in order, and one answer speaks for hundreds.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import suppress
from typing import Self
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.json import Decoder as JsonDecoder
from msgspec.msgpack import Encoder
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error

from itg.adapters.nats_calls import NatsCalls
from itg.adapters.nats_reading import Reader
from itg.adapters.nats_stream import Bounds, GameStream
from itg.kernel.ids import Seq
from itg.kernel.messages import Message
from itg.runtime.bus import (
    BusClosedError,
    BusDownError,
    Handler,
    MessageTooLargeError,
    Positions,
    subject_of,
)
from itg.runtime.bus_codec import EnvelopeDecoder
from itg.runtime.envelope import Envelope

_CONNECT_S = 2.0
_AGAIN_S = 0.25
_PING_S = 5
_HEADER_BYTES = 256  # more than the headers of any fact take
_ID, _FOLLOWS = "Nats-Msg-Id", "Nats-Expected-Last-Sequence"


class NatsSettings(Struct, frozen=True, kw_only=True):
    """Where NATS is and how to use it.

    `url` may carry a user and a password, which are never shown; `tls://` asks for TLS, with
    the authorities of the system or those in the file `ca`. `run_messages` go between two
    acknowledgements, `ahead` are fetched before they are asked for.
    """

    url: str
    ca: str = ""
    bounds: Bounds = Bounds()
    run_messages: int = 500
    ahead: int = 1_000
    heard_max: int = 10_000
    answer_s: float = 5.0

    @property
    def address(self) -> str:
        """Return host and port, without credentials."""
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port or 4222}"


class _Ack(Struct):
    seq: int = 0
    error: dict[str, object] | None = None


_Frame = tuple[str, bytes, str]  # subject, payload, event id; "": it only passes


class NatsBus:
    """One connection of one game; made by `connect`.

    `kinds` are the classes that travel, of which `passing` are not held.
    """

    def __init__(
        self,
        game: str,
        kinds: Collection[type[Message]],
        settings: NatsSettings,
        passing: Collection[type[Message]] = (),
    ) -> None:
        self._settings = settings
        self._client = Client()
        self._stream = GameStream(self._client.jetstream(timeout=settings.answer_s), game)
        self._calls = NatsCalls(self._client)
        self._passing = frozenset(passing)
        self._kept_kinds = [kind for kind in kinds if kind not in self._passing]
        self._encode = Encoder().encode
        self._decode = EnvelopeDecoder(kinds).decode
        self._ack = JsonDecoder(_Ack)
        self._follows: int | None = None  # the stream's last number; None: to be asked for
        self._held: dict[tuple[str, int], int] = {}
        self._readers: list[Reader] = []
        self._is_publishing = False
        self._aside = ""  # what the server last said without being asked
        self._closed = asyncio.Event()

    @classmethod
    async def connect(
        cls,
        game: str,
        kinds: Collection[type[Message]],
        settings: NatsSettings,
        passing: Collection[type[Message]] = (),
    ) -> Self:
        """Return a connected bus; it connects again by itself. Raises `BusDownError`."""
        bus = cls(game, kinds, settings, passing)
        try:
            async with asyncio.timeout(_CONNECT_S):
                await bus._connect()
        except (Error, OSError, TimeoutError) as error:
            with suppress(Error, OSError):
                await bus._client.close()
            raise bus._down(error) from error
        return bus

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        self._assert_up()
        assert not self._is_publishing, "one publication at a time: they are in order"
        self._is_publishing = True
        try:
            await self._follow_on()
            frames = [frame for e in envelopes if (frame := await self._frame(e)) is not None]
            run = self._settings.run_messages
            for first in range(0, len(frames), run):
                await self._send(frames[first : first + run])
        except (Error, OSError, TimeoutError) as error:
            raise self._down(error) from error
        else:
            self._held.update(
                ((e.source, e.shard), e.seq) for e in envelopes if type(e.body) not in self._passing
            )
        finally:
            self._is_publishing = False

    async def last(self) -> Envelope | None:
        self._assert_up()
        try:
            self._follows = None
            follows = await self._follow_on()
            found = await self._stream.message(follows) if follows else None
        except (Error, OSError, TimeoutError) as error:
            raise self._down(error) from error
        return None if found is None else self._decode(found.data or b"")

    async def held(self, streams: Collection[tuple[str, int]]) -> Seq:
        self._assert_up()
        try:
            await self._follow_on()
            seqs = [await self._stream.last_seq(*stream) for stream in sorted(streams)]
            return Seq(max(seqs, default=0))
        except (Error, OSError, TimeoutError) as error:
            raise self._down(error) from error

    async def subscribe(self, pattern: str, after: Positions) -> AsyncIterator[Sequence[Envelope]]:
        reader = Reader(self._client, self._stream, self._decode, self._settings.ahead)
        self._readers.append(reader)
        try:
            async for batch in reader.read(pattern, after):
                yield batch
        finally:
            self._readers.remove(reader)

    async def listen(self, pattern: str) -> AsyncIterator[Sequence[Envelope]]:
        self._assert_up()
        heard: deque[bytes] = deque(maxlen=self._settings.heard_max)
        more = asyncio.Event()

        async def take(message: Msg) -> None:
            heard.append(message.data)
            more.set()

        listening = await self._client.subscribe(pattern, cb=take)
        closed = asyncio.ensure_future(self._closed.wait())
        try:
            while not self._closed.is_set():
                waiting = asyncio.ensure_future(more.wait())
                await asyncio.wait({waiting, closed}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
                more.clear()
                batch = [self._decode(data) for data in heard]
                heard.clear()
                if batch:
                    yield batch
        finally:
            closed.cancel()
            with suppress(Error, OSError):
                await listening.unsubscribe()

    async def request(
        self, subject: str, body: bytes, timeout_s: float, trace_id: str = ""
    ) -> bytes:
        self._assert_up()
        return await self._calls.request(subject, body, timeout_s, trace_id)

    async def serve(self, subject: str, handler: Handler) -> None:
        self._assert_up()
        await self._calls.serve(subject, handler)

    async def close(self) -> None:
        if self._closed.is_set():
            return
        self._closed.set()
        for reader in self._readers:
            reader.close()
        self._calls.close()
        if self._client.is_connected:
            with suppress(Error, OSError, TimeoutError):
                await self._client.flush(timeout=1)
        with suppress(Error, OSError):
            await self._client.close()

    async def _connect(self) -> None:
        settings = self._settings
        context = ssl.create_default_context(cafile=settings.ca) if settings.ca else None
        await self._client.connect(
            settings.url,
            name="itg",
            tls=context,
            max_reconnect_attempts=-1,
            reconnect_time_wait=_AGAIN_S,  # type: ignore[arg-type]  # passed on to asyncio.sleep
            ping_interval=_PING_S,
            error_cb=self._hear,
            disconnected_cb=self._lost,
            reconnected_cb=self._found,
        )

    async def _lost(self) -> None:
        self._follows = None

    async def _found(self) -> None:
        self._follows = None
        for reader in self._readers:
            reader.break_off()

    async def _follow_on(self) -> int:
        if self._follows is None:
            info = await self._stream.made(self._kept_kinds, self._settings.bounds)
            self._held.clear()
            self._follows = info.state.last_seq
        return self._follows

    async def _frame(self, envelope: Envelope) -> _Frame | None:
        game, source, shard = self._stream.game, envelope.source, envelope.shard
        event_id = ""
        if type(envelope.body) not in self._passing:
            held = self._held.get((source, shard))
            if held is None:
                held = await self._stream.last_seq(source, shard)
                self._held[source, shard] = held
            if envelope.seq <= held:
                return None
            event_id = f"{source}:{game}:{shard}:{envelope.seq}"
        payload = self._encode(envelope)
        if len(payload) + _HEADER_BYTES > self._client.max_payload:
            raise MessageTooLargeError(
                f"event {source}:{game}:{shard}:{envelope.seq}: {len(payload)} bytes; the server "
                f"takes {self._client.max_payload - _HEADER_BYTES} (its max_payload)"
            )
        return subject_of(game, envelope), payload, event_id

    async def _send(self, frames: Sequence[_Frame]) -> None:
        assert self._follows is not None
        publish, follows = self._client.publish, self._follows
        asking = max((n for n, frame in enumerate(frames) if frame[2]), default=-1)
        answer: Msg | None = None
        for number, (subject, payload, event_id) in enumerate(frames):
            if not event_id:
                await publish(subject, payload)
                continue
            headers = {_ID: event_id, _FOLLOWS: str(follows)}
            follows += 1
            if number != asking:
                await publish(subject, payload, headers=headers)
                continue
            answer = await self._client.request(
                subject, payload, timeout=self._settings.answer_s, headers=headers
            )
        if answer is not None:
            self._accept(answer, follows)

    def _accept(self, answer: Msg, expected: int) -> None:
        ack = self._ack.decode(answer.data)
        if ack.error is not None or ack.seq != expected:
            said = ack.error or {"description": f"stored as {ack.seq}, not {expected}"}
            raise self._down(Error(str(said.get("description"))))
        self._follows = expected

    def _down(self, error: Exception) -> BusDownError:
        self._follows = None
        # A refused password or permission is told aside, and then there is no answer.
        words = self._aside or "no answer" if isinstance(error, TimeoutError) else str(error)
        return BusDownError(f"{self._settings.address}: {words or type(error).__name__}")

    async def _hear(self, error: Exception) -> None:
        self._aside = str(error)

    def _assert_up(self) -> None:
        if self._closed.is_set():
            raise BusClosedError("the bus is closed")
        if not self._client.is_connected:
            raise BusDownError(f"{self._settings.address} does not answer")
