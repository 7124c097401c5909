"""The end of every message: what its books' changes are told as."""

from itg.exchange.contract import BookDelta
from itg.exchange.core.checking import CONTINUOUS
from itg.exchange.core.phasing import AUCTIONS, open_delayed
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
    open_delayed(venue)
    deltas: list[BookDelta] = []
    for instrument_id in changed:
        listing = venue.listings[instrument_id]
        if listing.phase is not CONTINUOUS and listing.phase in AUCTIONS:
            indicate(venue, listing)
        bids = listing.bids.take_touched() if listing.bids.touched else ()
        asks = listing.asks.take_touched() if listing.asks.touched else ()
        if bids or asks:
            listing.book_seq += 1
            deltas.append(
                BookDelta(
                    shard=venue.shard,
                    instrument_id=instrument_id,
                    book_seq=Seq(listing.book_seq),
                    bids=bids,
                    asks=asks,
                )
            )
    changed.clear()
    events += deltas
    venue.events = []
    return events
