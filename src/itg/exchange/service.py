"""Maps messages to a shard's books."""

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar, TypeVar, cast

from itg.exchange import contract, store
from itg.exchange.core import ladder, opening, phasing, placing, quoting, reading, settling
from itg.exchange.core.telling import taken
from itg.exchange.core.venue import Venue
from itg.kernel.ids import Shard
from itg.kernel.messages import Message, Query, Reply
from itg.kernel.times import Nanos
from itg.market_data.contract import (
    OfficialClosePublished,
    PricesStepped,
    TrackSeries,
    UntrackSeries,
)
from itg.runtime.service import StartTimer, StopTimer, TimerFired, node_name

BOUNDARY, TICK = "boundary", "tick"

M = TypeVar("M", bound=Message)
Q = TypeVar("Q", bound=Query)
Handler = Callable[[Venue, Message], None]
Answer = Callable[[Venue, Query], Reply]


def _on(kind: type[M], handler: Callable[[Venue, M], None]) -> tuple[type[Message], Handler]:
    # The cast is safe: the table is read with type(message), so a handler meets its own kind alone.
    return kind, cast("Handler", handler)


def _to(kind: type[Q], answer: Callable[[Venue, Q], Reply]) -> tuple[type[Query], Answer]:
    # The cast is safe for the same reason.
    return kind, cast("Answer", answer)


def _timer_fired(_venue: Venue, _event: TimerFired) -> None:
    # What was due has run before any message; there is only the next timer to ask for.
    return


HANDLERS: dict[type[Message], Handler] = dict(
    (
        _on(contract.ConfigureExchange, opening.configure),
        _on(contract.ListInstrument, opening.list_instrument),
        _on(contract.SetSchedule, phasing.set_schedule),
        _on(contract.SetPhase, phasing.set_phase),
        _on(contract.PlaceOrder, placing.place),
        _on(contract.ReplaceOrder, placing.replace),
        _on(contract.CancelOrder, placing.cancel),
        _on(contract.MassCancel, placing.mass_cancel),
        _on(contract.SetQuote, quoting.set_quote),
        _on(contract.ConfigureLadder, ladder.configure),
        _on(contract.ReportOpenInterest, ladder.report_open_interest),
        _on(contract.BustTrade, settling.bust),
        _on(PricesStepped, ladder.hear_prices),
        _on(OfficialClosePublished, settling.settle),
        _on(TimerFired, _timer_fired),
    )
)
TIMED = (contract.SetSchedule, TimerFired)
ANSWERS: dict[type[Query], Answer] = dict(
    (
        _to(contract.GetBook, reading.book),
        _to(contract.GetBooks, reading.books),
        _to(contract.GetExchangeStatus, reading.status),
        _to(contract.GetInstruments, reading.instruments),
        _to(contract.GetTrades, reading.trades),
        _to(contract.GetQueueAhead, reading.queue_ahead),
    )
)


class ExchangeService:
    """One shard of the exchange: an underlying's chain."""

    name: ClassVar[str] = "exchange"
    accepts: ClassVar[tuple[type[Message], ...]] = tuple(HANDLERS)
    emits: ClassVar[tuple[type[Message], ...]] = (
        contract.InstrumentListed,
        contract.PhaseChanged,
        contract.PhaseRejected,
        contract.OrderAccepted,
        contract.OrderRejected,
        contract.OrderReplaced,
        contract.ReplaceRejected,
        contract.OrderCanceled,
        contract.CancelRejected,
        contract.MassCanceled,
        contract.QuoteAccepted,
        contract.TradeExecuted,
        contract.IndicativePriceChanged,
        contract.AuctionUncrossed,
        contract.BookDelta,
        contract.InstrumentSettled,
        contract.InstrumentDelisted,
        contract.TradeBusted,
        contract.BustRejected,
        TrackSeries,
        UntrackSeries,
        StartTimer,
        StopTimer,
    )
    answers: ClassVar[tuple[type[Query], ...]] = tuple(ANSWERS)

    def __init__(self, shard: Shard) -> None:
        self.shard = shard
        self._venue = Venue(shard)

    def handle(self, now: Nanos, message: Message) -> Sequence[Message]:
        venue = self._venue
        due_ns = venue.due_ns
        if due_ns is not None and due_ns <= now:
            phasing.run_due(venue, now)
        venue.now = now
        kind = type(message)
        HANDLERS[kind](venue, message)
        told: list[Message] = [*taken(venue)]
        if venue.relisted:
            told += _marking(venue)
        if kind in TIMED:
            told += self._timers(message)
        return told

    def query(self, query: Query) -> Reply:
        return ANSWERS[type(query)](self._venue, query)

    def snapshot(self) -> bytes:
        return store.encode(self._venue)

    def restore(self, data: bytes) -> None:
        store.decode_into(self._venue, data)

    def _timers(self, message: Message) -> Iterator[StartTimer | StopTimer]:
        # The tick is a second pair of eyes: a boundary is run by whatever comes first of its own
        # timer, the tick, and any message stamped at or after it.
        owner = node_name(self.name, self.shard)
        venue = self._venue
        for key in (message.key,) if isinstance(message, TimerFired) else (BOUNDARY, TICK):
            due_ns = venue.due_ns
            if due_ns is None:
                yield StopTimer(owner=owner, key=key)
            elif key == BOUNDARY:
                yield StartTimer(owner=owner, key=key, at_ns=due_ns)
            else:
                yield StartTimer(owner=owner, key=key, at_ns=Nanos(venue.now + venue.tick_ns))


def _marking(venue: Venue) -> list[Message]:
    # Who lists has it marked: of what the scenario listed, the scenario told market_data itself.
    relisted, venue.relisted = venue.relisted, []
    if venue.ladder is not None and not venue.ladder.is_marked:
        return []
    return [
        TrackSeries(instrument=told.instrument)
        if isinstance(told, contract.InstrumentListed)
        else UntrackSeries(instrument_id=told.instrument_id)
        for told in relisted
    ]
