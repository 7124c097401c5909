"""The shard's own chain: which expiries and strikes are listed, and when that is looked at.

Strikes lie on a grid. Those beside spot must be listed; those far from it go overnight, unless
somebody holds them. The policy is arithmetic on a configuration; the state is the listings.
"""

from collections.abc import Collection, Iterator, Sequence

from itg.exchange.contract import (
    ConfigureLadder,
    InstrumentDelisted,
    InstrumentListed,
    ListedExpiry,
    ReportOpenInterest,
)
from itg.exchange.core.listing import Listing
from itg.exchange.core.venue import REVIEW, Venue
from itg.kernel.money import Price
from itg.kernel.series import option_of, strikes_around
from itg.kernel.times import Nanos
from itg.kernel.words import OptionRight, OptionTerms, Phase

_PPM = 1_000_000
REVIEWED_ON_ENTRY = (Phase.PRE_OPEN, Phase.CONTINUOUS)
REVIEWED_AGAIN = (Phase.CONTINUOUS, Phase.HALTED)


def configure(venue: Venue, command: ConfigureLadder) -> None:
    """Let the shard keep its own chain from the next review on."""
    assert command.underlying.shard == venue.shard
    assert command.strike_step > 0
    assert command.review_ns > 0
    times = [expiry.expires_ns for expiry in command.expiries]
    assert times == sorted(times), "expiries ascend"
    venue.ladder = command


def review(venue: Venue) -> None:
    """List what the phase just entered, or the time of day, asks for; name the next review."""
    ladder, spot = venue.ladder, venue.spots.get(venue.config.underlying_id)
    venue.review_ns = None
    if ladder is None:
        return
    if venue.phase in REVIEWED_AGAIN:
        venue.review_ns = review_ns = Nanos(venue.now + ladder.review_ns)
        venue.when(review_ns, REVIEW)
    if venue.phase in REVIEWED_ON_ENTRY and spot is not None:
        for expiry in expiries_to_list(ladder, venue.now):
            listed = [*chain_of(venue, expiry.expires_ns)]
            for strike in strikes_to_list(ladder, listed, spot):
                _list_strike(venue, ladder, expiry, strike)


def report_open_interest(venue: Venue, command: ReportOpenInterest) -> None:
    """Delist the far strikes of a closed shard that nobody holds; what expires now settles."""
    ladder, spot = venue.ladder, venue.spots.get(venue.config.underlying_id)
    if ladder is None or spot is None or venue.phase is not Phase.CLOSED:
        return
    held = dict(command.open_interest)
    for expires_ns in {o.expires_ns: None for o in _options(venue) if o.expires_ns > venue.now}:
        chain = chain_of(venue, expires_ns)
        held_strikes = [
            strike
            for strike, pair in chain.items()
            if any(listing.instrument_id in held for listing in pair)
        ]
        for strike in strikes_to_delist(ladder, [*chain], spot, held_strikes):
            for listing in chain[strike]:
                delist(venue, listing)


def expiries_to_list(ladder: ConfigureLadder, now: Nanos) -> Sequence[ListedExpiry]:
    """Return the nearest expiries still to come, as many as are listed at a time."""
    coming = [expiry for expiry in ladder.expiries if expiry.expires_ns > now]
    return coming[: ladder.expiries_listed]


def strikes_to_list(ladder: ConfigureLadder, listed: Collection[Price], spot: int) -> list[Price]:
    """Return the strikes an expiry lacks, ascending; the nearest first where not all have room.

    An expiry without strikes begins with `strikes_at_start`.
    """
    wanted = strikes_beside(ladder, spot)
    if not listed:
        wanted += strikes_around(Price(spot), ladder.strike_step, ladder.strikes_at_start)
    missing = [strike for strike in dict.fromkeys(wanted) if strike not in listed]
    missing.sort(key=lambda strike: (abs(strike - spot), strike))
    return sorted(missing[: max(ladder.strikes_max - len(listed), 0)])


def strikes_to_delist(
    ladder: ConfigureLadder, listed: Sequence[Price], spot: int, held: Collection[Price]
) -> list[Price]:
    """Return the strikes that are far from spot, not held, and not beside it on a coarse grid."""
    kept = (*held, *strikes_beside(ladder, spot))
    far = [strike for strike in listed if abs(strike - spot) * _PPM > ladder.delist_ppm * spot]
    return [strike for strike in far if strike not in kept]


def strikes_beside(ladder: ConfigureLadder, spot: int) -> list[Price]:
    """Return the nearest strikes below and above spot that must be listed, ascending."""
    step, count = ladder.strike_step, ladder.strikes_each_side
    below, above = (spot - 1) // step, spot // step + 1
    rungs = (*range(max(below - count + 1, 1), below + 1), *range(above, above + count))
    return [Price(step * rung) for rung in rungs]


def chain_of(venue: Venue, expires_ns: Nanos) -> dict[Price, list[Listing]]:
    """Return an expiry's listings by strike, in listing order."""
    chain: dict[Price, list[Listing]] = {}
    for listing in venue.listings.values():
        option = listing.instrument.option
        if option and option.expires_ns == expires_ns:
            chain.setdefault(option.strike, []).append(listing)
    return chain


def delist(venue: Venue, listing: Listing) -> None:
    """End a book that nothing stands in any more."""
    instrument_id = listing.instrument_id
    assert not listing.resting(), f"orders are left in {instrument_id}"
    del venue.listings[instrument_id]
    venue.changed.pop(instrument_id, None)
    told = InstrumentDelisted(shard=venue.shard, instrument_id=instrument_id)
    venue.events.append(told)
    venue.relisted.append(told)


def _list_strike(
    venue: Venue, ladder: ConfigureLadder, expiry: ListedExpiry, strike: Price
) -> None:
    for right in OptionRight:
        terms = OptionTerms(
            right=right,
            strike=strike,
            expiry_date=expiry.expiry_date,
            expires_ns=expiry.expires_ns,
        )
        instrument = option_of(ladder.underlying, terms)
        assert instrument.instrument_id not in venue.listings
        listing = Listing(instrument, None, venue.phase)
        venue.listings[instrument.instrument_id] = listing
        told = InstrumentListed(shard=venue.shard, instrument=instrument)
        venue.events.append(told)
        venue.relisted.append(told)


def _options(venue: Venue) -> Iterator[OptionTerms]:
    for listing in venue.listings.values():
        if listing.instrument.option:
            yield listing.instrument.option
