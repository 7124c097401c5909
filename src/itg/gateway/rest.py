"""A REST request into a call, and its answer back: headers, body, key, limits, problems.

Framework-free, so that the order lane and the ordinary handlers give the same bytes.
"""

import asyncio
from math import ceil
from time import perf_counter

import structlog
from litestar.types import HTTPScope, Receive, Scope, Send
from msgspec import Struct
from msgspec.structs import replace

from itg.gateway.auth import Credentials, key_of
from itg.gateway.calls import ANYBODY, Answer, Call, Caller, Headers, encode, refused, reply_to
from itg.gateway.decoding import field_fault, query_fields
from itg.gateway.flood import refuse_empty
from itg.gateway.gateway import Gateway
from itg.gateway.operations import Operation, Route
from itg.gateway.origins import assert_own_origin
from itg.gateway.paths import as_sent
from itg.gateway.problems import RefusedError, busy, problem_of, problem_of_field
from itg.gateway.reasons import (
    BODY_TOO_LARGE,
    INTERNAL_ERROR,
    REQUEST_TIMEOUT,
    UNSUPPORTED_MEDIA_TYPE,
)
from itg.runtime.guard import Guard
from itg.runtime.trails import Trail, parent_of
from itg.translate.numbers import UnfitFieldError
from itg.wire.v1.problems import Problem

log = structlog.get_logger()
_PROBLEM = (b"content-type", b"application/problem+json")
_MS_PER_S = 1_000


class RestAnswer(Struct, frozen=True, gc=False):
    """Status, headers and body as they go out; an ASGI application that sends them."""

    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": False})


async def serve(
    gateway: Gateway,
    operation: Operation,
    scope: HTTPScope,
    receive: Receive,
    fields: dict[str, str],
) -> RestAnswer:
    """Serve one request of an operation; `fields` are the values in its path. Never raises."""
    started = perf_counter()
    headers = dict(scope["headers"])
    spanned = headers.get(b"traceparent")
    parent = None if spanned is None else parent_of(spanned)
    trace_id = gateway.trace_ids.of(headers.get(b"x-request-id"), parent)
    route, trail = operation.route, None
    if gateway.trails is not None:
        trail = gateway.trails.begin(trace_id, f"{route.method} {route.path}", parent)
    failures: list[Exception] = []
    answer = refused(problem_of(INTERNAL_ERROR))
    with Guard(failures.append):
        request = _Request(scope, receive, headers, fields, trail)
        answer = await _answer(gateway, operation, request, trace_id)
    if failures:
        log.error("request_failed", request_id=trace_id, exc_info=failures[0])
    if trail is not None:
        trail.attributes = _told(route, answer.status)
        trail.end(answer.status)
    duration_s = perf_counter() - started
    gateway.numbers.count_request(route.method, route.path, answer.status, duration_s)
    return completed(answer, trace_id, scope["path"])


def _told(route: Route, status: int) -> dict[str, str | int]:
    return {
        "http.request.method": route.method,
        "http.route": route.path,
        "http.response.status_code": status,
    }


class _Request(Struct, frozen=True, gc=False):
    scope: HTTPScope
    receive: Receive
    headers: dict[bytes, bytes]
    fields: dict[str, str]
    trail: Trail | None

    @property
    def address(self) -> str:
        client = self.scope["client"]
        return "" if client is None else client[0]


async def _answer(
    gateway: Gateway, operation: Operation, request: _Request, trace_id: str
) -> Answer:
    answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    try:
        call = Call(
            caller=await _admitted(gateway, operation, request),
            trace_id=trace_id,
            reply=reply_to(answered),
            is_rest=True,
            if_none_match=request.headers.get(b"if-none-match", b""),
            accept=request.headers.get(b"accept", b""),
            address=request.address,
            trail=request.trail,
        )
        body = await _body(gateway, operation.route, request) if operation.has_body else b""
        operation.run_fields(gateway, call, _fields(request), body)
    except RefusedError as error:
        return refused(error.problem)
    except UnfitFieldError as error:
        return refused(problem_of_field(error))
    return await answered


