"""Random trading of four accounts with every promise of positions checked after every input."""

from collections import Counter
from collections.abc import Sequence

import msgspec
from tests.positions.mirror import Mirror
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
    marks,
    order,
    quotes,
    role,
)

from itg.kernel.ids import AccountId, InstrumentId, OrderId
from itg.kernel.messages import Message
from itg.kernel.money import Price
from itg.kernel.rng import Rng
from itg.kernel.times import NS_PER_MS
from itg.kernel.words import Phase
from itg.positions.contract import (
    AccountFilled,
    AccountLimitWarned,
    AccountOrderRejected,
    AccountOrderUpdated,
    AccountQuoteUpdated,
    AccountState,
    Balances,
    ExposureLimit,
    GetAccountState,
    GetBalances,
    GetPrivateEvents,
    OrderAnswer,
    OrderRateLimit,
    OrderSizeLimit,
    PortfolioLimit,
    PositionLimit,
    PrivateEvent,
    PrivateEvents,
    QuoteTerms,
    RequestCancel,
    RequestMassCancel,
    RequestQuotePull,
    ReserveOrder,
    ReserveReplace,
    UnderlyingLimit,
    fold_answer,
)
from itg.positions.service import PositionsService
from itg.runtime.service import Service

ACCOUNTS = (ALICE, BOB, CAROL, DAVE)
INSTRUMENTS = (CALL, PUT, SPX, SPY_CALL)
OPTIONS = (CALL, PUT, SPY_CALL)
POSITION, EXPOSURE, UNDERLYING = 20, 40, 15
RULES = (
    OrderRateLimit(orders_per_s=6, cancels_per_s=12),
    OrderSizeLimit(max_quantity=30),
    PositionLimit(max_quantity=POSITION),
    ExposureLimit(max_quantity=EXPOSURE),
    UnderlyingLimit(max_quantity=UNDERLYING),
)
TRADERS = role(TRADER, *RULES, fees=(-100, 200))
MAKERS = role(
    MAKER, *RULES, PortfolioLimit(max_quantity=25, filled_only=True), quotes=True, fees=(-200, 100)
)
PHASES = (Phase.CONTINUOUS, Phase.CLOSED, Phase.PRE_OPEN)


