"""A game as several processes: each is killed under load, and nothing acknowledged is lost."""

from pathlib import Path

import pytest
from msgspec import convert
from tests.system.copies import recovered_state_hash
from tests.system.fleet import Fleet
from tests.system.killing import DOORS, killing, strike_in_turn

from itg.compose.verify import verify_data

KILLED = ("gateway-1", "nats", "node")


def kill_in_turn(data: Path, rounds: int) -> None:
    with Fleet(data) as fleet:
        strike_in_turn(fleet, killing(fleet, KILLED), rounds)
        assert fleet.door(0).call("GET", "/health/ready")[0] == 200
        assert_the_organizer_has_a_door_apart(fleet)
    report = verify_data(data)
    assert report.is_equal, report.difference
    assert recovered_state_hash(data) == report.state_hash


def assert_the_organizer_has_a_door_apart(fleet: Fleet) -> None:
    """Act at every door: it is done at the node's and audited there, and unknown at gateways."""
    key, body = fleet.door(0).admin_key, {"text": "Well traded.", "reason": "the last word"}
    told = [fleet.door(n).call("POST", "/admin/messages", body, key) for n in DOORS]
    assert [status for status, _ in told] == [201, 404, 404]
    assert {answer["code"] for _, answer in told[1:]} == {"ROUTE_NOT_FOUND"}
    status, page = fleet.door(0).call("GET", "/admin/audit", key=key)
    assert status == 200
    rows = convert(page["items"], list[dict[str, object]])
    assert [row["act"] for row in rows if row["reason"] == body["reason"]] == ["message.send"]
    assert fleet.door(1).call("GET", "/admin/audit", key=key)[0] == 404
    assert {s.name: s.serves for s in fleet.state.ships if s.serves} == {
        "node": "organizer",
        "gateway-1": "teams",
        "gateway-2": "teams",
    }


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