async def _admitted(gateway: Gateway, operation: Operation, request: _Request) -> Caller:
    if not gateway.is_ready:
        raise RefusedError(busy())
    route, headers = operation.route, request.headers
    if route.is_of_pages:
        assert_own_origin(headers)
    if route.scope is None:
        refuse_empty(gateway.guard.anonymous, request.address, "requests")
        return ANYBODY
    key = key_of(headers.get(b"x-api-key"), headers.get(b"authorization"))
    caller = await gateway.keys.caller(Credentials(key, request.address))
    caller.assert_scope(route.scope)
    gateway.guard.admit(caller, route.metered, gateway.directory)
    return caller


def _fields(request: _Request) -> dict[str, str]:
    found = query_fields(request.scope["query_string"])
    for name in request.fields.keys() & found.keys():
        raise field_fault(f"/{name}", "stands in the path already")
    in_path = {name: as_sent(value) for name, value in request.fields.items()}
    return {**in_path, **found}


async def _body(gateway: Gateway, route: Route, request: _Request) -> bytes:
    content_type = request.headers.get(b"content-type", b"application/json")
    if content_type.partition(b";")[0].strip().lower() != b"application/json":
        raise RefusedError(problem_of(UNSUPPORTED_MEDIA_TYPE))
    bound = route.body_bytes_max or gateway.settings.body_bytes_max
    length = request.headers.get(b"content-length", b"0")
    if not length.isdigit() or int(length) > bound:
        raise _too_large(length.decode("latin-1"), bound)
    try:
        async with asyncio.timeout(gateway.settings.body_deadline_s):
            return await _received(request.receive, bound)
    except TimeoutError:
        raise RefusedError(problem_of(REQUEST_TIMEOUT)) from None


async def _received(receive: Receive, bound: int) -> bytes:
    body = b""
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return body  # the client left; nobody reads the answer
        body += message["body"]
        if len(body) > bound:
            raise _too_large(str(len(body)), bound)
        if not message.get("more_body", False):
            return body


def _too_large(length: str, bound: int) -> RefusedError:
    told = f"{int(length):,}" if length.isdecimal() else repr(length)
    detail = f"{told} bytes are too many: this body has at most {bound:,}."
    return RefusedError(problem_of(BODY_TOO_LARGE, detail))


def completed(answer: Answer, trace_id: str, path: str) -> RestAnswer:
    """Return an answer as it goes out, its problem completed and its limits in headers."""
    problem = answer.problem
    request_id = (b"x-request-id", trace_id.encode())
    if problem is None:
        media_type = (b"content-type", answer.media_type)
        return _out(answer.status, answer.body, (media_type, request_id, *answer.headers))
    body = encode(replace(problem, request_id=trace_id, instance=as_sent(path)))
    headers = (_PROBLEM, request_id, *answer.headers, *problem_headers(problem))
    return _out(problem.status, body, headers)


def problem_headers(problem: Problem) -> Headers:
    """Return what a problem says in headers: when to come back, and how much is allowed."""
    if problem.status == 401:
        return ((b"www-authenticate", b"Bearer"),)
    if problem.retry_after_ms is None:
        return ()
    wait_s = b"%d" % ceil(problem.retry_after_ms / _MS_PER_S)
    retry_after = (b"retry-after", wait_s)
    if problem.status != 429:
        return (retry_after,)
    limit = (b"ratelimit", b'"rate";r=0;t=' + wait_s)
    if problem.limit is None:
        return retry_after, limit
    return retry_after, limit, (b"ratelimit-policy", b'"rate";q=%d;w=1' % int(problem.limit))


def _out(status: int, body: bytes, headers: Headers) -> RestAnswer:
    length = (b"content-length", b"%d" % len(body))
    return RestAnswer(status, [*headers, length], body)
