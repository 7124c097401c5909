"""Changes an owner asks of a working order: replace and cancel."""

from itg.kernel.errors import Refusal
from itg.kernel.ids import ClientOrderId, OrderId, ReservationId
from itg.kernel.messages import Message
from itg.kernel.money import Price
from itg.kernel.times import Nanos
from itg.positions.contract import (
    AccountCancelRejected,
    AccountReplaceRejected,
    OrderChange,
    RequestCancel,
    RequestMassCancel,
    ReserveReplace,
)
from itg.positions.core.accounts import Account
from itg.positions.core.alerts import watch_limits
from itg.positions.core.asks import OrderAsk
from itg.positions.core.desk import Desk, Replacement, Sweep
from itg.positions.core.facts import CancelRefused, Rejected, Replaced
from itg.positions.core.orders import Order
from itg.positions.core.placing import (
    settle_replacements,
    take_order_token,
    tell_update,
    update_of,
)
from itg.positions.core.rules import rate_refusal
from itg.positions.core.stops import order_stopped

Named = RequestCancel | ReserveReplace


def reserve_replace(
    desk: Desk, now: Nanos, ask: ReserveReplace, out: list[Message]
) -> tuple[ReservationId, Order] | None:
    """Reserve the larger of what an order has and what it asks for; None when refused.

    A replace counts against the rate of orders.
    """
    account = desk.account(ask.account_id)
    found = _find_working(desk, account, ask)
    if isinstance(found, Refusal):
        _reject_replace(account, ask.order_id, ask.orig_client_order_id, found, out)
        return None
    total = found.quantity if ask.quantity is None else ask.quantity
    refusal = _replace_refusal(desk, account, now, found, (total, ask.price))
    take_order_token(account, now, refusal)
    if refusal is not None:
        _reject_replace(account, found.order_id, found.client_order_id, refusal, out)
        return None
    reservation_id = desk.next_reservation()
    desk.replacements[reservation_id] = Replacement(found, total)
    settle_replacements(desk, account, found)
    return reservation_id, found


def order_replaced(desk: Desk, _now: Nanos, event: Replaced, out: list[Message]) -> None:
    """Give an order its replaced price and total."""
    replacement = desk.replacements.pop(event.reservation_id)
    order = replacement.order
    account = desk.accounts[order.body.account_id]
    order.resize(event.leaves_quantity)
    assert order.quantity <= replacement.total, "a replace got more than was reserved for it"
    order.stand(is_pending=event.is_pending)
    if order.price is not None:
        order.price = event.price
    order.revision = event.revision
    settle_replacements(desk, account, order)
    tell_update(desk, account, order, update_of(account, order, OrderChange.REPLACED), out)


def replace_rejected(desk: Desk, _now: Nanos, event: Rejected, out: list[Message]) -> None:
    """Release what a refused replace had reserved; the order stands."""
    order = desk.replacements.pop(event.reservation_id).order
    account = desk.accounts[order.body.account_id]
    settle_replacements(desk, account, order)
    _reject_replace(account, order.order_id, order.client_order_id, event.refusal, out)
    watch_limits(account, order.holding, out)


def request_mass_cancel(
    desk: Desk, _now: Nanos, ask: RequestMassCancel, _out: list[Message]
) -> None:
    """Sweep what an account's mass cancel names out of the shards it concerns."""
    desk.sweeps += (
        Sweep(
            shard=shard,
            account_id=ask.account_id,
            instrument_id=ask.instrument_id,
            side=ask.side,
            tag=ask.tag,
            orders=ask.orders,
            quotes=ask.quotes,
            reason=ask.reason,
            in_freeze=ask.in_freeze,
        )
        for shard in desk.shards_of(ask.instrument_id, ask.underlying_id)
    )


def order_to_cancel(desk: Desk, now: Nanos, ask: RequestCancel, out: list[Message]) -> Order | None:
    """Return the working order a cancel names; None when refused."""
    account = desk.account(ask.account_id)
    refusal = _cancel_rate_refusal(account, now)
    found = _find_working(desk, account, ask) if refusal is None else refusal
    if isinstance(found, Refusal):
        _reject_cancel(account, ask.order_id, ask.orig_client_order_id, found, out)
        return None
    return found


def cancel_rejected(desk: Desk, _now: Nanos, event: CancelRefused, out: list[Message]) -> None:
    """Tell an owner that the exchange refused a cancel."""
    account = desk.account(event.account_id)
    order = account.orders.get(event.order_id)
    client_order_id = order.client_order_id if order else None
    _reject_cancel(account, event.order_id, client_order_id, event.refusal, out)


def _find_working(desk: Desk, account: Account, ask: Named) -> Order | Refusal:
    order = account.find(ask.order_id, ask.orig_client_order_id)
    if order is None:
        reason = desk.reasons.order_not_found
        name = ask.order_id if ask.order_id is not None else ask.orig_client_order_id
        return Refusal(code=reason.code, detail=f"No order {name} of this account is known.")
    if order.is_done:
        reason = desk.reasons.order_already_done
        return Refusal(code=reason.code, detail=f"Order {order.order_id} is {order.status.value}.")
    return order


def _replace_refusal(
    desk: Desk, account: Account, now: Nanos, order: Order, asked: tuple[int, Price | None]
) -> Refusal | None:
    total, price = asked
    holding = order.holding
    if price is None:
        price = order.body.stop_price if order.price is None else order.price
    refusal = desk.unbearable(holding.listing, total, price)
    if refusal is not None:
        return refusal
    ask = OrderAsk(
        now=now,
        portfolio=account.portfolio,
        buckets=account.buckets,
        holding=holding,
        side=order.side,
        order_type=order.body.order_type,
        quantity=total,
        current=holding.side_worst(order.side),
        added=max(0, total - order.filled - order.reserved),
    )
    stopped = order_stopped(desk, account, ask) if account.is_restricted else None
    return stopped or account.terms.order_refusal(ask)


def _cancel_rate_refusal(account: Account, now: Nanos) -> Refusal | None:
    rate = account.terms.order_rate
    if rate is None:
        return None
    bucket = account.buckets.cancels
    wait_ms = bucket.wait_ms(now, rate.cancels_per_s, rate.cancels_per_s)
    if wait_ms:
        return rate_refusal("cancels", rate.cancels_per_s, wait_ms)
    bucket.take(now, rate.cancels_per_s, rate.cancels_per_s)
    return None


def _reject_replace(
    account: Account,
    order_id: OrderId | None,
    client_order_id: ClientOrderId | None,
    refusal: Refusal,
    out: list[Message],
) -> None:
    event = AccountReplaceRejected(
        account_id=account.account_id,
        private_seq=account.mailbox.next_seq(),
        order_id=order_id,
        orig_client_order_id=client_order_id,
        refusal=refusal,
    )
    account.mailbox.post(event, out)


def _reject_cancel(
    account: Account,
    order_id: OrderId | None,
    client_order_id: ClientOrderId | None,
    refusal: Refusal,
    out: list[Message],
) -> None:
    event = AccountCancelRejected(
        account_id=account.account_id,
        private_seq=account.mailbox.next_seq(),
        order_id=order_id,
        orig_client_order_id=client_order_id,
        refusal=refusal,
    )
    account.mailbox.post(event, out)
