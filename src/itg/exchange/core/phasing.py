"""Phases: what entering and leaving one does."""

from itg.exchange.contract import OpeningDelayed, PhaseChanged, SetSchedule
from itg.exchange.core import ladder
from itg.exchange.core.canceling import run_deferred
from itg.exchange.core.checking import COLLECTING, CONTINUOUS
from itg.exchange.core.collar import is_outside
from itg.exchange.core.entering import activate_held
from itg.exchange.core.guarding import drop_guard
from itg.exchange.core.listing import Listing
from itg.exchange.core.uncross import indicate, uncross
from itg.exchange.core.venue import BOUNDARY, OPENING_END, Venue
from itg.kernel.money import Price
from itg.kernel.times import Nanos
from itg.kernel.words import CancelReason, Phase

CLOSED = Phase.CLOSED
AUCTIONS = (*COLLECTING, Phase.OPENING_AUCTION)
OPENING = (Phase.PRE_OPEN, Phase.OPENING_AUCTION)
UNCROSSED_WHEN_LEFT = (Phase.OPENING_AUCTION, Phase.CLOSING_AUCTION)


def set_schedule(venue: Venue, command: SetSchedule) -> None:
    """Replace the boundaries to come."""
    assert venue.config.underlying_id, "configure before the schedule"
    times = [boundary.at_ns for boundary in command.boundaries]
    assert times == sorted(times), "boundaries ascend"
    venue.boundaries.clear()
    venue.boundaries.extend(command.boundaries)
    venue.is_rearmed = True
    for at_ns in times:
        venue.when(at_ns, BOUNDARY)


def cross_boundary(venue: Venue) -> None:
    """Enter the phase of the schedule's next boundary."""
    enter_phase(venue, venue.boundaries.popleft().phase)


def enter_phase(venue: Venue, phase: Phase) -> None:
    """Move the whole shard."""
    previous = venue.phase
    before = [(listing, listing.phase) for listing in venue.listings.values()]
    venue.phase = phase
    venue.halt_cause = venue.resumes_ns = venue.stale_ns = None
    venue.await_prices(venue.now)
    if phase is not previous:
        report(venue, phase, previous, None)
        venue.moves.clear()
    for listing in venue.listings.values():
        listing.phase = phase
        listing.opens_ns = listing.own_halt = listing.resumes_ns = None
    if previous is CONTINUOUS and phase is not CONTINUOUS:
        drop_guard(venue, CancelReason.MARKET_CLOSED if phase is CLOSED else None)
    for listing, was in before:
        if phase is previous and was is not phase:
            report(venue, phase, was, listing)
        move_listing(venue, listing, was)
    if phase is CLOSED:
        venue.forget_expiries()
    ladder.review(venue)


def move_listing(venue: Venue, listing: Listing, was: Phase) -> None:
    """Do what an instrument's entry into its present phase asks for, coming from another."""
    phase = listing.phase
    if phase is was:
        return
    if was in UNCROSSED_WHEN_LEFT or (phase is CONTINUOUS and was in AUCTIONS):
        if phase is CONTINUOUS and _is_delayed(venue, listing, was):
            return
        uncross(venue, listing)
    if phase is Phase.CLOSING_AUCTION:
        for order in list(listing.closers.values()):
            activate_held(venue, listing, order)
    if phase is CLOSED:
        _close(venue, listing)
    if phase in AUCTIONS:
        indicate(venue, listing)


def open_delayed(venue: Venue) -> None:
    """Open the delayed instruments that changed and now would clear near enough to theory."""
    for instrument_id in venue.changed:
        listing = venue.listings[instrument_id]
        if listing.opens_ns is not None:
            clearing = listing.clearing(venue.rule)
            if clearing is None or not is_outside(venue.price_band, listing, clearing.price):
                force_opening(venue, listing)


def force_opening(venue: Venue, listing: Listing) -> None:
    """Open a delayed instrument at whatever its auction says."""
    was = listing.phase
    listing.opens_ns = None
    report(venue, CONTINUOUS, was, listing)
    listing.phase = CONTINUOUS
    uncross(venue, listing)


def report(venue: Venue, phase: Phase, previous: Phase, listing: Listing | None) -> None:
    """Tell a change of phase, of the shard or of one instrument."""
    following = venue.boundaries[0] if venue.boundaries else None
    venue.events.append(
        PhaseChanged(
            shard=venue.shard,
            underlying_id=venue.config.underlying_id,
            phase=phase,
            previous=previous,
            instrument_id=None if listing is None else listing.instrument_id,
            next_phase=None if following is None else following.phase,
            next_at_ns=None if following is None else following.at_ns,
        )
    )


def _is_delayed(venue: Venue, listing: Listing, was: Phase) -> bool:
    """Keep an instrument collecting whose auction is too far from theory."""
    clearing = listing.clearing(venue.rule)
    if clearing is None or not is_outside(venue.price_band, listing, clearing.price):
        return False
    listing.phase = Phase.PRE_OPEN if was in OPENING else Phase.HALTED
    listing.opens_ns = opens_ns = Nanos(venue.now + venue.config.opening_delay_ns)
    venue.when(opens_ns, OPENING_END, instrument_id=listing.instrument_id)
    report(venue, listing.phase, was, listing)
    venue.events.append(
        OpeningDelayed(
            shard=venue.shard,
            instrument_id=listing.instrument_id,
            indicative_price=Price(clearing.price),
            opens_ns=opens_ns,
        )
    )
    run_deferred(venue, listing)  # the freeze is over
    return True


def _close(venue: Venue, listing: Listing) -> None:
    waiting = [*listing.stops, *listing.closers.values()]
    for order in (*listing.resting(), *waiting):
        venue.cancel(listing, order, CancelReason.MARKET_CLOSED)
    listing.indicative = None
    listing.stops.forget_trades()
    listing.deferred.clear()
    listing.previous_close, listing.last_price = listing.reference, None
