"""Detached answers from the books."""

from collections.abc import Sequence

from itg.exchange.contract import BookSnapshot
from itg.exchange.core.listing import Listing
from itg.exchange.core.venue import Venue
from itg.kernel.ids import OrderId, Seq
from itg.kernel.money import Price
from itg.kernel.words import Phase


def book(listing: Listing, phase: Phase, depth_levels: int | None) -> BookSnapshot:
    """Return a book as of its last delta."""
    indicative = listing.indicative
    return BookSnapshot(
        instrument_id=listing.instrument_id,
        book_seq=Seq(listing.book_seq),
        phase=phase,
        bids=listing.bids.rows(depth_levels),
        asks=listing.asks.rows(depth_levels),
        indicative_price=None if indicative is None else Price(indicative.price),
        indicative_quantity=0 if indicative is None else indicative.volume,
    )


def queue_ahead(venue: Venue, order_ids: Sequence[OrderId]) -> dict[OrderId, int]:
    """Return the contracts before each of these orders at its price; gone orders are left out."""
    ahead: dict[OrderId, int] = {}
    for order_id in order_ids:
        order = venue.orders.get(order_id)
        if order is None or order.level is None:
            continue
        before, total = order.before, 0
        while before is not None:
            total += before.leaves
            before = before.before
        ahead[order_id] = total
    return ahead
