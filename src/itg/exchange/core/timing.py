"""What falls due, each at its own instant: by a timer, the tick, or any message's own time."""

from heapq import heappop

from itg.exchange.core.canceling import expire_due
from itg.exchange.core.guarding import end_guard
from itg.exchange.core.halting import resume_listing, resume_shard
from itg.exchange.core.phasing import cross_boundary, force_opening
from itg.exchange.core.venue import (
    BOUNDARY,
    EXPIRY,
    GUARD_END,
    HALT_END,
    OPENING,
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
        _run(venue, due)
    venue.now = now


def next_due_ns(venue: Venue) -> Nanos | None:
    """Return when something falls due next."""
    return venue.dues[0][0] if venue.dues else None


def _run(venue: Venue, due: Due) -> None:
    at_ns, kind, order_id, instrument_id = due
    listing = venue.listings.get(InstrumentId(instrument_id))
    if kind == EXPIRY:
        expire_due(venue, OrderId(order_id))
    elif kind == BOUNDARY:
        cross_boundary(venue, at_ns)
    elif kind == GUARD_END:
        if venue.guard_ends_ns == at_ns:
            end_guard(venue)
    elif kind == HALT_END:
        if listing is not None and listing.resumes_ns == at_ns:
            resume_listing(venue, listing)
        elif not instrument_id and venue.resumes_ns == at_ns:
            resume_shard(venue)
    else:
        assert kind == OPENING, f"nothing knows what is due: {due!r}"
        if listing is not None and listing.opens_ns == at_ns:
            force_opening(venue, listing)
