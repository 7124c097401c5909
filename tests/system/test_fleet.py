"""A game as several processes: each is killed under load, and nothing acknowledged is lost."""

from pathlib import Path

import pytest
from tests.system.copies import recovered_state_hash
from tests.system.fleet import Fleet
from tests.system.killing import killing, strike_in_turn

from itg.compose.verify import verify_data

KILLED = ("gateway-1", "nats", "node")


def kill_in_turn(data: Path, rounds: int) -> None:
    with Fleet(data) as fleet:
        strike_in_turn(fleet, killing(fleet, KILLED), rounds)
        assert fleet.door(0).call("GET", "/health/ready")[0] == 200
    report = verify_data(data)
    assert report.is_equal, report.difference
    assert recovered_state_hash(data) == report.state_hash


@pytest.mark.nats
@pytest.mark.system
@pytest.mark.gate
@pytest.mark.timeout(600)
def test_each_process_is_killed_once_and_every_door_knows_every_acknowledged_order(
    tmp_path: Path,
) -> None:
    kill_in_turn(tmp_path / "data", 1)


@pytest.mark.nats
@pytest.mark.system
@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_each_process_is_killed_ten_times_in_turn(tmp_path: Path) -> None:
    kill_in_turn(tmp_path / "data", 10)
