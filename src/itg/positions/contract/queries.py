"""What can be read, and the answers."""

from msgspec import Struct

from itg.kernel.errors import Refusal
from itg.kernel.ids import AccountId, ClientOrderId, InstrumentId, OrderId, Role, Seq, UnderlyingId
from itg.kernel.messages import Query, Reply
from itg.kernel.money import Cash
from itg.kernel.times import Nanos
from itg.positions.contract.commands import ReserveOrder
from itg.positions.contract.events import (
    AccountFillBusted,
    AnyPrivateEvent,
    Fill,
    OrderState,
    Position,
    QuoteProtection,
    QuoteState,
)
from itg.positions.contract.rules import RoleRules


class GetOrders(Query, frozen=True, kw_only=True):
    """Read an account's orders by id, oldest first."""

    account_id: AccountId
    working: bool | None = True  # True working, False done, None all
    instrument_id: InstrumentId | None = None
    tag: str | None = None
    after_order_id: OrderId | None = None
    since_seq: Seq | None = None  # only orders accepted after this private_seq
    count: int = 1_000


class GetOrder(Query, frozen=True, kw_only=True):
    """Read one order by id or client order id."""

    account_id: AccountId
    order_id: OrderId | None = None
    client_order_id: ClientOrderId | None = None


class GetQuotes(Query, frozen=True, kw_only=True):
    """Read an account's standing quotes."""

    account_id: AccountId
    instrument_id: InstrumentId | None = None


class GetFills(Query, frozen=True, kw_only=True):
    """Read an account's fills after a private_seq, oldest first, as far as the mailbox reaches."""

    account_id: AccountId
    since_seq: Seq | None = None
    instrument_id: InstrumentId | None = None
    count: int = 1_000


class GetPositions(Query, frozen=True, kw_only=True):
    """Read an account's positions, cash and fees."""

    account_id: AccountId


class GetLimits(Query, frozen=True, kw_only=True):
    """Read an account's risk limits with what is used and what is left."""

    account_id: AccountId


class GetBudgets(Query, frozen=True, kw_only=True):
    """Read an account's rate budgets as of a game time."""

    account_id: AccountId
    game_ns: Nanos


class ValidateOrder(Query, frozen=True, kw_only=True):
    """Ask what `ReserveOrder` would say now; advisory: nothing is reserved."""

    order: ReserveOrder
    game_ns: Nanos


class GetOrderEvents(Query, frozen=True, kw_only=True):
    """Read what was recorded of one order, as far as the mailbox reaches back."""

    account_id: AccountId
    order_id: OrderId | None = None
    client_order_id: ClientOrderId | None = None


class GetQuoteProtection(Query, frozen=True, kw_only=True):
    """Read an account's market-maker protection as of a game time."""

    account_id: AccountId
    game_ns: Nanos


class GetKillSwitches(Query, frozen=True, kw_only=True):
    """Read which kill switches are active (an organizer's read)."""


class GetPrivateEvents(Query, frozen=True, kw_only=True):
    """Read an account's mailbox after a private_seq."""

    account_id: AccountId
    after_seq: Seq


class GetAccountState(Query, frozen=True, kw_only=True):
    """Read everything a new subscriber of `private` needs, as of one private_seq."""

    account_id: AccountId


class GetBalances(Query, frozen=True, kw_only=True):
    """Read every account's totals and the market-wide sums (an organizer's read)."""


class GetRoles(Query, frozen=True, kw_only=True):
    """Read the rules of every role."""


class Roles(Reply, frozen=True, kw_only=True):
    """The roles in the scenario's order."""

    roles: tuple[RoleRules, ...]


class Orders(Reply, frozen=True, kw_only=True):
    """A page of orders, oldest first."""

    orders: tuple[OrderState, ...]
    private_seq: Seq


class FoundOrder(Reply, frozen=True, kw_only=True):
    """One order, or its refusal when the client order id was rejected; both None: unknown."""

    order: OrderState | None
    refusal: Refusal | None
    private_seq: Seq


class Quotes(Reply, frozen=True, kw_only=True):
    """Standing quotes in instrument order."""

    quotes: tuple[QuoteState, ...]
    private_seq: Seq


