"""Every reference bot in a market on paper: it trades its idea and never leaves its limits."""

import pytest
from msgspec import structs
from tests.bots.paper import DESK, FUND, MAKER, Limits, PaperMarket, phase

from itg.bots import crew_bot
from itg.bots.arbitrage_desk import ArbitrageDesk
from itg.bots.hedge_fund import HedgeFund
from itg.bots.market_maker import MarketMaker
from itg.client import Bot, BotFileError

ROLES = [(MarketMaker, MAKER), (HedgeFund, FUND), (ArbitrageDesk, DESK)]
SEEDS = [1, 2, 3]


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(("kind", "limits"), ROLES)
def test_a_bot_trades_within_its_limits(kind: type[Bot], limits: Limits, seed: int) -> None:
    market = PaperMarket(kind(seed=seed), limits, seed)
    market.run(300)  # every command is checked as it is carried out
    assert len(market.log) >= 2


@pytest.mark.parametrize(("kind", "limits"), ROLES)
def test_equal_seeds_trade_equally_and_others_differ(kind: type[Bot], limits: Limits) -> None:
    logs = []
    for seed in (4, 4, 5):
        market = PaperMarket(kind(seed=seed), limits, 9)
        market.run(150)
        logs.append(market.log)
    assert logs[0] == logs[1]
    assert logs[0] != logs[2]


def test_a_market_maker_quotes_every_series_on_both_sides_within_seconds() -> None:
    market = PaperMarket(MarketMaker(seed=1), MAKER, 1)
    market.run(3)
    options = [i for i in market.instruments.values() if i.kind == "option"]
    both = [q for q in market.quotes.values() if q.bid_quantity >= 10 and q.ask_quantity >= 10]
    assert len(both) >= 0.9 * len(options)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_market_maker_s_quotes_follow_theory(seed: int) -> None:
    roomy = structs.replace(MAKER, position=1_000, portfolio=50_000)
    market = PaperMarket(MarketMaker(seed=seed), roomy, seed)
    market.run(400)
    errors = []
    for quote in market.quotes.values():
        theory = market.theory(market.instruments[quote.instrument_id])
        if quote.bid is not None and quote.ask is not None and theory > 0.5:
            errors.append(abs((quote.bid + quote.ask) / 2 - theory) / theory)
    assert errors
    assert sum(errors) / len(errors) < 0.08


def test_a_market_maker_keeps_its_delta_small() -> None:
    bot = MarketMaker(seed=2)
    market = PaperMarket(bot, MAKER, 2)
    worst = 0.0
    for _ in range(60):
        market.run(10)
        worst = max(worst, abs(bot.hedger.delta()))
    assert worst < 100.0
    assert any(deal["instrument_id"] == "SPX" for deal in market.log)


def test_a_full_market_maker_shows_reducing_sides_alone() -> None:
    bot = MarketMaker(seed=1)
    market = PaperMarket(bot, MAKER, 1)
    options = [name for name, i in market.instruments.items() if i.kind == "option"]
    for name in options[:5]:
        market.settle(name, 40, 10.0)
    market.run(1)
    for name, quote in market.quotes.items():
        assert quote.bid_quantity == 0, name
        assert market.nets[name] > 0, name


@pytest.mark.parametrize("seed", SEEDS)
def test_a_hedge_fund_holds_its_delta_inside_its_limit(seed: int) -> None:
    bot = HedgeFund(seed=seed)
    market = PaperMarket(bot, FUND, seed)
    market.run(150)
    for _ in range(60):
        market.run(10)
        assert abs(bot.hedger.delta()) < 50.0
    assert any(market.instruments[deal["instrument_id"]].kind == "option" for deal in market.log)


def test_a_hedge_fund_buys_movement_that_outruns_what_is_implied() -> None:
    bot = HedgeFund(seed=3)
    market = PaperMarket(bot, FUND, 3)
    market.run(130)
    for step in range(400):
        market.spot["SPX"] *= 1.0012 if step % 2 else 1 / 1.0012
        market.run(1)
    held = sum(net for name, net in market.nets.items() if "-" in name)
    assert bot.edge() > 0
    assert held > 0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_desk_s_legs_have_opposite_signs_in_proportion(seed: int) -> None:
    market = PaperMarket(ArbitrageDesk(seed=seed), DESK, seed)
    market.run(20)
    traded = 0
    for _ in range(90):
        market.run(10)
        follower, leader = market.nets["SPY"] / 10, market.nets["SPX"]
        if max(abs(follower), abs(leader)) > 4:
            traded += 1
            assert follower * leader < 0
            assert max(abs(follower), abs(leader)) <= 2 * min(abs(follower), abs(leader)) + 4
    assert traded > 5


def test_a_desk_sells_the_dear_one() -> None:
    market = PaperMarket(ArbitrageDesk(seed=1), DESK, 1)
    market.gap = 0.004
    market.run(30)
    assert market.nets["SPY"] < 0 < market.nets["SPX"]


@pytest.mark.parametrize(("kind", "limits"), ROLES)
def test_nothing_is_sent_while_the_market_is_closed(kind: type[Bot], limits: Limits) -> None:
    market = PaperMarket(kind(seed=1), limits, 1)
    for underlying in market.spot:
        market.tell("phase", "phase", phase(underlying, "closed"))
    market.run(200)
    assert (market.order_count, market.quote_count) == (0, 0)


def test_a_crew_bot_is_its_role_s_strategy() -> None:
    assert isinstance(crew_bot("hedge_fund", 1), HedgeFund)
    with pytest.raises(BotFileError, match="market_maker, hedge_fund, arbitrage_desk"):
        crew_bot("retail", 1)
