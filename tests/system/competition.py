"""A competition's day as its organizer lives it: a real server, bots on sockets, acts by command.

A practice round and two scored rounds whose roles go round. What is to be seen afterwards is kept
in `Played`; nothing is judged here beyond "the act was done".
"""

import csv
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from msgspec import Struct, field
from tests.system.desk import Desk
from tests.system.server import Json, Server

SCENARIO = """
extends = "demo"
title = "Competition day"
seed = 11
first_day = 2026-12-03  # a Thursday: what is traded on Tuesday has not expired by its close
teams = []
[clock]
speed = 8
start_on_create = false
[registration]
open = false
rotation = "latin_square"
[session]
days = 3
practice_days = 1
pre_open_s = 24
freeze_s = 2
continuous_s = 280
[series]
expiries = 1
"""
BOTS = ("Amber", "Blue", "Coral", "Dune", "Ember", "Fern")
HAND = "Gold"  # plays without a bot, from this file
DEADLINE_S = 90.0
OVERLAP_S = 6
PRACTICE, FIRST, SECOND = 1, 2, 3


class Played(Struct, kw_only=True):
    """What was seen of the day while it was played, and where its data lie."""

    data: Path
    printed: list[Json] = field(default_factory=list)
    roles: dict[int, dict[str, str]] = field(default_factory=dict)
    live: dict[int, str] = field(default_factory=dict)  # each round's scores, as last read
    told_first: str = ""  # the first round's scores before a trade of it was undone
    undone: list[int] = field(default_factory=list)  # trades
    undone_late: int = 0
    audit: list[Json] = field(default_factory=list)
    acts: list[tuple[str, str, str]] = field(default_factory=list)  # act, who, why
    messages: list[str] = field(default_factory=list)
    bundles: dict[int, Path] = field(default_factory=dict)


class Day:
    """The day under way."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.desk = Desk(server)
        self.played = Played(data=server.data)
        self.keys: dict[str, str] = {}
        self.second_key = ""
        self.orders = 0

    def act(self, act: str, why: str, *words: str, who: str = "organizer") -> str:
        """Do what the audit must hold as `act`, with its reason."""
        self.played.acts.append((act, who, why))
        return self.desk.do(*words, "--reason", why)

    def ask(self, act: str, method: str, path: str, body: Json, key: str | None = None) -> Json:
        """Do the same over REST, as the first organizer or the second."""
        who = "organizer" if key is None else "second desk"
        self.played.acts.append((act, who, str(body["reason"])))
        status, told = self.server.call(method, path, body, key or self.server.admin_key)
        assert status in {200, 201}, (path, told)
        return told

    def teams(self) -> dict[str, Json]:
        rows = self.desk.read("team", "list")
        assert isinstance(rows, list)
        return {row["team_name"]: row for row in rows}

    def note_roles(self, round_id: int) -> None:
        self.played.roles[round_id] = {n: str(t["role"]) for n, t in self.teams().items()}

    def read_keys(self) -> None:
        text = (self.server.data / "team-keys.csv").read_text("utf-8")
        for row in csv.DictReader(text.splitlines()):
            self.keys[row["team_name"]] = row["api_key"]

    def scores(self, round_id: int) -> Json:
        """Read a round's scores, every term of every team, as they stand."""
        path = f"/game/scores?round_id={round_id}"
        status, text = self.server.call_raw("GET", path, key=self.server.admin_key)
        assert status == 200, text
        self.played.live[round_id] = text
        told = json.loads(text)
        assert isinstance(told, dict)
        return told

    def until(self, is_so: Callable[[], bool], what: str) -> None:
        """Wait until something is so, looking rarely: the machine is the market's."""
        deadline = time.monotonic() + DEADLINE_S
        while not is_so():
            assert time.monotonic() < deadline, f"waited in vain until {what}"
            Event().wait(0.1)

    def until_phase(self, phase: str) -> None:
        self.until(lambda: self.desk.phase() == phase, phase)

    def subscribed(self) -> set[str]:
        """Return the teams that hear their own events on a socket."""
        _, told = self.server.call("GET", "/admin/connections", key=self.server.admin_key)
        rows = told["items"]
        assert isinstance(rows, list)
        return {
            row["team_name"]
            for row in rows
            if any("private" in socket["channels"] for socket in row["connections"])
        }

    def trade(self, side: str, quantity: int) -> int:
        """Let the team without a bot trade an underlying at the market; return the trade."""
        fills: list[Json] = []

        def is_filled() -> bool:
            # While a guard stands or halts end, a taker waits; then it is asked for anew.
            self.orders += 1
            body = {
                "instrument_id": "SPX",
                "side": side,
                "quantity": quantity,
                "order_type": "market",
                "time_in_force": "ioc",
                "client_order_id": f"by-hand-{self.orders}",
            }
            status, told = self.server.call("POST", "/exchange/orders", body, self.keys[HAND])
            assert status == 201 or told["code"] == "WRONG_PHASE", told
            found = told.get("fills", [])
            assert isinstance(found, list)
            fills.extend(found)
            return bool(found)

        self.until(is_filled, f"{HAND} traded")
        number = fills[0]["trade_id"]
        assert isinstance(number, int)
        return number

    def key_works(self, key: str) -> bool:
        return self.server.call("GET", "/positions/me", key=key)[0] == 200


