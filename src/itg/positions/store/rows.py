"""The rows of a snapshot, arrays in MessagePack.

Every order stands once: in the answer of today that has it, else where it is known or on its way.
Everything else names it by that answer's client order id, or by its own id. Rows typed `Raw` are
encoded apart, for what is settled is encoded once (`itg.positions.store.packing`).
"""

from msgspec import Raw, Struct

from itg.kernel.ids import (
    AccountId,
    ClientOrderId,
    FillId,
    InstrumentId,
    OrderId,
    ReservationId,
    Role,
    Seq,
    Shard,
    TradeId,
)
from itg.kernel.money import Price
from itg.kernel.times import Nanos
from itg.kernel.words import Instrument, OrderStatus, Phase, SelfTradePolicy, Side
from itg.positions.contract import AnyPrivateEvent, MarkedTrade, ReserveOrder, RoleRules
from itg.positions.core.accounts import QuoteFill
from itg.positions.core.former_seats import FormerSeat


class Row(Struct, frozen=True, gc=False, array_like=True):
    """Base of the rows."""


class Greeks(Row, frozen=True):
    """An option's volatility and Greeks, as last marked."""

    implied_vol: int
    gamma: int
    vega: int
    theta: int


class ListingRow(Row, frozen=True):
    """One listed instrument; its index is its place."""

    instrument: Instrument
    mark_price: Price | None
    delta: int
    net_sum: int
    is_delisted: bool
    settlement_price: Price | None
    greeks: Greeks | None = None
    spot_price: Price | None = None
    session_time: int = 0
    rises: list[int] | None = None
    last_trade_id: TradeId = TradeId(0)


class TicketRow(Row, frozen=True):
    """What an order and a quote side have in common."""

    instrument_id: InstrumentId
    side: Side
    order_id: OrderId
    status: OrderStatus
    price: Price | None
    quantity: int
    leaves: int
    filled: int
    filled_value: int
    fees: int


class OrderRow(Row, frozen=True):
    """One order."""

    ticket: TicketRow
    body: ReserveOrder
    stp: SelfTradePolicy
    reserved: int
    revision: int
    accepted_ns: Nanos
    accepted_seq: Seq


# An order that stands in an answer is named by its client order id.
OrderPlace = OrderRow | ClientOrderId


class QuoteRow(Row, frozen=True):
    """One quote with what is in flight for it."""

    instrument_id: InstrumentId
    bid: TicketRow | None
    ask: TicketRow | None
    in_flight: list[tuple[ReservationId, int, int]]
    reserved_bid: int
    reserved_ask: int
    valid_ns: Nanos | None
    firm_ns: Nanos | None


class HoldingRow(Row, frozen=True):
    """One holding."""

    instrument_id: InstrumentId
    net: int
    cost: int
    realized: int
    fees: int
    contracts_traded: int
    working_buy: int
    working_sell: int
    worst: int
    pnl: list[int] | None = None


class PortfolioRow(Row, frozen=True):
    """What one account holds."""

    cash: int
    fees: int
    filled: int
    exposure: int
    holdings: list[HoldingRow]


class AnswerRow(Row, frozen=True):
    """The first answer to one client order id."""

    body: ReserveOrder | None  # None: that of the order
    order: OrderRow | None  # None: it was refused
    events: tuple[AnyPrivateEvent, ...]


class ProtectionRow(Row, frozen=True):
    """One account's market-maker protection."""

    window_ns: Nanos
    contracts_max: int | None
    delta_max: int | None
    is_tripped: bool
    fills: list[QuoteFill]


class CoverageRow(Row, frozen=True):
    """How one account meets its obligation to quote.

    `looks` are pairs of bit sets of `width` bytes each, little end first: the sets outgrow the
    integers of MessagePack.
    """

    width: int
    looks: bytes
    obliged: int
    covered: int
    relieved: int
    is_halved: bool


class ObligationRow(Row, frozen=True):
    """What one role is asked to quote; a series' bit is its place."""

    role: Role
    chosen_ns: Nanos
    places: list[InstrumentId]
    due: list[tuple[InstrumentId, Nanos]]


class WatchRow(Row, frozen=True):
    """What stops an account, and what is being watched of it."""

    kill_switch: tuple[bool, bool]  # is active, by the organizer
    protection: ProtectionRow | None
    is_loss_stopped: bool
    day_equity: int
    episodes: list[tuple[str, Nanos, int, int, bool]]  # kind, since, used, limit, is a breach
    coverage: CoverageRow
    is_suspended: bool


class MarkoutSumsRow(Row, frozen=True):
    """Trades against one role on one side of liquidity."""

    counterparty_role: Role
    is_maker: bool
    trades: int
    contracts: int
    edges: list[int]


class MeasuredRow(Row, frozen=True):
    """What an account made; `minutes` are its integers of 64 bits, the lowest byte first."""

    gains: list[int]
    underlying: int
    told: list[int]
    minutes: bytes
    markouts: list[MarkoutSumsRow]


class MarkingRow(Row, frozen=True):
    """A trade of the day with the marks it has had."""

    fact: MarkedTrade
    maker_role: Role
    taker_role: Role
    later: list[Price]


class MeasuringRow(Row, frozen=True):
    """What the desk measures by."""

    session_ns: Nanos
    ran_ns: int
    runs_since_ns: Nanos | None
    minute_ends_ns: int
    days: list[Nanos]
    trades: list[MarkingRow]


class AccountRow(Row, frozen=True):
    """One account; `answers` are `AnswerRow`s, `orders` `OrderPlace`s.

    `mailbox` holds lists of events.
    """

    account_id: AccountId
    role: Role
    connections: int
    orders_accepted: int
    buckets: tuple[tuple[int, int], tuple[int, int], tuple[int, int]]
    portfolio: PortfolioRow
    orders: list[Raw]
    working: list[OrderId]
    done: list[OrderId]
    answers: list[Raw]
    quotes: list[QuoteRow]
    warned: list[tuple[str, InstrumentId | None]]
    watch: WatchRow
    private_seq: Seq
    mailbox: list[Raw]
    measured: MeasuredRow | None = None
    former_seats: list[FormerSeat] = []


class DeskRow(Row, frozen=True):
    """The whole state."""

    roles: list[RoleRules]
    listings: list[ListingRow]
    open_shards: list[tuple[Shard, Phase]]
    accounts: list[AccountRow]
    placements: list[tuple[ReservationId, AccountId, OrderPlace]]
    replacements: list[tuple[ReservationId, AccountId, OrderId, int]]
    quotings: list[tuple[ReservationId, AccountId, InstrumentId]]
    last_reservation: ReservationId
    last_fill: FillId
    cash_moved: int
    fees_collected: int
    incoming: tuple[AccountId, ClientOrderId] | None
    kill_switch: tuple[bool, bool]
    jumped_ns: Nanos | None
    disturbed_ns: Nanos | None
    checked_ns: Nanos | None
    obligations: list[ObligationRow]
    cash_from_outside: int
    is_day_due: bool
    measuring: MeasuringRow | None = None
