"""The statistics of the paths, at 99.9 % bounds on fixed seeds."""

from collections.abc import Sequence
from itertools import pairwise
from math import cosh, exp, log, sqrt

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
from itg.market_data.contract import JumpModel
from itg.market_data.core.paths import jump_compensator, jump_variance

Z = 3.29  # two-sided 99.9 %
CHI_SQUARE_999 = {4: 18.47, 5: 20.52}


def log_returns(prices: Sequence[float], stride: int = 1) -> list[float]:
    return [log(b / a) for a, b in pairwise(prices[::stride])]


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def deviation(values: Sequence[float]) -> float:
    centre = mean(values)
    return sqrt(sum((v - centre) ** 2 for v in values) / (len(values) - 1))


def correlation(xs: Sequence[float], ys: Sequence[float]) -> float:
    mx, my = mean(xs), mean(ys)
    joint = sum((x - mx) * (y - my) for x, y in zip(xs, ys, strict=True))
    return joint / sqrt(sum((x - mx) ** 2 for x in xs) * sum((y - my) ** 2 for y in ys))


@pytest.mark.parametrize(
    ("regime", "annual"), [*zip(VolRegime, (0.1, 0.2, 0.5), strict=True)], ids=str
)
def test_a_regimes_returns_have_its_volatility_no_drift_and_no_memory(
    regime: VolRegime, annual: float
) -> None:
    run = Run(without_jumps(fixed_regime(stepping(classic(seed=11), 2.0), regime)))
    returns = log_returns([leader for leader, _ in run.session()])
    n, step = len(returns), annual * sqrt(2.0 / (252 * 19_800))
    assert abs(deviation(returns) / step - 1) < Z / sqrt(2 * n)
    assert abs(mean(returns) + step * step / 2) < Z * step / sqrt(n)
    for lag in (1, 2, 7):
        assert abs(correlation(returns[lag:], returns[:-lag])) < Z / sqrt(n)


def test_volatility_does_not_depend_on_the_step() -> None:
    annuals = []
    for step_s in (2.0, 15.0):
        config = without_jumps(fixed_regime(stepping(classic(seed=12), step_s), VolRegime.HIGH))
        run = Run(config)
        sessions = [run.session() for _ in range(1 if step_s < 3 else 6)]
        returns = [r for s in sessions for r in log_returns([p for p, _ in s])]
        annuals.append(deviation(returns) * sqrt(252 * 19_800 / step_s))
        assert annuals[-1] == pytest.approx(0.5, rel=Z / sqrt(2 * len(returns)))


def test_the_tracking_error_has_its_half_life_and_deviation() -> None:
    run = Run(lagging(stepping(classic(seed=13), 30.0), 0.0))
    for _ in range(30):
        run.session()
    errors = run.errors
    slope = sum(a * b for a, b in pairwise(errors)) / sum(a * a for a in errors[:-1])
    half_life = 30.0 * log(0.5) / log(slope)
    assert half_life == pytest.approx(420, rel=0.15)
    # An autocorrelated sample is worth as many draws as relaxation times fit into it.
    effective = len(errors) * (1 - slope) / (1 + slope)
    assert deviation(errors) == pytest.approx(0.0015, rel=Z / sqrt(2 * effective))


@pytest.mark.parametrize(
    ("regime", "expected"),
    [(VolRegime.LOW, 0.52), (VolRegime.MEDIUM, 0.75), (VolRegime.HIGH, 0.94)],
)
def test_five_minute_correlation_is_the_regimes(regime: VolRegime, expected: float) -> None:
    config = fixed_regime(stepping(classic(seed=14), 10.0), regime)
    run = Run(without_jumps(lagging(config, 0.0)))
    sessions = [run.session() for _ in range(8)]
    pairs = five_minutes(sessions, 30)
    bound = Z * (1 - expected**2) / sqrt(len(pairs))
    found = correlation([x for x, _ in pairs], [y for _, y in pairs])
    assert found == pytest.approx(expected, abs=bound + 0.02)


def five_minutes(sessions: list[list[list[float]]], stride: int) -> list[tuple[float, float]]:
    """Return joint log returns over `stride` steps, pooled over sessions."""
    return [
        (log(b[0] / a[0]), log(b[1] / a[1]))
        for session in sessions
        for a, b in pairwise(session[::stride])
    ]