class Campaign:
    """One seed's day; `counts` says what it met."""

    def __init__(self, seed: int, shards: Sequence[Service] | None = None) -> None:
        self.rng = Rng(seed, "positions.campaign")
        self.market = Scene(TRADERS, MAKERS, shards=shards)
        self.market.capped = ACCOUNTS
        self.mirrors = {account_id: Mirror(account_id) for account_id in ACCOUNTS}
        self.answers: dict[tuple[AccountId, str], tuple[ReserveOrder, OrderAnswer]] = {}
        self.prices: dict[InstrumentId, int] = {}
        self.phase = 0  # place in PHASES
        self.number = 0
        self.counts: Counter[str] = Counter()
        self.hear(self.market.told)

    def run(self, commands: int) -> Counter[str]:
        for _ in range(commands):
            self.step()
        return self.counts

    def step(self) -> None:
        account_id = ACCOUNTS[self.rng.below(4)]
        if PHASES[self.phase] is Phase.CLOSED and self.rng.below(4) == 0:
            self.move_phase(account_id)
        acts = (
            (self.place, 50),
            (self.replace, 10),
            (self.cancel, 8),
            (self.quote, 12),
            (self.repeat, 6),
            (self.mass_cancel, 2),
            (self.pull, 2),
            (self.mark, 3),
            (self.move_phase, 2),
            (self.restart, 1),
        )
        act, _ = acts[self.rng.choose([weight for _, weight in acts])]
        act(account_id)
        self.check()

    def send(self, message: Message) -> tuple[Message, ...]:
        told = self.market.send(message, self.rng.below(30) * NS_PER_MS)
        self.hear(told)
        return told

    def hear(self, told: Sequence[Message]) -> None:
        for event in told:
            if isinstance(event, PrivateEvent):
                self.mirrors[event.account_id].hear(event)
                self.count(event)

    def count(self, event: PrivateEvent) -> None:
        self.counts[type(event).__name__] += 1
        if isinstance(event, AccountOrderRejected):
            self.counts[event.refusal.code] += 1
        elif isinstance(event, AccountFilled):
            self.counts[f"fill {event.fill.liquidity.value}"] += 1
            self.counts["fill of a quote"] += event.is_quote
        elif isinstance(event, AccountOrderUpdated | AccountQuoteUpdated) and event.cancel_reason:
            self.counts[f"canceled {event.cancel_reason.value}"] += 1

    def price(self) -> str:
        return f"{9 + self.rng.below(3)}.{self.rng.below(10)}0"

    def place(self, account_id: AccountId) -> None:
        rng = self.rng
        self.number += 1
        is_market = rng.below(8) == 0
        placed = order(
            account_id,
            "buy" if rng.below(2) else "sell",
            rng.below(12) + (0 if rng.below(30) == 0 else 1),
            None if is_market else self.price(),
            INSTRUMENTS[rng.below(4)],
            tif=(None, None, None, "day", "ioc", "fok")[rng.below(6)] if not is_market else None,
            cid=f"c-{self.number}" if rng.below(2) else None,
            stp=(None, "cancel_incoming", "cancel_resting", "cancel_both", "allow")[rng.below(5)],
        )
        first = fold_answer(self.send(placed), account_id)
        assert first is not None
        refused_for_rate = first.refusal is not None and first.refusal.retry_after_ms is not None
        if placed.client_order_id is not None and not refused_for_rate:
            self.answers[account_id, placed.client_order_id] = placed, first

    def repeat(self, account_id: AccountId) -> None:
        if not self.answers:
            return
        keys = list(self.answers)
        placed, first = self.answers[keys[self.rng.below(len(keys))]]
        told = self.send(placed)
        assert fold_answer(told, placed.account_id) == msgspec.structs.replace(
            first, is_repeated=True
        )
        self.counts["repeat"] += 1

    def some_order(self, account_id: AccountId) -> OrderId | None:
        mirror = self.mirrors[account_id]
        pool = (
            list(mirror.orders)
            if self.rng.below(5) == 0
            else [working.order_id for working in mirror.working()]
        )
        return pool[self.rng.below(len(pool))] if pool else None

    def replace(self, account_id: AccountId) -> None:
        order_id = self.some_order(account_id)
        if order_id is not None:
            price = Price((90 + self.rng.below(30)) * 1000)
            self.send(
                ReserveReplace(
                    account_id=account_id,
                    order_id=order_id,
                    price=price if self.rng.below(2) else None,
                    quantity=self.rng.below(25) + 1 if self.rng.below(2) else None,
                    expected_revision=1 if self.rng.below(4) == 0 else None,
                )
            )

    def cancel(self, account_id: AccountId) -> None:
        order_id = self.some_order(account_id)
        if order_id is not None:
            self.send(RequestCancel(account_id=account_id, order_id=order_id))

    def quote(self, account_id: AccountId) -> None:
        rng = self.rng
        terms = []
        for instrument_id in INSTRUMENTS[: rng.below(4) + 1]:
            bid = Price((85 + rng.below(25)) * 1000) if rng.below(4) else None
            ask = Price((90 + rng.below(30)) * 1000) if rng.below(4) else None
            terms.append(
                QuoteTerms(
                    instrument_id=instrument_id,
                    bid=bid,
                    bid_quantity=0 if bid is None else rng.below(15) + 1,
                    ask=ask,
                    ask_quantity=0 if ask is None else rng.below(15) + 1,
                )
            )
        self.send(quotes(account_id, *terms))

    def mass_cancel(self, account_id: AccountId) -> None:
        chosen = INSTRUMENTS[self.rng.below(4)] if self.rng.below(2) else None
        self.send(RequestMassCancel(account_id=account_id, instrument_id=chosen))

    def pull(self, account_id: AccountId) -> None:
        self.send(RequestQuotePull(account_id=account_id))

    def mark(self, account_id: AccountId) -> None:
        names = {"call": CALL, "put": PUT, "spx": SPX}
        name = list(names)[self.rng.below(3)]
        message = marks(**{name: self.price()})
        self.prices[names[name]] = message.marks[0].mark_price
        self.send(message)

    def move_phase(self, account_id: AccountId) -> None:
        self.phase = (self.phase + 1) % len(PHASES)
        if PHASES[self.phase] is Phase.PRE_OPEN:
            self.answers.clear()
        self.hear(self.market.enter(PHASES[self.phase]))

    def restart(self, account_id: AccountId) -> None:
        market = self.market
        data = market.positions.snapshot()
        market.positions = PositionsService()
        market.positions.restore(data)
        assert market.positions.snapshot() == data
        self.counts["restart"] += 1

    def check(self) -> None:
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
            self.check_limits(mirror)

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


MUST_MEET = (
    "fill maker",
    "fill taker",
    "fill auction",
    "fill of a quote",
    "canceled self_trade",
    "canceled portfolio_limit",
    "canceled market_closed",
    "POSITION_LIMIT_EXCEEDED",
    "EXPOSURE_LIMIT_EXCEEDED",
    "UNDERLYING_LIMIT_EXCEEDED",
    "PORTFOLIO_LIMIT_EXCEEDED",
    "RATE_LIMIT_EXCEEDED",
    "INVALID_QUANTITY",
    AccountLimitWarned.__name__,
    "repeat",
    "restart",
)
