"""Reading a game's stream: pull, hand out in order, and go on after whatever broke.

A reader's place is the stream's own number that it has passed; while the stream is the same one it
goes on there, and where that is another (a broker that lost its disk) at what it has reached of
each (source, shard). Consumers are the server's memory only: one that is gone is made anew.
"""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from datetime import datetime

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error

from itg.adapters.nats_stream import GameStream, made_at
from itg.kernel.ids import Seq
from itg.runtime.bus import Positions
from itg.runtime.envelope import Envelope

Decode = Callable[[bytes], Envelope]

HEARTBEAT_S = 1.0
_EXPIRES_S = 30.0
_AGAIN_S = 0.25
_NS = 1_000_000_000


class Mailbox:
    """What the server has sent of one pull and nobody has taken yet."""

    def __init__(self) -> None:
        self.messages: list[Msg] = []
        self.passed = 0  # the stream's number up to which everything that matches was sent
        self.is_broken = False
        self._owed = 0
        self._more = asyncio.Event()

    @property
    def is_open(self) -> bool:
        """Tell whether the server still answers the pull."""
        return self._owed > 0 and not self.is_broken

    def expect(self, count: int) -> None:
        self._owed = count

    async def take(self, message: Msg) -> None:
        if message.reply:
            self.messages.append(message)
            self._owed -= 1
        else:
            self._hear(message.headers or {})
        self._more.set()

    def break_off(self) -> None:
        """Let the reader begin anew: the connection, or the bus, is another or gone."""
        self.is_broken = True
        self._more.set()

    async def drained(self) -> list[Msg]:
        """Return what is there, waiting while nothing is; nothing at all breaks it off."""
        if not self.messages and self.is_open:
            self._more.clear()
            try:
                async with asyncio.timeout(3 * HEARTBEAT_S):
                    await self._more.wait()
            except TimeoutError:
                self.is_broken = True
        taken, self.messages = self.messages, []
        if taken:
            self.passed = max(self.passed, _stream_number(taken[-1]))
        return taken

    def _hear(self, headers: dict[str, str]) -> None:
        match headers.get("Status"):
            case "100":
                if not self.messages:
                    self.passed = max(self.passed, int(headers.get("Nats-Last-Stream", 0)))
            case "404" | "408":
                self._owed = 0
            case _:
                self.is_broken = True


class Reader:
    """One subscription to held envelopes."""

    def __init__(self, client: Client, stream: GameStream, decode: Decode, ahead: int) -> None:
        self._client = client
        self._stream = stream
        self._decode = decode
        self._ahead = ahead
        self._reached: dict[tuple[str, int], Seq] = {}
        self._passed = 0
        self._made_at: datetime | None = None
        self._mailbox = Mailbox()
        self._is_closed = asyncio.Event()

    def break_off(self) -> None:
        """Begin anew behind a connection that was replaced."""
        self._mailbox.break_off()

    def close(self) -> None:
        """Hand out what has arrived and end."""
        self._is_closed.set()
        self._mailbox.break_off()

    async def read(self, pattern: str, after: Positions) -> AsyncIterator[Sequence[Envelope]]:
        """Yield batches until closed. Raises `StreamGapError`."""
        self._reached = dict(after)
        while not self._is_closed.is_set():
            try:
                async for batch in self._life(pattern):
                    yield batch
            except (Error, OSError, TimeoutError):
                # No answer, no stream yet, a consumer that is gone: the next life finds out.
                await self._pause()

    async def _life(self, pattern: str) -> AsyncIterator[Sequence[Envelope]]:
        start = await self._start(pattern)
        if start is None:
            await self._pause()
            return
        mailbox = self._mailbox = Mailbox()
        mailbox.passed = start - 1
        name, inbox = secrets.token_hex(8), self._client.new_inbox()
        heard = await self._client.subscribe(
            inbox, cb=mailbox.take, pending_msgs_limit=0, pending_bytes_limit=0
        )
        try:
            await self._stream.follow(name, pattern, start, _EXPIRES_S * 2)
            while not mailbox.is_broken and not self._is_closed.is_set():
                await self._pull(name, inbox, mailbox)
                async for batch in self._answers(mailbox):
                    yield batch
                if not mailbox.is_broken:
                    await self._refuse_gap()
        finally:
            with suppress(Error, OSError, TimeoutError):
                await heard.unsubscribe()

    async def _answers(self, mailbox: Mailbox) -> AsyncIterator[Sequence[Envelope]]:
        while mailbox.is_open or mailbox.messages:
            batch = []
            for message in await mailbox.drained():
                envelope = self._decode(message.data)
                stream = (envelope.source, envelope.shard)
                if envelope.seq > self._reached.get(stream, 0):
                    self._reached[stream] = envelope.seq
                    batch.append(envelope)
            self._passed = mailbox.passed
            if batch:
                yield batch

    async def _start(self, pattern: str) -> int | None:
        info = await self._stream.info()
        if info is None:
            return None
        if made_at(info) == self._made_at and self._passed:
            await self._refuse_gap()
            return self._passed + 1
        self._passed, self._made_at = 0, made_at(info)
        start = await self._stream.start_after(pattern, dict(self._reached))
        self._passed = start - 1
        return start

    async def _pull(self, name: str, inbox: str, mailbox: Mailbox) -> None:
        mailbox.expect(self._ahead)
        asked = {
            "batch": self._ahead,
            "expires": int(_EXPIRES_S * _NS),
            "idle_heartbeat": int(HEARTBEAT_S * _NS),
        }
        subject = f"$JS.API.CONSUMER.MSG.NEXT.{self._stream.name}.{name}"
        await self._client.publish(subject, json.dumps(asked).encode(), reply=inbox)

    async def _refuse_gap(self) -> None:
        info = await self._stream.info()
        if info is None or made_at(info) != self._made_at:
            self._mailbox.break_off()
        elif info.state.first_seq > self._passed + 1:
            raise await self._stream.gap(info.state.first_seq)

    async def _pause(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(_AGAIN_S):
                await self._is_closed.wait()


def _stream_number(message: Msg) -> int:
    # $JS.ACK.<stream>.<consumer>.<delivered>.<stream's number>.…
    return int(message.reply.split(".")[5])
