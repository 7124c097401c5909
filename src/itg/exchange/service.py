"""Maps messages to a shard's books."""

from collections.abc import Callable, Sequence
from itertools import islice
from typing import ClassVar

from itg.exchange import store
from itg.exchange.contract import (
    AuctionUncrossed,
    BookDelta,
    BookMissing,
    BookSnapshot,
    BookSnapshots,
    CancelOrder,
    CancelRejected,
    ConfigureExchange,
    ExchangeStatus,
    GetBook,
    GetBooks,
    GetExchangeStatus,
    GetInstruments,
    GetQueueAhead,
    GetTrades,
    IndicativePriceChanged,
    InstrumentListed,
    Instruments,
    ListInstrument,
    MassCancel,
    MassCanceled,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderReplaced,
    PhaseChanged,
    PhaseRejected,
    PlaceOrder,
    PublicTrades,
    QueueAhead,
    QuoteAccepted,
    ReplaceOrder,
    ReplaceRejected,
    SetPhase,
    SetQuote,
    SetSchedule,
    TradeExecuted,
)
from itg.exchange.core import phasing, placing, quoting, reading
from itg.exchange.core.auction import AUCTION_STRATEGIES
from itg.exchange.core.listing import Listing
from itg.exchange.core.venue import Venue
from itg.kernel.ids import Shard
from itg.kernel.messages import Message, Query, Reply
from itg.kernel.times import Nanos
from itg.runtime.service import StartTimer, StopTimer, TimerFired, node_name

BOUNDARY, TICK = "boundary", "tick"


