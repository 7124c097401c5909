"""News in the market: when it acts, what it moves and what it leaves alone."""

from collections.abc import Sequence
from math import exp, log, sqrt

import pytest
from msgspec.structs import replace
from tests.market_data.models import classic, session_of, stepping, without_jumps

from itg.kernel.messages import Event
from itg.kernel.rng import Rng
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import VolRegime
from itg.market_data.contract import (
    ConfigureMarketData,
    JumpOccurred,
    NewsModel,
    PricesStepped,
    RegimeChanged,
    StopMarket,
)
from itg.market_data.core.market import Impact, Market
from itg.market_data.core.paths import Dice, Paths, Walk
from itg.market_data.core.regimes import expected_generator, generator, step_matrix
from itg.market_data.service import MarketDataService
from itg.news.contract import NewsOrigin, NewsOutcome, NewsPublished
from itg.runtime.cascade import Machine

Z = 3.29  # two-sided 99.9 %
STEP_NS = 250_000_000
SESSION = session_of(0)
DESTINATIONS = ((0.0, 0.7, 0.3), (0.1, 0.0, 0.9), (0.056, 0.944, 0.0))
NEWS = NewsModel(
    mean_gap_s=9_000.0, shift=0.38, jump_mean=0.0, jump_variance=3.5e-5, destinations=DESTINATIONS
)


def newsworthy(seed: int = 51, news: NewsModel | None = NEWS) -> ConfigureMarketData:
    return replace(classic(seed), news=news)


def opened(config: ConfigureMarketData) -> Market:
    market = Market.configured(config)
    market.start(SESSION.session_start_ns, SESSION)
    return market


def stepped(market: Market, first: int, last: int) -> list[list[Event]]:
    start = SESSION.session_start_ns
    return [list(market.advance(Nanos(start + n * STEP_NS))) for n in range(first, last + 1)]


@pytest.mark.parametrize("at", [1, 17])
def test_a_news_jump_moves_the_leader_by_itself_alone_from_the_next_step_on(at: int) -> None:
    plain, told = opened(newsworthy()), opened(newsworthy())
    for step in range(1, 60):
        if step == at:
            told.hear(Impact(None, -23_400))
        (ours,), (theirs,) = stepped(told, step, step), stepped(plain, step, step)
        jumps = [event for event in ours if isinstance(event, JumpOccurred)]
        assert [jump.size_ppm for jump in jumps] == ([-23_400] if step == at else [])
        assert not any(isinstance(event, JumpOccurred) for event in theirs)
        apart = log(told.state.paths.leader / plain.state.paths.leader)
        assert apart == pytest.approx(-0.0234 if step >= at else 0.0, abs=1e-12)
        assert told.state.paths.followers == plain.state.paths.followers
    assert told.snapshot_state().counters == plain.snapshot_state().counters


def test_a_shift_changes_the_volatility_and_no_draw() -> None:
    plain, told = opened(newsworthy()), opened(newsworthy())
    told.hear(Impact(500_000_000, 0))
    (first,) = stepped(told, 1, 1)
    stepped(plain, 1, 1)
    assert first[0] == RegimeChanged(regime=VolRegime.HIGH, previous=VolRegime.MEDIUM)
    prices = [event for event in first if isinstance(event, PricesStepped)]
    assert prices[0].second_vol_ppm == round(0.5 / sqrt(252 * 19_800) * 1e6)
    for step in range(2, 40):
        before = [market.state.paths.leader for market in (told, plain)]
        stepped(told, step, step)
        stepped(plain, step, step)
        draws = []
        for market, earlier in zip((told, plain), before, strict=True):
            sigma = (0.1, 0.2, 0.5)[market.state.paths.regime] * sqrt(0.25 / (252 * 19_800))
            drift = market._walk.jumps.drift(step * 0.25)
            draws.append((log(market.state.paths.leader / earlier) - drift) / sigma + sigma / 2)
        assert draws[0] == pytest.approx(draws[1], abs=1e-6)
    assert told.snapshot_state().counters == plain.snapshot_state().counters


