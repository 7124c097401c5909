"""The WebSocket: one reader, one writer, one session; requests are answered where they stand.

The reader never waits for an answer: replies come from the pump's release, after the frames that
their request caused, and go the same way out.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from time import monotonic

import structlog
from litestar.types import Receive, Send, WebSocketScope
from msgspec import MsgspecError, Raw, Struct
from msgspec.json import Decoder
from msgspec.structs import replace

from itg import __version__
from itg.game.contract import Scope
from itg.gateway.calls import Answer, Call, done, encode, refused
from itg.gateway.decoding import JsonReader
from itg.gateway.flood import Metered
from itg.gateway.gateway import Gateway
from itg.gateway.handshake import cancel_on_disconnect_in, deny, greeted
from itg.gateway.operations import Operation
from itg.gateway.problems import RefusedError, problem_of, problem_of_field
from itg.gateway.reasons import (
    INTERNAL_ERROR,
    LOCK_STEP,
    ROUTE_NOT_FOUND,
    UNKNOWN_METHOD,
    UNREADABLE_BODY,
)
from itg.gateway.sessions import Session
from itg.gateway.subscriptions import subscribe, unsubscribe
from itg.gateway.wires import wire_of
from itg.kernel.times import NS_PER_MS, NS_PER_S, to_micros
from itg.runtime.guard import Guard
from itg.runtime.trails import Trails
from itg.translate.numbers import UnfitFieldError
from itg.wire.v1.orders import Body
from itg.wire.v1.reads import NoParams
from itg.wire.v1.socket import (
    CLOSE_NORMAL,
    CLOSE_REPLACED,
    CLOSE_SLOW,
    SUBPROTOCOL,
    HelloData,
    PongBody,
    ReadyParams,
    SessionBody,
    SessionParams,
    SlowData,
    SocketAnswer,
    SocketRequest,
    SubscribeParams,
    UnsubscribeParams,
)

log = structlog.get_logger()
_FLUSH_S = 1.0
_MS_PER_S = NS_PER_S // NS_PER_MS
_read_request = JsonReader(SocketRequest)
_read_subscribe = JsonReader(SubscribeParams)
_read_unsubscribe = JsonReader(UnsubscribeParams)
_read_session = JsonReader(SessionParams)
_read_ready = JsonReader(ReadyParams)
_read_nothing = JsonReader(NoParams)


class _OnlyId(Struct):
    id: int | str | None = None


_decode_id = Decoder(_OnlyId).decode


class SocketServer:
    """Serves connections of one gateway."""

    def __init__(self, gateway: Gateway, operations: Mapping[str, Operation]) -> None:
        self._gateway = gateway
        self._operations = operations

    async def serve(
        self, scope: WebSocketScope, receive: Receive, send: Send, channels: Sequence[str] = ()
    ) -> None:
        """Serve one connection from handshake to close, subscribed to `channels` from the start."""
        gateway = self._gateway
        await receive()  # websocket.connect
        trace_id = gateway.trace_ids.of(dict(scope["headers"]).get(b"x-request-id"))
        try:
            wish = cancel_on_disconnect_in(scope["query_string"])
            caller, number = await greeted(gateway, scope, trace_id)
        except RefusedError as error:
            await deny(send, error.problem, trace_id, scope["path"])
            return
        offered = SUBPROTOCOL if SUBPROTOCOL in scope["subprotocols"] else None
        await send({"type": "websocket.accept", "subprotocol": offered, "headers": []})
        wire = wire_of(scope, send)
        session = Session(caller, number, gateway.settings, wire, gateway.outlet)
        session.cancel_on_disconnect = wish
        connection = _Connection(gateway, self._operations, session)
        _welcome(gateway, session)
        if channels:
            connection.subscribe_to(channels)
        try:
            await _run(gateway, connection, receive)
        finally:
            session.close(CLOSE_NORMAL)
            gateway.leave(session)

    async def refuse(self, scope: WebSocketScope, receive: Receive, send: Send) -> None:
        """Answer a handshake at a path where no socket is."""
        await receive()  # websocket.connect
        trace_id = self._gateway.trace_ids.fresh()
        await deny(send, problem_of(ROUTE_NOT_FOUND), trace_id, scope["path"])


def _welcome(gateway: Gateway, session: Session) -> None:
    feed, caller = gateway.feed, session.caller
    budget_id = caller.budget_id
    own = [s for s in feed.sessions if budget_id and s.caller.budget_id == budget_id]
    if len(own) >= gateway.settings.sessions_per_team:
        own[0].close(CLOSE_REPLACED)
    gateway.enter(session)
    hello = HelloData(
        team_id=caller.team_id,
        account_id=caller.account_id,
        role=caller.role,
        connection_number=session.connection_number,
        lock_step=gateway.lock_step is not None,
        epoch=feed.epoch,
        heartbeat_ms=int(gateway.settings.heartbeat_s * _MS_PER_S),
        version=__version__,
        cancel_on_disconnect=session.cancel_on_disconnect,
    )
    feed.tell(session, "hello", hello)
    if gateway.lock_step is not None:
        gateway.lock_step.remind(session)


async def _run(gateway: Gateway, connection: "_Connection", receive: Receive) -> None:
    session = connection.session
    async with asyncio.TaskGroup() as tasks:
        reader = tasks.create_task(connection.read(receive))
        writer = tasks.create_task(session.write_blocked())
        await session.closing.wait()
        reader.cancel()
        if session.close_code != CLOSE_SLOW:
            await session.flushed(_FLUSH_S)
        writer.cancel()
    if session.close_code is not None and not session.is_gone:
        await session.wire.close(session.close_code, _last_word(gateway, session))


def _last_word(gateway: Gateway, session: Session) -> bytes:
    if session.close_code != CLOSE_SLOW:
        return b""
    gateway.numbers.slow_sessions += 1
    limit_bytes = gateway.settings.outbox_bytes_max
    told = SlowData(waiting_bytes=session.waiting_bytes, limit_bytes=limit_bytes)
    return gateway.feed.fanout.word(session, "slow", told)


class _Connection:
    def __init__(
        self, gateway: Gateway, operations: Mapping[str, Operation], session: Session
    ) -> None:
        self.session = session
        self._gateway = gateway
        self._operations = operations
        self._own_methods: dict[str, Callable[[Call, Raw], None]] = {
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "session.set": self._set_session,
            "ping": self._ping,
            "sim.ready": self._ready,
        }

    async def read(self, receive: Receive) -> None:
        while True:
            await self.session.until_fewer_than(self._gateway.settings.unanswered_max)
            message = await receive()
            if message["type"] != "websocket.receive":
                self.session.leave()
                return
            if self.session.close_code is not None:
                return  # what else it said before would take the seats of those who are served
            self._take(message.get("text"))

    def subscribe_to(self, channels: Sequence[str]) -> None:
        """Subscribe as if asked to; the answer is not sent."""
        call = self._call(lambda _: None)
        subscribe(self._gateway, self.session, call, SubscribeParams(channels=list(channels)))

    def _take(self, text: str | None) -> None:
        self.session.unanswered += 1
        self.session.heard_s = monotonic()
        trace_id = self._gateway.trace_ids.fresh()
        try:
            request = _request_in(text)
        except RefusedError as error:
            self._answerer(_id_in(text), trace_id)(refused(error.problem))
            return
        self._gateway.numbers.count_socket_request(self._known_name(request.method))
        # What ends a bot's turn is answered with what the step brings, in one write.
        wakes = request.method != "sim.ready"
        call = self._call(self._answerer(request.id, trace_id, wakes=wakes), trace_id)
        if self._gateway.trails is not None:
            call = _followed(call, self._gateway.trails, self._known_name(request.method))
        failures: list[Exception] = []
        with Guard(failures.append):
            self._serve(request, call)
        if failures:
            log.error("request_failed", request_id=trace_id, exc_info=failures[0])
            call.reply(refused(problem_of(INTERNAL_ERROR)))

    def _serve(self, request: SocketRequest, call: Call) -> None:
        try:
            operation = self._operations.get(request.method)
            if operation is not None:
                self._admit(operation.route.scope, operation.route.metered)
                operation.run_params(self._gateway, call, request.params)
                return
            self._own_methods.get(request.method, _unknown(request.method))(call, request.params)
        except RefusedError as error:
            call.reply(refused(error.problem))
        except UnfitFieldError as error:
            call.reply(refused(problem_of_field(error)))

    def _admit(self, scope: Scope | None, metered: Metered) -> None:
        caller = self.session.caller
        if scope is not None:
            caller.assert_scope(scope)
        self._gateway.guard.admit(caller, metered, self._gateway.directory)

    def _known_name(self, method: str) -> str:
        return method if method in self._operations or method in self._own_methods else "unknown"

    def _call(self, reply: Callable[[Answer], None], trace_id: str = "") -> Call:
        return Call(caller=self.session.caller, trace_id=trace_id, reply=reply, is_rest=False)

    def _answerer(
        self, request_id: int | str | None, trace_id: str, *, wakes: bool = True
    ) -> Callable[[Answer], None]:
        session = self.session
        is_answered = False

        def answer_once(answer: Answer) -> None:
            nonlocal is_answered
            if not is_answered:
                is_answered = True
                frame = _frame_of(answer, request_id, trace_id)
                session.answer(frame, wakes=wakes or answer.problem is not None)

        return answer_once

    def _subscribe(self, call: Call, params: Raw) -> None:
        self._admit(Scope.READ, Metered.QUERY)
        request = _read_subscribe.read(bytes(params), has_doubles=False)
        subscribe(self._gateway, self.session, call, request)

    def _unsubscribe(self, call: Call, params: Raw) -> None:
        request = _read_unsubscribe.read(bytes(params), has_doubles=False)
        unsubscribe(self._gateway, self.session, call, request)

    def _set_session(self, call: Call, params: Raw) -> None:
        call.account_id()  # an organizer has nothing in the market
        request = _read_session.read(bytes(params), has_doubles=False)
        self.session.cancel_on_disconnect = request.cancel_on_disconnect
        call.reply(done(SessionBody(cancel_on_disconnect=request.cancel_on_disconnect)))

    def _ping(self, call: Call, params: Raw) -> None:
        _read_nothing.read(bytes(params), has_doubles=False)
        clock = self._gateway.pump.clock
        times = (to_micros(clock.wall_ns()), to_micros(clock.game_ns()))
        call.reply(done(PongBody(ts_us=times[0], game_us=times[1])))

    def _ready(self, call: Call, params: Raw) -> None:
        step = _read_ready.read(bytes(params), has_doubles=False).step
        lock_step = self._gateway.lock_step
        if lock_step is None:
            raise RefusedError(problem_of(LOCK_STEP, "this game does not run in lock step"))
        # Answered first: everything the step brings stands after it.
        call.reply(done(Body()) if lock_step.is_turn(call.account_id(), step) else _no_turn(step))
        lock_step.ready(call.account_id(), step)


def _followed(call: Call, trails: Trails, method: str) -> Call:
    trail = trails.begin(call.trace_id, f"ws {method}")
    if trail is None:
        return call
    trail.attributes = {"rpc.system": "itg", "rpc.method": method}

    def reply(answer: Answer) -> None:
        call.reply(answer)
        trail.attributes["itg.status"] = answer.status
        trail.end(answer.status)

    return replace(call, reply=reply, trail=trail)


def _no_turn(step: int) -> Answer:
    return refused(problem_of(LOCK_STEP, f"step {step} is not yours to end"))


def _unknown(method: str) -> Callable[[Call, Raw], None]:
    problem = problem_of(UNKNOWN_METHOD, f"no method {method[:64]}")
    return lambda call, _: call.reply(refused(problem))


def _request_in(text: str | None) -> SocketRequest:
    if text is None:
        raise RefusedError(problem_of(UNREADABLE_BODY, "send text, not binary"))
    return _read_request.read(text)


def _frame_of(answer: Answer, request_id: int | str | None, trace_id: str) -> bytes:
    if answer.problem is None:
        return encode(SocketAnswer(id=request_id, result=Raw(answer.body)))
    problem = replace(answer.problem, request_id=trace_id)
    return encode(SocketAnswer(id=request_id, error=problem))


def _id_in(text: str | None) -> int | str | None:
    try:
        return None if text is None else _decode_id(text).id
    except (MsgspecError, UnicodeError, RecursionError):
        return None
