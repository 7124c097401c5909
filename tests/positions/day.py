"""A random day of four accounts as it is held against their mirrors after every input."""

from collections import Counter
from collections.abc import Sequence

import msgspec
from tests.positions.mirror import Mirror
from tests.positions.organizer import EXPOSURE, POSITION
from tests.positions.scene import (
    ALICE,
    BOB,
    CALL,
    CAROL,
    DAVE,
    MAKER,
    MULTIPLIER,
    PUT,
    SPX,
    SPY_CALL,
    TRADER,
    Scene,
    jump,
    role,
)

from itg.exchange.contract import TradeExecuted
from itg.kernel.ids import AccountId, InstrumentId, UnderlyingId
from itg.kernel.messages import Message
from itg.kernel.money import Cash
from itg.kernel.rng import Rng
from itg.kernel.times import NS_PER_MS, NS_PER_S, Nanos
from itg.kernel.words import Liquidity, OrderStatus, Phase
from itg.positions.contract import (
    AccountFilled,
    AccountLimitBreached,
    AccountLimitCleared,
    AccountLossStopped,
    AccountOrderRejected,
    AccountOrderUpdated,
    AccountQuoteRejected,
    AccountQuoteUpdated,
    AccountReplaceRejected,
    AccountState,
    Balances,
    Coverage,
    DeltaLimit,
    DeltaWeight,
    ExposureLimit,
    GetAccountState,
    GetBalances,
    GetCoverage,
    GetPnl,
    GetPrivateEvents,
    LegBalance,
    LossStop,
    OneSided,
    OrderAnswer,
    OrderRateLimit,
    OrderSizeLimit,
    PnlHistory,
    PortfolioLimit,
    PositionLimit,
    PrivateEvent,
    PrivateEvents,
    QuoteCoverage,
    ReserveOrder,
    UnderlyingLimit,
)
from itg.runtime.service import Service

