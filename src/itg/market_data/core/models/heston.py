"""Stochastic volatility: a variance that is pulled to a level and shaken with the price."""

from math import exp, expm1, sqrt
from typing import ClassVar, Self

from itg.market_data.contract import ConfigureMarketData
from itg.market_data.core.models.protocol import Draws, Parameter
from itg.market_data.core.session_time import step_years, year_seconds


class Heston:
    """Mean-reverting variance v: dv = κ(θ − v) dt + ξ √v dW', d ln S = −v/2 dt + √v dW.

    Source: Heston 1993, "A closed-form solution for options with stochastic volatility". Stepped by
    the full-truncation Euler scheme of Lord, Koekkoek and van Dijk 2010, "A comparison of biased
    simulation schemes for stochastic volatility models": the state is v, which may pass below zero,
    and everything reads max(v, 0). The price is a martingale at any step; the variance's mean errs
    by O(κ² dt).
    """

    parameters: ClassVar[tuple[Parameter, ...]] = (
        Parameter("initial_volatility", 0.2, 0.0, 5.0),
        Parameter("long_run_volatility", 0.2, 0.0, 5.0),
        Parameter("mean_reversion", 100.0, 0.0, 20_000.0),
        Parameter("volatility_of_variance", 2.0, 0.0, 100.0),
        Parameter("correlation", -0.6, -1.0, 1.0),
    )
    streams: ClassVar[tuple[str, ...]] = ("leader", "variance")

    def __init__(
        self, config: ConfigureMarketData, parameters: dict[str, float], factor: float = 1.0
    ) -> None:
        self._configured = (config, parameters)
        self._factor = factor  # of the price's deviation; v is what it is
        self._initial = parameters["initial_volatility"]
        self._level = parameters["long_run_volatility"] ** 2
        self._reversion = parameters["mean_reversion"]
        self._dt = step_years(config)
        self._year_s = year_seconds(config)
        shake = parameters["volatility_of_variance"] * sqrt(self._dt)
        correlation = parameters["correlation"]
        self._shared = shake * correlation
        self._own = shake * sqrt(1.0 - correlation * correlation)

    def begun(self, regime: int) -> list[float]:
        return [self._initial * self._initial]

    def step(self, state: list[float], dice: Draws, jumps: list[float]) -> float:
        dt, variance = self._dt, max(state[0], 0.0)
        root = sqrt(variance)
        price_draw, own_draw = dice["leader"].normal(), dice["variance"].normal()
        state[0] += self._reversion * (self._level - variance) * dt + root * (
            self._shared * price_draw + self._own * own_draw
        )
        factor = self._factor
        return factor * root * sqrt(dt) * price_draw - 0.5 * factor * factor * variance * dt

    def volatility(self, state: list[float]) -> float:
        return self._factor * sqrt(max(state[0], 0.0))

    def regime(self, state: list[float]) -> None:
        return None

    def enter(self, state: list[float], regime: int) -> None:
        return

    def expected_variance(self, state: list[float], seconds: float) -> tuple[float, float]:
        # E[v(t)] = θ + (v − θ) exp(−κt) and its integral.
        excess, rate = max(state[0], 0.0) - self._level, self._reversion / self._year_s
        gone = -expm1(-rate * seconds) / rate if rate > 0 else seconds
        square, level = self._factor * self._factor, self._level
        moved, at_end = level * seconds + excess * gone, level + excess * exp(-rate * seconds)
        return square * moved, square * at_end

    def scaled(self, factor: float) -> Self:
        return type(self)(*self._configured, factor)
