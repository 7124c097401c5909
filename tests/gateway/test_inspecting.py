"""What the organizer reads of a team, of a trade, and of the day before it begins."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest_asyncio
from msgspec import convert
from tests.gateway.doors import doors_of
from tests.gateway.house import ADMIN_KEY, Answered, House

from itg import scenario
from itg.compose.dry_runs import LocalDryRuns
from itg.compose.game_settings import SoloSettings
from itg.compose.office import LocalOffice, tables_of
from itg.compose.solo import Solo
from itg.gateway.fanout import FanoutNumbers
from itg.scenario.files import resolve
from itg.wire.v1.operating import (
    ConnectionsBody,
    PreflightBody,
    PreflightRowBody,
    ScenarioBody,
    ScenarioCheckBody,
    ScenarioNameBody,
    ScenarioTableBody,
)
from itg.wire.v1.preparing import NewGameBody, NewGameRequest


class Office:
    """An office that finds what the test says."""

    def __init__(self) -> None:
        self.rows: list[PreflightRowBody] = []
        self.asked: list[tuple[ConnectionsBody, int]] = []

    def preflight(self, connections: ConnectionsBody, pars: int) -> Sequence[PreflightRowBody]:
        self.asked.append((connections, pars))
        return self.rows

    def tables(self) -> Sequence[ScenarioTableBody]:
        return [ScenarioTableBody(table="clock", meaning="Time.", settings={"speed": "1"})]

    def shipped(self) -> Sequence[ScenarioNameBody]:
        return [ScenarioNameBody(scenario="calm", purpose="No jumps.")]

    def check(self, scenario: str) -> ScenarioCheckBody | None:
        if scenario != "calm":
            return None
        return ScenarioCheckBody(
            scenario=scenario, purpose="", scenario_hash="f00", faults=[], tables=[]
        )

    def prepare(self, ask: NewGameRequest) -> NewGameBody:
        raise AssertionError(ask)


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    async with House() as running:
        await running.open_market()
        yield running


async def read(house: House, path: str) -> Answered:
    return await house.call("GET", path, key=ADMIN_KEY)


async def test_the_organizer_reads_a_teams_orders_quotes_and_fills(house: House) -> None:
    maker, taker = await house.register("maker"), await house.register("taker", "hedge_fund")
    await maker.place("buy", 5, 10.0)
    await taker.place("sell", 2, 10.0)
    desk = f"/admin/teams/{maker.team_id}"
    for theirs, own in (
        (f"{desk}/orders?status=all", "/exchange/orders?status=all"),
        (f"{desk}/fills", "/exchange/fills"),
        (f"{desk}/quotes", "/exchange/quotes"),
    ):
        seen = await read(house, theirs)
        assert seen.status == 200, seen.body
        assert seen.json == (await maker.call("GET", own)).json
    assert (await read(house, f"{desk}/fills")).json["items"][0]["last_quantity"] == 2


async def test_a_team_that_does_not_exist_has_no_desk(house: House) -> None:
    for what in ("orders", "fills", "quotes"):
        answer = await read(house, f"/admin/teams/T999/{what}")
        assert (answer.status, answer.json["code"]) == (404, "TEAM_NOT_FOUND")


async def test_a_trade_names_its_teams_with_side_price_and_fee(house: House) -> None:
    maker, taker = await house.register("maker"), await house.register("taker", "hedge_fund")
    await maker.place("buy", 5, 10.0)
    await taker.place("sell", 2, 10.0)
    (own,) = (await maker.call("GET", "/exchange/fills")).json["items"]
    answer = await read(house, f"/admin/trades/{own['trade_id']}/fills")
    halves = {item["team_name"]: item for item in answer.json["items"]}
    assert set(halves) == {"maker", "taker"}
    assert halves["maker"]["fill"] == own
    assert (halves["taker"]["fill"]["side"], halves["taker"]["team_id"]) == ("sell", taker.team_id)
    assert (await read(house, "/admin/trades/999/fills")).json["items"] == []


async def test_the_days_list_is_ready_while_no_row_is_red(house: House) -> None:
    house.gateway.office = office = Office()
    await house.register("alpha")
    office.rows = [
        PreflightRowBody(name="disk space", status="green", found="enough", advice=""),
        PreflightRowBody(name="clock", status="unknown", found="not told", advice="look"),
    ]
    answer = await read(house, "/admin/preflight")
    assert answer.json["is_ready"] is True
    assert convert(answer.json, PreflightBody).items == office.rows
    assert office.asked[0][0].missing == ["alpha"]
    office.rows.append(PreflightRowBody(name="x", status="red", found="bad", advice="mend it"))
    assert (await read(house, "/admin/preflight")).json["is_ready"] is False


async def test_a_door_before_a_game_kept_elsewhere_says_that_it_cannot_tell(house: House) -> None:
    (row,) = (await read(house, "/admin/preflight")).json["items"]
    assert row["status"] == "unknown"
    assert "itg preflight" in row["advice"]


async def test_the_scenario_is_told_with_what_is_played_and_which_others_there_are(
    house: House,
) -> None:
    house.gateway.office = Office()
    told = convert((await read(house, "/admin/scenario")).json, ScenarioBody)
    assert (told.scenario, told.scenario_hash) == (
        house.create.rules.scenario,
        house.create.scenario_hash,
    )
    assert told.tables[0].settings == {"speed": "1"}
    assert told.shipped[0].scenario == "calm"


async def test_another_scenario_is_checked_by_its_name_alone(house: House) -> None:
    house.gateway.office = Office()
    assert (await read(house, "/admin/scenarios/calm")).json["scenario_hash"] == "f00"
    answer = await read(house, "/admin/scenarios/etc")
    assert (answer.status, answer.json["code"]) == (400, "INVALID_FIELD")
    assert "there are: calm" in answer.json["detail"]


def test_every_table_of_a_scenario_is_told_with_its_meaning_and_never_the_seed() -> None:
    tables = {each.table: each for each in tables_of(resolve("demo").tables)}
    assert tables["clock"].settings["speed"] == "10"
    assert tables["session"].meaning == (
        "Phases of given lengths, continuous trading starting at a civil time."
    )
    assert tables["market.jumps"].settings["mean_per_session"] == "1.5"
    assert tables["roles 1.constraints 3"].meaning == "Each option's worst-case net position."
    assert not [each for each in tables.values() if "seed" in each.settings]


async def test_a_served_game_answers_with_the_checks_of_the_command(tmp_path: Path) -> None:
    settings = SoloSettings(scenario="bare", data=tmp_path / "data")
    solo = Solo(settings)
    await solo.start()
    try:
        assert isinstance(solo.gateway.office, LocalOffice)
        connections = ConnectionsBody(epoch=1, items=[], missing=[], others=0)
        rows = {each.name: each for each in solo.gateway.office.preflight(connections, 0)}
        calm, file = (solo.gateway.office.check(name) for name in ("calm", "/etc/passwd.toml"))
    finally:
        await solo.stop()
    assert file is None
    assert calm is not None
    assert (calm.faults, calm.scenario_hash) == ([], scenario.load("calm").scenario_hash)
    assert {"Python", "disk space", "fsync", "seed committed", "backup", "pars"} <= set(rows)
    assert rows["seed committed"].status == "green"
    assert rows["teams registered"].status == "red"


async def test_who_has_left_was_seen_when_the_last_socket_ended(house: House) -> None:
    team = await house.register("alpha")

    async def seen_us() -> int | None:
        found: int | None = (await read(house, "/admin/connections")).json["items"][0][
            "last_seen_us"
        ]
        return found

    assert await seen_us() is None
    async with team.socket("phase"):
        here_us = await seen_us()
        assert here_us is not None
    async with asyncio.timeout(30):
        while (await read(house, "/admin/connections")).json["missing"] != ["alpha"]:
            pass
    left_us = await seen_us()
    assert left_us is not None
    assert left_us >= here_us - 1_000
    assert abs((await seen_us() or 0) - left_us) < 1_000_000


def test_the_longest_gap_between_the_last_eleven_heartbeats_is_kept() -> None:
    numbers = FanoutNumbers()
    assert numbers.beat_gap_s() == 0.0
    for now_s in (0.0, 1.0, 3.5, 4.5):
        numbers.count_beat(now_s)
    assert numbers.beat_gap_s() == 2.5
    for now_s in range(5, 15):
        numbers.count_beat(float(now_s))
    assert numbers.beat_gap_s() == 1.0


async def test_the_loop_lag_is_a_metric(house: House) -> None:
    lines = (await house.call("GET", "/metrics")).body.decode().splitlines()
    (line,) = [line for line in lines if line.startswith("itg_loop_lag_seconds ")]
    assert float(line.split()[1]) >= 0.0


async def test_a_scenario_is_tried_looked_at_and_stopped(house: House) -> None:
    path = "/admin/dry-run"
    nobody = await house.call("POST", path, {"scenario": "liquid"}, key=ADMIN_KEY)
    assert (nobody.status, nobody.json["code"]) == (501, "PREVIEW_UNAVAILABLE")
    assert (await read(house, path)).json["status"] == "none"
    house.gateway.dry_runs = runs = LocalDryRuns()
    for body in ({}, {"scenario": "../x.toml"}, {"scenario": "liquid", "text": "title = 1"}):
        refused = await house.call("POST", path, body, key=ADMIN_KEY)
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (400, "/scenario")
    begun = await house.call("POST", path, {"text": "seed = 1\nbogus = 2"}, key=ADMIN_KEY)
    assert (begun.status, begun.json["status"]) == (202, "running")
    await runs.ended()
    told = (await read(house, path)).json
    assert (told["status"], told["plan"]) == ("faulty", None)
    assert ("bogus", 2) in [(fault["place"], fault["line"]) for fault in told["faults"]]
    await house.call("POST", path, {"scenario": "liquid", "minutes": 60}, key=ADMIN_KEY)
    stopped = await house.call("DELETE", path, key=ADMIN_KEY)
    await runs.ended()
    assert (stopped.json["status"], (await read(house, path)).json["run_id"]) == ("stopped", 2)
    team = await house.register("curious")
    assert (await team.call("GET", path)).json["code"] == "SCOPE_MISSING"


async def test_a_team_at_another_gateway_is_not_missing_at_the_node(house: House) -> None:
    team = await house.register("alpha")
    async with doors_of(house, 1) as (url,):
        headers = {"X-API-Key": team.key}
        async with house.http.ws_connect(f"{url}/ws", headers=headers):
            async with asyncio.timeout(30):
                while (told := (await read(house, "/admin/connections")).json)["missing"]:
                    pass
            (item,) = told["items"]
            assert (item["connections"], item["elsewhere"]) == ([], 1)
            assert item["last_seen_us"] is not None
            async with team.socket("phase"):
                told = (await read(house, "/admin/connections")).json
                (item,) = told["items"]
                assert (len(item["connections"]), item["elsewhere"]) == (1, 1)
        async with asyncio.timeout(30):
            while (await read(house, "/admin/connections")).json["missing"] != ["alpha"]:
                pass