ACCOUNTS = (ALICE, BOB, CAROL, DAVE)
INSTRUMENTS = (CALL, PUT, SPX, SPY_CALL)
OPTIONS = (CALL, PUT, SPY_CALL)
TIFS = (None, None, None, None, "day", "ioc", "fok", "gtt", "opg", "cls")
UNDERLYING = 15
MAX_LOSS = Cash(2_000_0000)
RULES = (
    LossStop(max_loss=MAX_LOSS),
    DeltaLimit(
        max_delta=2_000_000,
        weights=(
            DeltaWeight(UnderlyingId("SPX"), 1_000_000),
            DeltaWeight(UnderlyingId("SPY"), 100_000),
        ),
        grace_ns=Nanos(0),
        grace_after_jump_ns=Nanos(NS_PER_S),
    ),
    OrderRateLimit(orders_per_s=6, cancels_per_s=12),
    OrderSizeLimit(max_quantity=30),
    PositionLimit(max_quantity=POSITION),
    ExposureLimit(max_quantity=EXPOSURE),
    UnderlyingLimit(max_quantity=UNDERLYING),
)
BALANCE = LegBalance(
    weights=(
        DeltaWeight(UnderlyingId("SPX"), 1_000_000),
        DeltaWeight(UnderlyingId("SPY"), 100_000),
    ),
    grace_ns=Nanos(NS_PER_S),
)
TRADERS = role(TRADER, *RULES, BALANCE, fees=(-100, 200), measured=True)
ONE_SIDED = role(TRADER, OneSided(), *RULES, BALANCE, fees=(-100, 200), measured=True)
OBLIGED = QuoteCoverage(
    strikes=1,
    rechosen_ns=Nanos(5 * NS_PER_S),
    grace_ns=Nanos(0),
    valid_after_ns=Nanos(NS_PER_S // 4),
    window_ns=Nanos(4 * NS_PER_S),
    judged_after_ns=Nanos(2 * NS_PER_S),
    halved_below_ppm=400_000,
    breached_below_ppm=200_000,
)
MAKERS = role(
    MAKER,
    *RULES,
    PortfolioLimit(max_quantity=20, filled_only=True),
    OBLIGED,
    quotes=True,
    fees=(-200, 100),
    measured=True,
)
PHASES = (
    Phase.CONTINUOUS,
    Phase.CLOSING_AUCTION,
    Phase.CLOSED,
    Phase.PRE_OPEN,
    Phase.OPENING_AUCTION,
)
SHORT_PHASES = (Phase.CLOSED, Phase.CLOSING_AUCTION, Phase.OPENING_AUCTION)


class Day:
    """The market, its mirrors, and every promise of positions."""

    def __init__(self, seed: int, shards: Sequence[Service] | None = None) -> None:
        self.rng = Rng(seed, "positions.campaign")
        self.market = Scene(ONE_SIDED if seed % 2 else TRADERS, MAKERS, shards=shards)
        self.market.capped = ACCOUNTS
        self.mirrors = {account_id: Mirror(account_id, MAKERS) for account_id in (CAROL, DAVE)}
        for account_id in (ALICE, BOB):
            self.mirrors[account_id] = Mirror(account_id, TRADERS)
            self.mirrors[account_id].is_one_sided = seed % 2 == 1
        self.trades: list[TradeExecuted] = []
        self.spot = 4_400
        self.answers: dict[tuple[AccountId, str], tuple[ReserveOrder, OrderAnswer]] = {}
        self.prices: dict[InstrumentId, int] = {}
        self.phase = 0  # place in PHASES
        self.number = 0
        self.checks = 0
        self.counts: Counter[str] = Counter()
        self.hear(self.market.told)
        self.day_equity = dict.fromkeys(ACCOUNTS, TRADERS.starting_cash)

    def send(self, message: Message) -> tuple[Message, ...]:
        self.tick()
        told = self.market.send(message)
        self.hear(told)
        return told

    def tick(self) -> None:
        """Let time pass; a pump runs the timers that are due before it takes an input."""
        pause_ms = self.rng.below(1_500) if self.rng.below(15) == 0 else self.rng.below(30)
        self.hear(self.market.send(jump(self.spot), pause_ms * NS_PER_MS))

    def hear(self, told: Sequence[Message]) -> None:
        self.ask_rebates()
        for event in told:
            if isinstance(event, PrivateEvent):
                self.mirrors[event.account_id].hear(event)
                self.count(event)
                if isinstance(event, AccountLossStopped):
                    assert event.session_pnl == self.session_pnl(event.account_id)
            elif isinstance(event, TradeExecuted):
                self.trades.append(event)

    def ask_rebates(self) -> None:
        """Learn whose rebate is halved; it changes with marks, and no fill comes with those."""
        for account_id in (CAROL, DAVE):
            reply = self.market.ask(GetCoverage(account_id=account_id))
            assert isinstance(reply, Coverage)
            self.mirrors[account_id].is_rebate_halved = reply.is_rebate_halved

    def count(self, event: PrivateEvent) -> None:
        self.counts[type(event).__name__] += 1
        if isinstance(event, AccountLimitBreached | AccountLimitCleared):
            self.counts[f"{type(event).__name__} {event.kind}"] += 1
        if isinstance(event, AccountOrderRejected | AccountQuoteRejected | AccountReplaceRejected):
            self.counts[event.refusal.code] += 1
        elif isinstance(event, AccountFilled):
            self.counts[f"fill {event.fill.liquidity.value}"] += 1
            is_halved = self.mirrors[event.account_id].is_rebate_halved
            is_maker = event.fill.liquidity is not Liquidity.TAKER
            self.counts["half a rebate"] += is_halved and is_maker
            self.counts["fill of a quote"] += event.is_quote
        elif isinstance(event, AccountOrderUpdated | AccountQuoteUpdated) and event.cancel_reason:
            self.counts[f"canceled {event.cancel_reason.value}"] += 1
        elif isinstance(event, AccountOrderUpdated):
            self.counts[event.change.value] += 1
            self.counts["pending"] += event.order.status is OrderStatus.PENDING
            if event.activation is not None:
                self.counts[f"activated {event.activation.value}"] += 1
        elif isinstance(event, AccountQuoteUpdated):
            self.counts["quote pending"] += event.quote.is_pending

    def session_pnl(self, account_id: AccountId) -> int:
        return self.equity(account_id) - self.day_equity[account_id]

    def equity(self, account_id: AccountId) -> int:
        """Return an account's money at marks, from its fills and fees alone."""
        ledgers = self.mirrors[account_id].ledgers
        return TRADERS.starting_cash + sum(
            self.prices[instrument_id] * ledger.net * MULTIPLIER - ledger.paid - ledger.fees
            for instrument_id, ledger in ledgers.items()
        )

    @property
    def is_closed(self) -> bool:
        return PHASES[self.phase] is Phase.CLOSED

    @property
    def is_frozen(self) -> bool:
        return PHASES[self.phase] is Phase.OPENING_AUCTION

    def check(self) -> None:
        self.checks += 1
        totals = self.market.ask(GetBalances())
        assert isinstance(totals, Balances)
        assert (totals.contracts_sum, totals.cash_sum) == (0, 0)
        for account_id, mirror in self.mirrors.items():
            state = self.market.ask(GetAccountState(account_id=account_id))
            assert isinstance(state, AccountState)
            assert state.private_seq == mirror.seq
            assert {o.order_id: o for o in state.orders} == {
                o.order_id: o for o in mirror.working()
            }
            assert list(state.quotes) == [
                mirror.quotes[i]
                for i in INSTRUMENTS
                if i in mirror.quotes
                and (mirror.quotes[i].bid_quantity or mirror.quotes[i].ask_quantity)
            ]
            self.check_money(mirror, state)
            if self.checks % 5 == 0:  # it adds up the whole day each time
                self.check_pnl(account_id)
            self.check_limits(mirror)
            self.check_stops(mirror, state)

    def check_pnl(self, account_id: AccountId) -> None:
        told = self.market.ask(GetPnl(account_id=account_id))
        assert isinstance(told, PnlHistory)
        assert sum(row.pnl for row in told.instruments) == self.session_pnl(account_id)
        assert sum(row.pnl for row in told.intervals) == self.equity(account_id) - (
            TRADERS.starting_cash
        )
        assert all(row.pnl == sum(msgspec.structs.astuple(row.parts)) for row in told.intervals)

    def check_stops(self, mirror: Mirror, state: AccountState) -> None:
        stops = mirror.stops
        stops.assert_tripped()
        is_tripped = stops.protection is not None and stops.protection.is_tripped
        if stops.is_killed or (is_tripped and not self.is_frozen):
            assert not state.quotes
        if stops.is_killed:
            assert not state.orders

    def check_money(self, mirror: Mirror, state: AccountState) -> None:
        paid = sum(ledger.paid + ledger.fees for ledger in mirror.ledgers.values())
        assert state.cash == TRADERS.starting_cash - paid
        assert mirror.cash in (None, state.cash)
        for position in state.positions:
            ledger = mirror.ledgers[position.instrument_id]
            assert position.net_quantity == ledger.net
            assert position.fees == ledger.fees
            mark = self.prices.get(position.instrument_id)
            if mark is None:
                assert position.unrealized_pnl is None or not ledger.net
            else:
                assert position.unrealized_pnl is not None
                value = mark * ledger.net * MULTIPLIER
                assert position.realized_pnl + position.unrealized_pnl == value - ledger.paid

    def check_limits(self, mirror: Mirror) -> None:
        worst = {instrument_id: mirror.worst_case(instrument_id) for instrument_id in INSTRUMENTS}
        assert max(worst[i] for i in OPTIONS) <= POSITION
        assert worst[SPX] <= UNDERLYING
        assert sum(worst[i] for i in OPTIONS) <= EXPOSURE
        market, account_id = self.market, mirror.account_id
        assert market.worst_case(account_id, "position_limit") == max(worst[i] for i in OPTIONS)
        assert market.worst_case(account_id, "exposure_limit") == sum(worst[i] for i in OPTIONS)

    def check_mailboxes(self) -> None:
        """Hold each mailbox against what was told, once, at the end."""
        for account_id in ACCOUNTS:
            told = [
                event
                for event in self.market.told
                if isinstance(event, PrivateEvent) and event.account_id == account_id
            ]
            kept = self.market.ask(
                GetPrivateEvents(account_id=account_id, after_seq=told[0].private_seq)
            )
            assert isinstance(kept, PrivateEvents)
            assert list(kept.events) == told[1:]
