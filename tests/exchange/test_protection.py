"""PriceBandModel, delayed openings, halts, and mass cancels in the freeze."""

import pytest
from tests.exchange.market import (
    FIRST,
    SECOND,
    SHARD,
    TICK,
    Market,
    ends,
    id_of,
    of,
    refused,
    trades,
)

from itg.exchange.contract import (
    AuctionUncrossed,
    HaltRejected,
    HaltTrading,
    MarketBreaker,
    MassCanceled,
    OpeningDelayed,
    OrderExpired,
    PhaseChanged,
    PriceBandModel,
    ReplaceRejected,
    ResumeTrading,
    TradingHalted,
    TradingResumed,
)
from itg.kernel.ids import InstrumentId
from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import HaltCause, InFreeze, Phase, TimeInForce

PRE_OPEN, FREEZE, CONTINUOUS = Phase.PRE_OPEN, Phase.OPENING_AUCTION, Phase.CONTINUOUS
HALTED, CLOSED = Phase.HALTED, Phase.CLOSED
COLLAR = PriceBandModel(option_width=Price(5 * TICK))
MINUTE = 60 * NS_PER_S


# the collar ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theory", "vega", "edge"),
    [
        (10, 0, 15),  # 0.05 is the most
        (100, 0, 120),  # 20 % of theory
        (100, 20_000, 130),  # 15 points × 0.02 USD
    ],
)
def test_a_buy_above_the_collar_is_refused_naming_its_edge(
    theory: int, vega: int, edge: int
) -> None:
    market = Market(CONTINUOUS, price_band=COLLAR)
    market.mark(theory, vega)
    assert id_of(market.buy("a", 1, edge, instrument_id=SECOND))
    events = market.buy("a", 1, edge + 1, instrument_id=SECOND)
    assert refused(events) == ("PRICE_OUTSIDE_BAND", "price")
    assert events[0].refusal.allowed == edge * TICK  # type: ignore[attr-defined]


def test_a_sell_below_the_collar_is_refused_and_one_far_above_is_not() -> None:
    market = Market(CONTINUOUS, price_band=COLLAR)
    market.mark(100)
    assert refused(market.sell("a", 1, 79, instrument_id=SECOND))[0] == "PRICE_OUTSIDE_BAND"
    assert id_of(market.sell("a", 1, 900, instrument_id=SECOND))


def test_an_underlying_is_held_to_three_percent_of_its_simulated_price() -> None:
    market = Market(CONTINUOUS, price_band=COLLAR)
    market.step(1_000)
    assert id_of(market.buy("a", 1, 1_030))
    assert refused(market.buy("a", 1, 1_031))[0] == "PRICE_OUTSIDE_BAND"


def test_without_a_theory_anything_passes() -> None:
    assert id_of(Market(CONTINUOUS, price_band=COLLAR).buy("a", 1, 9_999, instrument_id=SECOND))


def test_quotes_and_replaces_are_held_to_the_collar_too() -> None:
    market = Market(CONTINUOUS, price_band=COLLAR)
    market.mark(100)
    assert refused(market.quote("m", (121, 1), (130, 1), SECOND)) == ("PRICE_OUTSIDE_BAND", "bid")
    order_id = id_of(market.buy("a", 1, 100, instrument_id=SECOND))
    (rejected,) = of(ReplaceRejected, market.replace("a", order_id, price=121, quantity=1))
    assert rejected.refusal.code == "PRICE_OUTSIDE_BAND"


def test_a_market_order_trades_no_further_than_the_collar() -> None:
    market = Market(CONTINUOUS, price_band=COLLAR)
    market.mark(100)
    for price in (110, 120, 121):
        market.sell("m", 1, price, instrument_id=SECOND)
    events = market.buy("a", 5, instrument_id=SECOND)
    assert [row[2] for row in trades(events)] == [110, 120]
    assert ends(events) == [("a", 3, "price_band")]


# openings -----------------------------------------------------------------------------------------


def opening_too_high() -> Market:
    """Return a market whose option would have opened at 150 with theory at 100."""
    market = Market(PRE_OPEN, price_band=COLLAR)
    market.mark(100)
    market.sell("s", 2, 150, instrument_id=SECOND)
    market.mark(150)
    market.buy("b", 2, 150, instrument_id=SECOND)
    market.mark(100)
    return market


