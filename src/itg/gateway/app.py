"""The ASGI application: the order lane and the socket in front, Litestar behind.

Every operation of the table has an ordinary handler, served also under `/v1`; the lane takes the
busiest of them before the framework sees them and gives the same bytes. A listener for the public
is built without the organizer's operations: there its paths are like any that nobody knows.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import cast

import structlog
from litestar import Litestar, Request, Response, Router, route
from litestar.datastructures import State
from litestar.enums import HttpMethod
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send, WebSocketScope

from itg.gateway.calls import Answer, refused
from itg.gateway.gateway import Gateway
from itg.gateway.lane import OrderLane
from itg.gateway.operations import Operation
from itg.gateway.paths import with_whole_ids
from itg.gateway.problems import problem_of
from itg.gateway.reasons import (
    INTERNAL_ERROR,
    METHOD_NOT_ALLOWED,
    ROUTE_NOT_FOUND,
    UNREADABLE_BODY,
)
from itg.gateway.rest import completed, serve
from itg.gateway.routes.ops import handlers_of
from itg.gateway.routes.table import OPERATIONS, PUBLIC, on_socket
from itg.gateway.socket import SocketServer
from itg.gateway.ui_files import ADDRESSES, PUBLIC_ADDRESSES
from itg.kernel.errors import RejectReason
from itg.wire.v1.channels import ADDRESSES as SOCKETS

log = structlog.get_logger()
AnyRequest = Request[None, None, State]
_VERSION = "/v1"


class GatewayApp:
    """What the server runs."""

    def __init__(self, gateway: Gateway, *, has_order_lane: bool, has_admin: bool) -> None:
        operations = OPERATIONS if has_admin else PUBLIC
        self._gateway = gateway
        self._lane = OrderLane(operations if has_order_lane else ())
        self._sockets = SocketServer(gateway, on_socket(operations))
        pages = ADDRESSES if has_admin else PUBLIC_ADDRESSES
        self._litestar = _litestar(gateway, operations, pages)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The servers' type is a text; Litestar's types know an enum of the same texts.
        kind: str = scope["type"]
        if kind == "http":
            await self._serve_http(with_whole_ids(cast("HTTPScope", scope)), receive, send)
        elif kind == "websocket":
            await self._serve_socket(cast("WebSocketScope", scope), receive, send)
        else:
            await self._litestar(scope, receive, send)

    async def _serve_http(self, scope: HTTPScope, receive: Receive, send: Send) -> None:
        found = self._lane.find(scope)
        if found is None:
            await self._litestar(scope, receive, send)
        else:
            answer = await serve(self._gateway, found[0], scope, receive, found[1])
            await answer(scope, receive, send)

    async def _serve_socket(self, scope: WebSocketScope, receive: Receive, send: Send) -> None:
        channels = SOCKETS.get(scope["path"].removeprefix(_VERSION))
        if channels is None:
            await self._sockets.refuse(scope, receive, send)
        else:
            await self._sockets.serve(scope, receive, send, channels)


def build_app(
    gateway: Gateway, *, has_order_lane: bool = True, has_admin: bool = True
) -> GatewayApp:
    """Return the application of one listener of a gateway, which may have several.

    Without the lane every route goes through Litestar; without `has_admin` nothing of the
    organizer's is there.
    """
    return GatewayApp(gateway, has_order_lane=has_order_lane, has_admin=has_admin)


def _litestar(
    gateway: Gateway, operations: Sequence[Operation], addresses: Sequence[str]
) -> Litestar:
    versioned = Router(_VERSION, route_handlers=_handlers(gateway, operations))
    others = handlers_of(gateway, operations, addresses)
    return Litestar(
        [*_handlers(gateway, operations), versioned, *others],
        openapi_config=None,
        logging_config=None,
        exception_handlers={HTTPException: _refuser(gateway), 500: _failer(gateway)},
    )


def _handlers(gateway: Gateway, operations: Iterable[Operation]) -> Sequence[HTTPRouteHandler]:
    return [_handler(gateway, operation) for operation in operations]


def _handler(gateway: Gateway, operation: Operation) -> HTTPRouteHandler:
    names = operation.route.path_fields

    @route(
        operation.route.path.replace("}", ":str}"),
        http_method=HttpMethod[operation.route.method],
        status_code=operation.route.status,
        summary=operation.route.summary,
    )
    async def handle(request: AnyRequest) -> ASGIApp:
        fields = {name: str(request.path_params[name]) for name in names}
        return await serve(gateway, operation, request.scope, request.receive, fields)

    return handle


# What Litestar itself refuses, by the class of its exception.
_REFUSALS: tuple[tuple[type[HTTPException], RejectReason], ...] = (
    (NotFoundException, ROUTE_NOT_FOUND),
    (MethodNotAllowedException, METHOD_NOT_ALLOWED),
    (HTTPException, UNREADABLE_BODY),
)


def _refuser(gateway: Gateway) -> Callable[[AnyRequest, HTTPException], Response[bytes]]:
    def refuse(request: AnyRequest, error: HTTPException) -> Response[bytes]:
        reason = next(reason for kind, reason in _REFUSALS if isinstance(error, kind))
        allowed = (error.headers or {}).get("allow")
        headers = ((b"allow", allowed.encode()),) if allowed else ()
        return _response(gateway, request, refused(problem_of(reason), headers))

    return refuse


def _failer(gateway: Gateway) -> Callable[[AnyRequest, Exception], Response[bytes]]:
    def fail(request: AnyRequest, error: Exception) -> Response[bytes]:
        log.error("request_failed", path=request.scope["path"], exc_info=error)
        return _response(gateway, request, refused(problem_of(INTERNAL_ERROR)))

    return fail


def _response(gateway: Gateway, request: AnyRequest, answer: Answer) -> Response[bytes]:
    given = dict(request.scope["headers"]).get(b"x-request-id")
    sent = completed(answer, gateway.trace_ids.of(given), request.scope["path"])
    texts = {name.decode("latin-1"): value.decode("latin-1") for name, value in sent.headers}
    media_type = texts.pop("content-type")
    del texts["content-length"]  # Litestar adds its own
    return Response(sent.body, status_code=sent.status, media_type=media_type, headers=texts)
