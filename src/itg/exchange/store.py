"""The snapshot of a shard: every order in its queue's order, and the counters behind the ids."""

from collections.abc import Iterable, Iterator

from msgspec import Struct, msgpack

from itg.exchange.contract import ConfigureExchange, ConfigureLadder, MassCancel, TradeExecuted
from itg.exchange.core.auction import Clearing
from itg.exchange.core.book import PLAIN, Order, Terms
from itg.exchange.core.listing import Listing
from itg.exchange.core.price_window import PriceWindow
from itg.exchange.core.venue import AUCTION_TIMES, Due, Venue
from itg.kernel.ids import AccountId, InstrumentId, OrderId, TradeId, UnderlyingId
from itg.kernel.money import Price, Quantity
from itg.kernel.times import Nanos
from itg.kernel.words import (
    Activation,
    HaltCause,
    Instrument,
    Phase,
    PhaseBoundary,
    SelfTradePolicy,
    Side,
)


class OrderRow(Struct, frozen=True, array_like=True):
    """A live order, in the book or beside it; no terms: a plain one."""

    order_id: OrderId
    account_id: AccountId
    is_buy: bool
    price: int | None
    quantity: int
    leaves: int
    hidden: int
    stp: SelfTradePolicy
    is_quote: bool
    revision: int
    priority_seq: int
    terms: Terms | None


class ListingRow(Struct, frozen=True, array_like=True):
    """A listing with its orders, best price first, oldest first within each."""

    instrument: Instrument
    phase: Phase
    previous_close: int | None
    last_price: int | None
    book_seq: int
    auction_number: int
    indicative: Clearing | None
    theory: int | None
    vega: int
    opens_ns: Nanos | None
    own_halt: HaltCause | None
    resumes_ns: Nanos | None
    deferred: list[MassCancel]
    resting: list[OrderRow]
    stops: list[OrderRow]
    closers: list[OrderRow]


class TradeRow(Struct, frozen=True, array_like=True):
    """A trade of the tape, with its parties."""

    game_ns: Nanos
    trade_id: TradeId
    instrument_id: InstrumentId
    price: Price
    quantity: Quantity
    aggressor_side: Side
    maker_order_id: OrderId
    maker_account_id: AccountId
    taker_order_id: OrderId
    taker_account_id: AccountId
    is_auction: bool


class VenueRow(Struct, frozen=True, array_like=True):
    """A shard."""

    config: ConfigureExchange
    now: Nanos
    phase: Phase
    boundaries: list[PhaseBoundary]
    dues: list[Due]
    is_ticking: bool
    halt_cause: HaltCause | None
    resumes_ns: Nanos | None
    guard_ends_ns: Nanos | None
    is_guard_extended: bool
    spots: list[tuple[UnderlyingId, int]]
    moves: list[
        tuple[UnderlyingId, list[tuple[Nanos, int]], list[tuple[Nanos, int]]]
    ]  # lows, highs
    last_order_id: int
    last_trade_id: int
    last_priority: int
    listings: list[ListingRow]
    held: list[tuple[InstrumentId, OrderRow]]
    quotes: list[tuple[str, InstrumentId, OrderId | None, OrderId | None]]
    order_ids: list[OrderId]  # in the order the shard's table holds them
    trades: list[TradeRow]
    busted: list[TradeId]
    ladder: ConfigureLadder | None
    review_ns: Nanos | None
    prices_ns: Nanos = Nanos(0)
    stale_ns: Nanos | None = None
    adjusted: list[tuple[TradeId, Price]] = []  # of the busted, those that have a price


_encoder = msgpack.Encoder()
_decoder = msgpack.Decoder(VenueRow)


def encode(venue: Venue) -> bytes:
    """Return the shard's whole state; equal states give equal bytes."""
    assert not venue.events, "a snapshot is taken between messages"
    return _encoder.encode(
        VenueRow(
            config=venue.config,
            now=venue.now,
            phase=venue.phase,
            boundaries=list(venue.boundaries),
            dues=sorted(venue.dues),
            is_ticking=venue.is_ticking,
            halt_cause=venue.halt_cause,
            resumes_ns=venue.resumes_ns,
            guard_ends_ns=venue.guard_ends_ns,
            is_guard_extended=venue.is_guard_extended,
            spots=list(venue.spots.items()),
            moves=[(name, list(seen.lows), list(seen.highs)) for name, seen in venue.moves.items()],
            last_order_id=venue.last_order_id,
            last_trade_id=venue.last_trade_id,
            last_priority=venue.last_priority,
            listings=[_listing_row(listing) for listing in venue.listings.values()],
            held=[(order.instrument_id, _order_row(order)) for order in venue.held.values()],
            quotes=[(*key, *sides) for key, sides in venue.quotes.items()],
            order_ids=list(venue.orders),
            trades=[_trade_row(game_ns, trade) for game_ns, trade in venue.trades],
            busted=list(venue.busted),
            ladder=venue.ladder,
            review_ns=venue.review_ns,
            prices_ns=venue.prices_ns,
            stale_ns=venue.stale_ns,
            adjusted=[(name, price) for name, price in venue.busted.items() if price is not None],
        )
    )