def phase_of(market: Market, instrument_id: InstrumentId) -> Phase:
    return market.book(instrument_id).phase


def test_a_series_outside_its_collar_is_delayed_and_the_rest_opens() -> None:
    market = opening_too_high()
    events = market.move(CONTINUOUS)
    (delayed,) = of(OpeningDelayed, events)
    assert (delayed.instrument_id, delayed.indicative_price) == (SECOND, 150 * TICK)
    assert delayed.opens_ns == market.now + 3 * MINUTE
    assert (phase_of(market, FIRST), phase_of(market, SECOND)) == (CONTINUOUS, PRE_OPEN)
    assert not trades(events)


def test_it_opens_as_soon_as_theory_has_come_near() -> None:
    market = opening_too_high()
    market.move(CONTINUOUS)
    assert not trades(market.mark(124))
    events = market.mark(125)
    assert trades(events) == [("s", "b", 150, 2)]
    assert phase_of(market, SECOND) is CONTINUOUS


def test_it_opens_as_soon_as_its_book_clears_inside() -> None:
    market = opening_too_high()
    market.move(CONTINUOUS)
    events = market.sell("c", 5, 110, instrument_id=SECOND)
    assert trades(events) == [("b", "c", 110, 2)]


def test_it_is_forced_open_in_the_end() -> None:
    market = opening_too_high()
    market.move(CONTINUOUS)
    assert not trades(market.fire_timer(market.now + 3 * MINUTE - 1))
    events = market.fire_timer(market.now + 1)
    assert trades(events) == [("s", "b", 150, 2)]
    (changed,) = of(PhaseChanged, events)
    assert (changed.instrument_id, changed.phase) == (SECOND, CONTINUOUS)


def test_delayed_out_of_a_closing_auction_it_is_halted_and_an_organizers_word_opens_it() -> None:
    market = opening_too_high()
    market.schedule((10, Phase.CLOSING_AUCTION), (20, CONTINUOUS))
    market.fire_timer(10)
    assert of(OpeningDelayed, market.fire_timer(20))
    assert phase_of(market, SECOND) is Phase.HALTED
    assert trades(market.move(CONTINUOUS, SECOND)) == [("s", "b", 150, 2)]


def test_an_opening_fills_nothing_that_expires_at_its_instant() -> None:
    market = Market(PRE_OPEN, price_band=COLLAR)
    market.mark(150)
    market.sell("s", 2, 150, instrument_id=SECOND)
    market.buy("b", 2, 150, time_in_force=TimeInForce.GTT, expires_ns=50, instrument_id=SECOND)
    market.mark(110)
    market.sell("s", 1, 110, instrument_id=SECOND)
    market.buy("b", 1, 110, time_in_force=TimeInForce.GTT, expires_ns=50, instrument_id=SECOND)
    assert of(OpeningDelayed, market.move(CONTINUOUS))
    events = market.fire_timer(50)
    assert [expired.quantity for expired in of(OrderExpired, events)] == [2, 1]
    assert phase_of(market, SECOND) is CONTINUOUS
    assert not trades(events)


def test_nothing_that_crosses_opens_at_once() -> None:
    market = Market(PRE_OPEN, price_band=COLLAR)
    market.mark(100)
    market.move(CONTINUOUS)
    assert phase_of(market, SECOND) is CONTINUOUS


# halts --------------------------------------------------------------------------------------------


def test_a_move_of_two_percent_within_a_minute_halts_everything_and_reopens_by_auction() -> None:
    market = Market(CONTINUOUS, market_breaker=MarketBreaker())
    market.step(10_000)
    market.now += 59 * NS_PER_S
    assert not of(TradingHalted, market.step(10_199))
    events = market.step(10_200)
    (halted,) = of(TradingHalted, events)
    assert halted.halt_cause is HaltCause.PRICE_MOVE
    assert halted.resumes_ns == market.now + 2 * MINUTE
    assert phase_of(market, FIRST) is phase_of(market, SECOND) is HALTED
    market.buy("a", 2, 50)
    market.sell("b", 1, 40)
    events = market.fire_timer(market.now + 2 * MINUTE)
    assert of(TradingResumed, events)
    assert [row[3] for row in trades(events)] == [1]
    assert market.phase is CONTINUOUS


