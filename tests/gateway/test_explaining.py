"""Previews, histories and explanations over REST, with services that say what the test wants."""

from collections.abc import AsyncIterator

import pytest_asyncio
from tests.gateway.house import House, Json
from tests.gateway.scripts import Script

from itg.exchange.contract import OrderPreview, PreviewOrder
from itg.kernel.ids import Seq
from itg.kernel.messages import Query, Reply
from itg.kernel.money import Price
from itg.positions.contract import (
    AccountFilled,
    AccountOrderUpdated,
    AnyPrivateEvent,
    GetOrderEvents,
    OrderEvents,
    PrivateEvent,
)


class Recorded:
    """A house whose positions tell an order's events out of what was released."""

    def __init__(self) -> None:
        met = OrderPreview(fills=((Price(95_000), 3),), resting_quantity=2, would_pend=False)
        self.previews = Script(replies={PreviewOrder: lambda _: met})
        self.events = Script(replies={GetOrderEvents: self._told})
        scripts = {"positions": self.events, "exchange": self.previews}
        self.house = House(scripts=scripts)

    def _told(self, query: Query) -> Reply:
        assert isinstance(query, GetOrderEvents)
        outputs = (output for record in self.house.records for output in record.outputs)
        events = [o for o in outputs if isinstance(o, AnyPrivateEvent) and is_about(o, query)]
        return OrderEvents(events=tuple(events), is_complete=True, private_seq=Seq(0))


def is_about(event: PrivateEvent, query: GetOrderEvents) -> bool:
    if event.account_id != query.account_id:
        return False
    if isinstance(event, AccountFilled):
        return event.fill.order_id == query.order_id
    if isinstance(event, AccountOrderUpdated):
        return query.order_id in {None, event.order.order_id}
    return query.order_id is None


@pytest_asyncio.fixture
async def recorded() -> AsyncIterator[Recorded]:
    told = Recorded()
    async with told.house:
        yield told


async def test_an_orders_events_are_told_as_they_were_recorded(recorded: Recorded) -> None:
    house = recorded.house
    maker, taker = await house.register("maker"), await house.register("taker", "hedge_fund")
    await house.open_market()
    placed = (await maker.place("buy", 5, 10.0)).json
    await taker.place("sell", 3, 10.0)
    path = f"/exchange/orders/{placed['order_id']}"
    await maker.call("DELETE", path)
    told = await maker.call("GET", f"{path}/events")
    assert (told.status, told.json["is_complete"]) == (200, True)
    accepted, fill, canceled = told.json["items"]
    assert [e["type"] for e in (accepted, fill, canceled)] == [
        "order.accepted",
        "fill",
        "order.canceled",
    ]
    assert accepted["seq"] < fill["seq"] < canceled["seq"]
    assert accepted["game_us"] == placed["accepted_us"]
    assert (fill["fill"]["last_quantity"], fill["game_us"]) == (3, fill["fill"]["game_us"])
    assert (canceled["cancel_reason"], canceled["order"]["leaves_quantity"]) == ("requested", 0)


async def test_a_living_order_is_explained_by_its_history_and_the_book(recorded: Recorded) -> None:
    house = recorded.house
    maker, taker = await house.register("maker"), await house.register("taker", "hedge_fund")
    await house.open_market()
    await maker.place("sell", 1, 11.0)
    await maker.place("buy", 4, 10.0)
    mine = (await taker.place("buy", 5, 10.0, client_order_id="mine")).json
    for path in (f"{mine['order_id']}", "by-client-id/mine"):
        told = (await taker.call("GET", f"/exchange/orders/{path}/explanation")).json
        assert (told["order_id"], told["status"]) == (mine["order_id"], "working")
        codes = {because["code"]: because for because in told["reasons"]}
        assert list(codes) == ["accepted", "price_behind_opposite", "queue_ahead"]
        assert codes["accepted"]["seq"] == mine["seq"]
        assert codes["queue_ahead"]["text"] == "4 contracts stand before it at its price."


