"""A leader is killed, or paused and woken: a stand-by leads, and nothing acknowledged is lost."""

import os
import signal
import sqlite3
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
import structlog
from tests.postgres_server import PostgresServer
from tests.system.copies import recovered_state_hash
from tests.system.fleet import READY_S_MAX, Fleet
from tests.system.killing import Persistent, load
from tests.system.test_kill import check_books_and_positions, check_orders, wait_for_orders

from itg.adapters.sqlite_journal import DATABASE
from itg.compose.fleet import Ship
from itg.compose.journals import POSTGRES_VARIABLE
from itg.compose.verify import opened_for_reading, verify_data

log = structlog.get_logger()
ROUNDS_IN_THE_GATE = 6
MORE_ORDERS = 40


@pytest.fixture
def in_postgres(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep games begun from here in PostgreSQL."""
    monkeypatch.setenv(POSTGRES_VARIABLE, postgres.text(postgres.url.parts["dbname"]))


class Game:
    """A fleet with a stand-by, teams that trade through its gateways, and what they were told."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        doors = [fleet.door(1 + n % 2) for n in range(4)]
        self.keys = [d.register(f"team {n}", "market_maker")[1] for n, d in enumerate(doors)]
        fleet.door(0).open_market()
        self.lives: list[list[Persistent]] = []

    def trade(self) -> list[Persistent]:
        """Let everybody trade, and return once some orders are acknowledged."""
        traders = load(self.fleet, self.keys, len(self.lives))
        self.lives.append(traders)
        wait_for_orders([*traders], MORE_ORDERS)
        return traders

    def until_another_leads(self, former: Ship, began: float) -> float:
        """Return the seconds until the other node answers that it is ready."""
        door = 3 if former.name == "node" else 0
        deadline = began + READY_S_MAX
        while not self.fleet.is_ready(door):
            assert time.monotonic() < deadline, "no stand-by leads"
        return time.monotonic() - began

    def until_orders_pass(self, traders: list[Persistent]) -> float:
        """Return once teams trade again through gateways that nobody restarted.

        The seconds are the longest in which no order was acknowledged to anybody.
        """
        told = sum(len(trader.acknowledged) for trader in traders)
        wait_for_orders([*traders], told + MORE_ORDERS)
        for trader in traders:
            trader.stop()
        instants = sorted(at for trader in traders for at in trader.told_s)
        return max(after - before for before, after in pairwise(instants))

    def check(self, door: int) -> None:
        """Look every acknowledged order up, and compare books and positions."""
        for traders in self.lives:
            for trader, key in zip(traders, self.keys, strict=True):
                check_orders(self.fleet.door(door), trader, key)
        check_books_and_positions(self.fleet.door(door), self.keys)


def assert_whole(data: Path) -> None:
    report = verify_data(data)
    assert report.is_equal, report.difference
    assert recovered_state_hash(data) == report.state_hash


def kill_leaders(data: Path, rounds: int, number: signal.Signals = signal.SIGKILL) -> None:
    with Fleet(data, standby=True) as fleet:
        game = Game(fleet)
        starts = {s.name: s.starts for s in fleet.state.ships if s.name.startswith("gateway")}
        for _ in range(rounds):
            fleet.until_standing_by()
            leader, traders = fleet.leader(), game.trade()
            began = time.monotonic()
            fleet.kill(leader.name, number)
            led_s = game.until_another_leads(leader, began)
            gap_s = game.until_orders_pass(traders)
            log.info(
                number.name, leader=leader.name, another_answers_s=led_s, without_order_s=gap_s
            )
        at = [3 if fleet.leader().name == "standby" else 0, 1, 2]
        for door in at:
            game.check(door)
        assert starts == {s.name: s.starts for s in fleet.state.ships if s.name in starts}
    assert_whole(data)


@pytest.mark.nats
@pytest.mark.system
@pytest.mark.timeout(180)
def test_a_standby_leads_when_the_leader_is_killed_and_every_door_knows_every_order(
    tmp_path: Path,
) -> None:
    kill_leaders(tmp_path / "data", 1)


@pytest.mark.nats
@pytest.mark.system
@pytest.mark.gate
@pytest.mark.timeout(600)
def test_leaders_killed_in_turn_under_load_lose_and_double_nothing(tmp_path: Path) -> None:
    kill_leaders(tmp_path / "data", ROUNDS_IN_THE_GATE)


@pytest.mark.nats
@pytest.mark.system
@pytest.mark.gate
@pytest.mark.timeout(600)
def test_each_node_is_restarted_under_load_and_loses_and_doubles_nothing(tmp_path: Path) -> None:
    kill_leaders(tmp_path / "data", 2, signal.SIGTERM)


def pause_leader(data: Path) -> None:
    """Pause a leader until another leads, wake it, and see it end without another row."""
    with Fleet(data, standby=True) as fleet:
        game = Game(fleet)
        fleet.until_standing_by()
        leader, traders = fleet.leader(), game.trade()
        pause_between_commits(data, leader.pid)
        led_s = game.until_another_leads(leader, time.monotonic())
        gap_s = game.until_orders_pass(traders)
        log.info("paused", leader=leader.name, another_answers_s=led_s, without_order_s=gap_s)
        os.kill(leader.pid, signal.SIGCONT)
        fleet.until_started(leader.name, leader.starts)
        assert "another server" in Path(leader.log).read_text()
        game.check(3)
        game.check(1)
    assert_whole(data)
    assert_epochs_apart(data)


@pytest.mark.nats
@pytest.mark.system
@pytest.mark.timeout(180)
def test_a_paused_leader_is_fenced_when_it_wakes_and_writes_nothing_more(tmp_path: Path) -> None:
    pause_leader(tmp_path / "data")


@pytest.mark.nats
@pytest.mark.system
@pytest.mark.timeout(180)
@pytest.mark.usefixtures("in_postgres")
def test_in_postgres_a_standby_leads_when_the_leader_is_killed(tmp_path: Path) -> None:
    kill_leaders(tmp_path / "data", 1)
    assert not (tmp_path / "data" / DATABASE).exists()


@pytest.mark.nats
@pytest.mark.system
@pytest.mark.gate
@pytest.mark.timeout(600)
@pytest.mark.usefixtures("in_postgres")
def test_in_postgres_a_paused_leader_is_fenced_too(tmp_path: Path) -> None:
    pause_leader(tmp_path / "data")


def assert_epochs_apart(data: Path) -> None:
    """No row of an epoch stands behind the start of the next one."""
    journal = opened_for_reading(data)
    with closing(journal):
        starts = {start.epoch: start.first_seq for start in journal.epochs()}
        assert len(starts) > 1
        for row in journal.rows(0):  # type: ignore[arg-type]
            assert row.first_seq >= starts[row.epoch]
            assert row.last_seq < starts.get(row.epoch + 1, row.last_seq + 1)


def pause_between_commits(data: Path, pid: int) -> None:
    """Stop a process where it does not hold the lock of a database file of its own."""
    if not (data / DATABASE).exists():
        os.kill(pid, signal.SIGSTOP)
        return
    deadline = time.monotonic() + READY_S_MAX
    while True:
        os.kill(pid, signal.SIGSTOP)
        # The signal is sent, not taken: a thread may still be on its way into a commit.
        while any(
            " T " not in task.read_text() for task in Path("/proc").glob(f"{pid}/task/*/stat")
        ):
            assert time.monotonic() < deadline, f"process {pid} does not stop"
        with closing(sqlite3.connect(data / DATABASE, timeout=0, isolation_level=None)) as trying:
            try:
                trying.execute("BEGIN IMMEDIATE")
                trying.execute("ROLLBACK")
            except sqlite3.OperationalError:
                os.kill(pid, signal.SIGCONT)
                assert time.monotonic() < deadline, "it is always within a commit"
                continue
        return