def test_a_move_over_more_than_the_window_does_not_halt() -> None:
    market = Market(CONTINUOUS, market_breaker=MarketBreaker())
    market.step(10_000)
    market.now += MINUTE + 1
    assert not of(TradingHalted, market.step(10_300))


def test_a_fall_is_measured_from_the_highest_price_of_the_window() -> None:
    market = Market(CONTINUOUS, market_breaker=MarketBreaker())
    for price in (10_000, 10_100, 10_010):
        assert not of(TradingHalted, market.step(price))
    assert of(TradingHalted, market.step(9_898))


def test_the_window_begins_anew_with_each_entry_into_continuous_trading() -> None:
    market = Market(CONTINUOUS, market_breaker=MarketBreaker())
    market.step(10_000)
    for phase in (CLOSED, PRE_OPEN, CONTINUOUS):
        market.move(phase)
    assert not of(TradingHalted, market.step(10_300))
    assert of(TradingHalted, market.step(10_510))


def test_prices_that_do_not_move_the_session_halt_nothing() -> None:
    market = Market(CONTINUOUS, market_breaker=MarketBreaker())
    market.step(10_000)
    assert not of(TradingHalted, market.step(10_500, is_moving=False))


def test_an_organizer_halts_one_instrument_until_it_is_resumed() -> None:
    market = Market(CONTINUOUS)
    events = market.send(HaltTrading(shard=SHARD, instrument_id=SECOND))
    (halted,) = of(TradingHalted, events)
    assert (halted.halt_cause, halted.resumes_ns) == (HaltCause.ORGANIZER, None)
    assert (phase_of(market, FIRST), phase_of(market, SECOND)) == (CONTINUOUS, HALTED)
    assert [halt.instrument_id for halt in market.status.halts] == [SECOND]
    market.buy("a", 1, 50, instrument_id=SECOND)
    assert not trades(market.sell("b", 1, 50, instrument_id=SECOND))
    resumed = market.send(ResumeTrading(shard=SHARD, instrument_id=SECOND))
    assert trades(resumed) == [("a", "b", 50, 1)]
    assert not market.status.halts


@pytest.mark.parametrize("phase", [CLOSED, PRE_OPEN])
def test_only_continuous_trading_can_be_halted(phase: Phase) -> None:
    (rejected,) = of(HaltRejected, Market(phase).send(HaltTrading(shard=SHARD)))
    assert rejected.refusal.code == "ILLEGAL_PHASE_MOVE"


def test_only_a_halt_can_be_resumed() -> None:
    (rejected,) = of(HaltRejected, Market(CONTINUOUS).send(ResumeTrading(shard=SHARD)))
    assert rejected.refusal.code == "NOT_HALTED"


def test_the_close_ends_a_halt_without_an_auction() -> None:
    market = Market(CONTINUOUS)
    market.send(HaltTrading(shard=SHARD, halt_ns=Nanos(MINUTE)))
    market.buy("a", 1, 50)
    market.sell("b", 1, 50)
    events = market.move(CLOSED)
    assert not of(AuctionUncrossed, events)
    assert len(ends(events)) == 2
    assert not of(TradingResumed, market.fire_timer(market.now + MINUTE))


def test_an_instrument_halted_alone_stays_so_when_its_shard_resumes() -> None:
    market = Market(CONTINUOUS)
    market.send(HaltTrading(shard=SHARD, instrument_id=SECOND))
    market.send(HaltTrading(shard=SHARD, halt_ns=Nanos(MINUTE)))
    market.fire_timer(market.now + MINUTE)
    assert (phase_of(market, FIRST), phase_of(market, SECOND)) == (CONTINUOUS, HALTED)


# prices that stay away ----------------------------------------------------------------------------

SILENCE = 10 * NS_PER_S


