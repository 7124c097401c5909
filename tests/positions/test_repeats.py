import msgspec
import pytest
from tests.positions.scene import (
    ALICE,
    BOB,
    TRADER,
    Scene,
    cancel,
    of,
    only,
    order,
    role,
)

from itg.exchange.contract import PlaceOrder
from itg.kernel.ids import ClientOrderId
from itg.kernel.messages import Message
from itg.kernel.times import NS_PER_S
from itg.kernel.words import CancelReason, OrderStatus, Phase
from itg.positions.contract import (
    AccountFilled,
    AccountOrderRejected,
    AccountOrderUpdated,
    FoundOrder,
    GetOrder,
    OrderAnswer,
    OrderAnswerRepeated,
    OrderRateLimit,
    OrderSizeLimit,
    ReserveOrder,
    fold_answer,
)


def repeated(market: Scene, body: ReserveOrder) -> tuple[OrderAnswer, tuple[Message, ...]]:
    told = market.send(body)
    answer = fold_answer(told, body.account_id)
    assert answer is not None
    return answer, told


def test_the_same_body_again_gets_the_first_answer_and_changes_nothing() -> None:
    market = Scene()
    body = order(cid="a-1", quantity=5)
    first = market.place(body)
    repeated(market, body)
    before = market.positions.snapshot()
    again, told = repeated(market, body)
    assert only(OrderAnswerRepeated, told) is told[0]
    assert len(told) == 1
    assert again == msgspec.structs.replace(first, is_repeated=True)
    assert market.positions.snapshot() == before


def test_the_first_answer_holds_the_fills_the_order_met_at_once() -> None:
    market = Scene()
    market.rest(order(BOB, "sell", 2, "9.00"))
    market.rest(order(BOB, "sell", 2, "9.50"))
    body = order(ALICE, "buy", 7, cid="a-1")
    first = market.place(body)
    assert first.order is not None
    assert [fill.last_quantity for fill in first.fills] == [2, 2]
    assert (first.order.filled_quantity, first.order.leaves_quantity) == (4, 3)
    assert first.order.status is OrderStatus.PARTIALLY_FILLED
    again, _ = repeated(market, body)
    assert (again.order, again.fills) == (first.order, first.fills)


def test_later_fills_and_cancels_are_no_part_of_the_first_answer() -> None:
    market = Scene()
    body = order(ALICE, "buy", 7, cid="a-1")
    first = market.place(body)
    assert first.order is not None
    market.rest(order(BOB, "sell", 2))
    market.send(cancel(ALICE, first.order.order_id))
    again, _ = repeated(market, body)
    assert again.order == first.order
    assert again.fills == ()


def test_the_first_answer_of_an_order_without_liquidity_is_its_end() -> None:
    market = Scene()
    body = order(price=None, cid="m-1")
    first = market.place(body)
    assert first.order is not None
    assert first.order.status is OrderStatus.CANCELED
    again, _ = repeated(market, body)
    assert again.order == first.order


def test_a_stop_of_self_trade_is_part_of_the_first_answer() -> None:
    market = Scene()
    market.rest(order(ALICE, "sell", 2))
    market.rest(order(BOB, "sell", 2, "9.00"))
    body = order(ALICE, "buy", 4, cid="a-1", stp="cancel_incoming")
    first = market.place(body)
    assert first.order is not None
    assert (first.order.status, first.order.filled_quantity) == (OrderStatus.CANCELED, 2)
    again, _ = repeated(market, body)
    assert (again.order, again.fills) == (first.order, first.fills)


def test_canceling_ones_own_resting_orders_does_not_end_the_first_answer() -> None:
    market = Scene()
    own = market.rest(order(ALICE, "sell", 2, "8.00"))
    market.rest(order(BOB, "sell", 2, "9.00"))
    body = order(ALICE, "buy", 2, cid="a-1", stp="cancel_resting")
    told = market.send(body)
    ended = [update.order.order_id for update in of(AccountOrderUpdated, told)]
    assert own in ended
    first = fold_answer(told, ALICE)
    assert first is not None
    assert len(first.fills) == 1
    again, _ = repeated(market, body)
    assert (again.order, again.fills) == (first.order, first.fills)


