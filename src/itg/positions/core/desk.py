"""The whole state of positions, and the steps that set it up."""

from msgspec import Struct

from itg.kernel.errors import Refusal, RejectReason
from itg.kernel.ids import AccountId, FillId, InstrumentId, ReservationId, Role, Shard, UnderlyingId
from itg.kernel.money import Price
from itg.kernel.words import Instrument, Phase
from itg.positions.contract import AnyPrivateEvent, RoleRules, is_of_placement
from itg.positions.core.accounts import Account, Answer
from itg.positions.core.listings import Listing
from itg.positions.core.orders import Order, Quote
from itg.positions.core.roles import RoleTerms, stranger_terms


class ExchangeReasons(Struct, frozen=True, gc=False, kw_only=True):
    """The exchange's own reasons, for what is refused here in its stead."""

    invalid_instrument: RejectReason
    invalid_quantity: RejectReason
    order_not_found: RejectReason
    order_already_done: RejectReason


class Replacement:
    """A replace in flight: the order and the total it would get."""

    __slots__ = ("order", "total")

    def __init__(self, order: Order, total: int) -> None:
        self.order = order
        self.total = total


class Quoting:
    """A quote in flight."""

    __slots__ = ("account", "quote")

    def __init__(self, account: Account, quote: Quote) -> None:
        self.account = account
        self.quote = quote


class Desk:
    """All accounts and instruments, what is in flight, and the market-wide sums."""

    __slots__ = (
        "accounts",
        "cash_moved",
        "fees_collected",
        "incoming",
        "last_fill",
        "last_reservation",
        "listings",
        "open_shards",
        "placements",
        "quotings",
        "reasons",
        "replacements",
        "roles",
    )

    def __init__(self, reasons: ExchangeReasons) -> None:
        self.reasons = reasons
        self.roles: dict[Role, RoleTerms] = {}
        self.accounts: dict[AccountId, Account] = {}
        self.listings: dict[InstrumentId, Listing] = {}
        self.open_shards: dict[Shard, None] = {}
        self.placements: dict[ReservationId, Order] = {}
        self.replacements: dict[ReservationId, Replacement] = {}
        self.quotings: dict[ReservationId, Quoting] = {}
        self.last_reservation = ReservationId(0)
        self.last_fill = FillId(0)
        self.cash_moved = 0  # Σ over accounts of cash changes by trades, fees included
        self.fees_collected = 0
        # The answer of the placement whose events are arriving now. Anything else that arrives
        # ends it: what happens to the order from then on is no part of its first answer.
        self.incoming: Answer | None = None

    def configure(self, roles: tuple[RoleRules, ...]) -> None:
        """Replace the roles, for open accounts too."""
        self.roles = {rules.role: RoleTerms(rules) for rules in roles}
        for account in self.accounts.values():
            account.terms = self.roles[account.terms.rules.role]

    def open_account(self, account_id: AccountId, role: Role) -> Account | None:
        """Return the opened account, None when it is open already."""
        if account_id in self.accounts:
            return None
        assert role in self.roles, f"account {account_id} asks for the unknown role {role!r}"
        account = Account(account_id, self.roles[role])
        self.accounts[account_id] = account
        return account

    def account(self, account_id: AccountId) -> Account:
        """Return an open account, or one that is nobody's: it is refused everything and forgotten.

        Its refusals carry `private_seq` 1 and stand in no mailbox.
        """
        known = self.accounts.get(account_id)
        return Account(account_id, stranger_terms()) if known is None else known

    def list_instrument(self, instrument: Instrument) -> None:
        """Let an instrument be traded; listing it twice changes nothing."""
        instrument_id = instrument.instrument_id
        if instrument_id not in self.listings:
            self.listings[instrument_id] = Listing(instrument, len(self.listings))

    def shards_of(
        self, instrument_id: InstrumentId | None, underlying_id: UnderlyingId | None
    ) -> tuple[Shard, ...]:
        """Return the shards that list what both filters name, in listing order."""
        return tuple(
            dict.fromkeys(
                listing.shard
                for listing in self.listings.values()
                if instrument_id in (None, listing.instrument_id)
                and underlying_id in (None, listing.underlying_id)
            )
        )

    def mark(self, instrument_id: InstrumentId, mark_price: Price) -> None:
        """Value an instrument; one that is not listed is nobody's."""
        listing = self.listings.get(instrument_id)
        if listing is not None:
            listing.mark_price = mark_price

    def enter_phase(self, shard: Shard, phase: Phase) -> None:
        """Follow a shard's phase; the first to leave `closed` begins the trading day.

        A client order id may be used again from then on.
        """
        if phase is Phase.CLOSED:
            self.open_shards.pop(shard, None)
            return
        if not self.open_shards:
            for account in self.accounts.values():
                account.answers.clear()
        self.open_shards[shard] = None

    def next_reservation(self) -> ReservationId:
        """Return a number no reservation had."""
        self.last_reservation = ReservationId(self.last_reservation + 1)
        return self.last_reservation

    def next_fill(self) -> FillId:
        """Return a number no fill had."""
        self.last_fill = FillId(self.last_fill + 1)
        return self.last_fill

    def remember(self, event: AnyPrivateEvent, order: Order) -> None:
        """Add an order's event to its first answer while its placement lasts."""
        incoming = self.incoming
        if incoming is None or incoming.order is not order:
            return
        if is_of_placement(event):
            incoming.events += (event,)
        else:
            self.incoming = None

    def unbearable(self, listing: Listing, quantity: int, price: int | None) -> Refusal | None:
        """Return why no account may send this: nothing to trade, or more than cash can count."""
        worth = quantity * (price or 0) * listing.multiplier
        if 0 < quantity <= QUANTITY_MAX and -VALUE_MAX <= worth <= VALUE_MAX:
            return None
        reason = self.reasons.invalid_quantity
        if quantity <= 0:
            return Refusal(
                code=reason.code,
                detail="An order is for one contract or more.",
                field="quantity",
                requested=quantity,
            )
        return Refusal(
            code=reason.code,
            detail=f"One order is for at most {QUANTITY_MAX} contracts and 10 billion USD.",
            field="quantity",
            limit=QUANTITY_MAX,
        )


# The journal's integers have 64 bits. At these bounds an account's cash needs 90,000 largest
# trades in one direction to leave them; they bind no game, only numbers sent to break one.
QUANTITY_MAX = 10_000_000
VALUE_MAX = 10**14
