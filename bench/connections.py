"""Blocking connections that cost the load generator little: bytes in, one answer out.

They read what the servers measured here send, no more: answers with a length, frames unfragmented.
"""

import os
import socket
from base64 import b64encode

RECEIVE_BYTES = 65536
TIMEOUT_S = 15.0
TEXT, CLOSE, PING = 0x1, 0x8, 0x9


class HttpConnection:
    """One keep-alive connection."""

    def __init__(self, port: int) -> None:
        self._socket = connect(port)

    def exchange(self, request: bytes) -> tuple[int, bytes]:
        """Send a whole request and return status and body of its answer."""
        self._socket.sendall(request)
        received = self._socket.recv(RECEIVE_BYTES)
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._more()
        length = body_length(received[:end].lower())
        while len(received) < end + 4 + length:
            received += self._more()
        return int(received[9:12]), received[end + 4 :]

    def close(self) -> None:
        self._socket.close()

    def _more(self) -> bytes:
        return received_from(self._socket)


class FrameConnection:
    """One WebSocket. Frames go out under a mask of zeros, which is a mask and changes no byte."""

    def __init__(self, port: int, api_key: str) -> None:
        self._socket = connect(port)
        self._socket.sendall(handshake(api_key))
        self._received = b""
        while (end := self._received.find(b"\r\n\r\n")) < 0:
            self._received += self._more()
        if not self._received.startswith(b"HTTP/1.1 101"):
            raise ConnectionError(self._received[:end].decode())
        self._received = self._received[end + 4 :]

    def exchange(self, text: bytes) -> bytes:
        """Send a request and return its answer; pushes in between are dropped."""
        self._socket.sendall(masked(TEXT, text))
        while not (answer := self._frame()).startswith(b'{"id":'):
            pass
        return answer

    def close(self) -> None:
        self._socket.close()

    def detach(self) -> socket.socket:
        """Return the open socket, for others to read."""
        self._socket.settimeout(0)
        return self._socket

    def _frame(self) -> bytes:
        received = self._received
        while (span := frame_span(received)) is None or len(received) < span[1]:
            received += self._more()
        start, end = span
        self._received = received[end:]
        opcode = received[0] & 0x0F
        if opcode == CLOSE:
            raise ConnectionError(f"closed by the server: {received[start:end]!r}")
        if opcode == PING:
            self._socket.sendall(masked(0xA, received[start:end]))
            return b""
        return received[start:end]

    def _more(self) -> bytes:
        return received_from(self._socket)


def connect(port: int) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT_S)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def received_from(connection: socket.socket) -> bytes:
    received = connection.recv(RECEIVE_BYTES)
    if not received:
        raise ConnectionError("the server closed the connection")
    return received


def body_length(head: bytes) -> int:
    start = head.index(b"content-length:") + len(b"content-length:")
    end = head.find(b"\r\n", start)
    return int(head[start : end if end >= 0 else None])


def http_request(path: str, api_key: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-API-Key: {api_key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def handshake(api_key: str) -> bytes:
    nonce = b64encode(os.urandom(16)).decode()
    return (
        "GET /ws HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {nonce}\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Protocol: itg.v1.json\r\nX-API-Key: {api_key}\r\n\r\n"
    ).encode()


def masked(opcode: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, 0x80 | size, 0, 0, 0, 0)) + payload
    return bytes((0x80 | opcode, 0xFE, size >> 8, size & 0xFF, 0, 0, 0, 0)) + payload


def frame_span(received: bytes) -> tuple[int, int] | None:
    """Return where the first frame's payload starts and ends, None until its head is here."""
    if len(received) < 2:
        return None
    size = received[1]
    width = {126: 2, 127: 8}.get(size, 0)
    start = 2 + width
    if len(received) < start:
        return None
    length = int.from_bytes(received[2:start]) if width else size
    return start, start + length
