"""A team reads its own report as JSON or as a page; how it was served is noted once a minute."""

import asyncio
from pathlib import Path

from tests.gateway.house import ADMIN_KEY, House, Team, socket_of
from tests.waiting import until

from itg.game.contract import GetServiceNotes, NoteService, ServiceNotes
from itg.gateway.settings import GatewaySettings

PATH = "/game/rounds/1/report"


async def ended(house: House) -> tuple[Team, Team]:
    alpha = await house.register("Tulip Traders")
    beta = await house.register("Vega Bonds")
    await house.open_market()
    await alpha.place("sell", 3, 10.0)
    await house.call("POST", "/admin/rounds/1/end", key=ADMIN_KEY)
    return alpha, beta


def write(folder: Path, team: Team) -> None:
    round_folder = folder / "round-1"
    round_folder.mkdir(exist_ok=True)
    (round_folder / f"{team.team_id}.json").write_text(f'{{"team_id": "{team.team_id}"}}')
    (round_folder / f"{team.team_id}.html").write_text(f"<p>{team.team_id}</p>")


async def test_a_team_reads_its_own_report_and_no_other(tmp_path: Path) -> None:
    async with House(settings=GatewaySettings(reports=str(tmp_path))) as house:
        alpha, beta = await ended(house)
        for team in (alpha, beta):
            write(tmp_path, team)
        for team, other in ((alpha, beta), (beta, alpha)):
            answer = await team.call("GET", PATH)
            assert (answer.status, answer.json) == (200, {"team_id": team.team_id})
            named = await team.call("GET", f"{PATH}?team_id={team.team_id}")
            assert named.body == answer.body
            foreign = await team.call("GET", f"{PATH}?team_id={other.team_id}")
            unknown = await team.call("GET", f"{PATH}?team_id=t99")
            assert (foreign.status, foreign.json["code"]) == (404, "TEAM_NOT_FOUND")
            assert (unknown.status, unknown.json["code"]) == (404, "TEAM_NOT_FOUND")


async def test_an_organizer_reads_any_and_must_name_it(tmp_path: Path) -> None:
    async with House(settings=GatewaySettings(reports=str(tmp_path))) as house:
        alpha, _ = await ended(house)
        write(tmp_path, alpha)
        answer = await house.call("GET", f"{PATH}?team_id={alpha.team_id}", key=ADMIN_KEY)
        assert answer.json == {"team_id": alpha.team_id}
        assert (await house.call("GET", PATH, key=ADMIN_KEY)).status == 403


async def test_the_form_is_asked_for_or_accepted(tmp_path: Path) -> None:
    async with House(settings=GatewaySettings(reports=str(tmp_path))) as house:
        alpha, _ = await ended(house)
        write(tmp_path, alpha)
        page = await alpha.call("GET", f"{PATH}?format=html")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert page.body == f"<p>{alpha.team_id}</p>".encode()
        headers = {"X-API-Key": alpha.key, "Accept": "text/html,application/xhtml+xml"}
        async with house.http.get(house.url + PATH, headers=headers) as accepted:
            assert await accepted.read() == page.body
        async with house.http.get(house.url + PATH + "?format=json", headers=headers) as asked:
            assert asked.headers["content-type"] == "application/json"
        assert (await alpha.call("GET", f"{PATH}?format=pdf")).status == 400


async def test_a_report_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    for reports in (str(tmp_path), ""):
        async with House(settings=GatewaySettings(reports=reports)) as house:
            alpha = await house.register("Tulip Traders")
            await house.open_market()
            running = await alpha.call("GET", PATH)
            assert (running.status, running.json["code"]) == (409, "ROUND_WRONG_STATUS")
            await house.call("POST", "/admin/rounds/1/end", key=ADMIN_KEY)
            answer = await alpha.call("GET", PATH)
            assert (answer.status, answer.json["code"]) == (404, "REPORT_NOT_FOUND")


async def test_service_is_noted_once_a_game_minute_and_causes_no_event() -> None:
    settings = GatewaySettings(heartbeat_s=0.01)
    async with House(speed=1_200, settings=settings) as house:
        alpha = await house.register("Tulip Traders")
        beta = await house.register("Vega Bonds")
        await house.open_market()
        async with socket_of(house, alpha.key):
            for _ in range(3):
                await alpha.place("buy", 1, 1.0)
            await until_noted(house, 3)
        notes = [r for r in house.records if isinstance(r.body, NoteService)]
        assert all(record.outputs == () for record in notes)
        minutes = [record.game_ns // 60_000_000_000 for record in notes]
        assert len({*minutes}) == len(minutes)
        reply = house.machine.query(GetServiceNotes(round_id=1))
        assert isinstance(reply, ServiceNotes)
        busy, idle = reply.accounts
        assert (busy.account_id, idle.account_id) == (alpha.team_id, beta.team_id)
        assert sum(busy.counts) >= 3
        assert busy.connected >= 1
        assert (idle.connected, idle.counts) == (0, ())


async def until_noted(house: House, count: int) -> None:
    await until(lambda: notes_of(house) >= count)


async def test_in_lock_step_nothing_is_noted() -> None:
    async with House(lock_step=True, settings=GatewaySettings(heartbeat_s=0.0)) as house:
        await house.register("Tulip Traders")
        await house.open_market()
        for _ in range(100):  # a heart that beats each turn
            await asyncio.sleep(0)
        assert not any(isinstance(record.body, NoteService) for record in house.records)


def notes_of(house: House) -> int:
    return sum(isinstance(record.body, NoteService) for record in house.records)
