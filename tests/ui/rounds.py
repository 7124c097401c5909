"""Scored rounds for the pages that show scores and reports: one under way, and one that is over.

The one that is over is played here, on a clock that costs no time; a server then opens its data.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Event
from typing import Any

from msgspec import json
from tests.compose.reported import ROLES, SEED, ReportedGame
from tests.system.server import Server

from itg.wire.v1.report import ReportBody

# `liquid` has pars, so that there are scores; one expiry, so that a busy machine keeps pace.
UNDER_WAY = """
extends = "liquid"
title = "A round under way"

[registration]
open = false
max_teams = 40

[session]
kind = "organizer"
starts = 09:00:00
session_s = 28_800

[series]
expiries = 1
"""
# Two days, for a server with no round to come ends at once.
OVER = """
extends = "liquid"
title = "A round that is over"
teams = []

[session]
kind = "timed"
days = 2
pre_open_s = 60
freeze_s = 10
continuous = 09:30:00
continuous_s = 150

[series]
expiries = 1
"""
ADMIN_KEY = "itg_of_the_organizer"
TEAMS = 3
DEADLINE_S = 60.0
Answer = dict[str, Any]


class Round:
    """The first round of a game with so many teams, under way."""

    def __init__(self, server: Server, names: tuple[str, ...]) -> None:
        self.server = server
        self.names = names
        self.ids: list[str] = []
        self.keys: list[str] = []
        for number, name in enumerate(names):
            body = {"team_name": name, "role": ROLES[number % len(ROLES)]}
            told = self.do("POST", "/admin/teams", body)
            self.ids.append(told["team_id"])
            self.keys.append(told["api_key"])
        server.open_market()

    @property
    def admin_key(self) -> str:
        return self.server.admin_key

    def do(self, method: str, path: str, body: object = None, key: str = "") -> Answer:
        """Ask what has to succeed, as the organizer without a key; return the answer."""
        status, told = self.server.call(method, path, body, key or self.admin_key)
        assert status in {200, 201}, (method, path, status, told)
        return told

    def place(self, team: int, **order: object) -> Answer:
        """Place an order with a `client_order_id`; where its outcome was unknown, ask again."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            status, told = self.server.call("POST", "/exchange/orders", order, self.keys[team])
            if status in {200, 201}:
                return told
            assert status in {503, 504}, (status, told)
            assert time.monotonic() < deadline, told

    def cancel(self, team: int, order_id: object) -> None:
        """Cancel an order, and return once it is done."""
        path, key = f"/exchange/orders/{order_id}", self.keys[team]

        def is_done() -> bool:
            if self.do("GET", path, key=key)["status"] == "canceled":
                return True
            self.server.call("DELETE", path, None, key)
            return False

        self.until(is_done, f"order {order_id} was canceled")

    def act(self, act: str, status: str) -> None:
        """Pause or resume the round, and return once it stands so."""

        def is_done() -> bool:
            # A machine too busy to answer in time does it all the same, or is asked anew.
            if self.do("GET", "/game/rounds/1")["status"] == status:
                return True
            self.server.call("POST", f"/admin/rounds/1/{act}", None, self.admin_key)
            return False

        self.until(is_done, f"the round was {status}")

    def scores(self) -> Answer:
        return self.do("GET", "/game/scores?round_id=1")

    def trade(self) -> None:
        """Let the first maker quote, the first fund buy what the house sells and others' quotes."""
        self.until(self._is_bought, "something was bought")

    def until(self, is_so: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not is_so():
            assert time.monotonic() < deadline, f"waited in vain until {what}"
            Event().wait(0.1)

    def _is_bought(self) -> bool:
        # A halt, a guard or an empty book lets a taker wait or end: then it is asked for anew.
        series, mark = self._series()
        quote = {
            "instrument_id": series,
            "bid": round(mark * 0.98, 1),
            "bid_quantity": 20,
            "ask": round(mark * 1.02, 1),
            "ask_quantity": 20,
        }
        self.server.call("PUT", "/exchange/quotes", {"quotes": [quote]}, self.keys[0])
        for instrument, quantity in ((series, 10), ("SPX", 1)):
            order = {
                "instrument_id": instrument,
                "side": "buy",
                "quantity": quantity,
                "order_type": "market",
            }
            self.server.call("POST", "/exchange/orders", order, self.keys[1])
        return all(self._filled(key) for key in self.keys[:2])

    def _series(self) -> tuple[str, float]:
        rows = self.do("GET", "/market/chains/SPX")["items"]
        dearest = max(rows, key=lambda row: row["mark_price"])
        return dearest["instrument_id"], dearest["mark_price"]

    def _filled(self, key: str) -> bool:
        return bool(self.do("GET", "/exchange/fills", key=key)["items"])


class Over:
    """A round that three teams played to its end, served with the next one to come."""

    keys = tuple(f"Team {number + 1}" for number in range(TEAMS))
    ids = tuple(f"t{number + 1}" for number in range(TEAMS))
    admin_key = ADMIN_KEY

    def __init__(self, server: Server) -> None:
        self.server = server
        self.url = server.url

    def read(self, path: str, key: str) -> Answer:
        status, told = self.server.call("GET", path, key=key)
        assert status == 200, (path, told)
        return told

    def report(self, team: int) -> ReportBody:
        """Return a team's report as the server wrote it."""
        path = "/game/rounds/1/report?format=json"
        status, text = self.server.call_raw("GET", path, key=self.keys[team])
        assert status == 200, text
        return json.decode(text, type=ReportBody)


@contextmanager
def under_way(folder: Path, names: tuple[str, ...]) -> Iterator[Round]:
    """Start a server and its round with these teams, in continuous trading."""
    scenario = folder / "under-way.toml"
    scenario.write_text(UNDER_WAY, encoding="utf-8")
    with Server(folder / "data", str(scenario)) as server:
        yield Round(server, names)


@contextmanager
def over(folder: Path) -> Iterator[Over]:
    """Play a round to its end, and start a server on its data."""
    data = folder / "data"
    # In a thread of its own: a browser's loop runs in this one.
    with ThreadPoolExecutor(1) as player:
        player.submit(lambda: asyncio.run(_play(data))).result()
    key = data / "admin.key"
    key.write_text(f"{ADMIN_KEY}\n", encoding="utf-8")
    key.chmod(0o600)
    with Server(data, str(data.with_suffix(".toml")), "--seed", str(SEED)) as server:
        yield Over(server)


async def _play(data: Path) -> None:
    game = ReportedGame(data, text=OVER, admin_key=ADMIN_KEY, teams=TEAMS)
    game.play()
    await game.stop()
