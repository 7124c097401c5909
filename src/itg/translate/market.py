"""Instruments, books, trades, prices and phases: facts into bodies and pushes."""

from collections.abc import Iterable, Sequence
from typing import assert_never

from itg.exchange.contract import (
    AuctionUncrossed,
    BookDelta,
    BookSnapshot,
    ExchangeStatus,
    Halt,
    IndicativePriceChanged,
    InstrumentDelisted,
    InstrumentListed,
    InstrumentSettled,
    JumpGuardEnded,
    JumpGuardOpened,
    OpeningDelayed,
    PhaseChanged,
    PublicTrade,
    TradeBusted,
    TradeExecuted,
    TradingHalted,
    TradingResumed,
)
from itg.kernel.ids import InstrumentId, TradeId, UnderlyingId, first_id_of_shard, shard_of_id
from itg.kernel.times import Nanos, to_micros
from itg.kernel.words import Instrument, OptionTerms, Phase, Side
from itg.market_data.contract import SpotPrice
from itg.translate.numbers import optional_micros, optional_usd, usd
from itg.wire.v1.market import (
    BookBody,
    BookPush,
    BustPush,
    DelayedPush,
    DelistedPush,
    ExchangeStatusBody,
    GuardPush,
    HaltBody,
    HaltPush,
    InstrumentBody,
    LevelBody,
    ListedPush,
    MarketPush,
    MarketWord,
    PhasePush,
    PhaseWord,
    PriceBody,
    RawBookPush,
    RawLevel,
    ResumePush,
    SettledPush,
    TapeTradeBody,
    TradeBody,
    UnderlyingStatusBody,
    WireLevel,
)
from itg.wire.v1.orders import SideWord

# What `phase` tells beside the phases.
AnyMarketEvent = (
    TradingHalted
    | TradingResumed
    | JumpGuardOpened
    | JumpGuardEnded
    | OpeningDelayed
    | InstrumentListed
    | InstrumentDelisted
    | InstrumentSettled
)
Levels = Sequence[tuple[int, int, int]]


def instrument_body(instrument: Instrument) -> InstrumentBody:
    """Return a tradable thing's terms."""
    option = instrument.option
    if not isinstance(option, OptionTerms):
        return InstrumentBody(
            instrument_id=instrument.instrument_id,
            underlying_id=instrument.underlying_id,
            kind="underlying",
            multiplier=instrument.multiplier,
            tick_size=usd(instrument.tick_size),
        )
    return InstrumentBody(
        instrument_id=instrument.instrument_id,
        underlying_id=instrument.underlying_id,
        kind="option",
        multiplier=instrument.multiplier,
        tick_size=usd(instrument.tick_size),
        right=option.right.value,
        strike=usd(option.strike),
        expiry_date=option.expiry_date,
        expires_us=to_micros(option.expires_ns),
    )


def book_body(book: BookSnapshot, seq: int, depth: int | None) -> BookBody:
    """Return a book as of `seq` of its channel, at most `depth` levels a side."""
    return BookBody(
        instrument_id=book.instrument_id,
        phase=book.phase.value,
        seq=seq,
        bids=_level_bodies(book.bids[:depth]),
        asks=_level_bodies(book.asks[:depth]),
        indicative_price=optional_usd(book.indicative_price),
        indicative_quantity=book.indicative_quantity,
        imbalance_quantity=book.imbalance_quantity,
        imbalance_side=_side_word(book.imbalance_side),
    )


def _level_bodies(levels: Levels) -> list[LevelBody]:
    return [
        LevelBody(price=usd(price), quantity=quantity, order_count=order_count)
        for price, quantity, order_count in levels
    ]


def book_snapshot_push(book: BookSnapshot) -> BookPush:
    """Return a whole book as a push."""
    return BookPush(
        instrument_id=book.instrument_id,
        bids=wire_levels(book.bids),
        asks=wire_levels(book.asks),
        phase=book.phase.value,
        indicative_price=optional_usd(book.indicative_price),
        indicative_quantity=book.indicative_quantity,
        imbalance_quantity=book.imbalance_quantity,
        imbalance_side=_side_word(book.imbalance_side),
    )