@contextmanager
def bots(day: Day) -> Iterator[subprocess.Popen[bytes]]:
    """Let reference bots play the roles of now, in a process of their own, to the round's end."""
    teams = day.teams()
    crew = [
        {"role": teams[name]["role"], "api_key": day.keys[name], "seed": seed}
        for seed, name in enumerate(BOTS, start=1)
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "itg", "bot", "crew"], stdin=subprocess.PIPE, env={**os.environ}
    )
    assert process.stdin is not None
    process.stdin.write(json.dumps({"url": day.server.url, "bots": crew}).encode())
    process.stdin.close()
    try:
        day.until(lambda: day.subscribed() >= {*BOTS}, "the bots were connected")
        yield process
        assert process.wait(DEADLINE_S) == 0, "the bots did not play to the round's end"
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGKILL)
            process.wait()


def play_day(folder: Path) -> Played:
    """Play the whole day and stop the server."""
    file, roster = folder / "day.toml", folder / "roster.csv"
    file.write_text(SCENARIO, encoding="utf-8")
    rows = "".join(f"{name},hedge_fund\n" for name in (*BOTS, HAND))
    roster.write_text(f"team_name,role\n{rows}", encoding="utf-8")
    with Server(folder / "data", str(file)) as server:
        day = Day(server)
        day.act("team.import", "the season's roster", "team", "import", str(roster))
        day.read_keys()
        printed = day.desk.read("team", "schedule")
        assert isinstance(printed, list)
        day.played.printed = printed
        practice(day)
        first_round(day)
        after_first_round(day)
        second_round(day)
        close_day(day)
        assert server.stop() == 0
    return day.played


def practice(day: Day) -> None:
    day.act("round.start", "a first look", "game", "start")
    day.note_roles(PRACTICE)
    day.act("round.end", "seen enough", "game", "end", "--yes")


def first_round(day: Day) -> None:
    day.act("round.start", "on time", "game", "start")
    day.note_roles(FIRST)
    with bots(day):
        day.until_phase("continuous")
        correct_and_halt(day)
        rotate_and_kill(day)
        day.scores(FIRST)
        day.trade("sell", 2)


def correct_and_halt(day: Day) -> None:
    played = day.played
    for quantity in (3, 2):
        played.undone.append(day.trade("buy", quantity))
    trigger = ("news", "trigger", "gdp-beat", "--in", "0", "--shift", "--jump", "0.004")
    day.act("news.announce", "a drill", *trigger)
    day.act("message.send", "all should know", "team", "message", "a headline is a drill")
    day.act("market.halt", "a look at SPX", "game", "halt", "--underlying", "SPX", "--for", "200")
    day.act("market.resume", "it was fine", "game", "resume", "--halt", "--underlying", "SPX")
    day.until_phase("continuous")
    bust, move = (
        ("trade", "bust", str(played.undone[0])),
        ("trade", "adjust", str(played.undone[1])),
    )
    day.act("trade.bust", "a wrong button", *bust, "--yes")
    day.act("trade.adjust", "a stale price", *move, "--price", "4400.25", "--yes")
    key = {"key_name": "second desk", "is_organizer": True, "reason": "two of us today"}
    day.second_key = str(day.ask("key.issue", "POST", "/admin/keys", key)["api_key"])
    extend = {"extend_s": 60, "reason": "the halt took a minute"}
    path = f"/admin/rounds/{FIRST}/extend"
    day.ask("round.extend", "POST", path, extend, day.second_key)


