"""What a shard of the exchange can be asked to do."""

from msgspec import Struct

from itg.kernel.ids import (
    AccountId,
    InstrumentId,
    OrderId,
    ReservationId,
    Shard,
    TradeId,
    UnderlyingId,
)
from itg.kernel.messages import Command
from itg.kernel.money import Price, Quantity
from itg.kernel.times import NS_PER_MS, NS_PER_S, Nanos
from itg.kernel.words import (
    CancelReason,
    InFreeze,
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
AUCTION_RULES = ("maximum_volume", "midpoint")
# Who trades first of equal price in an auction: the earlier order, or a seeded draw.
AUCTION_ORDERS = ("time", "draw")
TICK_NS = 100 * NS_PER_MS


class PriceBandModel(Struct, frozen=True, gc=False, kw_only=True):
    """How far from theory an order may be priced, buys above it and sells below it.

    Options: the largest of `option_ppm` of theory, `option_vol_points` × vega, and `option_width`.
    Underlyings: `underlying_ppm` of the simulated price. The opening price of an auction is held to
    the same distance on both sides.
    """

    option_ppm: int = 200_000
    option_vol_points: int = 15
    option_width: Price = Price(500)
    underlying_ppm: int = 30_000


class MarketBreaker(Struct, frozen=True, gc=False, kw_only=True):
    """A simulated price that moves `move_ppm` within `window_ns` halts the shard for `halt_ns`."""

    move_ppm: int = 20_000
    window_ns: Nanos = Nanos(60 * NS_PER_S)
    halt_ns: Nanos = Nanos(120 * NS_PER_S)


class JumpGuard(Struct, frozen=True, gc=False, kw_only=True):
    """A simulated step above `step_ppm` keeps takers pending for `guard_ns` of game time."""

    step_ppm: int = 3_000
    guard_ns: Nanos = Nanos(2 * NS_PER_S)


class ConfigureExchange(Command, frozen=True, kw_only=True):
    """Set how a shard matches; once, before any schedule and any instrument.

    An unknown rule name is a `ConfigurationError` of the scenario loader, an assert here.
    """

    shard: Shard
    underlying_id: UnderlyingId
    continuous_rule: str = "price_time"
    auction_rule: str = "maximum_volume"
    auction_order: str = "time"
    seed: int = 0  # of the auctions' draws
    tick_ns: int = TICK_NS  # between two looks at the schedule
    price_band: PriceBandModel | None = None
    market_breaker: MarketBreaker | None = None
    jump_guard: JumpGuard | None = None
    opening_delay_ns: Nanos = Nanos(180 * NS_PER_S)  # a series outside its collar opens after it
    stale_halt_ns: Nanos | None = None  # without prices for so long the shard halts until they come


class ListedExpiry(Struct, frozen=True, gc=False, array_like=True):
    """An expiry of the season: its civil date, and the instant it settles."""

    expiry_date: str  # YYYY-MM-DD
    expires_ns: Nanos


class ConfigureLadder(Command, frozen=True, kw_only=True):
    """Let the shard keep its own chain: which expiries and strikes are listed, and when.

    At the open, and every `review_ns` of continuous trading, each of the `expiries_listed` nearest
    expiries has at least `strikes_each_side` strikes on both sides of spot, at most `strikes_max`.
    Overnight a strike farther than `delist_ppm` from spot without open interest is delisted.
    """

    shard: Shard
    underlying: Instrument
    strike_step: Price
    expiries: tuple[ListedExpiry, ...]  # of the whole season, ascending
    expiries_listed: int = 3
    strikes_at_start: int = 5
    strikes_each_side: int = 2
    strikes_max: int = 15
    delist_ppm: int = 60_000
    review_ns: Nanos = Nanos(1_800 * NS_PER_S)
    is_marked: bool = True  # market_data is told of every listing


class ReportOpenInterest(Command, frozen=True, kw_only=True):
    """Tell a closed shard which of its instruments are still held; all others are not."""

    shard: Shard
    open_interest: tuple[tuple[InstrumentId, int], ...]  # Σ long, > 0


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
    """Place an order; `price` is None exactly for market and stop orders.

    `stop_price` stands exactly with stop and stop_limit, `expires_ns` exactly with gtt,
    `display_quantity` (iceberg) with a limit order alone.
    """

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
    stop_price: Price | None = None
    display_quantity: Quantity | None = None
    expires_ns: Nanos | None = None


class ReplaceOrder(Command, frozen=True, kw_only=True):
    """Change price and total quantity of a resting order, or of a waiting stop, atomically."""

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
    in_freeze: InFreeze = InFreeze.SKIP


class HaltTrading(Command, frozen=True, kw_only=True):
    """Halt the whole shard, or one instrument, out of continuous trading.

    Trading reopens by auction after `halt_ns`, or on `ResumeTrading` where that is None.
    """

    shard: Shard
    instrument_id: InstrumentId | None = None
    halt_ns: Nanos | None = None


class ResumeTrading(Command, frozen=True, kw_only=True):
    """End a halt now, by auction."""

    shard: Shard
    instrument_id: InstrumentId | None = None


class BustTrade(Command, frozen=True, kw_only=True):
    """Undo a trade, or move it to another price, by a compensating event; once."""

    shard: Shard
    trade_id: TradeId
    price: Price | None = None  # None: as if it had never been


class SetQuote(Command, frozen=True, kw_only=True):
    """Make an account's two-sided quote in an instrument exactly this; a None side has no interest.

    A side that keeps its price with the same or a smaller quantity keeps its priority. Its order id
    stays while the side lives. Both sides None pulls the quote. Of a `post_only` quote a side that
    would take while trading is continuous is left out, as if it were None.
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
    post_only: bool = False
