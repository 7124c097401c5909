"""Weighted seconds: a session's length is kept, and there is a way back."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.news.models import CLASSIC, SESSION_S

from itg.news.contract import ArrivalModel, HourWeight
from itg.news.core.weighted_time import WeightedTime

QUIET_S = 300
WEIGHTS = st.lists(
    st.tuples(st.integers(0, SESSION_S), st.floats(0.01, 5)),
    max_size=6,
    unique_by=lambda row: row[0],
)


def time_of(*rows: tuple[int, float], session_seconds: int = SESSION_S) -> WeightedTime:
    weights = tuple(HourWeight(start_s=start_s, weight=weight) for start_s, weight in rows)
    model = ArrivalModel(mean_gap_s=1, gap_min_s=0, gap_max_s=2, weights=weights)
    return WeightedTime(model, session_seconds)


@given(rows=WEIGHTS)
def test_a_session_is_as_long_in_weighted_seconds_as_in_its_own(
    rows: list[tuple[int, float]],
) -> None:
    assert time_of(*rows).weighted(SESSION_S - QUIET_S) == pytest.approx(SESSION_S)


@given(rows=WEIGHTS, second=st.floats(0, 2 * SESSION_S))
def test_every_second_is_found_again(rows: list[tuple[int, float]], second: float) -> None:
    time = time_of(*rows)
    assert time.elapsed(time.weighted(second)) == pytest.approx(second, abs=1e-6)


def test_weighted_time_runs_in_proportion_to_the_weights() -> None:
    time = WeightedTime(CLASSIC, SESSION_S)
    starts = {0: 1.5, 9_000: 0.8, 16_200: 1.2}
    scale = SESSION_S / (9_000 * 1.5 + 7_200 * 0.8 + (SESSION_S - QUIET_S - 16_200) * 1.2)
    for start_s, weight in starts.items():
        ran = time.weighted(start_s + 60) - time.weighted(start_s)
        assert ran == pytest.approx(60 * weight * scale)


def test_before_the_first_weight_it_is_one() -> None:
    time = time_of((9_750, 3.0))
    assert time.weighted(9_750) == pytest.approx(SESSION_S / 4)


def test_before_the_session_no_weighted_second_passes() -> None:
    assert time_of().weighted(-5_400.0) == 0


def test_a_stretch_of_weight_zero_is_jumped() -> None:
    time = time_of((0, 1.0), (1_000, 0.0), (2_000, 1.0))
    at_its_start = time.weighted(1_000)
    assert time.weighted(1_500) == at_its_start
    assert time.elapsed(at_its_start) == 2_000


def test_what_lies_beyond_a_last_weight_of_zero_is_never_reached() -> None:
    time = time_of((0, 1.0), (1_000, 0.0))
    assert time.elapsed(SESSION_S + 1) == inf
    assert time_of((0, 0.0)).elapsed(1.0) == inf


def test_a_session_that_is_all_quiet_end_is_no_error() -> None:
    assert time_of(session_seconds=QUIET_S).weighted(0.0) == 0


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(AssertionError, match="bad weights"):
        time_of((0, -1.0))