async def test_a_refused_order_is_explained_by_its_client_order_id(recorded: Recorded) -> None:
    house = recorded.house
    team = await house.register("alpha")
    await house.open_market()
    await team.place("buy", 1, 10.005, client_order_id="off")
    path = "/exchange/orders/by-client-id/off"
    told = (await team.call("GET", f"{path}/explanation")).json
    assert (told["order_id"], told["client_order_id"]) == (None, "off")
    assert told["status"] == "rejected"
    (because,) = told["reasons"]
    assert because["code"] == "refused"
    assert "INVALID_PRICE" in because["text"]
    (event,) = (await team.call("GET", f"{path}/events")).json["items"]
    assert (event["type"], event["code"]) == ("order.rejected", "INVALID_PRICE")


async def test_another_teams_order_has_neither_history_nor_reasons(recorded: Recorded) -> None:
    house = recorded.house
    team, other = await house.register("alpha"), await house.register("beta")
    await house.open_market()
    order_id = (await team.place("buy", 5, 10.0)).json["order_id"]
    for what in ("events", "explanation"):
        for path in (f"{order_id}", "by-client-id/nobody", "99"):
            answer = await other.call("GET", f"/exchange/orders/{path}/{what}")
            assert (answer.status, answer.json["code"]) == (404, "ORDER_NOT_FOUND"), path


async def test_a_preview_asks_both_services_and_sends_nothing(recorded: Recorded) -> None:
    house = recorded.house
    team = await house.register("alpha", "hedge_fund")
    await house.open_market()
    body: Json = {
        "instrument_id": house.instruments[-1],
        "side": "buy",
        "quantity": 5,
        "price": 9.5,
        "stop_price": 9.0,
        "order_type": "stop_limit",
    }
    told = (await team.call("POST", "/exchange/orders/preview", body)).json
    assert (told["is_valid"], told["advisory"]) == (True, True)
    assert told["fills"] == [{"price": 9.5, "quantity": 3}]
    assert told["fees"] == {"maker": -0.01, "taker": 0.02, "expected": 0.06}
    assert (told["resting_quantity"], told["would_pend"]) == (2, False)
    assert {row["instrument_id"] for row in told["limits"]} <= {None, house.instruments[-1]}
    (asked,) = recorded.previews.heard
    assert isinstance(asked, PreviewOrder)
    assert (asked.order.stop_price, asked.order.account_id) == (90_000, team.team_id)
    assert (await team.call("GET", "/exchange/orders?status=all")).json["items"] == []


async def test_a_preview_of_what_a_rule_refuses_says_why(recorded: Recorded) -> None:
    house = recorded.house
    team = await house.register("alpha", "hedge_fund")
    await house.open_market()
    body: Json = {"instrument_id": "NOPE", "side": "buy", "quantity": 1, "price": 1.0}
    told = (await team.call("POST", "/exchange/orders/preview", body)).json
    assert (told["is_valid"], told["code"]) == (False, "INVALID_INSTRUMENT")
    assert recorded.previews.heard == []
    body = {**body, "instrument_id": house.instruments[-1], "quantity": 0}
    told = (await team.call("POST", "/exchange/orders/preview", body)).json
    assert (told["is_valid"], told["code"]) == (False, "INVALID_QUANTITY")
    assert (told["fills"], told["requested"]) == ([], 0)


async def test_the_reads_are_on_the_socket_under_their_names(recorded: Recorded) -> None:
    house = recorded.house
    team = await house.register("alpha", "hedge_fund")
    await house.open_market()
    order = (await team.place("buy", 5, 10.0)).json
    named = {"order_id": order["order_id"]}
    terms = {"instrument_id": house.instruments[-1], "side": "buy", "quantity": 1, "price": 1.0}
    async with team.socket() as socket:
        events = await socket.request("orders.events", named)
        assert events["result"]["items"][0]["type"] == "order.accepted"
        told = await socket.request("orders.explanation", named)
        assert told["result"]["status"] == "working"
        preview = await socket.request("orders.preview", terms)
        assert preview["result"]["is_valid"]
