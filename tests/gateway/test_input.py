"""Whatever is sent, the answer is a problem that names the fault, and never the server's."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json
from tests.gateway.house import ADMIN_KEY, House, Team

from itg.game.contract import Scope
from itg.gateway.decoding import JsonReader
from itg.gateway.operations import Operation
from itg.gateway.problems import RefusedError
from itg.gateway.routes.table import OPERATIONS
from itg.wire.v1.orders import PlaceOrderRequest, QuotesRequest

WITH_BODY = [operation for operation in OPERATIONS if operation.has_body]
ORDER = b'{"instrument_id":"SPX","side":"buy","quantity":%b,"price":%b}'


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncIterator[House]:
    async with House() as running:
        await running.open_market()
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def team(house: House) -> Team:
    return await house.register("alpha")


def path_of(operation: Operation) -> str:
    path = operation.route.path
    for name in operation.route.path_fields:
        path = path.replace(f"{{{name}}}", "1")
    return path


UNREADABLE = [
    ("empty", b""),
    ("no JSON", b"{"),
    ("a list", b"[]"),
    ("null", b"null"),
    ("a number", b"1"),
    ("NaN", b"NaN"),
    ("not UTF-8", b'{"\xff":1}'),
    ("a null byte", b'{"a\x00":1}'),
    ("trailing text", b"{}x"),
    ("an unknown field", b'{"no_such_field":1}'),
    ("a deep list", b"[" * 60_000),
    ("a deep value", b'{"price":' + b"[" * 60_000),
    ("a deep unknown value", b'{"x":' + b'{"a":' * 10_000),
    ("a lone surrogate", b'{"tag":"\\ud800"}'),
    ("a surrogate name", b'{"\\udfff":1}'),
]


@pytest.mark.asyncio(loop_scope="module")
async def test_an_empty_body_is_told_what_to_send(house: House, team: Team) -> None:
    answer = await house.call("POST", "/exchange/kill-switch", b"", key=team.key)
    assert answer.json["detail"].startswith("nothing was sent; send one JSON object, {}")


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("what", "body"), UNREADABLE, ids=[what for what, _ in UNREADABLE])
@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: operation.route.name)
async def test_every_operation_refuses_every_unreadable_body(
    house: House, team: Team, operation: Operation, what: str, body: bytes
) -> None:
    key = ADMIN_KEY if operation.route.scope is Scope.ADMIN else team.key
    answer = await house.call(operation.route.method, path_of(operation), body, key=key)
    assert 400 <= answer.status < 500, (what, answer.body)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["code"] in {"UNREADABLE_BODY", "INVALID_FIELD", "RATE_LIMIT_EXCEEDED"}
    assert answer.json["request_id"] == answer.headers["x-request-id"]
    assert answer.json["instance"] == path_of(operation)


NAMED = [
    (b"1", b"1e999", "/price"),
    (b"1", b"-1e999", "/price"),
    (b"1", b"NaN", "/price"),
    (b"1", b"Infinity", "/price"),
    (b"1", b"1.00005", "/price"),
    (b"1", b'"1.00005"', "/price"),
    (b"1", b'"twelve"', "/price"),
    (b"1", b"true", "/price"),
    (b"1", b"[1]", "/price"),
    (b"1", b"1e300", "/price"),
    (b"1", b'"\\ud800"', "/price"),
    (b"1", b"100000.01", "/price"),
    (b"0.5", b"1", "/quantity"),
    (b"1e1", b"1", "/quantity"),
    (b'"1"', b"1", "/quantity"),
    (b"null", b"1", "/quantity"),
    (b"9223372036854775808", b"1", "/quantity"),
    (b"-9223372036854775809", b"1", "/quantity"),
    (b"1" + b"0" * 400, b"1", "/quantity"),
    (b"1000001", b"1", "/quantity"),
    (b"NaN", b"1", "/quantity"),
    (b"0", b"1", "/quantity"),
    (b"-0", b"1", "/quantity"),
    (b"-5", b"1", "/quantity"),
    (b"1", b"0", "/price"),
    (b"1", b"-0.0", "/price"),
    (b"1", b"-1", "/price"),
    (b"1", b"0.005", "/price"),
    (b'1,"quantity":1', b"1", "/quantity"),
    (b'1,"tag":{"a":1}', b"1", "/tag"),
    (b'1,"tag":"' + b"x" * 37 + b'"', b"1", "/tag"),
    (b'1,"client_order_id":""', b"1", "/client_order_id"),
    (b'1,"client_order_id":"a b"', b"1", "/client_order_id"),
    (b'1,"side":"up"', b"1", "/side"),
    (b'1,"order_type":"best"', b"1", "/order_type"),
    (b'1,"time_in_force":"now"', b"1", "/time_in_force"),
    (b'1,"stp":1', b"1", "/stp"),
    (b'1,"post_only":"yes"', b"1", "/post_only"),
    (b'1,"stop_price":1', b"1", "/stop_price"),
    (b'1,"stop_price":"x"', b"1", "/stop_price"),
    (b'1,"stop_price":1.00001', b"1", "/stop_price"),
    (b'1,"stop_price":1e999', b"1", "/stop_price"),
    (b'1,"stop_price":true', b"1", "/stop_price"),
    (b'1,"order_type":"stop_limit","stop_price":0.005', b"1", "/stop_price"),
    (b'1,"order_type":"stop_limit","stop_price":0', b"1", "/stop_price"),
    (b'1,"order_type":"stop_limit"', b"1", "/stop_price"),
    (b'1,"order_type":"stop","stop_price":1', b"1", "/price"),
    (b'1,"display_quantity":0', b"1", "/display_quantity"),
    (b'1,"display_quantity":2', b"1", "/display_quantity"),
    (b'1,"display_quantity":-1', b"1", "/display_quantity"),
    (b'1,"display_quantity":"1"', b"1", "/display_quantity"),
    (b'1,"display_quantity":1000001', b"1", "/display_quantity"),
    (b'1,"display_quantity":1,"time_in_force":"ioc"', b"1", "/display_quantity"),
    (b'1,"expires_us":1', b"1", "/expires_us"),
    (b'1,"expires_us":1.5', b"1", "/expires_us"),
    (b'1,"expires_us":"soon"', b"1", "/expires_us"),
    (b'1,"expires_us":9007199254740993', b"1", "/expires_us"),
    (b'1,"expires_us":1,"time_in_force":"gtt"', b"1", "/expires_us"),
    (b'1,"time_in_force":"gtt"', b"1", "/expires_us"),
    (b'1,"post_only":true,"order_type":"stop_limit","stop_price":1', b"1", "/post_only"),
    (b'1,"time_in_force":"cls","order_type":"stop_limit","stop_price":1', b"1", "/time_in_force"),
    (b'1,"a~b/c":1', b"1", "/a~0b~1c"),
]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(("quantity", "price", "pointer"), NAMED, ids=lambda value: str(value)[:30])
async def test_an_order_with_one_bad_field_is_told_which(
    team: Team, quantity: bytes, price: bytes, pointer: str
) -> None:
    answer = await team.call("POST", "/exchange/orders", ORDER % (quantity, price))
    assert 400 <= answer.status < 500, answer.body
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


OF_BODIES = [
    ("PUT", "/exchange/quotes", {"quotes": [], "others": "drop"}, "/others"),
    ("PUT", "/exchange/quotes", {"quotes": [], "others": None}, "/others"),
    ("PUT", "/exchange/quotes/protection", {}, "/window_ms"),
    ("PUT", "/exchange/quotes/protection", {"window_ms": 0}, "/window_ms"),
    ("PUT", "/exchange/quotes/protection", {"window_ms": 1.5}, "/window_ms"),
    ("PUT", "/exchange/quotes/protection", {"window_ms": 86_400_001}, "/window_ms"),
    ("PUT", "/exchange/quotes/protection", {"window_ms": 1, "contracts_max": 0}, "/contracts_max"),
    (
        "PUT",
        "/exchange/quotes/protection",
        {"window_ms": 1, "contracts_max": "5"},
        "/contracts_max",
    ),
    ("PUT", "/exchange/quotes/protection", {"window_ms": 1, "delta_max": 0}, "/delta_max"),
    ("PUT", "/exchange/quotes/protection", {"window_ms": 1, "delta_max": -1}, "/delta_max"),
    ("PUT", "/exchange/quotes/protection", {"window_ms": 1, "delta_max": 1e300}, "/delta_max"),
    ("POST", "/exchange/kill-switch", {"is_active": "yes"}, "/is_active"),
    ("POST", "/exchange/kill-switch", {"team_id": 1}, "/team_id"),
    ("POST", "/exchange/kill-switch", {"reason": "x" * 201}, "/reason"),
    ("POST", "/exchange/orders/preview", {"side": "buy", "quantity": 1}, "/instrument_id"),
    ("POST", "/exchange/orders/batch", {"orders": 1}, "/orders"),
    ("POST", "/exchange/orders/batch", {"orders": []}, "/orders"),
    ("POST", "/admin/halts", {}, "/action"),
    ("POST", "/admin/halts", {"action": "pause"}, "/action"),
    ("POST", "/admin/halts", {"action": "halt", "halt_s": -1}, "/halt_s"),
    ("POST", "/admin/halts", {"action": "halt", "halt_s": 0.5}, "/halt_s"),
    ("POST", "/admin/halts", {"action": "halt", "instrument_id": 1}, "/instrument_id"),
    ("POST", "/admin/trades/1/bust", {"price": "much", "reason": "a test"}, "/price"),
    ("POST", "/admin/trades/1/bust", {"price": 1.00001, "reason": "a test"}, "/price"),
    ("POST", "/admin/trades/1/bust", {"reason": None}, "/reason"),
    ("POST", "/admin/trades/one/bust", {"reason": "a test"}, "/trade_id"),
    ("POST", "/admin/trades/99999999999999999999/bust", {"reason": "a test"}, "/trade_id"),
    ("POST", "/admin/phases", {"phase": "closed", "reason": 1}, "/reason"),
    ("GET", "/admin/audit?limit=0", None, "/limit"),
    ("GET", "/admin/audit?since_seq=x", None, "/since_seq"),
    ("GET", "/admin/audit?cursor=!", None, "/cursor"),
]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("sent", OF_BODIES, ids=lambda sent: f"{sent[1]} {sent[3]}")
async def test_a_bad_field_of_any_route_is_told_which(
    house: House, team: Team, sent: tuple[str, str, object, str]
) -> None:
    method, path, body, pointer = sent
    key = ADMIN_KEY if path.startswith("/admin") else team.key
    answer = await house.call(method, path, body, key=key)
    assert 400 <= answer.status < 500, answer.body
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("/exchange/orders/abc/events", "/order_id"),
        ("/exchange/orders/abc/explanation", "/order_id"),
        ("/exchange/orders/1/events?client_order_id=2", "/order_id"),
        ("/exchange/orders/by-client-id/a/explanation?order_id=2", "/order_id"),
        ("/exchange/orders/1/events?nope=1", "/nope"),
        ("/exchange/orders?limit=0", "/limit"),
        ("/exchange/orders?limit=1001", "/limit"),
        ("/exchange/orders?limit=x", "/limit"),
        ("/exchange/orders?status=gone", "/status"),
        ("/exchange/orders?since_seq=" + "9" * 40, "/since_seq"),
        ("/exchange/orders?nope=1", "/nope"),
        ("/exchange/orders?limit=1&limit=2", "/limit"),
        ("/exchange/orders?cursor=!", "/cursor"),
        ("/exchange/orders?cursor=W10=", "/cursor"),
        ("/exchange/fills?cursor=eyJzZXEiOjkyMjMzNzIwMzY4NTQ3NzU4MDh9", "/cursor"),  # seq 2**63
        ("/exchange/orders?cursor=é", "/cursor"),
        ("/exchange/orders/abc", "/order_id"),
        ("/exchange/orders/99999999999999999999", "/order_id"),
        ("/exchange/orders/1?order_id=2", "/order_id"),
        ("/exchange/orders/1?client_order_id=2", "/order_id"),
        ("/exchange/orderbook/SPX?depth=0", "/depth"),
        ("/game/rounds/one", "/round_id"),
    ],
)
async def test_a_bad_query_or_path_is_told_which_field(team: Team, path: str, pointer: str) -> None:
    answer = await team.call("GET", path)
    assert answer.status == 400, answer.body
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/exchange/orders/9007199254740992", "ORDER_NOT_FOUND"),
        ("/exchange/orders/by-client-id/%ff", "ORDER_NOT_FOUND"),
        ("/exchange/orders/9007199254740992/events", "ORDER_NOT_FOUND"),
        ("/exchange/orders/-1/explanation", "ORDER_NOT_FOUND"),
        ("/exchange/orders/by-client-id/%ff/events", "ORDER_NOT_FOUND"),
        ("/exchange/orders/by-client-id/events/explanation", "ORDER_NOT_FOUND"),
        ("/exchange/instruments/NOPE", "INSTRUMENT_NOT_FOUND"),
        ("/exchange/orderbook/NOPE", "INSTRUMENT_NOT_FOUND"),
        ("/exchange/orderbooks?underlying=NOPE", "UNDERLYING_NOT_FOUND"),
        ("/prices/NOPE", "UNDERLYING_NOT_FOUND"),
        ("/game/teams/NOPE", "TEAM_NOT_FOUND"),
        ("/game/rounds/99", "ROUND_NOT_FOUND"),
        ("/positions/NOPE", "TEAM_NOT_FOUND"),
        ("/no/such/route", "ROUTE_NOT_FOUND"),
        ("/v1/no/such/route", "ROUTE_NOT_FOUND"),
        ("/problems/NOPE", "ROUTE_NOT_FOUND"),
        ("/docs/assets/..%2f..%2fapp.py", "ROUTE_NOT_FOUND"),
    ],
)
async def test_what_is_not_there_is_404(team: Team, path: str, code: str) -> None:
    answer = await team.call("GET", path)
    assert (answer.status, answer.json["code"]) == (404, code)
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.asyncio(loop_scope="module")
async def test_a_method_that_a_route_does_not_have_is_405_with_those_it_has(team: Team) -> None:
    answer = await team.call("PUT", "/exchange/orders", {})
    assert (answer.status, answer.json["code"]) == (405, "METHOD_NOT_ALLOWED")
    assert {"GET", "POST", "DELETE"} <= set(answer.headers["allow"].split(", "))


@pytest.mark.asyncio(loop_scope="module")
async def test_another_media_type_is_415_and_a_missing_one_is_taken_as_json(team: Team) -> None:
    for media_type in ("text/plain", "application/x-www-form-urlencoded", "application/jsonx"):
        answer = await team.call("POST", "/exchange/orders", b"{}", Content_Type=media_type)
        assert (answer.status, answer.json["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")
    plain = await team.call(
        "POST", "/exchange/orders", b"{}", Content_Type="Application/JSON; charset=utf-8"
    )
    assert plain.json["code"] == "INVALID_FIELD"


@pytest.mark.asyncio(loop_scope="module")
async def test_a_body_above_64_kib_is_413_announced_or_not(house: House, team: Team) -> None:
    large = b'{"tag":"' + b"x" * (64 * 1024) + b'"}'
    announced = await team.call("POST", "/exchange/orders", large)
    assert (announced.status, announced.json["code"]) == (413, "BODY_TOO_LARGE")
    detail = f"{len(large):,} bytes are too many: this body has at most 65,536."
    assert announced.json["detail"] == detail

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(large), 4096):
            yield large[start : start + 4096]

    headers = {"X-API-Key": team.key, "Content-Type": "application/json"}
    url = house.url + "/exchange/orders"
    async with house.http.post(url, data=pieces(), headers=headers) as response:
        assert response.status == 413


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=4,
)
FIELDS = st.sampled_from(PlaceOrderRequest.__struct_fields__)


@given(st.dictionaries(FIELDS | st.text(max_size=5), ANY_JSON, max_size=6))
def test_any_json_is_read_or_refused(fields: dict[str, Any]) -> None:
    refused_or_read(JsonReader(PlaceOrderRequest), json.encode(fields))


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(text: bytes) -> None:
    refused_or_read(JsonReader(PlaceOrderRequest), text)
    refused_or_read(JsonReader(QuotesRequest), b'{"quotes":[' + text + b"]}")


@given(st.data())
def test_a_doubled_key_is_found_wherever_it_stands(data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(("bid", "ask", "instrument_id")))
    colons = data.draw(st.integers(0, 5)) * ":"
    quote = f'{{"instrument_id":"{colons}","bid":1,"ask":2,"{name}":"x"}}'
    with pytest.raises(RefusedError) as refused:
        JsonReader(QuotesRequest).read(f'{{"quotes":[{quote}]}}')
    assert refused.value.problem.code == "INVALID_FIELD"


@given(st.text(max_size=36))
def test_colons_and_quotes_in_a_text_are_no_doubled_key(tag: str) -> None:
    body = json.encode({"instrument_id": ":", "side": "buy", "quantity": 1, "tag": tag})
    assert JsonReader(PlaceOrderRequest).read(body).tag == tag


def refused_or_read(reader: JsonReader[Any], text: bytes) -> None:
    problem = None
    try:
        reader.read(text)
    except RefusedError as error:
        problem = error.problem
    assert problem is None or problem.status == 400
    json.encode(problem)
