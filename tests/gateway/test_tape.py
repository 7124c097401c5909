"""The public tape and the owners' fills are two sides of the same facts."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.gateway.house import ADMIN_KEY, House

TEAMS = 50


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    async with House() as running:
        yield running


async def test_the_tape_equals_the_fills_of_both_owners(house: House) -> None:
    teams = [await house.register(name) for name in ("alpha", "beta", "gamma")]
    await house.open_market()
    for number in range(15):
        await teams[number % 3].place("sell", 1 + number % 4, 10.0)
        await teams[(number + 1) % 3].place("buy", 1 + number % 3, 10.0)
    tape = (await teams[0].call("GET", "/exchange/trades")).json["items"]
    fills = [f for t in teams for f in (await t.call("GET", "/exchange/fills")).json["items"]]
    assert len(tape) > 10
    assert [trade["trade_id"] for trade in tape] == sorted(trade["trade_id"] for trade in tape)
    for trade in tape:
        halves = [fill for fill in fills if fill["trade_id"] == trade["trade_id"]]
        assert sorted(half["side"] for half in halves) == ["buy", "sell"]
        assert {half["last_price"] for half in halves} == {trade["price"]}
        assert {half["last_quantity"] for half in halves} == {trade["quantity"]}
    assert len(fills) == 2 * len(tape)


async def test_the_tape_says_what_an_organizer_made_of_its_trades(house: House) -> None:
    maker, taker = await house.register("maker"), await house.register("taker")
    await house.open_market()
    await maker.place("sell", 3, 10.0)
    for _ in range(3):
        await taker.place("buy", 1, 10.0)
    tape = (await taker.call("GET", "/exchange/trades")).json["items"]
    undone, moved, left = (trade["trade_id"] for trade in tape)
    for trade_id, body in ((undone, {}), (moved, {"price": 10.5})):
        told = await house.call(
            "POST", f"/admin/trades/{trade_id}/bust", {"reason": "a slip", **body}, key=ADMIN_KEY
        )
        assert told.status == 200, told.body
    tape = (await taker.call("GET", "/exchange/trades")).json["items"]
    assert [(t["trade_id"], t["price"], t["is_busted"], t["adjusted_price"]) for t in tape] == [
        (undone, 10.0, True, None),
        (moved, 10.0, False, 10.5),
        (left, 10.0, False, None),
    ]


async def test_who_comes_after_a_correction_is_given_the_trades_as_they_count_now(
    house: House,
) -> None:
    maker, taker = await house.register("maker"), await house.register("taker")
    await house.open_market()
    await maker.place("sell", 3, 10.0)
    for _ in range(3):
        await taker.place("buy", 1, 10.0)
    tape = (await taker.call("GET", "/exchange/trades")).json["items"]
    undone, moved, left = (trade["trade_id"] for trade in tape)
    for trade_id, body in ((undone, {}), (moved, {"price": 10.5})):
        told = await house.call(
            "POST", f"/admin/trades/{trade_id}/bust", {"reason": "a slip", **body}, key=ADMIN_KEY
        )
        assert told.status == 200, told.body
    names = ("trades.*", f"trades.{house.instruments[-1]}", "ui.SPX")
    async with taker.socket(*names) as late:
        given = [(await late.push(name, "snapshot"))["data"]["trades"] for name in names]
    counts_now = [(moved, 10.5), (left, 10.0)]
    assert [[(t["trade_id"], t["price"]) for t in trades] for trades in given] == [counts_now] * 3


async def test_an_order_s_events_tell_its_way_from_acceptance_to_its_end(house: House) -> None:
    maker, taker = await house.register("maker"), await house.register("taker")
    await house.open_market()
    order_id = (await maker.place("buy", 5, 10.0)).json["order_id"]
    await taker.place("sell", 2, 10.0)
    await maker.call("DELETE", f"/exchange/orders/{order_id}")
    told = (await maker.call("GET", f"/exchange/orders/{order_id}/events")).json
    assert [event["type"] for event in told["items"]] == [
        "order.accepted",
        "fill",
        "order.canceled",
    ]
    assert told["is_complete"]
    assert (await taker.call("GET", f"/exchange/orders/{order_id}/events")).status == 404


async def test_of_many_registrations_of_one_name_at_once_one_wins(house: House) -> None:
    body = {"team_name": "The One", "role": "hedge_fund"}
    answers = await asyncio.gather(
        *(house.call("POST", "/game/teams/register", body) for _ in range(TEAMS))
    )
    statuses = sorted(answer.status for answer in answers)
    assert statuses == [201] + [409] * (TEAMS - 1)
    assert {a.json["code"] for a in answers if a.status == 409} == {"DUPLICATE_TEAM_NAME"}


@pytest.mark.parametrize("price", [0, -0.01])
async def test_a_price_is_above_zero(house: House, price: float) -> None:
    team = await house.register("alpha")
    await house.open_market()
    refused = await team.place("buy", 1, price)
    assert (refused.status, refused.json["code"]) == (422, "INVALID_PRICE")
    assert [error["pointer"] for error in refused.json["errors"]] == ["/price"]
