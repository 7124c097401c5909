"""The whole model by its numbers, at 99.9 % bounds on fixed seeds; formulas in the model's page."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from math import exp, log, sqrt

import pytest
from msgspec.structs import replace
from tests.market_data.models import (
    Run,
    classic,
    fixed_regime,
    lagging,
    stepping,
    without_jumps,
)

from itg.kernel.words import VolRegime
from itg.market_data.contract import ConfigureMarketData, NewsModel
from itg.market_data.core.jumps import jump_variance
from itg.market_data.core.regimes import Matrix, expected_generator, generator, step_matrix

pytestmark = pytest.mark.gate

Z = 3.29  # two-sided 99.9 %
CHI_SQUARE_999 = {20: 45.31}
YEAR_S = 252 * 19_800
VOLATILITIES = (0.1, 0.2, 0.5)
LAG_S = 1.5  # the mean of 1–2 s
FIVE_MINUTES, HOUR = 300.0, 3_600.0
RULES = {VolRegime.LOW: 0.52, VolRegime.MEDIUM: 0.75, VolRegime.HIGH: 0.94}
DESTINATIONS = ((0.0, 0.7, 0.3), (0.1, 0.0, 0.9), (0.056, 0.944, 0.0))
# The headline table's means: shift 6.8/18; jump chance × (middle × exp(0.3 Z))², about.
NEWS = NewsModel(
    mean_gap_s=9_000.0,
    shift=6.8 / 18,
    jump_mean=0.0,
    jump_variance=3.546e-5,
    destinations=DESTINATIONS,
)


def closed_form(variance_per_s: float, seconds: float, lag_s: float = LAG_S) -> float:
    """Return corr of leader's and follower's returns: the lag's overlap over the error's noise."""
    error = 2 * 0.0015**2 * (1 - 0.5 ** (seconds / 420))
    return (1 - lag_s / seconds) / sqrt(1 + error / (variance_per_s * seconds))


def pooled_variance_per_s(config: ConfigureMarketData, news: NewsModel | None) -> float:
    """Return the leader's stationary variance a second, jumps and news spread evenly."""
    rates = generator(config.regimes.transition, config.regimes.regime_step_s)
    law = stationary(expected_generator(rates, news))
    diffusion = sum(p * v * v for p, v in zip(law, VOLATILITIES, strict=True)) / YEAR_S
    jumps = config.jumps.mean_per_session * jump_variance(config.jumps) / 19_800
    arriving = 0.0 if news is None else news.jump_variance / news.mean_gap_s
    return diffusion + jumps + arriving


def stationary(rates: Matrix) -> list[float]:
    """Return the chain's stationary law by the Markov chain tree theorem."""
    weights = []
    for root in range(3):
        a, b = (state for state in range(3) if state != root)
        to_root = rates[a][root] * rates[b][root]
        weights.append(to_root + rates[a][root] * rates[b][a] + rates[b][root] * rates[a][b])
    return [weight / sum(weights) for weight in weights]


class Moments:
    """Sums of one session's joint returns."""

    def __init__(self, pairs: Sequence[tuple[float, float]]) -> None:
        self.xx = sum(x * x for x, _ in pairs)
        self.yy = sum(y * y for _, y in pairs)
        self.xy = sum(x * y for x, y in pairs)


def correlation_of(sessions: Sequence[Moments]) -> float:
    xy = sum(s.xy for s in sessions)
    return xy / sqrt(sum(s.xx for s in sessions) * sum(s.yy for s in sessions))


