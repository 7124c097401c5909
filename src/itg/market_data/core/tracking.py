"""How a follower's error moves, and what it will be: drawn ahead, yet nothing more to keep.

The error is an exact Ornstein–Uhlenbeck step (Gillespie 1996, "Exact numerical simulation of the
Ornstein-Uhlenbeck process", eq. 1.9). Dice are functions of a counter, so the errors of the coming
seconds follow from the present one and where the dice stand: the buffer of those already drawn is
no state, only work not done twice. An error is the same draw whether or not it is told ahead.
"""

from collections import deque
from math import sqrt

from msgspec import Struct

from itg.kernel.rng import Rng
from itg.market_data.contract import TrackingModel


class Follower(Struct):
    """A tracking underlying's hidden state."""

    error: float = 0.0
    lag_steps: int = 0


class Tracker:
    """The constants of one follower, and the steps of its error."""

    __slots__ = ("_ahead_steps", "_decay", "_drawn", "_dt_s", "_peek", "_spread", "_told", "model")

    def __init__(self, model: TrackingModel, dt_s: float) -> None:
        self.model = model
        self._dt_s = dt_s
        self._decay = 0.5 ** (dt_s / model.half_life_s)
        self._spread = model.error_std * sqrt(1.0 - self._decay * self._decay)
        self._ahead_steps = round(model.ahead_s / dt_s)
        self._drawn: deque[float] = deque()
        self._peek: Rng | None = None
        self._told: tuple[float, int] | None = None  # error and counter that `_drawn` follows

    @property
    def lag_steps(self) -> tuple[int, int]:
        """Return the least and the greatest lag."""
        least = round(self.model.lag_s_min / self._dt_s)
        return least, max(least, round(self.model.lag_s_max / self._dt_s))

    def step(self, follower: Follower, rng: Rng) -> None:
        """Move the error by one step."""
        if self._ahead_steps == 0:
            follower.error = self._decay * follower.error + self._spread * rng.normal()
            return
        self._draw_ahead(follower, rng)
        follower.error = self._drawn.popleft()
        rng.counter += 1
        self._told = (follower.error, rng.counter)

    def error_ahead(self, follower: Follower, rng: Rng) -> float | None:
        """Return the error `ahead_s` of moving time from now; None: it is not drawn ahead."""
        if self._ahead_steps == 0:
            return None
        self._draw_ahead(follower, rng)
        return self._drawn[self._ahead_steps - 1]

    def _draw_ahead(self, follower: Follower, rng: Rng) -> None:
        drawn, here = self._drawn, (follower.error, rng.counter)
        if self._told != here or self._peek is None:
            drawn.clear()
            self._told, self._peek = here, Rng(rng.seed, rng.name, rng.counter)
        error = drawn[-1] if drawn else follower.error
        while len(drawn) < self._ahead_steps:
            error = self._decay * error + self._spread * self._peek.normal()
            drawn.append(error)
