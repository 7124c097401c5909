"""Prices by their numbers: the market's core alone, then with the news it expects."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import log, sqrt

from tools.stats.findings import (
    Finding,
    Moments,
    Z,
    around,
    average,
    dwells,
    geometric,
    half_life,
    jackknifed,
    mean,
    moments,
    standard_error,
    without_memory,
)
from tools.stats.paths import Run, classic, fixed_regime, lagging, stepping, without_jumps
from tools.stats.world import Moment, World, settings

from itg.kernel.words import VolRegime
from itg.market_data.contract import ConfigureMarketData, NewsModel, TrackingModel
from itg.market_data.core.jumps import jump_variance
from itg.market_data.core.regimes import Matrix, expected_generator, generator, step_matrix

FIVE_MINUTES, HOUR = 300.0, 3_600.0
REGIMES = tuple(VolRegime)
CORRELATIONS = {VolRegime.LOW: 0.52, VolRegime.MEDIUM: 0.75, VolRegime.HIGH: 0.94}
CLIPPED = 4.0  # deviations: a jump is one return, not a whole statistic


# -- closed forms --------------------------------------------------------------


def tracking_of(config: ConfigureMarketData) -> TrackingModel:
    """Return the one follower's model."""
    (tracking,) = [u.tracking for u in config.underlyings if u.tracking]
    return tracking


def year_s(config: ConfigureMarketData) -> float:
    return float(config.sessions_per_year * config.session_seconds)


def correlation(
    config: ConfigureMarketData, variance_per_s: float, seconds: float, lag_s: float | None = None
) -> float:
    """Return corr of leader's and follower's returns: the lag's overlap over the error's noise."""
    tracking = tracking_of(config)
    lag_s = (tracking.lag_s_min + tracking.lag_s_max) / 2 if lag_s is None else lag_s
    changed = 1 - 0.5 ** (seconds / tracking.half_life_s)
    error = 2 * tracking.error_std**2 * changed
    return (1 - lag_s / seconds) / sqrt(1 + error / (variance_per_s * seconds))


def regime_variance_per_s(config: ConfigureMarketData, regime: VolRegime) -> float:
    return config.regimes.volatilities[REGIMES.index(regime)] ** 2 / year_s(config)


def pooled_variance_per_s(config: ConfigureMarketData, news: NewsModel | None) -> float:
    """Return the leader's stationary variance a second, jumps and news spread evenly."""
    rates = generator(config.regimes.transition, config.regimes.regime_step_s)
    law = stationary(expected_generator(rates, news))
    diffusion = sum(p * v * v for p, v in zip(law, config.regimes.volatilities, strict=True))
    jumps = config.jumps.mean_per_session * jump_variance(config.jumps) / config.session_seconds
    arriving = 0.0 if news is None else news.jump_variance / news.mean_gap_s
    return diffusion / year_s(config) + jumps + arriving


def stationary(rates: Matrix) -> list[float]:
    """Return the chain's stationary law by the Markov chain tree theorem."""
    weights = []
    for root in range(3):
        a, b = (state for state in range(3) if state != root)
        to_root = rates[a][root] * rates[b][root]
        weights.append(to_root + rates[a][root] * rates[b][a] + rates[b][root] * rates[a][b])
    return [weight / sum(weights) for weight in weights]


# -- the core alone ------------------------------------------------------------


def sampled(run: Run, sessions: int, stride: int) -> list[Moments]:
    """Return the moments of returns over `stride` steps but the first, which the lag cuts."""
    return [
        moments((log(b[0] / a[0]), log(b[1] / a[1])) for a, b in pairwise(prices[stride::stride]))
        for prices in (run.session() for _ in range(sessions))
    ]


def correlation_by_regime(seed: int, size: int = 1) -> Iterator[Finding]:
    """Hold each regime's correlation over five minutes to its closed form."""
    # A lag of one 30 s step: the law is exact at it, and a wrong overlap would show.
    for regime in VolRegime:
        config = without_jumps(fixed_regime(stepping(classic(seed), 30.0), regime))
        found, error = jackknifed(sampled(Run(lagging(config, 30.0)), 160 * size, 10))
        variance = regime_variance_per_s(config, regime)
        expected = correlation(config, variance, FIVE_MINUTES, lag_s=30.0)
        count = 160 * size * 65
        what = f"correlation, 5 min, {regime.value}, lag 30 s"
        yield around(what, count, (found, expected), min(Z * error, 0.03))


