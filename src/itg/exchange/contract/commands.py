"""What a shard of the exchange can be asked to do."""

from itg.kernel.ids import AccountId, InstrumentId, OrderId, ReservationId, Shard, UnderlyingId
from itg.kernel.messages import Command
from itg.kernel.money import Price, Quantity
from itg.kernel.times import NS_PER_MS
from itg.kernel.words import (
    CancelReason,
    Instrument,
    OrderType,
    Phase,
    PhaseBoundary,
    SelfTradePolicy,
    Side,
    TimeInForce,
)

# Names a scenario may give; the exchange has one strategy for each.
CONTINUOUS_RULES = ("price_time",)
AUCTION_RULES = ("maximum_volume",)


class ConfigureExchange(Command, frozen=True, kw_only=True):
    """Set how a shard matches; once, before any schedule and any instrument.

    An unknown rule name is a `ConfigurationError` of the scenario loader, an assert here.
    """

    shard: Shard
    underlying_id: UnderlyingId
    continuous_rule: str = "price_time"
    auction_rule: str = "maximum_volume"
    tick_ns: int = 100 * NS_PER_MS


class ListInstrument(Command, frozen=True, kw_only=True):
    """Open a book for an instrument; listing it twice changes nothing."""

    shard: Shard
    instrument: Instrument
    previous_close: Price | None = None  # auction reference until the day's first trade


class SetSchedule(Command, frozen=True, kw_only=True):
    """Replace the boundaries still to come, ascending; those already past run at once, in order.

    A schedule may jump between phases; leaving an auction's freeze uncrosses all the same.
    """

    shard: Shard
    boundaries: tuple[PhaseBoundary, ...]


class SetPhase(Command, frozen=True, kw_only=True):
    """Move the whole shard, or one instrument, to a phase now (an organizer's act).

    Leaving opening_auction, or pre_open for continuous, uncrosses. Illegal moves: `PhaseRejected`.
    """

    shard: Shard
    phase: Phase
    instrument_id: InstrumentId | None = None


class PlaceOrder(Command, frozen=True, kw_only=True):
    """Place a limit or market order; `price` is None exactly for a market order."""

    shard: Shard
    reservation_id: ReservationId
    account_id: AccountId
    instrument_id: InstrumentId
    side: Side
    quantity: Quantity
    order_type: OrderType = OrderType.LIMIT
    price: Price | None = None
    time_in_force: TimeInForce | None = (
        None  # None: day for a limit, "take what there is" for a market
    )
    post_only: bool = False
    stp: SelfTradePolicy = SelfTradePolicy.CANCEL_INCOMING
    tag: str = ""


class ReplaceOrder(Command, frozen=True, kw_only=True):
    """Change price and total quantity of a resting order atomically."""

    shard: Shard
    reservation_id: ReservationId
    account_id: AccountId
    order_id: OrderId
    price: Price | None = None
    quantity: Quantity | None = None  # new total, filled part included
    expected_revision: int | None = None


class CancelOrder(Command, frozen=True, kw_only=True):
    """Take one order out of the book."""

    shard: Shard
    account_id: AccountId
    order_id: OrderId


class MassCancel(Command, frozen=True, kw_only=True):
    """Take out all of an account's orders and quotes that match every filter given."""

    shard: Shard
    account_id: AccountId
    instrument_id: InstrumentId | None = None
    side: Side | None = None
    tag: str | None = None
    quotes: bool = True  # quotes too
    orders: bool = True  # orders too; quotes alone with False
    reason: CancelReason = CancelReason.MASS_CANCEL


class SetQuote(Command, frozen=True, kw_only=True):
    """Make an account's two-sided quote in an instrument exactly this; a None side has no interest.

    A side that keeps its price with the same or a smaller quantity keeps its priority. Its order id
    stays while the side lives. Both sides None pulls the quote.
    """

    shard: Shard
    reservation_id: ReservationId
    account_id: AccountId
    instrument_id: InstrumentId
    bid: Price | None = None
    bid_quantity: int = 0
    ask: Price | None = None
    ask_quantity: int = 0
    stp: SelfTradePolicy = SelfTradePolicy.CANCEL_INCOMING
