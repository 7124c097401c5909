"""The jump guard: after a jump of the simulated price, takers wait while owners requote."""

from itg.exchange.contract import JumpGuardEnded, JumpGuardOpened
from itg.exchange.core.entering import activate_held, fire_stops
from itg.exchange.core.listing import Listing
from itg.exchange.core.venue import GUARD_END, Venue
from itg.kernel.times import Nanos
from itg.kernel.words import CancelReason


def open_guard(venue: Venue) -> None:
    """Hold takers from now on; a second jump moves the end once, a third no more."""
    model = venue.config.jump_guard
    assert model is not None
    if venue.guard_ends_ns is not None:
        if venue.is_guard_extended:
            return
        venue.is_guard_extended = True
    venue.guard_ends_ns = ends_ns = Nanos(venue.now + model.guard_ns)
    venue.when(ends_ns, GUARD_END)
    venue.events.append(
        JumpGuardOpened(
            shard=venue.shard, underlying_id=venue.config.underlying_id, ends_ns=ends_ns
        )
    )


def end_guard(venue: Venue) -> None:
    """Let whom it held enter, in their order of arrival."""
    _close(venue)
    while venue.held:
        order = next(iter(venue.held.values()))
        listing = venue.listings[order.instrument_id]
        activate_held(venue, listing, order)
        fire_stops(venue, listing)


def drop_guard(venue: Venue, reason: CancelReason | None) -> None:
    """Close the guard because the shard leaves continuous trading.

    Whom it held is canceled for `reason`, or without one takes part in what comes.
    """
    if venue.guard_ends_ns is not None:
        if reason is not None:
            cancel_held(venue, None, reason)
            _close(venue)
        else:
            end_guard(venue)


def cancel_held(venue: Venue, listing: Listing | None, reason: CancelReason) -> None:
    """Cancel what the guard holds, of one instrument or of all."""
    for order in list(venue.held.values()):
        home = venue.listings[order.instrument_id]
        if listing in (None, home):
            venue.cancel(home, order, reason)


def _close(venue: Venue) -> None:
    venue.guard_ends_ns, venue.is_guard_extended = None, False
    venue.events.append(JumpGuardEnded(shard=venue.shard, underlying_id=venue.config.underlying_id))
