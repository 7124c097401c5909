"""What holds while the exchange has not answered yet, as it is when it lives on another node."""

from collections.abc import Sequence

from tests.positions.scene import (
    ALICE,
    BOB,
    CALL,
    TRADER,
    Scene,
    cancel,
    of,
    only,
    order,
    quotes,
    replace,
    role,
    two_sided,
    usd,
)

from itg.exchange.contract import (
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderReplaced,
    PlaceOrder,
    QuoteAccepted,
    ReplaceOrder,
    ReplaceRejected,
    SetQuote,
    TradeExecuted,
)
from itg.kernel.errors import Refusal
from itg.kernel.ids import AccountId, OrderId, ReservationId, Shard, TradeId
from itg.kernel.messages import Message
from itg.kernel.money import Quantity
from itg.kernel.words import CancelReason, Phase, Side
from itg.positions.contract import (
    AccountCancelRejected,
    AccountFilled,
    AccountOrderRejected,
    AccountOrderUpdated,
    AccountQuoteUpdated,
    AccountReplaceRejected,
    OrderChange,
    PositionLimit,
    fold_answer,
)
from itg.positions.service import PositionsService

REFUSAL = Refusal(code="WRONG_PHASE", detail="The market is closed.")


class Wire:
    """Positions with an exchange that answers when the test does."""

    def __init__(self) -> None:
        self.market = Scene(role(TRADER, PositionLimit(max_quantity=50), quotes=True))

    def hear(self, message: Message) -> Sequence[Message]:
        # Round the machine: its exchange would answer at once.
        return self.market.positions.handle(self.market.now, message)

    def accept(self, placed: PlaceOrder, order_id: int) -> Sequence[Message]:
        return self.hear(
            OrderAccepted(
                shard=placed.shard,
                order_id=OrderId(order_id),
                reservation_id=placed.reservation_id,
                account_id=placed.account_id,
                instrument_id=placed.instrument_id,
                side=placed.side,
                quantity=placed.quantity,
                price=placed.price,
            )
        )

    def rest(self, order_id: int, account_id: AccountId, side: str, quantity: int) -> None:
        told = self.hear(order(account_id, side, quantity))
        self.accept(only(PlaceOrder, told), order_id)

    def trade(self, maker: int, taker: int, quantity: int) -> Sequence[Message]:
        return self.hear(
            TradeExecuted(
                shard=Shard(0),
                trade_id=TradeId(maker * 100 + taker),
                instrument_id=CALL,
                price=usd("10.00"),
                quantity=Quantity(quantity),
                aggressor_side=Side.SELL,
                maker_order_id=OrderId(maker),
                maker_account_id=ALICE,
                taker_order_id=OrderId(taker),
                taker_account_id=BOB,
            )
        )

    def worst_case(self) -> int:
        return self.market.worst_case(ALICE, "position_limit")

    def restart(self) -> None:
        data = self.market.positions.snapshot()
        self.market.positions = PositionsService()
        self.market.positions.restore(data)
        assert self.market.positions.snapshot() == data


def refuse(reservation_id: ReservationId) -> OrderRejected:
    return OrderRejected(
        shard=Shard(0), reservation_id=reservation_id, account_id=ALICE, refusal=REFUSAL
    )


def test_orders_in_flight_count_against_the_limit() -> None:
    wire = Wire()
    first = only(PlaceOrder, wire.hear(order(quantity=30)))
    refused = only(AccountOrderRejected, wire.hear(order(quantity=30)))
    assert refused.refusal.code == "POSITION_LIMIT_EXCEEDED"
    wire.hear(refuse(first.reservation_id))
    assert wire.worst_case() == 0


def test_a_repeat_of_an_order_in_flight_is_not_sent_twice() -> None:
    wire = Wire()
    body = order(cid="a-1")
    placed = only(PlaceOrder, wire.hear(body))
    assert wire.hear(body) == []
    wire.restart()
    first = fold_answer(wire.accept(placed, 1), ALICE)
    again = fold_answer(wire.hear(body), ALICE)
    assert first is not None
    assert again is not None
    assert again.order == first.order


def test_an_order_in_flight_cannot_be_canceled_by_its_client_order_id() -> None:
    wire = Wire()
    wire.hear(order(cid="a-1"))
    told = wire.hear(cancel(ALICE, 0))
    assert only(AccountCancelRejected, told).refusal.code == "ORDER_NOT_FOUND"


def test_a_replace_in_flight_reserves_the_larger_total() -> None:
    wire = Wire()
    wire.rest(1, ALICE, "buy", 20)
    larger = only(ReplaceOrder, wire.hear(replace(ALICE, 1, quantity=40)))
    smaller = only(ReplaceOrder, wire.hear(replace(ALICE, 1, quantity=10)))
    wire.restart()
    assert wire.worst_case() == 40
    refused = only(AccountOrderRejected, wire.hear(order(quantity=11)))
    assert refused.refusal.code == "POSITION_LIMIT_EXCEEDED"
    wire.hear(
        ReplaceRejected(
            shard=Shard(0),
            order_id=OrderId(1),
            reservation_id=larger.reservation_id,
            account_id=ALICE,
            refusal=REFUSAL,
        )
    )
    assert wire.worst_case() == 20
    told = wire.hear(
        OrderReplaced(
            shard=Shard(0),
            order_id=OrderId(1),
            reservation_id=smaller.reservation_id,
            account_id=ALICE,
            revision=2,
            price=usd("10.00"),
            quantity=Quantity(10),
            leaves_quantity=10,
            kept_priority=True,
        )
    )
    assert only(AccountOrderUpdated, told).change is OrderChange.REPLACED
    assert wire.worst_case() == 10


