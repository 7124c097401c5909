"""A small market around the desk: accounts, instruments, and a machine that plays it."""

from collections.abc import Sequence
from typing import ClassVar, TypeVar

from tests.positions.toy_exchange import ToyExchange

from itg.exchange.contract import ListInstrument, SetPhase
from itg.kernel.ids import (
    AccountId,
    ClientOrderId,
    InstrumentId,
    OrderId,
    Role,
    Shard,
    UnderlyingId,
)
from itg.kernel.messages import Message, Query, Reply
from itg.kernel.money import Cash, Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import (
    Instrument,
    OptionRight,
    OptionTerms,
    OrderType,
    Phase,
    SelfTradePolicy,
    Side,
    TimeInForce,
)
from itg.market_data.contract import Mark, MarksPublished, PricesStepped, SpotPrice
from itg.positions.contract import (
    AnyConstraint,
    Balances,
    BeginDay,
    ConfigurePositions,
    GetBalances,
    GetLimits,
    GetPositions,
    Limits,
    OpenAccount,
    OrderAnswer,
    Positions,
    QuoteTerms,
    RequestCancel,
    ReserveOrder,
    ReserveQuotes,
    ReserveReplace,
    RoleRules,
    fold_answer,
)
from itg.positions.service import PositionsService
from itg.runtime.cascade import Machine
from itg.runtime.service import Service

ALICE, BOB, CAROL, DAVE = (AccountId(name) for name in ("alice", "bob", "carol", "dave"))
MAKER, TRADER = Role("market_maker"), Role("trader")
START = Nanos(1_000 * NS_PER_S)
MULTIPLIER = 100
CALL = InstrumentId("SPX-20261217-C-4400")
PUT = InstrumentId("SPX-20261217-P-4400")
SPX = InstrumentId("SPX")
SPY_CALL = InstrumentId("SPY-20261217-C-440")
NAMES = {"call": CALL, "put": PUT, "spx": SPX, "spy_call": SPY_CALL}

# By whether it has no price, and whether it has a stop price.
ORDER_TYPES = {
    (False, False): OrderType.LIMIT,
    (True, False): OrderType.MARKET,
    (False, True): OrderType.STOP_LIMIT,
    (True, True): OrderType.STOP,
}

M = TypeVar("M", bound=Message)


def instrument(instrument_id: InstrumentId, shard: int) -> Instrument:
    """Build the instrument an id spells."""
    underlying_id, _, rest = instrument_id.partition("-")
    option = OptionTerms(
        right=OptionRight.CALL if "-C-" in instrument_id else OptionRight.PUT,
        strike=Price(44_000_000),
        expiry_date="2026-12-17",
        expires_ns=Nanos(10**18),
    )
    fields = {"option": option} if rest else {}
    return Instrument(
        instrument_id=instrument_id,
        underlying_id=UnderlyingId(underlying_id),
        shard=Shard(shard),
        multiplier=MULTIPLIER,
        tick_size=Price(100),
        **fields,
    )


def usd(text: str) -> Price:
    """Read a price: `12.50` is 125,000 units."""
    whole, _, part = text.partition(".")
    return Price(int(whole) * 10_000 + int(part.ljust(4, "0")))


def role(
    name: Role,
    *constraints: AnyConstraint,
    quotes: bool = False,
    fees: tuple[int, int] = (0, 0),
    measured: bool = False,
) -> RoleRules:
    """Build a role of constraints; fees are maker, taker."""
    return RoleRules(
        role=name,
        maker_fee=Cash(fees[0]),
        taker_fee=Cash(fees[1]),
        starting_cash=Cash(10_000_000_0000),
        quotes_allowed=quotes,
        is_measured=measured,
        constraints=constraints,
    )