class ExchangeService:
    """One shard of the exchange: an underlying's chain."""

    name: ClassVar[str] = "exchange"
    accepts: ClassVar[tuple[type[Message], ...]] = (
        ConfigureExchange,
        ListInstrument,
        SetSchedule,
        SetPhase,
        PlaceOrder,
        ReplaceOrder,
        CancelOrder,
        MassCancel,
        SetQuote,
        TimerFired,
    )
    emits: ClassVar[tuple[type[Message], ...]] = (
        InstrumentListed,
        PhaseChanged,
        PhaseRejected,
        OrderAccepted,
        OrderRejected,
        OrderReplaced,
        ReplaceRejected,
        OrderCanceled,
        CancelRejected,
        MassCanceled,
        QuoteAccepted,
        TradeExecuted,
        IndicativePriceChanged,
        AuctionUncrossed,
        BookDelta,
        StartTimer,
        StopTimer,
    )
    answers: ClassVar[tuple[type[Query], ...]] = (
        GetBook,
        GetBooks,
        GetExchangeStatus,
        GetInstruments,
        GetTrades,
        GetQueueAhead,
    )

    def __init__(self, shard: Shard) -> None:
        self.shard = shard
        self._venue = Venue(shard)
        self._node = node_name(self.name, shard)
        self._handlers: dict[type[Message], Callable[[Nanos, Message], Sequence[Message]]] = {
            ConfigureExchange: self._configure,
            ListInstrument: self._list,
            SetSchedule: self._schedule,
            TimerFired: self._fired,
        }

    def handle(self, now: Nanos, message: Message) -> Sequence[Message]:
        venue = self._venue
        phasing.run_due(venue, now)
        match message:
            case PlaceOrder():
                placing.place(venue, message)
            case CancelOrder():
                placing.cancel(venue, message)
            case SetQuote():
                quoting.set_quote(venue, message)
            case ReplaceOrder():
                placing.replace(venue, message)
            case MassCancel():
                placing.mass_cancel(venue, message)
            case SetPhase():
                phasing.set_phase(venue, message)
            case _:
                timers = self._handlers[type(message)](now, message)
                phasing.publish_indicative(venue)
                return [*venue.taken(), *timers]
        phasing.publish_indicative(venue)
        return venue.taken()

    def query(self, query: Query) -> Reply:
        match query:
            case GetBook():
                listing = self._venue.listings.get(query.instrument_id)
                if listing is None:
                    return BookMissing(instrument_id=query.instrument_id)
                return self._book(listing, query.depth_levels)
            case GetBooks():
                listings = self._venue.listings.values()
                return BookSnapshots(
                    books=tuple(self._book(listing, query.depth_levels) for listing in listings)
                )
            case GetExchangeStatus():
                return self._status()
            case GetInstruments():
                listed = self._venue.listings.values()
                return Instruments(instruments=tuple(listing.instrument for listing in listed))
            case GetTrades():
                return self._trades(query)
            case GetQueueAhead():
                return QueueAhead(ahead=reading.queue_ahead(self._venue, query.order_ids))
            case _:
                raise AssertionError(f"not a query of the exchange: {query!r}")

    def snapshot(self) -> bytes:
        return store.encode(self._venue)

    def restore(self, data: bytes) -> None:
        store.decode_into(self._venue, data)

    def _configure(self, now: Nanos, message: Message) -> Sequence[Message]:
        assert isinstance(message, ConfigureExchange)
        assert message.auction_rule in AUCTION_STRATEGIES, message.auction_rule
        assert not self._venue.listings, "configure before listing"
        self._venue.underlying_id = message.underlying_id
        self._venue.continuous_rule = message.continuous_rule
        self._venue.auction_rule = message.auction_rule
        self._venue.tick_ns = message.tick_ns
        return ()

    def _list(self, now: Nanos, message: Message) -> Sequence[Message]:
        assert isinstance(message, ListInstrument)
        instrument = message.instrument
        if instrument.instrument_id not in self._venue.listings:
            listing = Listing(instrument, message.previous_close)
            self._venue.listings[instrument.instrument_id] = listing
            self._venue.events.append(
                InstrumentListed(shard=self._venue.shard, instrument=instrument)
            )
        return ()

    def _schedule(self, now: Nanos, message: Message) -> Sequence[Message]:
        assert isinstance(message, SetSchedule)
        self._venue.boundaries.clear()
        self._venue.boundaries.extend(message.boundaries)
        phasing.run_due(self._venue, now)
        return self._timers(now)

    def _fired(self, now: Nanos, message: Message) -> Sequence[Message]:
        assert isinstance(message, TimerFired)
        timers = self._timers(now)
        return [timer for timer in timers if timer.key == message.key]

    def _timers(self, now: Nanos) -> list[StartTimer | StopTimer]:
        # The tick is a second pair of eyes: a boundary is run by whatever comes first of its own
        # timer, the tick, and any message stamped at or after it.
        boundaries = self._venue.boundaries
        if not boundaries:
            return [StopTimer(owner=self._node, key=key) for key in (BOUNDARY, TICK)]
        tick_at = Nanos(now + self._venue.tick_ns)
        return [
            StartTimer(owner=self._node, key=BOUNDARY, at_ns=boundaries[0].at_ns),
            StartTimer(owner=self._node, key=TICK, at_ns=tick_at),
        ]

    def _book(self, listing: Listing, depth_levels: int | None) -> BookSnapshot:
        return reading.book(listing, self._venue.phase_of(listing), depth_levels)

    def _status(self) -> ExchangeStatus:
        following = self._venue.boundaries[0] if self._venue.boundaries else None
        return ExchangeStatus(
            shard=self._venue.shard,
            underlying_id=self._venue.underlying_id,
            phase=self._venue.phase,
            next_phase=None if following is None else following.phase,
            next_at_ns=None if following is None else following.at_ns,
            instrument_phases=tuple(
                (listing.instrument_id, listing.own_phase)
                for listing in self._venue.listings.values()
                if listing.own_phase is not None
            ),
        )

    def _trades(self, query: GetTrades) -> PublicTrades:
        after = -1 if query.after_trade_id is None else query.after_trade_id
        found = (
            trade
            for trade in self._venue.trades
            if trade.trade_id > after and query.instrument_id in (None, trade.instrument_id)
        )
        return PublicTrades(trades=tuple(islice(found, query.count)))
