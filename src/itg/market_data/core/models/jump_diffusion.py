"""Jump diffusion: Brownian motion and log-normal jumps."""

from math import exp
from typing import ClassVar, Self

from itg.market_data.contract import ConfigureMarketData
from itg.market_data.core.models.diffusion import VOLATILITY, Gbm
from itg.market_data.core.models.protocol import Draws, Parameter
from itg.market_data.core.session_time import step_seconds


class JumpDiffusion:
    """Jumps arrive as a Poisson process at any time of a session; J is normal.

    d ln S = −(σ²/2 + λ(E[exp J] − 1)) dt + σ dW + J dN. Source: Merton 1976, "Option pricing when
    underlying stock returns are discontinuous". The state is the time to the next jump in seconds.
    """

    parameters: ClassVar[tuple[Parameter, ...]] = (
        VOLATILITY,
        Parameter("jumps_per_session", 2.0, 0.0, 1_000.0),
        Parameter("jump_mean", -0.003, -0.5, 0.5),
        Parameter("jump_std", 0.008, 0.0, 0.5),
    )
    streams: ClassVar[tuple[str, ...]] = ("leader", "own_jump_time", "own_jump_size")

    def __init__(
        self, config: ConfigureMarketData, parameters: dict[str, float], factor: float = 1.0
    ) -> None:
        self._configured = (config, parameters)
        self._diffusion = Gbm(config, parameters, factor)
        self._mean, self._std = parameters["jump_mean"], parameters["jump_std"]
        self._dt_s = step_seconds(config)
        jumps_per_session = parameters["jumps_per_session"]
        jumps_per_s = jumps_per_session / config.session_seconds
        self._gap_s = 1.0 / jumps_per_s if jumps_per_s > 0 else None
        growth = exp(self._mean + 0.5 * self._std * self._std) - 1.0
        self._drift = -jumps_per_s * growth * self._dt_s
        square = self._mean * self._mean + self._std * self._std
        self._jump_variance = jumps_per_session * config.sessions_per_year * square

    def begun(self, regime: int) -> list[float]:
        # Empty until the first step draws the first jump's time.
        return []

    def step(self, state: list[float], dice: Draws, jumps: list[float]) -> float:
        if self._gap_s is not None:
            times, sizes = dice["own_jump_time"], dice["own_jump_size"]
            if not state:
                state.append(times.exponential(self._gap_s))
            state[0] -= self._dt_s
            while state[0] <= 0.0:
                jumps.append(self._mean + self._std * sizes.normal())
                state[0] += times.exponential(self._gap_s)
        return self._diffusion.step(state, dice, jumps) + self._drift

    def volatility(self, state: list[float]) -> float:
        return self._diffusion.volatility(state)

    def regime(self, state: list[float]) -> None:
        return None

    def enter(self, state: list[float], regime: int) -> None:
        return

    def expected_variance(self, state: list[float], seconds: float) -> tuple[float, float]:
        volatility = self._diffusion.volatility(state)
        variance = volatility * volatility + self._jump_variance
        return variance * seconds, variance

    def scaled(self, factor: float) -> Self:
        return type(self)(*self._configured, factor)
