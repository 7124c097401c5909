"""Sessions that move by a factor of what the model says: paths, nights, and what is expected."""

from itertools import pairwise
from math import exp, log, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.market_data.models import classic, instruments, session_of
from tests.market_data.test_models import (
    SESSION_S,
    Z,
    mean,
    modelled,
    standard_error,
)
from tests.market_data.test_service import SECONDS, STEP_NS, Desk

from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S
from itg.market_data.contract import (
    MarksPublished,
    PricesStepped,
    SpotPrice,
    StartMarket,
    SurfaceModel,
)
from itg.market_data.core.models.protocol import PriceModel, Scalable
from itg.market_data.core.models.registry import BUILT_IN, built
from itg.market_data.core.paths import Walk
from itg.market_data.core.valuation import Valuation

SCALED = ("gbm", "regime_gbm", "jump_diffusion", "heston")
FACTORS = st.lists(st.sampled_from([0.5, 0.8, 1.0, 1.2]), min_size=1, max_size=5)
YEAR_S = 252 * SESSION_S


def scaled(name: str, factor: float, step_s: float = 600.0) -> tuple[PriceModel, Walk]:
    walk = Walk(modelled(name, step_s=step_s))
    walk.enter((factor,))
    return walk.model, walk


def test_these_models_can_be_scaled_and_a_recording_cannot() -> None:
    assert all(isinstance(built(modelled(name)), Scalable) for name in SCALED)
    assert not issubclass(BUILT_IN["replay"], Scalable)


@pytest.mark.parametrize("name", ["gbm", "regime_gbm", "heston"])
@pytest.mark.parametrize("factor", [0.5, 1.2])
def test_a_factor_scales_each_step_s_noise_and_leaves_the_hidden_state(
    name: str, factor: float
) -> None:
    plain, walk = scaled(name, 1.0)
    other, again = scaled(name, factor)
    dice, same = walk.dice({}), again.dice({})
    here, there = plain.begun(1), other.begun(1)
    for _ in range(200):
        before = plain.volatility(here)
        one, two = plain.step(here, dice, []), other.step(there, same, [])
        assert here == there
        # Heston's price moves by the variance it had, a regime's by the regime it has.
        volatility = before if name == "heston" else plain.volatility(here)
        variance = volatility * volatility * 600.0 / YEAR_S
        noise = (one + 0.5 * variance, two + 0.5 * factor * factor * variance)
        assert noise[1] == pytest.approx(factor * noise[0], rel=1e-9, abs=1e-15)
        assert other.volatility(there) == pytest.approx(factor * plain.volatility(here))


@pytest.mark.parametrize("name", SCALED)
@pytest.mark.parametrize("factor", [0.5, 1.2])
def test_a_scaled_model_is_a_martingale_of_the_variance_it_expects(
    name: str, factor: float
) -> None:
    model, walk = scaled(name, factor, 100.0)
    dice, ratios, made = walk.dice({}), [], []
    for _ in range(600):
        state, moves, squares = model.begun(1), 0.0, 0.0
        for _ in range(round(SESSION_S / 100)):
            jumps: list[float] = []
            step = [model.step(state, dice, jumps), *jumps]
            moves += sum(step)
            squares += sum(r * r for r in step)
        ratios.append(exp(moves))
        made.append(squares)
    assert abs(mean(ratios) - 1.0) < Z * standard_error(ratios)
    expected = model.expected_variance(model.begun(1), SESSION_S)[0] / YEAR_S
    assert abs(mean(made) - expected) < Z * standard_error(made)


@pytest.mark.parametrize("name", SCALED)
@given(FACTORS, st.floats(0.0, SESSION_S), st.integers(1, 6))
def test_what_is_expected_is_the_sum_of_each_session_s_own(
    name: str, factors: list[float], left_s: float, sessions: int
) -> None:
    walk = Walk(modelled(name))
    walk.enter(factors)
    paths = walk.begun(100.0, 1)
    ends = [left_s + n * SESSION_S for n in range(sessions)]
    told = walk.expected_variances(paths, ends)
    models = [scaled(name, factors[min(n, len(factors) - 1)])[0] for n in range(sessions + 1)]
    total = 0.0
    for night, (begin, end) in enumerate(pairwise([0.0, *ends])):
        moved = [models[night].expected_variance(paths.model, s)[0] for s in (begin, end)]
        total += moved[1] - moved[0]
        after = models[night + 1].expected_variance(paths.model, end)[1]
        assert told[night] == pytest.approx((total, after), rel=1e-9, abs=1e-9)


