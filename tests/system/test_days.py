"""Trading days in a row by one command: halts, listings, expiries; balanced, equal, provable."""

from pathlib import Path
from typing import Any

import pytest
from tests.system.test_demo import check_verifies, result, start

# Days that end a week: the Thursdays, and the Tuesday before Christmas.
WEEKS_END = ["2026-12-03", "2026-12-10", "2026-12-17", "2026-12-22", "2026-12-31"]
SEED = 1  # prices move by 2 % within a minute on its third and fourth day
PHASES = ["pre_open", "opening_auction", "continuous", "closed"]

Day = dict[str, Any]


@pytest.mark.gate
@pytest.mark.timeout(1_200)
def test_four_days_live_through_two_expiries_and_replay(tmp_path: Path) -> None:
    season = result(start(tmp_path / "season", SEED, "--days", "4"), timeout_s=900)
    check_season(season, 4)
    check_verifies(tmp_path / "season", season, timeout_s=600)


@pytest.mark.slow
@pytest.mark.timeout(3_600)
def test_two_seasons_of_one_seed_are_the_same_ten_days(tmp_path: Path) -> None:
    processes = [start(tmp_path / name, SEED, "--days", "10") for name in ("one", "two")]
    seasons = [result(process, timeout_s=3_000) for process in processes]

    assert seasons[0]["event_digest"] == seasons[1]["event_digest"]
    assert seasons[0]["days"] == seasons[1]["days"]
    check_season(seasons[0], 10)
    check_verifies(tmp_path / "one", seasons[0], timeout_s=1_200)


def check_season(season: dict[str, Any], count: int) -> None:
    days: list[Day] = season["days"]
    assert len(days) == count
    assert [(day["contracts_sum"], day["cash_sum"]) for day in days] == [(0, 0)] * count
    settled = [day["trading_day"] for day in days if day["settled"]]
    assert settled == [day for day in WEEKS_END if day <= days[-1]["trading_day"]]
    assert sum(day["halts"] for day in days) > 0
    assert all(day["trades"] > 0 for day in days)
    # The first day lists the chain, the day after a week's end the week that follows.
    after = [days[n + 1] for n, day in enumerate(days[:-1]) if day["settled"]]
    assert all(day["listed"] >= 20 for day in (days[0], *after))
    assert all(set(PHASES) <= set(day["phases"]) for day in days)
    assert all(day["delisted"] >= day["settled"] for day in days)
    for day in days:
        assert len(day["teams"]) == 6
    assert sum(day["contracts"] for day in days) == season["contracts"]
