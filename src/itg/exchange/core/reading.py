"""Detached answers from the books."""

from collections.abc import Iterator
from itertools import islice

from itg.exchange.contract import (
    BookMissing,
    BookSnapshot,
    BookSnapshots,
    ExchangeStatus,
    GetBook,
    GetBooks,
    GetExchangeStatus,
    GetInstruments,
    GetQueueAhead,
    GetTrades,
    Halt,
    Instruments,
    PublicTrade,
    PublicTrades,
    QueueAhead,
)
from itg.exchange.core.listing import Listing
from itg.exchange.core.uncross import imbalance_side
from itg.exchange.core.venue import Venue
from itg.kernel.ids import OrderId, Seq
from itg.kernel.money import Price


def book(venue: Venue, query: GetBook) -> BookSnapshot | BookMissing:
    """Return a book as of its last delta."""
    listing = venue.listings.get(query.instrument_id)
    if listing is None:
        return BookMissing(instrument_id=query.instrument_id)
    return _snapshot(listing, query.depth_levels)


def books(venue: Venue, query: GetBooks) -> BookSnapshots:
    """Return every book, in listing order."""
    listings = venue.listings.values()
    return BookSnapshots(
        books=tuple(_snapshot(listing, query.depth_levels) for listing in listings)
    )


def status(venue: Venue, query: GetExchangeStatus) -> ExchangeStatus:
    """Return the phases now and the boundary to come."""
    following = venue.boundaries[0] if venue.boundaries else None
    return ExchangeStatus(
        shard=query.shard,
        underlying_id=venue.config.underlying_id,
        phase=venue.phase,
        next_phase=None if following is None else following.phase,
        next_at_ns=None if following is None else following.at_ns,
        instrument_phases=tuple(
            (listing.instrument_id, listing.phase)
            for listing in venue.listings.values()
            if listing.phase is not venue.phase
        ),
        halts=tuple(_halts(venue)),
        guard_ends_ns=venue.guard_ends_ns,
    )


def _halts(venue: Venue) -> Iterator[Halt]:
    if venue.halt_cause is not None:
        yield Halt(halt_cause=venue.halt_cause, resumes_ns=venue.resumes_ns)
    for listing in venue.listings.values():
        if listing.own_halt is not None:
            yield Halt(
                instrument_id=listing.instrument_id,
                halt_cause=listing.own_halt,
                resumes_ns=listing.resumes_ns,
            )


def instruments(venue: Venue, _query: GetInstruments) -> Instruments:
    """Return what is listed, in listing order."""
    return Instruments(instruments=tuple(listing.instrument for listing in venue.listings.values()))


def trades(venue: Venue, query: GetTrades) -> PublicTrades:
    """Return a page of the tape, oldest first."""
    after = -1 if query.after_trade_id is None else query.after_trade_id
    found = (
        PublicTrade(
            trade_id=trade.trade_id,
            instrument_id=trade.instrument_id,
            price=trade.price,
            quantity=trade.quantity,
            aggressor_side=trade.aggressor_side,
            is_auction=trade.is_auction,
            game_ns=game_ns,
            is_busted=venue.busted.get(trade.trade_id, trade.price) is None,
            adjusted_price=venue.busted.get(trade.trade_id),
        )
        for game_ns, trade in venue.trades
        if trade.trade_id > after and query.instrument_id in (None, trade.instrument_id)
    )
    return PublicTrades(trades=tuple(islice(found, query.count)))


def queue_ahead(venue: Venue, query: GetQueueAhead) -> QueueAhead:
    """Return what is shown before each of these orders at its price; of others nothing is told."""
    ahead: dict[OrderId, int] = {}
    for order_id in query.order_ids:
        order = venue.orders.get(order_id)
        if order is None or order.level is None:
            continue
        before, total = order.before, 0
        while before is not None:
            total += before.leaves - before.hidden
            before = before.before
        ahead[order_id] = total
    return QueueAhead(ahead=ahead)


def _snapshot(listing: Listing, depth_levels: int | None) -> BookSnapshot:
    indicative = listing.indicative
    return BookSnapshot(
        instrument_id=listing.instrument_id,
        book_seq=Seq(listing.book_seq),
        phase=listing.phase,
        bids=listing.bids.rows(depth_levels),
        asks=listing.asks.rows(depth_levels),
        indicative_price=None if indicative is None else Price(indicative.price),
        indicative_quantity=0 if indicative is None else indicative.volume,
        imbalance_quantity=0 if indicative is None else abs(indicative.surplus),
        imbalance_side=None if indicative is None else imbalance_side(indicative.surplus),
    )
