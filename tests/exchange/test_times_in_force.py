"""How long orders live: gtt, opg, cls and the closing auction."""

import pytest
from tests.exchange.market import (
    FIRST,
    SECOND,
    Events,
    Market,
    activated,
    cleared,
    ends,
    id_of,
    is_pending,
    of,
    refused,
    trades,
)

from itg.exchange.contract import (
    AuctionUncrossed,
    IndicativePriceChanged,
    OrderActivated,
    OrderCanceled,
    OrderExpired,
    PhaseChanged,
)
from itg.kernel.words import Activation, Phase, TimeInForce

GTT, OPG, CLS = TimeInForce.GTT, TimeInForce.OPG, TimeInForce.CLS
PRE_OPEN, FREEZE, CONTINUOUS = Phase.PRE_OPEN, Phase.OPENING_AUCTION, Phase.CONTINUOUS
CLOSING, CLOSED = Phase.CLOSING_AUCTION, Phase.CLOSED


def expired(events: Events) -> list[tuple[str, int]]:
    return [(event.account_id, event.quantity) for event in of(OrderExpired, events)]


def test_a_gtt_order_ends_at_its_instant_and_not_before() -> None:
    market = Market(CONTINUOUS)
    market.buy("a", 5, 10, time_in_force=GTT, expires_ns=100)
    assert not expired(market.fire_timer(99))
    assert expired(market.fire_timer(100)) == [("a", 5)]
    assert market.book().bids == ()


def test_any_message_at_its_instant_meets_it_no_more() -> None:
    market = Market(CONTINUOUS)
    market.buy("a", 5, 10, time_in_force=GTT, expires_ns=100)
    market.now = 100
    events = market.sell("b", 5, 10)
    assert expired(events) == [("a", 5)]
    assert not trades(events)


def test_an_expiry_at_the_uncross_comes_before_it() -> None:
    market = Market()
    market.schedule((10, PRE_OPEN), (20, FREEZE), (30, CONTINUOUS))
    market.now = 12
    market.buy("a", 5, 10, time_in_force=GTT, expires_ns=30)
    market.sell("b", 5, 10)
    events = market.fire_timer(30)
    assert expired(events) == [("a", 5)]
    assert not trades(events)


def test_an_expiry_in_the_freeze_takes_the_order_out_and_moves_the_indicative_price() -> None:
    market = Market(PRE_OPEN)
    market.buy("a", 5, 10, time_in_force=GTT, expires_ns=50)
    market.sell("b", 5, 10)
    market.move(FREEZE)
    events = market.fire_timer(50)
    assert expired(events) == [("a", 5)]
    (moved,) = of(IndicativePriceChanged, events)
    assert moved.indicative_price is None


def test_a_filled_or_canceled_gtt_order_does_not_expire_again() -> None:
    market = Market(CONTINUOUS)
    market.buy("a", 1, 10, time_in_force=GTT, expires_ns=50)
    market.sell("b", 1, 10)
    market.cancel("a", id_of(market.buy("a", 1, 9, time_in_force=GTT, expires_ns=50)))
    assert not expired(market.fire_timer(50))


@pytest.mark.parametrize("expires_ns", [None, 0, 1])
def test_a_gtt_order_needs_an_instant_after_now(expires_ns: int | None) -> None:
    events = Market(CONTINUOUS).buy("a", 1, 10, time_in_force=GTT, expires_ns=expires_ns)
    assert refused(events) == ("INVALID_EXPIRY", "expires_ns")


def test_only_gtt_names_an_instant() -> None:
    events = Market(CONTINUOUS).buy("a", 1, 10, expires_ns=100)
    assert refused(events) == ("INVALID_EXPIRY", "expires_ns")


def test_opg_takes_part_in_the_opening_and_expires_with_what_is_left() -> None:
    market = Market(PRE_OPEN)
    market.buy("a", 5, 10, time_in_force=OPG)
    market.buy("c", 4, time_in_force=OPG)
    market.sell("b", 6, 10)
    events = market.move(CONTINUOUS)
    assert trades(events) == [("c", "b", 10, 4), ("a", "b", 10, 2)]
    assert expired(events) == [("a", 3)]
    assert not of(OrderCanceled, events)


