"""Orders that stand outside the book: stops, what is for the close, takers under the guard."""

from tests.positions.scene import (
    ALICE,
    BOB,
    CAROL,
    SPX,
    TRADER,
    Scene,
    cancel,
    jump,
    of,
    only,
    order,
    replace,
    role,
    usd,
)

from itg.exchange.contract import PlaceOrder
from itg.kernel.ids import AccountId, OrderId
from itg.kernel.messages import Message
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import Activation, CancelReason, OrderStatus, OrderType, Phase
from itg.positions.contract import (
    AccountFilled,
    AccountOrderUpdated,
    AccountReplaceRejected,
    GetOrders,
    OrderAnswerRepeated,
    OrderChange,
    Orders,
    OrderState,
    PositionLimit,
    UnderlyingLimit,
    fold_answer,
)


def guarded() -> Scene:
    """Alice offers 10 at 10.00 and a jump has just opened the guard."""
    market = Scene(role(TRADER, PositionLimit(max_quantity=50)))
    market.rest(order(ALICE, "sell", 10, "10.00"))
    market.send(jump(4_400))
    market.send(jump(4_500))
    return market


def changes(account_id: AccountId, told: tuple[Message, ...]) -> list[OrderChange]:
    return [e.change for e in of(AccountOrderUpdated, told) if e.account_id == account_id]


def state_of(market: Scene, account_id: AccountId, order_id: OrderId) -> OrderState:
    reply = market.ask(GetOrders(account_id=account_id, working=None))
    assert isinstance(reply, Orders)
    return next(found for found in reply.orders if found.order_id == order_id)


def test_a_stop_carries_its_terms_to_the_exchange_and_back() -> None:
    market = Scene()
    expires_ns = Nanos(market.now + NS_PER_S)
    told = market.send(
        order(BOB, "buy", 5, "11.00", tif="gtt", stop="10.50", expires_ns=expires_ns)
    )
    placed = only(PlaceOrder, told)
    assert placed.order_type is OrderType.STOP_LIMIT
    assert (placed.stop_price, placed.expires_ns) == (usd("10.50"), expires_ns)
    state = only(AccountOrderUpdated, told).order
    assert (state.stop_price, state.expires_ns) == (usd("10.50"), expires_ns)
    assert state.status is OrderStatus.PENDING


def test_an_iceberg_carries_what_it_shows() -> None:
    told = Scene().send(order(BOB, "buy", 50, "10.00", display=5))
    assert only(PlaceOrder, told).display_quantity == 5
    assert only(AccountOrderUpdated, told).order.display_quantity == 5


def test_a_waiting_stop_reserves_its_worst_case() -> None:
    market = Scene(role(TRADER, UnderlyingLimit(max_quantity=10)))
    market.rest(order(ALICE, "buy", 8, None, SPX, stop="12.00"))
    assert market.worst_case(ALICE, "underlying_limit") == 8
    refused = market.refused(order(ALICE, "buy", 3, "9.00", SPX))
    assert refused == "UNDERLYING_LIMIT_EXCEEDED"
    assert market.refused(order(ALICE, "sell", 3, "15.00", SPX)) is None


def test_the_value_of_a_stop_is_that_of_its_trigger() -> None:
    market = Scene()
    assert market.refused(order(ALICE, "buy", 1, None, stop="9999999999")) == "INVALID_QUANTITY"
    assert market.refused(order(ALICE, "buy", 1, "1.00", stop="9999999999")) == "INVALID_QUANTITY"


def test_a_fired_stop_works_and_fills() -> None:
    market = Scene()
    stop = market.rest(order(CAROL, "buy", 4, None, stop="10.50"))
    market.rest(order(ALICE, "sell", 9, "10.50"))
    told = market.send(order(BOB, "buy", 1, "10.50"))
    activated = next(e for e in of(AccountOrderUpdated, told) if e.activation is not None)
    assert activated.change is OrderChange.ACTIVATED
    assert activated.activation is Activation.STOP
    assert activated.order.status is OrderStatus.WORKING
    assert state_of(market, CAROL, stop).status is OrderStatus.FILLED
    assert market.net(CAROL) == 4


def test_a_held_taker_is_answered_pending_and_filled_when_the_guard_ends() -> None:
    market = guarded()
    placed = order(BOB, "buy", 4, "10.00", cid="b-1")
    first = market.place(placed)
    assert first.order is not None
    assert (first.order.status, first.fills) == (OrderStatus.PENDING, ())
    assert market.worst_case(BOB, "position_limit") == 4
    told = market.send(jump(4_500), 2 * NS_PER_S)
    assert changes(BOB, told) == [OrderChange.ACTIVATED]
    assert [e.fill.last_quantity for e in of(AccountFilled, told) if e.account_id == BOB] == [4]
    assert market.net(BOB) == 4


