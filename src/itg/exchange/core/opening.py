"""What a shard is told once, before it trades."""

from itg.exchange.contract import (
    AUCTION_ORDERS,
    ConfigureExchange,
    InstrumentListed,
    ListInstrument,
)
from itg.exchange.core.auction import AUCTION_STRATEGIES
from itg.exchange.core.listing import Listing
from itg.exchange.core.venue import Venue


def configure(venue: Venue, command: ConfigureExchange) -> None:
    """Set how the shard matches."""
    assert command.auction_rule in AUCTION_STRATEGIES, command.auction_rule
    assert command.auction_order in AUCTION_ORDERS, command.auction_order
    assert command.tick_ns > 0, "time-based checks need an interval"
    assert not venue.listings, "configure before listing"
    venue.configure(command)


def list_instrument(venue: Venue, command: ListInstrument) -> None:
    """Open a book in the shard's phase; a second listing changes nothing."""
    instrument = command.instrument
    if instrument.instrument_id not in venue.listings:
        venue.listings[instrument.instrument_id] = Listing(
            instrument, command.previous_close, venue.phase
        )
        venue.events.append(InstrumentListed(shard=venue.shard, instrument=instrument))
