"""Phases: what entering and leaving one does, by the schedule or by the organizer."""

from itg.exchange.contract import (
    ILLEGAL_PHASE_MOVE,
    INVALID_INSTRUMENT,
    PhaseChanged,
    PhaseRejected,
    SetPhase,
    SetSchedule,
)
from itg.exchange.core import ladder
from itg.exchange.core.listing import Listing
from itg.exchange.core.placing import COLLECTING, refusal
from itg.exchange.core.uncross import indicate, uncross
from itg.exchange.core.venue import Venue
from itg.kernel.times import Nanos
from itg.kernel.words import CancelReason, Phase

AUCTIONS = (*COLLECTING, Phase.OPENING_AUCTION)
UNCROSSED_WHEN_LEFT = (Phase.OPENING_AUCTION, Phase.CLOSING_AUCTION)
# What an organizer may do; a schedule may jump.
LEGAL_MOVES = {
    Phase.CLOSED: {Phase.PRE_OPEN},
    Phase.PRE_OPEN: {Phase.OPENING_AUCTION, Phase.CONTINUOUS, Phase.CLOSED},
    Phase.OPENING_AUCTION: {Phase.CONTINUOUS},
    Phase.CONTINUOUS: {Phase.CLOSED},
    Phase.CLOSING_AUCTION: {Phase.CLOSED},
    Phase.HALTED: {Phase.CONTINUOUS, Phase.CLOSED},
}


def run_due(venue: Venue, now: Nanos) -> None:
    """Run every boundary and review at or before `now`, in order, each at its own time."""
    while (due_ns := venue.due_ns) is not None and due_ns <= now:
        venue.now = due_ns
        if venue.boundaries and venue.boundaries[0].at_ns == due_ns:
            _enter(venue, venue.boundaries.popleft().phase)
        else:
            ladder.review(venue)
    venue.now = now


def set_schedule(venue: Venue, command: SetSchedule) -> None:
    """Replace the boundaries to come and run those that are due."""
    assert venue.tick_ns, "configure before the schedule"
    times = [boundary.at_ns for boundary in command.boundaries]
    assert times == sorted(times), "boundaries ascend"
    venue.boundaries.clear()
    venue.boundaries.extend(command.boundaries)
    run_due(venue, venue.now)


def set_phase(venue: Venue, command: SetPhase) -> None:
    """Move the shard or one instrument, if the move is legal."""
    listing = None
    if command.instrument_id is not None:
        listing = venue.listings.get(command.instrument_id)
        if listing is None:
            detail = f"{command.instrument_id} is not listed"
            refused = refusal(INVALID_INSTRUMENT, detail, "instrument_id")
            venue.events.append(PhaseRejected(shard=venue.shard, refusal=refused))
            return
    current = venue.phase if listing is None else listing.phase
    if command.phase not in LEGAL_MOVES[current]:
        detail = f"from {current.value} the market cannot go to {command.phase.value}"
        refused = refusal(ILLEGAL_PHASE_MOVE, detail, "phase")
        venue.events.append(PhaseRejected(shard=venue.shard, refusal=refused))
    elif listing is None:
        _enter(venue, command.phase)
    else:
        _report(venue, command.phase, current, listing)
        listing.phase = command.phase
        _act(venue, listing, current, command.phase)


def _enter(venue: Venue, phase: Phase) -> None:
    previous = venue.phase
    before = [(listing, listing.phase) for listing in venue.listings.values()]
    venue.phase = phase
    if phase is not previous:
        _report(venue, phase, previous, None)
    for listing, was in before:
        listing.phase = phase
        if phase is previous and was is not phase:
            _report(venue, phase, was, listing)
        _act(venue, listing, was, phase)
    ladder.review(venue)


def _report(venue: Venue, phase: Phase, previous: Phase, listing: Listing | None) -> None:
    following = venue.boundaries[0] if venue.boundaries else None
    venue.events.append(
        PhaseChanged(
            shard=venue.shard,
            underlying_id=venue.underlying_id,
            phase=phase,
            previous=previous,
            instrument_id=None if listing is None else listing.instrument_id,
            next_phase=None if following is None else following.phase,
            next_at_ns=None if following is None else following.at_ns,
        )
    )


def _act(venue: Venue, listing: Listing, was: Phase, phase: Phase) -> None:
    if phase is was:
        return
    if was in UNCROSSED_WHEN_LEFT or (phase is Phase.CONTINUOUS and was in AUCTIONS):
        uncross(venue, listing)
    if phase is Phase.CLOSED:
        for order in listing.orders():
            venue.cancel(listing, order, CancelReason.MARKET_CLOSED)
        listing.indicative = None
        listing.previous_close, listing.last_price = listing.reference, None
    if phase in AUCTIONS:
        indicate(venue, listing)
