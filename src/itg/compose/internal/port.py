"""A node's own port over HTTP.

    GET  /internal/events?after&shard&limit   the node's events after a number, oldest first
    GET  /internal/health                     what it is, how far it is, whom it hears
    GET  /internal/state                      the hash of its state at a number
    GET  /internal/metrics                    the pump's numbers, for Prometheus
    POST /SERVICE/QUERY                       a query of one of its services, its fields as JSON
    GET  /openapi.json                        all of these
    POST /internal/link                       what other processes send, on a bus without calls
    GET  /internal/presence                   who this process is, on such a bus

It is not the public port: it listens on loopback unless told otherwise, and whoever asks has the
token in the game's directory. A query changes nothing.
"""

from collections.abc import Sequence
from hmac import compare_digest
from socket import gethostname
from typing import Final, cast

import structlog
from litestar import Litestar, Request, Response
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec.json import Encoder

from itg.adapters.http_server import HttpServer
from itg.compose.data_directory import DataDirectory
from itg.compose.internal.refusing import Refusal, RefusedError
from itg.kernel.errors import ConfigurationError, JournalError
from itg.runtime.pump_port import PumpStoppedError

log = structlog.get_logger()
TOKEN_FILE: Final = "internal.key"  # noqa: S105 - the name of a file
_BODY_BYTES_MAX = 64 * 1024
_PORT_MAX = 65_535
_JSON = "application/json"
_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - compared with, not listened on
_encode = Encoder().encode
AnyRequest = Request[None, None, State]


def token_of(directory: DataDirectory) -> str:
    """Return the token of a game's internal ports, drawn if there is none yet."""
    return directory.secret(directory.path / TOKEN_FILE, "itg_", 32)


def address_of(text: str) -> tuple[str, int]:
    """Return host and port of `[HOST:]PORT`; `ConfigurationError` if it is none of that."""
    host, _, port = text.rpartition(":")
    if not port.isascii() or not port.isdigit() or int(port) > _PORT_MAX:
        raise ConfigurationError(
            f"--internal {text}: a port from 0 to {_PORT_MAX}, or HOST:PORT; loopback without HOST"
        )
    return host.strip("[]") or "127.0.0.1", int(port)


class InternalPort:
    """A port asked with `token`: it answers what is added to it, once `start` listens."""

    def __init__(self, token: str, host: str, port: int) -> None:
        self._token = f"Bearer {token}".encode()
        self._handlers: list[HTTPRouteHandler] = []
        self._litestar = _answering(())
        self._server = HttpServer(cast("ASGIApp", self._app), host, port)
        self._host = host
        self._listens = False

    @property
    def url(self) -> str:
        """Return its address, as others reach it."""
        host = gethostname() if self._host in _EVERYWHERE else self._host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._server.port}"

    def add(self, handlers: Sequence[HTTPRouteHandler]) -> None:
        """Answer these paths too."""
        self._handlers.extend(handlers)
        self._litestar = _answering(self._handlers)

    async def start(self) -> None:
        """Listen, if it does not; raises `ConfigurationError` if the address cannot be had."""
        if not self._listens:
            await self._server.start()
            self._listens = True

    async def stop(self) -> None:
        """Listen no more."""
        await self._server.stop()

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        # Before anything is looked for: who has no token does not learn what there is.
        if cast("str", scope["type"]) == "lifespan" or self._may(scope):
            await self._litestar(scope, receive, send)
        elif cast("str", scope["type"]) == "http":
            words = f"give Authorization: Bearer and the token in {TOKEN_FILE}"
            body = _encode(Refusal(401, words))
            refused = ASGIResponse(body=body, status_code=401, media_type=_JSON)
            await refused(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008, "reason": ""})

    def _may(self, scope: Scope) -> bool:
        return compare_digest(dict(scope["headers"]).get(b"authorization", b""), self._token)


def _answering(handlers: Sequence[HTTPRouteHandler]) -> Litestar:
    return Litestar(
        handlers,
        openapi_config=None,
        logging_config=None,
        request_max_body_size=_BODY_BYTES_MAX,
        exception_handlers={
            RefusedError: _refuse,
            HTTPException: _refuse_http,
            JournalError: _unable,
            PumpStoppedError: _unable,
            500: _fail,
        },
    )


def _refused(refusal: Refusal, headers: dict[str, str] | None = None) -> Response[bytes]:
    return Response(
        _encode(refusal),
        status_code=refusal.status,
        media_type=_JSON,
        headers=headers,
    )


def _refuse(_: AnyRequest, error: RefusedError) -> Response[bytes]:
    return _refused(error.refusal)


def _refuse_http(request: AnyRequest, error: HTTPException) -> Response[bytes]:
    path, method = request.scope["path"], request.scope["method"]
    detail = {
        404: f"{path}: there is no such path; /openapi.json has all",
        405: f"{method} {path}: an internal port is only read; /openapi.json says how",
    }.get(error.status_code, error.detail)
    return _refused(Refusal(error.status_code, detail), error.headers)


def _unable(_: AnyRequest, error: Exception) -> Response[bytes]:
    return _refused(Refusal(503, str(error)))


def _fail(request: AnyRequest, error: Exception) -> Response[bytes]:
    log.error("internal_request_failed", path=request.scope["path"], exc_info=error)
    return _refused(Refusal(500, "the node could not answer; its log says why"))
