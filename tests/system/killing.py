"""Processes killed in turn while teams trade: when each team trades again, and what is lost."""

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from http.client import HTTPConnection
from statistics import median

import structlog
from tests.system.fleet import READY_S_MAX, Fleet
from tests.system.server import Server
from tests.system.test_kill import (
    Trader,
    check_books_and_positions,
    check_orders,
    wait_for_orders,
)

log = structlog.get_logger()
Blow = Callable[[], float]
CREATED = 201
TEAMS = 4
DOORS = range(3)
_NEVER = threading.Event()


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

    def back_s(self, struck_s: float) -> float:
        """Wait for an order acknowledged after a moment; return how long after it."""
        deadline = time.monotonic() + READY_S_MAX
        while not self.told_s or self.told_s[-1] < struck_s:
            assert time.monotonic() < deadline, "a team does not trade again"
            _NEVER.wait(0.01)
        return next(told_s for told_s in self.told_s if told_s >= struck_s) - struck_s

    def stop(self) -> None:
        self.is_trading = False
        self.join()


def load(fleet: Fleet, keys: Sequence[str], life: int) -> list[Persistent]:
    """Let the teams trade, half of them through each gateway."""
    traders = [
        Persistent(fleet.door(1 + n // 2), key, ("buy", "sell")[n % 2], life)
        for n, key in enumerate(keys)
    ]
    for trader in traders:
        trader.start()
    return traders


def opened_with_teams(fleet: Fleet) -> list[str]:
    """Register the teams and open the market; return the keys."""
    keys = [fleet.door(1 + n % 2).register(f"team {n}", "market_maker")[1] for n in range(TEAMS)]
    fleet.door(0).open_market()
    return keys


def killing(fleet: Fleet, names: Sequence[str]) -> dict[str, Blow]:
    """Return the blows that kill processes of a fleet, each until it is started again.

    A blow returns when it had struck: nothing that was acknowledged after that was so before.
    """

    def blow(name: str) -> float:
        starts = fleet.kill(name)
        struck_s = time.monotonic()
        fleet.until_started(name, starts)
        return struck_s

    return {name: partial(blow, name) for name in names}


def strike_in_turn(fleet: Fleet, blows: Mapping[str, Blow], rounds: int) -> None:
    """Strike each in turn under load, so often; then every door knows every acknowledged order."""
    keys, lives = opened_with_teams(fleet), []
    back_s: dict[str, list[float]] = defaultdict(list)
    for life in range(rounds * len(blows)):
        name = [*blows][life % len(blows)]
        traders = load(fleet, keys, life)
        wait_for_orders([*traders], 60)
        struck_s = blows[name]()
        back_s[name].append(max(trader.back_s(struck_s) for trader in traders))
        log.info("struck", name=name, life=life, back_s=round(back_s[name][-1], 2))
        for door in DOORS:
            fleet.until_ready(door)
        for trader in traders:
            trader.stop()
        lives.append(traders)
    for door in DOORS:
        for traders in lives:
            for trader, key in zip(traders, keys, strict=True):
                check_orders(fleet.door(door), trader, key)
        check_books_and_positions(fleet.door(door), keys)
    for name, times in back_s.items():
        log.info("all_trade_again", name=name, p50_s=round(median(times), 2), max_s=max(times))
    orders = sum(len(trader.acknowledged) for traders in lives for trader in traders)
    log.info("nothing_lost_or_doubled", acknowledged=orders, kills=len(lives))
