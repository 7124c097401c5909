"""A link to the server: requests and publications over one socket that comes back when it breaks.

What is written waits in an outbox and goes out in order. When the socket breaks, the link connects
again with growing, jittered pauses, subscribes again (`private` after the last event it saw, state
channels with a fresh snapshot) and sends again what may be repeated: an order carries its client
order id, so that the server answers the second copy with the first answer.
"""

import asyncio
import os
from collections import deque
from collections.abc import Callable, Sequence
from typing import Self

import aiohttp
from msgspec import Struct, json

from itg.client.connection import Connection
from itg.client.dice import Dice
from itg.client.errors import (
    ConnectionFailedError,
    OutcomeUnknownError,
    RefusedError,
    SessionClosedError,
    error_of,
    outcome_unknown,
)
from itg.client.frames import Frame
from itg.client.streams import SYSTEM, Streams, Verdict
from itg.wire.v1.problems import Problem
from itg.wire.v1.socket import (
    CancelOnDisconnect,
    GapData,
    HeartbeatData,
    HelloData,
    SubscribedBody,
    SubscribeParams,
    UnsubscribeParams,
)

Handler = Callable[[Frame], None]
encode = json.Encoder().encode
decode_hello = json.Decoder(HelloData).decode
decode_heartbeat = json.Decoder(HeartbeatData).decode
decode_gap = json.Decoder(GapData).decode
decode_subscribed = json.Decoder(SubscribedBody).decode


class LinkOptions(Struct, frozen=True, kw_only=True):
    """How a link waits: deadline of a request, pauses between attempts, tolerated silence.

    `attempts_max` counts failed connection attempts in a row after the first success.
    `cancel_on_disconnect`: what the server cancels once the team has had no connection for 5 s.
    """

    deadline_s: float = 6.0  # a little over the server's own, so that its answer wins
    backoff_first_s: float = 0.1
    backoff_max_s: float = 5.0
    attempts_max: int = 30
    silence_s: float = 15.0
    cancel_on_disconnect: CancelOnDisconnect = "quotes"


class Pending:
    """A request that waits for its answer."""

    __slots__ = ("is_repeatable", "is_sent", "on_answer", "text")

    def __init__(self, text: str, on_answer: Handler, *, is_repeatable: bool) -> None:
        self.text = text
        self.on_answer = on_answer
        self.is_repeatable = is_repeatable
        self.is_sent = False


