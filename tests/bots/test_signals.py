"""What a reference bot does with what it is told of the future, and its twin with a coin."""

import pytest
from tests.bots.paper import DESK, FUND, MAKER, PaperMarket

from itg.bots.arbitrage_desk import ANSWER_UNITS, ArbitrageDesk
from itg.bots.forecast import coin_of
from itg.bots.hedge_fund import HedgeFund
from itg.bots.market_maker import MarketMaker
from itg.wire.v1.market import GuardPush
from itg.wire.v1.news import NewsPush
from itg.wire.v1.signals import RegimeChances, RegimeWord, StageWord, TrackingPush, VolatilityPush

YEARS = 2 / 252
STORM = RegimeChances(low=0.05, medium=0.10, high=0.85)
CALM = RegimeChances(low=0.05, medium=0.90, high=0.05)
SIGNAL_IDS = range(1, 5)


def volatility(
    market: PaperMarket, regime: RegimeWord, chances: RegimeChances, signal_id: int = 1
) -> None:
    """Forecast what comes in two minutes."""
    push = VolatilityPush(
        signal_id=signal_id, seq=1, role="me", game_us=market.game_us, regime=regime,
        is_shift=True, probabilities=chances, effective_us=market.game_us + 120_000_000,
        accuracy=0.66,
    )  # fmt: skip
    market.tell("signals", "volatility", push)


def tracking(market: PaperMarket, stage: StageWord, announcement: str, signal_id: int = 1) -> None:
    """Tell of a window in which the follower is dear by half a percent."""
    push = TrackingPush(
        signal_id=signal_id, seq=1, role="me", game_us=market.game_us, stage=stage,
        announcement="converges" if announcement == "converges" else "diverges",
        horizon_us=market.game_us + 420_000_000, accuracy=0.85, underlying_id="SPY",
        spot_price=442.2, leader_price=4400.0, theo_price=440.0, tracking_error=0.005,
        deviation="above", z_score=3.3, half_life_s=420,
    )  # fmt: skip
    market.tell("signals", "tracking", push)


def straddles(market: PaperMarket) -> float:
    return sum(net for name, net in market.nets.items() if "-" in name) / 2


def fund(seed: int = 1, *, uses_signals: bool = True) -> tuple[HedgeFund, PaperMarket]:
    """Return a fund that has watched for a minute, before it trades by itself."""
    bot = HedgeFund(seed=seed, uses_signals=uses_signals)
    market = PaperMarket(bot, FUND, seed, years=YEARS)
    market.run(60)
    return bot, market


@pytest.mark.parametrize(("regime", "chances", "sign"), [("medium", STORM, 1), ("high", CALM, -1)])
def test_a_fund_buys_before_a_storm_and_sells_before_a_calm(
    regime: RegimeWord, chances: RegimeChances, sign: int
) -> None:
    bot, market = fund()
    assert straddles(market) == 0
    volatility(market, regime, chances)
    market.run(25)
    assert bot.plan is not None
    assert straddles(market) * sign > 0
    assert bot.plan.straddles * sign > 0


def test_a_fund_gives_back_within_minutes_what_a_forecast_made_it_hold() -> None:
    bot, market = fund()
    volatility(market, "medium", STORM)
    market.run(115)
    assert straddles(market) > bot.base
    market.run(5 + 300)
    assert bot.plan is None
    assert abs(straddles(market)) == bot.base


def test_a_forecast_that_does_not_pay_for_the_spread_is_left_alone() -> None:
    bot, market = fund()
    volatility(market, "medium", CALM)
    market.run(25)
    assert bot.plan is None
    assert straddles(market) == 0


def test_a_forecast_before_the_first_prices_is_judged_by_the_first_prices() -> None:
    bot = HedgeFund(seed=1)
    market = PaperMarket(bot, FUND, 1, years=YEARS)
    volatility(market, "medium", STORM)
    market.run(30)
    assert straddles(market) > 0


def test_the_coins_of_these_tests_show_both_sides() -> None:
    assert {coin_of(1, signal_id) for signal_id in SIGNAL_IDS} == {1, -1}


@pytest.mark.parametrize("signal_id", SIGNAL_IDS)
def test_a_fund_and_its_twin_differ_by_the_coin_alone(signal_id: int) -> None:
    (seer, seen), (twin, blind) = fund(), fund(uses_signals=False)
    for market in (seen, blind):
        volatility(market, "medium", STORM, signal_id)
        market.run(25)
    coin = coin_of(1, signal_id)
    assert seer.plan is not None
    assert twin.plan is not None
    assert twin.plan == seer.plan._replace(straddles=coin * seer.plan.straddles)
    assert straddles(blind) * coin > 0
    assert (seen.log == blind.log) is (coin == 1)


