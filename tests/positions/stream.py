"""Random streams of trades, marks, busts, settlements, days and restarts, and what they come to.

`Reference` is the slow way: it walks the whole list of facts, and at each mark each held contract's
gain is taken apart and multiplied by what is held.
"""

from fractions import Fraction
from math import floor

from msgspec import Struct
from tests.positions.scene import (
    ALICE,
    BOB,
    CALL,
    CAROL,
    DAVE,
    MAKER,
    NAMES,
    PUT,
    SPX,
    SPY_CALL,
    TRADER,
    Scene,
    only,
    order,
    role,
)

from itg.exchange.contract import InstrumentSettled, SetPhase, TradeBusted, TradeExecuted
from itg.kernel.ids import AccountId, InstrumentId, Shard, TradeId, UnderlyingId
from itg.kernel.messages import Message
from itg.kernel.money import Cash, Price
from itg.kernel.rng import Rng
from itg.kernel.times import NS_PER_MS, NS_PER_S, Nanos
from itg.kernel.words import Phase, Side
from itg.market_data.contract import Mark, MarksPublished
from itg.positions.contract import (
    AccountsMeasured,
    Balances,
    BeginDay,
    ConfigurePositions,
    DeltaLimit,
    DeltaWeight,
    GetBalances,
    GetPnl,
    MarkedTrade,
    PnlHistory,
    PnlParts,
    TradesMarked,
)
from itg.positions.service import PositionsService

SESSION_NS = Nanos(3_600 * NS_PER_S)
ACCOUNTS = (ALICE, BOB, CAROL, DAVE)
UNDERLYINGS = {CALL: SPX, PUT: SPX, SPX: SPX, SPY_CALL: None}  # SPY itself is not listed
SHARDS = {CALL: Shard(0), PUT: Shard(0), SPX: Shard(0), SPY_CALL: Shard(1)}
WEIGHTS = (
    DeltaWeight(UnderlyingId("SPX"), 1_000_000),
    DeltaWeight(UnderlyingId("SPY"), 100_000),
)
ROLES = (
    role(TRADER, fees=(-100, 200), measured=True),
    role(
        MAKER,
        DeltaLimit(max_delta=10**12, weights=WEIGHTS),
        fees=(-200, 100),
        measured=True,
    ),
)
SIDES = {True: "buy", False: "sell"}


class Fact(Struct, frozen=True):
    """What happened, at which time."""

    at_ns: Nanos
    what: Message


