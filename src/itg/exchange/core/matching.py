"""Continuous trading: price, then time, at the resting price.

`take` is the one loop every aggressive order runs through. It reports through a `Tape`, so that the
same code serves the live service, a replay and a benchmark.
"""

from typing import Protocol

from itg.exchange.core.book import BookSide, Order
from itg.kernel.words import CancelReason, SelfTradePolicy


class Tape(Protocol):
    """Where matching reports to, in the order things happen."""

    def trade(self, maker: Order, taker: Order, price: int, quantity: int) -> None:
        """Note that two orders met; both already carry their new quantities."""

    def gone(self, order: Order, reason: CancelReason) -> None:
        """Note that an order leaves unfilled; it rests no more."""


ALLOW, CANCEL_INCOMING = SelfTradePolicy.ALLOW, SelfTradePolicy.CANCEL_INCOMING


def would_take(order: Order, against: BookSide) -> bool:
    """Tell whether the order's price meets the best of the other side."""
    keys = against.keys
    if not keys:
        return False
    # Keys of the two sides have opposite signs for equal prices, so "meets" is a sum at or above 0.
    return order.price is None or order.key + keys[-1] >= 0


def worst_key(order: Order, edge: int | None) -> int | None:
    """Return the worst key of the other side an order may meet; None: any.

    `edge` is the worst price for an order that names none.
    """
    if order.price is not None:
        return -order.key
    if edge is None:
        return None
    return -edge if order.is_buy else edge


def take(order: Order, against: BookSide, tape: Tape, worst: int | None) -> None:
    """Match an incoming order against the other side until it is filled, done or priced out.

    Meets keys from the best down to `worst`, None for all. Self-trade prevention follows the
    incoming order's policy. Afterwards `order.leaves` is what may rest, 0 if prevention ended it.
    """
    keys, levels = against.keys, against.levels
    prevents = order.stp is not ALLOW
    leaves = order.leaves
    while leaves and keys:
        key = keys[-1]
        if worst is not None and key < worst:
            return
        level = levels[key]
        maker = level.first
        assert maker is not None, "a level holds at least one order"
        if prevents and maker.account_id == order.account_id:
            if _prevented(order, maker, against, tape):
                return
            continue
        shown = maker.leaves - maker.hidden
        quantity = min(leaves, shown)
        order.leaves = leaves = leaves - quantity
        if quantity == maker.leaves:
            against.remove(maker)
            maker.leaves = 0
        else:
            maker.leaves -= quantity
            level.quantity -= quantity
            against.touch(key)
        price = maker.price
        assert price is not None
        tape.trade(maker, order, price, quantity)
        if quantity == shown and maker.hidden:
            against.refresh(maker)


def _prevented(order: Order, maker: Order, against: BookSide, tape: Tape) -> bool:
    """Apply the incoming order's policy to a meeting with its own account; True: it is over."""
    policy = order.stp
    if policy is not CANCEL_INCOMING:
        against.remove(maker)
        tape.gone(maker, CancelReason.SELF_TRADE)
        if policy is SelfTradePolicy.CANCEL_RESTING:
            return False
    tape.gone(order, CancelReason.SELF_TRADE)
    order.leaves = 0
    return True


def fillable(
    order: Order, against: BookSide, worst: int | None, *, counts_hidden: bool = True
) -> int:
    """Return how much of the order would trade at once, at most its leaves.

    Own resting orders are passed over under `cancel_resting` and end the walk under the other
    preventing policies, as in `take`. An iceberg's hidden part counts, unless told otherwise.
    """
    total = 0
    for key in reversed(against.keys):
        if worst is not None and key < worst:
            break
        hidden = 0
        for maker in against.levels[key]:
            if maker.account_id == order.account_id and order.stp is not ALLOW:
                if order.stp is SelfTradePolicy.CANCEL_RESTING:
                    continue
                return min(total, order.leaves)
            total += maker.leaves - maker.hidden
            hidden += maker.hidden
            if total >= order.leaves:
                return order.leaves
        # What is hidden comes behind everything shown at its price.
        total += hidden if counts_hidden else 0
    return min(total, order.leaves)