def test_the_follower_is_the_lagged_leader_but_for_its_error() -> None:
    run = Run(replace(classic(seed=16), session_seconds=100))
    prices = run.session()
    lag = run.paths.followers[0].lag_steps
    assert 4 <= lag <= 8
    for step in range(lag, 400):
        error = run.errors[step - 1]
        assert prices[step][1] == pytest.approx(prices[step - lag][0] / 10 * (1 + error), rel=1e-12)


def test_the_lag_is_uniform_on_the_grid_of_steps() -> None:
    run = Run(classic(seed=17))
    counts = dict.fromkeys(range(4, 9), 0)
    for _ in range(500):
        run.walk.open_session(run.paths, run.dice, after_night=False)
        counts[run.paths.followers[0].lag_steps] += 1
    assert sum((count - 100) ** 2 / 100 for count in counts.values()) < CHI_SQUARE_999[4]


def test_jumps_are_poisson_two_sided_within_bounds_and_absent_at_the_end() -> None:
    run = Run(stepping(lagging(classic(seed=18), 300.0), 300.0))
    before, counts = 0, []
    for _ in range(300):
        run.session()
        counts.append(len(run.jumps) - before)
        before = len(run.jumps)
    n, rate = len(counts), 1.5
    assert abs(mean(counts) - rate) < Z * sqrt(rate / n)
    assert abs(deviation(counts) ** 2 / rate - 1) < Z * sqrt((2 + 1 / rate) / n)
    sizes = [abs(size) for _, size in run.jumps]
    assert all(0.005 <= size <= 0.02 for size in sizes)
    assert abs(mean(sizes) - 0.0125) < Z * 0.015 / sqrt(12 * len(sizes))
    ups = sum(size > 0 for _, size in run.jumps)
    assert abs(ups / len(sizes) - 0.5) < Z * 0.5 / sqrt(len(sizes))
    assert max(second for second, _ in run.jumps) <= 19_500


def test_a_jumps_moments_are_their_integrals() -> None:
    jumps = JumpModel(mean_per_session=1, size_min=0.005, size_max=0.02)
    middles = [0.005 + 0.015 * (n + 0.5) / 10_000 for n in range(10_000)]
    assert jump_compensator(jumps) == pytest.approx(mean([cosh(s) for s in middles]) - 1, rel=1e-6)
    assert jump_variance(jumps) == pytest.approx(mean([s * s for s in middles]), rel=1e-6)
    point = replace(jumps, size_max=0.005)
    assert jump_compensator(point) == pytest.approx(cosh(0.005) - 1)


def test_a_price_is_a_martingale_with_its_jumps() -> None:
    # Large, frequent jumps make an absent compensator visible: it would show.
    wild = JumpModel(mean_per_session=20, size_min=0.05, size_max=0.15)
    config = replace(stepping(classic(seed=19), 300.0), jumps=wild)
    run = Run(fixed_regime(lagging(config, 300.0), VolRegime.LOW))
    ratios = []
    for _ in range(300):
        session = run.session()
        ratios.append(exp(log(session[-1][0] / session[0][0])))
    assert abs(mean(ratios) - 1) < Z * deviation(ratios) / sqrt(len(ratios))
    uncompensated = exp(20 * jump_compensator(wild))
    assert abs(uncompensated - 1) > Z * deviation(ratios) / sqrt(len(ratios))


def test_a_night_moves_both_prices_by_half_a_sessions_deviation() -> None:
    config = without_jumps(fixed_regime(classic(seed=20), VolRegime.MEDIUM))
    run = Run(config)
    gaps = []
    for _ in range(600):
        before = run.walk.spots(run.paths)
        run.walk.open_session(run.paths, run.dice, after_night=True)
        after = run.walk.spots(run.paths)
        gaps.append(log(after[0] / before[0]))
        assert log(after[1] / before[1]) == pytest.approx(gaps[-1], abs=1e-12)
    night = 0.5 * 0.2 / sqrt(252)
    assert abs(deviation(gaps) / night - 1) < Z / sqrt(2 * len(gaps))
    assert abs(mean(gaps)) < Z * night / sqrt(len(gaps))


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
