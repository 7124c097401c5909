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
from itg.kernel.words import CancelReason, Instrument, Phase, Side


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
    """An order took an id; it precedes its trades, its rest and its end."""

    shard: Shard
    order_id: OrderId
    reservation_id: ReservationId
    account_id: AccountId
    instrument_id: InstrumentId
    side: Side
    quantity: Quantity
    price: Price | None = None


class OrderRejected(Event, frozen=True, kw_only=True):
    """A placement or a quote was refused; nothing changed."""

    shard: Shard
    reservation_id: ReservationId
    account_id: AccountId
    refusal: Refusal


class OrderReplaced(Event, frozen=True, kw_only=True):
    """A resting order has a new price or total; trades it causes follow."""

    shard: Shard
    order_id: OrderId
    reservation_id: ReservationId
    account_id: AccountId
    revision: int
    price: Price
    quantity: Quantity
    leaves_quantity: int
    kept_priority: bool


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
