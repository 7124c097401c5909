"""One order's private events, as they were recorded."""

from itg.kernel.errors import Refusal
from itg.kernel.times import to_micros
from itg.positions.contract import (
    AccountCancelRejected,
    AccountFillBusted,
    AccountFilled,
    AccountOrderRejected,
    AccountOrderUpdated,
    AccountReplaceRejected,
    OrderChange,
    OrderEvents,
    PrivateEvent,
)
from itg.translate.numbers import optional_usd
from itg.translate.orders import fill_body, order_body
from itg.wire.v1.explaining import OrderEventBody, OrderEventsBody


def order_events_body(told: OrderEvents) -> OrderEventsBody:
    """Return an order's events, oldest first."""
    return OrderEventsBody(
        items=[_event_body(event) for event in told.events], is_complete=told.is_complete
    )


def _event_body(event: PrivateEvent) -> OrderEventBody:
    seq = event.private_seq
    match event:
        case AccountOrderUpdated():
            return _updated(event)
        case AccountFilled(fill=fill):
            game_us = to_micros(fill.game_ns)
            return OrderEventBody(seq=seq, type="fill", game_us=game_us, fill=fill_body(fill))
        case AccountOrderRejected():
            return _rejected(seq, "order.rejected", event.refusal)
        case AccountReplaceRejected():
            return _rejected(seq, "order.replace_rejected", event.refusal)
        case AccountCancelRejected():
            return _rejected(seq, "order.cancel_rejected", event.refusal)
        case AccountFillBusted():
            adjusted = optional_usd(event.adjusted_price)
            return OrderEventBody(
                seq=seq, type="fill.busted", trade_id=event.trade_id, adjusted_price=adjusted
            )
        case _:
            raise AssertionError(event)


def _updated(event: AccountOrderUpdated) -> OrderEventBody:
    is_first = event.change is OrderChange.ACCEPTED
    reason, activation = event.cancel_reason, event.activation
    return OrderEventBody(
        seq=event.private_seq,
        type=f"order.{event.change.value}",
        game_us=to_micros(event.order.accepted_ns) if is_first else None,
        order=order_body(event.order),
        cancel_reason=None if reason is None else reason.value,
        activation=None if activation is None else activation.value,
    )


def _rejected(seq: int, kind: str, refusal: Refusal) -> OrderEventBody:
    return OrderEventBody(seq=seq, type=kind, code=refusal.code, detail=refusal.detail)
