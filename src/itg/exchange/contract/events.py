"""What a shard of the exchange tells."""

from itg.kernel.errors import Refusal
from itg.kernel.ids import (
    AccountId,
    InstrumentId,
    OrderId,
    ReservationId,
    Seq,
    Shard,
    TradeId,
    UnderlyingId,
)
from itg.kernel.messages import Event
from itg.kernel.money import Price, Quantity
from itg.kernel.times import Nanos
from itg.kernel.words import Activation, CancelReason, HaltCause, Instrument, Phase, Side


class InstrumentListed(Event, frozen=True, kw_only=True):
    """A book is open for orders."""

    shard: Shard
    instrument: Instrument


class PhaseChanged(Event, frozen=True, kw_only=True):
    """The shard, or one of its instruments, entered a phase; actions of the change follow it."""

    shard: Shard
    underlying_id: UnderlyingId
    phase: Phase
    previous: Phase
    instrument_id: InstrumentId | None = None
    next_phase: Phase | None = None
    next_at_ns: Nanos | None = None


class PhaseRejected(Event, frozen=True, kw_only=True):
    """An organizer's phase move was not legal."""

    shard: Shard
    refusal: Refusal


class OrderAccepted(Event, frozen=True, kw_only=True):
    """An order took an id; it precedes its trades, its rest and its end.

    `is_pending`: it stands outside the book until `OrderActivated` (a waiting stop, an order for
    the closing auction, a taker under the jump guard).
    """

    shard: Shard
    order_id: OrderId
    reservation_id: ReservationId
    account_id: AccountId
    instrument_id: InstrumentId
    side: Side
    quantity: Quantity
    price: Price | None = None
    is_pending: bool = False


class OrderActivated(Event, frozen=True, kw_only=True):
    """A pending order, or one side of a pending quote, enters the market now."""

    shard: Shard
    order_id: OrderId
    account_id: AccountId
    instrument_id: InstrumentId
    activation: Activation


class OrderExpired(Event, frozen=True, kw_only=True):
    """An order's time in force ended with `quantity` unfilled: gtt, or opg and cls uncrossed."""

    shard: Shard
    order_id: OrderId
    account_id: AccountId
    instrument_id: InstrumentId
    quantity: Quantity


class OrderRejected(Event, frozen=True, kw_only=True):
    """A placement or a quote was refused; nothing changed."""

    shard: Shard
    reservation_id: ReservationId
    account_id: AccountId
    refusal: Refusal


class OrderReplaced(Event, frozen=True, kw_only=True):
    """A resting order has a new price or total; trades it causes follow.

    `price` is 0 for an order without one; `is_pending` as in `OrderAccepted`.
    """

    shard: Shard
    order_id: OrderId
    reservation_id: ReservationId
    account_id: AccountId
    revision: int
    price: Price
    quantity: Quantity
    leaves_quantity: int
    kept_priority: bool
    is_pending: bool = False


class ReplaceRejected(Event, frozen=True, kw_only=True):
    """A replace was refused; the order stands as it was."""

    shard: Shard
    order_id: OrderId
    reservation_id: ReservationId
    account_id: AccountId
    refusal: Refusal


class OrderCanceled(Event, frozen=True, kw_only=True):
    """An order, or one side of a quote, left the book with `quantity` unfilled."""

    shard: Shard
    order_id: OrderId
    account_id: AccountId
    instrument_id: InstrumentId
    quantity: Quantity
    cancel_reason: CancelReason


class CancelRejected(Event, frozen=True, kw_only=True):
    """A cancel named no live order of the account."""

    shard: Shard
    order_id: OrderId
    account_id: AccountId
    refusal: Refusal


class MassCanceled(Event, frozen=True, kw_only=True):
    """A mass cancel is done; its `OrderCanceled` events precede it."""

    shard: Shard
    account_id: AccountId
    order_ids: tuple[OrderId, ...]


class QuoteAccepted(Event, frozen=True, kw_only=True):
    """An account's quote in an instrument now is this; trades it causes follow.

    A side's id is None when that side has no interest. Quantities are what the side offers before
    those trades.
    """

    shard: Shard
    reservation_id: ReservationId
    account_id: AccountId
    instrument_id: InstrumentId
    bid_order_id: OrderId | None = None
    bid: Price | None = None
    bid_quantity: int = 0
    ask_order_id: OrderId | None = None
    ask: Price | None = None
    ask_quantity: int = 0
    is_pending: bool = False  # the jump guard holds both sides outside the book


