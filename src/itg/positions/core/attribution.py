"""A contract's gain between two marks, taken apart by the Greeks it had at the first of them.

A Taylor expansion of the price in spot, volatility and time (Hull, Options, Futures, and Other
Derivatives, chapter on the Greek letters). Each part is rounded to a unit of cash, halves upward;
the residual is what is left of the gain, so that the parts add up to it.
"""

from itg.kernel.times import Nanos
from itg.positions.core.facts import Greeks
from itg.positions.core.listings import Listing
from itg.positions.core.nets import DELTA, GAMMA, RESIDUAL, THETA, VEGA

_PPM = 1_000_000
_PRICE_SCALE = 10_000
_GAMMA_UNITS = 2 * _PPM * _PRICE_SCALE
_THETA_UNITS = _PPM // _PRICE_SCALE


def gain(listing: Listing, moved: int) -> None:
    """Let an underlying's contract gain what its mark moved: its delta is 1."""
    listing.rises[DELTA] += moved * listing.multiplier


def expand(
    listing: Listing, greeks: Greeks, moved: tuple[int, int, int, int], session_ns: Nanos
) -> None:
    """Let an option's contract gain: by its mark, spot, volatility (1e-6) and session time, moved.

    delta: delta × spot. gamma: ½ × gamma × spot². vega: vega × volatility in points. theta: theta ×
    the share of a session that passed.
    """
    # Written out: this runs for every series that is held, four times a second.
    by_mark, by_spot, by_volatility, by_time = moved
    multiplier, rises = listing.multiplier, listing.rises
    spots = by_spot * multiplier
    delta = (listing.delta * spots + _PPM // 2) // _PPM
    gamma = (greeks.gamma * by_spot * spots + _GAMMA_UNITS // 2) // _GAMMA_UNITS
    vega = (greeks.vega * by_volatility * multiplier + _PPM // 2) // _PPM
    theta = 0
    if by_time and session_ns:
        units = _THETA_UNITS * session_ns
        theta = (greeks.theta * by_time * multiplier + units // 2) // units
    rises[DELTA] += delta
    rises[GAMMA] += gamma
    rises[VEGA] += vega
    rises[THETA] += theta
    rises[RESIDUAL] += by_mark * multiplier - delta - gamma - vega - theta
