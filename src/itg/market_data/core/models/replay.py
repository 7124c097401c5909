"""Replay: the returns of a recorded path."""

from itertools import pairwise
from math import log, sqrt
from typing import ClassVar

from itg.kernel.errors import ConfigurationError
from itg.market_data.contract import ConfigureMarketData
from itg.market_data.core.models.protocol import Draws, Parameter
from itg.market_data.core.session_time import step_seconds, year_seconds


class Replay:
    """Follows `recording`, a price each second from the first session's start on.

    Between seconds the logarithm is interpolated; after its end the price stands still. The state
    is the number of steps made, so a recording longer than a session goes on in the next. Its
    variance is expected to stay what it is on the recording's average, whatever comes.
    """

    parameters: ClassVar[tuple[Parameter, ...]] = ()
    streams: ClassVar[tuple[str, ...]] = ()

    def __init__(self, config: ConfigureMarketData, parameters: dict[str, float]) -> None:
        recording = config.recording
        if len(recording) < 2 or min(recording) <= 0:
            raise ConfigurationError(
                f"recording: {len(recording)} prices, the least {min(recording, default=None)}; "
                "the model 'replay' needs two or more, all above 0"
            )
        self._logs = [log(price) for price in recording]
        self._dt_s = step_seconds(config)
        squares = sum((b - a) * (b - a) for a, b in pairwise(self._logs))
        self._variance = squares / (len(recording) - 1) * year_seconds(config)
        self._end_s = float(len(recording) - 1)

    def begun(self, regime: int) -> list[float]:
        return [0.0]

    def step(self, state: list[float], dice: Draws, jumps: list[float]) -> float:
        before = self._log_at(state[0] * self._dt_s)
        state[0] += 1.0
        return self._log_at(state[0] * self._dt_s) - before

    def volatility(self, state: list[float]) -> float:
        return sqrt(self._variance) if state[0] * self._dt_s < self._end_s else 0.0

    def regime(self, state: list[float]) -> None:
        return None

    def enter(self, state: list[float], regime: int) -> None:
        return

    def expected_variance(self, state: list[float], seconds: float) -> tuple[float, float]:
        return self._variance * seconds, self._variance

    def _log_at(self, seconds: float) -> float:
        if seconds >= self._end_s:
            return self._logs[-1]
        second = int(seconds)
        share, logs = seconds - second, self._logs
        return logs[second] + share * (logs[second + 1] - logs[second])
