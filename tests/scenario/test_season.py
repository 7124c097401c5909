"""Seasons: chains that roll for weeks, holidays, closing auctions, protections, days in a row."""

from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from tests.scenario.compiled import of
from tests.scenario.test_shipped import civil

from itg import scenario
from itg.exchange.contract import (
    ConfigureExchange,
    ConfigureLadder,
    JumpGuard,
    ListInstrument,
    MarketBreaker,
    PriceBandModel,
)
from itg.game.contract import CreateGame
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import InstrumentId
from itg.kernel.times import NS_PER_S
from itg.kernel.words import Phase
from itg.market_data.contract import ConfigureMarketData

SEASON = 'extends = "classic"\n[session]\ndays = 16\n'


def load(folder: Path, text: str) -> CreateGame:
    file = folder / "mine.toml"
    file.write_text(text, encoding="utf-8")
    return scenario.load(str(file))


def test_eight_weeks_always_have_three_expiries_to_list(tmp_path: Path) -> None:
    game = load(tmp_path, SEASON)
    for ladder in of(ConfigureLadder, game):
        ends = [expiry.expires_ns for expiry in ladder.expiries]
        for plan in game.rules.rounds:
            assert sum(end >= plan.session_end_ns for end in ends) >= ladder.expiries_listed == 3
        assert sum(end >= game.rules.rounds[-1].session_end_ns for end in ends) == 3
        assert ends == sorted(set(ends))


def test_sessions_are_known_until_the_season_s_last_expiry(tmp_path: Path) -> None:
    game = load(tmp_path, SEASON)
    (ladder, _) = of(ConfigureLadder, game)
    ends = game.rules.session_ends_ns
    assert ends[-1] == ladder.expiries[-1].expires_ns
    assert {expiry.expires_ns for expiry in ladder.expiries} <= set(ends)
    assert {plan.session_end_ns for plan in game.rules.rounds} <= set(ends)
    assert all(one < two for one, two in pairwise(ends))


def test_a_season_passes_over_its_holidays(tmp_path: Path) -> None:
    game = load(tmp_path, SEASON)
    days = [date.fromisoformat(plan.trading_day) for plan in game.rules.rounds]
    assert len(days) == 16
    assert {day.strftime("%a") for day in days} == {"Tue", "Thu"}
    assert date(2026, 12, 24) not in days
    (ladder, _) = of(ConfigureLadder, game)
    expiries = [expiry.expiry_date for expiry in ladder.expiries]
    # The Thursday before Christmas is a holiday: its week ends on Tuesday.
    assert expiries[:5] == ["2026-12-03", "2026-12-10", "2026-12-17", "2026-12-22", "2026-12-31"]


def test_what_is_listed_at_first_is_the_ladder_s_first_expiries(tmp_path: Path) -> None:
    game = load(tmp_path, SEASON)
    (ladder, _) = of(ConfigureLadder, game)
    listed = [c.instrument.option for c in of(ListInstrument, game) if c.instrument.option]
    assert {o.expires_ns for o in listed} == {e.expires_ns for e in ladder.expiries[:3]}


def test_the_ladder_has_the_numbers_of_the_rules() -> None:
    first, second = of(ConfigureLadder, scenario.load("classic"))
    assert (first.underlying.instrument_id, second.underlying.instrument_id) == ("SPX", "SPY")
    assert (first.strike_step, second.strike_step) == (440_000, 44_000)
    assert (first.strikes_at_start, first.strikes_each_side, first.strikes_max) == (5, 2, 15)
    assert (first.delist_ppm, first.review_ns) == (60_000, 1_800 * NS_PER_S)
    assert first.is_marked


def test_a_chain_without_rolls_stays_as_it_was_listed() -> None:
    bare = scenario.load("bare")
    assert of(ConfigureLadder, bare) == []
    names = [c.instrument.instrument_id for c in of(ListInstrument, bare)]
    assert InstrumentId("SPX-20261203-C-4400") in names


def test_a_zone_s_change_of_clock_moves_no_civil_time(tmp_path: Path) -> None:
    text = 'extends = "classic"\nfirst_day = 2027-03-02\n[session]\ndays = 6\n'
    rounds = load(tmp_path, text).rules.rounds
    assert [civil(plan.session_start_ns)[-8:] for plan in rounds] == ["09:30:00"] * 6


