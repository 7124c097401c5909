"""A node's own port over HTTP.

    GET  /internal/events?after&shard&limit   the node's events after a number, oldest first
    GET  /internal/health                     what it is, how far it is, whom it hears
    GET  /internal/state                      the hash of its state at a number
    GET  /internal/metrics                    the pump's numbers, for Prometheus
    POST /SERVICE/QUERY                       a query of one of its services, its fields as JSON
    GET  /openapi.json                        all of these

It is not the public port: it listens on loopback unless told otherwise, and whoever asks has the
token in the game's directory. It only reads: a query changes nothing.
"""

import asyncio
from collections.abc import Sequence
from hmac import compare_digest
from typing import Final, cast

import structlog
from litestar import Litestar, Request, Response, get, post
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.response.base import ASGIResponse
from litestar.types import ASGIApp, Receive, Scope, Send
from msgspec.json import Encoder

from itg.adapters.http_server import HttpServer
from itg.compose.data_directory import DataDirectory
from itg.compose.internal.document import document
from itg.compose.internal.events import Asked, EventPage, asked_of, page_of
from itg.compose.internal.health import StateHash, health_of, metrics_of
from itg.compose.internal.questions import Told, named, queries_of, query_of
from itg.compose.internal.refusing import Refusal, RefusedError
from itg.compose.node import Node
from itg.kernel.errors import ConfigurationError, JournalError
from itg.kernel.ids import Seq
from itg.kernel.messages import Query, Reply
from itg.runtime.pump_port import PumpStoppedError

log = structlog.get_logger()
TOKEN_FILE: Final = "internal.key"  # noqa: S105 - the name of a file
_BODY_BYTES_MAX = 64 * 1024
_PORT_MAX = 65_535
_JSON = "application/json"
_TEXT = "text/plain; version=0.0.4"
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
    """The port of `node`, asked with `token`; `start` listens."""

    def __init__(self, node: Node, token: str, host: str, port: int) -> None:
        self._desk = Desk(node)
        self._token = f"Bearer {token}".encode()
        self._litestar = Litestar(
            self._desk.handlers(),
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
        self._server = HttpServer(cast("ASGIApp", self._app), host, port)
        self._host = host

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://{self._host}:{self._server.port}"

    async def start(self) -> None:
        """Listen; raises `ConfigurationError` if the address cannot be had."""
        await self._server.start()

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


class Desk:
    """What the port answers of a node."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._queries = queries_of(node.pump.machine.services)
        self._recovered_seq = node.pump.journal.head().seq

    def handlers(self) -> Sequence[HTTPRouteHandler]:
        """Return a handler of every path."""

        @get("/internal/events")
        async def events(request: AnyRequest) -> Response[bytes]:
            asked = asked_of(request.scope["query_string"])
            return _told(await asyncio.to_thread(self._page, asked))

        @get("/internal/health")
        async def health() -> Response[bytes]:
            return _told(health_of(self._node, self._recovered_seq))

        @get("/internal/state")
        async def state() -> Response[bytes]:
            state_hash = self._node.pump.machine.state_hash()
            _, seq = await self._released(())
            return _told(StateHash(seq=seq, state_hash=state_hash))

        @get("/internal/metrics")
        async def metrics() -> Response[bytes]:
            return Response(metrics_of(self._node).encode(), media_type=_TEXT)

        @get("/openapi.json")
        async def openapi() -> Response[bytes]:
            return _told(document(self._node.name, self._node.pump.machine.services))

        @post("/{service:str}/{name:str}", status_code=200)
        async def ask(request: AnyRequest) -> Response[bytes]:
            path = request.path_params
            kind = named(self._queries, str(path["service"]), str(path["name"]))
            query = query_of(kind, await request.body(), self._node.pump.machine.services)
            (reply,), as_of = await self._released((query,))
            return _told(Told(as_of=as_of, kind=type(reply).__name__, reply=reply))

        return [events, health, state, metrics, openapi, ask]

    async def _released(self, queries: tuple[Query, ...]) -> tuple[Sequence[Reply], Seq]:
        # Nobody reads what is not on disk: told when that state is released.
        told: asyncio.Future[tuple[Sequence[Reply], Seq]]
        told = asyncio.get_running_loop().create_future()

        def release(replies: Sequence[Reply], seq: Seq) -> None:
            if not told.done():
                told.set_result((replies, seq))

        self._node.pump.ask(queries, release)
        return await told

    def _page(self, asked: Asked) -> EventPage:
        journal = self._node.pump.journal.reader()
        try:
            return page_of(journal, self._node.pump.codec, asked)
        finally:
            journal.close()


def _told(value: object) -> Response[bytes]:
    return Response(_encode(value), media_type=_JSON)


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