def order(
    account_id: AccountId = ALICE,
    side: str = "buy",
    quantity: int = 1,
    price: str | None = "10.00",
    instrument_id: InstrumentId = CALL,
    *,
    tif: str | None = None,
    cid: str | None = None,
    stp: str | None = None,
    tag: str = "",
    stop: str | None = None,
    display: int | None = None,
    expires_ns: int | None = None,
) -> ReserveOrder:
    """Build a limit order, a market order without a price, or a stop of either kind."""
    return ReserveOrder(
        account_id=account_id,
        instrument_id=instrument_id,
        side=Side(side),
        quantity=quantity,
        order_type=ORDER_TYPES[price is None, stop is not None],
        price=None if price is None else usd(price),
        time_in_force=TimeInForce(tif) if tif else None,
        stp=SelfTradePolicy(stp) if stp else None,
        client_order_id=ClientOrderId(cid) if cid else None,
        tag=tag,
        stop_price=usd(stop) if stop else None,
        display_quantity=display,
        expires_ns=None if expires_ns is None else Nanos(expires_ns),
    )


def quotes(account_id: AccountId, *terms: QuoteTerms) -> ReserveQuotes:
    return ReserveQuotes(account_id=account_id, quotes=terms)


def two_sided(bid: str | None, bid_quantity: int, ask: str | None, ask_quantity: int) -> QuoteTerms:
    """Build a quote in the call."""
    return QuoteTerms(
        instrument_id=CALL,
        bid=usd(bid) if bid else None,
        bid_quantity=bid_quantity,
        ask=usd(ask) if ask else None,
        ask_quantity=ask_quantity,
    )


def cancel(account_id: AccountId, order_id: int) -> RequestCancel:
    return RequestCancel(account_id=account_id, order_id=OrderId(order_id))


def replace(
    account_id: AccountId, order_id: int, *, quantity: int | None = None, price: str | None = None
) -> ReserveReplace:
    return ReserveReplace(
        account_id=account_id,
        order_id=OrderId(order_id),
        quantity=quantity,
        price=usd(price) if price else None,
    )


def marks(delta: int = 0, **prices: str) -> MarksPublished:
    """Mark instruments, all with one delta in 1e-6; keyword `call`, `put`, `spx`, `spy_call`."""
    return MarksPublished(
        step=1,
        marks=tuple(
            Mark(NAMES[name], usd(text), 0, delta, 0, 0, 0) for name, text in prices.items()
        ),
    )


def jump(spot: int = 4_500) -> PricesStepped:
    """Move SPX to a spot in USD."""
    moved = SpotPrice(UnderlyingId("SPX"), Price(spot * 10_000), Price(spot * 10_000))
    return PricesStepped(step=1, prices=(moved,))


def only(kind: type[M], messages: Sequence[Message]) -> M:
    """Return the one message of a kind."""
    found = of(kind, messages)
    assert len(found) == 1, f"{len(found)} {kind.__name__} in {messages}"
    return found[0]


def of(kind: type[M], messages: Sequence[Message]) -> list[M]:
    return [message for message in messages if isinstance(message, kind)]


class AtEveryInstant:
    """Positions, with its limits and sums looked at after every message, inside cascades too."""

    name: ClassVar[str] = PositionsService.name
    accepts: ClassVar[tuple[type[Message], ...]] = PositionsService.accepts
    emits: ClassVar[tuple[type[Message], ...]] = PositionsService.emits
    answers: ClassVar[tuple[type[Query], ...]] = PositionsService.answers

    def __init__(self, scene: "Scene") -> None:
        self._scene = scene
        self.shard: Shard | None = None

    def handle(self, now: Nanos, message: Message) -> Sequence[Message]:
        told = self._scene.positions.handle(now, message)
        for account_id in self._scene.capped:
            limits = self.query(GetLimits(account_id=account_id))
            assert isinstance(limits, Limits)
            for use in limits.limits:
                # A portfolio limit of filled positions may be overshot, delta is only watched.
                is_soft = use.kind in ("portfolio_limit", "delta_limit", "leg_balance")
                is_soft = is_soft or use.is_floor
                assert use.worst_case <= use.limit or is_soft
        totals = self.query(GetBalances())
        assert isinstance(totals, Balances)
        assert (totals.contracts_sum, totals.cash_sum) == (0, 0)
        return told

    def query(self, query: Query) -> Reply:
        return self._scene.positions.query(query)

    def snapshot(self) -> bytes:
        return self._scene.positions.snapshot()

    def restore(self, data: bytes) -> None:
        self._scene.positions.restore(data)


