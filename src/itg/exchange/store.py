"""The snapshot of a shard: every order in its queue's order, and the counters behind the ids."""

from msgspec import Struct, msgpack

from itg.exchange.contract import ConfigureLadder, TradeExecuted
from itg.exchange.core.auction import Clearing
from itg.exchange.core.book import Order
from itg.exchange.core.listing import Listing
from itg.exchange.core.venue import Venue
from itg.kernel.ids import AccountId, InstrumentId, OrderId, TradeId, UnderlyingId
from itg.kernel.times import Nanos
from itg.kernel.words import Instrument, Phase, PhaseBoundary, SelfTradePolicy


class OrderRow(Struct, frozen=True, array_like=True):
    """A live order."""

    order_id: OrderId
    account_id: AccountId
    is_buy: bool
    price: int | None
    quantity: int
    leaves: int
    filled: int
    stp: SelfTradePolicy
    post_only: bool
    is_quote: bool
    tag: str
    revision: int
    priority_seq: int


class ListingRow(Struct, frozen=True, array_like=True):
    """A listing with its orders, best price first, oldest first within each."""

    instrument: Instrument
    phase: Phase
    previous_close: int | None
    last_price: int | None
    book_seq: int
    indicative: Clearing | None
    orders: list[OrderRow]


class VenueRow(Struct, frozen=True, array_like=True):
    """A shard."""

    underlying_id: UnderlyingId
    continuous_rule: str
    auction_rule: str
    tick_ns: int
    now: Nanos
    phase: Phase
    boundaries: list[PhaseBoundary]
    last_order_id: int
    last_trade_id: int
    last_priority: int
    listings: list[ListingRow]
    quotes: list[tuple[str, InstrumentId, OrderId | None, OrderId | None]]
    order_ids: list[OrderId]  # in the order the shard's table holds them
    trades: list[tuple[Nanos, TradeExecuted]]
    busted: list[TradeId]
    ladder: ConfigureLadder | None
    review_ns: Nanos | None
    spots: dict[UnderlyingId, int]


_encoder = msgpack.Encoder()
_decoder = msgpack.Decoder(VenueRow)


def encode(venue: Venue) -> bytes:
    """Return the shard's whole state; equal states give equal bytes."""
    assert not venue.events, "a snapshot is taken between messages"
    return _encoder.encode(
        VenueRow(
            underlying_id=venue.underlying_id,
            continuous_rule=venue.continuous_rule,
            auction_rule=venue.auction_rule,
            tick_ns=venue.tick_ns,
            now=venue.now,
            phase=venue.phase,
            boundaries=list(venue.boundaries),
            last_order_id=venue.last_order_id,
            last_trade_id=venue.last_trade_id,
            last_priority=venue.last_priority,
            listings=[_listing_row(listing) for listing in venue.listings.values()],
            quotes=[(*key, *sides) for key, sides in venue.quotes.items()],
            order_ids=list(venue.orders),
            trades=list(venue.trades),
            busted=venue.busted,
            ladder=venue.ladder,
            review_ns=venue.review_ns,
            spots=venue.spots,
        )
    )


def decode_into(venue: Venue, data: bytes) -> None:
    """Replace a shard's state by a snapshot's."""
    row = _decoder.decode(data)
    venue.underlying_id = row.underlying_id
    venue.continuous_rule, venue.auction_rule = row.continuous_rule, row.auction_rule
    venue.tick_ns, venue.now, venue.phase = row.tick_ns, row.now, row.phase
    venue.boundaries.clear()
    venue.boundaries.extend(row.boundaries)
    venue.last_order_id, venue.last_trade_id = row.last_order_id, row.last_trade_id
    venue.last_priority = row.last_priority
    venue.listings = {}
    orders: dict[OrderId, Order] = {}
    for held in row.listings:
        listing = _listing(held)
        venue.listings[listing.instrument_id] = listing
        orders.update((order.order_id, order) for order in listing.orders())
    venue.orders = {order_id: orders[order_id] for order_id in row.order_ids}
    venue.quotes = {
        (account_id, instrument_id): (bid, ask)
        for account_id, instrument_id, bid, ask in row.quotes
    }
    venue.trades.clear()
    venue.trades.extend(row.trades)
    venue.busted, venue.spots = row.busted, row.spots
    venue.ladder, venue.review_ns = row.ladder, row.review_ns


def _listing_row(listing: Listing) -> ListingRow:
    indicative = listing.indicative
    return ListingRow(
        instrument=listing.instrument,
        phase=listing.phase,
        previous_close=listing.previous_close,
        last_price=listing.last_price,
        book_seq=listing.book_seq,
        indicative=indicative,
        orders=[_order_row(order) for order in listing.orders()],
    )


def _order_row(order: Order) -> OrderRow:
    return OrderRow(
        order.order_id,
        order.account_id,
        order.is_buy,
        order.price,
        order.quantity,
        order.leaves,
        order.filled,
        order.stp,
        order.post_only,
        order.is_quote,
        order.tag,
        order.revision,
        order.priority_seq,
    )


def _listing(row: ListingRow) -> Listing:
    listing = Listing(row.instrument, row.previous_close, row.phase)
    listing.last_price = row.last_price
    listing.book_seq = row.book_seq
    listing.indicative = row.indicative
    for held in row.orders:
        listing.rest(_order(held, listing.instrument_id))
    listing.bids.touched.clear()
    listing.asks.touched.clear()
    return listing


def _order(row: OrderRow, instrument_id: InstrumentId) -> Order:
    order = Order(
        row.order_id, row.account_id, instrument_id, row.is_buy, row.price, row.quantity, row.stp
    )
    order.leaves, order.filled = row.leaves, row.filled
    order.post_only, order.is_quote, order.tag = row.post_only, row.is_quote, row.tag
    order.revision, order.priority_seq = row.revision, row.priority_seq
    return order
