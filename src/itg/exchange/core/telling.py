"""The end of every message: what its books' changes are told as."""

from itg.exchange.contract import BookDelta
from itg.exchange.core.checking import CONTINUOUS
from itg.exchange.core.listing import Listing
from itg.exchange.core.phasing import AUCTIONS, try_opening
from itg.exchange.core.uncross import indicate
from itg.exchange.core.venue import Venue
from itg.kernel.ids import Seq
from itg.kernel.messages import Event


def taken(venue: Venue) -> list[Event]:
    """Return the message's events and begin the next.

    The indicative prices and then the book deltas of the changed instruments come last.
    """
    changed = venue.changed
    events = venue.events
    if not changed:
        venue.events = []
        return events
    deltas: list[BookDelta] = []
    for instrument_id in changed:
        listing = venue.listings[instrument_id]
        if listing.phase is not CONTINUOUS:
            if listing.opens_ns is not None:
                try_opening(venue, listing)
            if listing.phase in AUCTIONS:
                indicate(venue, listing)
        if listing.bids.touched or listing.asks.touched:
            deltas.append(_delta(venue, listing))
    changed.clear()
    events += deltas
    venue.events = []
    return events


def _delta(venue: Venue, listing: Listing) -> BookDelta:
    listing.book_seq += 1
    bids, asks = listing.bids, listing.asks
    return BookDelta(
        shard=venue.shard,
        instrument_id=listing.instrument_id,
        book_seq=Seq(listing.book_seq),
        bids=bids.take_touched() if bids.touched else (),
        asks=asks.take_touched() if asks.touched else (),
    )