class Fills(Reply, frozen=True, kw_only=True):
    """A page of fills, oldest first; `corrections` says which trades were undone or moved since.

    `is_complete` unless the mailbox has lost events after the number that was asked for.
    """

    fills: tuple[Fill, ...]
    corrections: tuple[AccountFillBusted, ...] = ()
    is_complete: bool = True
    private_seq: Seq


class Positions(Reply, frozen=True, kw_only=True):
    """All positions ever held, in instrument order, with totals."""

    account_id: AccountId
    role: Role
    positions: tuple[Position, ...]
    cash: Cash
    fees: Cash
    realized_pnl: Cash
    unrealized_pnl: Cash
    private_seq: Seq


class LimitUse(Struct, frozen=True, gc=False, kw_only=True):
    """One risk limit: filled use, worst case with working orders, and the headroom left.

    Of a floor `used` is to be at least `limit`, and the headroom is what it may still lose.
    """

    kind: str
    instrument_id: InstrumentId | None
    limit: int
    used: int
    worst_case: int
    headroom: int
    is_floor: bool = False


class LegDelta(Struct, frozen=True, gc=False, kw_only=True):
    """One underlying with its options: signed delta, 1e-6 of the leader's equivalents."""

    underlying_id: UnderlyingId
    delta: int


class Limits(Reply, frozen=True, kw_only=True):
    """Risk limits in the role's order; instrument rows only where something is held or working.

    An obligation to quote follows once the day has asked for something.

    `legs` are those of the role's leg balance; empty without one.
    """

    limits: tuple[LimitUse, ...]
    legs: tuple[LegDelta, ...] = ()
    private_seq: Seq


class RateBudget(Struct, frozen=True, gc=False, kw_only=True):
    """One token bucket: `remaining` of `burst`, refilled at `per_s`."""

    kind: str  # orders, cancels, quotes
    per_s: int
    burst: int
    remaining: int


class Budgets(Reply, frozen=True, kw_only=True):
    """The account's rate budgets."""

    budgets: tuple[RateBudget, ...]
    private_seq: Seq


class Verdict(Reply, frozen=True, kw_only=True):
    """What a `ReserveOrder` would meet; None: accepted by positions' rules."""

    refusal: Refusal | None
    private_seq: Seq


class OrderEvents(Reply, frozen=True, kw_only=True):
    """One order's private events, oldest first; `is_complete` when its acceptance is among them."""

    events: tuple[AnyPrivateEvent, ...]
    is_complete: bool
    private_seq: Seq


class ProtectionState(Reply, frozen=True, kw_only=True):
    """An account's market-maker protection; None: switched off."""

    protection: QuoteProtection | None
    private_seq: Seq


class KillSwitches(Reply, frozen=True, kw_only=True):
    """Everybody's kill switch, and the accounts whose own is active, in opening order."""

    is_active: bool
    account_ids: tuple[AccountId, ...]


class PrivateEvents(Reply, frozen=True, kw_only=True):
    """The mailbox after a seq; `too_old` when events after it are gone."""

    events: tuple[AnyPrivateEvent, ...]
    too_old: bool
    private_seq: Seq


class AccountState(Reply, frozen=True, kw_only=True):
    """Working orders, quotes and positions as of `private_seq`."""

    account_id: AccountId
    private_seq: Seq
    orders: tuple[OrderState, ...]
    quotes: tuple[QuoteState, ...]
    positions: tuple[Position, ...]
    cash: Cash


class AccountBalance(Struct, frozen=True, gc=False, kw_only=True):
    """One account's totals; `equity` is cash plus positions at their marks.

    What is of seats that it left is told apart: `left_…`, all of it realized.
    """

    account_id: AccountId
    role: Role
    cash: Cash
    fees: Cash
    realized_pnl: Cash
    unrealized_pnl: Cash
    equity: Cash
    contracts_traded: int
    orders: int
    net_quantities: tuple[tuple[InstrumentId, int], ...]
    left_realized_pnl: Cash = Cash(0)
    left_fees: Cash = Cash(0)
    left_contracts_traded: int = 0


class Balances(Reply, frozen=True, kw_only=True):
    """All accounts in opening order; both sums are zero in a sound market."""

    accounts: tuple[AccountBalance, ...]
    contracts_sum: int  # sum over instruments of |sum of net positions|
    cash_sum: Cash  # cash moved plus fees collected less what came from outside


class AccountMissing(Reply, frozen=True, kw_only=True):
    """The query named an account that was never opened."""

    account_id: AccountId
