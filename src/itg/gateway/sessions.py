"""One socket's side of the feed: what waits for it, and how that is written.

Whoever has a frame appends it; once per turn of the loop everything a session was given leaves in
one write that waits for nobody. A socket that does not take it is *blocked*: its own task waits
until it does, and only then does anything accumulate. At the bound, or when nothing moved for too
long, the session ends, and nobody else notices.
"""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic

from itg.gateway.calls import Caller
from itg.gateway.settings import GatewaySettings
from itg.gateway.wires import Wire
from itg.wire.v1.socket import CLOSE_NORMAL, CLOSE_SLOW, CancelOnDisconnect

# Frames are joined up to about this size, so that a slow peer is noticed between the writes.
_JOINED_BYTES = 64 * 1024


class Outlet:
    """Writes what sessions were given, all of them in one pass per turn of the loop."""

    def __init__(self) -> None:
        self._due: list[Session] = []

    def mark(self, session: "Session") -> None:
        """Let a session write before the loop waits for anything."""
        if not self._due:
            asyncio.get_running_loop().call_soon(self._write)
        self._due.append(session)

    def _write(self) -> None:
        due, self._due = self._due, []
        for session in due:
            session.write_out()


class Session:
    """An open connection; `connection_number` is the account's n-th, 0 for an organizer's."""

    def __init__(
        self,
        caller: Caller,
        connection_number: int,
        settings: GatewaySettings,
        wire: Wire,
        outlet: Outlet,
    ) -> None:
        self.caller = caller
        self.connection_number = connection_number
        self.wire = wire
        self.system_seq = 0  # its `system` channel is counted by connection
        self.cancel_on_disconnect: CancelOnDisconnect = "quotes"
        self.close_code: int | None = None
        self.is_gone = False
        self.is_blocked = False
        self.unanswered = 0
        self.waiting_bytes = 0
        self.opened_s = self.heard_s = monotonic()  # seconds of the steady clock
        self._settings = settings
        self._outlet = outlet
        self._outbox: list[bytes] = []
        self._is_marked = False
        self._is_shedding = False
        self._blocked = asyncio.Event()
        self._unblocked = asyncio.Event()
        self._fewer = asyncio.Event()
        self.closing = asyncio.Event()

    def push(self, frame: bytes, *, wakes: bool = True) -> None:
        """Let a frame be written; too many that wait close the connection.

        `wakes` False: it may wait for the next one, to share its write.
        """
        if self.close_code is not None:
            return
        self._outbox.append(frame)
        self.waiting_bytes += len(frame)
        if self.waiting_bytes > self._settings.outbox_bytes_max:
            self.write_out()  # a burst within one turn is no sign of a slow reader
            if self.waiting_bytes > self._settings.outbox_bytes_max:
                self.close(CLOSE_SLOW)
        elif wakes and not self._is_marked:
            self._is_marked = True
            self._outlet.mark(self)

    def sheds(self) -> bool:
        """Tell whether public facts are to be dropped: from its share on, until half of it left."""
        share = self._settings.public_bytes_max
        if not self.is_blocked:
            self._is_shedding = False
        elif self.waiting_bytes > share:
            self._is_shedding = True
        elif self.waiting_bytes <= share // 2:
            self._is_shedding = False
        return self._is_shedding

    def write_out(self) -> None:
        """Write what waits, as far as the socket takes it now."""
        self._is_marked = False
        if self.is_blocked:
            return
        try:
            while self._outbox:
                run = self._run()
                if not self.wire.write_now(run):
                    self._block()
                    return
                self._written(run)
        except OSError:
            self.leave()

    def _block(self) -> None:
        self.is_blocked = True
        self._unblocked.clear()
        self._blocked.set()

    async def write_blocked(self) -> None:
        """Write what the socket did not take at once, as it begins to read; never returns."""
        while True:
            await self._blocked.wait()
            self._blocked.clear()
            try:
                while self._outbox:
                    run = list(self._run())
                    if not await self._has_written(run):
                        self.close(CLOSE_SLOW)
                        return
                    self._written(run)
            except OSError:
                self.leave()
                self._unblocked.set()
                return
            self.is_blocked = False
            self._unblocked.set()

    async def _has_written(self, run: Sequence[bytes]) -> bool:
        while True:
            unsent_bytes = self.wire.unsent_bytes()
            try:
                async with asyncio.timeout(self._settings.stalled_s):
                    await self.wire.write(run)
            except TimeoutError:
                if self.wire.unsent_bytes() >= unsent_bytes:
                    return False
            else:
                return True

    def _run(self) -> list[bytes]:
        if self.waiting_bytes <= _JOINED_BYTES:
            return self._outbox
        size = 0
        for index, frame in enumerate(self._outbox):
            size += len(frame)
            if size >= _JOINED_BYTES:
                return self._outbox[: index + 1]
        return self._outbox

    def _written(self, run: Sequence[bytes]) -> None:
        if run is self._outbox:
            self.waiting_bytes = 0
            self._outbox.clear()
        else:
            self.waiting_bytes -= sum(map(len, run))
            del self._outbox[: len(run)]

    def leave(self) -> None:
        """Note that the peer is gone."""
        self.is_gone = True
        self.close(CLOSE_NORMAL)

    def close(self, code: int) -> None:
        """End the connection; what a slow reader did not take in time is dropped."""
        if self.close_code is None:
            self.close_code = code
            if code == CLOSE_SLOW:
                self._outbox = []
            self.closing.set()
            self._fewer.set()

    async def flushed(self, deadline_s: float) -> None:
        """Wait until everything it was given before its end has left, no longer than that."""
        self.write_out()
        if self.is_blocked and not self.is_gone:
            with suppress(TimeoutError):
                async with asyncio.timeout(deadline_s):
                    await self._unblocked.wait()

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