def test_without_a_forecast_a_fund_and_its_twin_do_the_same() -> None:
    logs = []
    for uses_signals in (True, False):
        _, market = fund(2, uses_signals=uses_signals)
        market.run(200)
        logs.append(market.log)
    assert logs[0]
    assert logs[0] == logs[1]


def test_a_fund_holds_its_delta_when_the_headline_comes() -> None:
    bot, market = fund()
    volatility(market, "medium", STORM)
    market.run(119)
    assert straddles(market) > 0
    assert abs(bot.hedger.delta()) < 4.0


def test_a_desk_trades_towards_an_announced_convergence_and_leaves_at_the_close() -> None:
    market = PaperMarket(ArbitrageDesk(seed=1), DESK, 1)
    market.run(6)
    tracking(market, "open", "converges")
    market.run(60)
    follower, leader = market.nets["SPY"] / 10, market.nets["SPX"]
    assert follower <= -ANSWER_UNITS
    assert max(-follower, leader) <= 2 * min(-follower, leader)
    tracking(market, "close", "converges")
    market.run(60)
    assert (market.nets["SPY"], market.nets["SPX"]) == (0, 0)


def test_a_desk_leaves_when_the_horizon_has_come() -> None:
    market = PaperMarket(ArbitrageDesk(seed=1), DESK, 1)
    market.run(6)
    tracking(market, "open", "converges")
    market.run(419)
    assert market.nets["SPY"] < 0
    market.run(60)
    assert (market.nets["SPY"], market.nets["SPX"]) == (0, 0)


def test_a_desk_answers_a_window_that_does_not_pay_with_the_least() -> None:
    found = {}
    for announcement in ("converges", "diverges"):
        market = PaperMarket(ArbitrageDesk(seed=1), DESK, 1)
        market.costs = 0.01
        market.run(6)
        tracking(market, "open", announcement)
        market.run(30)
        found[announcement] = market.nets["SPY"]
    # An error as large as this one is expected to shrink, whatever is announced.
    assert found == {"converges": -10 * ANSWER_UNITS, "diverges": -10 * ANSWER_UNITS}


@pytest.mark.parametrize("signal_id", SIGNAL_IDS)
def test_a_desk_and_its_twin_differ_by_the_coin_alone(signal_id: int) -> None:
    nets = []
    for uses_signals in (True, False):
        market = PaperMarket(ArbitrageDesk(seed=1, uses_signals=uses_signals), DESK, 1)
        market.run(6)
        tracking(market, "open", "converges", signal_id)
        market.run(90)
        nets.append(market.nets["SPY"])
    seen, blind = nets
    assert seen < 0
    assert blind == coin_of(1, signal_id) * abs(seen)


def test_a_market_maker_s_quotes_stand_around_the_marks() -> None:
    market = PaperMarket(MarketMaker(seed=1), MAKER, 1, years=YEARS)
    market.deviation["SPX"] = 0.05  # nobody else's quotes have shown it
    market.run(3)
    for name, quote in market.quotes.items():
        theory = market.theory(market.instruments[name])
        if quote.bid is not None and quote.ask is not None and theory > 0.5:
            assert abs((quote.bid + quote.ask) / 2 - theory) < 0.05 * theory


def test_a_market_maker_quotes_all_again_in_the_step_of_a_jump() -> None:
    market = PaperMarket(MarketMaker(seed=1), MAKER, 1, years=YEARS)
    market.run(3)
    market.run_steps(1)  # between two rings of its timer
    market.quote_count = 0
    market.run_steps(1)
    assert market.quote_count == 0
    market.spot["SPX"] *= 1.01
    guard = GuardPush(underlying_id="SPX", ends_us=market.game_us + 2_000_000)
    market.tell("phase", "guard", guard)
    market.run_steps(1)
    moved = [one for one in market.instruments.values() if one.strike == 4400.0]
    assert market.quote_count >= 10
    for one in moved:
        quote = market.quotes[one.instrument_id]
        assert quote.bid is not None
        assert quote.ask is not None
        assert quote.bid < market.theory(one) < quote.ask


def test_a_market_maker_quotes_wide_from_a_headline_to_the_next_marks() -> None:
    market = PaperMarket(MarketMaker(seed=1), MAKER, 1, years=YEARS)
    market.run(3)

    def width() -> float:
        (quote,) = [q for n, q in market.quotes.items() if n == "SPX-1-call-4400"]
        assert quote.bid is not None
        assert quote.ask is not None
        return (quote.ask - quote.bid) / market.theory(market.instruments["SPX-1-call-4400"])

    usual = width()
    market.tell("events", "news", headline(market.game_us))
    market.release()
    assert width() > usual
    market.run_steps(2)
    assert width() == pytest.approx(usual, rel=0.1)


def headline(game_us: int) -> NewsPush:
    return NewsPush(
        seq=1, news_id=1, headline_id="any", headline="Any", origin="arrival", game_us=game_us
    )  # fmt: skip