# -- closing auction ----------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "before_close_s"),
    [
        ('extends = "classic"\n[session]\nclosing_auction = 14:58:00\n', 120),
        ('extends = "demo"\n[session]\nclosing_auction_s = 30\n', 30),
    ],
)
def test_a_closing_auction_is_a_boundary_before_the_close(
    tmp_path: Path, text: str, before_close_s: int
) -> None:
    plan = load(tmp_path, text).rules.rounds[0]
    *_, auction, close = plan.boundaries
    assert (auction.phase, close.phase) == (Phase.CLOSING_AUCTION, Phase.CLOSED)
    assert close.at_ns - auction.at_ns == before_close_s * NS_PER_S
    assert plan.session_end_ns == close.at_ns


def test_no_shipped_scenario_has_a_closing_auction() -> None:
    for name in scenario.available():
        for plan in scenario.load(name).rules.rounds:
            assert Phase.CLOSING_AUCTION not in [b.phase for b in plan.boundaries]


# -- protection ---------------------------------------------------------------


def test_classic_protects_with_the_numbers_of_the_rules() -> None:
    for rules in of(ConfigureExchange, scenario.load("classic")):
        assert rules.price_band == PriceBandModel()
        assert rules.market_breaker == MarketBreaker()
        assert rules.jump_guard == JumpGuard()
        assert rules.opening_delay_ns == 180 * NS_PER_S


def test_bare_protects_nothing() -> None:
    (rules,) = of(ConfigureExchange, scenario.load("bare"))
    assert (rules.price_band, rules.market_breaker, rules.jump_guard) == (None, None, None)


def test_the_auction_s_rule_and_order_are_the_file_s(tmp_path: Path) -> None:
    text = 'extends = "demo"\nseed = 5\n[matching]\nauction = "midpoint"\nauction_order = "draw"\n'
    (rules, _) = of(ConfigureExchange, load(tmp_path, text))
    assert (rules.auction_rule, rules.auction_order, rules.seed) == ("midpoint", "draw", 5)


# -- days in a row ------------------------------------------------------------


def test_days_in_a_row_follow_by_themselves_without_a_gap_of_prices() -> None:
    game = scenario.load("demo", days=10)
    assert len(game.rules.rounds) == 10
    assert game.rules.starts_next_round
    (market,) = of(ConfigureMarketData, game)
    assert market.overnight_gap == 0.0
    assert len(of(ConfigureLadder, game)[0].expiries) == 8


def test_without_it_a_round_waits_for_its_organizer_but_around_the_clock() -> None:
    alone = [name for name in scenario.available() if scenario.load(name).rules.starts_next_round]
    assert alone == ["always-open"]


def test_the_season_has_the_weeks_of_the_rules() -> None:
    game = scenario.load("season")
    rounds = game.rules.rounds
    assert [plan.vol_factor for plan in rounds] == [0.5] * 4 + [1.0] * 8 + [1.2] * 4
    assert [plan.is_scored for plan in rounds] == [False] * 4 + [True] * 12
    scoring = game.rules.scoring
    assert scoring is not None
    weights = scoring.round_weights_ppm
    assert [weights[2 * week] + weights[2 * week + 1] for week in range(8)] == [
        *(0, 0, 0, 100_000),
        *(0, 250_000, 0, 650_000),
    ]


def test_the_last_week_of_a_season_goes_on(tmp_path: Path) -> None:
    game = load(tmp_path, SEASON + "[season]\nvol_factors = [0.5, 2]\n")
    assert [plan.vol_factor for plan in game.rules.rounds] == [0.5, 0.5] + [2.0] * 14


def test_without_a_season_every_round_moves_as_the_model_says() -> None:
    for name in scenario.available():
        if name != "season":
            assert {p.vol_factor for p in scenario.load(name).rules.rounds} == {1.0}


def test_a_fast_session_is_of_no_week() -> None:
    (plan,) = scenario.load("season", is_fast=True).rules.rounds
    assert plan.vol_factor == 1.0


@pytest.mark.parametrize("volatility", ["[]", "[0]", "[-1, 1]", "[11]"])
def test_a_season_s_volatility_has_to_be_some_factors(tmp_path: Path, volatility: str) -> None:
    with pytest.raises(ConfigurationError, match=r"season\.vol_factors"):
        load(tmp_path, f'extends = "classic"\n[season]\nvol_factors = {volatility}\n')


def test_a_season_without_simulated_prices_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"season\.vol_factors .* needs the table \[market"
    ):
        load(tmp_path, 'extends = "bare"\n[season]\nvol_factors = [1, 2]\n')
