"""Hidden prices of the market's core alone: classic's numbers, any step, any part switched off."""

from functools import cache

from msgspec import msgpack
from msgspec.structs import replace

from itg import scenario
from itg.game.asking import Setup
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import VolRegime
from itg.market_data.contract import ConfigureMarketData
from itg.market_data.core.paths import Dice, Paths, Walk

IDENTITY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def classic(seed: int = 1) -> ConfigureMarketData:
    """Return classic's model, expecting no news: the core alone is told of none."""
    (config,) = [c for c in setup("classic") if isinstance(c, ConfigureMarketData)]
    return replace(config, seed=seed, news=None)


@cache
def setup(name: str) -> tuple[object, ...]:
    """Return the commands a shipped scenario begins with."""
    return tuple(msgpack.decode(raw, type=Setup) for raw in scenario.load(name).setup)


def fixed_regime(config: ConfigureMarketData, regime: VolRegime) -> ConfigureMarketData:
    """Return the model without changes of regime."""
    return replace(config, regimes=replace(config.regimes, transition=IDENTITY, initial=regime))


def without_jumps(config: ConfigureMarketData) -> ConfigureMarketData:
    return replace(config, jumps=replace(config.jumps, mean_per_session=0.0))


def stepping(config: ConfigureMarketData, step_s: float) -> ConfigureMarketData:
    return replace(config, step_ns=Nanos(int(step_s * NS_PER_S)))


def lagging(config: ConfigureMarketData, lag_s: float) -> ConfigureMarketData:
    leader, follower = config.underlyings
    assert follower.tracking is not None
    tracking = replace(follower.tracking, lag_s_min=lag_s, lag_s_max=lag_s)
    return replace(config, underlyings=(leader, replace(follower, tracking=tracking)))


class Run:
    """Sessions of hidden prices, one list of (leader, follower) a session."""

    def __init__(self, config: ConfigureMarketData) -> None:
        self.walk = Walk(config)
        self.dice = Dice(config, {})
        start = config.underlyings[0].start_price / 10_000
        initial = tuple(VolRegime).index(config.regimes.initial)
        self.paths: Paths = self.walk.begun(start, initial)
        self.step_s = config.step_ns / NS_PER_S
        self.steps = int(config.session_seconds / self.step_s)
        self.jumps: list[tuple[float, float]] = []  # second of the session, log return
        self.regimes: list[int] = []
        self.errors: list[float] = []
        self.sessions_begun = 0

    def session(self) -> list[list[float]]:
        self.walk.open_session(self.paths, self.dice, after_night=self.sessions_begun > 0)
        self.sessions_begun += 1
        prices = [self.walk.spots(self.paths)]
        for step in range(1, self.steps + 1):
            elapsed_s = step * self.step_s
            jumps = self.walk.step(self.paths, self.dice, elapsed_s)
            self.jumps += [(elapsed_s, jump) for jump in jumps]
            self.regimes.append(self.paths.regime)
            self.errors.append(self.paths.followers[0].error)
            prices.append(self.walk.spots(self.paths))
        return prices
