"""Orders over REST: what an answer says, what a repeat says, what a stranger gets."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest
import pytest_asyncio
from tests.gateway.house import House

from itg.positions.contract import ReserveOrder


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    async with House() as running:
        yield running


async def test_an_order_is_answered_201_with_the_fills_that_happened_at_once(house: House) -> None:
    maker, taker = await house.register("maker"), await house.register("taker", "hedge_fund")
    await house.open_market()
    resting = await maker.place("buy", 5, 10.0)
    assert (resting.status, resting.json["status"], resting.json["fills"]) == (201, "working", [])
    taking = await taker.place("sell", 3, 9.5)
    assert (taking.status, taking.json["status"]) == (201, "filled")
    (fill,) = taking.json["fills"]
    assert (fill["last_price"], fill["last_quantity"], fill["liquidity"]) == (10.0, 3, "taker")
    assert fill["fee"] == 0.06
    assert taking.json["average_price"] == 10.0
    assert "engine;dur=" in taking.headers["server-timing"]


async def test_both_sides_hear_of_the_fill_and_of_their_position(house: House) -> None:
    maker, taker = await house.register("maker"), await house.register("taker", "hedge_fund")
    await house.open_market()
    async with maker.socket("private") as mine, taker.socket("private") as theirs:
        await maker.place("buy", 5, 10.0)
        await taker.place("sell", 3, 10.0)
        assert (await mine.push("private", "order.accepted"))["data"]["order"]["quantity"] == 5
        fills = [(await side.push("private", "fill"))["data"] for side in (mine, theirs)]
        assert [fill["liquidity"] for fill in fills] == ["maker", "taker"]
        positions = [(await side.push("private", "position"))["data"] for side in (mine, theirs)]
        assert [p["position"]["net_quantity"] for p in positions] == [3, -3]
    held = (await maker.call("GET", "/positions/me")).json
    assert held["positions"][0]["net_quantity"] == 3
    assert held["fees"] == -0.06


async def test_a_repeat_gets_the_first_answer_byte_for_byte(house: House) -> None:
    team = await house.register("alpha")
    await house.open_market()
    first = await team.place("buy", 5, 10.0, client_order_id="a")
    await team.call("DELETE", "/exchange/orders/by-client-id/a")
    again = await team.place("buy", 5, 10.0, client_order_id="a")
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    other = await team.place("buy", 6, 10.0, client_order_id="a")
    assert (other.status, other.json["code"]) == (409, "CLIENT_ORDER_ID_CONFLICT")
    assert other.json["client_order_id"] == "a"


async def test_a_refused_order_is_repeated_as_refused(house: House) -> None:
    team = await house.register("alpha")
    await house.open_market()
    sent = {"X_Request_Id": "one"}
    body = {
        "instrument_id": house.instruments[-1],
        "side": "buy",
        "quantity": 1,
        "price": 10.005,
        "client_order_id": "a",
    }
    first = await team.call("POST", "/exchange/orders", body, **sent)
    again = await team.call("POST", "/exchange/orders", body, **sent)
    assert (first.status, first.json["code"]) == (422, "INVALID_PRICE")
    assert "10" in first.json["detail"]
    assert "10.01" in first.json["detail"]
    assert (again.status, again.body) == (first.status, first.body)
    assert again.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize("has_order_lane", [True, False])
async def test_an_order_is_reached_by_any_client_order_id(has_order_lane: bool) -> None:
    name = "a/b?c#d%2F;~"
    path = "/exchange/orders/by-client-id/" + quote(name, safe="")
    async with House(has_order_lane=has_order_lane) as house:
        team = await house.register("alpha")
        await house.open_market()
        await team.place("buy", 5, 10.0, client_order_id=name)
        for end in ("", "/events", "/explanation"):
            assert (await team.call("GET", path + end)).status == 200
        canceled = await team.call("DELETE", path)
        assert canceled.json["client_order_id"] == name
        again = await team.call("DELETE", path)
    assert again.json["instance"] == f"/exchange/orders/by-client-id/{name}"


async def test_one_of_many_concurrent_orders_with_one_id_takes_effect(house: House) -> None:
    team = await house.register("alpha")
    await house.open_market()
    places = [team.place("buy", 5, 10.0, client_order_id="same") for _ in range(20)]
    answers = await asyncio.gather(*places)
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    assert len((await team.call("GET", "/exchange/orders")).json["items"]) == 1


async def test_an_order_is_read_replaced_and_canceled_by_either_id(house: House) -> None:
    team = await house.register("alpha")
    await house.open_market()
    placed = (await team.place("buy", 5, 10.0, client_order_id="mine")).json
    by_id, by_client_id = f"/exchange/orders/{placed['order_id']}", "/exchange/orders/by-client-id/"
    read = await team.call("GET", by_client_id + "mine")
    assert (read.json["order_id"], read.json["queue_ahead"]) == (placed["order_id"], 0)
    assert int(read.headers["x-as-of-seq"]) == 1
    replaced = await team.call("PATCH", by_id, {"price": 9.0, "expected_revision": 1})
    assert (replaced.status, replaced.json["price"], replaced.json["revision"]) == (200, 9.0, 2)
    stale = await team.call("PATCH", by_client_id + "mine", {"price": 8.0, "expected_revision": 1})
    assert (stale.status, stale.json["code"]) == (409, "REVISION_MISMATCH")
    canceled = await team.call("DELETE", by_client_id + "mine")
    assert (canceled.status, canceled.json["status"]) == (200, "canceled")
    again = await team.call("DELETE", by_id)
    assert (again.status, again.json["code"]) == (409, "ORDER_ALREADY_DONE")


async def test_another_teams_order_is_not_found(house: House) -> None:
    team, other = await house.register("alpha"), await house.register("beta")
    await house.open_market()
    order_id = (await team.place("buy", 5, 10.0)).json["order_id"]
    path = f"/exchange/orders/{order_id}"
    for method, body in (("GET", None), ("DELETE", None), ("PATCH", {"quantity": 1})):
        answer = await other.call(method, path, body)
        assert (answer.status, answer.json["code"]) == (404, "ORDER_NOT_FOUND"), method
    for path in (f"/positions/{team.team_id}", f"/positions/{team.team_id}/limits"):
        assert (await other.call("GET", path)).status == 404
        assert (await team.call("GET", path)).status == 200


async def test_mass_cancel_takes_what_matches_every_filter(house: House) -> None:
    team = await house.register("alpha")
    await house.open_market()
    buys = [(await team.place("buy", 1, 9.0, tag=tag)).json["order_id"] for tag in "aab"]
    sell = (await team.place("sell", 1, 11.0, tag="a")).json["order_id"]
    tagged = await team.call("DELETE", "/exchange/orders?side=buy&tag=a")
    assert tagged.json["order_ids"] == buys[:2]
    rest = await team.call("DELETE", "/exchange/orders")
    assert sorted(rest.json["order_ids"]) == sorted([buys[2], sell])
    assert (await team.call("GET", "/exchange/orders")).json["items"] == []


async def test_orders_are_listed_oldest_first_in_pages(house: House) -> None:
    team = await house.register("alpha")
    await house.open_market()
    ids = [(await team.place("buy", 1, 9.0)).json["order_id"] for _ in range(5)]
    await team.call("DELETE", f"/exchange/orders/{ids[0]}")
    seen: list[int] = []
    path = "/exchange/orders?status=all&limit=2"
    cursor = ""
    while True:
        page = (await team.call("GET", path + cursor)).json
        seen += [row["order_id"] for row in page["items"]]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == ids
    working = (await team.call("GET", "/exchange/orders")).json["items"]
    assert [row["order_id"] for row in working] == ids[1:]
    assert [row["queue_ahead"] for row in working] == [0, 1, 2, 3]
    done = (await team.call("GET", "/exchange/orders?status=done")).json["items"]
    assert [row["status"] for row in done] == ["canceled"]


async def test_the_request_id_of_a_request_comes_back_and_reaches_the_journal(
    house: House,
) -> None:
    team = await house.register("alpha")
    await house.open_market()
    body = {"instrument_id": house.instruments[-1], "side": "buy", "quantity": 1, "price": 1.0}
    answer = await team.call("POST", "/exchange/orders", body, X_Request_Id="trace-me")
    assert answer.headers["x-request-id"] == "trace-me"
    record = next(r for r in house.records if isinstance(r.body, ReserveOrder))
    assert (record.trace_id, record.actor) == ("trace-me", team.team_id)
    made = await team.call("POST", "/exchange/orders", body, X_Request_Id="x" * 65)
    assert len(made.headers["x-request-id"]) == 36


async def test_a_market_order_with_a_price_is_told_both_fields(house: House) -> None:
    team = await house.register("alpha")
    await house.open_market()
    answer = await team.place("buy", 1, 1.0, order_type="market")
    assert answer.status == 422
    assert answer.json["code"] == "UNEXPECTED_PRICE"
    assert "price" in answer.json["errors"][0]["pointer"]
    assert "market" in answer.json["detail"]


async def test_quotes_are_set_read_traded_and_pulled(house: House) -> None:
    maker, fund = await house.register("maker"), await house.register("fund", "hedge_fund")
    await house.open_market()
    name = house.instruments[-1]
    quote = {"instrument_id": name, "bid": 9.0, "bid_quantity": 10, "ask": 9.5, "ask_quantity": 10}
    placed = await maker.call("PUT", "/exchange/quotes", {"quotes": [quote]})
    assert placed.status == 200
    assert placed.json["quotes"][0]["bid_quantity"] == 10
    await fund.place("buy", 10, 9.5)
    (standing,) = (await maker.call("GET", "/exchange/quotes")).json["quotes"]
    assert (standing["ask"], standing["bid"]) == (None, 9.0)
    pulled = await maker.call("DELETE", f"/exchange/quotes/{name}")
    assert (pulled.status, pulled.json["quotes"]) == (200, [])
    refused = await fund.call("PUT", "/exchange/quotes", {"quotes": [quote]})
    assert (refused.status, refused.json["code"]) == (403, "QUOTE_NOT_ALLOWED")


async def test_a_quote_that_trades_at_once_is_answered_as_it_stands(house: House) -> None:
    maker, fund = await house.register("maker"), await house.register("fund", "hedge_fund")
    await house.open_market()
    await fund.place("sell", 4, 9.0)
    quote = {"instrument_id": house.instruments[-1], "bid": 9.0, "bid_quantity": 10}
    answer = await maker.call("PUT", "/exchange/quotes", {"quotes": [quote]})
    assert answer.json["quotes"][0]["bid_quantity"] == 6


async def test_a_post_only_quote_stands_without_the_side_that_would_take(house: House) -> None:
    maker, fund = await house.register("maker"), await house.register("fund", "hedge_fund")
    await house.open_market()
    await fund.place("sell", 4, 9.0)
    quote = {"instrument_id": house.instruments[-1], "bid": 9.0, "bid_quantity": 10}
    quote |= {"ask": 9.5, "ask_quantity": 10}
    answer = await maker.call("PUT", "/exchange/quotes", {"quotes": [quote], "post_only": True})
    (standing,) = answer.json["quotes"]
    assert (standing["bid"], standing["ask"]) == (None, 9.5)
    assert (await maker.call("GET", "/exchange/fills")).json["items"] == []


async def test_validation_is_advisory(house: House) -> None:
    team = await house.register("alpha")
    await house.open_market()
    body = {"instrument_id": "NOPE", "side": "buy", "quantity": 1, "price": 1.0}
    verdict = (await team.call("POST", "/positions/validate", body)).json
    assert (verdict["is_valid"], verdict["code"], verdict["advisory"]) == (
        False,
        "INVALID_INSTRUMENT",
        True,
    )
    body["instrument_id"] = house.instruments[-1]
    assert (await team.call("POST", "/positions/validate", body)).json["is_valid"]
    assert (await team.call("GET", "/exchange/orders?status=all")).json["items"] == []


async def test_the_order_lane_and_the_ordinary_handlers_give_the_same_bytes() -> None:
    bodies: list[list[tuple[int, bytes]]] = []
    for has_order_lane in (True, False):
        async with House(has_order_lane=has_order_lane) as house:
            team = await house.register("alpha")
            await house.open_market()
            house.clock.pause()  # type: ignore[attr-defined]  # a scaled clock
            at = {"X_Request_Id": "same"}
            body = {
                "instrument_id": house.instruments[-1],
                "side": "buy",
                "quantity": 2,
                "price": 1.0,
            }
            answers = [
                await team.call("POST", "/exchange/orders", body, **at),
                await team.call("POST", "/v1/exchange/orders", {**body, "quantity": 0.5}, **at),
                await team.call("PATCH", "/exchange/orders/1", {"quantity": 1}, **at),
                await team.call("DELETE", "/exchange/orders/1", **at),
                await team.call("DELETE", "/exchange/orders/x", **at),
                await team.call("PUT", "/exchange/orders", body, **at),
            ]
            bodies.append([(answer.status, stable(answer.body)) for answer in answers])
    assert bodies[0] == bodies[1]


def stable(body: bytes) -> bytes:
    """Drop the one field that tells the time of the run."""
    head, _, tail = body.partition(b'"accepted_us":')
    return head + tail.lstrip(b"0123456789")
