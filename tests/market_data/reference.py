"""Fair values one pair at a time, in plain Python: the reference of the vectorised ones.

Sources: Black and Scholes 1973; Hull, "Options, Futures, and Other Derivatives", 10th edition,
chapters 15 and 19, with r = q = 0. Time is in years of sessions, prices in USD.
"""

from math import erfc, exp, log, pi, sqrt
from typing import NamedTuple

from itg.kernel.money import PRICE_SCALE, Price
from itg.kernel.words import Instrument, OptionRight
from itg.market_data.contract import Mark, SurfaceModel
from itg.market_data.core.valuation import Horizon

_ROOT_HALF = sqrt(0.5)
_DENSITY = 1.0 / sqrt(2.0 * pi)
# Below this total deviation an option is worth what it would pay now.
_DEVIATION_MIN = 1e-9
_PPM = 1_000_000
_SKEW_MIN = 0.5
_SKEW_MAX = 2.0


class Pair(NamedTuple):
    """A call and a put of one strike: values and Greeks; the put's delta is the call's minus 1.

    vega: per volatility point. theta: per session.
    """

    call: float
    put: float
    volatility: float
    call_delta: float
    gamma: float
    vega: float
    theta: float


def fair_pair(
    spot: float, strike: float, horizon: Horizon, surface: SurfaceModel, sessions_per_year: int
) -> Pair:
    """Value a strike's call and put at the volatility the horizon and the skew give it."""
    years = horizon.years
    if years <= 0.0:
        return _expired(spot, strike)
    moneyness = log(spot / strike)
    root = sqrt(years)
    volatility = sqrt(horizon.variance / years) * skew_factor(-moneyness / root, surface)
    deviation = volatility * root
    if deviation < _DEVIATION_MIN:
        return _expired(spot, strike)
    d1 = moneyness / deviation + 0.5 * deviation
    call_delta = 0.5 * erfc(-d1 * _ROOT_HALF)
    call = spot * call_delta - strike * 0.5 * erfc((deviation - d1) * _ROOT_HALF)
    density = _DENSITY * exp(-0.5 * d1 * d1)
    return Pair(
        call=max(0.0, call),
        put=max(call - spot + strike, 0.0),
        volatility=volatility,
        call_delta=call_delta,
        gamma=density / (spot * deviation),
        vega=0.01 * spot * density * root,
        theta=-0.5 * spot * density * volatility / (root * sessions_per_year),
    )


def skew_factor(standardized: float, surface: SurfaceModel) -> float:
    """Return what the skew makes of volatility at ln(strike/spot)/sqrt(years), within bounds."""
    factor = 1.0 + surface.skew * standardized + surface.smile * standardized * standardized
    return min(max(factor, _SKEW_MIN), _SKEW_MAX)


def _expired(spot: float, strike: float) -> Pair:
    payoff = spot - strike
    return Pair(
        call=max(payoff, 0.0),
        put=max(-payoff, 0.0),
        volatility=0.0,
        call_delta=1.0 if payoff > 0 else 0.0,
        gamma=0.0,
        vega=0.0,
        theta=0.0,
    )


def mark(instrument: Instrument, pair: Pair) -> Mark:
    """Return an option's mark, rounded as it is published."""
    option = instrument.option
    assert option
    is_call = option.right is OptionRight.CALL
    delta = round(pair.call_delta * _PPM)
    return Mark(
        instrument_id=instrument.instrument_id,
        mark_price=Price(round((pair.call if is_call else pair.put) * PRICE_SCALE)),
        implied_vol=round(pair.volatility * _PPM),
        delta=delta if is_call else delta - _PPM,
        gamma=round(pair.gamma * _PPM),
        vega=round(pair.vega * _PPM),
        theta=round(pair.theta * _PPM),
    )