def raw_snapshot_push(book: BookSnapshot) -> RawBookPush:
    """Return a whole book with its order counts as a push."""
    return RawBookPush(
        instrument_id=book.instrument_id,
        bids=raw_levels(book.bids),
        asks=raw_levels(book.asks),
        phase=book.phase.value,
        indicative_price=optional_usd(book.indicative_price),
        indicative_quantity=book.indicative_quantity,
        imbalance_quantity=book.imbalance_quantity,
        imbalance_side=_side_word(book.imbalance_side),
    )


def raw_delta_push(delta: BookDelta) -> RawBookPush:
    """Return the levels one input changed, with their order counts."""
    return RawBookPush(
        instrument_id=delta.instrument_id,
        bids=raw_levels(delta.bids),
        asks=raw_levels(delta.asks),
    )


def book_delta_push(delta: BookDelta) -> BookPush:
    """Return the levels one input changed."""
    return BookPush(
        instrument_id=delta.instrument_id,
        bids=wire_levels(delta.bids),
        asks=wire_levels(delta.asks),
    )


def wire_levels(levels: Levels) -> list[WireLevel]:
    """Return levels as [price, quantity]."""
    return [(usd(price), quantity) for price, quantity, _ in levels]


def raw_levels(levels: Levels) -> list[RawLevel]:
    """Return levels as [price, quantity, order_count]."""
    return [(usd(price), quantity, order_count) for price, quantity, order_count in levels]


def indicative_push(change: IndicativePriceChanged) -> BookPush:
    """Return what the uncross would do now, with no change of levels."""
    return BookPush(
        instrument_id=change.instrument_id,
        bids=[],
        asks=[],
        indicative_price=optional_usd(change.indicative_price),
        indicative_quantity=change.indicative_quantity,
        imbalance_quantity=change.imbalance_quantity,
        imbalance_side=_side_word(change.imbalance_side),
    )


def trade_body(trade: PublicTrade) -> TapeTradeBody:
    """Return a trade of the tape; `seq` is its number on its shard's tape."""
    return TapeTradeBody(
        trade_id=trade.trade_id,
        instrument_id=trade.instrument_id,
        price=usd(trade.price),
        quantity=trade.quantity,
        aggressor_side=trade.aggressor_side.value,
        is_auction=trade.is_auction,
        game_us=to_micros(trade.game_ns),
        seq=_tape_seq(trade.trade_id),
        is_busted=trade.is_busted,
        adjusted_price=optional_usd(trade.adjusted_price),
    )


def executed_trade_body(trade: TradeExecuted, game_ns: Nanos) -> TradeBody:
    """Return a trade as everybody may see it: no account, no order id."""
    return TradeBody(
        trade_id=trade.trade_id,
        instrument_id=trade.instrument_id,
        price=usd(trade.price),
        quantity=trade.quantity,
        aggressor_side=trade.aggressor_side.value,
        is_auction=trade.is_auction,
        game_us=to_micros(game_ns),
        seq=_tape_seq(trade.trade_id),
    )


def bust_push(bust: TradeBusted) -> BustPush:
    """Return what the organizer did to a trade."""
    return BustPush(
        trade_id=bust.trade_id,
        instrument_id=bust.instrument_id,
        price=usd(bust.price),
        quantity=bust.quantity,
        adjusted_price=optional_usd(bust.adjusted_price),
    )


def _tape_seq(trade_id: TradeId) -> int:
    return trade_id - first_id_of_shard(shard_of_id(trade_id))


def price_bodies(
    prices: Iterable[SpotPrice], game_ns: Nanos, *, is_moving: bool, is_stale: bool = False
) -> list[PriceBody]:
    """Return the published prints; the noise-free price stays in the house."""
    return [
        PriceBody(
            underlying_id=price.underlying_id,
            price=usd(price.index_price),
            is_moving=is_moving,
            game_us=to_micros(game_ns),
            is_stale=is_stale,
        )
        for price in prices
    ]


def phase_push(change: PhaseChanged) -> PhasePush:
    """Return a change of phase."""
    return PhasePush(
        underlying_id=change.underlying_id,
        instrument_id=change.instrument_id,
        phase=change.phase.value,
        previous=change.previous.value,
        next_phase=_phase_word(change.next_phase),
        next_transition_us=optional_micros(change.next_at_ns),
    )


def uncross_push(uncross: AuctionUncrossed, underlying_id: str, phase: Phase) -> PhasePush:
    """Return an auction's end; `phase` is what its instrument is in now."""
    return PhasePush(
        underlying_id=underlying_id,
        instrument_id=uncross.instrument_id,
        phase=phase.value,
        previous=None,
        next_phase=None,
        next_transition_us=None,
        clearing_price=optional_usd(uncross.clearing_price),
        quantity=uncross.quantity,
    )


