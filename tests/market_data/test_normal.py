"""The tail of the normal distribution against the C library's error function."""

from collections.abc import Callable
from fractions import Fraction
from math import erfc, exp, pi, sqrt

import numpy as np
import pytest

from itg.market_data.core.normal import Floats, Mills, bell

# √2 to 60 digits.
ROOT_TWO = Fraction("1.41421356237309504880168872420969807856967187537694807317667973799")
SPACING = 2.0**-52


def tail(u: Floats) -> Floats:
    return bell(u) * Mills(u.size).of(u)


def exact_tail(u: float) -> float:
    """Return ½·erfc(u/√2); far out the rounding of u/√2 weighs, and is made good to first order."""
    x = u * sqrt(0.5)
    rounding = float(Fraction(u) / ROOT_TWO - Fraction(x))
    return 0.5 * erfc(x) - rounding * exp(-x * x) / sqrt(pi)


def test_the_tail_is_the_error_functions_over_the_whole_range() -> None:
    # Four spacings: 2.3 for the bell and the products, 2.6 for the quotient of two sums, one for
    # the library's own error. Beyond 37.5 a tail is no normal number any more.
    u = np.concatenate([np.linspace(0.0, 37.5, 30_001), 10.0 ** np.linspace(-300, 1.5, 3_001)])
    exact = np.array([exact_tail(x) for x in u.tolist()])
    assert np.max(np.abs(tail(u) / exact - 1.0)) <= 4 * SPACING


def test_the_other_tail_is_what_is_left_of_one() -> None:
    # One spacing of rounding, one of the tail's own error, where both count: near the middle.
    u = np.linspace(0.0, 37.5, 5_001)
    exact = np.array([0.5 * erfc(-x * sqrt(0.5)) for x in u.tolist()])
    assert np.max(np.abs((1.0 - tail(u)) / exact - 1.0)) <= 2 * SPACING


def test_however_far_out_a_tail_is_a_number() -> None:
    assert np.array_equal(tail(10.0 ** np.linspace(1.7, 20.0, 1_001)), np.zeros(1_001))


def test_the_tail_begins_at_one_half_falls_and_ends_at_nothing() -> None:
    u = np.linspace(0.0, 60.0, 60_001)
    tails = tail(u)
    assert tails[0] == 0.5
    assert tails[-1] == 0.0
    assert np.all(np.diff(tails) <= 0.0)


@pytest.mark.parametrize("function", [tail, bell, np.exp, np.log])
def test_a_value_does_not_depend_on_where_in_an_array_it_stands(
    function: Callable[[Floats], Floats],
) -> None:
    u = np.linspace(0.01, 9.0, 70)
    alone = np.array([function(u[n : n + 1])[0] for n in range(u.size)])
    for count in range(1, u.size + 1):
        for start in (0, (u.size - count) // 2, u.size - count):
            part = u[start : start + count]
            assert np.array_equal(function(part), alone[start : start + count])
            assert np.array_equal(function(part.copy()), alone[start : start + count])