class Stream:
    """One random stream, played to positions; `facts` is what a reference needs of it."""

    def __init__(self, seed: int) -> None:
        self.rng = Rng(seed, "positions.stream")
        self.scene = Scene(*ROLES)
        self.scene.send(ConfigurePositions(roles=ROLES, session_ns=SESSION_NS))
        self.facts: list[Fact] = []
        self.trades: dict[TradeId, TradeExecuted] = {}
        self.measured: list[Message] = []
        self.marked: list[MarkedTrade] = []
        self.marks()

    def run(self, acts: int) -> None:
        for _ in range(acts):
            self.act()

    def act(self) -> None:
        acts = ((self.trade, 45), (self.marks, 40), (self.bust, 5), (self.settle, 3))
        rare = ((self.next_day, 1), (self.restart, 3))
        chosen = self.rng.choose([weight for _, weight in (*acts, *rare)])
        (*acts, *rare)[chosen][0]()

    def send(self, message: Message, after_ns: int = 0) -> tuple[Message, ...]:
        told = self.scene.send(message, after_ns)
        for event in told:
            if isinstance(event, TradeExecuted | TradeBusted | InstrumentSettled):
                self.facts.append(Fact(self.scene.now, event))
            if isinstance(event, TradeExecuted):
                self.trades[event.trade_id] = event
            if isinstance(event, TradesMarked):
                self.marked += event.trades
            if isinstance(event, AccountsMeasured):
                self.measured.append(event)
        if isinstance(message, TradeBusted | InstrumentSettled | MarksPublished):
            self.facts.append(Fact(self.scene.now, message))
        return told

    def marks(self) -> None:
        below = self.rng.below
        named = [name for name in NAMES.values() if below(5)]
        marks = MarksPublished(
            step=0,
            marks=tuple(
                Mark(
                    name,
                    Price(1 + below(40) * 3_333 + (44_000_000 if name == SPX else 0)),
                    200_000 + below(30_000),
                    below(2_000_001) - 1_000_000,
                    below(20_000),
                    below(5_000_000),
                    -below(40_000_000),
                )
                for name in named
            ),
        )
        after_ms = 50 + below(30_000 if below(4) == 0 else 1_200)
        self.send(marks, after_ms * NS_PER_MS)

    def trade(self) -> None:
        below = self.rng.below
        seller = ACCOUNTS[below(4)]
        buyer = ACCOUNTS[(ACCOUNTS.index(seller) + 1 + below(3)) % 4]
        name = tuple(UNDERLYINGS)[below(4)]
        is_buy = below(2) == 0  # who takes
        quantity, price = 1 + below(9), f"{1 + below(20)}.{below(10)}0"
        first, second = (seller, buyer) if is_buy else (buyer, seller)
        self.send(order(first, SIDES[not is_buy], quantity, price, name), below(900) * NS_PER_MS)
        told = self.send(order(second, SIDES[is_buy], quantity, price, name))
        only(TradeExecuted, told)

    def bust(self) -> None:
        if self.trades:
            keys = list(self.trades)
            trade = self.trades.pop(keys[self.rng.below(len(keys))])
            adjusted = Price(trade.price + 1_000) if self.rng.below(2) else None
            self.send(bust_of(trade, adjusted))

    def settle(self) -> None:
        name = (CALL, PUT, SPY_CALL)[self.rng.below(3)]
        price = Price(self.rng.below(30) * 10_000)
        self.send(
            InstrumentSettled(
                shard=SHARDS[name],
                instrument_id=name,
                settlement_price=price,
                official_close=price,
            )
        )
        # A listed series settles once; here it goes on, for what trades next.
        self.scene.positions._desk.listings[name].settlement_price = None

    def next_day(self) -> None:
        """Close and open: mostly for another day, else the same one goes on."""
        self.move(Phase.CLOSED)
        is_heard_late = self.rng.below(4) == 0
        is_new = self.rng.below(3) > 0
        if is_new and not is_heard_late:
            self.begin_day()
        self.move(Phase.PRE_OPEN)
        if is_new and is_heard_late:
            self.begin_day()
        self.move(Phase.CONTINUOUS)

    def move(self, phase: Phase) -> None:
        for shard in (Shard(0), Shard(1)):
            moved = SetPhase(shard=shard, phase=phase)
            self.send(moved, self.rng.below(100_000) * NS_PER_MS)
            self.facts.append(Fact(self.scene.now, moved))

    def begin_day(self) -> None:
        begun = BeginDay()
        self.send(begun)
        self.facts.append(Fact(self.scene.now, begun))

    def restart(self) -> None:
        data = self.scene.positions.snapshot()
        self.scene.positions = PositionsService()
        self.scene.positions.restore(data)
        assert self.scene.positions.snapshot() == data

    def history(self, account_id: AccountId, step_ns: int = 60 * NS_PER_S) -> PnlHistory:
        told = self.scene.ask(GetPnl(account_id=account_id, step_ns=Nanos(step_ns)))
        assert isinstance(told, PnlHistory)
        return told

    def equities(self) -> dict[AccountId, Cash]:
        told = self.scene.ask(GetBalances())
        assert isinstance(told, Balances)
        return {row.account_id: row.equity for row in told.accounts}


def bust_of(trade: TradeExecuted, adjusted_price: Price | None) -> TradeBusted:
    return TradeBusted(
        shard=trade.shard,
        trade_id=trade.trade_id,
        instrument_id=trade.instrument_id,
        price=trade.price,
        adjusted_price=adjusted_price,
        quantity=trade.quantity,
        aggressor_side=trade.aggressor_side,
        maker_order_id=trade.maker_order_id,
        maker_account_id=trade.maker_account_id,
        taker_order_id=trade.taker_order_id,
        taker_account_id=trade.taker_account_id,
        is_auction=trade.is_auction,
    )


