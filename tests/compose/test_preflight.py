"""Every line of the list turns red by its own cause, and says what to do."""

import resource
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from itg.compose.backup import Wish, back_up
from itg.compose.data_directory import DataDirectory
from itg.compose.preflight import machine
from itg.compose.preflight.game import (
    Subject,
    backup_row,
    commitment_row,
    demand_of,
    lock_row,
    port_row,
    scenario_row,
)
from itg.compose.preflight.machine import Demand, machine_rows
from itg.compose.preflight.rows import Row
from itg.compose.preflight.run import preflight
from itg.compose.preflight.server import ready_row, server_rows, team_rows
from itg.compose.preparing import prepare
from itg.compose.solo import Solo, SoloSettings
from itg.wire.v1.operating import ConnectionBody, ConnectionsBody, TeamConnectionsBody

SMALL = Demand(teams=2, orders_per_s=20.0, day_s=3_600.0)
DAY_US = 86_400_000_000


def assert_red(found: Row) -> None:
    assert found.status == "red", found
    assert found.advice, found


def assert_green(found: Row) -> None:
    assert (found.status, found.advice) == ("green", ""), found


def named(rows: Iterator[Row], name: str) -> Row:
    return next(each for each in rows if each.name == name)


def test_an_older_interpreter_is_red() -> None:
    assert_green(machine.python_row(sys.version_info[:2]))
    assert_red(machine.python_row((3, 10)))


def test_an_interpreter_without_assertions_is_red() -> None:
    code = (
        "import sys; from itg.compose.preflight.machine import optimization_row; "
        "print(optimization_row(sys.flags.optimize).status)"
    )
    for flags, status in (((), "green"), (("-O",), "red"), (("-OO",), "red")):
        done = subprocess.run(
            [sys.executable, *flags, "-c", code], capture_output=True, text=True, check=True
        )
        assert done.stdout.strip() == status


def test_a_disk_too_small_for_the_day_is_red(tmp_path: Path) -> None:
    endless = Demand(teams=2, orders_per_s=1e9, day_s=86_400.0)
    assert_red(named(machine_rows(tmp_path, endless, None), "disk space"))
    needed = 2 * SMALL.day_bytes
    assert_green(machine.disk_row(needed, SMALL))
    assert_red(machine.disk_row(needed - 1, SMALL))


def test_a_disk_that_confirms_late_is_red(tmp_path: Path) -> None:
    latencies = machine.fsync_ms(tmp_path)
    assert len(latencies) == machine.FSYNCS
    assert min(latencies) > 0
    assert_green(machine.fsync_row([1.0] * 60))
    assert_red(machine.fsync_row([8.0] * 60))  # slow throughout
    assert_red(machine.fsync_row([1.0] * 58 + [400.0] * 2))  # stalls now and then
    assert not list(tmp_path.iterdir())


def test_a_wall_clock_that_is_being_set_is_red() -> None:
    assert_green(machine.drift_row(0.02))
    assert_red(machine.drift_row(-40.0))


def test_a_time_zone_this_machine_does_not_know_is_red() -> None:
    assert_green(machine.zone_row("America/Chicago"))
    assert_red(machine.zone_row("Mars/Olympus"))


def test_a_core_too_slow_for_the_teams_is_red(tmp_path: Path) -> None:
    many = Demand(teams=100_000, orders_per_s=1e6, day_s=1.0)
    assert_red(named(machine_rows(tmp_path, many, None), "processor"))
    assert_green(machine.processor_row(2, machine.REFERENCE_STEPS_PER_S, SMALL))


