"""What the organizer sees of a running game, after a restart, and in the data it left."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from msgspec import json

import itg
from itg.cli.surveilling import show_live, show_recorded
from itg.compose.solo import Solo, SoloSettings
from itg.compose.surveillance import surveil_data
from itg.kernel.errors import ConfigurationError

pytestmark = pytest.mark.system
Json = dict[str, Any]


class Desk:
    """An organizer and two teams at a running game."""

    def __init__(self, solo: Solo, http: aiohttp.ClientSession) -> None:
        self._solo = solo
        self._http = http
        self.admin = solo.directory.admin_key.read_text(encoding="ascii").strip()

    async def call(
        self, method: str, path: str, body: object = None, key: str | None = None
    ) -> tuple[int, Json]:
        headers = {"X-API-Key": key or self.admin, "Content-Type": "application/json"}
        data = None if body is None else json.encode(body)
        url = self._solo.url + path
        async with self._http.request(method, url, data=data, headers=headers) as answer:
            return answer.status, json.decode(await answer.read())

    async def enter(self, name: str) -> str:
        body = {"team_name": name, "role": "market_maker"}
        _, registered = await self.call("POST", "/game/teams/register", body)
        return str(registered["api_key"])

    async def trade_with_itself(self, key: str, stp: str | None) -> None:
        for side in ("buy", "sell"):
            body = {"instrument_id": "SPX", "side": side, "quantity": 6, "price": 4400.0}
            if stp is not None:
                body["stp"] = stp
            status, answer = await self.call("POST", "/exchange/orders", body, key)
            assert status == 201, answer
        await self.call("DELETE", "/exchange/orders", None, key)


async def test_cases_are_told_live_after_a_restart_and_from_the_data(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = SoloSettings(scenario="bare", data=tmp_path)
    solo = Solo(settings)
    await solo.start()
    try:
        async with aiohttp.ClientSession() as http:
            desk = Desk(solo, http)
            allowing, usual = await desk.enter("Allowing"), await desk.enter("Usual")
            solo.begin()
            await desk.call("POST", "/admin/phases", {"phase": "pre_open"})
            await desk.call("POST", "/admin/phases", {"phase": "continuous"})
            for _ in range(2):
                await desk.trade_with_itself(allowing, "allow")
                await desk.trade_with_itself(usual, None)
            status, page = await desk.call("GET", "/admin/surveillance")
            assert status == 200
            (case,) = page["items"]
            assert case["kind"] == "self_trade"
            assert case["summary"].startswith("Allowing traded 12 SPX with itself in 2 trades")
            assert page["fault"] is None
            path = f"/admin/surveillance/{case['case_id']}"
            status, whole = await desk.call("GET", path)
            assert [one["what"] for one in whole["evidence"]] == [
                "6 SPX at 4,400.00 bought from itself"
            ] * 2
            assert whole["evidence_count"] == 2
            await _narrowed(desk, case, allowing)
            capsys.readouterr()
            for key, code in ((desk.admin, 0), ("itg_nobody", 1)):
                assert await asyncio.to_thread(show_live, solo.url, key, as_json=True) == code
            told = capsys.readouterr()
            assert json.decode(told.out) == [whole]
            assert "UNAUTHENTICATED" in told.err
    finally:
        await solo.stop()
    again = Solo(settings)
    await again.start()
    try:
        async with aiohttp.ClientSession() as http:
            desk = Desk(again, http)
            async with asyncio.timeout(10):
                while not (await desk.call("GET", "/admin/surveillance"))[1]["as_of_seq"]:  # noqa: ASYNC110
                    await asyncio.sleep(0)
            assert (await desk.call("GET", path))[1] == whole
    finally:
        await again.stop()
    (recorded,) = surveil_data(tmp_path)
    assert json.decode(json.encode(recorded)) == whole
    capsys.readouterr()
    for round_id in (None, 1):
        assert show_recorded(tmp_path, round_id, as_json=True) == 0
        assert json.decode(capsys.readouterr().out) == [whole]
    assert show_recorded(tmp_path, as_json=False) == 0
    assert "Allowing traded 12 SPX with itself" in capsys.readouterr().out


async def test_a_round_that_did_not_begin_is_said_of_the_data(tmp_path: Path) -> None:
    solo = Solo(SoloSettings(scenario="bare", data=tmp_path))
    await solo.start()
    await solo.stop()
    with pytest.raises(ConfigurationError, match=r"--round 2: .* no such round"):
        show_recorded(tmp_path, 2, as_json=True)


BARE = Path(itg.__file__).parent / "scenarios" / "bare.toml"
ONE_DAY = 'kind = "organizer"\nstarts = 08:00:00\nsession_s = 86_400\n'
TWO_DAYS = (
    'kind = "timed"\ndays = 2\npre_open_s = 300\nfreeze_s = 10\n'
    "continuous = 09:30:00\ncontinuous_s = 3_600\n"
)


async def test_an_earlier_round_is_shown_while_another_is_played(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "season.toml"
    bare = BARE.read_text(encoding="utf-8")
    assert ONE_DAY in bare
    file.write_text(bare.replace(ONE_DAY, TWO_DAYS), encoding="utf-8")
    solo = Solo(SoloSettings(scenario=str(file), data=tmp_path / "data"))
    await solo.start()
    try:
        async with aiohttp.ClientSession() as http:
            desk = Desk(solo, http)
            key = await desk.enter("Allowing")
            solo.begin()
            path = "/admin/surveillance"
            await desk.call("POST", "/admin/phases", {"phase": "opening_auction"})
            await desk.call("POST", "/admin/phases", {"phase": "continuous"})
            await desk.trade_with_itself(key, "allow")
            await desk.trade_with_itself(key, "allow")
            _, live = await desk.call("GET", path)
            (case,) = live["items"]
            assert (await desk.call("GET", f"{path}?round_id=1"))[1]["items"] == [case]
            assert await _refused(desk, f"{path}?round_id=2") == (409, "ROUND_WRONG_STATUS")
            assert (await desk.call("POST", "/admin/rounds/1/end"))[0] == 200
            assert (await desk.call("POST", "/admin/rounds/2/start"))[0] == 200
            assert (await desk.call("GET", path))[1]["items"] == []
            assert (await desk.call("GET", f"{path}?round_id=2"))[1]["items"] == []
            status, earlier = await desk.call("GET", f"{path}?round_id=1")
            assert (status, earlier["items"], earlier["fault"]) == (200, [case], None)
            assert live["as_of_seq"] < earlier["as_of_seq"]
            _, narrowed = await desk.call("GET", f"{path}?round_id=1&kind=wash")
            assert narrowed["items"] == []
            one = f"{path}/{case['case_id']}"
            assert (await desk.call("GET", f"{one}?round_id=1"))[1]["evidence_count"] == 2
            assert await _refused(desk, one) == (404, "CASE_NOT_FOUND")
            assert await _refused(desk, f"{path}?round_id=3") == (404, "ROUND_NOT_FOUND")
            assert await _refused(desk, f"{one}?round_id=3") == (404, "ROUND_NOT_FOUND")
            assert (await desk.call("GET", f"{path}?round_id=0"))[0] == 400
            capsys.readouterr()
            await asyncio.to_thread(show_live, solo.url, desk.admin, 1, as_json=True)
            assert [c["case_id"] for c in json.decode(capsys.readouterr().out)] == [case["case_id"]]
            assert await asyncio.to_thread(show_live, solo.url, desk.admin, 9, as_json=True) == 1
            assert "ROUND_NOT_FOUND: no round 9; this game has 1 to 2" in capsys.readouterr().err
    finally:
        await solo.stop()


async def _refused(desk: Desk, path: str) -> tuple[int, str]:
    status, problem = await desk.call("GET", path)
    return status, problem["code"]


async def _narrowed(desk: Desk, case: Json, team_key: str) -> None:
    path = "/admin/surveillance"
    for query, count in (
        ("kind=self_trade", 1),
        ("kind=wash", 0),
        (f"team_id={case['team_ids'][0]}", 1),
        ("team_id=nobody", 0),
    ):
        _, page = await desk.call("GET", f"{path}?{query}")
        assert len(page["items"]) == count, query
    assert (await desk.call("GET", f"{path}?kind=theft"))[0] == 400
    assert (await desk.call("GET", f"{path}/self_trade-000000000000"))[1][
        "code"
    ] == "CASE_NOT_FOUND"
    assert (await desk.call("GET", path, None, team_key))[1]["code"] == "SCOPE_MISSING"
