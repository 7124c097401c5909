"""Halts: trading stops, of all or of one instrument, and reopens by auction."""

from itg.exchange.contract import (
    ILLEGAL_PHASE_MOVE,
    NOT_HALTED,
    HaltRejected,
    HaltTrading,
    ResumeTrading,
    TradingHalted,
    TradingResumed,
)
from itg.exchange.core.checking import CONTINUOUS, not_listed, refusal
from itg.exchange.core.guarding import cancel_held, drop_guard
from itg.exchange.core.listing import Listing
from itg.exchange.core.phasing import move_listing, report
from itg.exchange.core.venue import HALT_END, Venue
from itg.kernel.errors import Refusal
from itg.kernel.times import Nanos
from itg.kernel.words import CancelReason, HaltCause, Phase

HALTED = Phase.HALTED


def halt(venue: Venue, command: HaltTrading) -> None:
    """Halt on an organizer's word."""
    listing = _named(venue, command)
    if isinstance(listing, Refusal):
        venue.events.append(HaltRejected(shard=venue.shard, refusal=listing))
        return
    phase = venue.phase if listing is None else listing.phase
    if phase is not CONTINUOUS:
        detail = f"in phase {phase.value} nothing trades that could be halted"
        refused = refusal(ILLEGAL_PHASE_MOVE, detail, "instrument_id" if listing else None)
        venue.events.append(HaltRejected(shard=venue.shard, refusal=refused))
        return
    resumes_ns = None if command.halt_ns is None else Nanos(venue.now + command.halt_ns)
    if listing is None:
        halt_shard(venue, HaltCause.ORGANIZER, resumes_ns)
    else:
        _halt_listing(venue, listing, resumes_ns)


def resume(venue: Venue, command: ResumeTrading) -> None:
    """End a halt on an organizer's word."""
    listing = _named(venue, command)
    if isinstance(listing, Refusal):
        venue.events.append(HaltRejected(shard=venue.shard, refusal=listing))
    elif listing is None and venue.phase is HALTED:
        resume_shard(venue)
    elif listing is not None and listing.own_halt is not None:
        resume_listing(venue, listing)
    else:
        what = "the market" if listing is None else listing.instrument_id
        refused = refusal(NOT_HALTED, f"{what} has no halt of its own to end")
        venue.events.append(HaltRejected(shard=venue.shard, refusal=refused))


def halt_shard(venue: Venue, cause: HaltCause, resumes_ns: Nanos | None) -> None:
    """Halt every instrument that trades, or is about to open."""
    drop_guard(venue, CancelReason.HALTED)
    venue.halt_cause, venue.resumes_ns = cause, resumes_ns
    _tell(venue, None, cause, resumes_ns)
    previous, venue.phase = venue.phase, HALTED
    report(venue, HALTED, previous, None)
    for listing in venue.listings.values():
        if listing.phase is CONTINUOUS or listing.opens_ns is not None:
            was, listing.phase = listing.phase, HALTED
            listing.opens_ns = None
            move_listing(venue, listing, was)


def resume_shard(venue: Venue) -> None:
    """Reopen everything the shard's halt stopped."""
    venue.halt_cause = venue.resumes_ns = None
    venue.events.append(TradingResumed(shard=venue.shard, underlying_id=venue.config.underlying_id))
    venue.moves.clear()
    venue.phase = CONTINUOUS
    venue.await_prices(venue.now)
    report(venue, CONTINUOUS, HALTED, None)
    reopening = [x for x in venue.listings.values() if x.phase is HALTED and x.own_halt is None]
    for listing in reopening:
        listing.phase = CONTINUOUS
        move_listing(venue, listing, HALTED)


def resume_listing(venue: Venue, listing: Listing) -> None:
    """Reopen one instrument, or let it wait for its shard."""
    listing.own_halt = listing.resumes_ns = None
    venue.events.append(
        TradingResumed(
            shard=venue.shard,
            underlying_id=venue.config.underlying_id,
            instrument_id=listing.instrument_id,
        )
    )
    if venue.phase is not HALTED:
        report(venue, CONTINUOUS, HALTED, listing)
        listing.phase = CONTINUOUS
        move_listing(venue, listing, HALTED)


def halt_if_stale(venue: Venue) -> None:
    """Halt until prices come where none have for too long; else look again when they might be."""
    venue.stale_ns = None
    after_ns = venue.config.stale_halt_ns
    assert after_ns is not None, "nothing falls due without it"
    if venue.phase is not CONTINUOUS:
        return
    if venue.prices_ns + after_ns <= venue.now:
        halt_shard(venue, HaltCause.STALE_PRICES, None)
    else:
        venue.await_prices(venue.prices_ns)


def see_life(venue: Venue) -> None:
    """Note that prices have come; reopen what was halted without them."""
    venue.prices_ns = venue.now
    if venue.halt_cause is HaltCause.STALE_PRICES:
        resume_shard(venue)
    venue.await_prices(venue.now)


def _halt_listing(venue: Venue, listing: Listing, resumes_ns: Nanos | None) -> None:
    cancel_held(venue, listing, CancelReason.HALTED)
    cause = HaltCause.ORGANIZER
    listing.own_halt, listing.resumes_ns = cause, resumes_ns
    _tell(venue, listing, cause, resumes_ns)
    report(venue, HALTED, CONTINUOUS, listing)
    listing.phase = HALTED
    move_listing(venue, listing, CONTINUOUS)


def _tell(venue: Venue, listing: Listing | None, cause: HaltCause, at_ns: Nanos | None) -> None:
    instrument_id = None if listing is None else listing.instrument_id
    if at_ns is not None:
        venue.when(at_ns, HALT_END, instrument_id=instrument_id or "")
    venue.events.append(
        TradingHalted(
            shard=venue.shard,
            underlying_id=venue.config.underlying_id,
            instrument_id=instrument_id,
            halt_cause=cause,
            resumes_ns=at_ns,
        )
    )


def _named(venue: Venue, command: HaltTrading | ResumeTrading) -> Listing | Refusal | None:
    if command.instrument_id is None:
        return None
    return venue.listings.get(command.instrument_id) or not_listed(command.instrument_id)
