"""The whole state of positions, and the steps that set it up."""

from msgspec import Struct

from itg.kernel.errors import Refusal, RejectReason
from itg.kernel.ids import AccountId, FillId, InstrumentId, ReservationId, Role, Shard, UnderlyingId
from itg.kernel.times import Nanos
from itg.kernel.words import CancelReason, InFreeze, Instrument, Phase, Side
from itg.positions.contract import AnyPrivateEvent, RoleRules, is_of_placement
from itg.positions.core.accounts import Account, Answer, KillSwitch
from itg.positions.core.listings import Listing
from itg.positions.core.measured import Measuring
from itg.positions.core.obligations import Obligation
from itg.positions.core.orders import Order, Quote
from itg.positions.core.roles import RoleTerms, stranger_terms


class ExchangeReasons(Struct, frozen=True, gc=False, kw_only=True):
    """The exchange's own reasons, for what is refused here in its stead."""

    invalid_instrument: RejectReason
    invalid_price: RejectReason
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


class Sweep(Struct, frozen=True, gc=False, kw_only=True):
    """A mass cancel the exchange is to be sent after the events of the message under way."""

    shard: Shard
    account_id: AccountId
    reason: CancelReason
    instrument_id: InstrumentId | None = None
    side: Side | None = None
    tag: str | None = None
    orders: bool = True
    quotes: bool = True
    in_freeze: InFreeze = InFreeze.SKIP


class Desk:
    """All accounts and instruments, what is in flight, and the market-wide sums."""

    __slots__ = (
        "accounts",
        "cash_from_outside",
        "cash_moved",
        "checked_ns",
        "disturbed_ns",
        "fees_collected",
        "incoming",
        "is_day_due",
        "jumped_ns",
        "kill_switch",
        "last_fill",
        "last_reservation",
        "listings",
        "measuring",
        "obligations",
        "open_shards",
        "placements",
        "quotings",
        "reasons",
        "replacements",
        "roles",
        "sweeps",
    )

    def __init__(self, reasons: ExchangeReasons) -> None:
        self.reasons = reasons
        self.roles: dict[Role, RoleTerms] = {}
        self.accounts: dict[AccountId, Account] = {}
        self.listings: dict[InstrumentId, Listing] = {}
        self.open_shards: dict[Shard, Phase] = {}
        self.is_day_due = True  # it begins when the first shard leaves `closed`
        self.obligations: dict[Role, Obligation] = {}  # today's
        self.placements: dict[ReservationId, Order] = {}
        self.replacements: dict[ReservationId, Replacement] = {}
        self.quotings: dict[ReservationId, Quoting] = {}
        self.last_reservation = ReservationId(0)
        self.last_fill = FillId(0)
        self.cash_moved = 0  # Σ over accounts of cash changes, fees included
        self.cash_from_outside = 0  # its part that no other account paid
        self.fees_collected = 0
        # The answer of the placement whose events are arriving now. Anything else that arrives
        # ends it: what happens to the order from then on is no part of its first answer.
        self.incoming: Answer | None = None
        self.sweeps: list[Sweep] = []  # of the message under way, empty between messages
        self.kill_switch = KillSwitch()  # everybody's
        self.jumped_ns: Nanos | None = None  # of the last jump that opened the exchange's guard
        self.disturbed_ns: Nanos | None = None  # of the last such jump, halt or resumption
        self.checked_ns: Nanos | None = None  # when limits were last monitored
        self.measuring = Measuring()

    def configure(self, roles: tuple[RoleRules, ...]) -> None:
        """Replace the roles, for open accounts too."""
        self.roles = {rules.role: RoleTerms(rules) for rules in roles}
        self.obligations.clear()
        for account in self.accounts.values():
            account.terms = self.roles[account.terms.rules.role]

    def open_account(self, account_id: AccountId, role: Role) -> Account | None:
        """Return the opened account, None when it is open already."""
        if account_id in self.accounts:
            return None
        assert role in self.roles, f"account {account_id} asks for the unknown role {role!r}"
        account = Account(account_id, self.roles[role])
        account.is_restricted = self.kill_switch.is_active
        self.accounts[account_id] = account
        return account

    def account(self, account_id: AccountId) -> Account:
        """Return an open account, or one that is nobody's: it is refused everything and forgotten.

        Its refusals carry `private_seq` 1 and stand in no mailbox.
        """
        known = self.accounts.get(account_id)
        return Account(account_id, stranger_terms()) if known is None else known

    def list_instrument(self, instrument: Instrument) -> None:
        """Let an instrument be traded, again after it was delisted; twice changes nothing."""
        instrument_id = instrument.instrument_id
        if instrument_id not in self.listings:
            self.listings[instrument_id] = Listing(instrument, len(self.listings))
        listing = self.listings[instrument_id]
        if listing.is_delisted:
            listing.is_delisted = False
            listing.settlement_price = None

    def sweep(
        self,
        account_id: AccountId,
        reason: CancelReason,
        in_freeze: InFreeze,
        *,
        orders: bool = True,
        quotes: bool = True,
    ) -> None:
        """Ask every shard to cancel an account's orders and quotes, or one of the two."""
        self.sweeps += (
            Sweep(
                shard=shard,
                account_id=account_id,
                reason=reason,
                orders=orders,
                quotes=quotes,
                in_freeze=in_freeze,
            )
            for shard in self.shards_of(None, None)
        )

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

    @property
    def is_trading(self) -> bool:
        """Tell whether any shard trades continuously."""
        return Phase.CONTINUOUS in self.open_shards.values()

    def enter_phase(self, shard: Shard, phase: Phase) -> bool:
        """Follow a shard's phase; True when a day that is due begins with it.

        Which series are to be quoted is chosen anew whenever the market opens.
        """
        if phase is Phase.CLOSED:
            self.open_shards.pop(shard, None)
            return False
        if not self.open_shards:
            self.obligations.clear()
        self.open_shards[shard] = phase
        begins, self.is_day_due = self.is_day_due, False
        return begins

    def weights_of(self, account: Account) -> dict[UnderlyingId, int]:
        """Return what a delta of each underlying counts for a role, 1e-6 of the leader's.

        A role without a delta limit counts as the first that has one; without any, by nothing.
        """
        rule = account.terms.delta_limit
        if rule is None:
            rules = (terms.delta_limit for terms in self.roles.values())
            rule = next((found for found in rules if found is not None), None)
        return {} if rule is None else rule.weights

    def next_reservation(self) -> ReservationId:
        """Return a number no reservation had."""
        self.last_reservation = ReservationId(self.last_reservation + 1)
        return self.last_reservation

    def next_fill(self) -> FillId:
        """Return a number no fill had."""
        self.last_fill = FillId(self.last_fill + 1)
        return self.last_fill

    def assert_balanced(self, listing: Listing) -> None:
        """Assert that nothing was made or lost: after every booking."""
        assert listing.net_sum == 0, f"positions in {listing.instrument_id} do not add up to zero"
        assert self.cash_moved + self.fees_collected == self.cash_from_outside, (
            "cash and fees do not add up to zero"
        )

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
