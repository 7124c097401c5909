"""One WebSocket: opened with a key, read frame by frame, gone when it is gone."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import suppress

import aiohttp

from itg.client.errors import AccessDeniedError, ConnectionFailedError, InvalidKeyError
from itg.client.frames import Frame, decode_frame
from itg.wire.v1.problems import Problem
from itg.wire.v1.socket import (
    CLOSE_POLICY,
    CLOSE_RATE_ABUSE,
    CLOSE_REPLACED,
    SUBPROTOCOL,
    CancelOnDisconnect,
)

KEY_HEADER = "X-API-Key"
# After these the server does not want this client back.
FINAL_CODES = frozenset({CLOSE_POLICY, CLOSE_REPLACED, CLOSE_RATE_ABUSE})
CONNECT_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 2.0
MESSAGE_BYTES_MAX = 64 * 1024 * 1024  # a snapshot after a long absence may be large


class Connection:
    """An open socket. `frames` ends when the socket does; `is_final` then says if for good."""

    def __init__(self, socket: "aiohttp.ClientWebSocketResponse[bool]", silence_s: float) -> None:
        self._socket = socket
        self._silence_s = silence_s
        self._is_heard = True

    @classmethod
    async def open(
        cls,
        http: aiohttp.ClientSession,
        url: str,
        api_key: str,
        *,
        silence_s: float,
        cancel_on_disconnect: CancelOnDisconnect = "quotes",
    ) -> "Connection":
        """Connect; raise `AccessDeniedError` for a refused key, `ConnectionFailedError` otherwise.

        A socket silent for `silence_s`, or up to twice that, counts as dead: no heartbeat came.
        """
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                socket = await http.ws_connect(
                    socket_url(url),
                    params={"cancel_on_disconnect": cancel_on_disconnect},
                    headers={KEY_HEADER: sendable_key(api_key)},
                    protocols=(SUBPROTOCOL,),
                    max_msg_size=MESSAGE_BYTES_MAX,
                    decode_text=False,
                )
        except aiohttp.WSServerHandshakeError as error:
            if error.status in (401, 403):
                raise AccessDeniedError(_denied(error)) from error
            raise ConnectionFailedError(f"{url} refused a socket: {error.status}") from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise ConnectionFailedError(f"no server at {url}: {cause_of(error)}") from error
        return cls(socket, silence_s)

    async def frames(self) -> AsyncIterator[Frame]:
        """Yield frames until the socket closes, breaks or falls silent."""
        receive = self._socket.receive
        watch = asyncio.create_task(self._close_when_silent(), name="itg silence")
        try:
            while True:
                message = await receive()
                if message.type is not aiohttp.WSMsgType.TEXT:
                    return
                self._is_heard = True
                yield decode_frame(message.data)
        finally:
            watch.cancel()

    async def _close_when_silent(self) -> None:
        # One look per interval instead of a timer per frame: frames come by the thousand.
        while True:
            self._is_heard = False
            await asyncio.sleep(self._silence_s)
            if not self._is_heard:
                await self.close()
                return

    async def send(self, text: str) -> bool:
        """Send one request; False when the socket is gone."""
        try:
            await self._socket.send_str(text)
        except (aiohttp.ClientError, ConnectionError):
            return False
        return True

    async def close(self) -> None:
        """Say goodbye and close; a peer that does not answer is left."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._socket.close()

    @property
    def is_final(self) -> bool:
        """Whether the server closed for a reason that a new connection would not change."""
        return self._socket.close_code in FINAL_CODES

    @property
    def close_code(self) -> int | None:
        """The close code, None when the connection broke."""
        return self._socket.close_code


def cause_of(error: Exception) -> str:
    """Say in words why a request reached no server."""
    match error:
        case aiohttp.InvalidURL() | aiohttp.NonHttpUrlClientError():
            return "an address begins with http:// or https://"
        case TimeoutError():
            return "no answer in time"
        case OSError(errno=int(number)) if number > 0:
            return os.strerror(number)
        case _:
            return str(error) or type(error).__name__


def socket_url(url: str) -> str:
    """Return the socket's address for a server's address."""
    scheme, _, rest = url.rstrip("/").partition("://")
    return f"{'wss' if scheme in ('https', 'wss') else 'ws'}://{rest}/ws"


def _denied(error: aiohttp.WSServerHandshakeError) -> Problem:
    return Problem(
        type="/problems/UNAUTHENTICATED",
        title="Access denied",
        status=error.status,
        detail="the server does not know this API key",
        code="UNAUTHENTICATED",
    )


def sendable_key(api_key: str) -> str:
    """Return a key without the space around it; `InvalidKeyError` if it cannot be one."""
    key = api_key.strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise InvalidKeyError(
            "the key has a space or a character that no key has; copy it again, it begins with itg_"
        )
    return key
