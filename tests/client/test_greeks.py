"""Option maths against identities that hold whatever the formula, and finite differences."""

from math import log, sqrt
from statistics import NormalDist

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from itg.client import greeks as g
from itg.client.greeks import Option

SPOT = st.floats(50.0, 6000.0)
MONEYNESS = st.floats(0.7, 1.4)
VOL = st.floats(0.05, 1.5)
YEARS = st.floats(1 / 252, 2.0)


def pair(strike: float, years: float) -> tuple[Option, Option]:
    return Option("call", strike, years), Option("put", strike, years)


@given(SPOT, MONEYNESS, VOL, YEARS)
def test_put_call_parity_holds(spot: float, moneyness: float, vol: float, years: float) -> None:
    call, put = pair(spot * moneyness, years)
    a, b = g.greeks(call, spot, vol), g.greeks(put, spot, vol)
    assert a.price - b.price == pytest.approx(spot - call.strike, abs=1e-9 * spot)
    assert a.delta - b.delta == pytest.approx(1.0, abs=1e-12)
    assert (a.gamma, a.vega, a.theta) == pytest.approx((b.gamma, b.vega, b.theta))


@given(SPOT, MONEYNESS, VOL, YEARS, st.sampled_from(["call", "put"]))
def test_sensitivities_are_the_slopes_of_the_price(
    spot: float, moneyness: float, vol: float, years: float, right: g.Right
) -> None:
    option = Option(right, spot * moneyness, years)
    # Away from the tails, where differences of prices drown in rounding.
    assume(abs(log(moneyness)) < 3 * vol * sqrt(years))
    step = 1e-4
    rise, fall = spot * (1 + step), spot * (1 - step)
    scale = g.vega(option, spot, vol) + spot
    slope = (g.price(option, rise, vol) - g.price(option, fall, vol)) / (rise - fall)
    bend = (g.delta(option, rise, vol) - g.delta(option, fall, vol)) / (rise - fall)
    by_vol = (g.price(option, spot, vol + 1e-5) - g.price(option, spot, vol - 1e-5)) / 2e-5
    later = option._replace(years=years * (1 - 1e-5))
    by_time = (g.price(later, spot, vol) - g.price(option, spot, vol)) / (years * 1e-5)
    assert g.delta(option, spot, vol) == pytest.approx(slope, abs=1e-3)
    assert g.gamma(option, spot, vol) * spot == pytest.approx(bend * spot, rel=1e-2, abs=1e-2)
    assert g.vega(option, spot, vol) == pytest.approx(by_vol, abs=1e-4 * scale)
    assert g.theta(option, spot, vol) == pytest.approx(by_time, abs=1e-3 * scale / sqrt(years))


@given(SPOT, MONEYNESS, VOL, YEARS, st.sampled_from(["call", "put"]))
def test_implied_volatility_gives_the_price_back(
    spot: float, moneyness: float, vol: float, years: float, right: g.Right
) -> None:
    option = Option(right, spot * moneyness, years)
    value = g.price(option, spot, vol)
    assume(value - g.intrinsic(option, spot) > 1e-6 * spot)
    found = g.implied_vol(option, spot, value)
    assert found is not None
    assert g.price(option, spot, found) == pytest.approx(value, abs=1e-9 * spot)
    assert found == pytest.approx(vol, rel=1e-3)


@pytest.mark.parametrize("value", [-1.0, 0.0, 10.0, 100.0, 150.0])
def test_a_value_outside_the_bounds_has_no_volatility(value: float) -> None:
    assert g.implied_vol(Option("call", 90.0, 0.5), 100.0, value) is None


def test_an_expired_option_is_worth_its_exercise() -> None:
    call, put = pair(90.0, 0.0)
    assert g.greeks(call, 100.0, 0.2) == (10.0, 1.0, 0.0, 0.0, 0.0)
    assert g.greeks(put, 100.0, 0.2) == (0.0, 0.0, 0.0, 0.0, 0.0)
    assert g.greeks(put, 80.0, 0.0)[:2] == (10.0, -1.0)
    assert g.implied_vol(call, 100.0, 12.0) is None


def test_a_textbook_price_is_met() -> None:
    # At the money, the forward at the strike: price = spot · (2·Φ(σ√T/2) − 1).
    expected = 100 * (2 * NormalDist().cdf(0.2 / 2) - 1)
    assert g.price(Option("call", 100.0, 1.0), 100.0, 0.2) == pytest.approx(expected)
