"""Values, Greeks and implied volatilities against QuantLib and vollib, corners included.

Spots of both underlyings; strikes from 70 to 130 % of spot; from one minute to six weeks of
sessions; volatilities from 5 to 150 %. A tolerance is counted in units in the last place of what
the *oracle* rounds: both oracles and we are right to a few of them, none is the truth.
"""

from collections.abc import Iterator
from math import sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
import QuantLib
from vollib.black_scholes import black_scholes
from vollib.black_scholes.greeks import analytical
from vollib.black_scholes.implied_volatility import implied_volatility

from itg.market_data.core.implied import implied_deviation
from itg.market_data.core.normal import Floats
from itg.market_data.core.pricing import Greeks, Horizons, Pricer

EPSILON = 2.0**-52
YEAR_S = 252 * 19_800
SPOTS = (440.0, 4400.0)
SECONDS = (60, 600, 3_600, 19_800, 5 * 19_800, 12 * 19_800, 30 * 19_800)
VOLATILITIES = (0.05, 0.1, 0.2, 0.5, 1.0, 1.5)
STRIKES = np.linspace(0.7, 1.3, 25)
HALF_TICK = 0.005


class Case(NamedTuple):
    """A chain of one expiry."""

    spot: float
    years: float
    volatility: float
    strikes: Floats
    greeks: Greeks

    @property
    def deviation(self) -> float:
        return self.volatility * sqrt(self.years)


def cases() -> Iterator[Case]:
    for spot in SPOTS:
        for seconds in SECONDS:
            for volatility in VOLATILITIES:
                yield case(spot, seconds / YEAR_S, volatility)


def case(spot: float, years: float, volatility: float) -> Case:
    strikes = spot * STRIKES
    same = np.ones_like(strikes)
    horizons = Horizons(spot * same, sqrt(years) * same, volatility * same)
    greeks = Pricer(strikes.size).greeks(strikes, np.log(strikes / spot), horizons)
    return Case(spot, years, volatility, strikes, greeks)


def flag(chain: Case, strike: float) -> str:
    return "c" if strike >= chain.spot else "p"


def calculator(chain: Case, strike: float) -> QuantLib.BlackCalculator:
    right = QuantLib.Option.Call if strike >= chain.spot else QuantLib.Option.Put
    payoff = QuantLib.PlainVanillaPayoff(right, strike)
    return QuantLib.BlackCalculator(payoff, chain.spot, chain.deviation, 1.0)


def own_deltas(chain: Case) -> Floats:
    deltas = chain.greeks.call_delta
    return np.where(chain.strikes >= chain.spot, deltas, deltas - 1.0)


def test_values_are_those_of_both_oracles() -> None:
    # QuantLib subtracts spot·Φ from strike·Φ, so each of its values carries up to two units in
    # the last place of the spot; vollib, which does not subtract, is held to the same.
    for chain in cases():
        slack = 2 * EPSILON * chain.spot
        for strike, value in zip(chain.strikes.tolist(), chain.greeks.value.tolist(), strict=True):
            years, volatility = chain.years, chain.volatility
            theirs = black_scholes(flag(chain, strike), chain.spot, strike, years, 0.0, volatility)
            assert abs(value - theirs) <= slack
            assert abs(value - calculator(chain, strike).value()) <= slack


def test_small_values_keep_their_digits() -> None:
    # Only the value at the money of the shortest expiry, 7e-5 of spot, has the last place of the
    # spot in its twelfth digit; vollib's does not cancel there.
    for chain in cases():
        for strike, value in zip(chain.strikes.tolist(), chain.greeks.value.tolist(), strict=True):
            years, volatility = chain.years, chain.volatility
            theirs = black_scholes(flag(chain, strike), chain.spot, strike, years, 0.0, volatility)
            if theirs > 1e-8 * chain.spot:
                assert value == pytest.approx(theirs, rel=3e-12, abs=0.0)


def test_greeks_are_quantlibs() -> None:
    # In units of each Greek's greatest value over strikes. QuantLib's density is good to
    # 20 last places; its delta of one minute is divided by the deviation, 1.7e-4, and loses four
    # digits with it.
    for chain in cases():
        spot, years, volatility = chain.spot, chain.years, chain.volatility
        root = sqrt(years)
        slack = 32 * EPSILON
        figures = zip(chain.strikes.tolist(), own_deltas(chain), *chain.greeks[2:], strict=True)
        for strike, delta, gamma, vega, theta in figures:
            theirs = calculator(chain, strike)
            assert abs(delta - theirs.delta(spot)) <= EPSILON / (4 * chain.deviation) + slack
            assert abs(gamma - theirs.gamma(spot)) * spot * chain.deviation <= slack
            assert abs(vega - theirs.vega(years)) / spot / root <= slack
            assert abs(theta - theirs.theta(spot, years)) / spot / volatility * root <= slack


def test_greeks_are_vollibs() -> None:
    # In the same units; vollib's vega is per point, its theta per day of 365. A few last places
    # of d1, which grows with distance, make the difference.
    slack = 8 * EPSILON
    for chain in cases():
        spot, years, volatility = chain.spot, chain.years, chain.volatility
        root = sqrt(years)
        figures = zip(chain.strikes.tolist(), own_deltas(chain), *chain.greeks[2:], strict=True)
        for strike, delta, gamma, vega, theta in figures:
            terms = (flag(chain, strike), spot, strike, years, 0.0, volatility)
            assert abs(delta - analytical.delta(*terms)) <= slack
            assert abs(gamma - analytical.gamma(*terms)) * spot * chain.deviation <= slack
            assert abs(vega - analytical.vega(*terms) * 100) / spot / root <= slack
            assert abs(theta - analytical.theta(*terms) * 365) / spot / volatility * root <= slack


def implied(chain: Case, worth: npt.NDArray[np.bool_]) -> Floats:
    strikes = chain.strikes[worth]
    near, far = np.minimum(chain.spot, strikes), np.maximum(chain.spot, strikes)
    return implied_deviation(chain.greeks.value[worth], near, far) / sqrt(chain.years)


def test_a_value_implies_the_volatility_it_was_made_with() -> None:
    # The goal is 1e-9; the last place of the spot over the vega allows 1e-12 where the time value
    # is half a tick or more.
    seen = 0
    for chain in cases():
        worth = chain.greeks.value >= HALF_TICK
        found = implied(chain, worth)
        seen += found.size
        assert np.all(np.abs(found - chain.volatility) <= 1e-12)
    assert seen > 700


def test_implied_volatilities_are_those_of_both_oracles() -> None:
    # QuantLib's search ends at an accuracy of 1e-14 of deviation: 1e-12 of volatility at a minute.
    for chain in cases():
        worth = chain.greeks.value >= HALF_TICK
        figures = zip(
            chain.strikes[worth].tolist(),
            chain.greeks.value[worth].tolist(),
            implied(chain, worth).tolist(),
            strict=True,
        )
        for strike, value, found in figures:
            kind = flag(chain, strike)
            theirs = implied_volatility(value, chain.spot, strike, chain.years, 0.0, kind)
            assert abs(found - theirs) <= 1e-12
            right = QuantLib.Option.Call if kind == "c" else QuantLib.Option.Put
            terms = (right, strike, chain.spot, value, 1.0, 0.0, chain.deviation, 1e-14, 200)
            searched = QuantLib.blackFormulaImpliedStdDev(*terms) / sqrt(chain.years)
            assert abs(found - searched) <= 4e-12
