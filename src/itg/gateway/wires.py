"""How a session's frames reach its socket: in one joined write where the server offers that."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Protocol, runtime_checkable

from litestar.types import Send, WebSocketScope

# The name under which a server offers its `Wire` among a scope's extensions.
EXTENSION = "itg.frames"
_JOINED_BYTES = 64 * 1024
_CLOSE_S = 1.0


@runtime_checkable
class Wire(Protocol):
    """A socket's way out. Raises `OSError` when the peer is gone."""

    async def write(self, frames: Sequence[bytes]) -> None:
        """Write text frames in order; waits while the peer does not read."""

    async def close(self, code: int) -> None:
        """Say the close code, and end the connection even if the peer does not read."""


class AsgiWire:
    """Frame by frame through plain ASGI."""

    def __init__(self, send: Send) -> None:
        self._send = send

    async def write(self, frames: Sequence[bytes]) -> None:
        for frame in frames:
            await self._send({"type": "websocket.send", "text": frame.decode(), "bytes": None})

    async def close(self, code: int) -> None:
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(_CLOSE_S):
                await self._send({"type": "websocket.close", "code": code, "reason": None})


def wire_of(scope: WebSocketScope, send: Send) -> Wire:
    """Return the server's own wire, or the fallback through ASGI."""
    extensions: dict[str, object] = dict(scope.get("extensions") or {})
    offered = extensions.get(EXTENSION)
    return offered if isinstance(offered, Wire) else AsgiWire(send)


def joined(frames: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Split frames into runs of about 64 KiB, so that a slow peer is noticed between them."""
    start, size = 0, 0
    for index, frame in enumerate(frames):
        size += len(frame)
        if size >= _JOINED_BYTES:
            yield frames[start : index + 1]
            start, size = index + 1, 0
    if start < len(frames):
        yield frames[start:]
