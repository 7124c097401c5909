"""The next day's game made ready from the console of this one."""

import shlex
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from tests.gateway.house import ADMIN_KEY, Answered, House, Json

from itg import scenario
from itg.compose.commitment import Commitment
from itg.compose.data_directory import DataDirectory
from itg.compose.game_settings import SoloSettings
from itg.compose.office import LocalOffice
from itg.compose.preparing import prepare
from itg.compose.solo import Solo

PATH = "/admin/games"
TEXT = 'extends = "bare"\ntitle = "The second day"\n[clock]\nspeed = 3\n'


@pytest.fixture
def data(tmp_path: Path) -> Path:
    path = tmp_path / "season" / "day-1"
    path.mkdir(parents=True)
    return path


@pytest_asyncio.fixture
async def house(data: Path) -> AsyncIterator[House]:
    async with House() as running:
        running.gateway.office = LocalOffice(SoloSettings(scenario="bare", data=data))
        yield running


async def ask(house: House, **body: object) -> Answered:
    return await house.call("POST", PATH, {"name": "day-2", **body}, key=ADMIN_KEY)


def text_of(file: object) -> str:
    return Path(str(file)).read_text(encoding="utf-8")


def keep_note(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")


def names_in(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


async def audited(house: House) -> list[Json]:
    return list((await house.call("GET", "/admin/audit", key=ADMIN_KEY)).json["items"])


async def test_a_game_of_a_shipped_scenario_lies_ready_beside_this_one(
    house: House, data: Path
) -> None:
    answer = await ask(house, scenario="bare", seed=48151623, reason="tomorrow")
    told, path = answer.json, data.parent / "day-2"
    assert (answer.status, told["name"], told["data"]) == (201, "day-2", str(path))
    assert told["scenario_hash"] == scenario.load("bare", seed=48151623).scenario_hash
    assert text_of(told["admin_key_file"]).startswith("itg_")
    assert path.stat().st_mode & 0o077 == 0
    assert "itg_" not in answer.body.decode()
    (entry,) = await audited(house)
    assert (entry["act"], entry["reason"]) == ("game.prepare", "tomorrow")
    assert entry["subject"] == f"day-2 commits to {told['commitment']}"
    assert "48151623" not in str(entry)


async def test_what_is_prepared_is_served_by_the_command_that_is_told(house: House) -> None:
    told = (await ask(house, text=TEXT, seed=7)).json
    words = shlex.split(str(told["command"]))
    assert words[:2] == ["itg", "serve"]
    flags = dict(zip(words[2::2], words[3::2], strict=True))
    settings = SoloSettings(
        scenario=flags["--scenario"], data=Path(flags["--data"]), seed=int(flags["--seed"])
    )
    solo = Solo(settings)
    await solo.start()
    try:
        assert solo.rules.speed == 3.0
    finally:
        await solo.stop()


async def test_the_same_again_changes_nothing_and_another_is_refused(house: House) -> None:
    first = (await ask(house, scenario="bare")).json
    assert (await ask(house, scenario="bare")).json == first
    for other in ({"scenario": "bare", "seed": 8}, {"scenario": "calm"}, {"text": TEXT}):
        refused = await ask(house, **other)
        assert (refused.status, refused.json["code"]) == (409, "GAME_EXISTS")
    assert (await ask(house, scenario="bare")).json == first


@pytest.mark.parametrize("body", [{"scenario": "bare"}, {"text": TEXT}])
async def test_the_game_that_is_played_and_other_folders_are_left_alone(
    house: House, data: Path, body: Json
) -> None:
    keep_note(data)
    played = SoloSettings(scenario="bare", data=data.parent / "day-0")
    solo = Solo(played)
    await solo.start()
    try:
        for name in ("day-1", "day-0"):
            refused = await ask(house, **body, name=name)
            assert (refused.status, refused.json["code"]) == (409, "GAME_EXISTS")
    finally:
        await solo.stop()
    assert names_in(data) == ["notes.txt"]
    assert not (played.data / "scenario.toml").exists()
    assert await audited(house) == []


@pytest.mark.parametrize(
    ("body", "pointer", "said"),
    [
        ({}, "/scenario", "not both"),
        ({"scenario": "bare", "text": TEXT}, "/scenario", "not both"),
        ({"scenario": "../etc"}, "/scenario", "there are: "),
        ({"scenario": "bare", "name": "../day-2"}, "/name", "regex"),
        ({"scenario": "bare", "name": "day 2"}, "/name", "regex"),
        ({"scenario": "bare", "seed": -1}, "/seed", ">= 0"),
        ({"text": 'extends = "bare"\nsed = 1\n'}, "/text", "sed"),
        ({"text": 'extends = "/etc/hosts.toml"\n'}, "/text", "extends a shipped scenario"),
        ({"text": "title ="}, "/text", "is not TOML"),
    ],
)
async def test_what_cannot_be_is_named_and_leaves_nothing(
    house: House, data: Path, body: Json, pointer: str, said: str
) -> None:
    refused = await ask(house, **body)
    (error,) = refused.json["errors"]
    assert (refused.status, error["pointer"]) == (400, pointer)
    assert said in error["detail"]
    assert names_in(data.parent) == ["day-1"]
    assert await audited(house) == []


async def test_only_an_organizer_prepares_and_only_where_the_data_is() -> None:
    async with House() as house:
        elsewhere = await ask(house, scenario="bare")
        assert (elsewhere.status, elsewhere.json["code"]) == (501, "DATA_ELSEWHERE")
        team = await house.register("curious")
        refused = await team.call("POST", PATH, {"name": "day-2", "scenario": "bare"})
        assert refused.json["code"] == "SCOPE_MISSING"


async def test_it_commits_as_the_command_line_does(house: House, tmp_path: Path) -> None:
    told = (await ask(house, scenario="bare", seed=7)).json
    by_hand = prepare(SoloSettings(scenario="bare", data=tmp_path / "by-hand", seed=7))
    assert told["scenario_hash"] == by_hand.scenario_hash
    create = scenario.load("bare", seed=7)
    directory = DataDirectory(Path(str(told["data"])))
    assert Commitment.to(create, "bare", 7, directory).hash == told["commitment"]
