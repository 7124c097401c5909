"""The auction's price against a search of every tick, and its examples by name."""

import pytest
from tests.dice import Dice
from tests.exchange.market import ALLOW, TICK, Market, cleared, ends, of, trades

from itg.exchange.contract import BookDelta, IndicativePriceChanged, OrderCanceled, TradeExecuted
from itg.exchange.core.auction import Clearing, Interest, maximum_volume
from itg.exchange.core.book import BookSide, Order
from itg.kernel.ids import AccountId, InstrumentId, OrderId
from itg.kernel.words import Phase, SelfTradePolicy, Side

BOOKS = 200
GATE_BOOKS = 20_000

Levels = dict[int, int]


def test_price_is_that_of_a_search_of_every_tick() -> None:
    assert search_and_rule_agree(range(BOOKS)) > BOOKS // 3


@pytest.mark.gate
def test_price_is_that_of_a_search_of_every_tick_in_twenty_thousand_books() -> None:
    assert search_and_rule_agree(range(1_000, 1_000 + GATE_BOOKS)) > GATE_BOOKS // 3


def search_and_rule_agree(seeds: range) -> int:
    traded = 0
    for seed in seeds:
        dice = Dice(seed)
        bids, asks = (random_levels(dice, middle) for middle in dice.choice(((14, 12), (10, 14))))
        market = (dice.choice((0, 0, 1, 5, 9)), dice.choice((0, 0, 1, 5, 9)))
        reference = dice.choice((None, dice.randint(0, 3_000)))
        interest = Interest(side(bids, is_buy=True), side(asks, is_buy=False), *market)
        found = maximum_volume(interest, TICK, reference)
        assert found == searched(bids, asks, market, reference), seed
        traded += found is not None
    return traded


def random_levels(dice: Dice, middle: int) -> Levels:
    prices = (max(1, round(dice.gauss(middle, 4))) for _ in range(dice.randint(0, 8)))
    return {price * TICK: dice.choice((1, 1, 2, 3, 5, 9)) for price in prices}


def side(levels: Levels, *, is_buy: bool) -> BookSide:
    book_side = BookSide(is_buy=is_buy)
    for number, (price, quantity) in enumerate(levels.items()):
        book_side.add(
            Order(
                OrderId(number), AccountId("a"), InstrumentId("U"), is_buy, price, quantity, ALLOW
            )
        )
    return book_side


def searched(
    bids: Levels, asks: Levels, market: tuple[int, int], reference: int | None
) -> Clearing | None:
    prices = [*bids, *asks]
    if reference is not None:
        below = reference - reference % TICK
        prices += [max(TICK, below), max(TICK, below if below == reference else below + TICK)]
    if not prices:
        return None
    points = []
    for price in range(min(prices), max(prices) + 1, TICK):
        demand = market[0] + sum(q for p, q in bids.items() if p >= price)
        supply = market[1] + sum(q for p, q in asks.items() if p <= price)
        points.append(Clearing(price, min(demand, supply), demand - supply))
    most = max(point.volume for point in points)
    points = [point for point in points if point.volume == most]
    least = min(abs(point.surplus) for point in points)
    tied = [point for point in points if abs(point.surplus) == least]
    if not most:
        return None
    if all(point.surplus > 0 for point in tied):
        return tied[-1]
    if all(point.surplus < 0 for point in tied):
        return tied[0]
    middle = (tied[0].price // TICK + tied[-1].price // TICK) // 2 * TICK
    aim = middle if reference is None else reference
    return min(tied, key=lambda point: (abs(point.price - aim), point.price))


@pytest.mark.parametrize(("stray", "price"), [(Side.BUY, 1), (Side.SELL, 900)])
def test_market_interest_clears_at_the_reference_beside_a_stray_limit(
    stray: Side, price: int
) -> None:
    market = Market(Phase.PRE_OPEN, close=100 * TICK)
    market.buy("a", 10)
    market.sell("b", 10)
    market.place(stray, "c", 1, price)
    assert cleared(market.move(Phase.CONTINUOUS)) == (100, 10)


def test_market_interest_alone_needs_a_reference() -> None:
    market = Market(Phase.PRE_OPEN)
    market.buy("a", 10)
    market.sell("b", 10)
    assert cleared(market.move(Phase.CONTINUOUS)) == (None, 0)


def test_surplus_decides_between_the_grid_prices_beside_the_reference() -> None:
    for buys, sells, price in ((2, 1, 101), (1, 2, 100), (1, 1, 100)):
        market = Market(Phase.PRE_OPEN, close=100 * TICK + TICK // 2)
        market.buy("a", buys)
        market.sell("b", sells)
        assert cleared(market.move(Phase.CONTINUOUS)) == (price, 1)


def test_indicative_price_is_told_once_for_each_change() -> None:
    market = Market(Phase.PRE_OPEN)
    market.buy("a", 5, 12)
    (told,) = of(IndicativePriceChanged, market.sell("b", 3, 10))
    assert (told.indicative_price, told.indicative_quantity) == (12 * TICK, 3)
    assert not of(IndicativePriceChanged, market.sell("c", 1, 30))
    assert market.book().indicative_quantity == 3


def test_own_meeting_ends_the_later_order_after_what_it_trades_before() -> None:
    market = Market(Phase.PRE_OPEN)
    market.sell("x", 60, 10)
    market.sell("a", 5, 11)
    market.buy("a", 100, 12)
    events = market.move(Phase.CONTINUOUS)
    assert cleared(events) == (10, 60)
    assert trades(events) == [("x", "a", 10, 60)]
    order = [*of(TradeExecuted, events), *of(OrderCanceled, events), *of(BookDelta, events)]
    assert sorted(order, key=events.index) == order
    assert ends(events) == [("a", 40, "self_trade")]
    assert market.book().asks == ((11 * TICK, 5, 1),)


def test_own_meeting_under_cancel_resting_ends_the_earlier_order() -> None:
    market = Market(Phase.PRE_OPEN)
    market.sell("a", 5, 10)
    market.sell("x", 60, 11)
    market.buy("a", 100, 12, stp=SelfTradePolicy.CANCEL_RESTING)
    events = market.move(Phase.CONTINUOUS)
    assert trades(events) == [("x", "a", 12, 60)]
    assert ends(events) == [("a", 5, "self_trade")]
    assert market.book().bids == ((12 * TICK, 40, 1),)


def test_own_meeting_under_cancel_both_ends_both_and_leaves_others_alone() -> None:
    market = Market(Phase.PRE_OPEN)
    market.sell("a", 5, 10)
    market.sell("x", 60, 11)
    market.buy("y", 20, 12)
    market.buy("a", 100, 13, stp=SelfTradePolicy.CANCEL_BOTH)
    events = market.move(Phase.CONTINUOUS)
    assert cleared(events) == (11, 20)
    assert trades(events) == [("x", "y", 11, 20)]
    assert ends(events) == [("a", 5, "self_trade"), ("a", 100, "self_trade")]
    assert market.book().asks == ((11 * TICK, 40, 1),)


def test_own_orders_meet_under_allow() -> None:
    market = Market(Phase.PRE_OPEN)
    market.sell("a", 5, 10)
    market.buy("a", 5, 10, stp=ALLOW)
    assert trades(market.move(Phase.CONTINUOUS)) == [("a", "a", 10, 5)]
