"""Stops: when they wait, what fires them, in which order, and what they are then."""

import pytest
from tests.exchange.market import (
    Events,
    Market,
    activated,
    ends,
    id_of,
    is_pending,
    of,
    refused,
    trades,
)

from itg.exchange.contract import (
    CancelRejected,
    OrderActivated,
    OrderCanceled,
    OrderExpired,
    OrderReplaced,
    TradeExecuted,
)
from itg.kernel.words import Activation, Phase, SelfTradePolicy, TimeInForce

CONTINUOUS, PRE_OPEN = Phase.CONTINUOUS, Phase.PRE_OPEN


def traded_at(price: int) -> Market:
    """Return a continuous market whose last trade was at `price` and whose book is empty."""
    market = Market(CONTINUOUS)
    market.sell("s", 1, price)
    market.buy("b", 1, price)
    return market


def trade(market: Market, price: int) -> Events:
    market.sell("s", 1, price)
    return market.buy("b", 1, price)


@pytest.mark.parametrize(("side", "reaches", "misses"), [("buy", 12, 11), ("sell", 8, 9)])
def test_a_stop_waits_outside_the_book_until_a_trade_reaches_its_price(
    side: str, reaches: int, misses: int
) -> None:
    market = traded_at(10)
    place = market.buy if side == "buy" else market.sell
    accepted = place("a", 2, stop=reaches)
    assert is_pending(accepted)
    assert market.book().bids == market.book().asks == ()
    assert not activated(trade(market, misses))
    assert activated(trade(market, reaches)) == [id_of(accepted)]


def test_a_quote_beyond_the_stop_price_fires_nothing() -> None:
    market = traded_at(10)
    market.buy("a", 1, stop=12)
    events = market.quote("m", (13, 5), (15, 5))
    assert not activated(events)


def test_a_stop_becomes_a_market_order_and_its_rest_is_canceled() -> None:
    market = traded_at(10)
    market.buy("a", 5, stop=12)
    market.sell("m", 2, 13)
    events = trade(market, 12)
    assert trades(events) == [("s", "b", 12, 1), ("m", "a", 13, 2)]
    assert ends(events) == [("a", 3, "no_liquidity")]


def test_a_stop_limit_becomes_a_limit_order_and_its_rest_stands() -> None:
    market = traded_at(10)
    market.buy("a", 5, 12, stop=12)
    market.sell("m", 2, 13)
    events = trade(market, 12)
    assert trades(events) == [("s", "b", 12, 1)]
    assert [row[:2] for row in market.book().bids] == [(1200, 5)]


def test_a_stop_already_through_the_last_trade_enters_at_once() -> None:
    market = traded_at(10)
    market.sell("m", 1, 11)
    events = market.buy("a", 1, stop=10)
    assert not is_pending(events)
    assert not of(OrderActivated, events)
    assert trades(events) == [("m", "a", 11, 1)]


def test_stops_fire_in_the_order_they_began_to_wait_whatever_their_prices() -> None:
    market = traded_at(10)
    later_price = id_of(market.buy("a", 1, stop=13))
    nearer = id_of(market.buy("c", 1, stop=11))
    assert activated(trade(market, 13)) == [later_price, nearer]


def test_what_a_fired_stop_trades_fires_others_behind_those_already_due() -> None:
    market = traded_at(10)
    market.sell("m", 1, 14)
    first = id_of(market.buy("a", 1, stop=11))
    cascaded = id_of(market.buy("c", 1, stop=14))
    second = id_of(market.buy("d", 1, stop=12))
    events = trade(market, 12)
    assert activated(events) == [first, second, cascaded]
    # Each stop is told as active before it trades, and fires once.
    assert [type(e).__name__ for e in events if isinstance(e, OrderActivated | TradeExecuted)] == [
        "TradeExecuted",
        "OrderActivated",
        "TradeExecuted",
        "OrderActivated",
        "OrderActivated",
    ]


def test_a_sweep_fires_the_stops_of_every_price_it_traded_at() -> None:
    market = traded_at(10)
    for price in (11, 12):
        market.sell("m", 1, price)
    falls = id_of(market.sell("a", 1, stop=9))
    rises = id_of(market.buy("c", 1, stop=11))
    assert activated(market.buy("b", 2, 12)) == [rises]
    assert falls not in activated(trade(market, 10))


