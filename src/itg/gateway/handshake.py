"""Who may open a socket: a key in a header or a one-time ticket, from no foreign page."""

import asyncio
from urllib.parse import parse_qs

from litestar.types import Send, WebSocketScope

from itg.gateway.auth import Credentials, key_of
from itg.gateway.calls import Answer, Call, Caller, refused, reply_to
from itg.gateway.decoding import read_fields
from itg.gateway.gateway import Gateway, first_of
from itg.gateway.origins import assert_own_origin
from itg.gateway.problems import RefusedError, busy
from itg.gateway.rest import completed
from itg.positions.contract import ConnectionOpened, OpenConnection
from itg.runtime.envelope import Record
from itg.wire.v1.problems import Problem
from itg.wire.v1.socket import CancelOnDisconnect, SessionParams


async def greeted(gateway: Gateway, scope: WebSocketScope, trace_id: str) -> tuple[Caller, int]:
    """Return who opens the socket and the number of the connection, journalled by now.

    The organizer has no account: its connections have the number 0. Raises `RefusedError`.
    """
    if not gateway.is_ready:
        raise RefusedError(busy())
    headers = dict(scope["headers"])
    assert_own_origin(headers)
    caller = await _caller(gateway, scope, headers)
    if caller.account_id is None:
        return caller, 0
    return caller, await _connection_number(gateway, caller, trace_id)


def cancel_on_disconnect_in(query: bytes) -> CancelOnDisconnect:
    """Return what an address asks for when its connection ends; raises `RefusedError`."""
    asked = parse_qs(query.decode("latin-1")).get("cancel_on_disconnect")
    fields = {} if asked is None else {"cancel_on_disconnect": asked[0]}
    return read_fields(SessionParams, fields).cancel_on_disconnect


async def _caller(gateway: Gateway, scope: WebSocketScope, headers: dict[bytes, bytes]) -> Caller:
    tickets = parse_qs(scope["query_string"].decode("latin-1")).get("ticket")
    if tickets:
        return gateway.passes.sockets.redeem(tickets[0])
    client = scope["client"]
    address = "" if client is None else client[0]
    key = key_of(headers.get(b"x-api-key"), headers.get(b"authorization"))
    return await gateway.keys.caller(Credentials(key, address))


async def _connection_number(gateway: Gateway, caller: Caller, trace_id: str) -> int:
    answered: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
    opened: list[int] = []

    def compose(record: Record) -> Answer:
        event = first_of(ConnectionOpened, record.outputs)
        assert event is not None, "every account has connections"
        opened.append(event.connection_number)
        return Answer(200)

    call = Call(caller=caller, trace_id=trace_id, reply=reply_to(answered), is_rest=False)
    gateway.send(call, OpenConnection(account_id=call.account_id()), compose)
    answer = await answered
    if answer.problem is not None:
        raise RefusedError(answer.problem)
    return opened[0]


async def deny(send: Send, problem: Problem, trace_id: str, path: str) -> None:
    """Answer a handshake with a problem instead of a socket."""
    answer = completed(refused(problem), trace_id, path)
    await send(
        {
            "type": "websocket.http.response.start",
            "status": answer.status,
            "headers": answer.headers,
        }
    )
    await send({"type": "websocket.http.response.body", "body": answer.body, "more_body": False})
