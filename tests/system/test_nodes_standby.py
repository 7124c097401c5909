"""The leader of a node is killed, or paused and woken: its stand-by leads, and nothing is lost."""

import os
import shutil
import signal
import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
import structlog
from tests.system.desk import called
from tests.system.fleet import READY_S_MAX, Fleet
from tests.system.test_standby import Game, pause_between_commits

import itg
from itg.adapters.sqlite_journal import DATABASE, SqliteJournal
from itg.compose.fleet import Ship
from itg.compose.nodes_read import node_directory, restarted_nodes_hash, verify_as_one
from itg.runtime.journal import EpochStart

pytestmark = [pytest.mark.nats, pytest.mark.system, pytest.mark.timeout(600)]
log = structlog.get_logger()
NODES = ("core", "world", "game")
_NEVER = threading.Event()


def epochs_of(data: Path, node: str) -> int:
    place = (node_directory(data, node) / DATABASE).as_uri()
    with closing(sqlite3.connect(f"{place}?mode=ro", uri=True)) as connection:
        (count,) = connection.execute("SELECT count(*) FROM epoch").fetchone()
    assert isinstance(count, int)
    return count


def until_epoch(fleet: Fleet, node: str, former: int) -> None:
    """Wait until a later epoch of a node began: another leads."""
    deadline = time.monotonic() + READY_S_MAX
    while epochs_of(fleet.data, node) == former:
        assert time.monotonic() < deadline, f"nobody else leads {node}"
        _NEVER.wait(0.01)


def take_over(game: Game, node: str, number: signal.Signals = signal.SIGKILL) -> float:
    """End the leader of a node under load; return the longest time without an order."""
    fleet = game.fleet
    fleet.until_standing_by(node)
    leader, epoch = fleet.leader(node), epochs_of(fleet.data, node)
    traders = game.trade()
    began = time.monotonic()
    fleet.kill(leader.name, number)
    until_epoch(fleet, node, epoch)
    led_s = time.monotonic() - began
    gap_s = game.until_orders_pass(traders)
    told = {"node": node, "leader": leader.name, "led_s": round(led_s, 2), "gap_s": round(gap_s, 2)}
    log.info(number.name, **told)
    assert fleet.leader(node).name != leader.name
    return gap_s


def pause(game: Game, node: str) -> None:
    """Pause the leader of a node until another leads, wake it, and see it end."""
    fleet = game.fleet
    fleet.until_standing_by(node)
    leader, epoch = fleet.leader(node), epochs_of(fleet.data, node)
    traders = game.trade()
    pause_between_commits(node_directory(fleet.data, node), leader.pid)
    began = time.monotonic()
    until_epoch(fleet, node, epoch)
    led_s = time.monotonic() - began
    gap_s = game.until_orders_pass(traders)
    log.info("paused", node=node, led_s=round(led_s, 2), gap_s=round(gap_s, 2))
    os.kill(leader.pid, signal.SIGCONT)
    fleet.until_started(leader.name, leader.starts)
    assert "another server" in Path(leader.log).read_text()


def assert_whole(data: Path) -> None:
    report = verify_as_one(data)
    assert report.is_equal, report.difference
    assert restarted_nodes_hash(data) == report.state_hash


def nodes_led(fleet: Fleet) -> list[str]:
    """Return the nodes that somebody leads, as `itg ps` says it."""
    told = called("ps", "--data", str(fleet.data))
    leaders = [line.split()[0] for line in told.said.splitlines() if " leads " in line]
    return sorted(name.removesuffix("-standby") for name in leaders)


@pytest.mark.gate
def test_a_node_s_standby_leads_when_its_leader_is_killed_or_paused_and_nothing_is_lost(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    with Fleet(data, standby=True, topology="services") as fleet:
        game = Game(fleet)
        for node in NODES:
            take_over(game, node)
        assert nodes_led(fleet) == sorted(NODES)
        pause(game, "core")
        assert nodes_led(fleet) == sorted(NODES)
        for door in (1, 2, 3):
            fleet.until_ready(door)
            game.check(door)
    assert_whole(data)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_each_service_apart_is_led_by_its_standby_when_its_leader_is_killed(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    with Fleet(data, standby=True, topology="apart") as fleet:
        game = Game(fleet)
        nodes = sorted({Path(ship.place).name for ship in fleet.state.ships if ship.place})
        assert len(nodes) > len(NODES)
        for node in nodes:
            take_over(game, node)
        assert nodes_led(fleet) == nodes
        for door in (1, 2, 3):
            fleet.until_ready(door)
            game.check(door)
    assert_whole(data)


@pytest.mark.slow
@pytest.mark.timeout(1_800)
def test_every_process_is_restarted_in_turn_under_trading_and_one_node_on_a_changed_build(
    tmp_path: Path,
) -> None:
    data, package = tmp_path / "data", tmp_path / "build" / "itg"
    shutil.copytree(Path(itg.__file__).parent, package)
    path = os.pathsep.join([str(package.parent), str(Path.cwd())])
    with Fleet(data, standby=True, topology="services", environment={"PYTHONPATH": path}) as fleet:
        game = Game(fleet)
        for node in ("world", "game"):
            restart(game, node)
        rules = package / "kernel" / "words.py"
        rules.write_text(f"{rules.read_text()}# a changed build\n")
        restart(game, "core")
        for door in (1, 2):
            restart_gateway(game, door)
        for door in (1, 2):
            fleet.until_ready(door)
            game.check(door)
    assert_whole(data)
    builds = [start.header.code_fingerprint for start in epochs_in(data, "core")]
    assert len(set(builds)) == 2
    assert builds[-1] != builds[0]


def restart(game: Game, node: str) -> None:
    """Restart the two processes of a node: who stands by first, then who leads."""
    fleet = game.fleet
    fleet.until_standing_by(node)
    leader = fleet.leader(node)
    second = next(s for s in fleet.state.ships if s.place == leader.place and s.pid != leader.pid)
    fleet.until_started(second.name, fleet.kill(second.name, signal.SIGTERM))
    until_ready_to_lead(second)
    epoch, traders = epochs_of(fleet.data, node), game.trade()
    began = time.monotonic()
    fleet.kill(leader.name, signal.SIGTERM)
    until_epoch(fleet, node, epoch)
    led_s, gap_s = time.monotonic() - began, game.until_orders_pass(traders)
    log.info("restarted", node=node, led_s=round(led_s, 2), gap_s=round(gap_s, 2))
    fleet.until_started(leader.name, leader.starts)


def restart_gateway(game: Game, door: int) -> None:
    """Restart a gateway through which half of the teams trade."""
    fleet, traders = game.fleet, game.trade()
    name = f"gateway-{door}"
    fleet.until_started(name, fleet.kill(name, signal.SIGTERM))
    fleet.until_ready(door)
    log.info("restarted", node=name, gap_s=round(game.until_orders_pass(traders), 2))


def until_ready_to_lead(ship: Ship) -> None:
    """Wait until a new life of a stand-by follows, or waits for the other build's snapshot."""
    deadline = time.monotonic() + READY_S_MAX
    while True:
        lives = Path(ship.log).read_text().split("stand-by  ")
        is_new = len(lives) > ship.starts + 1
        if is_new and ("stands_by" in lives[-1] or "follows_no_other_build" in lives[-1]):
            return
        assert time.monotonic() < deadline, f"{ship.name} does not stand by"
        _NEVER.wait(0.05)


def epochs_in(data: Path, node: str) -> Sequence[EpochStart]:
    with closing(SqliteJournal(node_directory(data, node))) as journal:
        return journal.epochs()
