"""What sessions come to as numbers: quantiles, the exchange's own halts, the label."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from itg.exchange.contract import (
    ConfigureExchange,
    JumpGuard,
    JumpGuardEnded,
    JumpGuardOpened,
    MarketBreaker,
    SetSchedule,
    TradingHalted,
)
from itg.exchange.service import ExchangeService
from itg.kernel.ids import Shard, UnderlyingId
from itg.kernel.messages import Message
from itg.kernel.money import Price
from itg.kernel.rng import Rng
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import Phase, PhaseBoundary, VolRegime
from itg.lab.difficulty import TERMS, difficulty_of
from itg.lab.figures import Distribution, Figure, distributions, quantile
from itg.lab.world import WorldTerms, WorldWatch
from itg.market_data.contract import JumpOccurred, PricesStepped, RegimeChanged, SpotPrice
from itg.news.contract import NewsOrigin, NewsOutcome, NewsPublished
from itg.runtime.cascade import Machine

IDS = (UnderlyingId("SPX"), UnderlyingId("SPY"))
SHARD = Shard(0)
OPEN_NS = Nanos(NS_PER_S)
SESSION_S = 3_600
VALUES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40)


@given(values=VALUES, share=st.sampled_from([0.0, 0.05, 0.5, 0.95, 1.0]))
def test_a_quantile_is_numpys(values: list[float], share: float) -> None:
    assert quantile(values, share) == pytest.approx(np.quantile(values, share), abs=1e-6)


def test_a_figure_that_some_sessions_lack_is_counted_where_it_is() -> None:
    one, two = Figure(what="a", unit="u", value=1.0), Figure(what="b", unit="u", value=5.0)
    rows = distributions([[one], [one, two]])
    assert [(row.what, row.count, row.median) for row in rows] == [("a", 2, 1.0), ("b", 1, 5.0)]


def watching(guard: JumpGuard | None, breaker: MarketBreaker | None) -> WorldWatch:
    return WorldWatch(
        WorldTerms(
            underlying_ids=IDS,
            step_ns=Nanos(NS_PER_S),
            sessions_per_year=252,
            session_seconds=SESSION_S,
            initial=VolRegime.MEDIUM,
            breaker=breaker,
            guard=guard,
            has_news=True,
        )
    )


def stepped(step: int, leader: float, follower: float) -> PricesStepped:
    spots = zip(IDS, (round(leader), round(follower)), strict=True)
    return PricesStepped(
        step=step, prices=tuple(SpotPrice(name, Price(p), Price(p)) for name, p in spots)
    )


def wild(seed: int) -> list[PricesStepped]:
    """Prices that jump now and then, the follower two steps behind."""
    dice = Rng(seed, "tests.lab.wild")
    leader = [44_000_000.0] * 3
    for _ in range(SESSION_S):
        jump = 0.008 * dice.normal() if dice.uniform() < 0.01 else 0.0
        leader.append(leader[-1] * (1 + 0.0004 * dice.normal() + jump))
    return [stepped(n, leader[n + 2], leader[n] / 10) for n in range(len(leader) - 2)]


def value(watch: WorldWatch, what: str) -> float:
    return next(figure.value for figure in watch.figures() if figure.what == what)


@pytest.mark.parametrize("seed", range(6))
def test_halts_and_guards_are_those_the_exchange_makes_of_the_same_prices(seed: int) -> None:
    guard, breaker = JumpGuard(), MarketBreaker()
    machine, watch = Machine([ExchangeService(SHARD)]), watching(guard, breaker)
    told: list[Message] = []
    boundaries = (PhaseBoundary(at_ns=OPEN_NS, phase=Phase.CONTINUOUS),)
    told += machine.apply(
        Nanos(0),
        ConfigureExchange(
            shard=SHARD, underlying_id=IDS[0], market_breaker=breaker, jump_guard=guard
        ),
    )
    told += machine.apply(Nanos(0), SetSchedule(shard=SHARD, boundaries=boundaries))
    for step in wild(seed):
        now = Nanos(OPEN_NS + step.step * NS_PER_S)
        while (fired := machine.due(now)) is not None:
            told += machine.apply(fired.at_ns, fired)
        told += machine.apply(now, step)
        watch.hear([step])
    told += machine.apply(Nanos(OPEN_NS + 2 * SESSION_S * NS_PER_S), stepped(SESSION_S, 1, 1))
    halts = sum(isinstance(event, TradingHalted) for event in told)
    ended = sum(isinstance(event, JumpGuardEnded) for event in told)
    assert any(isinstance(event, JumpGuardOpened) for event in told)
    assert halts > 0
    assert value(watch, "halts") == halts
    assert value(watch, "jump guards") == ended


def test_a_regimes_volatility_leaves_its_jumps_out_and_the_sessions_does_not() -> None:
    watch, dice, price = watching(None, None), Rng(5, "tests.lab.calm"), 44_000_000.0
    deviation = 0.2 / (252 * SESSION_S) ** 0.5
    for n in range(SESSION_S):
        jump = 0.02 if n == 1_000 else 0.0
        price *= 1 + deviation * dice.normal() + jump
        facts: list[Message] = [JumpOccurred(underlying_id=IDS[0], size_ppm=20_000)] if jump else []
        if n == 1_800:
            facts.append(RegimeChanged(regime=VolRegime.HIGH, previous=VolRegime.MEDIUM))
        watch.hear([*facts, stepped(n, price, price / 10)])
    bound = 3.29 / (2 * 1_800) ** 0.5
    assert value(watch, "realised volatility in medium") == pytest.approx(20, rel=bound)
    assert value(watch, "realised volatility in high") == pytest.approx(20, rel=bound)
    assert value(watch, "realised volatility, jumps included") > 30
    assert value(watch, "time in high") == pytest.approx(50, abs=0.1)
    assert value(watch, "SPX/SPY five-minute correlation") > 0.99


def test_news_jumps_are_told_from_those_without_news() -> None:
    watch = watching(None, None)
    news = NewsPublished(
        news_id=1,
        headline_id="fed",
        headline="The Fed meets",
        origin=NewsOrigin.ARRIVAL,
        outcome=NewsOutcome(jump_ppm=-9_000),
    )
    watch.hear([news])
    for n in range(SESSION_S):
        jumps = [JumpOccurred(underlying_id=IDS[0], size_ppm=9_000)] if n in (5, 900) else []
        watch.hear([*jumps, stepped(n, 44_000_000 + n, 4_400_000)])
    counts = ("jumps, all causes", "jumps without news", "news", "news with a jump")
    assert [value(watch, what) for what in counts] == [2, 1, 1, 1]


def test_half_a_session_counts_for_a_whole_one() -> None:
    watch = watching(None, None)
    for n in range(SESSION_S // 2):
        jumps = [JumpOccurred(underlying_id=IDS[0], size_ppm=9_000)] if n == 5 else []
        watch.hear([*jumps, stepped(n, 44_000_000 + n, 4_400_000)])
    assert value(watch, "jumps, all causes") == 2


def row(what: str, median: float) -> Distribution:
    return Distribution(what=what, unit="", median=median, low=median, high=median, count=1)


def of_ratio(ratio: float, count: int = len(TERMS)) -> list[Distribution]:
    return [row(what, ratio * unit) for what, _, unit, _ in TERMS[:count]]


@pytest.mark.parametrize(
    ("ratio", "label"),
    [(0.59, "calm"), (0.6, "normal"), (1.29, "normal"), (1.3, "hard"), (2.0, "brutal")],
)
def test_the_label_is_that_of_the_weighted_mean_of_three_ratios(ratio: float, label: str) -> None:
    found = difficulty_of(of_ratio(ratio + 1e-9))
    assert found is not None
    assert found.label == label
    assert found.score == pytest.approx(ratio)
    without_market = difficulty_of(of_ratio(ratio + 1e-9, 2))
    assert without_market is not None
    assert without_market.score == pytest.approx(ratio)
    assert difficulty_of([]) is None
    for what, weight, unit, _ in TERMS:
        moved = difficulty_of([r if r.what != what else row(what, 2 * unit) for r in of_ratio(1)])
        assert moved is not None
        assert moved.score == pytest.approx(1 + weight)
