"""A scored round that is played in some seconds, for the pages that show scores and reports."""

import time
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import Any

from msgspec import json
from tests.system.server import Server

from itg.wire.v1.report import ReportBody

# `liquid` has pars, so that there are scores; one expiry, so that a busy machine keeps pace.
SCENARIO = """
extends = "liquid"
title = "A short round"
seed = 5

[clock]
speed = 20

[registration]
open = false
max_teams = 40

[session]
kind = "organizer"
starts = 09:00:00
session_s = 28_800

[series]
expiries = 1

[retail]
orders_per_minute = 40
"""
ROLES = ("market_maker", "hedge_fund", "arbitrage_desk")
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

    def report(self, team: int) -> ReportBody | None:
        """Return a team's report once it is written."""
        path = f"/game/rounds/1/report?team_id={self.ids[team]}&format=json"
        status, text = self.server.call_raw("GET", path, key=self.admin_key)
        return json.decode(text, type=ReportBody) if status == 200 else None

    def scores(self) -> Answer:
        return self.do("GET", "/game/scores?round_id=1")

    def trade(self) -> None:
        """Let the first maker quote, the first fund buy what the house sells and others' quotes."""
        self.until(self._is_bought, "something was bought")

    def until_minutes(self, minutes: int) -> None:
        """Return once so many minutes of the game have gone by from now."""
        end_us = self._now_us() + minutes * 60_000_000
        self.until(lambda: self._now_us() >= end_us, f"{minutes} minutes of the game went by")

    def end(self) -> None:
        """End the round and return once its reports are there."""
        self.do("POST", "/admin/rounds/1/end")
        self.until(lambda: self.report(len(self.ids) - 1) is not None, "the reports were written")

    def until(self, is_so: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + DEADLINE_S
        while not is_so():
            assert time.monotonic() < deadline, f"waited in vain until {what}"
            Event().wait(0.1)

    def _now_us(self) -> int:
        return int(self.do("GET", "/game/time")["game_us"])

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


def server_of(folder: Path) -> Server:
    """Return a server for a short round; it is started by whoever enters it."""
    scenario = folder / "short-round.toml"
    scenario.write_text(SCENARIO, encoding="utf-8")
    return Server(folder / "data", str(scenario))
