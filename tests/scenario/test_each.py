"""What makes each shipped scenario itself."""

from itertools import pairwise
from math import exp

import pytest
from msgspec.structs import asdict, replace
from tests.scenario.compiled import of, setup_of, the

from itg import scenario
from itg.exchange.contract import ConfigureExchange, ConfigureLadder, ListInstrument
from itg.game.contract import CreateGame
from itg.kernel.times import NS_PER_S
from itg.kernel.words import SelfTradePolicy, VolRegime
from itg.market_data.contract import ConfigureMarketData
from itg.news.contract import ArrivalModel, ConfigureNews
from itg.positions.contract import ConfigurePositions, PortfolioLimit, PositionLimit, RoleRules
from itg.retail.contract import ConfigureRetail, RetailFlow
from itg.signals.contract import ConfigureSignals

CLASSIC = scenario.load("classic")


def options_of(game: CreateGame) -> list[str]:
    listed = [command.instrument for command in of(ListInstrument, game)]
    return [str(each.instrument_id) for each in listed if each.option]


def arrivals_of(name: str) -> ArrivalModel:
    arrivals = the(ConfigureNews, scenario.load(name)).arrivals
    assert arrivals is not None
    return arrivals


def flow_of(name: str) -> RetailFlow:
    flow = the(ConfigureRetail, scenario.load(name)).flow
    assert flow is not None
    return flow


def roles_of(name: str) -> dict[str, RoleRules]:
    return {role.role: role for role in the(ConfigurePositions, scenario.load(name)).roles}


def market_of(name: str) -> ConfigureMarketData:
    return the(ConfigureMarketData, scenario.load(name))


def changed_kinds(name: str) -> set[type]:
    # Which services are configured otherwise than in classic, but for the seed.
    def plain(game: CreateGame) -> dict[type, list[object]]:
        kinds: dict[type, list[object]] = {}
        for command in setup_of(game):
            body = {**asdict(command), "seed": 0}
            kinds.setdefault(type(command), []).append(body)
        return kinds

    mine, base = plain(scenario.load(name)), plain(CLASSIC)
    return {kind for kind in mine.keys() | base.keys() if mine.get(kind) != base.get(kind)}


def test_the_shipped_scenarios_are_these() -> None:
    assert scenario.available() == [
        "always-open", "bare", "calm", "classic", "crash", "customer", "demo", "liquid",
        "lively", "news-day", "season", "single", "tracking-break", "wide",
    ]  # fmt: skip


def test_no_two_scenarios_throw_the_same_dice() -> None:
    seeds = [market_of(name).seed for name in scenario.available() if name != "bare"]
    assert len(seeds) == len(set(seeds))


def test_demo_s_half_hour_sees_some_news() -> None:
    arrivals = arrivals_of("demo")
    session_s = the(ConfigureNews, scenario.load("demo")).session_seconds
    assert (session_s, arrivals.mean_gap_s) == (1_800, 480)
    # Even the latest first headline comes before the last minutes, which stay quiet.
    assert arrivals.gap_max_s < session_s - arrivals.quiet_end_s
    assert flow_of("demo").orders_per_minute == 40


def test_liquid_has_larger_makers_and_less_chance() -> None:
    maker = roles_of("liquid")["market_maker"]
    limits = {type(rule): rule for rule in maker.constraints}
    assert limits[PositionLimit] == PositionLimit(max_quantity=100)
    assert limits[PortfolioLimit] == PortfolioLimit(max_quantity=1_200, filled_only=True)
    arrivals = arrivals_of("liquid")
    assert (arrivals.mean_gap_s, arrivals.gap_min_s, arrivals.gap_max_s) == (3_600, 900, 7_200)
    assert market_of("liquid").regimes.regime_step_s == 900
    assert market_of("liquid").jumps.mean_per_session == 1.0


def test_liquid_changes_no_other_limit_of_classic() -> None:
    liquid, classic = roles_of("liquid"), roles_of("classic")
    for role in classic.keys() - {"market_maker"}:
        assert liquid[role] == classic[role]
    changed = (PositionLimit, PortfolioLimit)
    kept = [
        tuple(rule for rule in roles["market_maker"].constraints if not isinstance(rule, changed))
        for roles in (liquid, classic)
    ]
    assert kept[0] == kept[1]


def test_liquid_s_jumps_have_the_mean_square_of_the_wanted_ones() -> None:
    # Wanted: 0.5 + min(Exp(0.4), 1.5) per cent; E X and E X² of an exponential cut at c.
    mean, cut = 0.4, 1.5
    left = exp(-cut / mean)
    first = mean * (1 - left)
    second = 2 * mean**2 * (1 - left * (1 + cut / mean))
    wanted = 0.25 + first + second
    jumps = market_of("liquid").jumps
    low, high = jumps.size_min * 100, jumps.size_max * 100
    assert (low**2 + low * high + high**2) / 3 == pytest.approx(wanted, rel=0.005)


def test_lively_has_four_times_the_orders_and_every_mood() -> None:
    lively, classic = flow_of("lively"), flow_of("classic")
    assert lively.orders_per_minute == 4 * classic.orders_per_minute == 12
    moods = lively.behaviors
    assert min(moods.momentum, moods.panic, moods.fomo, moods.profit_taking) > 0
    assert (moods.momentum, moods.panic, moods.fomo) == (0.30, 0.20, 0.25)
    # 15 % within five minutes.
    assert 1 - (1 - moods.profit_taking) ** 300 == pytest.approx(0.15, abs=0.0005)
    assert max(hour.factor for hour in lively.hours) == 2.5
    assert min(hour.factor for hour in lively.hours) == 0.5
    assert changed_kinds("lively") == {ConfigureRetail}


