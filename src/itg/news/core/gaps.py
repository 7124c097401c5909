"""The time between two arrivals: exponential, clipped, with its mean kept."""

from math import exp, expm1, log1p

from itg.kernel.rng import Rng
from itg.news.contract import ArrivalModel

_BISECTIONS = 200


class GapLaw:
    """The law of X = clip(E, a, b) with E exponential of mean θ, chosen so that E[X] is the mean.

    E[X] = a + θ·(exp(−a/θ) − exp(−b/θ)), the integral of the survival function; it grows with θ.
    """

    __slots__ = ("_longest_s", "_mean_s", "_shortest_s", "theta_s")

    def __init__(self, model: ArrivalModel) -> None:
        a, b, mean = model.gap_min_s, model.gap_max_s, model.mean_gap_s
        assert 0 <= a < mean < b or 0 < a == mean == b, f"no such gap: {a} < {mean} < {b} seconds"
        self._shortest_s, self._longest_s, self._mean_s = a, b, mean
        self.theta_s = 0.0 if a == b else _theta_of(model)

    def draw(self, rng: Rng) -> float:
        """Draw a gap in seconds; one draw of the stream."""
        gap_s = rng.exponential(self.theta_s)
        return min(max(gap_s, self._shortest_s), self._longest_s)

    def draw_first(self, rng: Rng) -> float:
        """Draw the wait of somebody who comes in the middle of a gap; one draw of the stream.

        Density P(X > x)/E[X]: with it as many arrivals are expected in any second as in any other,
        from the first on (Cox 1962, Renewal Theory, section 5.3, equilibrium process).
        """
        a, theta = self._shortest_s, self.theta_s
        beyond_s = rng.uniform() * self._mean_s - a
        if beyond_s <= 0:
            return a + beyond_s
        return min(a - theta * log1p(-beyond_s / theta * exp(a / theta)), self._longest_s)


def _theta_of(model: ArrivalModel) -> float:
    low = high = model.mean_gap_s
    while _clipped_mean(model, low) > model.mean_gap_s:
        low *= 0.5
    while _clipped_mean(model, high) < model.mean_gap_s:
        high *= 2.0
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        if _clipped_mean(model, middle) < model.mean_gap_s:
            low = middle
        else:
            high = middle
    return high


def _clipped_mean(model: ArrivalModel, theta_s: float) -> float:
    a, b = model.gap_min_s, model.gap_max_s
    return a - theta_s * exp(-a / theta_s) * expm1(-(b - a) / theta_s)
