"""One socket's side of the feed: what it subscribed to, and what still waits for it.

The feed only appends; the socket's own task writes. A reader that stops reading fills its outbox
and is closed, and nobody else notices.
"""

import asyncio
from collections.abc import Sequence

from itg.gateway.calls import Caller
from itg.wire.v1.socket import CLOSE_SLOW


class Channel:
    """A numbered stream and who hears it."""

    __slots__ = ("name", "seq", "sessions")

    def __init__(self, name: str, seq: int = 0) -> None:
        self.name = name
        self.seq = seq
        self.sessions: list[Session] = []


class Session:
    """An open connection; `connection_number` is the account's n-th, 0 for an organizer's."""

    def __init__(self, caller: Caller, connection_number: int, outbox_bytes_max: int) -> None:
        self.caller = caller
        self.connection_number = connection_number
        self.channels: dict[str, Channel] = {}
        self.system = Channel("system")  # counted by connection
        self.close_code: int | None = None
        self.unanswered = 0
        self.waiting_bytes = 0
        self._outbox_bytes_max = outbox_bytes_max
        self._outbox: list[bytes] = []
        self._more = asyncio.Event()
        self._fewer = asyncio.Event()
        self.closing = asyncio.Event()

    def push(self, frame: bytes, *, wakes: bool = True) -> None:
        """Let a frame wait to be written; too many close the connection.

        `wakes` False: it may wait for the next one, to share its write.
        """
        if self.close_code is not None:
            return
        self._outbox.append(frame)
        self.waiting_bytes += len(frame)
        if self.waiting_bytes > self._outbox_bytes_max:
            self.close(CLOSE_SLOW)
        if wakes:
            self._more.set()

    def close(self, code: int) -> None:
        """End the connection; frames that a reader did not take in time are dropped."""
        if self.close_code is None:
            self.close_code = code
            if code == CLOSE_SLOW:
                self._outbox.clear()
            self.closing.set()
            self._more.set()

    async def frames(self) -> list[bytes]:
        """Wait for frames and take them all; none are left once the connection closes."""
        if self.close_code is None:
            await self._more.wait()
            self._more.clear()
        frames, self._outbox = self._outbox, []
        return frames

    def written(self, frames: Sequence[bytes]) -> None:
        """Note that frames have left."""
        self.waiting_bytes -= sum(map(len, frames))

    def answer(self, frame: bytes, *, wakes: bool = True) -> None:
        """Push the answer to a request."""
        self.unanswered -= 1
        self._fewer.set()
        self.push(frame, wakes=wakes)

    async def until_fewer_than(self, unanswered: int) -> None:
        """Wait until the connection has room for another request."""
        while self.unanswered >= unanswered and self.close_code is None:
            self._fewer.clear()
            await self._fewer.wait()
