"""The surface of fair volatility: a level for each expiry, times one skew."""

import numpy as np

from itg.kernel.money import Price
from itg.market_data.contract import SurfaceModel, SurfacePoint
from itg.market_data.core.normal import Floats

_SKEW_MIN = np.array(0.5)
_SKEW_MAX = np.array(2.0)
_ONE = np.array(1.0)
_PPM = 1e6


class Skew:
    """What a strike makes of its expiry's level of volatility."""

    __slots__ = ("_skew", "_smile")

    def __init__(self, model: SurfaceModel) -> None:
        self._skew, self._smile = np.array(model.skew), np.array(model.smile)

    def of(self, standardized: Floats) -> Floats:
        """Return the factor at ln(strike/spot)/√years, held between ½ and 2."""
        factor = (standardized * self._smile + self._skew) * standardized + _ONE
        held: Floats = np.minimum(np.maximum(factor, _SKEW_MIN), _SKEW_MAX)
        return held


def surface_points(
    strikes: Floats, standardized: Floats, volatilities: Floats
) -> tuple[SurfacePoint, ...]:
    """Return the points of one expiry, strikes in price units and rising."""
    order = np.argsort(strikes)
    columns = (
        strikes[order].astype(np.int64).tolist(),
        np.rint(standardized[order] * _PPM).astype(np.int64).tolist(),
        np.rint(volatilities[order] * _PPM).astype(np.int64).tolist(),
    )
    return tuple(
        SurfacePoint(Price(strike), moneyness, volatility)
        for strike, moneyness, volatility in zip(*columns, strict=True)
    )
