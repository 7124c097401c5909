"""uvicorn as one object: bound port, graceful stop, the limits uvicorn does not have.

The one file that reaches into uvicorn's protocols, for three things plain ASGI does not offer: a
bound on headers and on the time they may take, one joined write for many frames, and the end of a
connection whose peer no longer reads. uvicorn is pinned to a minor version for that reason.
"""

import asyncio
import socket
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from errno import EADDRINUSE
from functools import lru_cache

import uvicorn
from litestar.types import ASGIApp
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import Server
from websockets.exceptions import InvalidState
from websockets.protocol import State

from itg.kernel.errors import ConfigurationError

# Among a socket's extensions, the way out for many frames at once (itg.gateway.wires knows it).
FRAMES = "itg.frames"
HEADER_BYTES_MAX = 16 * 1024
HEADERS_S_MAX = 10
MESSAGE_BYTES_MAX = 64 * 1024
_PINNED = "0.54."
_CLOSE_S_MAX = 2.0
_BACKLOG = 1024
# A peer that stops reading is noticed once this much is on its way, not after the megabytes that
# the kernel would find room for; ordinary peers never have that much underway.
_SEND_BUFFER_BYTES = 128 * 1024
_TOO_LARGE = (
    b'{"type":"/problems/HEADERS_TOO_LARGE","title":"Headers too large","status":431,'
    b'"detail":"Request line and headers have at most 16 KiB.","code":"HEADERS_TOO_LARGE"}'
)
_UNREADABLE = (
    b'{"type":"/problems/UNREADABLE_BODY","title":"Unreadable body","status":400,'
    b'"detail":"This is no HTTP request.","code":"UNREADABLE_BODY"}'
)


