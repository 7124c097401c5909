"""While positions is down orders and quotes can be taken out of the market, past it."""

from collections.abc import AsyncIterator

import pytest
from tests.gateway.degrading import assert_unavailable, opened, restart, stop, until_book
from tests.gateway.house import House

from itg.compose.topologies import nodes_of
from itg.exchange.contract import MassCancel
from itg.gateway.settings import GatewaySettings
from itg.runtime.joined_machine import JoinedMachine, codec_of
from itg.runtime.journal import read
from itg.runtime.recovery import verify

pytestmark = pytest.mark.gate


@pytest.fixture(autouse=True)
def apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(House, "topology", "apart")


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with House() as running:
        yield running


async def test_without_positions_an_order_is_canceled_and_its_owner_told_when_it_is_back(
    house: House,
) -> None:
    team = await opened(house)
    bid = (await team.place("buy", 2, 9.0)).json
    name = house.instruments[-1]
    async with team.socket(f"book.{name}", "private") as socket:
        await socket.push(f"book.{name}", "snapshot")
        await stop(house, "positions")
        # By its id and by the owner's name for it: the same answers as ever.
        gone = await team.call("DELETE", f"/exchange/orders/{bid['order_id']}")
        assert (gone.status, gone.json["status"]) == (200, "canceled"), gone.body
        named = await team.call("DELETE", "/exchange/orders/by-client-id/ask")
        assert (named.status, named.json["status"]) == (200, "canceled")
        delta = await socket.push(f"book.{name}", "delta")
        assert delta["data"]["bids"] == [[9.0, 0]]
        again = await team.call("DELETE", f"/exchange/orders/{bid['order_id']}")
        assert (again.status, again.json["code"]) == (409, "ORDER_ALREADY_DONE")
        nobody = await team.call("DELETE", "/exchange/orders/7777")
        assert (nobody.status, nobody.json["code"]) == (404, "ORDER_NOT_FOUND")
        assert_unavailable(await team.call("DELETE", "/exchange/orders/by-client-id/none"))
        await restart(house, "positions")
        told = [await socket.push("private", "order.canceled") for _ in range(2)]
        assert [one["data"]["order"]["order_id"] for one in told] == [
            bid["order_id"],
            named.json["order_id"],
        ]
    for answer in (gone, named):
        read = await team.call("GET", f"/exchange/orders/{answer.json['order_id']}")
        assert read.json == answer.json, "what was said without positions is what it says"
    assert (await team.call("GET", "/positions/me")).status == 200
    assert (await team.place("buy", 1, 9.0)).status == 201


async def test_without_positions_nobody_cancels_what_is_another_teams(house: House) -> None:
    team = await opened(house)
    other = await house.register("beta")
    order = (await team.place("buy", 2, 9.0)).json
    assert (await other.call("GET", "/positions/me")).status == 200
    await stop(house, "positions")
    theirs = await other.call("DELETE", f"/exchange/orders/{order['order_id']}")
    assert (theirs.status, theirs.json["code"]) == (404, "ORDER_NOT_FOUND")
    assert (await other.call("DELETE", "/exchange/orders")).json["order_ids"] == []
    mine = await team.call("DELETE", f"/exchange/orders/{order['order_id']}")
    assert (mine.status, mine.json["leaves_quantity"]) == (200, 0)


async def test_without_positions_all_orders_and_quotes_can_be_taken_out(house: House) -> None:
    team = await opened(house)
    other = house.instruments[-2]
    quote = {"instrument_id": other, "bid": 9.0, "bid_quantity": 3, "ask": 9.5, "ask_quantity": 3}
    set_quote = await team.call("PUT", "/exchange/quotes", {"quotes": [quote]})
    assert (set_quote.status, set_quote.json["rejected"]) == (200, []), set_quote.body
    orders = [(await team.place("buy", 1, 9.0, tag=tag)).json["order_id"] for tag in "abb"]
    await stop(house, "positions")
    tagged = await team.call("DELETE", "/exchange/orders?tag=b")
    assert (tagged.status, tagged.json["order_ids"]) == (200, orders[1:])
    rest = await team.call("DELETE", "/exchange/orders")
    assert orders[0] in rest.json["order_ids"]
    assert len(rest.json["order_ids"]) == 2
    book = await team.call("GET", f"/exchange/orderbook/{other}")
    assert len(book.json["bids"]) == 1, "a mass cancel of orders leaves quotes"
    pulled = await team.call("DELETE", f"/exchange/quotes/{other}")
    assert pulled.status == 200
    assert [(q["instrument_id"], q["bid"], q["ask"]) for q in pulled.json["quotes"]] == [
        (other, None, None)
    ]
    await restart(house, "positions")
    assert (await team.call("GET", "/exchange/orders")).json["items"] == []
    assert (await team.call("GET", "/exchange/quotes")).json["quotes"] == []
    used = (await team.call("GET", "/exchange/orders?status=done")).json["items"]
    assert {order["status"] for order in used} == {"canceled"}
    assert house.ensemble is not None
    fresh = nodes_of("apart", house.ensemble.fresh())
    report = verify(house.ensemble.joined_journal(), JoinedMachine(fresh))
    assert report.difference is None, "what went past positions replays like all else"
    assert any(
        isinstance(record.body, MassCancel)
        for record in read(house.ensemble.joined_journal(), codec_of(fresh))
    )


async def test_without_positions_who_loses_the_connection_is_taken_out_all_the_same() -> None:
    async with House(settings=GatewaySettings(absence_s=0.1)) as house:
        team = await opened(house)
        async with team.socket(path="/ws?cancel_on_disconnect=all"):
            await stop(house, "positions")
        await until_book(house, [], [])
