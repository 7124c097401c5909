"""The organizer's moves: one phase to the next, of the shard or of one instrument."""

from itg.exchange.contract import (
    ILLEGAL_PHASE_MOVE,
    HaltTrading,
    PhaseRejected,
    ResumeTrading,
    SetPhase,
)
from itg.exchange.core.checking import CONTINUOUS, not_listed, refusal
from itg.exchange.core.entering import activate_held
from itg.exchange.core.guarding import cancel_held
from itg.exchange.core.halting import HALTED, halt, resume
from itg.exchange.core.listing import Listing
from itg.exchange.core.phasing import enter_phase, force_opening, move_listing, report
from itg.exchange.core.venue import Venue
from itg.kernel.errors import Refusal
from itg.kernel.words import CancelReason, Phase

CLOSED = Phase.CLOSED
# What an organizer may do; a schedule may jump.
LEGAL_MOVES = {
    CLOSED: {Phase.PRE_OPEN},
    Phase.PRE_OPEN: {Phase.OPENING_AUCTION, CONTINUOUS, CLOSED},
    Phase.OPENING_AUCTION: {CONTINUOUS},
    CONTINUOUS: {Phase.CLOSING_AUCTION, CLOSED, HALTED},
    Phase.CLOSING_AUCTION: {CLOSED},
    HALTED: {CONTINUOUS, CLOSED},
}


def set_phase(venue: Venue, command: SetPhase) -> None:
    """Move the shard or one instrument, if the move is legal."""
    listing = None
    if command.instrument_id is not None:
        listing = venue.listings.get(command.instrument_id)
        if listing is None:
            _reject(venue, not_listed(command.instrument_id))
            return
    current = venue.phase if listing is None else listing.phase
    phase, instrument_id = command.phase, command.instrument_id
    waits = phase is CONTINUOUS and listing is not None and _waits_for_shard(venue, listing)
    if phase not in LEGAL_MOVES[current] or waits:
        detail = f"from {current.value} the market cannot go to {phase.value}"
        _reject(venue, refusal(ILLEGAL_PHASE_MOVE, detail, "phase"))
    elif phase is HALTED:
        halt(venue, HaltTrading(shard=venue.shard, instrument_id=instrument_id))
    elif phase is CONTINUOUS and listing is not None and listing.opens_ns is not None:
        force_opening(venue, listing)
    elif current is HALTED and phase is CONTINUOUS:
        resume(venue, ResumeTrading(shard=venue.shard, instrument_id=instrument_id))
    elif listing is None:
        enter_phase(venue, phase)
    else:
        _move_one(venue, listing, phase)


def _waits_for_shard(venue: Venue, listing: Listing) -> bool:
    """Tell whether an instrument is halted with its shard, and reopens with it alone."""
    return listing.phase is HALTED and venue.phase is HALTED


def _move_one(venue: Venue, listing: Listing, phase: Phase) -> None:
    was, listing.phase = listing.phase, phase
    report(venue, phase, was, listing)
    listing.opens_ns = listing.own_halt = listing.resumes_ns = None
    if phase is CLOSED:
        cancel_held(venue, listing, CancelReason.MARKET_CLOSED)
    for order in [o for o in venue.held.values() if o.instrument_id == listing.instrument_id]:
        activate_held(venue, listing, order)
    move_listing(venue, listing, was)


def _reject(venue: Venue, refused: Refusal) -> None:
    venue.events.append(PhaseRejected(shard=venue.shard, refusal=refused))