@pytest.mark.parametrize("phase", [Phase.CONTINUOUS, Phase.OPENING_AUCTION])
def test_a_refusal_is_a_first_answer_whoever_refused(phase: Phase) -> None:
    market = Scene(role(TRADER, OrderSizeLimit(max_quantity=5)), phase=phase)
    body = order(quantity=6 if phase is Phase.CONTINUOUS else 5, cid="a-1")
    first = market.place(body)
    assert first.refusal is not None
    again, told = repeated(market, body)
    assert again.refusal == first.refusal
    assert not of(AccountOrderRejected, told)
    found = market.ask(GetOrder(account_id=ALICE, client_order_id=ClientOrderId("a-1")))
    assert isinstance(found, FoundOrder)
    assert (found.order, found.refusal) == (None, first.refusal)


def test_a_refusal_for_rate_is_not_remembered() -> None:
    market = Scene(role(TRADER, OrderRateLimit(orders_per_s=1, cancels_per_s=2)))
    market.rest(order(cid="a-1"))
    body = order(cid="a-2")
    assert market.refused(body) == "RATE_LIMIT_EXCEEDED"
    assert market.refused(body, after_ns=NS_PER_S) is None


def test_another_body_is_a_conflict_and_leaves_the_first_answer() -> None:
    market = Scene()
    first = market.place(order(cid="a-1"))
    told = market.send(order(cid="a-1", quantity=2))
    rejected = only(AccountOrderRejected, told)
    assert rejected.refusal.code == "CLIENT_ORDER_ID_CONFLICT"
    assert not of(PlaceOrder, told)
    again, _ = repeated(market, order(cid="a-1"))
    assert again.order == first.order


def test_two_accounts_may_use_one_client_order_id() -> None:
    market = Scene()
    assert market.refused(order(ALICE, cid="1")) is None
    assert market.refused(order(BOB, cid="1")) is None


def test_orders_without_a_client_order_id_are_never_repeats() -> None:
    market = Scene()
    assert market.rest(order()) != market.rest(order())


def test_a_client_order_id_is_free_again_on_the_next_trading_day() -> None:
    market = Scene()
    first = market.rest(order(cid="a-1"))
    market.enter(Phase.CLOSED)
    again, _ = repeated(market, order(cid="a-1"))
    assert again.is_repeated, "the day is not over while the market is closed"
    market.enter(Phase.PRE_OPEN)
    second = market.place(order(cid="a-1"))
    assert second.order is not None
    assert not second.is_repeated
    assert second.order.order_id != first
    found = market.ask(GetOrder(account_id=ALICE, order_id=first))
    assert isinstance(found, FoundOrder)
    assert found.order is not None
    assert found.order.status is OrderStatus.CANCELED


def test_the_first_answer_survives_a_snapshot() -> None:
    market = Scene()
    market.rest(order(BOB, "sell", 2, "9.00"))
    body = order(ALICE, "buy", 7, cid="a-1")
    first = market.place(body)
    market.positions.restore(market.positions.snapshot())
    again, _ = repeated(market, body)
    assert (again.order, again.fills) == (first.order, first.fills)


def test_a_fold_reads_its_own_account_alone() -> None:
    market = Scene()
    market.rest(order(BOB, "sell", 2))
    told = market.send(order(ALICE, "buy", 2))
    assert {event.account_id for event in of(AccountFilled, told)} == {ALICE, BOB}
    assert fold_answer(told, BOB) is None
    answer = fold_answer(told, ALICE)
    assert answer is not None
    assert [fill.side.value for fill in answer.fills] == ["buy"]


def test_an_order_the_auction_fills_keeps_its_answer_of_pre_open() -> None:
    market = Scene(phase=Phase.PRE_OPEN)
    market.rest(order(BOB, "sell", 2))
    body = order(ALICE, "buy", 2, cid="a-1")
    first = market.place(body)
    market.enter(Phase.CONTINUOUS)
    assert market.net(ALICE) == 2
    again, _ = repeated(market, body)
    assert again.order == first.order
    assert again.order is not None
    assert again.order.status is OrderStatus.WORKING


def test_a_close_in_the_next_input_is_no_part_of_the_first_answer() -> None:
    market = Scene()
    body = order(cid="a-1")
    first = market.place(body)
    told = market.enter(Phase.CLOSED)
    ended = only(AccountOrderUpdated, told)
    assert ended.cancel_reason is CancelReason.MARKET_CLOSED
    again, _ = repeated(market, body)
    assert again.order == first.order
