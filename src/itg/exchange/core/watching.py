"""What the exchange makes of the simulated market: theory for the collar, halts, the jump guard."""

from collections.abc import Sequence
from typing import Protocol

from itg.exchange.core.checking import CONTINUOUS
from itg.exchange.core.collar import PPM
from itg.exchange.core.guarding import open_guard
from itg.exchange.core.halting import halt_shard, see_life
from itg.exchange.core.listing import Listing
from itg.exchange.core.price_window import PriceWindow
from itg.exchange.core.venue import Venue
from itg.kernel.ids import InstrumentId, UnderlyingId
from itg.kernel.money import Price
from itg.kernel.times import Nanos
from itg.kernel.words import HaltCause


class Spot(Protocol):
    """One underlying's noise-free price."""

    @property
    def underlying_id(self) -> UnderlyingId: ...
    @property
    def spot_price(self) -> Price: ...


class Step(Protocol):
    """The prices of one step; they count where they move."""

    @property
    def prices(self) -> Sequence[Spot]: ...
    @property
    def is_moving(self) -> bool: ...


class Mark(Protocol):
    """An option's theory; vega in 1e-6 USD per volatility point."""

    @property
    def instrument_id(self) -> InstrumentId: ...
    @property
    def mark_price(self) -> Price: ...
    @property
    def vega(self) -> int: ...


class Marks(Protocol):
    """The theory of many instruments."""

    @property
    def marks(self) -> Sequence[Mark]: ...


def see_prices(venue: Venue, event: Step) -> None:
    """Follow the underlyings, this shard's and all others; guard or halt where they jump."""
    before = dict(venue.spots)
    for price in event.prices:
        venue.spots[price.underlying_id] = price.spot_price
        listing = venue.listings.get(InstrumentId(price.underlying_id))
        if listing is not None and not listing.is_option:
            _value(venue, listing, price.spot_price, 0)
    see_life(venue)
    if not event.is_moving or venue.phase is not CONTINUOUS:
        return
    if _has_moved(venue):
        halt = venue.config.market_breaker
        assert halt is not None
        halt_shard(venue, HaltCause.PRICE_MOVE, Nanos(venue.now + halt.halt_ns))
        return
    guard = venue.config.jump_guard
    if guard is not None and any(
        abs(venue.spots[underlying_id] - spot) * PPM > guard.step_ppm * spot
        for underlying_id, spot in before.items()
    ):
        open_guard(venue)


def see_marks(venue: Venue, event: Marks) -> None:
    """Take over the theory of this shard's options."""
    listings = venue.listings
    for mark in event.marks:
        listing = listings.get(mark.instrument_id)
        if listing is not None and listing.is_option:
            _value(venue, listing, mark.mark_price, mark.vega)


def _value(venue: Venue, listing: Listing, theory: int, vega: int) -> None:
    listing.theory, listing.vega = theory, vega
    if listing.opens_ns is not None:
        # Its auction may be near enough now.
        venue.changed[listing.instrument_id] = None


def _has_moved(venue: Venue) -> bool:
    """Tell whether any underlying is too far from where it was within the window."""
    halt = venue.config.market_breaker
    if halt is None:
        return False
    oldest_ns = Nanos(venue.now - halt.window_ns)
    has_moved = False
    for underlying_id, spot in venue.spots.items():
        window = venue.moves.get(underlying_id)
        if window is None:
            window = venue.moves[underlying_id] = PriceWindow()
        window.forget_before(oldest_ns)
        extremes = window.extremes()
        if extremes is not None:
            low, high = extremes
            has_moved |= (spot - low) * PPM >= halt.move_ppm * low
            has_moved |= (high - spot) * PPM >= halt.move_ppm * high
        window.see(venue.now, spot)
    return has_moved