class Scene:
    """Positions beside an exchange of two shards, in continuous trading unless said otherwise."""

    def __init__(
        self,
        *roles: RoleRules,
        phase: Phase | None = Phase.CONTINUOUS,
        shards: Sequence[Service] | None = None,
    ) -> None:
        self.positions = PositionsService()
        self.shards = shards if shards is not None else [ToyExchange(Shard(n)) for n in (0, 1)]
        self.machine = Machine([AtEveryInstant(self), *self.shards])
        self.now = START
        self.told: list[Message] = []
        self.capped: tuple[AccountId, ...] = ()  # accounts whose limits are asserted throughout
        self.send(ConfigurePositions(roles=roles or (role(TRADER), role(MAKER, quotes=True))))
        first = roles[0].role if roles else TRADER
        second = roles[1].role if len(roles) > 1 else first
        for account_id in (ALICE, BOB, CAROL, DAVE):
            chosen = second if account_id in (CAROL, DAVE) else first
            self.send(OpenAccount(account_id=account_id, role=chosen))
        for instrument_id, shard in ((CALL, 0), (PUT, 0), (SPX, 0), (SPY_CALL, 1)):
            listed = instrument(instrument_id, shard)
            self.send(ListInstrument(shard=Shard(shard), instrument=listed))
        if phase is not None:
            self.enter(Phase.PRE_OPEN)
            if phase is not Phase.PRE_OPEN:
                self.enter(phase)

    def send(self, message: Message, after_ns: int = 0) -> tuple[Message, ...]:
        """Apply one input with its cascade."""
        self.now = Nanos(self.now + after_ns)
        caused = self.machine.apply(self.now, message)
        self.told += caused
        return caused

    def enter(self, phase: Phase) -> tuple[Message, ...]:
        """Move all shards; closing ends the day, and another is due."""
        told: list[Message] = []
        for shard in self.shards:
            assert shard.shard is not None
            told += self.send(SetPhase(shard=shard.shard, phase=phase))
        if phase is Phase.CLOSED:
            told += self.send(BeginDay())
        return tuple(told)

    def place(self, placed: ReserveOrder, after_ns: int = 0) -> OrderAnswer:
        """Send an order and return its answer."""
        answer = fold_answer(self.send(placed, after_ns), placed.account_id)
        assert answer is not None
        return answer

    def rest(self, placed: ReserveOrder) -> OrderId:
        """Send an order that must be accepted and return its id."""
        answer = self.place(placed)
        assert answer.order is not None, answer.refusal
        return answer.order.order_id

    def refused(self, placed: ReserveOrder, after_ns: int = 0) -> str | None:
        """Send an order and return the code it is refused with, None when it is not."""
        refusal = self.place(placed, after_ns).refusal
        return refusal.code if refusal else None

    def ask(self, query: Query) -> Reply:
        return self.positions.query(query)

    def holdings(self, account_id: AccountId) -> Positions:
        reply = self.ask(GetPositions(account_id=account_id))
        assert isinstance(reply, Positions)
        return reply

    def net(self, account_id: AccountId, instrument_id: InstrumentId = CALL) -> int:
        held = self.holdings(account_id).positions
        return sum(p.net_quantity for p in held if p.instrument_id == instrument_id)

    def worst_case(self, account_id: AccountId, kind: str) -> int:
        reply = self.ask(GetLimits(account_id=account_id))
        assert isinstance(reply, Limits)
        return max((use.worst_case for use in reply.limits if use.kind == kind), default=0)