def test_an_uncross_fires_stops_after_its_leftovers_are_gone() -> None:
    market = Market(PRE_OPEN)
    waiting = id_of(market.buy("a", 1, stop=10))
    market.buy("b", 2, 10)
    market.sell("s", 1, 10)
    market.sell("m", 1, 11)
    events = market.move(CONTINUOUS)
    assert activated(events) == [waiting]
    assert trades(events) == [("b", "s", 10, 1), ("m", "a", 11, 1)]


def test_a_waiting_stop_can_be_canceled_replaced_and_expire() -> None:
    market = traded_at(10)
    canceled, replaced = (id_of(market.buy("a", 2, 12, stop=12)) for _ in range(2))
    expiring = id_of(
        market.buy("a", 2, stop=12, time_in_force=TimeInForce.GTT, expires_ns=market.now + 5)
    )
    assert of(OrderCanceled, market.cancel("a", canceled))
    (changed,) = of(OrderReplaced, market.replace("a", replaced, price=11, quantity=3))
    assert (changed.is_pending, changed.kept_priority, changed.leaves_quantity) == (True, False, 3)
    market.now += 5
    (expired,) = of(OrderExpired, market.sell("s", 1, 50))
    assert expired.order_id == expiring
    assert of(CancelRejected, market.cancel("a", expiring))


def test_a_smaller_stop_keeps_its_place_and_a_larger_one_goes_behind() -> None:
    market = traded_at(10)
    first, second = (id_of(market.buy(a, 2, stop=12)) for a in ("a", "c"))
    market.replace("a", first, quantity=1)
    third = id_of(market.buy("d", 1, stop=12))
    market.replace("c", second, quantity=3)
    assert activated(trade(market, 12)) == [first, third, second]


def test_the_close_cancels_waiting_stops() -> None:
    market = traded_at(10)
    market.buy("a", 2, stop=12)
    assert ends(market.move(Phase.CLOSED)) == [("a", 2, "market_closed")]


def test_a_fired_fok_that_cannot_fill_is_canceled_whole() -> None:
    market = traded_at(10)
    market.sell("m", 1, 12)
    market.buy("a", 3, 13, stop=11, time_in_force=TimeInForce.FOK)
    events = trade(market, 11)
    assert ends(events) == [("a", 3, "not_fillable")]


def test_stops_and_prices_must_agree() -> None:
    market = traded_at(10)
    assert refused(market.buy("a", 1, stop=0)) == ("INVALID_PRICE", "stop_price")
    assert refused(market.buy("a", 1, 12, stop=11, post_only=True)) == (
        "TERMS_CONFLICT",
        "post_only",
    )
    for when in (TimeInForce.CLS,):
        events = market.buy("a", 1, stop=11, time_in_force=when)
        assert refused(events) == ("TERMS_CONFLICT", "time_in_force")


def test_an_activation_says_what_ended_the_wait() -> None:
    market = traded_at(10)
    market.buy("a", 1, stop=11)
    (event,) = of(OrderActivated, trade(market, 11))
    assert event.activation is Activation.STOP


def crossed_by_a_quote(stopped: str, stp: SelfTradePolicy) -> tuple[Market, Events]:
    """Let a maker's new bid fire a stop that ends the ask which the maker keeps."""
    market = traded_at(10)
    market.quote("m", None, (12, 5))
    market.sell("s", 2, 11)
    market.buy(stopped, 5, stop=11, stp=stp)
    return market, market.quote("m", (11, 2), (12, 5))


def test_a_quote_side_that_a_fired_stop_fills_stands_no_more() -> None:
    market, events = crossed_by_a_quote("b", SelfTradePolicy.CANCEL_INCOMING)
    assert trades(events) == [("s", "m", 11, 2), ("m", "b", 12, 5)]
    assert market.book().asks == ()
    assert not trades(market.buy("z", 1, 12))


def test_a_quote_side_that_the_makers_own_stop_ends_stands_no_more() -> None:
    market, events = crossed_by_a_quote("m", SelfTradePolicy.CANCEL_RESTING)
    assert ("m", 5, "self_trade") in ends(events)
    assert market.book().asks == ()
    assert not trades(market.buy("z", 1, 12))