class HttpServer:
    """Serve an ASGI application; `port` 0 takes a free one, to be read once started."""

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        if not uvicorn.__version__.startswith(_PINNED):
            raise ConfigurationError(f"uvicorn {_PINNED}x is needed, not {uvicorn.__version__}")
        self.port = port
        self._host = host
        self._server = Server(_config(app))
        self._sockets: list[socket.socket] = []
        self._ticks: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen; raise `ConfigurationError` if the address cannot be had."""
        listener = _listener(self._host, self.port)
        self.port = listener.getsockname()[1]
        self._sockets = [listener]
        server = self._server
        server.config.load()
        server.lifespan = server.config.lifespan_class(server.config)
        await server.startup(sockets=self._sockets)
        self._ticks = asyncio.create_task(server.main_loop(), name="uvicorn ticks")

    async def stop(self) -> None:
        """Stop listening, let requests under way finish, close what is left."""
        if self._ticks is None:
            return
        self._server.should_exit = True
        await self._ticks
        self._ticks = None
        await self._server.shutdown(sockets=self._sockets)
        # Peers that do not even read their close frame.
        for connection in list(self._server.server_state.connections):
            connection.transport.abort()


def _config(app: ASGIApp) -> Config:
    return Config(
        app,
        http=_BoundedHttp,
        ws=_FrameSocket,
        ws_max_size=MESSAGE_BYTES_MAX,
        ws_per_message_deflate=False,
        lifespan="on",
        interface="asgi3",
        log_config=None,
        log_level="error",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=3,
    )


def assert_free(host: str, port: int) -> None:
    """Raise `ConfigurationError` unless this address can be had now."""
    with listening(host, port):
        pass


@contextmanager
def listening(host: str, port: int) -> Iterator[None]:
    """Hold an address for a while; raise `ConfigurationError` if it cannot be had."""
    with closing(_listener(host, port)):
        yield


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named, or asyncio would not know to switch Nagle's delay off.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        cure = (
            "; stop what listens there, or take another port" if error.errno == EADDRINUSE else ""
        )
        raise ConfigurationError(
            f"cannot listen on {host}:{port}: {error.strerror}{cure}"
        ) from error
    return listener


class _HeadersTooLargeError(ValueError):
    pass


class _BoundedHttp(HttpToolsProtocol):
    """HTTP with a bound on the bytes and on the seconds of a request's head."""

    _head_bytes = 0
    _head_since: float | None = None
    _watch: asyncio.TimerHandle | None = None
    _is_too_large = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_since = self.loop.time()
        self._watch = self.loop.call_later(HEADERS_S_MAX, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        self._unwatch()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        # A head that has not ended: its bytes are in the parser, counted nowhere else.
        if self._head_since is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEADER_BYTES_MAX and not self.transport.is_closing():
                self._is_too_large = True
                self.send_400_response("")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_bytes = 0
        self._head_since = self.loop.time()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._count(len(url))

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._count(len(name) + len(value))

    def on_headers_complete(self) -> None:
        self._head_since = None
        super().on_headers_complete()

    def handle_websocket_upgrade(self) -> None:
        self._unwatch()
        super().handle_websocket_upgrade()

    def send_400_response(self, msg: str) -> None:
        status, body = (b"431", _TOO_LARGE) if self._is_too_large else (b"400", _UNREADABLE)
        head = b"HTTP/1.1 %b Refused\r\ncontent-type: application/problem+json\r\n" % status
        length = b"content-length: %d\r\nconnection: close\r\n\r\n" % len(body)
        self.transport.write(head + length + body)
        self.transport.close()

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > HEADER_BYTES_MAX:
            self._is_too_large = True
            raise _HeadersTooLargeError

    def _look(self) -> None:
        since, now = self._head_since, self.loop.time()
        if since is not None and now - since >= HEADERS_S_MAX:
            self.transport.close()
        else:
            self._watch = self.loop.call_later(HEADERS_S_MAX, self._look)

    def _unwatch(self) -> None:
        self._head_since = None
        if self._watch is not None:
            self._watch.cancel()


class _FrameSocket(WebSocketsSansIOProtocol):
    """A WebSocket that takes many frames in one write."""

    async def run_asgi(self) -> None:
        extensions: dict[str, object] = dict(self.scope.get("extensions") or {})
        extensions[FRAMES] = _JoinedWrite(self)
        # The scope's type knows only the extensions of the ASGI specification.
        self.scope["extensions"] = extensions  # type: ignore[typeddict-item]
        await super().run_asgi()


class _JoinedWrite:
    def __init__(self, protocol: _FrameSocket) -> None:
        self._protocol = protocol

    def write_now(self, frames: Sequence[bytes]) -> bool:
        protocol = self._protocol
        if protocol.disconnected or protocol.close_sent or protocol.conn.state is not State.OPEN:
            raise ConnectionResetError("the socket is closed")
        if not protocol.writable.is_set():
            return False
        if len(frames) == 1:
            framed = _head(len(frames[0])) + frames[0]
        else:
            framed = b"".join([part for frame in frames for part in (_head(len(frame)), frame)])
        protocol.transport.write(framed)
        return True

    async def write(self, frames: Sequence[bytes]) -> None:
        while not self.write_now(frames):
            await self._protocol.writable.wait()

    def unsent_bytes(self) -> int:
        return self._protocol.transport.get_write_buffer_size()

    async def close(self, code: int, last: bytes = b"") -> None:
        protocol = self._protocol
        if protocol.disconnected or protocol.close_sent:
            return
        with suppress(InvalidState):
            if last:
                protocol.conn.send_text(last)
            protocol.conn.send_close(code)
            protocol.transport.write(b"".join(protocol.conn.data_to_send()))
        protocol.close_sent = True
        if protocol.read_paused:
            protocol.read_paused = False
            protocol.transport.resume_reading()
        # Not a graceful end if need be: a peer that does not read would keep its buffer for hours.
        protocol.close_timer = protocol.loop.call_later(_CLOSE_S_MAX, protocol.transport.abort)


@lru_cache(maxsize=4096)
def _head(size: int) -> bytes:
    # A whole text frame of a server: one unmasked fragment (RFC 6455, 5.2). The same for every
    # reader, so nothing but this length stands before the shared bytes.
    if size < 126:
        return bytes((0x81, size))
    if size < 1 << 16:
        return b"\x81\x7e" + size.to_bytes(2, "big")
    return b"\x81\x7f" + size.to_bytes(8, "big")
