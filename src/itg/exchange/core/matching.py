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


def would_take(order: Order, against: BookSide) -> bool:
    """Tell whether the order's price meets the best of the other side."""
    keys = against.keys
    if not keys:
        return False
    # Keys of the two sides have opposite signs for equal prices, so "meets" is a sum at or above 0.
    return order.price is None or order.key + keys[-1] >= 0


def take(order: Order, against: BookSide, tape: Tape) -> None:
    """Match an incoming order against the other side until it is filled, done or priced out.

    Self-trade prevention follows the incoming order's policy. Afterwards `order.leaves` is what may
    rest, 0 if prevention ended it.
    """
    keys, levels, touched = against.keys, against.levels, against.touched
    limit = None if order.price is None else -order.key
    allow = order.stp is SelfTradePolicy.ALLOW
    while order.leaves and keys:
        key = keys[-1]
        if limit is not None and key < limit:
            return
        level = levels[key]
        maker = level.first
        assert maker is not None, "a level holds at least one order"
        if not allow and maker.account_id == order.account_id:
            if _prevented(order, maker, against, tape):
                return
            continue
        quantity = min(order.leaves, maker.leaves)
        order.leaves -= quantity
        order.filled += quantity
        maker.filled += quantity
        if quantity == maker.leaves:
            against.remove(maker)
            maker.leaves = 0
        else:
            maker.leaves -= quantity
            level.quantity -= quantity
            touched[key] = None
        price = maker.price
        assert price is not None
        tape.trade(maker, order, price, quantity)


def _prevented(order: Order, maker: Order, against: BookSide, tape: Tape) -> bool:
    """Apply the incoming order's policy to a meeting with its own account; True: it is over."""
    policy = order.stp
    if policy is not SelfTradePolicy.CANCEL_INCOMING:
        against.remove(maker)
        tape.gone(maker, CancelReason.SELF_TRADE)
        if policy is SelfTradePolicy.CANCEL_RESTING:
            return False
    tape.gone(order, CancelReason.SELF_TRADE)
    order.leaves = 0
    return True


def fillable(order: Order, against: BookSide) -> int:
    """Return how much of the order would trade at once, at most its leaves.

    Own resting orders are passed over under `cancel_resting` and end the walk under the other
    preventing policies, as in `take`.
    """
    total = 0
    for maker in against.orders():
        if order.price is not None and order.key + maker.key < 0:
            break
        if maker.account_id == order.account_id and order.stp is not SelfTradePolicy.ALLOW:
            if order.stp is SelfTradePolicy.CANCEL_RESTING:
                continue
            break
        total += maker.leaves
        if total >= order.leaves:
            return order.leaves
    return total
