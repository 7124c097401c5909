"""With a node down, what does not need it goes on; what does is refused or waits, and says so."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.gateway.house import ADMIN_KEY, House, Team

pytestmark = pytest.mark.gate


@pytest.fixture
async def house(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(House, "topology", "apart")
    async with House() as running:
        yield running


async def opened(house: House) -> Team:
    """Register a team, open the market, and let it have an order in the book."""
    team = await house.register("alpha")
    await house.open_market()
    assert (await team.place("sell", 5, 11.0)).status == 201
    return team


async def stop(house: House, *names: str) -> None:
    """End nodes, and wait until the gateway has noticed."""
    assert house.ensemble is not None
    for name in names:
        await house.ensemble.nodes[name].stop()
    followed = house.ensemble.doors
    async with asyncio.timeout(10):
        while any(followed[name].is_live for name in names):  # noqa: ASYNC110 - nobody tells
            await asyncio.sleep(0)


async def test_without_the_world_orders_are_taken_and_matched(house: House) -> None:
    team = await opened(house)
    await stop(house, "market_data", "news", "signals", "retail")
    taken = await team.place("buy", 5, 11.0, stp="allow")
    assert (taken.status, taken.json["status"]) == (201, "filled")
    assert (await team.call("GET", "/positions/me")).status == 200
    book = await team.call("GET", f"/exchange/orderbook/{taken.json['instrument_id']}")
    assert (book.status, book.json["asks"]) == (200, [])


async def test_without_the_game_known_teams_trade_and_nobody_registers(house: House) -> None:
    team = await opened(house)
    await stop(house, "game")
    assert (await team.place("buy", 1, 9.0)).status == 201
    body = {"team_name": "late", "role": "market_maker"}
    late = await house.call("POST", "/game/teams/register", body)
    assert (late.status, late.json["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert int(late.headers["retry-after"]) >= 1
    halted = await house.call("POST", "/admin/rounds/1/end", {}, key=ADMIN_KEY)
    assert halted.status == 503


async def test_without_positions_new_orders_are_refused_and_books_are_read(house: House) -> None:
    team = await opened(house)
    await stop(house, "positions")
    refused = await team.place("buy", 1, 9.0)
    assert (refused.status, refused.json["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert (await team.call("GET", "/positions/me")).status == 503
    book = await team.call("GET", f"/exchange/orderbook/{house.instruments[-1]}")
    assert [level["price"] for level in book.json["asks"]] == [11.0]


async def test_an_order_for_an_exchange_that_is_down_is_placed_when_it_is_back(
    house: House,
) -> None:
    team = await opened(house)
    assert house.ensemble is not None
    await stop(house, "exchange.0")
    late = await team.place("buy", 1, 9.0, client_order_id="mine")
    assert (late.status, late.json["code"]) == (504, "PROCESSING_TIMEOUT")
    await house.ensemble.restart("exchange.0")
    async with asyncio.timeout(10):
        while (await team.call("GET", "/exchange/orders/by-client-id/mine")).status != 200:
            pass
    again = await team.place("buy", 1, 9.0, client_order_id="mine")
    assert (again.status, again.json["status"]) == (201, "working")
    assert again.headers["idempotent-replayed"] == "true"
