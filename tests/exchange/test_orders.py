"""Orders and quotes one by one: what each is told, what it leaves, where it stands."""

import pytest
from tests.exchange.market import (
    FIRST,
    SECOND,
    SHARD,
    TICK,
    Events,
    Market,
    ends,
    id_of,
    of,
    trades,
)

from itg.exchange.contract import (
    GetQueueAhead,
    MassCanceled,
    OrderCanceled,
    OrderReplaced,
    QueueAhead,
    QuoteAccepted,
    TradeExecuted,
)
from itg.kernel.ids import InstrumentId, OrderId
from itg.kernel.words import Phase, Side, TimeInForce

CONTINUOUS, PRE_OPEN = Phase.CONTINUOUS, Phase.PRE_OPEN
IOC, FOK = TimeInForce.IOC, TimeInForce.FOK


def ahead(market: Market, order_id: OrderId) -> int:
    reply = market.service.query(GetQueueAhead(shard=SHARD, order_ids=(order_id,)))
    assert isinstance(reply, QueueAhead)
    return reply.ahead[order_id]


def test_a_market_order_in_pre_open_waits_fills_in_the_uncross_and_its_rest_is_canceled() -> None:
    market = Market(PRE_OPEN)
    waiting = market.buy("a", 5)
    assert not of(TradeExecuted, waiting)
    assert not of(OrderCanceled, waiting)
    market.sell("b", 2, 10)
    events = market.move(CONTINUOUS)
    assert trades(events) == [("a", "b", 10, 2)]
    assert ends(events) == [("a", 3, "no_liquidity")]


def test_a_market_order_without_liquidity_has_one_terminal_report() -> None:
    events = Market(CONTINUOUS).buy("a", 5)
    assert id_of(events)
    assert ends(events) == [("a", 5, "no_liquidity")]


def test_an_ioc_takes_what_there_is_and_its_rest_is_canceled() -> None:
    market = Market(CONTINUOUS)
    market.sell("b", 2, 10)
    market.sell("b", 2, 12)
    events = market.buy("a", 5, 11, time_in_force=IOC)
    assert trades(events) == [("b", "a", 10, 2)]
    assert ends(events) == [("a", 3, "no_liquidity")]
    assert market.book().bids == ()


@pytest.mark.parametrize(("quantity", "filled"), [(4, [2, 2]), (5, [])])
def test_a_fok_fills_whole_or_not_at_all(quantity: int, filled: list[int]) -> None:
    market = Market(CONTINUOUS)
    market.sell("b", 2, 10)
    market.sell("c", 2, 11)
    events = market.buy("a", quantity, 11, time_in_force=FOK)
    assert [trade[3] for trade in trades(events)] == filled
    assert ends(events) == ([] if filled else [("a", quantity, "not_fillable")])
    assert len(market.book().asks) == (0 if filled else 2)


def mixed() -> tuple[Market, dict[str, OrderId]]:
    market = Market(CONTINUOUS)
    return market, {
        "bid": id_of(market.buy("a", 1, 10, tag="hedge")),
        "ask": id_of(market.sell("a", 1, 20, tag="hedge")),
        "plain": id_of(market.buy("a", 1, 9)),
        "other": id_of(market.buy("a", 1, 10, instrument_id=SECOND)),
        "foreign": id_of(market.buy("b", 1, 10, tag="hedge")),
    }


@pytest.mark.parametrize(
    ("instrument_id", "side", "tag", "gone"),
    [
        (None, None, None, ("bid", "ask", "plain", "other")),
        (None, None, "hedge", ("bid", "ask")),
        (FIRST, None, None, ("bid", "ask", "plain")),
        (None, Side.SELL, None, ("ask",)),
        (FIRST, Side.BUY, "hedge", ("bid",)),
    ],
)
def test_a_mass_cancel_takes_what_matches_every_filter(
    instrument_id: InstrumentId | None, side: Side | None, tag: str | None, gone: tuple[str, ...]
) -> None:
    market, ids = mixed()
    events = market.mass_cancel("a", instrument_id=instrument_id, side=side, tag=tag)
    expected = [ids[name] for name in gone]
    assert [event.order_id for event in of(OrderCanceled, events)] == expected
    (done,) = of(MassCanceled, events)
    assert list(done.order_ids) == expected


@pytest.mark.parametrize(
    ("price", "quantity", "keeps"),
    [(10, 4, True), (None, 4, True), (10, 5, False), (None, 6, False), (9, 4, False)],
)
def test_only_a_smaller_total_at_the_same_price_keeps_priority(
    price: int | None, quantity: int, *, keeps: bool
) -> None:
    market = Market(CONTINUOUS)
    order_id = id_of(market.buy("a", 5, 10))
    market.buy("b", 7, price or 10)
    (replaced,) = of(OrderReplaced, market.replace("a", order_id, price=price, quantity=quantity))
    assert replaced.kept_priority is keeps
    assert ahead(market, order_id) == (0 if keeps else 7)


def quoted(events: Events) -> tuple[OrderId | None, OrderId | None]:
    (accepted,) = of(QuoteAccepted, events)
    return accepted.bid_order_id, accepted.ask_order_id


def test_a_quote_that_shrinks_keeps_its_order_ids_and_its_priority() -> None:
    market = Market(CONTINUOUS)
    ids = bid, _ = quoted(market.quote("a", (10, 5), (12, 5)))
    assert bid is not None
    market.buy("b", 7, 10)
    assert quoted(market.quote("a", (10, 3), (12, 5))) == ids
    assert ahead(market, bid) == 0
    assert quoted(market.quote("a", (10, 4), (12, 5))) == ids
    assert ahead(market, bid) == 7


def test_a_post_only_quote_leaves_out_the_side_that_would_take() -> None:
    market = Market(CONTINUOUS)
    market.quote("a", (10, 5), (12, 5))
    events = market.quote("b", (12, 3), (14, 3), post_only=True)
    bid, ask = quoted(events)
    assert (bid, ask is None) == (None, False)
    assert not [event for event in events if isinstance(event, TradeExecuted)]
    again = quoted(market.quote("b", (11, 3), (13, 3), post_only=True))
    assert None not in again
    assert again[1] == ask


def test_a_quote_side_that_fills_takes_a_new_id_the_next_time() -> None:
    market = Market(CONTINUOUS)
    bid, ask = quoted(market.quote("a", (10, 5), (12, 5)))
    assert trades(market.sell("b", 5, 10)) == [("a", "b", 10, 5)]
    again = quoted(market.quote("a", (10, 5), (12, 5)))
    assert again[0] != bid
    assert again[1] == ask


def test_waiting_market_orders_are_no_level_of_the_book() -> None:
    market = Market(PRE_OPEN, close=10 * TICK)
    order_id = id_of(market.buy("a", 5))
    behind = id_of(market.buy("b", 5))
    assert market.book().bids == ()
    assert ahead(market, behind) == 5
    assert ends(market.cancel("a", order_id)) == [("a", 5, "requested")]
    assert ahead(market, behind) == 0