def test_a_market_without_prices_for_too_long_halts_and_reopens_by_auction_when_they_come() -> None:
    market = Market(CONTINUOUS, stale_halt_ns=Nanos(SILENCE), price_band=COLLAR)
    market.step(1_000)
    for _ in range(3):  # each look finds prices younger than that
        market.now += SILENCE - NS_PER_S
        assert not of(TradingHalted, market.step(1_000))
    market.now += SILENCE - NS_PER_S
    # Orders still work, held to the last price.
    market.buy("a", 1, 1_030)
    assert refused(market.buy("a", 1, 1_031))[0] == "PRICE_OUTSIDE_BAND"
    (halted,) = of(TradingHalted, market.fire_timer(market.now + NS_PER_S))
    assert (halted.halt_cause, halted.resumes_ns) == (HaltCause.STALE_PRICES, None)
    assert phase_of(market, FIRST) is phase_of(market, SECOND) is HALTED
    assert not trades(market.sell("b", 1, 1_020))
    market.now += 10 * MINUTE
    events = market.step(1_025)
    assert of(TradingResumed, events)
    assert [row[3] for row in trades(events)] == [1]
    assert market.phase is CONTINUOUS


def test_a_market_that_opens_without_prices_halts_as_long_after() -> None:
    market = Market(PRE_OPEN, stale_halt_ns=Nanos(SILENCE))
    market.now += MINUTE
    market.move(CONTINUOUS)
    assert not of(TradingHalted, market.fire_timer(market.now + SILENCE - 1))
    assert of(TradingHalted, market.fire_timer(market.now + 1))


def test_an_organizer_resumes_a_silent_market_for_as_long_again() -> None:
    market = Market(CONTINUOUS, stale_halt_ns=Nanos(SILENCE))
    assert of(TradingHalted, market.fire_timer(market.now + SILENCE))
    assert of(TradingResumed, market.send(ResumeTrading(shard=SHARD)))
    assert not of(TradingHalted, market.fire_timer(market.now + SILENCE - 1))
    assert of(TradingHalted, market.fire_timer(market.now + 1))


def test_a_silent_market_is_closed_as_any_other_and_prices_open_nothing_then() -> None:
    market = Market(CONTINUOUS, stale_halt_ns=Nanos(SILENCE))
    market.fire_timer(market.now + SILENCE)
    market.move(CLOSED)
    assert not of(TradingResumed, market.step(1_000))
    assert market.phase is CLOSED
    assert not of(TradingHalted, market.fire_timer(market.now + MINUTE))


def test_prices_end_no_other_halt() -> None:
    market = Market(CONTINUOUS, stale_halt_ns=Nanos(SILENCE))
    market.step(1_000)
    market.send(HaltTrading(shard=SHARD))
    market.now += MINUTE
    assert not of(TradingResumed, market.step(1_000))
    assert market.phase is HALTED


def test_a_silent_market_goes_on_from_its_snapshot() -> None:
    first, second = (Market(CONTINUOUS, stale_halt_ns=Nanos(SILENCE)) for _ in range(2))
    for market in (first, second):
        market.step(1_000)
        market.now += NS_PER_S
        market.step(1_000)
    state = first.service.snapshot()
    second.service.restore(state)
    for market in (first, second):
        market.fire_timer(market.now + SILENCE)
        market.fire_timer(market.now + NS_PER_S)
    assert first.phase is second.phase is HALTED
    assert first.service.snapshot() == second.service.snapshot()


# mass cancels in the freeze -----------------------------------------------------------------------


def frozen() -> Market:
    market = Market(PRE_OPEN)
    market.buy("a", 5, 100)
    market.sell("b", 2, 100)
    market.move(FREEZE)
    return market


@pytest.mark.parametrize(
    ("in_freeze", "at_once", "traded", "left"),
    [
        (InFreeze.SKIP, 0, 2, 3),
        (InFreeze.DEFER, 0, 2, 0),
        (InFreeze.ACT, 1, 0, 0),
    ],
)
def test_a_mass_cancel_in_the_freeze(
    in_freeze: InFreeze, at_once: int, traded: int, left: int
) -> None:
    market = frozen()
    (told,) = of(MassCanceled, market.mass_cancel("a", in_freeze=in_freeze))
    assert len(told.order_ids) == at_once
    events = market.move(CONTINUOUS)
    assert sum(row[3] for row in trades(events)) == traded
    assert sum(row[1] for row in market.book().bids) == left
