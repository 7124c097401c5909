"""Random commands to the engine and to the judge, with every fact, level and invariant compared."""

from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from tests.dice import Dice
from tests.exchange.reference import Fact, ReferenceExchange

from itg.exchange.contract import (
    AuctionUncrossed,
    BookDelta,
    BookSnapshot,
    CancelOrder,
    CancelRejected,
    ConfigureExchange,
    GetBook,
    IndicativePriceChanged,
    ListInstrument,
    MassCancel,
    MassCanceled,
    OrderAccepted,
    OrderCanceled,
    OrderRejected,
    OrderReplaced,
    PhaseChanged,
    PhaseRejected,
    PlaceOrder,
    QuoteAccepted,
    ReplaceOrder,
    ReplaceRejected,
    SetPhase,
    SetQuote,
    SetSchedule,
    TradeExecuted,
)
from itg.exchange.service import ExchangeService
from itg.kernel.ids import (
    AccountId,
    InstrumentId,
    OrderId,
    ReservationId,
    Shard,
    UnderlyingId,
)
from itg.kernel.messages import Message
from itg.kernel.money import Price, Quantity
from itg.kernel.times import Nanos
from itg.kernel.words import (
    Instrument,
    OrderType,
    Phase,
    PhaseBoundary,
    SelfTradePolicy,
    Side,
    TimeInForce,
)

TICK = 100
SHARD = Shard(0)
SPX = InstrumentId("SPX")
ACCOUNTS = ("ann", "ben", "cho", "dee")
POLICIES = tuple(policy.value for policy in SelfTradePolicy)
PHASES = ("pre_open", "opening_auction", "continuous", "closed")
RESERVATION = ReservationId(1)