def test_wide_has_fifteen_strikes_to_thirty_per_cent() -> None:
    game = scenario.load("wide")
    assert len(options_of(game)) == 2 * 3 * 15 * 2
    for underlying, start in (("SPX", 4400.0), ("SPY", 440.0)):
        names = [name.split("-") for name in options_of(game) if name.startswith(underlying)]
        strikes = sorted({float(name[3]) for name in names})
        assert len(strikes) == 15
        assert start - strikes[0] == strikes[-1] - start >= 0.30 * start
        assert strikes[-2] - start < 0.30 * start
    for ladder in of(ConfigureLadder, game):
        # No strike goes overnight for being far.
        assert ladder.delist_ppm > 320_000


def test_single_has_one_underlying_and_nobody_to_track_it() -> None:
    game = scenario.load("single")
    assert [str(underlying) for _, underlying in game.rules.shards] == ["SPX"]
    assert len(options_of(game)) == 30
    signals = the(ConfigureSignals, game)
    assert signals.volatility is not None
    assert signals.tracking == ()
    assert "arbitrage_desk" not in game.rules.registrable_roles
    single, classic = roles_of("single"), roles_of("classic")
    assert single.keys() == classic.keys() - {"arbitrage_desk"}


def test_customer_has_the_older_rules_that_a_key_can_say() -> None:
    game = scenario.load("customer")
    for rules in of(ConfigureExchange, game):
        assert (rules.auction_rule, rules.auction_order) == ("midpoint", "draw")
    assert {role.stp for role in roles_of("customer").values()} == {SelfTradePolicy.ALLOW}


def test_customer_writes_fees_as_credits_and_means_the_same_money() -> None:
    customer, classic = roles_of("customer"), roles_of("classic")
    for role, rules in classic.items():
        assert replace(customer[role], stp=rules.stp) == rules
    assert changed_kinds("customer") == {ConfigureExchange, ConfigurePositions}


def test_always_open_closes_for_a_minute_a_day_and_needs_nobody() -> None:
    rules = scenario.load("always-open").rules
    assert (rules.start_on_create, rules.starts_next_round) == (True, True)
    assert len(rules.rounds) == 7
    for plan in rules.rounds:
        assert plan.session_end_ns - plan.session_start_ns == 86_340 * NS_PER_S
    for one, two in pairwise(rules.rounds):
        # The round before has ended when the next one's pre-open begins.
        assert one.end_ns is not None
        assert one.end_ns < two.start_ns
        assert two.session_start_ns - one.session_end_ns == 60 * NS_PER_S
    market = market_of("always-open")
    assert (market.overnight_gap, market.sessions_per_year) == (0.0, 365)
    assert (market.session_seconds, arrivals_of("always-open").mean_gap_s) == (86_340, 9_000)


def test_calm_is_low_for_most_of_the_time_and_crash_is_high() -> None:
    assert market_of("calm").regimes.initial is VolRegime.LOW
    assert market_of("crash").regimes.initial is VolRegime.HIGH
    assert stationary("calm")[0] > 0.75
    assert stationary("crash")[2] > 0.75
    assert 0.1 < stationary("classic")[1] < 0.75


def test_calm_expects_less_of_everything_and_crash_more() -> None:
    variances = []
    for name in ("calm", "classic", "crash"):
        market = market_of(name)
        assert market.news is not None
        jumps = market.jumps
        per_session = jumps.mean_per_session * (
            jumps.size_min**2 + jumps.size_min * jumps.size_max + jumps.size_max**2
        ) / 3  # fmt: skip
        news = market.news.jump_variance / market.news.mean_gap_s * market.session_seconds
        variances.append((per_session, news, market.news.shift / market.news.mean_gap_s))
    for calmer, wilder in pairwise(variances):
        assert all(one < two for one, two in zip(calmer, wilder, strict=True))


def stationary(name: str) -> list[float]:
    share = [1 / 3] * 3
    rows = market_of(name).regimes.transition
    for _ in range(5_000):
        share = [sum(share[a] * rows[a][b] for a in range(3)) for b in range(3)]
    return share


def test_crash_s_small_investors_run() -> None:
    assert flow_of("crash").behaviors.panic > flow_of("lively").behaviors.panic


def test_news_day_is_half_an_hour_of_an_expiry_day_with_much_news_and_classic_otherwise() -> None:
    arrivals = arrivals_of("news-day")
    assert (arrivals.mean_gap_s, arrivals.gap_min_s, arrivals.gap_max_s) == (450, 300, 900)
    game = scenario.load("news-day")
    (day,) = game.rules.rounds
    assert day.session_end_ns - day.session_start_ns == 1_800 * NS_PER_S
    listed = [each.instrument.option for each in of(ListInstrument, game)]
    assert {option.expiry_date for option in listed if option} == {day.trading_day}
    assert not {ConfigureSignals, ConfigureRetail} & changed_kinds("news-day")
    mine, classic = market_of("news-day"), market_of("classic")
    longer = replace(mine, session_seconds=classic.session_seconds)
    assert replace(longer, news=classic.news, seed=classic.seed) == classic


def test_tracking_break_tracks_worse_and_is_classic_otherwise() -> None:
    mine, classic = market_of("tracking-break"), market_of("classic")
    broken, whole = mine.underlyings[1].tracking, classic.underlyings[1].tracking
    assert broken is not None
    assert whole is not None
    assert broken.error_std > 2.5 * whole.error_std
    assert broken.half_life_s > 2.5 * whole.half_life_s
    assert replace(broken, error_std=whole.error_std, half_life_s=whole.half_life_s) == whole
    assert changed_kinds("tracking-break") == {ConfigureMarketData, ConfigureSignals}


def test_bare_has_neither_news_nor_signals() -> None:
    rules = scenario.load("bare").rules
    assert not rules.has_news
    assert not rules.has_signals
