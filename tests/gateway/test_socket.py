"""The socket's promises, each on real connections."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest
import pytest_asyncio
from msgspec import json
from tests.gateway.house import ADMIN_KEY, House, Json, Socket, Team, socket_of

from itg.gateway.settings import GatewaySettings


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    async with House() as running:
        await running.open_market()
        yield running


async def settled(house: House, socket: Socket) -> list[Json]:
    """Return every push that reached the socket for what was released so far."""
    await house.gateway.settled()
    house.gateway.feed.fanout.flush()
    await socket.request("ping")
    pushes, socket.pushes = socket.pushes, []
    return pushes


async def churn(maker: Team, taker: Team, rounds: int) -> None:
    for n in range(rounds):
        await maker.place("buy", 5, 10.0 - n % 3)
        await taker.place("sell", 3, 9.0 - n % 2)
        await maker.call("DELETE", "/exchange/orders")


async def test_numbers_never_skip_on_any_channel(house: House) -> None:
    maker, taker = await house.register("maker"), await house.register("taker", "hedge_fund")
    name = house.instruments[-1]
    channels = ("private", f"book.{name}", "bbo.SPX", f"trades.{name}", "trades.*", "phase")
    async with maker.socket(*channels) as socket:
        await churn(maker, taker, 5)
        pushes = await settled(house, socket)
    for channel in channels:
        spans = [spanned(push) for push in pushes if push["channel"] == channel]
        assert len(spans) > 1 or channel == "phase"
        for (_, last), (first, _) in pairwise(spans):
            assert first == last + 1, channel
    epochs = {push["channel"]: push["epoch"] for push in pushes}
    assert epochs["private"] == 1


def spanned(push: Json) -> tuple[int, int]:
    """Return the first and the last number a frame stands for."""
    last: int = push["seq"]
    first: int = push.get("first_seq", last)
    return first, last


async def test_a_subscription_is_answered_then_shows_the_state_then_every_change(
    house: House,
) -> None:
    maker, taker = await house.register("maker"), await house.register("taker", "hedge_fund")
    name = house.instruments[-1]
    await maker.place("buy", 5, 10.0)
    await maker.place("sell", 2, 11.0)
    async with taker.socket() as socket:
        answer = await socket.request("subscribe", {"channels": [f"book.{name}"]})
        assert socket.pushes == []
        point = answer["result"]["channels"][f"book.{name}"]
        snapshot = await socket.push(f"book.{name}", "snapshot")
        assert (snapshot["seq"], snapshot["epoch"]) == (point["seq"], point["epoch"])
        assert snapshot["data"]["bids"] == [[10.0, 5]]
        assert snapshot["data"]["asks"] == [[11.0, 2]]
        read = (await taker.call("GET", f"/exchange/orderbook/{name}")).json
        assert read["seq"] == snapshot["seq"]
        assert read["bids"] == [{"price": 10.0, "quantity": 5, "order_count": 1}]
        await taker.place("sell", 5, 10.0)
        delta = await socket.push(f"book.{name}", "delta")
        assert (delta["seq"], delta["data"]["bids"]) == (snapshot["seq"] + 1, [[10.0, 0]])


async def test_a_snapshot_taken_in_the_middle_of_a_flood_meets_its_deltas(house: House) -> None:
    maker, taker = await house.register("maker"), await house.register("taker", "hedge_fund")
    name = house.instruments[-1]
    channel = f"book.{name}"
    flood = asyncio.create_task(churn(maker, taker, 20))
    async with taker.socket() as socket:
        for _ in range(5):
            await socket.request("subscribe", {"channels": [channel, "bbo.SPX"]})
            await socket.request("ping")
            await socket.request("unsubscribe", {"channels": [channel, "bbo.SPX"]})
        await socket.request("subscribe", {"channels": [channel, "bbo.SPX"]})
        await flood
        pushes = await settled(house, socket)
        read = (await taker.call("GET", f"/exchange/orderbook/{name}")).json
    book = folded_book(push for push in pushes if push["channel"] == channel)
    assert book == {
        side: {r["price"]: r["quantity"] for r in read[side]} for side in ("bids", "asks")
    }
    tops = folded_tops(push for push in pushes if push["channel"] == "bbo.SPX")
    best = max(book["bids"], default=None)
    assert tops[name] == (best, book["bids"].get(best, 0) if best else 0)


def folded_book(pushes: Any) -> dict[str, dict[float, int]]:
    book: dict[str, dict[float, int]] = {"bids": {}, "asks": {}}
    for push in pushes:
        if push["type"] == "snapshot":
            book = {"bids": {}, "asks": {}}
        for side in book:
            for price, quantity in push["data"].get(side, ()):
                book[side][price] = quantity
                if not quantity:
                    del book[side][price]
    return book


def folded_tops(pushes: Any) -> dict[str, tuple[float | None, int]]:
    tops: dict[str, tuple[float | None, int]] = {}
    for push in pushes:
        for top in push["data"]["tops"]:
            tops[top["instrument_id"]] = (top["bid"], top["bid_quantity"])
    return tops


async def test_private_resumes_with_exactly_the_missing_events(house: House) -> None:
    maker, taker = await house.register("maker"), await house.register("taker", "hedge_fund")
    async with maker.socket("private") as whole:
        await churn(maker, taker, 4)
        everything = [p for p in await settled(house, whole) if p["type"] != "snapshot"]
        for point in (0, 3, everything[-1]["seq"]):
            async with maker.socket() as socket:
                resume = {"private": {"epoch": 1, "seq": point}}
                await socket.request("subscribe", {"channels": ["private"], "resume": resume})
                missing = await settled(house, socket)
                assert [facts(push) for push in missing] == [
                    facts(push) for push in everything if push["seq"] > point
                ]
                await maker.place("buy", 1, 1.0)
                live = await socket.push("private", "order.accepted")
                everything.append(live)
                assert live["seq"] == everything[-2]["seq"] + 1


def facts(push: Json) -> tuple[Any, ...]:
    return push["seq"], push["epoch"], push["type"], json.encode(push["data"])


@pytest.mark.parametrize("point", [{"epoch": 1, "seq": 999}, {"epoch": 2, "seq": 1}])
async def test_a_point_that_is_not_there_gives_too_old_and_a_snapshot(
    house: House, point: Json
) -> None:
    team = await house.register("alpha")
    await team.place("buy", 5, 10.0)
    async with team.socket() as socket:
        request = {"channels": ["private"], "resume": {"private": point}}
        await socket.request("subscribe", request)
        assert (await socket.push("private", "resume.too_old"))["data"]["requested_seq"] != 1
        snapshot = await socket.push("private", "snapshot")
        assert snapshot["data"]["orders"][0]["quantity"] == 5
        assert snapshot["data"]["team_id"] == team.team_id


async def test_acceptance_precedes_fills_and_both_precede_the_answer(house: House) -> None:
    maker, taker = await house.register("maker"), await house.register("taker", "hedge_fund")
    await maker.place("buy", 5, 10.0)
    async with taker.socket("private") as socket:
        await settled(house, socket)
        order = {"instrument_id": house.instruments[-1], "side": "sell", "quantity": 2}
        answer = await socket.request("order.place", {**order, "price": 10.0})
        assert [push["type"] for push in socket.pushes] == ["order.accepted", "fill", "position"]
        assert answer["result"]["fills"][0]["seq"] == socket.pushes[1]["seq"]


async def test_the_socket_and_rest_give_one_team_the_same_bodies(house: House) -> None:
    team = await house.register("alpha")
    await team.place("buy", 5, 10.0, client_order_id="a")
    reads = {
        "orders.list": ("/exchange/orders", {}),
        "orders.get": ("/exchange/orders/by-client-id/a", {"client_order_id": "a"}),
        "instruments.list": ("/exchange/instruments", {}),
        "orderbook.get": ("/exchange/orderbook/SPX", {"instrument_id": "SPX"}),
        "orderbooks.list": ("/exchange/orderbooks", {}),
        "trades.list": ("/exchange/trades", {}),
        "fills.list": ("/exchange/fills", {}),
        "status.get": ("/exchange/status", {}),
        "positions.get": ("/positions/me", {}),
        "positions.limits": ("/positions/me/limits", {}),
        "prices.get": ("/prices", {}),
        "teams.list": ("/game/teams", {}),
        "teams.get": ("/game/teams/me", {}),
        "rounds.list": ("/game/rounds", {}),
        "rounds.get": ("/game/rounds/1", {"round_id": 1}),
        "rules.get": ("/game/rules", {}),
        "quotes.list": ("/exchange/quotes", {}),
    }
    async with team.socket() as socket:
        for method, (path, params) in reads.items():
            answer = await socket.request(method, params)
            assert answer["result"] == (await team.call("GET", path)).json, method


async def test_orders_live_their_life_on_the_socket_alone(house: House) -> None:
    team = await house.register("alpha")
    name = house.instruments[-1]
    async with team.socket("private") as socket:
        order = {"instrument_id": name, "side": "buy", "quantity": 5, "price": 10.0}
        placed = await socket.request("order.place", {**order, "client_order_id": "a"})
        assert placed["result"]["status"] == "working"
        replaced = await socket.request(
            "order.replace", {"client_order_id": "a", "quantity": 4, "price": 9.0}
        )
        assert (replaced["result"]["quantity"], replaced["result"]["price"]) == (4, 9.0)
        assert (await socket.push("private", "order.replaced"))["data"]["order"]["revision"] == 2
        canceled = await socket.request("order.cancel", {"client_order_id": "a"})
        assert canceled["result"]["status"] == "canceled"
        gone = await socket.request("order.cancel", {"client_order_id": "a"})
        assert gone["error"]["code"] == "ORDER_ALREADY_DONE"
        assert (await socket.push("private", "order.cancel_rejected"))["data"]["code"]
        await socket.request("order.place", order)
        assert len((await socket.request("order.cancel_all"))["result"]["order_ids"]) == 1
        quote = {"instrument_id": name, "bid": 9.0, "bid_quantity": 10}
        quoted = await socket.request("quote.set", {"quotes": [quote]})
        assert quoted["result"]["quotes"][0]["bid"] == 9.0
        assert (await socket.request("quote.pull"))["result"]["quotes"] == []


async def test_every_refused_order_is_told_on_the_private_channel_too(house: House) -> None:
    team = await house.register("alpha")
    async with team.socket("private") as socket:
        answer = await team.place("buy", 5, 10.005, client_order_id="x")
        assert answer.status == 422
        push = await socket.push("private", "order.rejected")
        assert (push["data"]["code"], push["data"]["client_order_id"]) == ("INVALID_PRICE", "x")


async def test_a_heartbeat_carries_the_last_number_of_every_subscribed_channel() -> None:
    async with House(settings=GatewaySettings(heartbeat_s=0.05)) as house:
        await house.open_market()
        team = await house.register("alpha")
        async with team.socket("private", "phase", "system") as socket:
            await team.place("buy", 1, 1.0)
            await house.gateway.settled()
            beats = [await heartbeat(socket) for _ in range(3)]
            assert beats[-1]["data"]["channels"].keys() == {"private", "phase"}
            assert beats[-1]["data"]["channels"]["private"] == 1
            assert beats[2]["seq"] == beats[1]["seq"] + 1


async def heartbeat(socket: Socket) -> Json:
    while True:
        message = await socket.raw.receive(timeout=5)
        frame: Json = json.decode(message.data)
        if frame.get("type") == "heartbeat":
            return frame


async def test_prices_stream_needs_no_subscription() -> None:
    async with House("demo") as house:
        team = await house.register("alpha", "hedge_fund")
        async with team.socket(path="/prices/stream") as socket:
            assert (await socket.push("prices", "snapshot"))["seq"] >= 0
            await house.call("POST", "/admin/rounds/1/start", key=ADMIN_KEY)
            push = await socket.push("prices", "prices")
            rows = {row["underlying_id"]: row["price"] for row in push["data"]["prices"]}
            assert rows.keys() == {"SPX", "SPY"}
            assert "spot" not in json.encode(push).decode()


async def test_the_organizer_may_watch_and_has_no_private_channel(house: House) -> None:
    async with socket_of(house, ADMIN_KEY) as socket:
        assert socket.hello["data"]["account_id"] is None
        assert "result" in await socket.request("subscribe", {"channels": ["phase", "trades.*"]})
        answer = await socket.request("subscribe", {"channels": ["phase", "private"]})
        assert answer["error"]["code"] == "UNKNOWN_CHANNEL"
        assert answer["error"]["errors"][0]["pointer"] == "/channels/1"


@pytest.mark.parametrize(
    "channel", ["book", "book.NOPE", "bbo.NOPE", "trades", "news", "", "private.", "prices.SPX"]
)
async def test_a_channel_that_is_not_there_is_refused_by_name(house: House, channel: str) -> None:
    team = await house.register("alpha")
    async with team.socket() as socket:
        answer = await socket.request("subscribe", {"channels": ["phase", channel]})
        assert answer["error"]["code"] == "UNKNOWN_CHANNEL"
        await house.phase("closed")
        assert (await settled(house, socket)) == [], "nothing was subscribed to"


async def test_phases_and_the_uncross_are_told(house: House) -> None:
    maker, taker = await house.register("maker"), await house.register("taker", "hedge_fund")
    name = house.instruments[-1]
    async with maker.socket("phase", f"book.{name}.raw", "private") as socket:
        for phase in ("closed", "pre_open"):
            await house.phase(phase)
        await maker.place("buy", 5, 10.0)
        await taker.place("sell", 3, 10.0)
        indicative = await socket.push(f"book.{name}.raw", "indicative")
        assert indicative["data"]["indicative_price"] == 10.0
        depth = (await taker.call("GET", f"/exchange/orderbook/{name}")).json
        assert (depth["imbalance_quantity"], depth["imbalance_side"]) == (2, "buy")
        await house.phase("continuous")
        uncross = await socket.push("phase", "uncross")
        assert uncross["data"]["instrument_id"] in house.instruments
        fill = await socket.push("private", "fill")
        assert fill["data"]["liquidity"] == "auction"
        uncrossed = await socket.push(f"book.{name}.raw", "uncross")
        assert uncrossed["data"]["clearing_price"] == 10.0


async def test_rounds_are_told_on_system_without_a_subscription() -> None:
    async with House() as house:
        team = await house.register("alpha")
        async with team.socket() as socket:
            for act, told in (("start", "started"), ("pause", "paused"), ("resume", "resumed")):
                answer = await house.call("POST", f"/admin/rounds/1/{act}", key=ADMIN_KEY)
                assert answer.status == 200, answer.body
                push = await socket.push("system", f"round.{told}")
                assert push["data"]["round_id"] == 1
            again = await house.call("POST", "/admin/rounds/1/start", key=ADMIN_KEY)
            assert (again.status, again.json["code"]) == (409, "ROUND_WRONG_STATUS")
            ended = await house.call("POST", "/admin/rounds/1/end", key=ADMIN_KEY)
            assert (ended.status, ended.json["status"]) == (200, "ended")
            await socket.push("system", "round.ended")


async def test_in_full_depth_every_change_comes_alone_with_the_number_of_orders(
    house: House,
) -> None:
    maker = await house.register("maker")
    channel = f"book.{house.instruments[-1]}.raw"
    await maker.place("buy", 5, 10.0)
    async with maker.socket(channel) as socket:
        snapshot = await socket.push(channel, "snapshot")
        assert snapshot["data"]["bids"] == [[10.0, 5, 1]]
        for quantity in (1, 2, 3):
            await maker.place("buy", quantity, 10.0)
        deltas = [await socket.push(channel, "delta") for _ in range(3)]
    assert [delta["data"]["bids"] for delta in deltas] == [
        [[10.0, 6, 2]],
        [[10.0, 8, 3]],
        [[10.0, 11, 4]],
    ]
    assert [delta["seq"] - snapshot["seq"] for delta in deltas] == [1, 2, 3]


async def test_state_is_flushed_at_most_once_per_interval_and_carries_all_of_it() -> None:
    async with House(settings=GatewaySettings(flush_s=3_600.0)) as house:
        maker = await house.register("maker")
        await house.open_market()
        channel = f"book.{house.instruments[-1]}"
        async with maker.socket(channel) as socket:
            for price in (10.0, 9.0, 8.0):
                await maker.place("buy", 5, price)
            pushes = [p for p in await settled(house, socket) if p["type"] == "delta"]
    assert pushes[-1]["data"]["bids"] in ([[10.0, 5], [9.0, 5], [8.0, 5]], [[9.0, 5], [8.0, 5]])
    assert len(pushes) <= 2, "at once after a quiet time, then no more until the interval ends"
    assert pushes[-1]["conflated"]