def test_the_first_answer_to_a_held_taker_has_no_fills_ever() -> None:
    market = guarded()
    placed = order(BOB, "buy", 4, "10.00", cid="b-1")
    first = market.place(placed)
    market.send(jump(4_500), 2 * NS_PER_S)
    repeated = only(OrderAnswerRepeated, market.send(placed))
    assert (repeated.order, repeated.fills) == (first.order, ())


def test_what_an_order_fires_is_no_part_of_its_first_answer() -> None:
    market = Scene()
    market.rest(order(ALICE, "sell", 5, "10.00"))
    market.rest(order(BOB, "sell", 3, None, stop="10.00", stp="cancel_resting"))
    placed = order(BOB, "buy", 8, "10.00", cid="b-1")
    told = market.send(placed)
    first = fold_answer(told, BOB)
    assert first is not None
    assert first.order is not None
    # The rest of it is canceled by Bob's own stop, which is another order's doing.
    assert first.order.status is OrderStatus.PARTIALLY_FILLED
    assert state_of(market, BOB, first.order.order_id).status is OrderStatus.CANCELED
    repeated = only(OrderAnswerRepeated, market.send(placed))
    assert (repeated.order, repeated.fills) == (first.order, first.fills)


def test_a_held_order_is_cancelable_and_not_replaceable() -> None:
    market = guarded()
    held = market.rest(order(BOB, "buy", 4, "10.00"))
    rejected = only(AccountReplaceRejected, market.send(replace(BOB, held, quantity=2)))
    assert rejected.refusal.code == "ORDER_PENDING"
    told = market.send(cancel(BOB, held))
    assert changes(BOB, told) == [OrderChange.CANCELED]
    assert market.worst_case(BOB, "position_limit") == 0


def test_a_replace_that_would_take_makes_a_working_order_pending() -> None:
    market = guarded()
    working = market.rest(order(BOB, "buy", 4, "9.00"))
    told = market.send(replace(BOB, working, price="10.00", quantity=6))
    updated = only(AccountOrderUpdated, told)
    assert updated.change is OrderChange.REPLACED
    assert updated.order.status is OrderStatus.PENDING
    assert market.worst_case(BOB, "position_limit") == 6
    market.send(jump(4_500), 2 * NS_PER_S)
    assert state_of(market, BOB, working).status is OrderStatus.FILLED


def test_a_partly_filled_order_that_was_held_is_partly_filled_again() -> None:
    market = Scene()
    working = market.rest(order(BOB, "buy", 4, "9.00"))
    market.send(order(CAROL, "sell", 1, "9.00"))
    offer = market.rest(order(ALICE, "sell", 3, "9.50"))
    market.send(jump(4_400))
    market.send(jump(4_500))
    told = market.send(replace(BOB, working, price="9.50"))
    assert only(AccountOrderUpdated, told).order.status is OrderStatus.PENDING
    market.send(cancel(ALICE, offer))
    told = market.send(jump(4_500), 2 * NS_PER_S)
    assert only(AccountOrderUpdated, told).order.status is OrderStatus.PARTIALLY_FILLED


def test_a_waiting_stop_is_replaced_and_goes_on_waiting() -> None:
    market = Scene(role(TRADER, PositionLimit(max_quantity=50)))
    stop = market.rest(order(BOB, "buy", 4, None, stop="12.00"))
    updated = only(AccountOrderUpdated, market.send(replace(BOB, stop, quantity=9)))
    assert (updated.order.status, updated.order.quantity) == (OrderStatus.PENDING, 9)
    assert updated.order.price is None
    assert market.worst_case(BOB, "position_limit") == 9


def test_an_order_whose_time_is_over_expires_and_is_released() -> None:
    market = Scene(role(TRADER, PositionLimit(max_quantity=50)))
    expires_ns = market.now + NS_PER_S
    good = market.rest(order(BOB, "buy", 4, "9.00", tif="gtt", expires_ns=expires_ns))
    told = market.send(jump(4_400), NS_PER_S)
    assert changes(BOB, told) == [OrderChange.EXPIRED]
    assert state_of(market, BOB, good).status is OrderStatus.EXPIRED
    assert market.worst_case(BOB, "position_limit") == 0


def test_an_order_for_the_close_waits_and_enters_its_auction() -> None:
    market = Scene()
    waiting = market.rest(order(BOB, "buy", 4, "10.00", tif="cls"))
    assert state_of(market, BOB, waiting).status is OrderStatus.PENDING
    told = market.enter(Phase.CLOSING_AUCTION)
    assert only(AccountOrderUpdated, told).activation is Activation.CLOSING_AUCTION
    told = market.enter(Phase.CLOSED)
    assert changes(BOB, told) == [OrderChange.EXPIRED]


def test_the_close_cancels_what_waits() -> None:
    market = Scene()
    market.rest(order(BOB, "buy", 4, None, stop="12.00"))
    told = market.enter(Phase.CLOSED)
    assert only(AccountOrderUpdated, told).cancel_reason is CancelReason.MARKET_CLOSED
