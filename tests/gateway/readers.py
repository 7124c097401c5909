"""Sessions on wires of memory: readers that read, and readers that stop."""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import json

from itg.gateway.calls import ANYBODY, Caller
from itg.gateway.sessions import Outlet, Session
from itg.gateway.settings import GatewaySettings

Json = dict[str, Any]


class MemoryWire:
    """A way out that takes everything while `reads`, and nothing otherwise."""

    def __init__(self) -> None:
        self.reads = True
        self.frames: list[bytes] = []
        self.writes = 0
        self.on_wait: Callable[[], None] = lambda: None

    def write_now(self, frames: Sequence[bytes]) -> bool:
        if self.reads:
            self.frames += frames
            self.writes += 1
        return self.reads

    async def write(self, frames: Sequence[bytes]) -> None:
        self.on_wait()
        assert self.write_now(frames), "nobody waits for a reader of memory"

    def unsent_bytes(self) -> int:
        return 0

    async def close(self, code: int, last: bytes = b"") -> None:
        self.frames.append(last)


class Reader:
    """A session and what came out of it."""

    def __init__(self, settings: GatewaySettings, caller: Caller = ANYBODY) -> None:
        self.wire = MemoryWire()
        self.session = Session(caller, 1, settings, self.wire, Outlet())

    def stop(self) -> None:
        """Read no more: the next write finds the socket full."""
        self.wire.reads = False

    def go_on(self) -> None:
        """Read again, first of all what waits."""
        self.wire.reads = True
        self.session.is_blocked = False
        self.session.write_out()

    def take(self) -> list[Json]:
        """Return the frames that were read since the last time."""
        self.session.write_out()
        frames, self.wire.frames = self.wire.frames, []
        return [json.decode(frame) for frame in frames]
