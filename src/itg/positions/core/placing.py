"""An order's way in: rules, reservation, and what the exchange says of it until it is done."""

from itg.kernel.errors import Refusal
from itg.kernel.ids import ReservationId
from itg.kernel.messages import Message
from itg.kernel.times import Nanos
from itg.kernel.words import Activation, CancelReason, OrderStatus
from itg.positions.contract import (
    CLIENT_ORDER_ID_CONFLICT,
    RATE_LIMIT_EXCEEDED,
    AccountOrderRejected,
    AccountOrderUpdated,
    OrderAnswerRepeated,
    OrderChange,
    ReserveOrder,
    fold_answer,
)
from itg.positions.core.accounts import Account, Answer
from itg.positions.core.alerts import watch_limits
from itg.positions.core.asks import OrderAsk
from itg.positions.core.desk import Desk
from itg.positions.core.facts import Accepted, OfOrder, Rejected
from itg.positions.core.orders import Order
from itg.positions.core.portfolio import Holding
from itg.positions.core.stops import order_stopped


def reserve_order(
    desk: Desk, now: Nanos, body: ReserveOrder, out: list[Message]
) -> tuple[ReservationId, Order] | None:
    """Reserve an order's worst case; None when it was refused or is a repeat, which `out` tells."""
    account = desk.account(body.account_id)
    key = body.client_order_id
    if key is not None and key in account.answers:
        _repeat(account, body, account.answers[key], out)
        return None
    vetted = _vet(desk, account, now, body)
    if isinstance(vetted, Refusal):
        take_order_token(account, now, vetted)
        _refuse(account, body, vetted, out)
        return None
    take_order_token(account, now, None)
    account.portfolio.keep(vetted)
    order = Order(body, vetted, body.stp or account.terms.rules.stp)
    account.portfolio.reserve(vetted, body.side, body.quantity)
    order.reserved = body.quantity
    if key is not None:
        account.answers[key] = Answer(body, order)
    reservation_id = desk.next_reservation()
    desk.placements[reservation_id] = order
    return reservation_id, order


def order_verdict(desk: Desk, now: Nanos, body: ReserveOrder) -> Refusal | None:
    """Return what `reserve_order` would refuse, changing nothing."""
    account = desk.account(body.account_id)
    known = _known_answer(account, body)
    if known is None:
        vetted = _vet(desk, account, now, body)
        return vetted if isinstance(vetted, Refusal) else None
    if known.body != body:
        return _conflict(body)
    first = fold_answer(known.events, account.account_id)
    return first.refusal if first else None


def take_order_token(account: Account, now: Nanos, refusal: Refusal | None) -> None:
    """Count an order against its role's rate, refused or not, unless the rate refused it."""
    rate = account.terms.order_rate
    if rate is None or (refusal is not None and refusal.code == RATE_LIMIT_EXCEEDED.code):
        return
    account.buckets.orders.take(now, rate.orders_per_s, rate.orders_per_s)


def order_accepted(desk: Desk, now: Nanos, event: Accepted, out: list[Message]) -> None:
    """Give an order its id and tell its owner."""
    order = desk.placements.pop(event.reservation_id)
    account = desk.accounts[event.account_id]
    order.accept(event.order_id)
    if event.is_pending:
        order.stand(is_pending=True)
    order.accepted_ns = now
    order.accepted_seq = account.mailbox.next_seq()
    account.begin(order)
    told = update_of(account, order, OrderChange.ACCEPTED)
    account.mailbox.post(told, out)
    answer = _answer_of(account, order)
    # A pending order's placement is over; what it meets later, it meets by another cause.
    desk.incoming = None if event.is_pending else answer
    if answer is not None:
        answer.events = (told,)
    watch_limits(account, order.holding, out)


def placement_rejected(desk: Desk, _now: Nanos, event: Rejected, out: list[Message]) -> None:
    """Release an order the exchange refused and tell its owner."""
    order = desk.placements.pop(event.reservation_id)
    account = desk.accounts[order.body.account_id]
    account.reserve(order, 0)
    order.reject()
    _post_rejection(account, order.body, event.refusal, out, _answer_of(account, order))
    watch_limits(account, order.holding, out)


def order_canceled(
    desk: Desk, account: Account, order: Order, cancel_reason: CancelReason, out: list[Message]
) -> None:
    """End an order with the rest unfilled and release it."""
    order.end(OrderStatus.CANCELED)
    account.retire(order)
    event = update_of(account, order, OrderChange.CANCELED, cancel_reason)
    tell_update(desk, account, order, event, out)


def order_expired(desk: Desk, _now: Nanos, event: OfOrder, out: list[Message]) -> None:
    """End an order whose time in force is over and release it."""
    account = desk.accounts[event.account_id]
    order = account.working[event.order_id]
    order.end(OrderStatus.EXPIRED)
    account.retire(order)
    tell_update(desk, account, order, update_of(account, order, OrderChange.EXPIRED), out)