class Link:
    """Requests by id, channels by handler, one connection at a time.

    Handlers run in the order of the frames and must return quickly; an exception in one ends the
    link and is raised by `wait_closed`.
    """

    def __init__(
        self,
        url: str,
        api_key: str,
        *,
        options: LinkOptions | None = None,
        jitter: Callable[[], float] | None = None,
    ) -> None:
        self.url = url
        self.api_key = api_key
        self.options = options or LinkOptions()
        self._jitter = jitter or Dice(int.from_bytes(os.urandom(8), "big")).uniform
        self._streams = Streams()
        self._handlers: dict[str, Handler] = {}
        self._pending: dict[int, Pending] = {}
        self._outbox: deque[int] = deque()
        self._last_id = 0
        self._on_system: Handler | None = None
        self._has_mail = asyncio.Event()
        self._is_drained = asyncio.Event()
        self._is_up = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.hello: HelloData | None = None  # of the latest connection
        self.connects = 0

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> HelloData:
        """Connect and return the server's greeting; its refusal or absence is raised."""
        assert self._task is None, "a link is opened once"
        self._task = asyncio.create_task(self._run(), name="itg link")
        is_up = asyncio.create_task(self._is_up.wait(), name="itg greeting")
        try:
            await asyncio.wait({self._task, is_up}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            is_up.cancel()
        if self.hello is None:
            await self._task  # raises what kept it from connecting
            raise SessionClosedError("the link ended before the server's greeting")
        return self.hello

    async def close(self) -> None:
        """Close the socket; requests that wait fail with `SessionClosedError`."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
            if not self._task.cancelled():
                self._task.exception()  # seen by wait_closed, or by nobody who cares

    async def wait_closed(self) -> None:
        """Wait for the link's end and raise what ended it, if anything did."""
        assert self._task is not None, "open the link first"
        await asyncio.shield(self._task)

    async def drain(self) -> None:
        """Wait until everything in the outbox is written, or a deadline has passed."""
        try:
            async with asyncio.timeout(self.options.deadline_s):
                await self._is_drained.wait()
        except TimeoutError:
            return

    def on_system(self, handler: Handler) -> None:
        """Hear every frame of `system`: greeting, heartbeats, steps, rounds."""
        self._on_system = handler

    async def subscribe(self, channels: Sequence[str], handler: Handler) -> None:
        """Deliver the channels' frames to a handler: a snapshot, then what follows it in order.

        Gaps are noticed and healed; frames that come twice are dropped. A channel that ends in `*`
        also catches its members' frames.
        """
        self._handlers.update(dict.fromkeys(channels, handler))
        connects = self.connects
        try:
            answer = await self.request("subscribe", SubscribeParams(channels=list(channels)))
        except OutcomeUnknownError:
            if connects != self.connects or not self._is_up.is_set():
                return  # every new connection subscribes to what has a handler
            raise
        except RefusedError:
            for channel in channels:
                self._handlers.pop(channel, None)
            raise
        self._streams.start(decode_subscribed(answer.result).channels)

    async def unsubscribe(self, channels: Sequence[str]) -> None:
        """Stop the channels."""
        for channel in channels:
            self._handlers.pop(channel, None)
        await self.request("unsubscribe", UnsubscribeParams(channels=list(channels)))
        self._streams.forget(channels)

    async def request(
        self, method: str, params: Struct | None = None, *, is_repeatable: bool = False
    ) -> Frame:
        """Send a request and return its answer, or raise its problem.

        Raises `OutcomeUnknownError` when no answer came before the deadline, or when the
        connection broke and the request may not be repeated.
        """
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Frame] = loop.create_future()

        def settle(frame: Frame) -> None:
            if not answered.done():
                answered.set_result(frame)

        request_id = self.post(method, params, settle, is_repeatable=is_repeatable)
        expire = loop.call_later(self.options.deadline_s, self._expire, request_id)
        try:
            frame = await answered
        finally:
            expire.cancel()
            self._pending.pop(request_id, None)
        if frame.error is not None:
            raise self._ended() or error_of(frame.error)
        return frame

    def post(
        self,
        method: str,
        params: Struct | None,
        on_answer: Handler,
        *,
        is_repeatable: bool = False,
    ) -> int:
        """Put a request into the outbox without waiting; return its id.

        `on_answer` is called once: with the server's answer or, when the connection broke in
        between and the request may not be repeated, with a problem of status 504.
        """
        ended = self._ended()
        if ended is not None:
            raise ended
        self._last_id += 1
        body = b"{}" if params is None else encode(params)
        text = f'{{"id":{self._last_id},"method":"{method}","params":{body.decode()}}}'
        self._pending[self._last_id] = Pending(text, on_answer, is_repeatable=is_repeatable)
        self._outbox.append(self._last_id)
        self._is_drained.clear()
        self._has_mail.set()
        return self._last_id

    async def _run(self) -> None:
        failures = 0
        try:
            async with aiohttp.ClientSession() as http:
                while True:
                    was_up = await self._live(http, is_last=failures >= self.options.attempts_max)
                    failures = 0 if was_up else failures + 1
                    await asyncio.sleep(self._pause(failures))
        finally:
            self._abandon(outcome_unknown("the session was closed"))

    async def _live(self, http: aiohttp.ClientSession, *, is_last: bool) -> bool:
        try:
            connection = await Connection.open(
                http,
                self.url,
                self.api_key,
                silence_s=self.options.silence_s,
                cancel_on_disconnect=self.options.cancel_on_disconnect,
            )
        except ConnectionFailedError:
            if self.hello is None or is_last:
                raise
            return False
        was_up = False
        try:
            was_up = await self._read(connection)
        finally:
            self._lose()
            await connection.close()
        if connection.is_final:
            raise SessionClosedError(f"the server closed for good: {connection.close_code}")
        if self.hello is None:
            raise ConnectionFailedError(f"{self.url} closed the socket before its greeting")
        return was_up

    async def _read(self, connection: Connection) -> bool:
        writer: asyncio.Task[None] | None = None
        try:
            async for frame in connection.frames():
                if writer is None and frame.type == "hello":
                    self._greet(frame)
                    writer = asyncio.create_task(self._write(connection), name="itg writer")
                self._receive(frame)
        finally:
            if writer is not None:
                writer.cancel()
        return writer is not None

    async def _write(self, connection: Connection) -> None:
        while True:
            while self._outbox:
                pending = self._pending.get(self._outbox.popleft())
                if pending is None:
                    continue  # its deadline passed while it waited
                pending.is_sent = True
                if not await connection.send(pending.text):
                    return
            self._is_drained.set()
            self._has_mail.clear()
            await self._has_mail.wait()

    def _pause(self, failures: int) -> float:
        options = self.options
        full = min(options.backoff_max_s, options.backoff_first_s * 2.0 ** min(failures, 30))
        return full * (0.5 + 0.5 * self._jitter())

    def _greet(self, frame: Frame) -> None:
        self.hello = decode_hello(frame.data)
        self.connects += 1
        for request_id, pending in reversed(list(self._pending.items())):
            if pending.is_sent and pending.is_repeatable:
                pending.is_sent = False
                self._outbox.appendleft(request_id)
        if self.connects > 1 and self._handlers:
            self._send_first(self._renewal(list(self._handlers)))
        self._is_up.set()
        self._has_mail.set()

    def _heal(self, channels: list[str]) -> None:
        # Given up first, so that the second subscription answers as the first did: with a snapshot
        # or with the missing events.
        leaving = UnsubscribeParams(channels=channels)
        renewal = self._renewal(channels)
        self._send_first(renewal)
        self._send_first(self.post("unsubscribe", leaving, _disregard))

    def _renewal(self, channels: list[str]) -> int:
        def taken(frame: Frame) -> None:
            if frame.error is None:
                self._streams.start(decode_subscribed(frame.result).channels)

        resume = self._streams.resume_points(channels)
        return self.post("subscribe", SubscribeParams(channels=channels, resume=resume), taken)

    def _send_first(self, request_id: int) -> None:
        self._outbox.remove(request_id)
        self._outbox.appendleft(request_id)

    def _receive(self, frame: Frame) -> None:
        if frame.channel == SYSTEM:
            self._hear_system(frame)
        elif frame.channel:
            self._publish(frame)
        elif isinstance(frame.id, int):
            pending = self._pending.pop(frame.id, None)
            if pending is not None:
                pending.on_answer(frame)

    def _publish(self, frame: Frame) -> None:
        verdict = self._streams.admit(frame)
        if verdict is Verdict.DELIVER:
            family = frame.channel.partition(".")[0] + ".*"
            handler = self._handlers.get(frame.channel) or self._handlers.get(family)
            if handler is not None:
                handler(frame)
        elif verdict is Verdict.GAP:
            self._heal([frame.channel])

    def _hear_system(self, frame: Frame) -> None:
        if frame.type == "heartbeat":
            late = self._streams.behind(decode_heartbeat(frame.data).channels)
            if late:
                self._heal(late)
        elif frame.type == "gap":
            gap = decode_gap(frame.data)
            if not self._streams.skip(gap.channel, gap.last_seq):
                self._heal([gap.channel])
        if self._on_system is not None:
            self._on_system(frame)

    def _lose(self) -> None:
        self._is_up.clear()
        self._streams.disconnect()
        self._abandon(outcome_unknown("the connection broke before the answer"), is_over=False)

    def _abandon(self, problem: Problem, *, is_over: bool = True) -> None:
        for request_id, pending in list(self._pending.items()):
            if is_over or (pending.is_sent and not pending.is_repeatable):
                del self._pending[request_id]
                pending.on_answer(Frame(id=request_id, error=problem))

    def _expire(self, request_id: int) -> None:
        pending = self._pending.pop(request_id, None)
        if pending is not None:
            problem = outcome_unknown("no answer before the deadline")
            pending.on_answer(Frame(id=request_id, error=problem))

    def _ended(self) -> SessionClosedError | None:
        if self._task is not None and not self._task.done():
            return None
        return SessionClosedError("the session is not open")


def _disregard(_: Frame) -> None:
    pass  # the answer says nothing that the frames do not say
