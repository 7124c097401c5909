"""Black–Scholes for European options, no interest or dividends (Hull 10e, eq. 15.20 ff., r = 0).

Every function takes spot, strike, annualized volatility (0.18 = 18 %) and years to expiry. At or
past expiry, and at zero volatility, prices are intrinsic and sensitivities vanish.
"""

from math import erf, exp, inf, log, pi, sqrt
from typing import Literal, NamedTuple

Right = Literal["call", "put"]

_SQRT_2 = sqrt(2.0)
_SQRT_2_PI = sqrt(2.0 * pi)
_VOL_MAX = 20.0  # above, a price is indistinguishable from its upper bound


class Option(NamedTuple):
    """What is valued: `years` is the time to expiry."""

    right: Right
    strike: float
    years: float


class Greeks(NamedTuple):
    """Price and sensitivities per unit: vega per 1.00 of volatility, theta per year."""

    price: float
    delta: float
    gamma: float
    vega: float
    theta: float


def normal_cdf(x: float) -> float:
    """Return the standard normal distribution function."""
    return 0.5 * (1.0 + erf(x / _SQRT_2))


def normal_pdf(x: float) -> float:
    """Return the standard normal density."""
    return exp(-0.5 * x * x) / _SQRT_2_PI


def intrinsic(option: Option, spot: float) -> float:
    """Return the value of exercising now."""
    sign = 1.0 if option.right == "call" else -1.0
    return max(sign * (spot - option.strike), 0.0)


def price(option: Option, spot: float, vol: float) -> float:
    """Return the option's value."""
    return greeks(option, spot, vol).price


def delta(option: Option, spot: float, vol: float) -> float:
    """Return the change of value per 1.00 of spot."""
    return greeks(option, spot, vol).delta


def gamma(option: Option, spot: float, vol: float) -> float:
    """Return the change of delta per 1.00 of spot."""
    return greeks(option, spot, vol).gamma


def vega(option: Option, spot: float, vol: float) -> float:
    """Return the change of value per 1.00 (100 points) of volatility."""
    return greeks(option, spot, vol).vega


def theta(option: Option, spot: float, vol: float) -> float:
    """Return the change of value per year of passing time (negative for a long option)."""
    return greeks(option, spot, vol).theta


def greeks(option: Option, spot: float, vol: float) -> Greeks:
    """Return price and sensitivities in one pass."""
    sign = 1.0 if option.right == "call" else -1.0
    deviation = vol * sqrt(option.years) if option.years > 0.0 else 0.0
    if deviation <= 0.0:
        is_in = sign * (spot - option.strike) > 0.0
        return Greeks(intrinsic(option, spot), sign if is_in else 0.0, 0.0, 0.0, 0.0)
    d1 = log(spot / option.strike) / deviation + 0.5 * deviation
    d2 = d1 - deviation
    density, root = normal_pdf(d1), sqrt(option.years)
    exercised = normal_cdf(sign * d1)
    return Greeks(
        sign * (spot * exercised - option.strike * normal_cdf(sign * d2)),
        sign * exercised,
        density / (spot * deviation),
        spot * density * root,
        -0.5 * spot * density * vol / root,
    )


def implied_vol(option: Option, spot: float, value: float) -> float | None:
    """Return the volatility at which the option is worth `value`, None where there is none.

    Newton's method inside a bracket; a step that leaves the bracket halves it instead. Values at or
    outside the no-arbitrage bounds have no volatility.
    """
    ceiling = spot if option.right == "call" else option.strike
    if option.years <= 0.0 or not intrinsic(option, spot) < value < ceiling:
        return None
    low, high = 0.0, _VOL_MAX
    vol = min(_start_vol(option, spot), _VOL_MAX / 2)
    for _ in range(100):
        point = greeks(option, spot, vol)
        error = point.price - value
        if error > 0.0:
            high = vol
        else:
            low = vol
        step = error / point.vega if point.vega > 0.0 else inf
        following = vol - step
        if not low < following < high:
            following = 0.5 * (low + high)
        if abs(following - vol) <= 1e-12 * (1.0 + vol):
            return following
        vol = following
    return vol


def _start_vol(option: Option, spot: float) -> float:
    # The inflection point of price in volatility: from there Newton converges monotonically
    # (Manaster & Koehler 1982). At the money it is 0, where vega is flat anyway.
    return sqrt(2.0 * abs(log(spot / option.strike)) / option.years) or 0.2 / sqrt(option.years)
