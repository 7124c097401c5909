"""Arrivals over thousands of sessions, the core alone: gaps, hours, quiet ends, leads."""

from functools import cache
from itertools import pairwise
from math import sqrt

import pytest
from msgspec.structs import replace
from tests.news.models import (
    CLASSIC,
    LEAD_S,
    OPEN_NS,
    PRE_OPEN_NS,
    SESSION_S,
    TABLE,
    Item,
    configured,
    deviation,
    long_run,
)

from itg.kernel.times import NS_PER_S, Nanos
from itg.news.contract import ArrivalModel, HourWeight, NewsOrigin, NewsScheduled, StartNews
from itg.news.core.newsroom import Newsroom, NewsroomState

BOUND = 3.29  # standard deviations of a 99.9 % two-sided bound
# Chi-square with ten degrees of freedom between its quantiles 0.0005 and 0.9995.
CHI_SQUARE_10 = (1.265, 31.420)
SESSIONS = pytest.mark.parametrize(
    "sessions", [1_200, pytest.param(18_000, marks=pytest.mark.gate)]
)
QUIET_FROM_S = SESSION_S - CLASSIC.quiet_end_s


@cache
def run(sessions: int, seed: int = 1) -> list[Item]:
    return long_run(configured(seed), sessions)


def weighted_second(item: Item) -> float:
    """Count an item's weighted seconds since the first session, row by row."""
    ends = [row.start_s for row in CLASSIC.weights[1:]] + [QUIET_FROM_S]
    rows = [(row.start_s, end, row.weight) for row, end in zip(CLASSIC.weights, ends, strict=True)]
    total = sum((end - start) * weight for start, end, weight in rows)
    passed = sum(max(min(item.second, end) - start, 0.0) * weight for start, end, weight in rows)
    return item.day * SESSION_S + passed * SESSION_S / total


@SESSIONS
def test_gaps_of_weighted_time_have_the_mean_and_keep_the_bounds(sessions: int) -> None:
    at = [weighted_second(item) for item in run(sessions)]
    gaps = [later - earlier for earlier, later in pairwise(at)]
    n, mean = len(gaps), sum(gaps) / len(gaps)
    assert abs(mean - CLASSIC.mean_gap_s) < BOUND * deviation(CLASSIC) / sqrt(n)
    assert min(gaps) == pytest.approx(CLASSIC.gap_min_s, abs=1e-3)
    assert max(gaps) == pytest.approx(CLASSIC.gap_max_s, abs=1e-3)
    # Both bounds are reached: mass was clipped to them.
    assert sum(gap < CLASSIC.gap_min_s + 1e-3 for gap in gaps) > 1


@SESSIONS
def test_a_session_has_as_many_items_as_it_has_mean_gaps(sessions: int) -> None:
    items = run(sessions)
    expected = sessions * SESSION_S / CLASSIC.mean_gap_s
    # Renewals: the variance of the count is that of the gaps, in mean gaps, a renewal.
    bound = BOUND * deviation(CLASSIC) / CLASSIC.mean_gap_s * sqrt(expected)
    assert abs(len(items) - expected) < bound


@SESSIONS
def test_each_half_hour_has_its_share_by_weight(sessions: int) -> None:
    """Every fifth item: what is five gaps apart is independent of the hour."""
    seconds = [item.second for item in run(sessions)][::5]
    edges = [*range(0, SESSION_S - 1_800, 1_800), 18_000, QUIET_FROM_S]
    weights = []
    for start, end in pairwise(edges):
        row = [row for row in CLASSIC.weights if row.start_s <= start][-1]
        weights.append((end - start) * row.weight)
    total = sum(weights)
    statistic = 0.0
    for (start, end), weight in zip(pairwise(edges), weights, strict=True):
        expected = len(seconds) * weight / total
        counted = sum(start <= second < end for second in seconds)
        statistic += (counted - expected) ** 2 / expected
    assert len(weights) == 11
    assert CHI_SQUARE_10[0] < statistic < CHI_SQUARE_10[1]


@SESSIONS
def test_headlines_and_their_outcomes_come_as_the_table_says(sessions: int) -> None:
    items = [item.scheduled for item in run(sessions)]
    total = sum(row.weight for row in TABLE)
    for row in TABLE:
        mine = [item for item in items if item.headline_id == row.headline_id]
        assert_share(len(mine), len(items), row.weight / total)
        if mine:
            assert_share(sum(i.outcome.is_shift for i in mine), len(mine), row.shift)
            jump = row.jump if row.size_max else 0.0
            assert_share(sum(i.outcome.jump_ppm != 0 for i in mine), len(mine), jump)


def assert_share(count: int, n: int, expected: float) -> None:
    assert abs(count / n - expected) <= BOUND * sqrt(expected * (1 - expected) / n), (count, n)


@SESSIONS
def test_nothing_comes_outside_the_session_or_in_its_quiet_end(sessions: int) -> None:
    assert all(0 <= item.second < QUIET_FROM_S for item in run(sessions))


@SESSIONS
def test_every_arrival_is_known_the_lead_before_it(sessions: int) -> None:
    assert min(item.wait_s for item in run(sessions)) >= LEAD_S


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
