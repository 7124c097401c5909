"""A game as several processes: each is killed under load, and nothing acknowledged is lost."""

import time
from http.client import HTTPConnection
from pathlib import Path

import pytest
from tests.system.copies import recovered_state_hash
from tests.system.fleet import Fleet
from tests.system.server import Server
from tests.system.test_kill import (
    Trader,
    check_books_and_positions,
    check_orders,
    wait_for_orders,
)

from itg.compose.verify import verify_data

CREATED = 201
KILLED = ("gateway-1", "nats", "node")


class Persistent(Trader):
    """Connects again and goes on until it is told to stop."""

    def __init__(self, server: Server, key: str, side: str, life: int) -> None:
        super().__init__(server, key, side, life)
        self.endured = frozenset({503, 504})
        self.told_s: list[float] = []

    def run(self) -> None:
        while self.is_trading:
            super().run()

    def _call(
        self, connection: HTTPConnection, method: str, path: str, body: object = None
    ) -> tuple[int, dict[str, object]]:
        status, answer = super()._call(connection, method, path, body)
        if status == CREATED:
            self.told_s.append(time.monotonic())
        return status, answer

    def stop(self) -> None:
        self.is_trading = False
        self.join()


def load(fleet: Fleet, keys: list[str], life: int) -> list[Persistent]:
    """Let the teams trade, half of them through each gateway."""
    traders = [
        Persistent(fleet.door(1 + n // 2), key, ("buy", "sell")[n % 2], life)
        for n, key in enumerate(keys)
    ]
    for trader in traders:
        trader.start()
    return traders


def kill_in_turn(data: Path, rounds: int) -> None:
    with Fleet(data) as fleet:
        node = fleet.door(0)
        keys = [fleet.door(1 + n % 2).register(f"team {n}", "market_maker")[1] for n in range(4)]
        fleet.door(2).open_market()
        lives: list[list[Persistent]] = []
        for life in range(rounds * len(KILLED)):
            name = KILLED[life % len(KILLED)]
            traders = load(fleet, keys, life)
            wait_for_orders([*traders], 60)
            fleet.until_started(name, fleet.kill(name))
            for door in range(3):
                fleet.until_ready(door)
            for trader in traders:
                trader.stop()
            lives.append(traders)
        for door in range(3):
            for traders in lives:
                for trader, key in zip(traders, keys, strict=True):
                    check_orders(fleet.door(door), trader, key)
            check_books_and_positions(fleet.door(door), keys)
        assert node.call("GET", "/health/ready")[0] == 200
    report = verify_data(data)
    assert report.is_equal, report.difference
    assert recovered_state_hash(data) == report.state_hash


@pytest.mark.nats
@pytest.mark.system
@pytest.mark.gate
@pytest.mark.timeout(600)
def test_each_process_is_killed_once_and_every_door_knows_every_acknowledged_order(
    tmp_path: Path,
) -> None:
    kill_in_turn(tmp_path / "data", 1)


@pytest.mark.nats
@pytest.mark.system
@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_each_process_is_killed_ten_times_in_turn(tmp_path: Path) -> None:
    kill_in_turn(tmp_path / "data", 10)
