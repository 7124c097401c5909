"""`itg bot run` against a server in a process of its own."""

import asyncio
import json
import re
from pathlib import Path

import aiohttp
import pytest
from tests.system.server import Server
from tests.system.test_kill import read

from itg.cli import exits
from itg.cli.trading import TeamChoice, run_file

pytestmark = pytest.mark.system
SHORT = """
extends = "demo"
title = "Short"
[clock]
speed = 20
start_on_create = false
"""
LAST_LINE = r"the round has ended: P&L \S+ USD, of it fees -\S+; 1 contracts held"
HELLO = Path(__file__).parents[2] / "examples/bots/hello.py"


def test_a_bot_is_told_when_no_round_is_left(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with Server(tmp_path) as server:
        for act in ("start", "end"):
            status, _ = server.call("POST", f"/admin/rounds/1/{act}", key=server.admin_key)
            assert status == 200
        choice = TeamChoice(key=None, team="late", role="hedge_fund", join_code=None)
        code = run_file(HELLO, server.url, choice)
    assert code == exits.FAILED
    assert "every round of this game has ended" in capfd.readouterr().err


@pytest.mark.timeout(90)
def test_an_example_trades_and_so_does_a_plain_client(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    scenario = tmp_path / "short.toml"
    scenario.write_text(SHORT, encoding="utf-8")
    with Server(tmp_path / "data", str(scenario)) as server:
        choice = TeamChoice(key=None, team="hello", role="hedge_fund", join_code=None)
        plain = server.register("plain", "hedge_fund")[1]

        async def both() -> tuple[int, dict[str, object]]:
            bot = asyncio.to_thread(run_file, HELLO, server.url, choice)
            return await asyncio.gather(bot, trade_and_end(server, plain))

        code, heard = asyncio.run(both())
    assert code == exits.DONE
    told = capfd.readouterr().out
    assert re.search(r"buy 1 SPX-\S+ at ", told)
    last = told.splitlines()[-1]
    assert re.fullmatch(
        r"the round has ended: P&L \S+ USD, of it fees -\S+; 1 contracts held", last
    )
    assert (heard["side"], heard["last_quantity"]) == ("buy", 1)


async def trade_and_end(server: Server, key: str) -> dict[str, object]:
    """Trade plainly, and end the round once the example has its contract too."""
    heard = await trade_plainly(server, key)
    while await asyncio.to_thread(held_by, server, "hello") == 0:
        pass
    path = "/admin/rounds/1/end"
    status, _ = await asyncio.to_thread(server.call, "POST", path, None, server.admin_key)
    assert status == 200
    return heard


def held_by(server: Server, name: str) -> int:
    """Return how many contracts a team holds, 0 for one that is not there yet."""
    key = server.admin_key
    _, page = read(server, "/game/teams", key)
    ids = [team["team_id"] for team in page["items"] if team["team_name"] == name]  # type: ignore[attr-defined]
    bodies = [read(server, f"/positions/{team_id}", key)[1] for team_id in ids]
    return sum(abs(row["net_quantity"]) for body in bodies for row in body["positions"])  # type: ignore[attr-defined]


async def trade_plainly(server: Server, key: str) -> dict[str, object]:
    """Buy what the example buys, with any HTTP and WebSocket client, and return the fill heard."""
    headers = {"X-API-Key": key}
    async with (
        aiohttp.ClientSession(server.url, headers=headers) as http,
        http.ws_connect("/ws") as socket,
    ):
        ask = {"id": 1, "method": "subscribe", "params": {"channels": ["private", "phase"]}}
        await socket.send_json(ask)
        start = "/admin/rounds/1/start"
        await asyncio.to_thread(server.call, "POST", start, None, server.admin_key)
        while not is_of(json.loads((await socket.receive()).data), "phase", "continuous"):
            pass
        prices = await (await http.get("/prices")).json()
        listed = await (await http.get("/exchange/instruments")).json()
        spot = next(p["price"] for p in prices["items"] if p["underlying_id"] == "SPX")
        calls = [i for i in listed["items"] if i["underlying_id"] == "SPX" and i["right"] == "call"]
        nearest = min(calls, key=lambda call: abs(call["strike"] - spot))
        order = {"instrument_id": nearest["instrument_id"], "side": "buy", "quantity": 1}
        filled = 0
        while not filled:  # at the very open a series may still wait for its auction
            answer = await http.post("/exchange/orders", json={**order, "order_type": "market"})
            filled = (await answer.json()).get("filled_quantity", 0)
        while True:
            frame = json.loads((await socket.receive()).data)
            if frame.get("type") == "fill":
                data: dict[str, object] = frame["data"]
                return data


def is_of(frame: dict[str, object], channel: str, phase: str) -> bool:
    data = frame.get("data")
    if frame.get("channel") != channel or not isinstance(data, dict):
        return False
    return data.get("phase") == phase and data.get("instrument_id") is None


def test_a_team_that_cannot_be_is_told_what_would_be_right(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with Server(tmp_path) as server:
        server.register("taken", "hedge_fund")
        for role, cure in (
            ("hedge_fund", "put its key into ITG_API_KEY"),
            ("hedge_found", "--role takes market_maker, hedge_fund, arbitrage_desk."),
        ):
            choice = TeamChoice(key=None, team="taken", role=role, join_code=None)
            assert run_file(HELLO, server.url, choice) == exits.FAILED
            assert cure in capfd.readouterr().err


def test_a_bot_that_raises_is_shown_from_its_own_first_line_on(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "wrong.py"
    file.write_text(
        "from itg.client import Bot\n\n\nclass Wrong(Bot):\n"
        "    def on_start(self) -> None:\n        self.later()\n\n"
        "    def later(self) -> None:\n        raise RuntimeError('here')\n"
    )
    with Server(tmp_path / "data") as server:
        choice = TeamChoice(key=None, team="wrong", role="hedge_fund", join_code=None)
        assert run_file(file, server.url, choice) == exits.FAILED
    told = capfd.readouterr().err
    assert f'most recent call last):\n  File "{file}", line 6, in on_start' in told
    assert "RuntimeError: here" in told
    assert told.endswith(f"itg: {file}: the bot ended with the error above\n")
