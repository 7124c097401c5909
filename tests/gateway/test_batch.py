"""Batches: every order is a command of its own, and stands or falls alone."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.gateway.house import ADMIN_KEY, House, Json, Team

from itg.positions.contract import ReserveOrder

PATH = "/exchange/orders/batch"


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    async with House() as running:
        yield running


@pytest_asyncio.fixture
async def team(house: House) -> Team:
    registered = await house.register("alpha", "hedge_fund")
    await house.open_market()
    return registered


def order(house: House, **more: object) -> Json:
    plain = {"instrument_id": house.instruments[-1], "side": "buy", "quantity": 1, "price": 1.0}
    return {**plain, **more}


async def items(team: Team, *orders: object) -> list[Json]:
    answer = await team.call("POST", PATH, {"orders": orders})
    assert answer.status == 200, answer.body
    found: list[Json] = answer.json["items"]
    assert len(found) == len(orders)
    return found


async def test_a_batch_is_answered_in_order_each_by_itself(house: House, team: Team) -> None:
    other = await house.register("beta")
    await other.place("sell", 1, 1.0)
    fine, refused, resting = await items(
        team, order(house), order(house, quantity=0), order(house, client_order_id="c")
    )
    assert (fine["order"]["status"], len(fine["order"]["fills"])) == ("filled", 1)
    assert (refused["order"], refused["problem"]["code"]) == (None, "INVALID_QUANTITY")
    assert refused["problem"]["status"] == 422
    assert (resting["order"]["status"], resting["problem"]) == ("working", None)
    sent = [r for r in house.records if isinstance(r.body, ReserveOrder)]
    assert len(sent) == 4, "each order is a journalled command"


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"price": "twelve"}, "/orders/1/price"),
        ({"price": 1.00001}, "/orders/1/price"),
        ({"stop_price": True}, "/orders/1/stop_price"),
        ({"expires_us": 1.5}, "/orders/1/expires_us"),
        ({"display_quantity": "1"}, "/orders/1/display_quantity"),
        ({"quantity": 0}, "/orders/1/quantity"),
        ({"no_such": 1}, "/orders/1/no_such"),
    ],
)
async def test_a_fault_of_one_order_is_named_and_hides_no_other(
    house: House, team: Team, more: Json, pointer: str
) -> None:
    first, faulty, last = await items(team, order(house), order(house, **more), order(house))
    assert [error["pointer"] for error in faulty["problem"]["errors"]] == [pointer]
    assert faulty["problem"]["request_id"]
    assert [item["order"]["status"] for item in (first, last)] == ["working", "working"]


async def test_what_is_no_order_at_all_is_refused_alone(house: House, team: Team) -> None:
    fine, number, nothing = await items(team, order(house), 5, None)
    assert fine["order"]["status"] == "working"
    assert [i["problem"]["errors"][0]["pointer"] for i in (number, nothing)] == [
        "/orders/1",
        "/orders/2",
    ]


async def test_a_doubled_key_in_one_order_is_that_orders_fault(house: House, team: Team) -> None:
    one = b'{"instrument_id":"%b","side":"buy","quantity":1,"price":1,"price":2}'
    body = b'{"orders":[' + one % house.instruments[-1].encode() + b"]}"
    answer = await team.call("POST", PATH, body)
    (item,) = answer.json["items"]
    assert item["problem"]["errors"][0]["pointer"] == "/orders/0/price"


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (b'{"orders":[]}', "/orders"),
        (b'{"orders":[' + b"{}," * 100 + b"{}]}", "/orders"),
        (b'{"orders":{}}', "/orders"),
        (b"{}", "/orders"),
        (b'{"orders":[{}],"more":1}', "/more"),
        (b'{"orders":[{}],"orders":[{}]}', "/orders"),
        (b'{"orders":[{"price":NaN}]}', "/orders/0/price"),
    ],
)
async def test_a_body_that_cannot_be_taken_apart_is_refused_whole(
    house: House, team: Team, body: bytes, pointer: str
) -> None:
    answer = await team.call("POST", PATH, body)
    assert (answer.status, answer.json["code"]) == (400, "INVALID_FIELD")
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert not [r for r in house.records if isinstance(r.body, ReserveOrder)]


async def test_the_batch_is_in_the_body_alone(team: Team) -> None:
    answer = await team.call("POST", f"{PATH}?orders=1", {"orders": [{}]})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, "/orders")


async def test_a_batch_sent_again_changes_nothing(house: House, team: Team) -> None:
    named = [order(house, client_order_id=f"c{n}") for n in range(3)]
    first = await items(team, *named)
    again = await items(team, *named)
    assert [item["order"] for item in again] == [item["order"] for item in first]
    assert [item["is_repeated"] for item in first] == [False] * 3
    assert [item["is_repeated"] for item in again] == [True] * 3
    other = await items(team, order(house, client_order_id="c0", quantity=2))
    assert other[0]["problem"]["code"] == "CLIENT_ORDER_ID_CONFLICT"
    assert other[0]["problem"]["client_order_id"] == "c0"


async def test_every_order_of_a_batch_spends_the_rate() -> None:
    async with House("demo") as house:
        team = await house.register("alpha", "hedge_fund")
        await house.call("POST", "/admin/rounds/1/start", key=ADMIN_KEY)
        body = {"orders": [order(house) for _ in range(100)]}
        answers = [await team.call("POST", PATH, body) for _ in range(4)]
        told = [item for answer in answers if answer.status == 200 for item in answer.json["items"]]
        limited = [item["problem"] for item in told if item["problem"] is not None]
        assert {problem["code"] for problem in limited} == {"RATE_LIMIT_EXCEEDED"}
        assert all(problem["retry_after_ms"] > 0 for problem in limited)
        # The role's rate first; the door counts every order too, at 4 × 5 a second × 10.
        at_door = [problem for problem in limited if "200 orders a second" in problem["detail"]]
        assert 0 < len(at_door) < len(limited)


async def test_a_batch_needs_a_key_that_trades(house: House) -> None:
    answer = await house.call("POST", PATH, {"orders": [{}]}, key=ADMIN_KEY)
    assert (answer.status, answer.json["code"]) == (403, "SCOPE_MISSING")


async def test_in_lock_step_a_batch_is_refused_whole() -> None:
    async with House(lock_step=True) as house:
        team = await house.register("alpha")
        answer = await team.call("POST", PATH, {"orders": [order(house)]})
        assert (answer.status, answer.json["code"]) == (409, "LOCK_STEP")


@pytest.mark.parametrize(
    "order",
    [
        b'{"quantity":' + b"9" * 5_000 + b"}",
        b'{"quantity":' + b"9" * 5_000 + b',"tag":"a:b"}',
        b'{"tag":"\xff"}',
    ],
    ids=["five thousand digits", "and a colon", "no UTF-8"],
)
async def test_an_order_that_is_no_json_is_refused_and_no_fault_of_the_server(
    house: House, team: Team, order: bytes
) -> None:
    answer = await house.call("POST", PATH, b'{"orders":[' + order + b"]}", key=team.key)
    assert (answer.status, answer.json["code"]) == (400, "UNREADABLE_BODY"), answer.body
