"""A house on nodes that are ended and begun anew one by one."""

import asyncio
from collections.abc import Sequence

from tests.gateway.house import ADMIN_KEY, Answered, House, Team
from tests.waiting import until


async def opened(house: House) -> Team:
    """Register a team, open the market, and let it have an order in the book."""
    team = await house.register("alpha")
    await house.open_market()
    assert (await team.place("sell", 5, 11.0, client_order_id="ask")).status == 201
    return team


async def stop(house: House, *names: str) -> None:
    """End nodes, and wait until the gateway has noticed."""
    assert house.ensemble is not None
    for name in names:
        await house.ensemble.nodes.pop(name).stop()
    followed = house.ensemble.doors
    await until(lambda: not any(followed[name].is_live for name in names))


async def restart(house: House, name: str) -> None:
    """Begin a node anew, and wait until the gateway follows it."""
    assert house.ensemble is not None
    await house.ensemble.restart(name)
    callees = house.gateway.reach.callees.values()
    await until(lambda: all(callee.takes_calls for callee in callees))


async def until_book(house: House, bids: Sequence[float], asks: Sequence[float]) -> None:
    """Read the last instrument's book, with a key that nobody meters, until it has these prices."""
    path = f"/exchange/orderbook/{house.instruments[-1]}"
    async with asyncio.timeout(10):
        while True:
            book = await house.call("GET", path, key=ADMIN_KEY)
            if book.status == 200 and prices(book, "bids") == bids and prices(book, "asks") == asks:
                return


def prices(book: Answered, side: str) -> list[float]:
    return [level["price"] for level in book.json[side]]


def assert_unavailable(answer: Answered) -> None:
    assert (answer.status, answer.json["code"]) == (503, "SERVICE_UNAVAILABLE"), answer.body
    assert int(answer.headers["retry-after"]) >= 1


def quote_in(house: House) -> dict[str, object]:
    name = house.instruments[-1]
    return {"instrument_id": name, "bid": 9.0, "bid_quantity": 1, "ask": 9.5, "ask_quantity": 1}
