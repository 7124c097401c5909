"""What positions can be asked to do."""

from msgspec import Struct

from itg.kernel.ids import AccountId, ClientOrderId, InstrumentId, OrderId, Role, UnderlyingId
from itg.kernel.messages import Command
from itg.kernel.money import Price
from itg.kernel.words import OrderType, SelfTradePolicy, Side, TimeInForce
from itg.positions.contract.rules import RoleRules


class ConfigurePositions(Command, frozen=True, kw_only=True):
    """Set the roles of the game; again replaces them, open accounts included."""

    roles: tuple[RoleRules, ...]


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
    """Cancel every order that matches all filters given; never metered. Quotes stay."""

    account_id: AccountId
    instrument_id: InstrumentId | None = None
    underlying_id: UnderlyingId | None = None
    side: Side | None = None
    tag: str | None = None


class QuoteTerms(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """One instrument's two sides; a None side has no interest."""

    instrument_id: InstrumentId
    bid: Price | None = None
    bid_quantity: int = 0
    ask: Price | None = None
    ask_quantity: int = 0


class ReserveQuotes(Command, frozen=True, kw_only=True):
    """Make the account's quotes in these instruments exactly these; other instruments stay."""

    account_id: AccountId
    quotes: tuple[QuoteTerms, ...]


class RequestQuotePull(Command, frozen=True, kw_only=True):
    """Pull the quote in one instrument, or all; never metered."""

    account_id: AccountId
    instrument_id: InstrumentId | None = None