def correlation_with_ordinary_jumps(seed: int, size: int = 1) -> Iterator[Finding]:
    """Hold the correlation pooled over regimes, with ordinary jumps alone, to its closed form."""
    config = lagging(stepping(classic(seed), 20.0), 0.0)
    for seconds in (FIVE_MINUTES, HOUR):
        run = Run(config)
        sampled(run, 5, 15)  # out of the initial regime
        stride = round(seconds / 20)
        found, error = jackknifed(sampled(run, 120 * size, stride))
        expected = correlation(config, pooled_variance_per_s(config, None), seconds)
        what = f"correlation, {seconds / 60:.0f} min, pooled, ordinary jumps"
        yield around(what, 120 * size * (990 // stride - 1), (found, expected), Z * error)


def game_step(seed: int, size: int = 1) -> Iterator[Finding]:
    """Hold returns at the game's own step to their regime's volatility, no drift, no memory."""
    scaled, regimes = quarter_seconds(seed, size)
    for place, regime in enumerate(VolRegime):
        own = [z for z, here in zip(scaled, regimes, strict=True) if here == place]
        if own:
            made = sqrt(sum(z * z for z in own) / len(own))
            bound = Z / sqrt(2 * len(own))
            what = f"volatility in {regime.value}, of its own"
            yield around(what, len(own), (made, 1.0), bound)
            what = f"drift in {regime.value}, deviations a step"
            yield around(what, len(own), (mean(own), 0.0), Z / sqrt(len(own)))
    yield without_memory("returns of 250 ms, Ljung–Box (χ², 20)", scaled)


def quarter_seconds(seed: int, sessions: int) -> tuple[list[float], list[int]]:
    """Return sessions at the game's step: returns in deviations of their regime, regimes."""
    run = Run(without_jumps(classic(seed)))
    volatilities, years = run.walk.config.regimes.volatilities, year_s(run.walk.config)
    scaled: list[float] = []
    for _ in range(sessions):
        prices, begun = run.session(), len(scaled)
        for (before, _), (after, _), here in zip(
            prices, prices[1:], run.regimes[begun:], strict=False
        ):
            deviation = volatilities[here] * sqrt(run.step_s / years)
            scaled.append(log(after / before) / deviation + deviation / 2)
    return scaled, run.regimes


def dwell_times(seed: int, size: int = 1) -> Iterator[Finding]:
    """Hold the regimes' stays to be geometric."""
    run = Run(without_jumps(lagging(stepping(classic(seed), 60.0), 0.0)))
    for _ in range(250 * size):
        run.session()
    regimes = classic().regimes
    stays = step_matrix(generator(regimes.transition, regimes.regime_step_s), 60.0)
    for place, regime in enumerate(VolRegime):
        lengths = dwells(run.regimes, place)
        yield geometric(f"stays in {regime.value}", lengths, stays[place][place])


def tracking_error(seed: int, size: int = 1) -> list[Finding]:
    """Hold the follower's error to its half-life and deviation, its print to its noise."""
    run = Run(lagging(stepping(classic(seed), 30.0), 0.0))
    for _ in range(60 * size):
        run.session()
    tracking = tracking_of(classic())
    error = half_life(run.errors, 30.0, (tracking.half_life_s, tracking.error_std))
    return [*error, print_noise(run, tracking.print_noise_std, 10_000 * size)]


def print_noise(run: Run, std: float, count: int) -> Finding:
    """Hold the published print to its white noise around the hidden price."""
    spots = run.walk.spots(run.paths)
    noise = [run.walk.prints(spots, run.dice)[1] / spots[1] - 1 for _ in range(count)]
    made = sqrt(sum(n * n for n in noise) / count)
    return around("print noise: deviation", count, (made, std), std * Z / sqrt(2 * count))


def core_drift(seed: int, size: int = 1) -> list[Finding]:
    """Hold prices over sessions, nights and ordinary jumps to have no drift."""
    run = Run(lagging(stepping(classic(seed), 100.0), 0.0))
    ratios, last = [], run.paths.leader
    for _ in range(400 * size):
        run.session()
        ratios.append(run.paths.leader / last - 1)
        last = run.paths.leader
    return [average("drift a session, nights and ordinary jumps", ratios, 0.0)]


# -- with news -----------------------------------------------------------------


def with_news(seed: int, size: int = 1) -> list[Finding]:
    """Hold the market with classic's headlines to its correlation, drift and want of memory."""
    world = World(settings(seed, 60.0)).play(300 * size)
    return [*news_correlation(world), *news_memory(world), *news_drift(world)]


def news_correlation(world: World) -> Iterator[Finding]:
    """Hold the correlation pooled over regimes, with jumps and news, to its closed form."""
    config = world.settings.market
    variance = pooled_variance_per_s(config, config.news)
    for seconds in (FIVE_MINUTES, HOUR):
        stride = round(seconds / world.settings.step_s)
        sums = [
            moments(
                (log(b.leader / a.leader), log(b.follower / a.follower))
                for a, b in pairwise(session[::stride])
            )
            for session in world.sessions[2:]  # out of the initial regime
        ]
        found, error = jackknifed(sums)
        expected = correlation(config, variance, seconds, lag_s=0.0)
        count = len(sums) * ((len(world.sessions[0]) - 1) // stride)
        what = f"correlation, {seconds / 60:.0f} min, pooled, jumps and news"
        yield around(what, count, (found, expected), Z * error)


def news_memory(world: World) -> Iterator[Finding]:
    """Hold returns with jumps and news to be uncorrelated, in deviations of their regime."""
    scaled = [z for session in world.sessions for z in in_deviations(world, session)]
    yield without_memory("returns of 60 s with news, Ljung–Box (χ², 20)", scaled)


def in_deviations(world: World, session: Sequence[Moment]) -> list[float]:
    """Return a session's returns in deviations of the regime, at most four."""
    config, step_s = world.settings.market, world.settings.step_s
    root = sqrt(step_s / year_s(config))
    found = []
    for before, after in pairwise(session):
        z = log(after.leader / before.leader) / (config.regimes.volatilities[after.regime] * root)
        found.append(max(-CLIPPED, min(CLIPPED, z)))
    return found


def news_drift(world: World) -> Iterator[Finding]:
    """Hold prices over sessions, nights, jumps and headlines to have no drift."""
    closes = [session[-1].leader for session in world.sessions]
    ratios = [after / before - 1 for before, after in pairwise(closes)]
    yield average("drift a session, nights, jumps and news", ratios, 0.0)


def busy_drift(world: World) -> Iterator[Finding]:
    """Hold prices with a headline every ten minutes to have no drift: it would show most."""
    ratios = [s[-1].leader / s[0].leader - 1 for s in world.sessions]
    yield average("drift a session, a headline every ten minutes", ratios, 0.0)
    config = world.settings.market
    assert config.news is not None
    items = config.session_seconds / config.news.mean_gap_s
    # The sample sees a compensator that is not there.
    assert abs(items * config.news.jump_mean) > Z * standard_error(ratios)