def test_an_order_filled_while_its_replace_is_in_flight_needs_nothing_more() -> None:
    wire = Wire()
    wire.rest(1, ALICE, "buy", 20)
    wire.rest(2, BOB, "sell", 20)
    late = only(ReplaceOrder, wire.hear(replace(ALICE, 1, quantity=40)))
    wire.trade(1, 2, 5)
    assert wire.worst_case() == 40
    wire.trade(1, 2, 15)
    assert wire.worst_case() == 20
    told = wire.hear(
        ReplaceRejected(
            shard=Shard(0),
            order_id=OrderId(1),
            reservation_id=late.reservation_id,
            account_id=ALICE,
            refusal=REFUSAL,
        )
    )
    assert only(AccountReplaceRejected, told).order_id == 1
    assert wire.worst_case() == 20


def quote_accepted(asked: SetQuote, bid_id: int | None, ask_id: int | None) -> QuoteAccepted:
    return QuoteAccepted(
        shard=asked.shard,
        reservation_id=asked.reservation_id,
        account_id=asked.account_id,
        instrument_id=asked.instrument_id,
        bid_order_id=None if bid_id is None else OrderId(bid_id),
        bid=asked.bid,
        bid_quantity=asked.bid_quantity,
        ask_order_id=None if ask_id is None else OrderId(ask_id),
        ask=asked.ask,
        ask_quantity=asked.ask_quantity,
    )


def test_a_quote_in_flight_reserves_the_larger_of_both_on_each_side() -> None:
    wire = Wire()
    first = only(SetQuote, wire.hear(quotes(ALICE, two_sided("9.00", 40, "11.00", 10))))
    wire.hear(quote_accepted(first, 1, 2))
    second = only(SetQuote, wire.hear(quotes(ALICE, two_sided("9.00", 10, "11.00", 45))))
    wire.restart()
    assert wire.worst_case() == 45
    refused = only(AccountOrderRejected, wire.hear(order(quantity=11)))
    assert refused.refusal.code == "POSITION_LIMIT_EXCEEDED"
    wire.hear(quote_accepted(second, 1, 2))
    assert only(PlaceOrder, wire.hear(order(quantity=40))).quantity == 40


def test_a_side_replaced_by_its_successor_may_be_told_before_or_after_it() -> None:
    wire = Wire()
    first = only(SetQuote, wire.hear(quotes(ALICE, two_sided("9.00", 10, "11.00", 10))))
    wire.hear(quote_accepted(first, 1, 2))
    second = only(SetQuote, wire.hear(quotes(ALICE, two_sided("9.10", 10, "11.10", 10))))
    assert wire.hear(replaced_side(1)) == []
    told = wire.hear(quote_accepted(second, 3, 4))
    assert only(AccountQuoteUpdated, told).quote.bid_order_id == 3
    assert wire.hear(replaced_side(2)) == []
    assert wire.worst_case() == 10


def replaced_side(order_id: int) -> OrderCanceled:
    return OrderCanceled(
        shard=Shard(0),
        order_id=OrderId(order_id),
        account_id=ALICE,
        instrument_id=CALL,
        quantity=Quantity(10),
        cancel_reason=CancelReason.QUOTE_REPLACED,
    )


def test_a_trade_between_a_quote_and_an_order_in_flight_books_both() -> None:
    wire = Wire()
    asked = only(SetQuote, wire.hear(quotes(ALICE, two_sided("10.00", 20, None, 0))))
    wire.hear(quote_accepted(asked, 1, None))
    wire.rest(2, BOB, "sell", 20)
    again = only(SetQuote, wire.hear(quotes(ALICE, two_sided("10.00", 30, None, 0))))
    fills = of(AccountFilled, wire.trade(1, 2, 20))
    assert [event.account_id for event in fills] == [ALICE, BOB]
    assert wire.worst_case() == 50, "20 are held and 30 are in flight"
    wire.hear(quote_accepted(again, 3, None))
    assert wire.worst_case() == 50


def test_a_fill_as_maker_right_after_the_acceptance_is_no_part_of_the_first_answer() -> None:
    wire = Wire()
    wire.rest(2, BOB, "sell", 5)
    body = order(ALICE, "buy", 5, cid="a-1")
    told = list(wire.accept(only(PlaceOrder, wire.hear(body)), 1))
    told += wire.trade(1, 2, 5)
    first = fold_answer(told, ALICE)
    again = fold_answer(wire.hear(body), ALICE)
    assert first is not None
    assert again is not None
    assert again.order == first.order
    assert again.fills == ()


def test_an_order_accepted_after_its_day_answers_no_order_of_the_next_day() -> None:
    wire = Wire()
    late = only(PlaceOrder, wire.hear(order(quantity=1, cid="a-1")))
    wire.market.enter(Phase.CLOSED)
    wire.market.enter(Phase.PRE_OPEN)
    body = order(quantity=2, cid="a-1")
    placed = only(PlaceOrder, wire.hear(body))
    wire.accept(late, 1)
    first = fold_answer(wire.accept(placed, 2), ALICE)
    again = fold_answer(wire.hear(body), ALICE)
    assert first is not None
    assert again is not None
    assert again.order == first.order
    assert again.order is not None
    assert again.order.quantity == 2
