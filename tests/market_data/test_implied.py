"""Implied deviations: bounds, corners, independence of the neighbours."""

from math import log

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from itg.market_data.core.implied import implied_deviation
from itg.market_data.core.normal import Floats
from itg.market_data.core.pricing import Pricer


def value(near: Floats, far: Floats, deviation: Floats) -> Floats:
    tails = Pricer(near.size).tails(np.log(far / near), deviation)
    return (tails.near - tails.far) * near


@given(st.floats(0.0, 3.0), st.floats(1e-5, 8.0))
def test_any_deviation_is_found_again(distance: float, deviation: float) -> None:
    near, far = np.array([1.0]), np.exp(np.array([distance]))
    worth = value(near, far, np.array([deviation]))
    if not 1e-12 < worth[0] < 1.0 - 1e-6:
        return
    found = implied_deviation(worth, near, far)
    # The value is known to its last places, the deviation to those over the vega.
    density = np.exp(-0.5 * (distance / deviation - 0.5 * deviation) ** 2) / np.sqrt(2.0 * np.pi)
    assert abs(found[0] - deviation) <= 1e-12 * deviation + 2e-15 / density


def test_a_price_outside_its_bounds_implies_nothing() -> None:
    near, far = np.full(6, 100.0), np.full(6, 105.0)
    worth = np.array([0.0, -1.0, 100.0, 101.0, np.nan, np.inf])
    assert np.all(np.isnan(implied_deviation(worth, near, far)))


def test_no_price_implies_anything_where_there_is_none() -> None:
    nothing = np.array([])
    assert implied_deviation(nothing, nothing, nothing).size == 0


def test_at_the_money_the_deviation_is_found_too() -> None:
    deviation = np.array([1e-4, 1e-3, 0.05, 0.4, 2.0])
    same = np.full(5, 4400.0)
    found = implied_deviation(value(same, same, deviation), same, same)
    assert np.max(np.abs(found / deviation - 1.0)) < 1e-11


def test_an_answer_does_not_depend_on_its_neighbours() -> None:
    strikes = 100.0 * np.exp(np.linspace(-0.3, 0.3, 41))
    near, far = np.minimum(strikes, 100.0), np.maximum(strikes, 100.0)
    worth = value(near, far, np.linspace(0.02, 1.5, 41)) + 1e-9
    alone = [
        implied_deviation(worth[n : n + 1], near[n : n + 1], far[n : n + 1])[0] for n in range(41)
    ]
    assert implied_deviation(worth, near, far).tolist() == alone
    for count in (2, 7, 8, 9, 16, 33):
        part = slice(3, 3 + count)
        assert implied_deviation(worth[part], near[part], far[part]).tolist() == alone[part]


def test_values_far_below_a_tick_still_find_their_deviation() -> None:
    near, far = np.array([1.0]), np.array([1.3])
    worth = np.array([1e-40])
    found = implied_deviation(worth, near, far)
    assert value(near, far, found)[0] == 0.0 or abs(log(value(near, far, found)[0] / 1e-40)) < 0.5