class Reference:
    """The day's parts of one account, from the facts alone; only instruments with a mark."""

    def __init__(self, facts: list[Fact], account_id: AccountId) -> None:
        self.account_id = account_id
        self.fees = (-200, 100) if account_id in (CAROL, DAVE) else (-100, 200)
        self.net = dict.fromkeys(UNDERLYINGS, 0)
        self.cash = dict.fromkeys(UNDERLYINGS, 0)
        self.parts = dict.fromkeys(PnlParts.__struct_fields__, 0)
        self.last: dict[InstrumentId, tuple[Mark, int | None, int]] = {}  # with spot and time
        self.captured: dict[TradeId, tuple[int, Price]] = {}  # of today, at the mark of then
        self.spot: int | None = None
        self.ran_ns, self.since_ns = 0, facts[0].at_ns
        self.is_running, self.closed = True, {Shard(0): False, Shard(1): False}
        self.is_day_due = False
        for fact in facts:
            self.hear(fact.at_ns, fact.what)

    def hear(self, at_ns: Nanos, what: Message) -> None:
        if isinstance(what, MarksPublished):
            self.session(at_ns)
            for mark in what.marks:
                if mark.instrument_id == SPX:
                    self.spot = mark.mark_price
            for mark in what.marks:
                self.mark(mark)
        elif isinstance(what, TradeExecuted):
            self.trade(what)
        elif isinstance(what, TradeBusted):
            self.bust(what)
        elif isinstance(what, InstrumentSettled):
            name, contracts = what.instrument_id, self.net[what.instrument_id]
            self.book(name, -contracts, -contracts * what.settlement_price * 100)
        elif isinstance(what, SetPhase):
            self.phase(at_ns, what)
        elif isinstance(what, BeginDay):
            self.is_day_due = True
            self.begin_day()

    def session(self, at_ns: Nanos) -> None:
        if self.is_running:
            self.ran_ns += at_ns - self.since_ns
        self.since_ns = at_ns

    def phase(self, at_ns: Nanos, what: SetPhase) -> None:
        self.session(at_ns)
        were_closed = all(self.closed.values())
        self.closed[what.shard] = what.phase is Phase.CLOSED
        if all(self.closed.values()):
            self.is_running = False
        elif were_closed:
            self.begin_day()
        if what.phase is Phase.CONTINUOUS:
            self.is_running = True

    def begin_day(self) -> None:
        if self.is_day_due and not all(self.closed.values()):
            self.is_day_due = False
            self.parts = dict.fromkeys(self.parts, 0)
            self.captured = {}

    def mark(self, mark: Mark) -> None:
        name = mark.instrument_id
        if name in self.last:
            before, spot, ran_ns = self.last[name]
            gain = (mark.mark_price - before.mark_price) * 100
            parts = {"delta": gain} if name == SPX else self.expand(mark, before, spot, ran_ns)
            parts["residual"] = gain - sum(parts.values())
            for part, of_one in parts.items():
                self.parts[part] += of_one * self.net[name]
        else:
            worth = mark.mark_price * self.net[name] * 100
            self.parts["residual"] += worth - self.costs(name)
        self.last[name] = mark, None if UNDERLYINGS[name] is None else self.spot, self.ran_ns

    def costs(self, name: InstrumentId) -> int:
        assert not self.net[name], "the streams of these tests mark before they trade"
        return 0

    def expand(self, mark: Mark, before: Mark, spot: int | None, ran_ns: int) -> dict[str, int]:
        here = None if UNDERLYINGS[mark.instrument_id] is None else self.spot
        move = Fraction(0) if here is None or spot is None else Fraction(here - spot, 10_000)
        share = Fraction(self.ran_ns - ran_ns, SESSION_NS)
        points = Fraction(mark.implied_vol - before.implied_vol, 10_000)
        usd = {
            "delta": before.delta * move,
            "gamma": before.gamma * move * move / 2,
            "vega": before.vega * points,
            "theta": before.theta * share,
        }
        return {
            part: floor(ppm * 100 * 10_000 / 1_000_000 + Fraction(1, 2))
            for part, ppm in usd.items()
        }

    def book(self, name: InstrumentId, contracts: int, value: int, captured: int = 0) -> None:
        """Take contracts for a value; what is not captured of the gain is residual."""
        self.net[name] += contracts
        self.cash[name] -= value
        gain = self.last[name][0].mark_price * contracts * 100 - value
        self.parts["spread_capture"] += captured
        self.parts["residual"] += gain - captured

    def trade(self, trade: TradeExecuted) -> None:
        signed = self.signed(trade)
        if not signed:
            return
        mark = self.last[trade.instrument_id][0].mark_price
        captured = signed * (mark - trade.price) * 100
        self.captured[trade.trade_id] = captured, trade.price
        self.book(trade.instrument_id, signed, signed * trade.price * 100, captured)
        self.parts["fees"] -= self.fee(trade)

    def bust(self, trade: TradeBusted) -> None:
        signed = self.signed(trade)
        if not signed:
            return
        name = trade.instrument_id
        captured, price = self.captured.pop(trade.trade_id, (0, None))
        if trade.adjusted_price is None:
            self.book(name, -signed, -signed * trade.price * 100, -captured)
            self.parts["fees"] += self.fee(trade)
        else:
            lost = signed * (trade.adjusted_price - trade.price) * 100
            self.book(name, 0, lost, 0 if price is None else -lost)

    def fee(self, trade: TradeExecuted | TradeBusted) -> int:
        return self.fees[trade.taker_account_id == self.account_id] * trade.quantity

    def signed(self, trade: TradeExecuted | TradeBusted) -> int:
        is_buy = trade.aggressor_side is Side.BUY
        quantity = trade.quantity if is_buy else -trade.quantity
        if trade.taker_account_id == self.account_id:
            return quantity
        return -quantity if trade.maker_account_id == self.account_id else 0
