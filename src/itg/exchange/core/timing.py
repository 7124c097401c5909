"""What falls due, each at its own instant: by a timer, the tick, or any message's own time."""

from heapq import heappop

from itg.exchange.core import ladder
from itg.exchange.core.canceling import expire_due
from itg.exchange.core.guarding import end_guard
from itg.exchange.core.halting import halt_if_stale, resume_listing, resume_shard
from itg.exchange.core.phasing import cross_boundary, force_opening, open_delayed
from itg.exchange.core.venue import (
    BOUNDARY,
    EXPIRY,
    GUARD_END,
    HALT_END,
    OPENING_END,
    REVIEW,
    STALE,
    Due,
    Venue,
)
from itg.kernel.ids import InstrumentId, OrderId
from itg.kernel.times import Nanos


def run_due(venue: Venue, now: Nanos) -> None:
    """Run everything due at or before `now`, in order, each at its own time."""
    dues = venue.dues
    while dues and dues[0][0] <= now:
        due = heappop(dues)
        venue.is_rearmed = True
        venue.now = max(venue.now, due[0])
        if _is_awaited(venue, due):
            _run(venue, due)
            # At one instant every expiry comes first: an opening may not fill what has expired.
            if due[1] != EXPIRY or next_due_ns(venue) != due[0] or dues[0][1] != EXPIRY:
                open_delayed(venue)
    venue.now = now


def next_due_ns(venue: Venue) -> Nanos | None:
    """Return when something falls due next, and forget what nobody waits for any more."""
    dues = venue.dues
    while dues and not _is_awaited(venue, dues[0]):
        heappop(dues)
    return dues[0][0] if dues else None


def _is_awaited(venue: Venue, due: Due) -> bool:
    at_ns, kind, order_id, instrument_id = due
    if kind == EXPIRY:
        return OrderId(order_id) in venue.orders
    if kind == BOUNDARY:
        return bool(venue.boundaries) and venue.boundaries[0].at_ns == at_ns
    if instrument_id:
        listing = venue.listings.get(InstrumentId(instrument_id))
        if listing is None:
            return False
        return at_ns == (listing.opens_ns if kind == OPENING_END else listing.resumes_ns)
    shards = {
        GUARD_END: venue.guard_ends_ns,
        HALT_END: venue.resumes_ns,
        REVIEW: venue.review_ns,
        STALE: venue.stale_ns,
    }
    return shards[kind] == at_ns


def _run(venue: Venue, due: Due) -> None:
    _, kind, order_id, instrument_id = due
    if kind == EXPIRY:
        expire_due(venue, OrderId(order_id))
    elif kind == BOUNDARY:
        cross_boundary(venue)
    elif kind == GUARD_END:
        end_guard(venue)
    elif kind == REVIEW:
        ladder.review(venue)
    elif kind == STALE:
        halt_if_stale(venue)
    elif not instrument_id:
        assert kind == HALT_END, f"nothing knows what is due: {due!r}"
        resume_shard(venue)
    else:
        act = force_opening if kind == OPENING_END else resume_listing
        act(venue, venue.listings[InstrumentId(instrument_id)])
