"""Maps messages to a shard's books."""

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar, TypeVar, cast

from itg.exchange import contract, store
from itg.exchange.core import (
    canceling,
    halting,
    ladder,
    opening,
    phasing,
    placing,
    previewing,
    quoting,
    reading,
    settling,
    steering,
    timing,
    watching,
)
from itg.exchange.core.telling import taken
from itg.exchange.core.venue import Venue
from itg.kernel.ids import Shard
from itg.kernel.messages import Message, Query, Reply
from itg.kernel.times import Nanos
from itg.market_data.contract import (
    MarksPublished,
    OfficialClosePublished,
    PricesStepped,
    TrackSeries,
    UntrackSeries,
)
from itg.runtime.service import StartTimer, StopTimer, TimerFired, node_name

DUE, TICK = "due", "tick"

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
        _on(contract.SetPhase, steering.set_phase),
        _on(contract.HaltTrading, halting.halt),
        _on(contract.ResumeTrading, halting.resume),
        _on(contract.PlaceOrder, placing.place),
        _on(contract.ReplaceOrder, placing.replace),
        _on(contract.CancelOrder, canceling.cancel),
        _on(contract.MassCancel, canceling.mass_cancel),
        _on(contract.SetQuote, quoting.set_quote),
        _on(contract.ConfigureLadder, ladder.configure),
        _on(contract.ReportOpenInterest, ladder.report_open_interest),
        _on(contract.BustTrade, settling.bust),
        _on(OfficialClosePublished, settling.settle),
        _on(PricesStepped, watching.see_prices),
        _on(MarksPublished, watching.see_marks),
        _on(TimerFired, _timer_fired),
    )
)
ANSWERS: dict[type[Query], Answer] = dict(
    (
        _to(contract.GetBook, reading.book),
        _to(contract.GetBooks, reading.books),
        _to(contract.GetExchangeStatus, reading.status),
        _to(contract.GetInstruments, reading.instruments),
        _to(contract.GetTrades, reading.trades),
        _to(contract.GetQueueAhead, reading.queue_ahead),
        _to(contract.PreviewOrder, previewing.preview),
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
        contract.TradingHalted,
        contract.TradingResumed,
        contract.HaltRejected,
        contract.OpeningDelayed,
        contract.JumpGuardOpened,
        contract.JumpGuardEnded,
        contract.OrderAccepted,
        contract.OrderActivated,
        contract.OrderExpired,
        contract.OrderRejected,
        contract.OrderReplaced,
        contract.ReplaceRejected,
        contract.OrderCanceled,
        contract.CancelRejected,
        contract.MassCanceled,
        contract.QuoteAccepted,
        contract.TradeExecuted,
        contract.IndicativePriceChanged,
        contract.AuctionDrawn,
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
        dues = venue.dues
        if dues and dues[0][0] <= now:
            timing.run_due(venue, now)
        venue.now = now
        kind = type(message)
        HANDLERS[kind](venue, message)
        if venue.is_rearmed:
            timing.run_due(venue, now)  # what it asked for may be due already
        elif kind is not TimerFired and not venue.relisted:
            return taken(venue)
        return [*taken(venue), *_marking(venue), *self._timers(message)]

    def query(self, query: Query) -> Reply:
        return ANSWERS[type(query)](self._venue, query)

    def snapshot(self) -> bytes:
        return store.encode(self._venue)

    def restore(self, data: bytes) -> None:
        store.decode_into(self._venue, data)

    def _timers(self, message: Message) -> Iterator[StartTimer | StopTimer]:
        # The tick is a second pair of eyes: what is due is run by whatever comes first of its own
        # timer, the tick, and any message stamped at or after it.
        owner = node_name(self.name, self.shard)
        venue = self._venue
        at_ns = timing.next_due_ns(venue)
        has_ticked = isinstance(message, TimerFired) and message.key == TICK
        if venue.is_rearmed:
            venue.is_rearmed = False
            if at_ns is None:
                yield StopTimer(owner=owner, key=DUE)
            else:
                yield StartTimer(owner=owner, key=DUE, at_ns=at_ns)
        if at_ns is not None and (has_ticked or not venue.is_ticking):
            tick_ns = venue.config.tick_ns
            yield StartTimer(owner=owner, key=TICK, at_ns=Nanos(venue.now + tick_ns))
        elif at_ns is None and venue.is_ticking and not has_ticked:
            yield StopTimer(owner=owner, key=TICK)
        venue.is_ticking = at_ns is not None


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