def decode_into(venue: Venue, data: bytes) -> None:
    """Replace a shard's state by a snapshot's."""
    row = _decoder.decode(data)
    venue.configure(row.config)
    venue.now, venue.phase = row.now, row.phase
    venue.boundaries.clear()
    venue.boundaries.extend(row.boundaries)
    # A sorted list is a heap.
    venue.dues[:] = row.dues
    venue.is_rearmed, venue.is_ticking = False, row.is_ticking
    venue.halt_cause, venue.resumes_ns = row.halt_cause, row.resumes_ns
    venue.guard_ends_ns = row.guard_ends_ns
    venue.is_guard_extended = row.is_guard_extended
    venue.spots = dict(row.spots)
    venue.moves = {name: PriceWindow(lows, highs) for name, lows, highs in row.moves}
    venue.last_order_id, venue.last_trade_id = row.last_order_id, row.last_trade_id
    venue.last_priority = row.last_priority
    venue.listings = {}
    orders: dict[OrderId, Order] = {}
    for listed in row.listings:
        listing = _listing(listed, orders)
        venue.listings[listing.instrument_id] = listing
    held = [_order(order, instrument_id) for instrument_id, order in row.held]
    venue.held = {order.order_id: order for order in held}
    for order in held:
        order.pending = Activation.JUMP_GUARD
    orders.update(venue.held)
    venue.orders = {order_id: orders[order_id] for order_id in row.order_ids}
    venue.quotes = {
        (account_id, instrument_id): (bid, ask)
        for account_id, instrument_id, bid, ask in row.quotes
    }
    venue.trades.clear()
    venue.trades.extend(_trade(venue, trade) for trade in row.trades)
    adjusted = dict(row.adjusted)
    venue.busted = {busted: adjusted.get(busted) for busted in row.busted}
    venue.ladder, venue.review_ns = row.ladder, row.review_ns
    venue.prices_ns, venue.stale_ns = row.prices_ns, row.stale_ns


def _listing_row(listing: Listing) -> ListingRow:
    return ListingRow(
        instrument=listing.instrument,
        phase=listing.phase,
        previous_close=listing.previous_close,
        last_price=listing.last_price,
        book_seq=listing.book_seq,
        auction_number=listing.auction_number,
        indicative=listing.indicative,
        theory=listing.theory,
        vega=listing.vega,
        opens_ns=listing.opens_ns,
        own_halt=listing.own_halt,
        resumes_ns=listing.resumes_ns,
        deferred=listing.deferred,
        resting=_order_rows(listing.resting()),
        stops=_order_rows(listing.stops),
        closers=_order_rows(listing.closers.values()),
    )


def _order_rows(orders: Iterable[Order]) -> list[OrderRow]:
    return [_order_row(order) for order in orders]


def _order_row(order: Order) -> OrderRow:
    return OrderRow(
        order.order_id,
        order.account_id,
        order.is_buy,
        order.price,
        order.quantity,
        order.leaves,
        order.hidden,
        order.stp,
        order.is_quote,
        order.revision,
        order.priority_seq,
        None if order.terms is PLAIN else order.terms,
    )


def _trade_row(game_ns: Nanos, trade: TradeExecuted) -> TradeRow:
    return TradeRow(
        game_ns,
        trade.trade_id,
        trade.instrument_id,
        trade.price,
        trade.quantity,
        trade.aggressor_side,
        trade.maker_order_id,
        trade.maker_account_id,
        trade.taker_order_id,
        trade.taker_account_id,
        trade.is_auction,
    )


def _listing(row: ListingRow, orders: dict[OrderId, Order]) -> Listing:
    listing = Listing(row.instrument, row.previous_close, row.phase)
    listing.last_price = row.last_price
    listing.book_seq, listing.auction_number = row.book_seq, row.auction_number
    listing.indicative = row.indicative
    listing.theory, listing.vega = row.theory, row.vega
    listing.opens_ns = row.opens_ns
    listing.own_halt, listing.resumes_ns = row.own_halt, row.resumes_ns
    listing.deferred = row.deferred
    for order in _orders(row.resting, listing, orders):
        listing.home(order).add(order)
        if order.terms.time_in_force in AUCTION_TIMES:
            listing.auction_only[order.order_id] = order
    for order in _orders(row.stops, listing, orders):
        listing.hold(order, Activation.STOP)
    for order in _orders(row.closers, listing, orders):
        listing.hold(order, Activation.CLOSING_AUCTION)
    for side in (listing.bids, listing.asks, listing.market_bids, listing.market_asks):
        side.touched.clear()
    return listing


def _orders(
    rows: Iterable[OrderRow], listing: Listing, orders: dict[OrderId, Order]
) -> Iterator[Order]:
    for row in rows:
        order = orders[row.order_id] = _order(row, listing.instrument_id)
        yield order


def _order(row: OrderRow, instrument_id: InstrumentId) -> Order:
    order = Order(
        row.order_id,
        row.account_id,
        instrument_id,
        row.is_buy,
        row.price,
        row.quantity,
        row.stp,
        PLAIN if row.terms is None else row.terms,
    )
    order.leaves, order.hidden = row.leaves, row.hidden
    order.is_quote, order.revision = row.is_quote, row.revision
    order.priority_seq = row.priority_seq
    return order


def _trade(venue: Venue, row: TradeRow) -> tuple[Nanos, TradeExecuted]:
    return row.game_ns, TradeExecuted(
        shard=venue.shard,
        trade_id=row.trade_id,
        instrument_id=row.instrument_id,
        price=row.price,
        quantity=row.quantity,
        aggressor_side=row.aggressor_side,
        maker_order_id=row.maker_order_id,
        maker_account_id=row.maker_account_id,
        taker_order_id=row.taker_order_id,
        taker_account_id=row.taker_account_id,
        is_auction=row.is_auction,
    )