@given(st.floats(0.0, SESSION_S), st.integers(0, 2))
def test_a_factor_of_one_changes_no_bit(left_s: float, regime: int) -> None:
    plain, ones = Walk(classic()), Walk(classic())
    ones.enter((1.0, 1.0, 1.0))
    ends = [left_s + n * SESSION_S for n in range(5)]
    paths = plain.begun(100.0, regime)
    assert plain.expected_variances(paths, ends) == ones.expected_variances(paths, ends)
    assert ones.model is ones._base


def test_the_night_before_a_session_moves_by_that_session_s_factor() -> None:
    moved = []
    for factor in (1.0, 0.5):
        walk = Walk(replace(modelled("gbm", {"volatility": 0.2}), overnight_gap=0.5))
        walk.enter((factor,))
        dice, paths = walk.dice({}), walk.begun(100.0, 1)
        walk.open_session(paths, dice, after_night=True)
        deviation = 0.5 * factor * 0.2 / sqrt(252)
        moved.append((log(paths.leader / 100.0) + 0.5 * deviation * deviation) / deviation)
    assert moved[0] == pytest.approx(moved[1])
    assert abs(moved[0]) > 0


def started(day: int, vol_factors: tuple[float, ...]) -> StartMarket:
    return replace(session_of(day, SECONDS, lead_s=5), vol_factors=vol_factors)


def told_by(desk: Desk, since: int) -> list[PricesStepped | MarksPublished]:
    return [m for _, m in desk.told[since:] if isinstance(m, PricesStepped | MarksPublished)]


def test_each_session_publishes_the_deviation_of_its_own_factor() -> None:
    plain, season = Desk(seed=4), Desk(seed=4)
    seen = []
    for desk, factors in ((plain, [(), ()]), (season, [(0.5, 1.2), (1.2,)])):
        deviations = []
        for day, vol_factors in enumerate(factors):
            session = started(day, vol_factors)
            desk.now = max(desk.now, session.session_start_ns - 10 * NS_PER_S)  # type: ignore[assignment]
            desk.send(session)
            desk.run_to(session.session_start_ns + STEP_NS)
            deviations.append(desk.steps()[-1][1].second_vol_ppm)
            desk.run_to(session.session_end_ns + NS_PER_S)
        seen.append(deviations)
    (one, two), (half, more) = seen
    assert half == pytest.approx(0.5 * one, abs=1)
    assert more == pytest.approx(1.2 * two, abs=1)


def test_a_restored_market_goes_on_by_the_session_s_factor() -> None:
    first, second = Desk(seed=5), Desk(seed=5)
    session = started(0, (0.5, 1.2))
    for desk in (first, second):
        desk.now = session.session_start_ns
        desk.send(session)
        desk.run_to(session.session_start_ns + 20 * NS_PER_S)
    second.machine.restore(first.machine.snapshot())
    since = len(first.told)
    for desk in (first, second):
        desk.run_to(session.session_start_ns + 60 * NS_PER_S)
    assert told_by(first, since) == told_by(second, since)


def test_fair_volatility_is_of_the_sessions_that_are_left() -> None:
    config = replace(
        modelled("gbm", {"volatility": 0.2}), overnight_gap=0.0, surface=SurfaceModel(), news=None
    )
    factors, session = (0.5, 1.0, 1.2), session_of(0)
    series = next(one for one in instruments() if one.option)
    assert series.option
    for nights, expires_ns in enumerate(session.session_ends_ns):
        listed = [replace(series, option=replace(series.option, expires_ns=expires_ns))]
        walk = Walk(config)
        walk.enter(factors)
        spot = SpotPrice(listed[0].underlying_id, Price(44_000_000), Price(44_000_000))
        paths = walk.begun(4_400.0, 1)
        (told,) = Valuation(config, walk, listed).marks(
            session.session_start_ns, session, paths, [spot]
        )
        of_each = [factors[min(n, 2)] for n in range(nights + 1)]
        expected = 0.2 * sqrt(sum(f * f for f in of_each) / len(of_each))
        assert told.implied_vol == pytest.approx(1e6 * expected, abs=1)