def order_activated(
    desk: Desk, account: Account, order: Order, activation: Activation, out: list[Message]
) -> None:
    """Let a pending order work; what it reserves stays."""
    order.stand(is_pending=False)
    event = update_of(account, order, OrderChange.ACTIVATED, activation=activation)
    tell_update(desk, account, order, event, out)


def settle_replacements(desk: Desk, account: Account, order: Order) -> None:
    """Reserve what an order needs now: what it has left, or the largest total asked for it."""
    needed = order.leaves
    if not order.is_done:
        for replacement in desk.replacements.values():
            if replacement.order is order:
                needed = max(needed, replacement.total - order.filled)
    account.reserve(order, needed)


def update_of(
    account: Account,
    order: Order,
    change: OrderChange,
    cancel_reason: CancelReason | None = None,
    activation: Activation | None = None,
) -> AccountOrderUpdated:
    """Return the next event of an account: an order as it stands after a change."""
    return AccountOrderUpdated(
        account_id=account.account_id,
        private_seq=account.mailbox.next_seq(),
        change=change,
        order=order.state(),
        cancel_reason=cancel_reason,
        activation=activation,
    )


def tell_update(
    desk: Desk, account: Account, order: Order, event: AccountOrderUpdated, out: list[Message]
) -> None:
    """Post a change of an order and look at the limits it moved."""
    account.mailbox.post(event, out)
    desk.remember(event, order)
    watch_limits(account, order.holding, out)


def _vet(desk: Desk, account: Account, now: Nanos, body: ReserveOrder) -> Holding | Refusal:
    listing = desk.listings.get(body.instrument_id)
    if listing is None or listing.is_delisted:
        reason = desk.reasons.invalid_instrument
        detail = f"No instrument {body.instrument_id} is listed."
        return Refusal(code=reason.code, detail=detail, field="instrument_id")
    refusal = desk.unbearable(listing, body.quantity, body.price)
    if refusal is None and body.stop_price is not None:
        refusal = desk.unbearable(listing, body.quantity, body.stop_price)
    if refusal is not None:
        return refusal
    holding = account.portfolio.holdings.get(body.instrument_id) or Holding(listing)
    ask = OrderAsk(
        now=now,
        portfolio=account.portfolio,
        buckets=account.buckets,
        holding=holding,
        side=body.side,
        order_type=body.order_type,
        quantity=body.quantity,
        current=holding.side_worst(body.side),
        added=body.quantity,
    )
    stopped = order_stopped(desk, account, ask) if account.is_restricted else None
    return stopped or account.terms.order_refusal(ask) or holding


def _known_answer(account: Account, body: ReserveOrder) -> Answer | None:
    key = body.client_order_id
    return None if key is None else account.answers.get(key)


def _repeat(account: Account, body: ReserveOrder, known: Answer, out: list[Message]) -> None:
    if known.body != body:
        _post_rejection(account, body, _conflict(body), out, None)
        return
    first = fold_answer(known.events, account.account_id)
    # Still in flight to an exchange on another node: there is no answer yet, and one will come.
    if first is None:
        return
    assert body.client_order_id is not None
    out.append(
        OrderAnswerRepeated(
            account_id=account.account_id,
            client_order_id=body.client_order_id,
            order=first.order,
            fills=first.fills,
            refusal=first.refusal,
        )
    )


def _conflict(body: ReserveOrder) -> Refusal:
    return Refusal(
        code=CLIENT_ORDER_ID_CONFLICT.code,
        detail=f"client_order_id {body.client_order_id} was used today with another body.",
        field="client_order_id",
    )


def _refuse(account: Account, body: ReserveOrder, refusal: Refusal, out: list[Message]) -> None:
    answer = None
    # A refusal for rate asks for the same order again later, so it is no answer to keep.
    if body.client_order_id is not None and refusal.code != RATE_LIMIT_EXCEEDED.code:
        answer = account.answers[body.client_order_id] = Answer(body, None)
    _post_rejection(account, body, refusal, out, answer)


def _post_rejection(
    account: Account,
    body: ReserveOrder,
    refusal: Refusal,
    out: list[Message],
    answer: Answer | None,
) -> None:
    event = AccountOrderRejected(
        account_id=account.account_id,
        private_seq=account.mailbox.next_seq(),
        client_order_id=body.client_order_id,
        instrument_id=body.instrument_id,
        side=body.side,
        quantity=body.quantity,
        refusal=refusal,
    )
    account.mailbox.post(event, out)
    if answer is not None:
        answer.order = None
        answer.events = (event,)


def _answer_of(account: Account, order: Order) -> Answer | None:
    answer = _known_answer(account, order.body)
    return answer if answer is not None and answer.order is order else None
