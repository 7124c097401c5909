"""What a forecast is worth: the value it lets one expect, as arithmetic and nothing else.

The numbers a bot cannot read from the wire are those the public rules name: the regimes'
volatilities, and what an item of news does to the price. How long a regime lasts is a guess.
"""

from math import exp, sqrt
from typing import NamedTuple

from itg.client.dice import Dice
from itg.client.greeks import normal_cdf, normal_pdf
from itg.wire.v1.signals import RegimeChances, RegimeWord, TrackingPush

VOLATILITIES: dict[RegimeWord, float] = {"low": 0.10, "medium": 0.20, "high": 0.50}
FADE_S = 1200.0  # session seconds after which 1/e of a regime's excess of variance is left
COIN = 0x5EED
# Root of the mean squared jump of a headline, 0.006 by the table, less what fair value expected.
NEWS_DEVIATION = 0.0045


def coin_of(seed: int, signal_id: int) -> int:
    """Return 1 or −1 by a coin of one's own for each signal, which moves no other draw."""
    return 1 if Dice(seed ^ signal_id ^ COIN).below(2) else -1


class Odds(NamedTuple):
    """What a straddle is expected to gain, as a fraction of its price, and that gain's variance."""

    edge: float
    variance: float


def vega_odds(
    regime: RegimeWord, chances: RegimeChances, deviation: float, life: tuple[float, float]
) -> Odds:
    """Return the odds of holding a straddle until the forecast has come true.

    `deviation` is σ√T of today's fair price, `life` what is left of it in years and in session
    seconds. A straddle at the money costs in proportion to its deviation (Brenner, Subrahmanyam
    1988); a regime's variance fades exponentially to what it would have been without.
    """
    years, seconds = life
    fade = seconds / FADE_S
    share: float = (1.0 - exp(-fade)) / fade if fade > 0.0 else 1.0
    now, jump = VOLATILITIES[regime] ** 2, (NEWS_DEVIATION / deviation) ** 2
    after = {"low": chances.low, "medium": chances.medium, "high": chances.high}
    mean = square = 0.0
    for word, volatility in VOLATILITIES.items():
        excess = (volatility**2 - now) * years * share / deviation**2
        gain = sqrt(max(1.0 + excess + jump, 0.25)) - 1.0
        mean += after[word] * gain
        square += after[word] * gain * gain
    return Odds(mean, square - mean * mean + jump)


def expected_shrinking(push: TrackingPush) -> float:
    """Return by how much the error is expected to be nearer to zero at the horizon, signed.

    The error is an Ornstein–Uhlenbeck process, so its law at the horizon is normal; the
    announcement says, rightly with its accuracy, whether it will then be smaller than now.
    """
    size = abs(push.tracking_error)
    if size == 0.0 or push.z_score == 0.0:
        return 0.0
    kept: float = 0.5 ** (max(push.horizon_us - push.game_us, 0) / 1e6 / push.half_life_s)
    mean, spread = size * kept, size / abs(push.z_score) * sqrt(1.0 - kept * kept)
    if spread <= 0.0:
        return size - mean
    low, high = (-size - mean) / spread, (size - mean) / spread
    smaller = min(max(normal_cdf(high) - normal_cdf(low), 1e-9), 1.0 - 1e-9)
    if_smaller = mean + spread * (normal_pdf(low) - normal_pdf(high)) / smaller
    if_larger = (mean - smaller * if_smaller) / (1.0 - smaller)
    likely = push.accuracy if push.announcement == "converges" else 1.0 - push.accuracy
    told = smaller * likely / (smaller * likely + (1.0 - smaller) * (1.0 - likely))
    return size - told * if_smaller - (1.0 - told) * if_larger
