"""Instruments, books, trades, prices, phases."""

from typing import Literal

from msgspec import field

from itg.wire.v1.orders import Body, SideWord

PhaseWord = Literal[
    "closed", "pre_open", "opening_auction", "continuous", "closing_auction", "halted"
]

HaltCauseWord = Literal["price_move", "stale_prices", "organizer"]


class InstrumentBody(Body, frozen=True, kw_only=True):
    """A tradable thing; option fields are null on underlyings."""

    instrument_id: str
    underlying_id: str
    kind: Literal["underlying", "option"]
    multiplier: int
    tick_size: float
    right: Literal["call", "put"] | None = None
    strike: float | None = None
    expiry_date: str | None = None
    expires_us: int | None = None


class InstrumentPage(Body, frozen=True, kw_only=True):
    """Instruments in listing order."""

    items: list[InstrumentBody]
    next_cursor: str | None


class LevelBody(Body, frozen=True, kw_only=True):
    """Displayed interest at one price."""

    price: float
    quantity: int
    order_count: int


class BookBody(Body, frozen=True, kw_only=True):
    """A book at `seq`, best levels first; indicative fields speak while an auction collects."""

    instrument_id: str
    phase: PhaseWord
    seq: int
    bids: list[LevelBody]
    asks: list[LevelBody]
    indicative_price: float | None = None
    indicative_quantity: int = 0
    imbalance_quantity: int = 0
    imbalance_side: SideWord | None = None


class BookPage(Body, frozen=True, kw_only=True):
    """Books in listing order."""

    items: list[BookBody]
    next_cursor: str | None


class TradeBody(Body, frozen=True, kw_only=True):
    """A trade as everybody sees it; `trade_id` rises."""

    trade_id: int
    instrument_id: str
    price: float
    quantity: int
    aggressor_side: SideWord
    is_auction: bool
    game_us: int
    seq: int


class TapeTradeBody(TradeBody, frozen=True, kw_only=True):
    """A trade of the tape as it stands now.

    `is_busted`: it was undone since; `adjusted_price`: it counts at this price instead. What is
    told as it happens cannot know: a `bust` follows it.
    """

    is_busted: bool
    adjusted_price: float | None


class TradePage(Body, frozen=True, kw_only=True):
    """The public tape, oldest first."""

    items: list[TapeTradeBody]
    next_cursor: str | None


class HaltBody(Body, frozen=True, kw_only=True):
    """A halt under way; no instrument: the whole underlying. No `resumes_us`: until resumed."""

    instrument_id: str | None
    halt_cause: HaltCauseWord
    resumes_us: int | None


class UnderlyingStatusBody(Body, frozen=True, kw_only=True):
    """One underlying's phase, with the instruments that differ from it.

    Takers wait while the jump guard is open, until `guard_ends_us`.
    """

    underlying_id: str
    phase: PhaseWord
    next_phase: PhaseWord | None
    next_transition_us: int | None
    instrument_phases: dict[str, PhaseWord]
    halts: list[HaltBody] = field(default_factory=list)
    guard_ends_us: int | None = None


class ExchangeStatusBody(Body, frozen=True, kw_only=True):
    """The market's phase and what comes next."""

    phase: PhaseWord
    next_phase: PhaseWord | None
    next_transition_us: int | None
    halts: list[str]
    underlyings: list[UnderlyingStatusBody]


class PriceBody(Body, frozen=True, kw_only=True):
    """The last print of an underlying; `is_moving` is false outside the session.

    `is_stale`: market data does not answer, and the print may be older than a step.
    """

    underlying_id: str
    price: float
    is_moving: bool
    game_us: int
    is_stale: bool = False


class PricePage(Body, frozen=True, kw_only=True):
    """Every underlying's last print."""

    items: list[PriceBody]
    next_cursor: str | None


# Frames of the state channels: a level is [price, quantity], absolute, quantity 0 removes it.
WireLevel = tuple[float, int]


