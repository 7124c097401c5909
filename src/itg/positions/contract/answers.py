"""What became of one placement, read from what was told about it.

Positions and whoever answers a client both read it through `fold_answer`, so that the answer to a
repeat is the first answer by construction.
"""

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from itg.kernel.errors import Refusal
from itg.kernel.ids import AccountId, OrderId
from itg.kernel.messages import Message
from itg.kernel.money import Cash
from itg.kernel.words import CancelReason, Liquidity, OrderStatus
from itg.positions.contract.events import (
    AccountFilled,
    AccountOrderRejected,
    AccountOrderUpdated,
    Fill,
    OrderAnswerRepeated,
    OrderChange,
    OrderState,
    PrivateEvent,
)

# Ends an order can meet while it is being placed; any other end comes later, from another cause.
_ENDS_OF_PLACEMENT = (
    CancelReason.NO_LIQUIDITY,
    CancelReason.NOT_FILLABLE,
    CancelReason.SELF_TRADE,
    CancelReason.PRICE_BAND,
)


class OrderAnswer(Struct, frozen=True, gc=False, kw_only=True):
    """An order with the fills it met at once, or its refusal."""

    order: OrderState | None = None
    fills: tuple[Fill, ...] = ()
    refusal: Refusal | None = None
    is_repeated: bool = False


def fold_answer(events: Iterable[Message], account_id: AccountId) -> OrderAnswer | None:
    """Return the answer to the account's `ReserveOrder` from what its input caused, in order.

    The order stands as its placement left it; what happened to it later is left out. A pending
    order's placement ends with its acceptance. None: no word of a placement of this account.
    """
    told = iter(events)
    for event in told:
        if isinstance(event, OrderAnswerRepeated) and event.account_id == account_id:
            return OrderAnswer(
                order=event.order, fills=event.fills, refusal=event.refusal, is_repeated=True
            )
        if not isinstance(event, PrivateEvent) or event.account_id != account_id:
            continue
        if isinstance(event, AccountOrderRejected):
            return OrderAnswer(refusal=event.refusal)
        order = _accepted(event)
        if order is not None:
            return _placed(order, told)
    return None


def _placed(order: OrderState, events: Iterator[Message]) -> OrderAnswer:
    fills: list[Fill] = []
    if order.status is OrderStatus.PENDING:
        return OrderAnswer(order=order)
    for event in events:
        if not isinstance(event, PrivateEvent):
            continue
        if order_told_of(event) == order.order_id:
            if not is_of_placement(event):
                break
            order = order_after(order, event)
            if isinstance(event, AccountFilled):
                fills.append(event.fill)
        elif _is_activation(event):
            break  # What this one fired is another order's doing from here on.
    return OrderAnswer(order=order, fills=tuple(fills))


def is_of_placement(event: PrivateEvent) -> bool:
    """Tell whether an order's own placement can have caused this event of it.

    A fill as taker, or an end for want of liquidity, at the band, or by self-trade prevention can.
    """
    if isinstance(event, AccountFilled):
        return event.fill.liquidity is Liquidity.TAKER
    return (
        isinstance(event, AccountOrderUpdated)
        and event.change is OrderChange.CANCELED
        and event.cancel_reason in _ENDS_OF_PLACEMENT
    )


def order_told_of(event: PrivateEvent) -> OrderId | None:
    """Return the order whose fill or change an event tells, None for anything else."""
    if isinstance(event, AccountFilled):
        return event.fill.order_id
    return event.order.order_id if isinstance(event, AccountOrderUpdated) else None


def _is_activation(event: PrivateEvent) -> bool:
    return isinstance(event, AccountOrderUpdated) and event.change is OrderChange.ACTIVATED


def _accepted(event: PrivateEvent) -> OrderState | None:
    if isinstance(event, AccountOrderUpdated) and event.change is OrderChange.ACCEPTED:
        return event.order
    return None


def order_after(order: OrderState, event: PrivateEvent) -> OrderState:
    """Return the order as a fill or a change of it leaves it."""
    if isinstance(event, AccountOrderUpdated):
        return event.order
    assert isinstance(event, AccountFilled)
    return replace(
        order,
        status=event.status,
        filled_quantity=event.filled_quantity,
        leaves_quantity=event.leaves_quantity,
        average_price=event.average_price,
        fees=Cash(order.fees + event.fill.fee),
    )
