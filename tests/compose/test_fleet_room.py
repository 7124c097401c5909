"""A fleet looks for room before it starts anything: its own data, and ports that are free."""

import os
import socket
from pathlib import Path

import pytest
from msgspec import structs
from msgspec.json import encode

from itg.compose.data_directory import FLEET_FILE
from itg.compose.fleet import Fleet, FleetPlan, FleetState
from itg.compose.roster import FleetRoster
from itg.compose.services import services_of
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import Shard
from itg.wire.v1.operating import ProcessBody


def test_a_game_that_a_fleet_runs_already_is_left_to_it(tmp_path: Path) -> None:
    told = encode(FleetState(keeper=os.getpid()))
    (tmp_path / FLEET_FILE).write_bytes(told)
    fleet = Fleet(FleetPlan(data=tmp_path, scenario="bare", port=0, bus_port=0, gateways=0))
    with pytest.raises(ConfigurationError, match=f"process {os.getpid()} runs the game"):
        fleet.assert_room()
    assert (tmp_path / FLEET_FILE).read_bytes() == told


def test_a_port_that_is_taken_is_named_with_its_process_and_its_flag(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        bus = Fleet(FleetPlan(data=tmp_path, scenario="bare", port=0, bus_port=port, gateways=0))
        with pytest.raises(ConfigurationError, match=rf"nats: .*:{port}.* \(--bus-port\)"):
            bus.assert_room()
        node = Fleet(FleetPlan(data=tmp_path, scenario="bare", port=port, bus_port=0, gateways=0))
        with pytest.raises(ConfigurationError, match=rf"node: .*:{port}.* \(--port, now {port}\)"):
            node.assert_room()


def test_free_ports_and_the_leftover_of_a_fleet_that_is_gone_are_room(tmp_path: Path) -> None:
    (tmp_path / FLEET_FILE).write_bytes(encode(FleetState(keeper=0)))
    Fleet(FleetPlan(data=tmp_path, scenario="bare", port=0, bus_port=0, gateways=0)).assert_room()


def test_internal_ports_are_of_nodes_one_after_the_other(tmp_path: Path) -> None:
    plan = FleetPlan(data=tmp_path, scenario="bare", port=0, bus_port=0, topology="services")
    ships = {ship.name: ship for ship in Fleet(structs.replace(plan, internal=9_100)).state.ships}
    told = {name: ship.command[-2:] for name, ship in ships.items() if ship.internal}
    assert told == {
        name: ["--internal", str(9_100 + number)]
        for number, name in enumerate(("world", "core", "game"))
    }
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        fleet = Fleet(structs.replace(plan, gateways=0, internal=port))
        with pytest.raises(ConfigurationError, match=rf"world: .*\(--internal, now {port}\)"):
            fleet.assert_room()
    with pytest.raises(ConfigurationError, match="--internal 9100: topology solo has no nodes"):
        Fleet(structs.replace(plan, topology="solo", internal=9_100))


def test_the_roster_has_every_process_of_a_fleet_and_without_one_this_process(
    tmp_path: Path,
) -> None:
    layout = {"node": services_of((Shard(0),))}
    assert [each.pid for each in FleetRoster(tmp_path, layout).processes()] == [os.getpid()]
    plan = FleetPlan(data=tmp_path, scenario="bare", port=8_000, bus_port=4_222, gateways=1)
    state = Fleet(plan).state
    state.ships[-1].pid, state.ships[-1].starts = os.getpid(), 2
    (tmp_path / FLEET_FILE).write_bytes(encode(state))
    roster = FleetRoster(tmp_path, layout)
    assert roster.processes() == [
        ProcessBody(process="nats", pid=None, status="down", port=4_222, starts=0),
        ProcessBody(
            process="node", pid=None, status="down", port=8_000, serves="organizer", starts=0
        ),
        ProcessBody(
            process="gateway-1",
            pid=os.getpid(),
            status="runs",
            port=8_001,
            serves="teams",
            starts=2,
        ),
    ]
    assert {(each.node, each.name) for each in roster.services} >= {
        ("node", "exchange.0"),
        ("node", "positions"),
    }
