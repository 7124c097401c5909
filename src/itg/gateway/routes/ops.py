"""Health, metrics, documentation: for whoever runs the program and whoever reads about it."""

from collections.abc import Iterable, Sequence

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from itg.gateway.asyncapi import asyncapi_document
from itg.gateway.calls import encode
from itg.gateway.gateway import Gateway
from itg.gateway.health import health_of
from itg.gateway.metrics import CONTENT_TYPE, MetricsPage
from itg.gateway.openapi import openapi_document
from itg.gateway.operations import Operation
from itg.gateway.pages import (
    COMPILING_POLICY,
    HTML,
    POLICY,
    assets,
    docs_page,
    problem_page,
    problems_page,
    socket_docs_page,
)
from itg.gateway.routes.ui import ui_handlers
from itg.gateway.ui_files import ui_files

_JSON = "application/json"
_OK = 200
_UNAVAILABLE = 503


def handlers_of(
    gateway: Gateway, operations: Iterable[Operation], addresses: Sequence[str]
) -> tuple[HTTPRouteHandler, ...]:
    """Return the handlers that belong to no service; `addresses` are those of pages."""
    documents = _documents(list(operations))
    pages = (*_docs(), *_problems(), *ui_handlers(ui_files(), addresses))
    return (*_health(gateway), _metrics(gateway), *documents, *pages)


def _health(gateway: Gateway) -> tuple[HTTPRouteHandler, HTTPRouteHandler]:
    @get("/health/live", summary="Is the process alive.")
    async def live() -> Response[bytes]:
        return Response(b'{"status":"alive"}', media_type=_JSON)

    @get("/health/ready", summary="Does the gateway take requests.")
    async def ready() -> Response[bytes]:
        health = health_of(gateway)
        status = _OK if health.status == "ready" else _UNAVAILABLE
        return Response(encode(health), media_type=_JSON, status_code=status)

    return live, ready


def _metrics(gateway: Gateway) -> HTTPRouteHandler:
    page = MetricsPage(gateway)

    @get("/metrics", summary="Numbers for Prometheus.")
    async def metrics() -> Response[bytes]:
        return Response(page.text(), media_type=CONTENT_TYPE)

    return metrics


def _documents(operations: Sequence[Operation]) -> tuple[HTTPRouteHandler, HTTPRouteHandler]:
    rest = encode(openapi_document(operations))
    socket = encode(asyncapi_document(row for row in operations if row.route.on_socket))

    @get("/openapi.json", summary="This interface as OpenAPI 3.1.")
    async def openapi() -> Response[bytes]:
        return Response(rest, media_type=_JSON)

    @get("/asyncapi.json", summary="The WebSocket as AsyncAPI 3.0.")
    async def asyncapi() -> Response[bytes]:
        return Response(socket, media_type=_JSON)

    return openapi, asyncapi


def _docs() -> tuple[HTTPRouteHandler, ...]:
    page, socket_page, files = docs_page(), socket_docs_page(), assets()

    @get("/docs", summary="This interface, to read and to try.")
    async def docs() -> Response[bytes]:
        return _page(page)

    @get("/docs/ws", summary="The WebSocket, to read.")
    async def socket_docs() -> Response[bytes]:
        return _page(socket_page, COMPILING_POLICY)

    @get("/docs/assets/{name:str}", summary="What the documentation loads.")
    async def asset(name: FromPath[str]) -> Response[bytes]:
        if name not in files:
            raise NotFoundException
        content, media_type = files[name]
        kept = {"cache-control": "max-age=3600", "x-content-type-options": "nosniff"}
        return Response(content, media_type=media_type, headers=kept)

    return docs, socket_docs, asset


def _problems() -> tuple[HTTPRouteHandler, HTTPRouteHandler]:
    pages = problems_page()

    @get("/problems", summary="Every problem code.")
    async def problems() -> Response[bytes]:
        return _page(pages)

    @get("/problems/{code:str}", summary="One problem code.")
    async def problem(code: FromPath[str]) -> Response[bytes]:
        page = problem_page(code)
        if page is None:
            raise NotFoundException
        return _page(page)

    return problems, problem


def _page(content: bytes, policy: str = POLICY) -> Response[bytes]:
    headers = {"content-security-policy": policy, "x-content-type-options": "nosniff"}
    return Response(content, media_type=HTML, headers=headers)
