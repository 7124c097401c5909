"""What a placement would meet, asked of the book as it stands and changing nothing.

Only what is shown is counted: a preview costs nothing, and must not sound out an iceberg.
"""

from itg.exchange.contract import OrderPreview, PlaceOrder, PreviewOrder
from itg.exchange.core.book import Order
from itg.exchange.core.checking import (
    BUY,
    CONTINUOUS,
    IMMEDIATE,
    not_listed,
    placement_refused,
)
from itg.exchange.core.collar import edge_of
from itg.exchange.core.entering import FOK, pending_as
from itg.exchange.core.listing import Listing
from itg.exchange.core.matching import ALLOW, fillable, worst_key
from itg.exchange.core.terms import terms_of
from itg.exchange.core.venue import Venue
from itg.kernel.ids import OrderId
from itg.kernel.money import Price
from itg.kernel.words import SelfTradePolicy

Fills = tuple[tuple[Price, int], ...]


def preview(venue: Venue, query: PreviewOrder) -> OrderPreview:
    """Return what placing the order now would do: its refusal, or its fills and what would rest."""
    command = query.order
    listing = venue.listings.get(command.instrument_id)
    if listing is None:
        return OrderPreview(refusal=not_listed(command.instrument_id))
    refused = placement_refused(venue, listing, command)
    if refused is not None:
        return OrderPreview(refusal=refused)
    order = _order(command)
    if pending_as(venue, listing, order) is not None:
        return OrderPreview(resting_quantity=order.leaves, would_pend=True)
    if listing.phase is not CONTINUOUS:
        return OrderPreview(resting_quantity=order.leaves)
    return _met(venue, listing, order)


def _order(command: PlaceOrder) -> Order:
    return Order(
        OrderId(0),
        command.account_id,
        command.instrument_id,
        command.side is BUY,
        command.price,
        command.quantity,
        command.stp,
        terms_of(command),
    )


def _met(venue: Venue, listing: Listing, order: Order) -> OrderPreview:
    edge = edge_of(venue.price_band, listing, is_buy=order.is_buy)
    worst = worst_key(order, edge)
    against = listing.against(order)
    able = fillable(order, against, worst, counts_hidden=False)
    time_in_force = order.terms.time_in_force
    if time_in_force is FOK and able < order.leaves:
        return OrderPreview()
    fills = _fills(listing, order, able)
    is_over = order.price is None or time_in_force in IMMEDIATE or _is_prevented(listing, order)
    return OrderPreview(fills=fills, resting_quantity=0 if is_over else order.leaves - able)


def _fills(listing: Listing, order: Order, able: int) -> Fills:
    against, fills = listing.against(order), []
    for key in reversed(against.keys):
        if not able:
            break
        makers = [m for m in against.levels[key] if _may_meet(order, m)]
        quantity = min(able, sum(maker.leaves - maker.hidden for maker in makers))
        if quantity:
            fills.append((Price(-key if order.is_buy else key), quantity))
            able -= quantity
    return tuple(fills)


def _may_meet(order: Order, maker: Order) -> bool:
    return maker.account_id != order.account_id or order.stp is ALLOW


def _is_prevented(listing: Listing, order: Order) -> bool:
    """Tell whether self-trade prevention would end the order at one of its own."""
    if order.stp in {ALLOW, SelfTradePolicy.CANCEL_RESTING} or order.price is None:
        return False
    left = order.leaves
    for maker in listing.against(order).orders():
        if order.key + maker.key < 0 or left <= 0:
            return False
        if maker.account_id == order.account_id:
            return True
        left -= maker.leaves - maker.hidden
    return False
