"""How a session's frames reach its socket: in one joined write where the server offers that."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Protocol, runtime_checkable

from litestar.types import Send, WebSocketScope

# The name under which a server offers its `Wire` among a scope's extensions.
EXTENSION = "itg.frames"
_CLOSE_S = 1.0


@runtime_checkable
class Wire(Protocol):
    """A socket's way out. Raises `OSError` when the peer is gone."""

    def write_now(self, frames: Sequence[bytes]) -> bool:
        """Write text frames if that needs no waiting; False: nothing was written."""

    async def write(self, frames: Sequence[bytes]) -> None:
        """Write text frames in order; waits while the peer does not read."""

    def unsent_bytes(self) -> int:
        """Return what was written and the peer has not taken yet."""

    async def close(self, code: int, last: bytes = b"") -> None:
        """Say a last frame and the close code, and end the connection even if nobody reads."""


class AsgiWire:
    """Frame by frame through plain ASGI."""

    def __init__(self, send: Send) -> None:
        self._send = send

    def write_now(self, frames: Sequence[bytes]) -> bool:
        return False

    async def write(self, frames: Sequence[bytes]) -> None:
        for frame in frames:
            await self._send({"type": "websocket.send", "text": frame.decode(), "bytes": None})

    def unsent_bytes(self) -> int:
        return 0

    async def close(self, code: int, last: bytes = b"") -> None:
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(_CLOSE_S):
                if last:
                    await self.write((last,))
                await self._send({"type": "websocket.close", "code": code, "reason": None})


def wire_of(scope: WebSocketScope, send: Send) -> Wire:
    """Return the server's own wire, or the fallback through ASGI."""
    extensions: dict[str, object] = dict(scope.get("extensions") or {})
    offered = extensions.get(EXTENSION)
    return offered if isinstance(offered, Wire) else AsgiWire(send)