@pytest.mark.parametrize(
    ("initial", "draw", "destination"),
    [
        (VolRegime.LOW, 0, VolRegime.MEDIUM),
        (VolRegime.LOW, 699_999_999, VolRegime.MEDIUM),
        (VolRegime.LOW, 700_000_001, VolRegime.HIGH),
        (VolRegime.MEDIUM, 99_999_999, VolRegime.LOW),
        (VolRegime.MEDIUM, 100_000_001, VolRegime.HIGH),
        (VolRegime.HIGH, 999_999_999, VolRegime.MEDIUM),
    ],
)
def test_the_draw_chooses_where_a_shift_leads(
    initial: VolRegime, draw: int, destination: VolRegime
) -> None:
    config = newsworthy()
    market = opened(replace(config, regimes=replace(config.regimes, initial=initial)))
    market.hear(Impact(draw, 0))
    ((first, *_),) = stepped(market, 1, 1)
    assert first == RegimeChanged(regime=destination, previous=initial)


def test_two_shifts_of_one_step_follow_each_other() -> None:
    market = opened(newsworthy())
    market.hear(Impact(0, 0))  # medium to low
    market.hear(Impact(0, 10_000))  # low to medium
    ((first, second, third, *_),) = stepped(market, 1, 1)
    assert first == RegimeChanged(regime=VolRegime.LOW, previous=VolRegime.MEDIUM)
    assert second == RegimeChanged(regime=VolRegime.MEDIUM, previous=VolRegime.LOW)
    assert isinstance(third, JumpOccurred)


def test_a_shift_leads_nowhere_without_destinations_or_regimes() -> None:
    unknown = newsworthy(news=None)
    for config in (unknown, replace(newsworthy(), model="gbm")):
        market = opened(config)
        market.hear(Impact(0, 5_000))
        ((first, *rest),) = stepped(market, 1, 1)
        assert isinstance(first, JumpOccurred)
        assert not any(isinstance(event, RegimeChanged) for event in rest)


def published(jump_ppm: int = 0, *, is_shift: bool = False) -> NewsPublished:
    return NewsPublished(
        news_id=1,
        headline_id="x",
        headline="X",
        origin=NewsOrigin.ORGANIZER,
        outcome=NewsOutcome(is_shift=is_shift, jump_ppm=jump_ppm),
    )


def test_news_of_the_night_acts_in_the_sessions_first_step_whatever_was_restored() -> None:
    session = session_of(0, 60)
    machine = Machine([MarketDataService()])
    early = Nanos(session.session_start_ns - 10 * NS_PER_S)
    machine.apply(early, replace(newsworthy(), session_seconds=60))
    machine.apply(early, replace(session, first_step_ns=early))
    machine.apply(early, published(31_000, is_shift=True))
    again = Machine([MarketDataService()])
    again.restore(machine.snapshot())
    jumps, shifts, moves = [], [], []
    while (fired := again.due(Nanos(session.session_start_ns + 5 * NS_PER_S))) is not None:
        for event in again.apply(fired.at_ns, fired):
            if isinstance(event, JumpOccurred):
                jumps.append((fired.at_ns, event.size_ppm))
            elif isinstance(event, RegimeChanged):
                shifts.append(fired.at_ns)
            elif isinstance(event, PricesStepped) and event.is_moving:
                moves.append(fired.at_ns)
    assert jumps == [(moves[0], 31_000)]
    assert shifts[0] == moves[0] == session.session_start_ns + STEP_NS


def test_news_that_brings_nothing_or_finds_no_market_changes_nothing() -> None:
    machine = Machine([MarketDataService()])
    machine.apply(Nanos(0), published(5_000))
    machine.apply(Nanos(1), newsworthy())
    state = machine.services[0].snapshot()
    machine.apply(Nanos(2), published())
    assert machine.services[0].snapshot() == state
    machine.apply(Nanos(3), StopMarket())


def test_what_one_expects_of_regimes_is_the_chain_with_its_news() -> None:
    # Over a short time: probability of news × shift × destination, beside the chain's own.
    rates = generator(classic().regimes.transition, 300)
    dt_s = 1e-3
    expected = step_matrix(expected_generator(rates, NEWS), dt_s)
    chain = step_matrix(rates, dt_s)
    for regime in range(3):
        for to in range(3):
            shifts = dt_s / 9_000 * 0.38 * (DESTINATIONS[regime][to] - (regime == to))
            assert expected[regime][to] - chain[regime][to] == pytest.approx(shifts, rel=1e-4)