def test_opg_is_taken_before_the_opening_alone() -> None:
    events = Market(CONTINUOUS).buy("a", 1, 10, time_in_force=OPG)
    assert refused(events)[0] == "WRONG_PHASE"


def test_cls_waits_through_the_day_and_takes_part_in_the_closing_auction() -> None:
    market = Market(CONTINUOUS)
    accepted = market.buy("a", 5, 10, time_in_force=CLS)
    assert is_pending(accepted)
    assert not trades(market.sell("b", 1, 10))
    moved = market.move(CLOSING)
    (event,) = of(OrderActivated, moved)
    assert (event.order_id, event.activation) == (id_of(accepted), Activation.CLOSING_AUCTION)
    market.sell("c", 2, 9)
    events = market.move(CLOSED)
    assert cleared(events) == (10, 3)
    assert expired(events) == [("a", 2)]


def test_cls_orders_enter_in_the_order_they_waited_and_behind_the_book() -> None:
    market = Market(CONTINUOUS)
    first = id_of(market.buy("a", 1, time_in_force=CLS))
    market.buy("d", 1, 10)
    second = id_of(market.buy("c", 1, 10, time_in_force=CLS))
    assert activated(market.move(CLOSING)) == [first, second]
    market.sell("s", 2, 10)
    assert [row[0] for row in trades(market.move(CLOSED))] == ["a", "d"]


def test_cls_without_a_closing_auction_is_refused_where_the_schedule_says_so() -> None:
    market = Market()
    market.schedule((10, PRE_OPEN), (30, CONTINUOUS), (40, CLOSED))
    market.now = 35
    assert refused(market.buy("a", 1, 10, time_in_force=CLS)) == ("WRONG_PHASE", "time_in_force")


def test_cls_is_canceled_when_the_market_closes_without_one() -> None:
    market = Market(CONTINUOUS)
    market.buy("a", 5, 10, time_in_force=CLS)
    assert ends(market.move(CLOSED)) == [("a", 5, "market_closed")]


def test_the_closing_auction_uncrosses_and_then_everything_is_canceled() -> None:
    market = Market()
    market.schedule((10, PRE_OPEN), (20, CONTINUOUS), (30, CLOSING), (40, CLOSED))
    market.now = 32
    market.buy("a", 5, 12)
    market.sell("b", 3, 12)
    events = market.fire_timer(40)
    assert cleared(events) == (12, 3)
    assert ends(events) == [("a", 2, "market_closed")]
    kinds = [type(event) for event in events]
    assert kinds.index(PhaseChanged) < kinds.index(AuctionUncrossed) < kinds.index(OrderCanceled)


def test_expiries_survive_a_snapshot() -> None:
    market = Market(CONTINUOUS)
    market.buy("a", 5, 10, time_in_force=GTT, expires_ns=100)
    data = market.service.snapshot()
    market.service.restore(data)
    assert market.service.snapshot() == data
    assert expired(market.fire_timer(100)) == [("a", 5)]


def test_a_halt_of_one_instrument_leaves_the_others_cls_waiting() -> None:
    market = Market(CONTINUOUS)
    market.buy("a", 1, 10, time_in_force=CLS, instrument_id=SECOND)
    assert not activated(market.move(CLOSING, FIRST))


def test_a_close_leaves_nothing_of_the_expiries_of_canceled_orders() -> None:
    states = []
    for terms in ({}, {"time_in_force": TimeInForce.GTT, "expires_ns": 10**18}):
        market = Market(CONTINUOUS)
        market.schedule((50, Phase.CLOSED), (60, PRE_OPEN))
        for _ in range(3):
            market.cancel("a", id_of(market.buy("a", 1, 10, **terms)))
        market.fire_timer(50)
        states.append(market.service.snapshot())
    assert states[0] == states[1]