def rotate_and_kill(day: Day) -> None:
    older = day.keys[HAND]
    rotate = ("team", "rotate-key", HAND, "--overlap", str(OVERLAP_S))
    day.act("team.rotate_key", "it was on a screen", *rotate)
    day.read_keys()
    assert day.keys[HAND] != older
    assert day.key_works(older)
    assert day.key_works(day.keys[HAND])
    day.server.kill()
    day.server.start()
    day.until(lambda: not day.key_works(older), "the old key ended")
    # The game's own act, written down as an organizer's is.
    over = ("team.retire_key", "organizer", "the overlap of a rotated key is over")
    day.played.acts.append(over)
    assert day.key_works(day.keys[HAND])
    day.trade("buy", 1)
    cash = ("team", "adjust", HAND, "--cash", "1250.5", "--yes")
    day.act("team.adjust", "a fee too many", *cash)
    moved = ("--instrument", "SPX", "--quantity", "-1", "--price", "4401", "--cash", "0", "--yes")
    day.act("team.adjust", "a missed fill", "team", "adjust", "Blue", *moved)


def after_first_round(day: Day) -> None:
    """Undo a trade of a round that is over, one that a score lists among its sources."""
    told = day.scores(FIRST)
    day.played.told_first = day.played.live[FIRST]
    day.played.undone_late = counted_trade(told)
    late = str(day.played.undone_late)
    day.act("trade.bust", "seen after the close", "trade", "bust", late, "--yes")
    day.scores(FIRST)


def counted_trade(scores: Json) -> int:
    """Return a trade that counts in some maker's capture."""
    items = scores["items"]
    assert isinstance(items, list)
    sources = [
        source
        for item in items
        for component in item["terms"]["components"]
        if component["name"] == "capture"
        for source in component["sources"]
        if source["kind"] == "trade"
    ]
    assert sources, "no maker traded with another team or an investor"
    return int(sources[-1]["source_id"])


def second_round(day: Day) -> None:
    day.act("round.start", "after lunch", "game", "start")
    day.note_roles(SECOND)
    with bots(day):
        day.until_phase("continuous")
        trigger = ("news", "trigger", "bank-losses", "--in", "90")
        day.act("news.announce", "another drill", *trigger)
        day.act("round.pause", "a fire drill", "game", "pause")
        day.act("round.resume", "back inside", "game", "resume")
        day.act("team.suspend", "flooding", "team", "suspend", HAND, "--yes")
        status, told = day.server.call("POST", "/exchange/orders", ORDER, day.keys[HAND])
        assert (status, told["code"]) == (403, "ACCOUNT_SUSPENDED")
        day.act("team.resume", "sorted out", "team", "resume", HAND)
        day.trade("buy", 2)
        day.until(lambda: day.scores(SECOND)["scored_us"] is not None, "something was measured")
        judge(day)
    day.scores(SECOND)


ORDER: Json = {"instrument_id": "SPX", "side": "buy", "quantity": 1, "order_type": "market"}


def judge(day: Day) -> None:
    for number, team in enumerate(day.teams().values()):
        body = {"research": 60 + number, "code": 70, "team": 80.5, "reason": "the jury"}
        path = f"/admin/judgements/{team['team_id']}"
        day.ask("scores.judgement", "PUT", path, body, day.second_key)


def close_day(day: Day) -> None:
    day.scores(FIRST)
    audit = day.desk.read("audit")
    assert isinstance(audit, list)
    day.played.audit = audit
    _, told = day.server.call("GET", "/game/messages", key=day.keys[HAND])
    items = told["items"]
    assert isinstance(items, list)
    day.played.messages = [item["text"] for item in items]