def test_news_adds_its_jumps_variance_outside_the_quiet_end() -> None:
    silent, telling = Walk(newsworthy(news=None)).jumps, Walk(newsworthy()).jumps
    for remaining_s, sessions in ((19_800.0, 0), (5_000.0, 2), (200.0, 0)):
        seconds = max(remaining_s - 300, 0) + sessions * 19_500
        more = telling.variance(remaining_s, sessions) - silent.variance(remaining_s, sessions)
        # What a quiet end keeps back comes in the next session: 19,800 / 9,000 items each.
        assert more == pytest.approx(seconds / 19_500 * 19_800 / 9_000 * 3.5e-5, abs=1e-15)


class Newsroom:
    """Poisson news outside the quiet end, in the model's own terms."""

    def __init__(self, config: ConfigureMarketData, jump: float, chance: float) -> None:
        self.walk, self.dice = Walk(config), Dice(config, {})
        self.news, self.step_s = config.news, config.step_ns / NS_PER_S
        self.jump, self.chance = jump, chance
        self.rng = Rng(config.seed, "newsroom")

    def session(self, paths: Paths) -> Sequence[float]:
        """Step through one session and return the annual variance of each step."""
        news, steps = self.news, round(19_800 / self.step_s)
        assert news is not None
        self.walk.open_session(paths, self.dice, after_night=False)
        squares = []
        chance = self.step_s / news.mean_gap_s * 19_800 / 19_500
        for step in range(1, steps + 1):
            elapsed_s, jumps = step * self.step_s, []
            if elapsed_s <= 19_500 and self.rng.uniform() < chance:
                if self.rng.uniform() < news.shift:
                    self.walk.shift(paths, self.rng.below(10**9))
                if self.rng.uniform() < self.chance:
                    jumps.append(self.jump)
            self.walk.step(paths, self.dice, elapsed_s, jumps)
            squares.append(self.walk.model.volatility(paths.model) ** 2)
        return squares


@pytest.mark.gate
def test_prices_stay_a_martingale_with_news() -> None:
    # Jumps of −4 % in half of all news, five items a session: uncompensated they cost 9 % of it.
    mean = 0.5 * (exp(-0.04) - 1.0)
    news = replace(NEWS, mean_gap_s=3_900.0, jump_mean=mean, jump_variance=0.5 * 0.04**2)
    config = replace(stepping(classic(seed=52), 30.0), news=news)
    config = replace(config, underlyings=config.underlyings[:1])
    room = Newsroom(config, -0.04, 0.5)
    ratios = []
    for _ in range(250):
        paths = room.walk.begun(100.0, 1)
        room.session(paths)
        ratios.append(paths.leader / 100.0)
    average = sum(ratios) / len(ratios)
    error = sqrt(sum((r - average) ** 2 for r in ratios) / (len(ratios) - 1) / len(ratios))
    assert abs(average - 1.0) < Z * error
    assert abs(average * exp(5 * mean) - 1.0) > Z * error


@pytest.mark.gate
@pytest.mark.parametrize("regime", [0, 1, 2])
def test_the_variance_expected_with_news_is_what_news_and_chain_make(regime: int) -> None:
    news = replace(NEWS, mean_gap_s=3_600.0, quiet_end_s=0)
    config = replace(without_jumps(stepping(classic(seed=53), 30.0)), news=news)
    config = replace(config, underlyings=config.underlyings[:1])
    room = Newsroom(config, 0.0, 0.0)
    sums = []
    for _ in range(150):
        paths = room.walk.begun(100.0, regime)
        sums.append(sum(room.session(paths)) * 30.0)
    average = sum(sums) / len(sums)
    error = sqrt(sum((s - average) ** 2 for s in sums) / (len(sums) - 1) / len(sums))
    ((expected, _),) = room.walk.expected_variances(room.walk.begun(100.0, regime), [19_800.0])
    assert abs(average - expected) < Z * error
