"""One command runs a whole trading day, and equal seeds give the same day."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

DEMO = (sys.executable, "-m", "itg", "demo", "--headless", "--speed", "max", "--json")


def start(data: Path, seed: int, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*DEMO, "--seed", str(seed), "--data", str(data), *more], stdout=subprocess.PIPE, text=True
    )


def result(process: subprocess.Popen[str], timeout_s: float = 280) -> dict[str, object]:
    out, _ = process.communicate(timeout=timeout_s)
    assert process.returncode == 0, out
    return json.loads(out)  # type: ignore[no-any-return]  # the demo prints one object


@pytest.mark.timeout(300)
def test_two_demos_of_one_seed_are_the_same_day(tmp_path: Path) -> None:
    processes = [start(tmp_path / name, seed=7) for name in ("one", "two")]
    days = [result(process) for process in processes]

    assert days[0]["event_digest"] == days[1]["event_digest"]
    for day in days:
        check_day(day)
    check_verifies(tmp_path / "one", days[0])


def check_day(day: dict[str, object]) -> None:
    assert day["phases"] == ["pre_open", "opening_auction", "continuous", "closed"]
    trades = day["trades"]
    assert isinstance(trades, int)
    assert trades >= 1_000
    assert day["contracts_sum"] == 0
    assert day["cash_sum"] == 0
    teams = day["teams"]
    assert isinstance(teams, list)
    assert len(teams) == 6
    assert {team["role"] for team in teams} == {"market_maker", "hedge_fund", "arbitrage_desk"}
    assert all(team["contracts"] > 0 for team in teams)


def check_verifies(data: Path, day: dict[str, object], timeout_s: float = 200) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "itg", "verify", str(data), "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=timeout_s,
    )
    report = json.loads(done.stdout)
    assert done.returncode == 0, report
    assert report["is_equal"] is True
    assert report["event_digest"] == day["event_digest"]
    assert report["head_hash"] == day["journal_head"]