def jackknifed(sessions: Sequence[Moments], blocks: int = 20) -> tuple[float, float]:
    """Return the correlation and its standard error, leaving out a block of sessions at a time."""
    whole = correlation_of(sessions)
    left = [
        correlation_of([s for n, s in enumerate(sessions) if n * blocks // len(sessions) != block])
        for block in range(blocks)
    ]
    centre = sum(left) / blocks
    return whole, sqrt((blocks - 1) / blocks * sum((value - centre) ** 2 for value in left))


def sampled(run: Run, sessions: int, stride: int) -> list[Moments]:
    """Return the moments of returns over `stride` steps but the first, which the lag cuts."""
    return [
        Moments([(log(b[0] / a[0]), log(b[1] / a[1])) for a, b in pairwise(prices[stride::stride])])
        for prices in (run.session() for _ in range(sessions))
    ]


@pytest.mark.parametrize("regime", list(VolRegime), ids=str)
def test_a_regimes_correlation_over_five_minutes_is_its_closed_form(regime: VolRegime) -> None:
    # A lag of one 30 s step: the law is exact at it, and a wrong overlap would show.
    config = without_jumps(fixed_regime(stepping(classic(seed=71), 30.0), regime))
    found, error = jackknifed(sampled(Run(lagging(config, 30.0)), 160, 10))
    place = list(VolRegime).index(regime)
    expected = closed_form(VOLATILITIES[place] ** 2 / YEAR_S, FIVE_MINUTES, lag_s=30.0)
    assert abs(found - expected) < Z * error < 0.03
    assert RULES[regime] == pytest.approx(
        closed_form(VOLATILITIES[place] ** 2 / YEAR_S, FIVE_MINUTES), abs=0.03
    )


@pytest.mark.parametrize(("seconds", "band"), [(FIVE_MINUTES, (0.85, 0.91)), (HOUR, (0.97, 0.99))])
def test_pooled_with_ordinary_jumps_correlation_is_in_its_band(
    seconds: float, band: tuple[float, float]
) -> None:
    config = lagging(stepping(classic(seed=72), 20.0), 0.0)
    run = Run(config)
    sampled(run, 5, 15)  # out of the initial regime
    found, error = jackknifed(sampled(run, 120, round(seconds / 20)))
    expected = closed_form(pooled_variance_per_s(config, None), seconds, lag_s=0.0)
    assert abs(found - expected) < Z * error
    low, high = band
    assert low <= closed_form(pooled_variance_per_s(config, None), seconds) <= high


@pytest.fixture(scope="module")
def quarter_seconds() -> tuple[list[float], list[int]]:
    """Return one session at the game's step: returns in deviations of their regime, regimes."""
    run = Run(without_jumps(stepping(classic(seed=73), 0.25)))
    prices = run.session()
    scaled = []
    for (before, _), (after, _), regime in zip(prices, prices[1:], run.regimes, strict=False):
        deviation = VOLATILITIES[regime] * sqrt(0.25 / YEAR_S)
        scaled.append(log(after / before) / deviation + deviation / 2)
    return scaled, run.regimes


def test_each_regimes_volatility_is_its_own_at_the_games_step(
    quarter_seconds: tuple[list[float], list[int]],
) -> None:
    scaled, regimes = quarter_seconds
    for place in range(3):
        own = [z for z, regime in zip(scaled, regimes, strict=True) if regime == place]
        if own:
            made = sqrt(sum(z * z for z in own) / len(own))
            assert abs(made - 1) < Z / sqrt(2 * len(own))
            assert abs(sum(own) / len(own)) < Z / sqrt(len(own))


def test_returns_have_no_memory_ljung_box(
    quarter_seconds: tuple[list[float], list[int]],
) -> None:
    # In deviations of the regime: without them changing variance alone inflates the statistic.
    assert ljung_box(quarter_seconds[0], 20) < CHI_SQUARE_999[20]


def ljung_box(values: Sequence[float], lags: int) -> float:
    """Return the statistic of Ljung and Box 1978, "On a measure of lack of fit"."""
    n = len(values)
    centre = sum(values) / n
    moved = [v - centre for v in values]
    whole = sum(m * m for m in moved)
    correlations = [
        sum(a * b for a, b in zip(moved[lag:], moved, strict=False)) / whole
        for lag in range(1, lags + 1)
    ]
    return n * (n + 2) * sum(r * r / (n - lag) for lag, r in enumerate(correlations, start=1))


def test_the_price_has_no_drift_over_sessions_nights_and_jumps() -> None:
    run = Run(lagging(stepping(classic(seed=74), 100.0), 0.0))
    ratios, last = [], run.paths.leader
    for _ in range(400):
        run.session()
        ratios.append(run.paths.leader / last - 1)
        last = run.paths.leader
    average = sum(ratios) / len(ratios)
    deviation = sqrt(sum((r - average) ** 2 for r in ratios) / (len(ratios) - 1))
    assert abs(average) < Z * deviation / sqrt(len(ratios))


def test_the_tracking_error_halves_in_its_half_life_and_has_its_deviation() -> None:
    run = Run(lagging(stepping(classic(seed=75), 30.0), 0.0))
    for _ in range(60):
        run.session()
    errors = run.errors
    slope = sum(a * b for a, b in pairwise(errors)) / sum(a * a for a in errors[:-1])
    assert 30.0 * log(0.5) / log(slope) == pytest.approx(420, rel=0.15)
    effective = len(errors) * (1 - slope * slope) / (1 + slope * slope)
    made = sqrt(sum(e * e for e in errors) / len(errors))
    assert made == pytest.approx(0.0015, rel=Z / sqrt(2 * effective))


@pytest.mark.parametrize("regime", [0, 1, 2])
def test_dwell_times_are_geometric(regime: int) -> None:
    run = Run(without_jumps(lagging(stepping(classic(seed=76), 60.0), 0.0)))
    for _ in range(250):
        run.session()
    rates = generator(classic().regimes.transition, 300)
    stay = step_matrix(rates, 60.0)[regime][regime]
    lengths = dwells(run.regimes, lambda here: here == regime)
    # The last length of each of 21 bins of about equal chance; the last bin is open.
    edges = [log(1 - share / 21) / log(stay) for share in range(1, 21)]
    bounds = [0, *dict.fromkeys(max(1, round(edge)) for edge in edges)]
    shares = [stay**a - stay**b for a, b in pairwise(bounds)] + [stay ** bounds[-1]]
    counts = [
        sum(low < length <= high for length in lengths) for low, high in pairwise([*bounds, 10**9])
    ]
    n = len(lengths)
    statistic = sum((c - n * p) ** 2 / (n * p) for c, p in zip(counts, shares, strict=True))
    assert n > 200
    assert len(shares) == 21
    assert statistic < CHI_SQUARE_999[20]


def dwells(chain: Sequence[int], is_here: Callable[[int], bool]) -> list[int]:
    """Return the lengths of completed stays."""
    lengths, length = [], 0
    for here in chain:
        if is_here(here):
            length += 1
        elif length:
            lengths.append(length)
            length = 0
    return lengths[1:]


def test_adding_draws_to_one_stream_moves_no_other() -> None:
    plain, noisy = (
        Run(replace(stepping(classic(seed=77), 60.0), session_seconds=3_600)) for _ in range(2)
    )
    for stream in ("SPY.error", "jump_size"):
        noisy.dice[stream].counter += 5
    ours, theirs = noisy.session(), plain.session()
    assert noisy.regimes == plain.regimes
    assert [at for at, _ in noisy.jumps] == [at for at, _ in plain.jumps]
    assert noisy.errors != plain.errors
    sizes = dict(noisy.jumps), dict(plain.jumps)
    apart = 0.0
    for step in range(1, len(ours)):
        apart += sizes[0].get(step * 60.0, 0.0) - sizes[1].get(step * 60.0, 0.0)
        assert ours[step][0] / theirs[step][0] == pytest.approx(exp(apart), rel=1e-12)