class TradeExecuted(Event, frozen=True, kw_only=True):
    """Two orders met. In an auction the later order stands as the taker and `is_auction` is set."""

    shard: Shard
    trade_id: TradeId
    instrument_id: InstrumentId
    price: Price
    quantity: Quantity
    aggressor_side: Side
    maker_order_id: OrderId
    maker_account_id: AccountId
    taker_order_id: OrderId
    taker_account_id: AccountId
    is_auction: bool = False


class IndicativePriceChanged(Event, frozen=True, kw_only=True):
    """What the uncross would do now; price None when nothing would trade."""

    shard: Shard
    instrument_id: InstrumentId
    indicative_price: Price | None
    indicative_quantity: int
    imbalance_quantity: int = 0
    imbalance_side: Side | None = None


class AuctionUncrossed(Event, frozen=True, kw_only=True):
    """An auction ended; its trades follow. `clearing_price` None: nothing traded."""

    shard: Shard
    instrument_id: InstrumentId
    clearing_price: Price | None
    quantity: int
    imbalance_quantity: int = 0
    imbalance_side: Side | None = None


class BookDelta(Event, frozen=True, kw_only=True):
    """The levels one input changed, absolute: (price, quantity, order_count), quantity 0 removes.

    `book_seq` counts this instrument's deltas without a gap.
    """

    shard: Shard
    instrument_id: InstrumentId
    book_seq: Seq
    bids: tuple[tuple[int, int, int], ...] = ()
    asks: tuple[tuple[int, int, int], ...] = ()


class AuctionDrawn(Event, frozen=True, kw_only=True):
    """The drawn order of all who take part in an uncross, best first; only where the rule draws."""

    shard: Shard
    instrument_id: InstrumentId
    auction_number: int
    buy_order_ids: tuple[OrderId, ...]
    sell_order_ids: tuple[OrderId, ...]


class OpeningDelayed(Event, frozen=True, kw_only=True):
    """An auction would clear outside the collar: the instrument goes on collecting.

    It opens as soon as its price is inside, and at `opens_ns` in any case.
    """

    shard: Shard
    instrument_id: InstrumentId
    indicative_price: Price
    opens_ns: Nanos


class TradingHalted(Event, frozen=True, kw_only=True):
    """The shard, or one instrument, halts; its `PhaseChanged` follows. None: until resumed."""

    shard: Shard
    underlying_id: UnderlyingId
    instrument_id: InstrumentId | None = None
    halt_cause: HaltCause
    resumes_ns: Nanos | None = None


class TradingResumed(Event, frozen=True, kw_only=True):
    """A halt is over; `PhaseChanged` and the reopening auction follow."""

    shard: Shard
    underlying_id: UnderlyingId
    instrument_id: InstrumentId | None = None


class HaltRejected(Event, frozen=True, kw_only=True):
    """A halt, or a resumption, was not possible."""

    shard: Shard
    refusal: Refusal


class JumpGuardOpened(Event, frozen=True, kw_only=True):
    """Takers wait until `ends_ns`; told again when a second jump moves that instant."""

    shard: Shard
    underlying_id: UnderlyingId
    ends_ns: Nanos


class JumpGuardEnded(Event, frozen=True, kw_only=True):
    """The pending enter in their order of arrival; their events follow."""

    shard: Shard
    underlying_id: UnderlyingId


class InstrumentSettled(Event, frozen=True, kw_only=True):
    """A series ended: a contract is worth `settlement_price` at its underlying's official close."""

    shard: Shard
    instrument_id: InstrumentId
    settlement_price: Price
    official_close: Price


class InstrumentDelisted(Event, frozen=True, kw_only=True):
    """A book is no more."""

    shard: Shard
    instrument_id: InstrumentId


class TradeBusted(Event, frozen=True, kw_only=True):
    """A trade is undone, or counts at `adjusted_price` from now on: the compensating fact."""

    shard: Shard
    trade_id: TradeId
    instrument_id: InstrumentId
    price: Price  # as it was traded
    adjusted_price: Price | None = None
    quantity: Quantity
    aggressor_side: Side
    maker_order_id: OrderId
    maker_account_id: AccountId
    taker_order_id: OrderId
    taker_account_id: AccountId
    is_auction: bool = False


class BustRejected(Event, frozen=True, kw_only=True):
    """No such trade to undo."""

    shard: Shard
    trade_id: TradeId
    refusal: Refusal
