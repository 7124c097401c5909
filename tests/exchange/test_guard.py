"""The jump guard: whom it holds, until when, and in which order they enter."""

from tests.exchange.market import (
    SECOND,
    SHARD,
    TICK,
    Events,
    Market,
    activated,
    ends,
    id_of,
    is_pending,
    of,
    trades,
)

from itg.exchange.contract import (
    HaltTrading,
    JumpGuard,
    JumpGuardEnded,
    JumpGuardOpened,
    OrderReplaced,
    QuoteAccepted,
    ReplaceRejected,
)
from itg.kernel.times import NS_PER_S
from itg.kernel.words import Phase, TimeInForce

CONTINUOUS, CLOSED = Phase.CONTINUOUS, Phase.CLOSED


def guarded() -> Market:
    """Return a continuous market under an open jump guard, with an ask of m at 100."""
    market = Market(CONTINUOUS, jump_guard=JumpGuard(), market_breaker=None)
    market.step(10_000)
    market.sell("m", 5, 100)
    (opened,) = of(JumpGuardOpened, market.step(10_031))
    assert opened.ends_ns == market.now + 2 * NS_PER_S
    return market


def end_guard(market: Market) -> Events:
    events = market.fire_timer(market.now + 2 * NS_PER_S)
    assert of(JumpGuardEnded, events)
    return events


def test_a_taker_is_held_and_matches_at_the_end() -> None:
    market = guarded()
    accepted = market.buy("a", 2, 100)
    assert is_pending(accepted)
    assert not trades(accepted)
    events = end_guard(market)
    assert activated(events) == [id_of(accepted)]
    assert trades(events) == [("m", "a", 100, 2)]


def test_an_owner_who_cancels_in_time_is_not_taken() -> None:
    market = Market(CONTINUOUS, jump_guard=JumpGuard())
    market.step(10_000)
    order_id = id_of(market.sell("m", 5, 100))
    market.step(10_031)
    market.buy("a", 2, 100)
    market.cancel("m", order_id)
    assert not trades(end_guard(market))
    assert [row[:2] for row in market.book().bids] == [(100 * TICK, 2)]


def test_what_does_not_take_rests_at_once() -> None:
    market = guarded()
    assert not is_pending(market.buy("a", 1, 99))
    assert len(market.book().bids) == 1


def test_the_held_match_in_their_order_of_arrival_over_all_instruments() -> None:
    market = guarded()
    market.sell("m", 5, 100, instrument_id=SECOND)
    held = [
        id_of(market.buy("a", 3, 100)),
        id_of(market.buy("c", 1, 100, instrument_id=SECOND)),
        id_of(market.buy("d", 3, 101)),
    ]
    events = end_guard(market)
    assert activated(events) == held
    assert trades(events) == [("m", "a", 100, 3), ("m", "c", 100, 1), ("m", "d", 100, 2)]


def test_ioc_and_market_orders_end_with_what_they_could_take() -> None:
    market = guarded()
    market.buy("a", 4, 100, time_in_force=TimeInForce.IOC)
    market.buy("c", 4)
    events = end_guard(market)
    assert ends(events) == [("c", 3, "no_liquidity")]


def test_a_quote_that_would_take_leaves_the_book_at_once_and_is_held() -> None:
    market = guarded()
    market.quote("q", (90, 5), (110, 5))
    (accepted,) = of(QuoteAccepted, market.quote("q", (100, 5), (120, 5)))
    assert accepted.is_pending
    assert market.book().bids == ()
    assert [row[0] for row in market.book().asks] == [100 * TICK]
    events = end_guard(market)
    assert trades(events) == [("m", "q", 100, 5)]
    assert [row[0] for row in market.book().asks] == [120 * TICK]


def test_a_held_quote_is_replaced_by_the_next_one() -> None:
    market = guarded()
    market.quote("q", (100, 5), (120, 5))
    (accepted,) = of(QuoteAccepted, market.quote("q", (95, 5), (115, 5)))
    assert not accepted.is_pending
    assert [row[0] for row in market.book().bids] == [95 * TICK]
    assert not activated(end_guard(market))


def test_a_held_order_can_be_canceled_and_not_replaced() -> None:
    market = guarded()
    order_id = id_of(market.buy("a", 1, 100))
    (rejected,) = of(ReplaceRejected, market.replace("a", order_id, quantity=2))
    assert rejected.refusal.code == "ORDER_PENDING"
    assert ends(market.cancel("a", order_id)) == [("a", 1, "requested")]
    assert not activated(end_guard(market))


def test_a_replace_that_would_take_is_held() -> None:
    market = guarded()
    order_id = id_of(market.buy("a", 1, 99))
    (replaced,) = of(OrderReplaced, market.replace("a", order_id, price=100, quantity=1))
    assert replaced.is_pending
    assert market.book().bids == ()
    assert trades(end_guard(market)) == [("m", "a", 100, 1)]


def test_a_second_jump_moves_the_end_once_and_a_third_no_more() -> None:
    market = guarded()
    market.now += NS_PER_S
    (moved,) = of(JumpGuardOpened, market.step(10_080))
    assert moved.ends_ns == market.now + 2 * NS_PER_S
    market.now += NS_PER_S
    assert not of(JumpGuardOpened, market.step(10_130))
    assert of(JumpGuardEnded, market.fire_timer(market.now + NS_PER_S))


def test_a_halt_cancels_the_held_and_so_does_the_close() -> None:
    for act, reason in ((HaltTrading(shard=SHARD), "halted"), (None, "market_closed")):
        market = guarded()
        market.buy("a", 1, 100)
        events = market.move(CLOSED) if act is None else market.send(act)
        assert ("a", 1, reason) in ends(events)
        assert not activated(events)


def test_a_small_step_opens_no_guard() -> None:
    market = Market(CONTINUOUS, jump_guard=JumpGuard())
    market.step(10_000)
    assert not of(JumpGuardOpened, market.step(10_030))


def test_the_guard_and_the_held_survive_a_snapshot() -> None:
    market = guarded()
    market.buy("a", 2, 100)
    market.quote("q", (100, 1), (120, 5))
    data = market.service.snapshot()
    market.service.restore(data)
    assert market.service.snapshot() == data
    assert [row[1] for row in trades(end_guard(market))] == ["a", "q"]
