"""The server is killed without warning under load: nothing acknowledged is lost or doubled."""

import http.client
import json
import shutil
import threading
import time
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from tests.dice import Dice
from tests.system.copies import recovered_state_hash
from tests.system.server import Server

from itg.compose.verify import verify_data

KILLS = 3
KILLS_IN_THE_GATE = 10
CLIENTS = 4
READY_S_MAX = 5.0


class Trader(threading.Thread):
    """Places and cancels over one connection until the server dies; keeps what was acknowledged."""

    def __init__(self, server: Server, key: str, side: str, life: int) -> None:
        super().__init__(daemon=True)
        self.port, self.key, self.side, self.life = server.port, key, side, life
        self.acknowledged: dict[str, dict[str, object]] = {}
        self.canceled: set[str] = set()
        self.dice = Dice(f"{key}/{life}")
        self.numbers = count()
        self.is_trading = True
        self.endured: frozenset[int] = frozenset()  # answers that leave an order's fate open

    def run(self) -> None:
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)) as connection:
            self._trade(connection)

    def _trade(self, connection: http.client.HTTPConnection) -> None:
        while self.is_trading:
            client_order_id = f"{self.life}-{self.side}-{next(self.numbers)}"
            body = {
                "instrument_id": "SPX",
                "side": self.side,
                "quantity": self.dice.randint(1, 5),
                "price": 4400 + self.dice.randint(-20, 20) * 0.01,
                "client_order_id": client_order_id,
            }
            try:
                status, order = self._call(connection, "POST", "/exchange/orders", body)
                if status in self.endured:
                    continue
                assert status == 201, order
                self.acknowledged[client_order_id] = order
                if self.dice.random() < 0.3:
                    path = f"/exchange/orders/{order['order_id']}"
                    status, _ = self._call(connection, "DELETE", path)
                    if status == 200:
                        self.canceled.add(client_order_id)
            except (OSError, http.client.HTTPException):
                return

    def _call(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: object = None
    ) -> tuple[int, dict[str, object]]:
        headers = {"X-API-Key": self.key, "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"{}")


def kill_and_check(data: Path, kills: int) -> None:
    dice = Dice(11)
    server = Server(data)
    with server:
        keys = [server.register(f"team {n}", "market_maker")[1] for n in range(CLIENTS)]
        server.open_market()
        for life in range(kills):
            traders = [
                Trader(server, key, ("buy", "sell")[n % 2], life) for n, key in enumerate(keys)
            ]
            for trader in traders:
                trader.start()
            wait_for_orders(traders, dice.randint(50, 400))
            server.kill()
            for trader in traders:
                trader.join()
            check_copy(data, data.with_name(f"copy-{life}"))
            server.start()
            assert server.ready_s < READY_S_MAX
            for trader, key in zip(traders, keys, strict=True):
                check_orders(server, trader, key)
            check_books_and_positions(server, keys)


def wait_for_orders(traders: list[Trader], orders: int) -> None:
    deadline = time.monotonic() + 30
    while sum(len(t.acknowledged) for t in traders) < orders:
        assert time.monotonic() < deadline, "the load does not get through"
        assert any(t.is_alive() for t in traders), "every trader gave up"


def check_copy(data: Path, copy: Path) -> None:
    """What the dead server left replays to what it recorded, from zero and from its snapshot."""
    shutil.copytree(data, copy)
    report = verify_data(copy)
    assert report.is_equal, report.difference
    assert recovered_state_hash(copy) == report.state_hash
    shutil.rmtree(copy)


def check_orders(server: Server, trader: Trader, key: str) -> None:
    order_ids = set()
    for client_order_id, first in trader.acknowledged.items():
        status, order = read(server, f"/exchange/orders/by-client-id/{client_order_id}", key)
        assert status == 200, (client_order_id, order)
        assert order["order_id"] == first["order_id"]
        assert int(str(order["filled_quantity"])) >= int(str(first["filled_quantity"]))
        if client_order_id in trader.canceled:
            assert order["status"] in {"canceled", "filled"}
        order_ids.add(order["order_id"])
    assert len(order_ids) == len(trader.acknowledged)


def read(server: Server, path: str, key: str) -> tuple[int, dict[str, object]]:
    """Return an answer, asked for again while the team asks for more than it may in a second."""
    while (answer := server.call("GET", path, key=key))[0] == 429:
        pass
    return answer


def working(server: Server, key: str) -> list[dict[str, Any]]:
    """Return a team's working orders, page by page."""
    orders: list[dict[str, Any]] = []
    cursor = ""
    while True:
        _, page = read(server, f"/exchange/orders?limit=1000{cursor}", key)
        orders += page["items"]  # type: ignore[arg-type]
        if page["next_cursor"] is None:
            return orders
        cursor = f"&cursor={page['next_cursor']}"


def check_books_and_positions(server: Server, keys: list[str]) -> None:
    held = 0
    resting: dict[float, int] = {}
    for key in keys:
        _, positions = read(server, "/positions/me", key)
        held += sum(row["net_quantity"] for row in positions["positions"])  # type: ignore[attr-defined]
        for order in working(server, key):
            resting[order["price"]] = resting.get(order["price"], 0) + order["leaves_quantity"]
    assert held == 0
    _, book = read(server, "/exchange/orderbook/SPX", keys[0])
    levels = [*book["bids"], *book["asks"]]  # type: ignore[misc]
    assert {level["price"]: level["quantity"] for level in levels} == resting


@pytest.mark.timeout(180)
def test_a_killed_server_keeps_every_acknowledged_order(tmp_path: Path) -> None:
    kill_and_check(tmp_path / "data", KILLS)


@pytest.mark.gate
def test_ten_kills_under_load_lose_and_double_nothing(tmp_path: Path) -> None:
    kill_and_check(tmp_path / "data", KILLS_IN_THE_GATE)
