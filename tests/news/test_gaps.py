"""The time between arrivals, against quadrature and against its own draws."""

from itertools import accumulate, pairwise
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tools.stats.headlines import deviation, moment

from itg.kernel.rng import Rng
from itg.news.contract import ArrivalModel
from itg.news.core.gaps import GapLaw

BOUND = 3.29  # standard deviations of a 99.9 % two-sided bound


def model(mean: float = 9_000.0, low: float = 1_800.0, high: float = 21_600.0) -> ArrivalModel:
    return ArrivalModel(mean_gap_s=mean, gap_min_s=low, gap_max_s=high)


@pytest.mark.parametrize(
    "arrivals",
    [
        model(),
        model(3_600.0, 900.0, 7_200.0),
        model(300.0, 60.0, 900.0),
        model(19_000.0, 0.0, 20_000.0),
        model(1_810.0, 1_800.0, 21_600.0),
    ],
)
def test_the_mean_of_the_clipped_gap_is_the_mean_asked_for(arrivals: ArrivalModel) -> None:
    mean = moment(arrivals, GapLaw(arrivals).theta_s, 1)
    assert mean == pytest.approx(arrivals.mean_gap_s, rel=1e-6)  # of the quadrature


@given(
    low=st.floats(0, 1_000),
    span=st.floats(1, 10_000),
    share=st.floats(0.001, 0.999),
    seed=st.integers(0, 99),
)
def test_every_gap_keeps_its_bounds(low: float, span: float, share: float, seed: int) -> None:
    arrivals = model(low + share * span, low, low + span)
    law, rng = GapLaw(arrivals), Rng(seed, "gaps")
    drawn = [law.draw(rng) for _ in range(50)]
    assert all(arrivals.gap_min_s <= gap <= arrivals.gap_max_s for gap in drawn)
    assert all(0 < law.draw_first(rng) <= arrivals.gap_max_s for _ in range(50))
    assert rng.counter == 100


def test_drawn_gaps_have_the_mean_asked_for() -> None:
    arrivals, n = model(), 20_000
    law, rng = GapLaw(arrivals), Rng(7, "gaps")
    mean = sum(law.draw(rng) for _ in range(n)) / n
    assert abs(mean - arrivals.mean_gap_s) < BOUND * deviation(arrivals) / sqrt(n)


def test_from_the_first_second_on_news_is_as_likely_as_later() -> None:
    """Count the arrivals of each 1,800 s of three mean gaps: 0.2 are expected in every one."""
    arrivals, n, cell_s = model(), 8_000, 1_800.0
    law, rng = GapLaw(arrivals), Rng(3, "first")
    counts = [0] * 15
    for _ in range(n):
        waits = [law.draw_first(rng), *(law.draw(rng) for _ in range(15))]
        for at in accumulate(waits):
            if at < cell_s * len(counts):
                counts[int(at / cell_s)] += 1
    share = cell_s / arrivals.mean_gap_s
    # No cell holds two: gaps are as long as a cell.
    bound = BOUND * sqrt(share * (1 - share) / n)
    assert all(abs(count / n - share) < bound for count in counts)


def test_equal_bounds_make_regular_news() -> None:
    law, rng = GapLaw(model(60.0, 60.0, 60.0)), Rng(1, "gaps")
    assert {law.draw(rng) for _ in range(20)} == {60.0}
    assert all(0 < law.draw_first(rng) < 60.0 for _ in range(20))


@pytest.mark.parametrize(("mean", "low", "high"), [(5, 10, 20), (20, 10, 20), (10, 10, 20)])
def test_a_mean_outside_its_bounds_is_refused(mean: float, low: float, high: float) -> None:
    with pytest.raises(AssertionError, match="no such gap"):
        GapLaw(model(mean, low, high))


def test_a_longer_mean_needs_a_longer_exponential() -> None:
    thetas = [GapLaw(model(mean)).theta_s for mean in (2_000, 4_000, 9_000, 15_000, 21_000)]
    assert all(shorter < longer for shorter, longer in pairwise(thetas))
