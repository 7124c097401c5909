"""Fair values against integrals, parity, limits and differences."""

from math import exp, log, pi, sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.market_data.reference import Pair

from itg.market_data.contract import SurfaceModel
from itg.market_data.core.pricing import Horizons, Pricer
from itg.market_data.core.surface import Skew

FLAT = SurfaceModel()
SKEWED = SurfaceModel(skew=-0.15, smile=0.05)
SPOTS = st.floats(50.0, 10_000.0)
MONEYNESS = st.floats(-0.15, 0.15)
YEARS = st.floats(1e-5, 0.5)
VOLATILITIES = st.floats(0.05, 1.0)


def pair(
    spot: float, strike: float, years: float, volatility: float, surface: SurfaceModel = FLAT
) -> Pair:
    """Value one strike alone, in the units of the published marks."""
    root = sqrt(years)
    moneyness = np.log(np.array([strike]) / spot)
    volatilities = volatility * Skew(surface).of(moneyness / root)
    horizons = Horizons(np.array([spot]), np.array([root]), volatilities)
    greeks = Pricer(1).greeks(np.array([strike]), moneyness, horizons)
    value, call_delta, gamma, vega, theta = (float(figure[0]) for figure in greeks)
    return Pair(
        call=value + max(spot - strike, 0.0),
        put=value + max(strike - spot, 0.0),
        volatility=float(volatilities[0]),
        call_delta=call_delta,
        gamma=gamma,
        vega=vega / 100,
        theta=theta / 252,
    )


def integrated_call(spot: float, strike: float, years: float, volatility: float) -> float:
    """Integrate the payoff over the log-normal density by Simpson's rule from the kink on."""
    deviation = volatility * sqrt(years)
    kink = (log(strike / spot) + deviation * deviation / 2) / deviation
    low, high, steps = max(kink, -12.0), 14.0, 4_000
    if low >= high:
        return 0.0
    width = (high - low) / steps

    def payoff(z: float) -> float:
        price = spot * exp(deviation * z - deviation * deviation / 2)
        return max(price - strike, 0.0) * exp(-z * z / 2) / sqrt(2 * pi)

    inner = sum((4 if n % 2 else 2) * payoff(low + n * width) for n in range(1, steps))
    return (payoff(low) + inner + payoff(high)) * width / 3


@pytest.mark.parametrize("spot", [440.0, 4400.0])
@pytest.mark.parametrize("moneyness", [-0.06, -0.01, 0.0, 0.02, 0.06])
@pytest.mark.parametrize("years", [1e-4, 0.004, 0.06])
@pytest.mark.parametrize("volatility", [0.1, 0.5])
def test_a_call_is_worth_the_integral_of_its_payoff(
    spot: float, moneyness: float, years: float, volatility: float
) -> None:
    strike = spot * exp(moneyness)
    call = pair(spot, strike, years, volatility).call
    integral = integrated_call(spot, strike, years, volatility)
    assert call == pytest.approx(integral, abs=1e-8 * spot)


@given(SPOTS, MONEYNESS, YEARS, VOLATILITIES)
def test_a_call_less_a_put_is_the_forward(
    spot: float, moneyness: float, years: float, volatility: float
) -> None:
    strike = spot * exp(moneyness)
    valued = pair(spot, strike, years, volatility, SKEWED)
    assert valued.call - valued.put == pytest.approx(spot - strike, abs=1e-9 * spot)


@given(SPOTS, MONEYNESS, YEARS, VOLATILITIES)
def test_values_stay_between_intrinsic_and_the_whole(
    spot: float, moneyness: float, years: float, volatility: float
) -> None:
    strike = spot * exp(moneyness)
    valued = pair(spot, strike, years, volatility, SKEWED)
    slack = 1e-9 * spot
    assert max(spot - strike, 0.0) - slack <= valued.call <= spot + slack
    assert max(strike - spot, 0.0) - slack <= valued.put <= strike + slack
    assert 0.0 <= valued.call_delta <= 1.0
    assert valued.gamma >= 0.0
    assert valued.theta <= 0.0 <= valued.vega


@given(st.floats(-0.04, 0.04), st.floats(0.002, 0.1), st.floats(0.1, 0.6))
def test_greeks_are_the_slopes_of_the_value(
    moneyness: float, years: float, volatility: float
) -> None:
    spot, strike = 100.0, 100.0 * exp(moneyness)
    here = pair(spot, strike, years, volatility)
    h = 1e-3
    up = pair(spot + h, strike, years, volatility).call
    down = pair(spot - h, strike, years, volatility).call
    assert here.call_delta == pytest.approx((up - down) / (2 * h), abs=1e-5)
    assert here.gamma == pytest.approx((up - 2 * here.call + down) / (h * h), abs=2e-3)
    louder = pair(spot, strike, years, volatility + 1e-5).call
    softer = pair(spot, strike, years, volatility - 1e-5).call
    assert here.vega == pytest.approx((louder - softer) / 2e-5 / 100, abs=1e-6)
    later = pair(spot, strike, years - 1e-6, volatility).call
    sooner = pair(spot, strike, years + 1e-6, volatility).call
    assert here.theta == pytest.approx((later - sooner) / 2e-6 / 252, rel=1e-3, abs=1e-6)


def factor(standardized: float) -> float:
    return float(Skew(SKEWED).of(np.array([standardized]))[0])


@given(st.floats(-1e6, 1e6))
def test_the_skew_stays_within_its_bounds_and_is_one_at_the_money(standardized: float) -> None:
    assert 0.5 <= factor(standardized) <= 2.0
    assert factor(0.0) == 1.0


def test_low_strikes_carry_more_volatility_than_high_ones() -> None:
    low, high = (pair(100.0, strike, 0.01, 0.2, SKEWED).volatility for strike in (97.0, 103.0))
    assert low > 0.2 > high
