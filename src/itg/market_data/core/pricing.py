"""Fair values and Greeks: Black–Scholes without interest or dividends, whole chains at a time.

Sources: Black and Scholes 1973; Hull, "Options, Futures, and Other Derivatives", 10th edition,
chapters 15 and 19, with r = q = 0. Time is in years of sessions; spot, strike and value share a
unit. Of each strike the side out of the money is valued, its call or its put, as

    near·Φ(½s − h) − far·Φ(−½s − h),    s = σ√T,    h = ln(far/near)/s,

`near` being the lesser of spot and strike, `far` the greater. The bells of both terms are one
number, near·φ(h − ½s) = far·φ(h + ½s), so the value is near·bell·(M(h − ½s) − M(h + ½s)): no small
difference of large prices (the form of Jäckel 2015, "Let's be rational"). The other side
is worth its payoff more, by parity; in whole price units that sum is exact.
"""

from typing import NamedTuple

import numpy as np

from itg.market_data.core.normal import Floats, Mills, bell

# Below this total deviation an option is worth what it would pay now.
DEVIATION_MIN = 1e-9
_HALF = np.array(0.5)
_ONE = np.array(1.0)
_ZERO = np.array(0.0)
_DENSITY = np.array(1.0 / np.sqrt(2.0 * np.pi))


class Tails(NamedTuple):
    """A strike's two terms per unit of `near`, and exp(−½(h − ½s)²)."""

    near: Floats  # Φ(½s − h)
    far: Floats  # far/near · Φ(−½s − h)
    bell: Floats


class Greeks(NamedTuple):
    """One number a strike: the value out of the money, the call's delta, and what both share.

    The put's delta is the call's minus 1. vega: per 1.00 of volatility. theta: per year.
    """

    value: Floats
    call_delta: Floats
    gamma: Floats
    vega: Floats
    theta: Floats


class Horizons(NamedTuple):
    """What each strike is valued at: spot, root of the years to expiry, volatility."""

    spot: Floats
    root: Floats
    volatility: Floats


class Pricer:
    """Values a fixed number of strikes."""

    __slots__ = ("_mills",)

    def __init__(self, count: int) -> None:
        self._mills = Mills(2 * count)

    def tails(self, distance: Floats, deviation: Floats) -> Tails:
        """Return the two terms at ln(far/near) ≥ 0 and a total deviation > 0."""
        h = distance / deviation
        half = deviation * _HALF
        count = h.size
        arguments = np.empty(2 * count)
        below, above = arguments[:count], arguments[count:]
        np.subtract(h, half, out=below)
        np.add(h, half, out=above)
        ratios = self._mills.of(np.abs(arguments))
        height = bell(below)
        near = ratios[:count] * height
        return Tails(
            near=np.where(below < _ZERO, _ONE - near, near),
            far=ratios[count:] * height,
            bell=height,
        )

    def greeks(self, strike: Floats, moneyness: Floats, horizons: Horizons) -> Greeks:
        """Value strikes of which `moneyness` is ln(strike/spot); deviations are > 0."""
        spot, root, volatility = horizons
        deviation = volatility * root
        tails = self.tails(np.abs(moneyness), deviation)
        near = np.minimum(spot, strike)
        density = tails.bell * near * _DENSITY
        vega = density * root
        return Greeks(
            value=(tails.near - tails.far) * near,
            # In the money a call has what its put, out of it, lacks.
            call_delta=np.where(moneyness < _ZERO, _ONE - tails.far * near / spot, tails.near),
            gamma=density / (spot * spot * deviation),
            vega=vega,
            theta=density * volatility / root * -_HALF,
        )