class Campaign:
    """One seed's stream against both exchanges; `counts` says what it met."""

    def __init__(self, seed: int) -> None:
        self.dice = Dice(seed)
        self.counts: Counter[str] = Counter()
        close = self.dice.choice((None, 2_000, 2_430, 2_450, 2_470))
        self.judge = ReferenceExchange(None if close is None else Fraction(close, TICK))
        self.engine = ExchangeService(SHARD)
        self.now = 0
        self.ids: list[int] = []
        self.book: dict[str, dict[int, tuple[int, int]]] = {"buy": {}, "sell": {}}
        self.book_seq = 0
        self._send(ConfigureExchange(shard=SHARD, underlying_id=UnderlyingId("SPX")))
        listed = Instrument(
            instrument_id=SPX,
            underlying_id=UnderlyingId("SPX"),
            shard=SHARD,
            multiplier=100,
            tick_size=Price(TICK),
        )
        previous = None if close is None else Price(close)
        self._send(ListInstrument(shard=SHARD, instrument=listed, previous_close=previous))

    def run(self, commands: int) -> None:
        self._move("pre_open")
        for number in range(commands):
            self._step()
            if number % 97 == 96:
                self._swap_for_its_snapshot()
        self._move("closed")

    def _step(self) -> None:
        draw = self.dice.random()
        if self.judge.phase in ("closed", "opening_auction") and self.dice.random() < 0.2:
            draw = 1.0  # little can happen here: move on soon
        if draw < 0.52:
            self._place()
        elif draw < 0.66:
            self._quote()
        elif draw < 0.80:
            self._cancel()
        elif draw < 0.94:
            self._replace()
        elif draw < 0.96:
            self._mass_cancel()
        elif draw < 0.965:
            self._jump()
        else:
            self._move(self._likely_phase())

    def _place(self) -> None:
        dice = self.dice
        market = dice.random() < 0.12
        terms: dict[str, Any] = {
            "account": dice.choice(ACCOUNTS),
            "side": dice.choice(("buy", "sell")),
            "price": None if market else self._price(),
            "quantity": dice.choice((0, 1, 1, 2, 3, 5, 8, 13)),
            "tif": dice.choice((None, None, None, "day", "ioc", "fok")),
            "post_only": dice.random() < 0.1,
            "stp": dice.choice(POLICIES),
        }
        facts = self._send(
            PlaceOrder(
                shard=SHARD,
                reservation_id=RESERVATION,
                account_id=AccountId(terms["account"]),
                instrument_id=SPX,
                side=Side(terms["side"]),
                quantity=Quantity(terms["quantity"]),
                order_type=OrderType.MARKET if market else OrderType.LIMIT,
                price=None if market else Price(terms["price"] * TICK),
                time_in_force=None if terms["tif"] is None else TimeInForce(terms["tif"]),
                post_only=terms["post_only"],
                stp=SelfTradePolicy(terms["stp"]),
            )
        )
        self._compare(facts, self.judge.place(**terms), terms)
        self.ids += [fact[1] for fact in facts if fact[0] == "accepted"]

    def _replace(self) -> None:
        dice = self.dice
        order_id, account = self._target()
        changes: dict[str, Any] = {}
        if dice.random() < 0.6:
            changes["price"] = self._price()
        if dice.random() < 0.6:
            changes["quantity"] = dice.choice((1, 2, 3, 5, 8, 13))
        if dice.random() < 0.3:
            changes["revision"] = dice.choice((1, 1, 2, 3))
        facts = self._send(
            ReplaceOrder(
                shard=SHARD,
                reservation_id=RESERVATION,
                account_id=AccountId(account),
                order_id=OrderId(order_id),
                price=Price(changes["price"] * TICK) if "price" in changes else None,
                quantity=Quantity(changes["quantity"]) if "quantity" in changes else None,
                expected_revision=changes.get("revision"),
            )
        )
        self._compare(facts, self.judge.replace(order_id, account, changes), (order_id, changes))

    def _cancel(self) -> None:
        order_id, account = self._target()
        facts = self._send(
            CancelOrder(shard=SHARD, account_id=AccountId(account), order_id=OrderId(order_id))
        )
        self._compare(facts, self.judge.cancel(order_id, account), order_id)

    def _mass_cancel(self) -> None:
        account = self.dice.choice(ACCOUNTS)
        side = self.dice.choice((None, "buy", "sell"))
        quotes = self.dice.random() < 0.5
        facts = self._send(
            MassCancel(
                shard=SHARD,
                account_id=AccountId(account),
                side=None if side is None else Side(side),
                quotes=quotes,
            )
        )
        self._compare(facts, self.judge.mass_cancel(account, side, quotes=quotes), account)

    def _quote(self) -> None:
        dice = self.dice
        account, stp, middle = dice.choice(ACCOUNTS), dice.choice(POLICIES), self._price()
        bid = (middle - dice.randint(0, 2), dice.randint(0, 9)) if dice.random() < 0.85 else None
        ask = (middle + dice.randint(0, 3), dice.randint(0, 9)) if dice.random() < 0.85 else None
        facts = self._send(
            SetQuote(
                shard=SHARD,
                reservation_id=RESERVATION,
                account_id=AccountId(account),
                instrument_id=SPX,
                bid=None if bid is None else Price(bid[0] * TICK),
                bid_quantity=0 if bid is None else bid[1],
                ask=None if ask is None else Price(ask[0] * TICK),
                ask_quantity=0 if ask is None else ask[1],
                stp=SelfTradePolicy(stp),
            )
        )
        sides = {"buy": bid, "sell": ask}
        self._compare(facts, self.judge.quote(account, stp, sides), (account, sides))

    def _move(self, phase: str) -> None:
        facts = self._send(SetPhase(shard=SHARD, phase=Phase(phase)))
        self._compare(facts, self.judge.move(phase), phase)
        self.counts[f"phase {self.judge.phase}"] += 1

    def _jump(self) -> None:
        phase = self.dice.choice(PHASES)
        boundary = PhaseBoundary(at_ns=Nanos(self.now), phase=Phase(phase))
        facts = self._send(SetSchedule(shard=SHARD, boundaries=(boundary,)))
        self.counts[f"jump {self.judge.phase} to {phase}"] += 1
        self._compare(facts, self.judge.enter(phase), phase)

    # the two sides, side by side ----------------------------------------------------------------

    def _compare(self, facts: list[Fact], expected: list[Fact], what: object) -> None:
        assert grouped(facts) == grouped(expected), (what, facts, expected)
        for fact in expected:
            self.counts[count_name(fact)] += 1
        snapshot = self.engine.query(GetBook(shard=SHARD, instrument_id=SPX))
        assert isinstance(snapshot, BookSnapshot)
        bids, asks = (in_ticks(rows) for rows in (snapshot.bids, snapshot.asks))
        assert bids == self.judge.levels("buy")
        assert asks == self.judge.levels("sell")
        assert snapshot.book_seq == self.book_seq
        assert {row[0]: row[1:] for row in bids} == self.book["buy"]
        assert {row[0]: row[1:] for row in asks} == self.book["sell"]
        if self.judge.phase == "continuous" and bids and asks:
            assert bids[0][0] < asks[0][0], "continuous is never locked or crossed"

    def _send(self, message: Message) -> list[Fact]:
        self.now += 1
        facts = []
        for output in self.engine.handle(Nanos(self.now), message):
            if isinstance(output, BookDelta):
                self._fold(output)
            elif (fact := fact_of(output)) is not None:
                facts.append(fact)
        return facts

    def _fold(self, delta: BookDelta) -> None:
        assert delta.book_seq == self.book_seq + 1
        self.book_seq += 1
        for side, rows in (("buy", delta.bids), ("sell", delta.asks)):
            for price, quantity, count in in_ticks(rows):
                if quantity:
                    self.book[side][price] = (quantity, count)
                else:
                    del self.book[side][price]

    def _swap_for_its_snapshot(self) -> None:
        data = self.engine.snapshot()
        self.engine = ExchangeService(SHARD)
        self.engine.restore(data)
        assert self.engine.snapshot() == data

    def _price(self) -> int:
        return 0 if self.dice.random() < 0.005 else max(0, round(self.dice.gauss(22, 4)))

    def _target(self) -> tuple[int, str]:
        """Return an order id, mostly a young and living one, mostly with its own account."""
        dice = self.dice
        living = [o for o in self.judge.queue if not o["quote"]]
        if living and dice.random() < 0.85:
            order = dice.choice(living)
            own = dice.random() < 0.95
            return order["id"], order["account"] if own else dice.choice(ACCOUNTS)
        return dice.randint(0, self.judge.order_count + 1), dice.choice(ACCOUNTS)

    def _likely_phase(self) -> str:
        onward = {"closed": "pre_open", "pre_open": "opening_auction", "continuous": "closed"}
        if self.dice.random() < 0.7:
            return onward.get(self.judge.phase, "continuous")
        return self.dice.choice(PHASES)


