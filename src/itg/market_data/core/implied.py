"""Implied volatility: the deviation at which an option's time value is what it is.

With value β per unit of the lesser of spot and strike, ln β is a rising, concave function of the
deviation s, so Newton's step on it with Halley's correction,

    δ = ν / (1 + ½·ν·(b″/b′ − b′/b)),   ν = −(ln b − ln β)·b/b′,   b″/b′ = ln²(far/near)/s³ − s/4

(the derivatives are in Jäckel 2015, "Let's be rational"), triples the right digits each time. It
starts from the implied deviation of a normal price (Bachelier 1900), a function of one variable
alone: η = ν/artanh(ν), ν = |far − near|/straddle (Choi, Kim, Kwak 2009, "Numerical approximation of
the implied volatility under arithmetic Brownian motion"); our polynomial in √η meets it to 4e-4,
and what is left is how far the log-normal law is from the normal one. A step that would leave the
interval known to hold the answer is replaced by the interval's middle.
"""

import numpy as np
import numpy.typing as npt

from itg.market_data.core.normal import Floats
from itg.market_data.core.pricing import DEVIATION_MIN, Pricer

# A deviation no price of the game comes near; beyond it all the spot is time value.
DEVIATION_MAX = 16.0
_STEPS_MAX = 64
# The error after a step is of the order of its cube, of the step itself but for rounding.
_NEGLIGIBLE = np.array(1e-5)
_LIKE_ZERO = 1e-12
# Rising powers of √η: least squares over 1e-4 ≤ |far − near|/deviation ≤ 35.
_NORMAL = (0.397348, 0.0573690, 0.629454, -0.274008, 1.18400, -1.65737, 0.663232)
_ROOT_HALF_PI = np.sqrt(np.pi / 2.0)
_DENSITY = np.array(1.0 / np.sqrt(2.0 * np.pi))
_QUARTER = np.array(0.25)
_HALF = np.array(0.5)
_ONE = np.array(1.0)


def implied_deviation(value: Floats, near: Floats, far: Floats) -> Floats:
    """Return σ√T of values out of the money; NaN where none has that value.

    `near` and `far` are the lesser and the greater of spot and strike. A value has a deviation if
    it lies between nothing and `near`, both excluded.
    """
    possible = (value > 0.0) & (value < near)
    safe = np.where(possible, value, 0.25 * near)
    found = _solve(safe / near, near, far)
    return np.where(possible & (found < DEVIATION_MAX), found, np.nan)


def _solve(beta: Floats, near: Floats, far: Floats) -> Floats:
    pricer = Pricer(beta.size)
    ratio = far / near
    distance, target = np.log(ratio), np.log(beta)
    low, high = np.full_like(beta, DEVIATION_MIN), np.full_like(beta, DEVIATION_MAX)
    deviation = np.minimum(np.maximum(_normal_deviation(beta, ratio), low), high)
    is_settled = np.zeros(beta.shape, dtype=np.bool_)
    # Far too low a deviation leaves no value to take the logarithm of: no step, but the middle.
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for _ in range(_STEPS_MAX):
            tails = pricer.tails(distance, deviation)
            value = tails.near - tails.far
            is_low = value < beta
            low, high = np.where(is_low, deviation, low), np.where(is_low, high, deviation)
            step = _halley(
                deviation, distance / deviation, tails.bell / value, target - np.log(value)
            )
            further = deviation + step
            is_inside = (further >= low) & (further <= high)
            further = np.where(is_inside, further, (low + high) * _HALF)
            # A settled one stays, however long its neighbours take.
            deviation = np.where(is_settled, deviation, further)
            is_settled |= is_inside & (np.abs(step) <= deviation * _NEGLIGIBLE)
            if is_settled.all():
                break
    return deviation


def _halley(deviation: Floats, h: Floats, bell_per_value: Floats, missing: Floats) -> Floats:
    slope = bell_per_value * _DENSITY
    newton = missing / slope
    bend = h * h / deviation - deviation * _QUARTER - slope
    step: Floats = newton / (newton * bend * _HALF + _ONE)
    return step


def _normal_deviation(beta: Floats, ratio: Floats) -> Floats:
    # Per unit of the geometric mean of both prices.
    gap = np.maximum(ratio - 1.0, _LIKE_ZERO)
    artanh = 0.5 * np.log1p(gap / beta)
    straddle = 2.0 * beta + gap
    root_eta = np.sqrt(gap / (straddle * artanh))
    factor = np.full_like(beta, _NORMAL[-1])
    for coefficient in _NORMAL[-2::-1]:
        factor = factor * root_eta + coefficient
    normal: Floats = _ROOT_HALF_PI * straddle * root_eta * factor / np.sqrt(ratio)
    return normal


def volatilities_ppm(volatility: Floats) -> list[int | None]:
    """Return volatilities in 1e-6; NaN becomes None."""
    is_known: npt.NDArray[np.bool_] = np.isfinite(volatility)
    rounded = np.rint(np.where(is_known, volatility, 0.0) * 1e6).astype(np.int64).tolist()
    return [ppm if known else None for ppm, known in zip(rounded, is_known.tolist(), strict=True)]
