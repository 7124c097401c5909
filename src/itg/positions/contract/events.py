"""What positions tells: the mailbox's events and the states they carry."""

from enum import unique

from msgspec import Struct

from itg.kernel.errors import Refusal
from itg.kernel.ids import (
    AccountId,
    ClientOrderId,
    FillId,
    InstrumentId,
    OrderId,
    Role,
    Seq,
    TradeId,
)
from itg.kernel.messages import Event
from itg.kernel.money import Cash, Price, Quantity
from itg.kernel.times import Nanos
from itg.kernel.words import (
    Activation,
    CancelReason,
    Liquidity,
    OrderStatus,
    OrderType,
    SelfTradePolicy,
    Side,
    TimeInForce,
    Word,
)
from itg.positions.contract.rules import RoleRules


@unique
class OrderChange(Word):
    """What happened to an order."""

    ACCEPTED = "accepted"
    REPLACED = "replaced"
    CANCELED = "canceled"
    EXPIRED = "expired"
    ACTIVATED = "activated"  # pending no more


class OrderState(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """An order as its owner sees it. Fees are cash, positive paid."""

    order_id: OrderId
    client_order_id: ClientOrderId | None = None
    instrument_id: InstrumentId
    side: Side
    quantity: int
    order_type: OrderType = OrderType.LIMIT
    price: Price | None = None
    time_in_force: TimeInForce | None = None
    post_only: bool = False
    stp: SelfTradePolicy = SelfTradePolicy.CANCEL_INCOMING
    tag: str = ""
    revision: int = 1
    status: OrderStatus = OrderStatus.WORKING
    filled_quantity: int = 0
    leaves_quantity: int = 0  # 0 once terminal
    average_price: Price | None = None  # of fills, rounded half up to a price unit
    fees: Cash = Cash(0)
    accepted_ns: Nanos
    accepted_seq: Seq  # private_seq of its acceptance
    stop_price: Price | None = None
    display_quantity: int | None = None
    expires_ns: Nanos | None = None


class Fill(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One account's half of a trade."""

    fill_id: FillId
    trade_id: TradeId
    order_id: OrderId
    client_order_id: ClientOrderId | None = None
    instrument_id: InstrumentId
    side: Side
    last_price: Price
    last_quantity: Quantity
    liquidity: Liquidity
    fee: Cash
    seq: Seq  # private_seq of its event
    game_ns: Nanos


class Position(Struct, frozen=True, gc=False, kw_only=True):
    """An account's holding of one instrument; unrealized at the mark, None while unmarked."""

    instrument_id: InstrumentId
    net_quantity: int
    average_price: Price | None
    realized_pnl: Cash
    unrealized_pnl: Cash | None
    fees: Cash


class QuoteState(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """An account's quote in one instrument: what still stands of each side."""

    instrument_id: InstrumentId
    bid_order_id: OrderId | None = None
    bid: Price | None = None
    bid_quantity: int = 0
    ask_order_id: OrderId | None = None
    ask: Price | None = None
    ask_quantity: int = 0
    is_pending: bool = False  # the jump guard holds it outside the book


class QuoteProtection(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """An account's market-maker protection and what its window holds; units of the command."""

    window_ns: Nanos
    contracts_max: int | None = None
    delta_max: int | None = None
    contracts_traded: int = 0
    delta_traded: int = 0
    is_tripped: bool = False


class AccountOpened(Event, frozen=True, kw_only=True):
    """An account may trade."""

    account_id: AccountId
    role: Role


class ConnectionOpened(Event, frozen=True, kw_only=True):
    """The account's n-th session, counted from 1."""

    account_id: AccountId
    connection_number: int


class PrivateEvent(Event, frozen=True, kw_only=True):
    """Base of the mailbox: `private_seq` counts an account's events from 1 without a gap."""

    account_id: AccountId
    private_seq: Seq


class AccountOrderUpdated(PrivateEvent, frozen=True, kw_only=True):
    """An order's state after a change other than a fill."""

    change: OrderChange
    order: OrderState
    cancel_reason: CancelReason | None = None
    activation: Activation | None = None


class AccountOrderRejected(PrivateEvent, frozen=True, kw_only=True):
    """A placement was refused."""

    client_order_id: ClientOrderId | None = None
    instrument_id: InstrumentId
    side: Side
    quantity: int
    refusal: Refusal


class AccountReplaceRejected(PrivateEvent, frozen=True, kw_only=True):
    """A replace was refused; the order stands."""

    order_id: OrderId | None = None
    orig_client_order_id: ClientOrderId | None = None
    refusal: Refusal


class AccountCancelRejected(PrivateEvent, frozen=True, kw_only=True):
    """A cancel was refused."""

    order_id: OrderId | None = None
    orig_client_order_id: ClientOrderId | None = None
    refusal: Refusal


class AccountFilled(PrivateEvent, frozen=True, kw_only=True):
    """A fill of an order or of a quote side, and what it left of it."""

    fill: Fill
    status: OrderStatus
    filled_quantity: int
    leaves_quantity: int
    average_price: Price
    is_quote: bool = False


class AccountQuoteUpdated(PrivateEvent, frozen=True, kw_only=True):
    """A quote as it stands after being set, reduced or pulled; `cancel_reason` says why it went."""

    quote: QuoteState
    cancel_reason: CancelReason | None = None


class AccountQuoteRejected(PrivateEvent, frozen=True, kw_only=True):
    """One instrument's quote was refused; the one before it stands."""

    instrument_id: InstrumentId
    refusal: Refusal


class AccountPositionChanged(PrivateEvent, frozen=True, kw_only=True):
    """A position and the cash after a fill."""

    position: Position
    cash: Cash


class AccountLimitWarned(PrivateEvent, frozen=True, kw_only=True):
    """A limit is 80 % used; once until use falls below again.

    `used` and `limit` in the limit's own unit: contracts, `delta_limit` 1e-6 of the leader's. Of
    `quote_coverage` (below its warning share) and `maker_rebate` (halved from now on) both are
    shares, 1e-6, and `used` is to be at least `limit`; of `leg_balance` ratios, 1e-6.
    """

    kind: str
    instrument_id: InstrumentId | None = None
    used: int
    limit: int


class AccountLimitBreached(PrivateEvent, frozen=True, kw_only=True):
    """A monitored limit has been passed for longer than its grace; one per episode.

    Those are `delta_limit`, `leg_balance` and `quote_coverage`; units as of `AccountLimitWarned`.
    """

    kind: str
    used: int
    limit: int
    since_ns: Nanos  # when the episode began


class AccountLimitCleared(PrivateEvent, frozen=True, kw_only=True):
    """A breached limit is kept again."""

    kind: str
    used: int
    limit: int


class AccountLossStopped(PrivateEvent, frozen=True, kw_only=True):
    """The session's loss reached the role's stop: only reducing orders until the next open."""

    session_pnl: Cash
    limit: Cash


class AccountProtectionChanged(PrivateEvent, frozen=True, kw_only=True):
    """Market-maker protection was set, tripped (its quotes are pulled) or reset."""

    protection: QuoteProtection


class AccountKillSwitchChanged(PrivateEvent, frozen=True, kw_only=True):
    """The account's kill switch, or everybody's, was switched."""

    is_active: bool
    by_organizer: bool


class AccountSettled(PrivateEvent, frozen=True, kw_only=True):
    """A series settled in cash: `settled_quantity` contracts left, `cash_settled` came in."""

    instrument_id: InstrumentId
    settlement_price: Price
    settled_quantity: int
    cash_settled: Cash


class AccountFillBusted(PrivateEvent, frozen=True, kw_only=True):
    """A fill was undone, or moved to another price; the position and cash that follow say how."""

    trade_id: TradeId
    order_id: OrderId
    instrument_id: InstrumentId
    side: Side
    last_price: Price
    adjusted_price: Price | None = None
    last_quantity: Quantity
    fee_returned: Cash
    is_former_seat: bool = False  # made before the account began anew: nothing of it is moved


class AccountSuspensionChanged(PrivateEvent, frozen=True, kw_only=True):
    """The organizer suspended the account, or lets it trade again."""

    is_suspended: bool


class RoleReplaced(Event, frozen=True, kw_only=True):
    """A role is this from now on."""

    rules: RoleRules


class HandedOver(Struct, frozen=True, gc=False, array_like=True):
    """Contracts that left an account for another without a trade; signed as they were held."""

    instrument_id: InstrumentId
    net_quantity: int
    price: Price


class AccountReseated(PrivateEvent, frozen=True, kw_only=True):
    """The account begins anew in this role; `cash_changed` came from outside the market."""

    role: Role
    cash: Cash
    cash_changed: Cash
    handed_over: tuple[HandedOver, ...] = ()


class AccountAdjusted(PrivateEvent, frozen=True, kw_only=True):
    """An organizer's correction: `cash` came from outside, `quantity` contracts at a price."""

    cash: Cash
    instrument_id: InstrumentId | None = None
    quantity: int = 0
    price: Price = Price(0)


class AdjustmentRejected(Event, frozen=True, kw_only=True):
    """A correction was refused; nothing changed."""

    account_id: AccountId
    refusal: Refusal


class KillSwitchChanged(Event, frozen=True, kw_only=True):
    """An account's kill switch, or everybody's (None), is this now; for the audit and the answer.

    Told of every switching, of one that changed nothing too.
    """

    account_id: AccountId | None
    is_active: bool
    by_organizer: bool


class KillSwitchRejected(Event, frozen=True, kw_only=True):
    """A kill switch was not switched: it is the organizer's, or nobody has this account."""

    account_id: AccountId | None
    refusal: Refusal


class OrderAnswerRepeated(Event, frozen=True, kw_only=True):
    """The first answer to a client order id again: an order with its first fills, or a refusal."""

    account_id: AccountId
    client_order_id: ClientOrderId
    order: OrderState | None = None
    fills: tuple[Fill, ...] = ()
    refusal: Refusal | None = None


class QuotesHandled(Event, frozen=True, kw_only=True):
    """A `ReserveQuotes` or `RequestQuotePull` was passed on; quote events tell the rest."""

    account_id: AccountId
    accepted: int
    rejected: int


AnyPrivateEvent = (
    AccountOrderUpdated
    | AccountOrderRejected
    | AccountReplaceRejected
    | AccountCancelRejected
    | AccountFilled
    | AccountQuoteUpdated
    | AccountQuoteRejected
    | AccountPositionChanged
    | AccountLimitWarned
    | AccountLimitBreached
    | AccountLimitCleared
    | AccountLossStopped
    | AccountProtectionChanged
    | AccountKillSwitchChanged
    | AccountSettled
    | AccountFillBusted
    | AccountReseated
    | AccountAdjusted
    | AccountSuspensionChanged
)
