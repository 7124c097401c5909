"""Whatever somebody saw, on a socket or in an answer, is there after the server was killed."""

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import aiohttp
import pytest
from tests.dice import Dice
from tests.system.server import Server
from tests.system.test_kill import Trader, read, wait_for_orders

from itg.compose.verify import machine_of, opened_for_reading
from itg.kernel.messages import Query
from itg.runtime.journal import read as records_of

pytestmark = pytest.mark.system
KILLS = 2
TOLD = {"order.accepted", "order.canceled", "fill", "position"}


class Watcher(threading.Thread):
    """Listens on a team's socket, and asks for its fills, until the server dies."""

    def __init__(self, server: Server, key: str) -> None:
        super().__init__(daemon=True)
        self.url, self.key = server.url, key
        self.pushed: list[dict[str, object]] = []
        self.answered: dict[object, object] = {}

    def run(self) -> None:
        with suppress(OSError, aiohttp.ClientError):
            asyncio.run(self._watch())

    async def _watch(self) -> None:
        headers = {"X-API-Key": self.key}
        async with aiohttp.ClientSession(self.url, headers=headers) as http:
            await asyncio.gather(self._listen(http), self._ask(http))

    async def _listen(self, http: aiohttp.ClientSession) -> None:
        async with http.ws_connect("/ws") as socket:
            ask = {"id": 1, "method": "subscribe", "params": {"channels": ["private"]}}
            await socket.send_json(ask)
            async for message in socket:
                frame = json.loads(message.data)
                if frame.get("channel") == "private" and frame["type"] in TOLD:
                    self.pushed.append(frame)

    async def _ask(self, http: aiohttp.ClientSession) -> None:
        while True:
            async with http.get("/exchange/fills?limit=1000") as answer:
                page = await answer.json()
                self.answered.update(by_trade(page.get("items", ())))


def by_trade(items: list[dict[str, object]]) -> dict[object, object]:
    return {(fill["trade_id"], fill["order_id"]): fill for fill in items}


def pages(server: Server, path: str, key: str) -> Iterator[dict[str, object]]:
    """Yield every item of a paged read."""
    cursor = ""
    while True:
        _, page = read(server, f"{path}limit=1000{cursor}", key)
        yield from page["items"]  # type: ignore[misc]
        if page["next_cursor"] is None:
            return
        cursor = f"&cursor={page['next_cursor']}"


@pytest.mark.timeout(120)
def test_what_was_seen_before_a_kill_is_there_after_it(tmp_path: Path) -> None:
    dice, seen = Dice(5), 0
    with Server(tmp_path / "data") as server:
        keys = [server.register(name, "market_maker")[1] for name in ("Buyer", "Seller")]
        server.open_market()
        for life in range(KILLS):
            watchers = [Watcher(server, key) for key in keys]
            traders = [Trader(server, keys[n], ("buy", "sell")[n], life) for n in range(2)]
            for thread in (*watchers, *traders):
                thread.start()
            wait_for_orders(traders, dice.randint(60, 200))
            server.kill()
            for thread in (*watchers, *traders):
                thread.join()
            server.start()
            for watcher in watchers:
                check(server, watcher)
                seen += len(watcher.pushed)
            assert any(watcher.answered for watcher in watchers)
    assert seen > KILLS * 50
    with closing(opened_for_reading(server.data)) as journal:
        bodies = [record.body for record in records_of(journal, machine_of(journal).codec)]
    assert len(bodies) > KILLS * 50
    assert not [body for body in bodies if isinstance(body, Query)]


def check(server: Server, watcher: Watcher) -> None:
    orders = {
        order["order_id"]: order
        for order in pages(server, "/exchange/orders?status=all&", watcher.key)
    }
    fills = by_trade([*pages(server, "/exchange/fills?", watcher.key)])
    for frame in watcher.pushed:
        data = frame["data"]
        assert isinstance(data, dict)
        match frame["type"]:
            case "fill":
                assert (data["trade_id"], data["order_id"]) in fills
            case "order.accepted":
                assert data["order"]["order_id"] in orders
            case "order.canceled":
                assert orders[data["order"]["order_id"]]["status"] == "canceled"
            case told:
                assert told == "position"
    for name, fill in watcher.answered.items():
        assert fills[name] == fill
