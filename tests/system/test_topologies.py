"""A game on several nodes: each is killed under load, and nothing acknowledged is lost."""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.rabbitmq_broker import RabbitmqBroker
from tests.system.fleet import READY_S_MAX, Fleet
from tests.system.killing import killing, strike_in_turn
from tests.system.nodes_facts import numbers_of, stream_of, told_by_nodes, until_carried

from itg.compose.carriers import LINKS
from itg.compose.nodes_read import verify_nodes
from itg.compose.projection import ProjectionWish, project


def running_on(fleet: Fleet) -> dict[str, list[str]]:
    """Return what `itg ps` says each process runs, once every one but the broker answers."""
    command = [sys.executable, "-m", "itg", "ps", "--json", "--data", str(fleet.data)]
    deadline = time.monotonic() + READY_S_MAX
    while True:
        done = subprocess.run(command, capture_output=True, check=True, timeout=60)
        ships = json.loads(done.stdout)["ships"]
        told = {ship["name"]: ship["services"] for ship in ships if ship["name"] != "nats"}
        if all(told.values()):
            return told
        assert time.monotonic() < deadline, told


SERVICES = ("core", "world", "game", "gateway-1", "nats")
LAYOUTS = {
    "services": {
        "core": ["exchange.0", "positions"],
        "world": ["news", "market_data", "signals", "retail"],
        "game": ["game"],
    },
    "apart": {
        name: [name]
        for name in (
            *("game", "news", "market_data", "exchange.0", "positions", "signals", "retail"),
        )
    },
}
APART = ("positions", "exchange.0", "market_data", "game")


def kill_in_turn(data: Path, topology: str, killed: tuple[str, ...], rounds: int) -> None:
    with Fleet(data, topology=topology) as fleet:
        told = running_on(fleet)
        layout = {name: services for name, services in told.items() if "gateway" not in name}
        assert layout == LAYOUTS[topology]
        assert told["gateway-1"] == ["gateway"]
        strike_in_turn(fleet, killing(fleet, killed), rounds)
    for name, report in verify_nodes(data).items():
        assert report.is_equal, (name, report.difference)
    exchange, positions, _ = project(data, ProjectionWish())
    assert exchange.rows["trades"] > 0
    assert positions.rows["fills"] == 2 * exchange.rows["trades"]
    assert [made.events for made in project(data, ProjectionWish())] == [0, 0, 0]


@pytest.mark.nats
@pytest.mark.system
@pytest.mark.gate
@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("topology", "killed"),
    # The gate kills every service apart; the same with services that share nodes is for a release.
    [pytest.param("services", SERVICES, marks=pytest.mark.slow), ("apart", APART)],
)
def test_each_node_is_killed_once_and_every_door_knows_every_acknowledged_order(
    tmp_path: Path, topology: str, killed: tuple[str, ...]
) -> None:
    kill_in_turn(tmp_path / "data", topology, killed, 1)


@pytest.mark.rabbitmq
@pytest.mark.system
@pytest.mark.gate
@pytest.mark.timeout(600)
def test_with_rabbitmq_processes_call_each_other_at_their_ports_and_kills_lose_nothing(
    tmp_path: Path, rabbitmq_broker: RabbitmqBroker
) -> None:
    data, url, killed = tmp_path / "data", rabbitmq_broker.url, SERVICES[:-1]
    with Fleet(data, topology="services", flags=("--bus", url)) as fleet:
        assert {name for name, services in running_on(fleet).items() if services} >= {*killed}
        strike_in_turn(fleet, killing(fleet, killed), 1)
        until_carried(fleet.door(0))
        held = numbers_of(asyncio.run(stream_of(fleet, url)))
    told = numbers_of(told_by_nodes(data))
    assert {"exchange", "positions", "game", "tape"} <= {source for source, _ in held}
    assert {key: told[key][: len(seqs)] for key, seqs in held.items()} == held
    assert all(report.is_equal for report in verify_nodes(data).values())
    assert list((data / LINKS).iterdir()) == []  # whoever ends takes its card away


@pytest.mark.nats
@pytest.mark.system
@pytest.mark.slow
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize(("topology", "killed"), [("services", SERVICES), ("apart", APART)])
def test_each_node_is_killed_ten_times_in_turn(
    tmp_path: Path, topology: str, killed: tuple[str, ...]
) -> None:
    kill_in_turn(tmp_path / "data", topology, killed, 10)