@contextmanager
def few_files(count: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (count, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_too_few_open_files_are_red(tmp_path: Path) -> None:
    with few_files(140):
        assert_red(named(machine_rows(tmp_path, SMALL, None), "open files"))
    assert_green(machine.files_row(144, SMALL))
    assert_green(machine.files_row(resource.RLIM_INFINITY, SMALL))


def subject(tmp_path: Path, **more: object) -> Subject:
    values: dict[str, object] = {
        "data": tmp_path / "data",
        "backups": tmp_path / "backups",
        "scenario": "bare",
        **more,
    }
    return Subject(**values)  # type: ignore[arg-type]  # the tests' own keywords


async def make_game(data: Path) -> None:
    solo = Solo(SoloSettings(scenario="bare", data=data))
    await solo.start()
    await solo.stop()


async def test_a_scenario_that_is_wrong_or_another_than_the_datas_is_red(tmp_path: Path) -> None:
    assert_green(scenario_row(subject(tmp_path)))
    faulty = tmp_path / "faulty.toml"
    faulty.write_text('extends = "bare"\n[clock]\nsped = 2\n')
    found = scenario_row(subject(tmp_path, scenario=str(faulty)))
    assert_red(found)
    assert "sped" in found.found
    await make_game(tmp_path / "data")
    assert_green(scenario_row(subject(tmp_path)))
    assert_green(scenario_row(subject(tmp_path, scenario=None)))  # what the data was made with
    assert_red(scenario_row(subject(tmp_path, scenario="calm")))


async def test_a_seed_without_its_commitment_is_red(tmp_path: Path) -> None:
    data = tmp_path / "data"
    assert_red(commitment_row(subject(tmp_path)))
    prepare(SoloSettings(scenario="bare", data=data))
    assert_green(commitment_row(subject(tmp_path)))  # of `itg game new`: served, it is published
    await make_game(data)
    assert_green(commitment_row(subject(tmp_path)))
    reveal = (data / "reveal.json").read_text()
    (data / "reveal.json").write_text(reveal.replace('"seed": 1', '"seed": 2'))
    assert_red(commitment_row(subject(tmp_path)))
    (data / "reveal.json").write_text("{")
    assert_red(commitment_row(subject(tmp_path)))


def test_data_that_somebody_else_plays_or_that_nobody_does_is_red(tmp_path: Path) -> None:
    here, served = subject(tmp_path), subject(tmp_path, url="http://127.0.0.1:1")
    assert_green(lock_row(here))
    assert_red(lock_row(served))
    assert not here.data.exists(), "looking makes nothing"
    directory = DataDirectory(here.data)
    directory.hold()
    assert_red(lock_row(here))
    assert_green(lock_row(served))
    directory.release()
    assert_green(lock_row(here))


def test_a_port_where_somebody_listens_is_red(tmp_path: Path) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert_red(port_row(subject(tmp_path, port=port)))
    assert_green(port_row(subject(tmp_path, port=port)))


async def test_a_backup_that_is_missing_old_or_damaged_is_red(tmp_path: Path) -> None:
    asked = subject(tmp_path)
    assert_green(backup_row(asked, 0))  # nothing to back up yet
    await make_game(asked.data)
    found = backup_row(asked, 0)
    assert_red(found)
    assert found.advice == f"itg backup {asked.data} --to {asked.backups}"
    kept = back_up(asked.data, Wish(to=asked.backups))
    made_us = kept.manifest.made_us
    assert_green(backup_row(asked, made_us + DAY_US))
    assert_red(backup_row(asked, made_us + DAY_US + 60_000_000))
    (kept.path / "join.code").write_text("another\n")
    assert_red(backup_row(asked, made_us))


def test_a_server_that_does_not_answer_is_one_red_line_that_says_how_to_start_it(
    tmp_path: Path,
) -> None:
    (found,) = server_rows(subject(tmp_path, url="http://127.0.0.1:1"))
    assert_red(found)
    assert "itg serve" in found.advice


def test_a_server_that_is_not_ready_is_red() -> None:
    assert_green(ready_row(200, {"status": "ready", "phase": "closed", "scenario": "bare"}))
    assert_red(ready_row(503, {"status": "failed"}))


def connections(*, is_blocked: bool = False, missing: tuple[str, ...] = ()) -> ConnectionsBody:
    socket_body = ConnectionBody(
        connection_number=1,
        open_ms=10,
        last_frame_age_ms=1,
        waiting_bytes=0,
        unanswered=0,
        is_blocked=is_blocked,
        channels=[],
    )
    items = [
        TeamConnectionsBody(
            team_id=name,
            team_name=name,
            account_id=name,
            role="hedge_fund",
            connections=[] if name in missing else [socket_body],
        )
        for name in ("Blue", "Red")
    ]
    return ConnectionsBody(epoch=1, items=items, missing=list(missing), others=0)


def test_teams_that_are_not_registered_not_connected_or_not_reading_are_named() -> None:
    for each in team_rows(connections(), 2):
        assert_green(each)
    assert_red(named(team_rows(connections(), 3), "teams registered"))
    away = named(team_rows(connections(missing=("Red",)), 2), "teams connected")
    assert_red(away)
    assert away.found == "1 of 2, missing: Red"
    stuck = named(team_rows(connections(is_blocked=True), 2), "readers")
    assert_red(stuck)
    assert stuck.found == "not reading: Blue, Red"


def test_demand_is_of_the_scenarios_roles_and_its_longest_day(tmp_path: Path) -> None:
    demand, zone = demand_of(subject(tmp_path, scenario="classic", teams=30))
    assert zone == "America/Chicago"
    assert demand.orders_per_s == pytest.approx(30 * (10 + 5 + 7) / 3)
    assert demand.day_s == 7 * 3_600


async def test_the_whole_list_of_a_fresh_game_is_red_for_its_backup_alone(tmp_path: Path) -> None:
    asked = subject(tmp_path, teams=2, port=0)
    await make_game(asked.data)
    rows = list(preflight(asked))
    game = [each for each in rows if each.name not in ("fsync", "processor", "clock")]
    assert [each.name for each in game if each.status == "red"] == ["backup"]
    assert len({each.name for each in rows}) == len(rows)
