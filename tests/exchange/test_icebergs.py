"""Icebergs: what is shown, what follows when that is gone, and where it stands then."""

import pytest
from tests.exchange.market import FIRST, Market, cleared, ends, id_of, of, refused, trades

from itg.exchange.contract import BookDelta, OrderReplaced
from itg.kernel.words import Phase, SelfTradePolicy, TimeInForce

CONTINUOUS, PRE_OPEN = Phase.CONTINUOUS, Phase.PRE_OPEN


def shown(market: Market) -> list[tuple[int, int, int]]:
    return [(price // 100, quantity, count) for price, quantity, count in market.book().asks]


def test_the_book_shows_a_part_and_the_next_when_that_is_filled() -> None:
    market = Market(CONTINUOUS)
    market.sell("a", 10, 20, display=3)
    assert shown(market) == [(20, 3, 1)]
    market.buy("b", 2, 20)
    assert shown(market) == [(20, 1, 1)]
    market.buy("b", 1, 20)
    assert shown(market) == [(20, 3, 1)]


def test_the_next_part_stands_behind_everyone_at_its_price() -> None:
    market = Market(CONTINUOUS)
    market.sell("a", 10, 20, display=3)
    market.sell("c", 2, 20)
    events = market.buy("b", 6, 20)
    assert trades(events) == [("a", "b", 20, 3), ("c", "b", 20, 2), ("a", "b", 20, 1)]


def test_a_sweep_comes_round_to_the_hidden_part_until_nothing_is_left() -> None:
    market = Market(CONTINUOUS)
    market.sell("a", 7, 20, display=3)
    events = market.buy("b", 9, 20)
    assert [row[3] for row in trades(events)] == [3, 3, 1]
    assert shown(market) == []


def test_an_incoming_iceberg_trades_whole_before_it_hides() -> None:
    market = Market(CONTINUOUS)
    market.buy("b", 5, 20)
    events = market.sell("a", 10, 20, display=2)
    assert [row[3] for row in trades(events)] == [5]
    assert shown(market) == [(20, 2, 1)]


@pytest.mark.parametrize(("quantity", "fills"), [(10, True), (11, False)])
def test_a_fok_counts_what_is_hidden(quantity: int, fills: bool) -> None:
    market = Market(CONTINUOUS)
    market.sell("a", 10, 20, display=3)
    events = market.buy("b", quantity, 20, time_in_force=TimeInForce.FOK)
    assert bool(trades(events)) is fills


def test_a_fok_does_not_count_what_is_hidden_behind_its_own_order() -> None:
    market = Market(CONTINUOUS)
    market.sell("a", 6, 20, display=1)
    market.sell("b", 1, 20)
    events = market.buy("b", 3, 20, time_in_force=TimeInForce.FOK)
    assert ends(events) == [("b", 3, "not_fillable")]


def test_shrinking_takes_the_hidden_part_first_and_keeps_the_place() -> None:
    market = Market(CONTINUOUS)
    order_id = id_of(market.sell("a", 10, 20, display=3))
    market.sell("c", 1, 20)
    (changed,) = of(OrderReplaced, market.replace("a", order_id, quantity=4))
    assert changed.kept_priority
    assert shown(market) == [(20, 4, 2)]
    events = market.buy("b", 5, 20)
    assert [(row[0], row[3]) for row in trades(events)] == [("a", 3), ("c", 1), ("a", 1)]


def test_a_change_of_price_shows_a_fresh_part() -> None:
    market = Market(CONTINUOUS)
    order_id = id_of(market.sell("a", 10, 20, display=3))
    market.buy("b", 2, 20)
    market.replace("a", order_id, price=21, quantity=10)
    assert shown(market) == [(21, 3, 1)]


def test_the_whole_of_it_takes_part_in_an_auction_and_it_keeps_its_place() -> None:
    market = Market(PRE_OPEN)
    market.sell("a", 10, 20, display=3)
    market.sell("c", 4, 20)
    market.buy("b", 8, 20)
    assert market.book().indicative_quantity == 8
    events = market.move(CONTINUOUS)
    assert cleared(events) == (20, 8)
    assert [(row[0], row[3]) for row in trades(events)] == [("a", 8)]
    assert shown(market) == [(20, 6, 2)]
    assert trades(market.buy("b", 1, 20))[0][0] == "a"


def test_deltas_tell_only_what_is_shown() -> None:
    market = Market(CONTINUOUS)
    (delta,) = of(BookDelta, market.sell("a", 10, 20, display=3))
    assert delta.asks == ((2000, 3, 1),)
    (delta,) = of(BookDelta, market.buy("b", 3, 20))
    assert delta.asks == ((2000, 3, 1),)


def test_own_icebergs_are_passed_over_whole_under_cancel_resting() -> None:
    market = Market(CONTINUOUS)
    market.sell("a", 10, 20, display=3)
    events = market.buy("a", 4, 20, stp=SelfTradePolicy.CANCEL_RESTING)
    assert ends(events) == [("a", 10, "self_trade")]
    assert shown(market) == []


@pytest.mark.parametrize(
    ("terms", "fault"),
    [
        ({"display": 0}, ("INVALID_QUANTITY", "display_quantity")),
        ({"display": 11}, ("INVALID_QUANTITY", "display_quantity")),
        ({"display": 2, "time_in_force": TimeInForce.IOC}, ("TERMS_CONFLICT", "display_quantity")),
        ({"display": 2, "stop": 12}, ("TERMS_CONFLICT", "display_quantity")),
    ],
)
def test_only_a_limit_order_that_may_rest_hides(
    terms: dict[str, int], fault: tuple[str, str]
) -> None:
    assert refused(Market(CONTINUOUS).buy("a", 10, 20, **terms)) == fault


def test_showing_all_of_it_is_a_plain_order() -> None:
    market = Market(CONTINUOUS)
    market.sell("a", 5, 20, display=5)
    assert shown(market) == [(20, 5, 1)]
    assert trades(market.buy("b", 5, 20, instrument_id=FIRST)) == [("a", "b", 20, 5)]


@pytest.mark.parametrize("time_in_force", [None, TimeInForce.IOC, TimeInForce.FOK])
def test_a_preview_does_not_tell_what_is_hidden(time_in_force: TimeInForce | None) -> None:
    told = []
    for display in (3, None):
        market = Market(CONTINUOUS)
        market.sell("a", 3 if display is None else 10, 20, display=display)
        market.sell("b", 2, 21)
        told.append(market.preview("b", 6, 21, time_in_force=time_in_force))
    assert told[0] == told[1]
