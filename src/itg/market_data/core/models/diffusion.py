"""Geometric Brownian motion: one volatility for ever, or that of a regime."""

from math import sqrt
from typing import ClassVar, Self

from itg.market_data.contract import ConfigureMarketData
from itg.market_data.core.models.protocol import Draws, Parameter
from itg.market_data.core.regimes import (
    ExpectedVariance,
    expected_generator,
    generator,
    step_matrix,
)
from itg.market_data.core.session_time import step_seconds, step_years

VOLATILITY = Parameter("volatility", 0.2, 0.0, 5.0)


class Gbm:
    """One volatility: an exact step (Hull 10e, eq. 14.15)."""

    parameters: ClassVar[tuple[Parameter, ...]] = (VOLATILITY,)
    streams: ClassVar[tuple[str, ...]] = ("leader",)

    def __init__(
        self, config: ConfigureMarketData, parameters: dict[str, float], factor: float = 1.0
    ) -> None:
        self._configured = (config, parameters)
        self._volatility = factor * parameters["volatility"]
        self._deviation = self._volatility * sqrt(step_years(config))

    def begun(self, regime: int) -> list[float]:
        return []

    def step(self, state: list[float], dice: Draws, jumps: list[float]) -> float:
        deviation = self._deviation
        return deviation * dice["leader"].normal() - 0.5 * deviation * deviation

    def volatility(self, state: list[float]) -> float:
        return self._volatility

    def regime(self, state: list[float]) -> None:
        return None

    def enter(self, state: list[float], regime: int) -> None:
        return

    def expected_variance(self, state: list[float], seconds: float) -> tuple[float, float]:
        variance = self._volatility * self._volatility
        return variance * seconds, variance

    def scaled(self, factor: float) -> Self:
        return type(self)(*self._configured, factor)


class RegimeGbm:
    """The volatility of a chain of regimes, which moves before the price does.

    Its state is the regime. Source: Hamilton 1989, "A new approach to the economic analysis of
    nonstationary time series and the business cycle", with no drift.
    """

    parameters: ClassVar[tuple[Parameter, ...]] = ()
    streams: ClassVar[tuple[str, ...]] = ("regime", "leader")

    def __init__(
        self, config: ConfigureMarketData, parameters: dict[str, float], factor: float = 1.0
    ) -> None:
        self._configured = (config, parameters)
        rates = generator(config.regimes.transition, config.regimes.regime_step_s)
        self._stay_and_go = step_matrix(rates, step_seconds(config))
        low, medium, high = config.regimes.volatilities
        self._volatilities = (factor * low, factor * medium, factor * high)
        self._deviations = [v * sqrt(step_years(config)) for v in self._volatilities]
        self._expected = ExpectedVariance(
            expected_generator(rates, config.news), self._volatilities
        )

    def begun(self, regime: int) -> list[float]:
        return [float(regime)]

    def step(self, state: list[float], dice: Draws, jumps: list[float]) -> float:
        here = int(state[0])
        row = self._stay_and_go[here]
        left = dice["regime"].uniform() - row[here]
        if left >= 0:
            here = _other(here, row, left)
            state[0] = float(here)
        deviation = self._deviations[here]
        return deviation * dice["leader"].normal() - 0.5 * deviation * deviation

    def volatility(self, state: list[float]) -> float:
        return self._volatilities[int(state[0])]

    def regime(self, state: list[float]) -> int:
        return int(state[0])

    def enter(self, state: list[float], regime: int) -> None:
        state[0] = float(regime)

    def expected_variance(self, state: list[float], seconds: float) -> tuple[float, float]:
        regime = int(state[0])
        by_regime = self._expected.over(seconds)
        return by_regime[regime], self._expected.at_end(by_regime)[regime]

    def scaled(self, factor: float) -> Self:
        return type(self)(*self._configured, factor)


def _other(here: int, row: tuple[float, float, float], left: float) -> int:
    others = [regime for regime in range(3) if regime != here]
    return others[0] if left < row[others[0]] else others[1]
