"""What prices expect of news: closed forms against quadrature and against draws."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.dice import ArrayDice
from tests.scenario.compiled import compiled, the

from itg import scenario
from itg.market_data.contract import ConfigureMarketData
from itg.news.contract import ConfigureNews, JumpSign
from itg.scenario.expectations import (
    SIZE_SIGMA,
    jump_mean_of,
    jump_variance_of,
    shift_of,
    size_moment,
)
from itg.scenario.files import read
from itg.scenario.tables.information import HeadlineTable

SIZES = st.tuples(st.floats(0.0, 0.5), st.floats(1e-4, 0.5)).map(sorted)

NODES, WEIGHTS = np.polynomial.legendre.leggauss(200)


def row(low: float, high: float, sign: JumpSign = JumpSign.EITHER) -> HeadlineTable:
    return HeadlineTable(
        id="some", headline="Some", jump=1.0, sign=sign, size_min=low, size_max=high
    )


def by_quadrature(low: float, high: float, power: int) -> float:
    # Gauss-Legendre between the bounds, where the size is smooth; the masses beyond them apart.
    middle = (low + high) / 2
    ends = np.clip(
        [np.log(max(low, 1e-300) / middle) / SIZE_SIGMA, np.log(high / middle) / SIZE_SIGMA],
        -12.0,
        12.0,
    )
    z = ends[0] + (NODES + 1) * (ends[1] - ends[0]) / 2
    density = np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    inside = np.sum(WEIGHTS * density * (middle * np.exp(SIZE_SIGMA * z)) ** power)
    # The mass beyond, from the density too: wide bounds of integration, no formula shared.
    below, above = (mass(-12.0, ends[0]), mass(ends[1], 12.0))
    return float(inside * (ends[1] - ends[0]) / 2 + low**power * below + high**power * above)


def mass(start: float, end: float) -> float:
    z = start + (NODES + 1) * (end - start) / 2
    return float(np.sum(WEIGHTS * np.exp(-(z**2) / 2)) / np.sqrt(2 * np.pi) * (end - start) / 2)


@given(SIZES, st.integers(1, 6))
def test_a_clipped_size_has_the_moments_of_the_quadrature(sizes: list[float], power: int) -> None:
    low, high = sizes
    exact = size_moment(row(low, high), power)
    assert exact == pytest.approx(by_quadrature(low, high, power), rel=1e-9)
    assert low**power * (1 - 1e-12) <= exact <= high**power * (1 + 1e-12)


def test_equal_bounds_leave_one_size() -> None:
    assert size_moment(row(0.001, 0.001), 2) == pytest.approx(1e-6, rel=1e-12)


@pytest.mark.parametrize("name", ["classic", "calm", "crash"])
def test_the_table_s_moments_are_those_of_draws(name: str) -> None:
    _, table = read(name)
    assert table.news is not None
    headlines = table.news.headlines
    dice, count = ArrayDice(7), 1_000_000
    weights = np.array([each.weight for each in headlines])
    chosen = dice.choice(len(headlines), count, p=weights / weights.sum())
    low = np.array([each.size_min for each in headlines])[chosen]
    high = np.array([each.size_max for each in headlines])[chosen]
    sizes = np.clip((low + high) / 2 * np.exp(SIZE_SIGMA * dice.standard_normal(count)), low, high)
    ups = {JumpSign.UP: 1.0, JumpSign.DOWN: 0.0, JumpSign.EITHER: 0.5}
    up = np.array([ups[each.sign] for each in headlines])[chosen]
    signs = np.where(dice.random(count) < up, 1.0, -1.0)
    is_jump = dice.random(count) < np.array([each.jump for each in headlines])[chosen]
    jumps = np.where(is_jump, signs * sizes, 0.0)
    is_shift = dice.random(count) < np.array([each.shift for each in headlines])[chosen]
    for drawn, expected in (
        (np.expm1(jumps), jump_mean_of(headlines)),
        (jumps**2, jump_variance_of(headlines)),
        (is_shift.astype(float), shift_of(headlines)),
    ):
        # 99.9 %, two-sided.
        bound = 3.29 * float(drawn.std()) / count**0.5
        assert abs(float(drawn.mean()) - expected) <= bound


def test_a_headline_counts_by_its_weight() -> None:
    heavy = HeadlineTable(id="heavy", headline="Heavy", weight=3.0, shift=0.4)
    light = HeadlineTable(id="light", headline="Light", weight=1.0, shift=0.8)
    assert shift_of([heavy, light]) == pytest.approx(0.5)
    assert jump_mean_of([heavy, light]) == jump_variance_of([heavy, light]) == 0


def test_prices_expect_the_table_that_news_draws_from() -> None:
    game = scenario.load("classic")
    news, model = the(ConfigureNews, game), the(ConfigureMarketData, game).news
    assert model is not None
    assert news.arrivals is not None
    assert model.mean_gap_s == news.arrivals.mean_gap_s
    assert model.quiet_end_s == news.arrivals.quiet_end_s
    # 680 hundredths over 19 headlines.
    assert model.shift == pytest.approx(6.80 / 19, abs=1e-12)
    assert model.destinations == ((0.0, 0.7, 0.3), (0.1, 0.0, 0.9), (0.056, 0.944, 0.0))


def test_prices_expect_nothing_of_news_by_hand_alone(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    text = 'without = ["news.mean_gap_s", "news.gap_min_s", "news.gap_max_s"]\n'
    game = compiled(tmp_path_factory.mktemp("by-hand"), text)
    assert the(ConfigureNews, game).arrivals is None
    assert the(ConfigureMarketData, game).news is None
    assert game.rules.has_news
