"""An order's way into the market: into the book, beside it, or through it.

One *entry* is one order's whole matching. Stops that its trades reached enter after it, in the
order they began to wait; what their trades reach follows behind those already due. Each stop fires
once, so a cascade is no longer than the waiting are many.
"""

from collections import deque

from itg.exchange.core.book import Order
from itg.exchange.core.checking import CONTINUOUS, IMMEDIATE
from itg.exchange.core.collar import edge_of
from itg.exchange.core.listing import Listing
from itg.exchange.core.matching import fillable, take, worst_key, would_take
from itg.exchange.core.stops import is_reached
from itg.exchange.core.venue import GUARD, Venue
from itg.kernel.words import Activation, CancelReason, Phase, TimeInForce

FOK = TimeInForce.FOK


def pending_as(venue: Venue, listing: Listing, order: Order) -> Activation | None:
    """Return what an order must wait for before it enters, None if it enters at once."""
    terms = order.terms
    if terms.stop_price is not None:
        last_price = listing.last_price
        if last_price is None or not is_reached(order, last_price):
            return Activation.STOP
    if terms.time_in_force is TimeInForce.CLS and listing.phase is not Phase.CLOSING_AUCTION:
        return Activation.CLOSING_AUCTION
    return GUARD if is_guarded(venue, listing, order) else None


def is_guarded(venue: Venue, listing: Listing, order: Order) -> bool:
    """Tell whether the jump guard holds an order: it is open, and the order would take."""
    return (
        venue.guard_ends_ns is not None
        and listing.phase is CONTINUOUS
        and would_take(order, listing.against(order))
    )


def enter(venue: Venue, listing: Listing, order: Order) -> None:
    """Let an order that stands nowhere trade and rest as its terms and the phase say."""
    if listing.phase is CONTINUOUS:
        _match(venue, listing, order)
    elif order.terms.time_in_force in IMMEDIATE:
        venue.gone(order, CancelReason.NO_LIQUIDITY)
    else:
        venue.rest(listing, order)


def let_in(venue: Venue, listing: Listing, order: Order) -> None:
    """Let an order enter, and the stops after it that its trades reach."""
    enter(venue, listing, order)
    if listing.stops.count:
        fire_stops(venue, listing)


def fire_stops(venue: Venue, listing: Listing) -> None:
    """Let the stops enter that trades have reached, and those that their trades reach."""
    due: deque[Order] = deque()
    while True:
        due.extend(listing.stops.take_fired())
        if not due:
            return
        order = due.popleft()
        if is_guarded(venue, listing, order):
            order.pending = None
            venue.hold(listing, order, GUARD)
        else:
            venue.activate(order, Activation.STOP)
            enter(venue, listing, order)


def activate_held(venue: Venue, listing: Listing, order: Order) -> None:
    """Let an order enter that the jump guard, or the wait for the closing auction, held back."""
    activation = order.pending
    assert activation is not None
    venue.take_out(listing, order)
    venue.activate(order, activation)
    enter(venue, listing, order)


def _match(venue: Venue, listing: Listing, order: Order) -> None:
    against = listing.asks if order.is_buy else listing.bids
    if order.price is not None:
        worst: int | None = -order.key
    else:
        worst = worst_key(order, edge_of(venue.price_band, listing, is_buy=order.is_buy))
    time_in_force = order.terms.time_in_force
    if time_in_force is FOK and fillable(order, against, worst) < order.leaves:
        venue.gone(order, CancelReason.NOT_FILLABLE)
        return
    if against.keys and (worst is None or against.keys[-1] >= worst):
        venue.changed[listing.instrument_id] = None
        take(order, against, venue, worst)
        if not order.leaves:
            return
    if order.price is None:
        # What is left of the other side lies beyond the collar's edge.
        beyond = CancelReason.PRICE_BAND if against.keys else CancelReason.NO_LIQUIDITY
        venue.gone(order, beyond)
    elif time_in_force is not None and time_in_force in IMMEDIATE:
        venue.gone(order, CancelReason.NO_LIQUIDITY)
    else:
        venue.rest(listing, order)