def market_push(
    event: AnyMarketEvent, underlying_id: UnderlyingId
) -> tuple[MarketWord, MarketPush]:
    """Return what befell an underlying or an instrument, as type and data of a push on `phase`."""
    match event:
        case TradingHalted() | TradingResumed() | JumpGuardOpened() | JumpGuardEnded():
            return _interruption(event)
        case OpeningDelayed():
            return "delayed", DelayedPush(
                underlying_id=underlying_id,
                instrument_id=event.instrument_id,
                indicative_price=usd(event.indicative_price),
                opens_us=to_micros(event.opens_ns),
            )
        case InstrumentListed():
            return "listed", ListedPush(instrument=instrument_body(event.instrument))
        case InstrumentDelisted():
            return "delisted", DelistedPush(
                underlying_id=underlying_id, instrument_id=event.instrument_id
            )
        case InstrumentSettled():
            return "settled", SettledPush(
                underlying_id=underlying_id,
                instrument_id=event.instrument_id,
                settlement_price=usd(event.settlement_price),
                official_close=usd(event.official_close),
            )
        case _:
            assert_never(event)


def _interruption(
    event: TradingHalted | TradingResumed | JumpGuardOpened | JumpGuardEnded,
) -> tuple[MarketWord, MarketPush]:
    match event:
        case TradingHalted():
            return "halt", HaltPush(
                underlying_id=event.underlying_id,
                instrument_id=event.instrument_id,
                halt_cause=event.halt_cause.value,
                resumes_us=optional_micros(event.resumes_ns),
            )
        case TradingResumed():
            return "resume", ResumePush(
                underlying_id=event.underlying_id, instrument_id=event.instrument_id
            )
        case JumpGuardOpened():
            return "guard", GuardPush(
                underlying_id=event.underlying_id, ends_us=to_micros(event.ends_ns)
            )
        case JumpGuardEnded():
            return "guard", GuardPush(underlying_id=event.underlying_id, ends_us=None)
        case _:
            assert_never(event)


def phase_rows(status: ExchangeStatus) -> list[PhasePush]:
    """Return a shard's phase and those of its instruments that differ, as of now."""
    return [
        _phase_row(status, None, status.phase),
        *(_phase_row(status, name, phase) for name, phase in status.instrument_phases),
    ]


def _phase_row(
    status: ExchangeStatus, instrument_id: InstrumentId | None, phase: Phase
) -> PhasePush:
    return PhasePush(
        underlying_id=status.underlying_id,
        instrument_id=instrument_id,
        phase=phase.value,
        previous=None,
        next_phase=_phase_word(status.next_phase),
        next_transition_us=optional_micros(status.next_at_ns),
    )


def status_body(statuses: Sequence[ExchangeStatus]) -> ExchangeStatusBody:
    """Return the market's phase: the underlyings' common one, the first one's where they differ."""
    rows = [_underlying_status(status) for status in statuses]
    first = rows[0]
    halted = [row.underlying_id for row in rows if row.phase == "halted"]
    for row in rows:
        halted.extend(name for name, phase in row.instrument_phases.items() if phase == "halted")
    return ExchangeStatusBody(
        phase=first.phase,
        next_phase=first.next_phase,
        next_transition_us=first.next_transition_us,
        halts=halted,
        underlyings=rows,
    )


def _underlying_status(status: ExchangeStatus) -> UnderlyingStatusBody:
    return UnderlyingStatusBody(
        underlying_id=status.underlying_id,
        phase=status.phase.value,
        next_phase=_phase_word(status.next_phase),
        next_transition_us=optional_micros(status.next_at_ns),
        instrument_phases={name: phase.value for name, phase in status.instrument_phases},
        halts=[_halt_body(halt) for halt in status.halts],
        guard_ends_us=optional_micros(status.guard_ends_ns),
    )


def _halt_body(halt: Halt) -> HaltBody:
    return HaltBody(
        instrument_id=halt.instrument_id,
        halt_cause=halt.halt_cause.value,
        resumes_us=optional_micros(halt.resumes_ns),
    )


def _phase_word(phase: Phase | None) -> PhaseWord | None:
    return None if phase is None else phase.value


def _side_word(side: Side | None) -> SideWord | None:
    return None if side is None else side.value
