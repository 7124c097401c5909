"""Every kind of order and every way out of the market, through the door to the real services."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.gateway.house import ADMIN_KEY, Answered, House, Json, Team

from itg.game.contract import CorrectTrade

PROTECTION = "/exchange/quotes/protection"


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    async with House() as running:
        yield running


@pytest_asyncio.fixture
async def maker(house: House) -> Team:
    return await house.register("maker")


@pytest_asyncio.fixture
async def fund(house: House) -> Team:
    registered = await house.register("fund", "hedge_fund")
    await house.open_market()
    return registered


def quote(house: House, bid: float, ask: float, index: int = -1) -> Json:
    name = house.instruments[index]
    return {"instrument_id": name, "bid": bid, "bid_quantity": 10, "ask": ask, "ask_quantity": 10}


async def set_quotes(team: Team, *quotes: Json, **more: str) -> Answered:
    return await team.call("PUT", "/exchange/quotes", {"quotes": quotes, **more})


async def codes(team: Team, order: Json) -> list[str]:
    told = await team.call("GET", f"/exchange/orders/{order['order_id']}/explanation")
    assert told.status == 200, told.body
    return [because["code"] for because in told.json["reasons"]]


async def types(team: Team, order: Json) -> list[str]:
    told = await team.call("GET", f"/exchange/orders/{order['order_id']}/events")
    return [event["type"] for event in told.json["items"]]


async def test_a_stop_waits_is_explained_and_fires(maker: Team, fund: Team) -> None:
    stop = await fund.place("buy", 2, 10.5, order_type="stop_limit", stop_price=10.0)
    assert (stop.status, stop.json["status"]) == (201, "pending")
    assert (stop.json["stop_price"], stop.json["order_type"]) == (10.0, "stop_limit")
    assert await codes(fund, stop.json) == ["accepted_pending", "waits_for_stop"]
    await maker.place("sell", 1, 10.0)
    await maker.place("buy", 1, 10.0, stp="allow")
    read = await fund.call("GET", f"/exchange/orders/{stop.json['order_id']}")
    assert (read.json["status"], read.json["stop_price"]) == ("working", 10.0)
    assert (await types(fund, stop.json))[:2] == ["order.accepted", "order.activated"]
    assert (await codes(fund, stop.json))[:2] == ["accepted_pending", "activated_stop"]


async def test_a_waiting_stop_is_canceled_by_either_id(fund: Team) -> None:
    for index, name in enumerate("ab"):
        terms = {"order_type": "stop", "stop_price": 99.0, "client_order_id": name}
        body = {"instrument_id": fund.house.instruments[-1], "side": "buy", "quantity": 1}
        stop = (await fund.call("POST", "/exchange/orders", {**body, **terms})).json
        path = (f"{stop['order_id']}", f"by-client-id/{name}")[index]
        canceled = await fund.call("DELETE", f"/exchange/orders/{path}")
        assert (canceled.status, canceled.json["status"]) == (200, "canceled")
        assert await codes(fund, stop) == ["accepted_pending", "canceled_requested"]


async def test_an_iceberg_shows_its_part_alone(maker: Team, fund: Team) -> None:
    order = (await maker.place("sell", 9, 10.0, display_quantity=2)).json
    assert order["display_quantity"] == 2
    book = await fund.call("GET", f"/exchange/orderbook/{order['instrument_id']}")
    assert [level["quantity"] for level in book.json["asks"]] == [2]
    assert "reserve_hidden" in await codes(maker, order)
    taken = (await fund.place("buy", 5, 10.0)).json
    assert taken["status"] == "filled"
    assert (await codes(fund, taken))[1:] == ["filled_as_taker"] * len(taken["fills"])


async def test_a_gtt_order_keeps_its_instant_and_an_instant_past_is_refused(
    fund: Team,
) -> None:
    now_us = (await fund.call("GET", "/game/time")).json["game_us"]
    later = now_us + 3_600_000_000
    kept = await fund.place("buy", 1, 1.0, time_in_force="gtt", expires_us=later)
    assert (kept.status, kept.json["expires_us"]) == (201, later)
    past = await fund.place("buy", 1, 1.0, time_in_force="gtt", expires_us=now_us - 1)
    assert (past.status, past.json["code"]) == (422, "INVALID_EXPIRY")
    assert past.json["errors"][0]["pointer"] == "/expires_us"


async def test_a_gtt_order_expires_and_the_cancel_of_another_is_answered_with_that_other(
    fund: Team,
) -> None:
    resting = (await fund.place("buy", 1, 1.0)).json
    async with fund.socket("private") as socket:
        now_us = (await fund.call("GET", "/game/time")).json["game_us"]
        until = {"time_in_force": "gtt", "expires_us": now_us + 1_000_000}
        gone = (await fund.place("buy", 1, 1.0, **until)).json
        told = await socket.push("private", "order.expired")
        assert told["data"]["order"]["order_id"] == gone["order_id"]
    assert await codes(fund, gone) == ["accepted", "expired"]
    canceled = await fund.call("DELETE", f"/exchange/orders/{resting['order_id']}")
    assert canceled.json["order_id"] == resting["order_id"]
    done = await fund.call("DELETE", f"/exchange/orders/{gone['order_id']}")
    assert (done.status, done.json["code"]) == (409, "ORDER_ALREADY_DONE")


@pytest.mark.parametrize(
    ("terms", "code", "pointer"),
    [
        ({"order_type": "market"}, "UNEXPECTED_PRICE", "/price"),
        ({"order_type": "stop", "stop_price": 2.0}, "UNEXPECTED_PRICE", "/price"),
        ({"stop_price": 2.0}, "UNEXPECTED_PRICE", "/stop_price"),
        ({"order_type": "stop_limit"}, "MISSING_PRICE", "/stop_price"),
        ({"order_type": "limit", "price": None}, "MISSING_PRICE", "/price"),
        ({"display_quantity": 9}, "INVALID_QUANTITY", "/display_quantity"),
        ({"display_quantity": 1, "time_in_force": "fok"}, "TERMS_CONFLICT", "/display_quantity"),
        ({"expires_us": 1}, "INVALID_EXPIRY", "/expires_us"),
        ({"time_in_force": "gtt"}, "INVALID_EXPIRY", "/expires_us"),
    ],
)
async def test_terms_that_do_not_agree_are_refused_by_name(
    fund: Team, terms: Json, code: str, pointer: str
) -> None:
    body = {"instrument_id": fund.house.instruments[-1], "side": "buy", "quantity": 1, "price": 1.0}
    answer = await fund.call("POST", "/exchange/orders", {**body, **terms})
    assert (answer.status, answer.json["code"]) == (422, code)
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


async def test_a_preview_says_what_then_happens(maker: Team, fund: Team) -> None:
    await maker.place("sell", 2, 10.0)
    await maker.place("sell", 2, 10.5)
    body = {
        "instrument_id": fund.house.instruments[-1],
        "side": "buy",
        "quantity": 5,
        "price": 10.5,
    }
    seen = (await fund.call("POST", "/exchange/orders/preview", body)).json
    assert seen["is_valid"]
    placed = (await fund.call("POST", "/exchange/orders", body)).json
    fills = [(fill["last_price"], fill["last_quantity"]) for fill in placed["fills"]]
    assert [(fill["price"], fill["quantity"]) for fill in seen["fills"]] == fills
    assert seen["resting_quantity"] == placed["leaves_quantity"]
    assert seen["fees"]["expected"] == placed["fees"]
    refused = {**body, "price": 10.005}
    assert (await fund.call("POST", "/exchange/orders/preview", refused)).json["code"] == (
        "INVALID_PRICE"
    )


async def test_my_quotes_are_now_these(house: House, maker: Team) -> None:
    await house.open_market()
    first, second = quote(house, 9.0, 9.5), quote(house, 8.0, 8.5, index=-2)
    assert len((await set_quotes(maker, first, second)).json["quotes"]) == 2
    again = await set_quotes(maker, first, second)
    assert len(again.json["quotes"]) == 2, "what stands as asked is told of too"
    kept = await set_quotes(maker, first, others="keep")
    assert [row["instrument_id"] for row in kept.json["quotes"]] == [first["instrument_id"]]
    assert len((await maker.call("GET", "/exchange/quotes")).json["quotes"]) == 2
    alone = await set_quotes(maker, first)
    assert [row["instrument_id"] for row in alone.json["quotes"]] == [first["instrument_id"]]
    (standing,) = (await maker.call("GET", "/exchange/quotes")).json["quotes"]
    assert standing == alone.json["quotes"][0]
    assert (await set_quotes(maker)).json == {"quotes": [], "rejected": []}
    assert (await maker.call("GET", "/exchange/quotes")).json["quotes"] == []


async def test_protection_pulls_all_quotes_until_it_is_reset(
    house: House, maker: Team, fund: Team
) -> None:
    wanted = {"window_ms": 60_000, "contracts_max": 5}
    assert (await maker.call("PUT", PROTECTION, wanted)).json["contracts_max"] == 5
    await set_quotes(maker, quote(house, 9.0, 9.5), quote(house, 8.0, 8.5, index=-2))
    await fund.place("buy", 6, 9.5)
    tripped = (await maker.call("GET", PROTECTION)).json
    assert (tripped["is_tripped"], tripped["contracts_traded"]) == (True, 6)
    assert (await maker.call("GET", "/exchange/quotes")).json["quotes"] == []
    refused = await set_quotes(maker, quote(house, 9.0, 9.5))
    assert (refused.status, refused.json["code"]) == (409, "QUOTE_PROTECTION_TRIPPED")
    assert not (await maker.call("POST", f"{PROTECTION}/reset")).json["is_tripped"]
    assert (await set_quotes(maker, quote(house, 9.0, 9.5))).status == 200


@pytest.mark.parametrize("phase", ["continuous", "opening_auction", "closed"])
async def test_the_kill_switch_works_in_every_phase(house: House, fund: Team, phase: str) -> None:
    if phase != "continuous":
        await house.phase("closed")
        await house.phase("pre_open")
    order = (await fund.place("buy", 1, 1.0)).json
    if phase != "continuous":
        await house.phase(phase)
    killed = await fund.call("POST", "/exchange/kill-switch", {})
    assert (killed.status, killed.json["is_active"]) == (200, True)
    assert killed.json["order_ids"] == ([] if phase == "closed" else [order["order_id"]])
    again = await fund.call("POST", "/exchange/kill-switch", {})
    assert again.json == {"is_active": True, "team_id": fund.team_id, "order_ids": []}
    if phase == "continuous":
        refused = await fund.place("buy", 1, 1.0)
        assert (refused.status, refused.json["code"]) == (409, "KILL_SWITCH_ACTIVE")
        assert await codes(fund, order) == ["accepted", "canceled_kill_switch"]
        await fund.call("POST", "/exchange/kill-switch", {"is_active": False})
        assert (await fund.place("buy", 1, 1.0)).status == 201


async def test_the_organizers_kill_switch_is_the_organizers(house: House, fund: Team) -> None:
    body = {"team_id": fund.team_id, "reason": "runaway"}
    await house.call("POST", "/exchange/kill-switch", body, key=ADMIN_KEY)
    mine = await fund.call("POST", "/exchange/kill-switch", {"is_active": False})
    assert (mine.status, mine.json["code"]) == (403, "KILL_SWITCH_OF_ORGANIZER")
    drill = {"reason": "fire drill"}
    every = await house.call("POST", "/exchange/kill-switch", drill, key=ADMIN_KEY)
    assert (every.json["is_active"], every.json["team_id"]) == (True, None)


async def test_a_halt_collects_and_its_end_is_an_auction(
    house: House, maker: Team, fund: Team
) -> None:
    halted = await house.call("POST", "/admin/halts", {"action": "halt"}, key=ADMIN_KEY)
    assert halted.status == 200, halted.body
    assert {row["underlying_id"] for row in halted.json["items"]} == set(
        house.gateway.directory.shards
    )
    again = await house.call("POST", "/admin/halts", {"action": "halt"}, key=ADMIN_KEY)
    assert (again.status, again.json["code"]) == (409, "ILLEGAL_PHASE_MOVE")
    status = (await fund.call("GET", "/exchange/status")).json
    assert (status["phase"], status["underlyings"][0]["halts"][0]["halt_cause"]) == (
        "halted",
        "organizer",
    )
    sell = (await maker.place("sell", 1, 10.0)).json
    buy = (await fund.place("buy", 1, 10.0)).json
    assert (await codes(fund, buy))[1:] == ["phase_halted", "inside_indicative_price"]
    await house.call("POST", "/admin/halts", {"action": "resume"}, key=ADMIN_KEY)
    for team, order in ((maker, sell), (fund, buy)):
        assert await codes(team, order) == ["accepted", "filled_in_auction"]


async def test_one_instrument_halts_alone(house: House, fund: Team) -> None:
    name = house.instruments[-1]
    body = {"action": "halt", "instrument_id": name, "halt_s": 100}
    halted = await house.call("POST", "/admin/halts", body, key=ADMIN_KEY)
    (row,) = halted.json["items"]
    assert row["instrument_id"] == name
    assert row["resumes_us"] > 0
    status = (await fund.call("GET", "/exchange/status")).json
    assert (status["phase"], status["halts"]) == ("continuous", [name])


async def test_what_a_bust_would_do_is_told_before_it_is_done(
    house: House, maker: Team, fund: Team, doors: str
) -> None:
    await maker.place("sell", 3, 10.0)
    trade_id = (await fund.place("buy", 3, 10.0)).json["fills"][0]["trade_id"]
    path = f"/admin/trades/{trade_id}/bust"
    told = await house.call("POST", f"{path}/preview", {}, key=ADMIN_KEY)
    if doors != "beside":
        assert (told.status, told.json["code"]) == (501, "PREVIEW_UNAVAILABLE")
        return
    assert told.status == 200, told.body
    assert not [record for record in house.records if isinstance(record.body, CorrectTrade)]
    rows = {row["team_name"]: row for row in told.json["items"]}
    assert set(rows) == {"maker", "fund"}
    held = (await fund.call("GET", "/positions/me")).json
    before, after = rows["fund"]["before"], rows["fund"]["after"]
    assert (before["cash"], before["net_quantity"]) == (held["cash"], 3)
    await house.call("POST", path, {"reason": "fat finger"}, key=ADMIN_KEY)
    held = (await fund.call("GET", "/positions/me")).json
    assert (after["cash"], after["net_quantity"], after["fees"]) == (held["cash"], 0, held["fees"])
    again = await house.call("POST", f"{path}/preview", {"price": 9.0}, key=ADMIN_KEY)
    assert (again.status, again.json["code"]) == (409, "TRADE_ALREADY_BUSTED")
    forbidden = await fund.call("POST", f"{path}/preview", {})
    assert (forbidden.status, forbidden.json["code"]) == (403, "SCOPE_MISSING")


async def test_a_busted_trade_leaves_positions_and_is_explained(
    house: House, maker: Team, fund: Team
) -> None:
    await maker.place("sell", 3, 10.0)
    order = (await fund.place("buy", 3, 10.0)).json
    trade_id = order["fills"][0]["trade_id"]
    path = f"/admin/trades/{trade_id}/bust"
    busted = await house.call("POST", path, {"reason": "fat finger"}, key=ADMIN_KEY)
    assert (busted.status, busted.json["adjusted_price"]) == (200, None)
    held = (await fund.call("GET", "/positions/me")).json
    assert (held["positions"], held["fees"]) == ([], 0.0)
    assert (await codes(fund, order))[-1] == "trade_busted"
    again = await house.call("POST", path, {"reason": "twice"}, key=ADMIN_KEY)
    assert (again.status, again.json["code"]) == (409, "TRADE_ALREADY_BUSTED")
    unknown = await house.call(
        "POST", "/admin/trades/999/bust", {"reason": "wrong one"}, key=ADMIN_KEY
    )
    assert (unknown.status, unknown.json["code"]) == (404, "TRADE_NOT_FOUND")
