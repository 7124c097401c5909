"""Placing and replacing orders."""

from itg.exchange.contract import (
    OrderAccepted,
    OrderRejected,
    OrderReplaced,
    PlaceOrder,
    ReplaceOrder,
    ReplaceRejected,
)
from itg.exchange.core.book import PLAIN, Order
from itg.exchange.core.checking import (
    BUY,
    is_sound,
    not_listed,
    placement_refused,
    replace_refused,
)
from itg.exchange.core.entering import is_guarded, let_in, pending_as
from itg.exchange.core.listing import Listing
from itg.exchange.core.terms import is_plain, terms_of
from itg.exchange.core.venue import EXPIRY, GUARD, Venue
from itg.kernel.errors import Refusal
from itg.kernel.money import Price, Quantity


def place(venue: Venue, command: PlaceOrder) -> None:
    """Accept an order and let it trade, rest or wait; or reject it."""
    listing = venue.listings.get(command.instrument_id)
    if listing is None:
        _reject(venue, command, not_listed(command.instrument_id))
        return
    plain = is_plain(command)
    if not plain or venue.price_band is not None or not is_sound(listing, command):
        refused = placement_refused(venue, listing, command)
        if refused is not None:
            _reject(venue, command, refused)
            return
    order = Order(
        venue.next_order_id(),
        command.account_id,
        command.instrument_id,
        command.side is BUY,
        command.price,
        command.quantity,
        command.stp,
        PLAIN if plain else terms_of(command),
    )
    pending = None
    if not plain or venue.guard_ends_ns is not None:
        pending = pending_as(venue, listing, order)
    venue.events.append(
        OrderAccepted(
            shard=venue.shard,
            order_id=order.order_id,
            reservation_id=command.reservation_id,
            account_id=command.account_id,
            instrument_id=command.instrument_id,
            side=command.side,
            quantity=command.quantity,
            price=command.price,
            is_pending=pending is not None,
        )
    )
    if command.expires_ns is not None:
        venue.when(command.expires_ns, EXPIRY, order.order_id)
    if pending is None:
        let_in(venue, listing, order)
    else:
        venue.hold(listing, order, pending)


def replace(venue: Venue, command: ReplaceOrder) -> None:
    """Change a live order, or reject and leave it as it was."""
    order = venue.orders.get(command.order_id)
    refused = replace_refused(venue, command, order)
    if refused is not None or order is None:
        assert refused is not None
        venue.events.append(
            ReplaceRejected(
                shard=venue.shard,
                order_id=command.order_id,
                reservation_id=command.reservation_id,
                account_id=command.account_id,
                refusal=refused,
            )
        )
        return
    listing = venue.listings[order.instrument_id]
    price = order.price if command.price is None else command.price
    quantity = order.quantity if command.quantity is None else command.quantity
    keeps = price == order.price and quantity < order.quantity
    waited_for = order.pending
    order.revision += 1
    if keeps:
        _shrink(venue, listing, order, quantity)
        pending = waited_for
    else:
        venue.take_out(listing, order)
        order.reprice(price, quantity)
        pending = waited_for or (GUARD if is_guarded(venue, listing, order) else None)
    venue.events.append(
        OrderReplaced(
            shard=venue.shard,
            order_id=order.order_id,
            reservation_id=command.reservation_id,
            account_id=order.account_id,
            revision=order.revision,
            price=Price(order.price or 0),
            quantity=Quantity(quantity),
            leaves_quantity=order.leaves,
            kept_priority=keeps,
            is_pending=pending is not None,
        )
    )
    if pending is None and not keeps:
        let_in(venue, listing, order)
    elif pending is not None and not keeps:
        venue.hold(listing, order, pending)


def _shrink(venue: Venue, listing: Listing, order: Order, quantity: int) -> None:
    by = order.quantity - quantity
    order.quantity = quantity
    if order.pending is not None:
        order.leaves -= by
        return
    listing.home(order).reduce(order, by, max(0, order.hidden - by))
    venue.changed[listing.instrument_id] = None


def _reject(venue: Venue, command: PlaceOrder, refused: Refusal) -> None:
    venue.events.append(
        OrderRejected(
            shard=venue.shard,
            reservation_id=command.reservation_id,
            account_id=command.account_id,
            refusal=refused,
        )
    )
