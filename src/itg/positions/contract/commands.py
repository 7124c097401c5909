"""What positions can be asked to do."""

from msgspec import Struct

from itg.kernel.ids import AccountId, ClientOrderId, InstrumentId, OrderId, Role, UnderlyingId
from itg.kernel.messages import Command
from itg.kernel.money import Cash, Price
from itg.kernel.times import Nanos
from itg.kernel.words import (
    CancelReason,
    InFreeze,
    OrderType,
    SelfTradePolicy,
    Side,
    TimeInForce,
)
from itg.positions.contract.rules import RoleRules


class ConfigurePositions(Command, frozen=True, kw_only=True):
    """Set the roles of the game; again replaces them, open accounts included.

    `session_ns` is how long a session trades: theta is by session. 0: what time takes from an
    option is not told apart in its P&L.
    """

    roles: tuple[RoleRules, ...]
    session_ns: Nanos = Nanos(0)


class OpenAccount(Command, frozen=True, kw_only=True):
    """Open an account for a role; opening it twice changes nothing."""

    account_id: AccountId
    role: Role


class OpenConnection(Command, frozen=True, kw_only=True):
    """A client session of an account begins; its number starts the session's client order ids."""

    account_id: AccountId


class ReserveOrder(Command, frozen=True, kw_only=True):
    """Check an order, reserve its worst case and send it to the exchange.

    `client_order_id` is the idempotency key within the account and trading day: the same body gets
    the first answer again, another body is a conflict. None: no key, never repeated.
    """

    account_id: AccountId
    instrument_id: InstrumentId
    side: Side
    quantity: int
    order_type: OrderType = OrderType.LIMIT
    price: Price | None = None
    time_in_force: TimeInForce | None = None
    post_only: bool = False
    stp: SelfTradePolicy | None = None
    client_order_id: ClientOrderId | None = None
    tag: str = ""
    stop_price: Price | None = None
    display_quantity: int | None = None
    expires_ns: Nanos | None = None


class ReserveReplace(Command, frozen=True, kw_only=True):
    """Replace a working order, named by its id or its client order id."""

    account_id: AccountId
    order_id: OrderId | None = None
    orig_client_order_id: ClientOrderId | None = None
    price: Price | None = None
    quantity: int | None = None
    expected_revision: int | None = None


class RequestCancel(Command, frozen=True, kw_only=True):
    """Cancel a working order, named by its id or its client order id."""

    account_id: AccountId
    order_id: OrderId | None = None
    orig_client_order_id: ClientOrderId | None = None


class RequestMassCancel(Command, frozen=True, kw_only=True):
    """Cancel every order (and, with `quotes`, every quote side) that matches all filters given.

    Never metered. `in_freeze`: what happens where the book is frozen for its auction.
    """

    account_id: AccountId
    instrument_id: InstrumentId | None = None
    underlying_id: UnderlyingId | None = None
    side: Side | None = None
    tag: str | None = None
    orders: bool = True
    quotes: bool = False
    reason: CancelReason = CancelReason.MASS_CANCEL
    in_freeze: InFreeze = InFreeze.SKIP


class QuoteTerms(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One instrument's two sides; a None side has no interest."""

    instrument_id: InstrumentId
    bid: Price | None = None
    bid_quantity: int = 0
    ask: Price | None = None
    ask_quantity: int = 0


class ReserveQuotes(Command, frozen=True, kw_only=True):
    """Make the account's quotes in these instruments exactly these.

    Quotes in other instruments stay, or are pulled with `pull_others`: "my quotes are now …". A
    quote that stands as asked costs nothing and keeps its place. Of `post_only` quotes a side that
    would take at once is left out.
    """

    account_id: AccountId
    quotes: tuple[QuoteTerms, ...]
    pull_others: bool = False
    post_only: bool = False


class RequestQuotePull(Command, frozen=True, kw_only=True):
    """Pull the quote in one instrument, or all; never metered."""

    account_id: AccountId
    instrument_id: InstrumentId | None = None


class SetQuoteProtection(Command, frozen=True, kw_only=True):
    """Set an account's market-maker protection; both limits None switch it off.

    Once its quotes have traded `contracts_max` contracts, or moved its delta by `delta_max`
    (1e-6 of the leader's equivalents, either sign), within `window_ns` of game time, all its quotes
    are pulled and refused until `ResetQuoteProtection`. Answered by `AccountProtectionChanged`.
    """

    account_id: AccountId
    window_ns: Nanos
    contracts_max: int | None = None
    delta_max: int | None = None


class ResetQuoteProtection(Command, frozen=True, kw_only=True):
    """Let an account quote again; what its quotes traded before counts no more.

    Answered by `AccountProtectionChanged`, whether it was tripped, set, or neither.
    """

    account_id: AccountId


class SetKillSwitch(Command, frozen=True, kw_only=True):
    """Cancel everything of an account, or of all (None), and refuse its orders until released.

    Works in every phase, the auction's freeze included. Again changes nothing: it is answered by
    `KillSwitchChanged` all the same, and no mailbox hears of it. Refused: `KillSwitchRejected`.
    """

    account_id: AccountId | None = None
    is_active: bool = True
    by_organizer: bool = False  # only the organizer releases what the organizer switched


class SuspendAccount(Command, frozen=True, kw_only=True):
    """Cancel everything of an account and refuse its orders and quotes, or let it trade again.

    Reads go on. Apart from the kill switch, which stays as it is. Answered by
    `AccountSuspensionChanged`, unless it stood so already.
    """

    account_id: AccountId
    is_suspended: bool = True


class BeginDay(Command, frozen=True, kw_only=True):
    """Begin a day when the market leaves `closed`, at once where it has left.

    Gains, coverage, the loss stop's session and client order ids begin anew with it. A market that
    closes and opens again without it goes on with the day it had. The first day needs none.
    """


class MeasureAccounts(Command, frozen=True, kw_only=True):
    """Measure the accounts of measured roles as they are now, whatever the phase.

    Told by `AccountsMeasured` with `is_asked`; the day they count from is the last that began.
    """


class ReplaceRole(Command, frozen=True, kw_only=True):
    """Set one role anew, its open accounts included; the next order is judged by it.

    Answered by `RoleReplaced`.
    """

    rules: RoleRules


class ReseatAccount(Command, frozen=True, kw_only=True):
    """Let an account begin anew in a role: no orders, no contracts, the role's starting cash.

    What it holds goes to `counterparty_id` at the marks; what its cash is changed by comes from
    outside the market and is counted there. Answered by `AccountReseated`.
    """

    account_id: AccountId
    role: Role
    counterparty_id: AccountId


class AdjustAccount(Command, frozen=True, kw_only=True):
    """An organizer's correction: cash from outside, or contracts from `counterparty_id` at a price.

    `quantity` is signed: positive comes to the account. Answered by `AccountAdjusted`, or refused
    by `AdjustmentRejected`.
    """

    account_id: AccountId
    cash: Cash = Cash(0)
    instrument_id: InstrumentId | None = None
    quantity: int = 0
    price: Price = Price(0)
    counterparty_id: AccountId | None = None