def fact_of(output: Message) -> Fact | None:
    """Translate an engine's event into the judge's words; None for what the judge does not tell."""
    translate = FACTS.get(type(output))
    return None if translate is None else translate(output)


def replaced_fact(event: OrderReplaced) -> Fact:
    price = event.price // TICK if event.price else None
    leaves, kept = event.leaves_quantity, event.kept_priority
    return ("replaced", event.order_id, event.revision, price, event.quantity, leaves, kept)


def trade_fact(event: TradeExecuted) -> Fact:
    ids = (event.maker_order_id, event.taker_order_id)
    return ("trade", *ids, event.price // TICK, event.quantity, event.aggressor_side.value)


def auction_fact(event: AuctionUncrossed | IndicativePriceChanged) -> Fact:
    surplus = event.imbalance_quantity
    if event.imbalance_side is Side.SELL:
        surplus = -surplus
    if isinstance(event, AuctionUncrossed):
        kind, price, volume = "uncrossed", event.clearing_price, event.quantity
    else:
        kind, price, volume = "indicative", event.indicative_price, event.indicative_quantity
    return (kind, None if price is None else (price // TICK, volume, surplus))


FACTS: dict[type[Message], Callable[[Any], Fact]] = {
    OrderAccepted: lambda e: ("accepted", e.order_id),
    OrderRejected: lambda e: ("rejected", e.refusal.code),
    OrderCanceled: lambda e: ("canceled", e.order_id, e.quantity, e.cancel_reason.value),
    OrderReplaced: replaced_fact,
    ReplaceRejected: lambda e: ("replace_rejected", e.order_id, e.refusal.code),
    CancelRejected: lambda e: ("cancel_rejected", e.order_id, e.refusal.code),
    MassCanceled: lambda e: ("mass_canceled", tuple(sorted(e.order_ids))),
    QuoteAccepted: lambda e: ("quoted", e.bid_order_id, e.ask_order_id),
    TradeExecuted: trade_fact,
    AuctionUncrossed: auction_fact,
    IndicativePriceChanged: auction_fact,
    PhaseChanged: lambda e: ("phase", e.previous.value, e.phase.value),
    PhaseRejected: lambda e: ("phase_rejected", e.refusal.code),
}


def grouped(facts: list[Fact]) -> list[Fact]:
    """Sort runs of cancels of a mass act: the rules give them no order among themselves."""
    mass = [f for f in facts if f[0] == "canceled" and f[3] in ("mass_cancel", "market_closed")]
    return [f for f in facts if f not in mass] + sorted(mass)


def in_ticks(rows: tuple[tuple[int, int, int], ...]) -> list[tuple[int, int, int]]:
    return [(price // TICK, quantity, count) for price, quantity, count in rows]


def count_name(fact: Fact) -> str:
    kind = str(fact[0])
    if kind in ("rejected", "replace_rejected", "cancel_rejected"):
        return f"{kind} {fact[-1]}"
    if kind == "canceled":
        return f"canceled {fact[3]}"
    if kind == "replaced":
        return "replaced, priority kept" if fact[-1] else "replaced, priority lost"
    if kind in ("uncrossed", "indicative"):
        return kind if fact[1] else f"{kind} nothing"
    return kind
