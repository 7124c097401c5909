"""Arrivals over thousands of sessions, the core alone: gaps, hours, quiet ends, leads."""

from functools import cache
from itertools import pairwise

import pytest
from msgspec.structs import replace
from tests.news.models import (
    CLASSIC,
    LEAD_S,
    OPEN_NS,
    PRE_OPEN_NS,
    SESSION_S,
    TABLE,
    configured,
)
from tools.stats.headlines import Item, gaps_of, long_run, outcomes, times

from itg.kernel.times import NS_PER_S, Nanos
from itg.news.contract import ArrivalModel, HourWeight, NewsOrigin, NewsScheduled, StartNews
from itg.news.core.newsroom import Newsroom, NewsroomState

SESSIONS = pytest.mark.parametrize(
    "sessions", [1_200, pytest.param(18_000, marks=pytest.mark.gate)]
)
QUIET_FROM_S = SESSION_S - CLASSIC.quiet_end_s


@cache
def run(sessions: int, seed: int = 1) -> list[Item]:
    return long_run(configured(seed), sessions)


@SESSIONS
def test_arrivals_keep_their_gaps_hours_number_and_lead(sessions: int) -> None:
    items = run(sessions)
    found = [*times(items, configured(), sessions)]
    assert [finding for finding in found if not finding.is_within] == []
    # Both bounds are reached: mass was clipped to them.
    gaps = gaps_of(items, CLASSIC, SESSION_S)
    assert min(gaps) == pytest.approx(CLASSIC.gap_min_s, abs=1e-3)
    assert max(gaps) == pytest.approx(CLASSIC.gap_max_s, abs=1e-3)
    assert sum(gap < CLASSIC.gap_min_s + 1e-3 for gap in gaps) > 1


@SESSIONS
def test_headlines_and_their_outcomes_come_as_the_table_says(sessions: int) -> None:
    found = [*outcomes(run(sessions), TABLE)]
    assert [finding for finding in found if not finding.is_within] == []


def test_the_first_arrival_keeps_the_lead_without_a_pre_open() -> None:
    dense = ArrivalModel(mean_gap_s=900, gap_min_s=400, gap_max_s=1_800)
    waits = []
    for seed in range(200):
        newsroom = Newsroom(NewsroomState(configured(seed, dense)))
        (told,) = newsroom.start(OPEN_NS, _session(SESSION_S))
        assert isinstance(told, NewsScheduled)
        waits.append(told.effective_ns - OPEN_NS)
    assert min(waits) == LEAD_S * NS_PER_S
    assert max(waits) <= 1_800 * NS_PER_S


def test_a_gap_shorter_than_the_lead_waits_for_it() -> None:
    dense = ArrivalModel(mean_gap_s=100, gap_min_s=10, gap_max_s=1_000)
    items = long_run(configured(1, dense), 3)
    assert len(items) > 100
    assert min(item.wait_s for item in items) == LEAD_S


def test_what_falls_into_the_quiet_end_comes_as_far_into_the_next_session() -> None:
    regular = ArrivalModel(mean_gap_s=7_000, gap_min_s=7_000, gap_max_s=7_000, quiet_end_s=300)
    items = long_run(configured(1, regular), 30)
    scale = QUIET_FROM_S / SESSION_S
    first = items[0].second / scale
    for number, item in enumerate(items):
        day, second = divmod(first + 7_000 * number, SESSION_S)
        assert item.day == day
        assert item.second == pytest.approx(second * scale, abs=1e-3)


def test_a_gap_longer_than_a_session_waits_through_it() -> None:
    rare = ArrivalModel(mean_gap_s=50_000, gap_min_s=50_000, gap_max_s=50_000)
    days = [item.day for item in long_run(configured(4, rare), 20)]
    assert {later - earlier for earlier, later in pairwise(days)} == {2, 3}


def test_a_session_that_is_all_quiet_end_has_no_news() -> None:
    dense = ArrivalModel(mean_gap_s=20, gap_min_s=10, gap_max_s=40)
    assert not long_run(configured(1, dense, session_seconds=300), 10)


def test_hours_of_weight_zero_have_no_news() -> None:
    weights = (HourWeight(start_s=0, weight=1), HourWeight(start_s=5_000, weight=0))
    early = ArrivalModel(mean_gap_s=2_000, gap_min_s=500, gap_max_s=9_000, weights=weights)
    items = long_run(configured(1, early), 100)
    assert len(items) > 800
    assert all(item.second < 5_000 for item in items)


def test_another_chance_of_one_headline_moves_no_other_item() -> None:
    changed = tuple(
        replace(row, shift=0.1, jump=0.9) if row.headline_id == "gdp_beat" else row for row in TABLE
    )
    plain = [item.scheduled for item in run(1_200)]
    moved = [item.scheduled for item in long_run(configured(1, table=changed), 1_200)]
    assert [replace(i, outcome=plain[0].outcome) for i in plain] == [
        replace(i, outcome=plain[0].outcome) for i in moved
    ]
    differing = {a.headline_id for a, b in zip(plain, moved, strict=True) if a != b}
    assert differing == {"gdp_beat"}


def test_seeds_differ_and_one_seed_repeats_itself() -> None:
    plain = [item.scheduled for item in run(1_200)]
    assert plain == [item.scheduled for item in long_run(configured(1), 1_200)]
    other = [item.scheduled.effective_ns for item in long_run(configured(2), 5)]
    assert other != [item.effective_ns for item in plain][: len(other)]
    assert {item.origin for item in plain} == {NewsOrigin.ARRIVAL}
    assert [item.news_id for item in plain] == list(range(1, len(plain) + 1))


def _session(seconds: int) -> StartNews:
    return StartNews(session_start_ns=OPEN_NS, session_end_ns=Nanos(OPEN_NS + seconds * NS_PER_S))


def test_a_round_cut_short_keeps_what_is_left_of_the_gap() -> None:
    regular = ArrivalModel(mean_gap_s=9_000, gap_min_s=9_000, gap_max_s=9_000, quiet_end_s=0)
    newsroom = Newsroom(NewsroomState(configured(1, regular)))
    (first,) = newsroom.start(Nanos(OPEN_NS - PRE_OPEN_NS), _session(SESSION_S))
    assert isinstance(first, NewsScheduled)
    second = (first.effective_ns - OPEN_NS) / NS_PER_S
    cut_s = second - 100
    assert [*newsroom.stop(Nanos(OPEN_NS + int(cut_s * NS_PER_S)))]
    (again,) = newsroom.start(Nanos(OPEN_NS - PRE_OPEN_NS), _session(SESSION_S))
    assert isinstance(again, NewsScheduled)
    assert (again.effective_ns - OPEN_NS) / NS_PER_S == pytest.approx(100, abs=1e-6)
    assert again == replace(first, news_id=2, effective_ns=again.effective_ns)