class BookPush(Body, frozen=True, kw_only=True, omit_defaults=True):
    """Data of `book.{instrument}`: a snapshot, or in a delta the changed levels."""

    instrument_id: str
    bids: list[WireLevel]
    asks: list[WireLevel]
    phase: PhaseWord | None = None  # in snapshots, and in a conflated frame if it changed
    indicative_price: float | None = None
    indicative_quantity: int | None = None
    imbalance_quantity: int | None = None
    imbalance_side: SideWord | None = None


# In full depth a level is [price, quantity, order_count].
RawLevel = tuple[float, int, int]


class RawBookPush(Body, frozen=True, kw_only=True, omit_defaults=True):
    """Data of `book.{instrument}.raw`: a snapshot, or the levels that one input changed."""

    instrument_id: str
    bids: list[RawLevel]
    asks: list[RawLevel]
    phase: PhaseWord | None = None  # in snapshots
    indicative_price: float | None = None
    indicative_quantity: int | None = None
    imbalance_quantity: int | None = None
    imbalance_side: SideWord | None = None


class TopPush(Body, frozen=True, kw_only=True):
    """One row of `bbo.{underlying}`."""

    instrument_id: str
    bid: float | None
    bid_quantity: int
    ask: float | None
    ask_quantity: int


class TopsPush(Body, frozen=True, kw_only=True):
    """Data of `bbo.{underlying}`: the tops that changed, or all in a snapshot."""

    tops: list[TopPush]


class TradesPush(Body, frozen=True, kw_only=True):
    """Data of a `snapshot` on `trades.…`: the last trades, oldest first; a `trade` is one body."""

    trades: list[TradeBody]


class BustPush(Body, frozen=True, kw_only=True):
    """Data of `trades.…` type `bust`: a trade is undone, or counts at the adjusted price."""

    trade_id: int
    instrument_id: str
    price: float  # as it was traded
    quantity: int
    adjusted_price: float | None


class PricesPush(Body, frozen=True, kw_only=True):
    """Data of `prices`."""

    prices: list[PriceBody]


class PhasePush(Body, frozen=True, kw_only=True):
    """Data of `phase`; `instrument_id` null: the whole underlying."""

    underlying_id: str
    instrument_id: str | None
    phase: PhaseWord
    previous: PhaseWord | None
    next_phase: PhaseWord | None
    next_transition_us: int | None
    clearing_price: float | None = None
    quantity: int | None = None


class HaltPush(Body, frozen=True, kw_only=True):
    """Data of `phase` type `halt`; no instrument: all of the underlying. Its `phase` follows."""

    underlying_id: str
    instrument_id: str | None
    halt_cause: HaltCauseWord
    resumes_us: int | None  # null: until the organizer resumes


class ResumePush(Body, frozen=True, kw_only=True):
    """Data of `phase` type `resume`: a halt is over; `phase` and `uncross` follow."""

    underlying_id: str
    instrument_id: str | None


class GuardPush(Body, frozen=True, kw_only=True):
    """Data of `phase` type `guard`: takers wait until `ends_us`; null: the guard has ended."""

    underlying_id: str
    ends_us: int | None


class DelayedPush(Body, frozen=True, kw_only=True):
    """Data of `phase` type `delayed`: an auction goes on, at the longest until `opens_us`."""

    underlying_id: str
    instrument_id: str
    indicative_price: float
    opens_us: int


class ListedPush(Body, frozen=True, kw_only=True):
    """Data of `phase` type `listed`: a book is open for orders."""

    instrument: InstrumentBody


class DelistedPush(Body, frozen=True, kw_only=True):
    """Data of `phase` type `delisted`: a book is no more."""

    underlying_id: str
    instrument_id: str


class SettledPush(Body, frozen=True, kw_only=True):
    """Data of `phase` type `settled`: a series ended, a contract is worth the settlement price."""

    underlying_id: str
    instrument_id: str
    settlement_price: float
    official_close: float


MarketPush = (
    HaltPush | ResumePush | GuardPush | DelayedPush | ListedPush | DelistedPush | SettledPush
)

MarketWord = Literal["halt", "resume", "guard", "delayed", "listed", "delisted", "settled"]


class PhasesPush(Body, frozen=True, kw_only=True):
    """Data of a `snapshot` on `phase`: every underlying, then the instruments that differ."""

    phases: list[PhasePush]
