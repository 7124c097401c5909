"""What a report needs of a round's events and no query keeps: folded as they come, or read again.

The same events give the same sums, whether they are heard live or read from a journal. A trade that
was busted or adjusted counts as it was corrected; a fold that hears of a correction only then has
counted the trade already and says so (`is_corrected`): it has to be read again with it known.
"""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from heapq import heappush, heappushpop
from typing import Final, TypeVar, cast, get_args

from msgspec.structs import replace

from itg.exchange.contract import PhaseChanged, TradeBusted, TradingHalted, TradingResumed
from itg.game.contract import RoundStarted
from itg.kernel.ids import AccountId, InstrumentId, OrderId, Role, TradeId
from itg.kernel.messages import Message
from itg.kernel.money import Price
from itg.kernel.times import Nanos
from itg.kernel.words import Side
from itg.market_data.contract import Mark, MarksPublished
from itg.news.contract import NewsPublished
from itg.positions.contract import (
    AccountAdjusted,
    AccountFillBusted,
    AccountFilled,
    AccountKillSwitchChanged,
    AccountLimitBreached,
    AccountLimitCleared,
    AccountLimitWarned,
    AccountLossStopped,
    AccountMeasure,
    AccountOrderRejected,
    AccountOrderUpdated,
    AccountProtectionChanged,
    AccountQuoteRejected,
    AccountQuoteUpdated,
    AccountReseated,
    AccountsMeasured,
    AccountSuspensionChanged,
    ConnectionOpened,
    MarkedTrade,
    OrderChange,
    TradesMarked,
)
from itg.signals.contract import AlphaSignaled, TrackingSignaled, VolatilitySignaled

DECISIONS: Final = 5
TIMELINE_MAX: Final = 1_000  # of one account
_LAST: Final = -1  # a trade's last mark is the one that decides what a decision was worth

Corrections = Mapping[TradeId, Price | None]
Told = tuple[Nanos, Message]
Decision = tuple[int, int, MarkedTrade, bool]  # gain, order among equals, trade, as the maker
OfAccount = (
    AccountLimitWarned
    | AccountLimitBreached
    | AccountLimitCleared
    | AccountLossStopped
    | AccountSuspensionChanged
    | AccountKillSwitchChanged
    | AccountProtectionChanged
    | AccountFillBusted
    | AccountReseated
    | AccountAdjusted
    | ConnectionOpened
)
OfMarket = PhaseChanged | TradingHalted | TradingResumed
OfSignals = VolatilitySignaled | TrackingSignaled | AlphaSignaled
M = TypeVar("M", bound=Message)
Handler = Callable[[Nanos, Message], None]


class AccountFacts:
    """Sums of one account: cash at multiplier 1 by instrument, where a multiplier is still due."""

    __slots__ = (
        "best",
        "live",
        "omitted",
        "ordered",
        "orders",
        "orders_canceled",
        "orders_filled",
        "orders_rejected",
        "quote_updates",
        "quoted",
        "quotes_rejected",
        "shortfall",
        "spreads",
        "timeline",
        "unmarked",
        "worst",
    )

    def __init__(self) -> None:
        self.orders = self.orders_rejected = self.orders_canceled = 0
        self.ordered = self.orders_filled = self.unmarked = 0
        self.quote_updates = self.quotes_rejected = self.quoted = 0
        self.live: dict[OrderId, tuple[Price | None, int]] = {}  # mark at acceptance, contracts
        self.shortfall: dict[InstrumentId, tuple[int, int]] = {}  # contracts, Σ cost
        # As the maker, as the taker: contracts, Σ 2 × side × (price − mark), the same as cash.
        self.spreads: dict[bool, tuple[int, int, int]] = {}
        self.timeline: list[Told] = []
        self.omitted = 0
        self.best: list[Decision] = []
        self.worst: list[Decision] = []

    def tell(self, now: Nanos, event: Message) -> None:
        """Add to the timeline, as far as it reaches."""
        if len(self.timeline) < TIMELINE_MAX:
            self.timeline.append((now, event))
        else:
            self.omitted += 1

    def count(self, trade: MarkedTrade, *, is_maker: bool) -> None:
        """Count a trade whose marks are known."""
        buys = (trade.aggressor_side is Side.BUY) is not is_maker
        sign = trade.quantity if buys else -trade.quantity
        contracts, cost, cash = self.spreads.get(is_maker, (0, 0, 0))
        paid = 2 * sign * (trade.price - trade.mark_price)
        self.spreads[is_maker] = (
            contracts + trade.quantity,
            cost + paid,
            cash + paid * trade.multiplier,
        )
        gain = sign * (trade.marks_later[_LAST] - trade.price) * trade.multiplier
        order = -trade.trade_id * 2 - is_maker  # the earlier trade first among equals
        _keep(self.best, (gain, order, trade, is_maker))
        _keep(self.worst, (-gain, order, trade, is_maker))


class RoundFold:
    """The facts of one round, from its `RoundStarted` until another starts."""

    def __init__(self, round_id: int, corrections: Corrections | None = None) -> None:
        self.round_id = round_id
        self.accounts: dict[AccountId, AccountFacts] = {}
        self.market: list[Told] = []
        self.multipliers: dict[InstrumentId, int] = {}
        self.is_corrected = False  # by a trade counted already
        self._corrections = corrections or {}
        self._is_within = False
        self._marks: tuple[Mark, ...] = ()
        self._prices: dict[InstrumentId, Price] | None = None
        self._measures: tuple[AccountMeasure, ...] = ()
        self._headlines: list[tuple[Nanos, str]] = []
        self._signals: dict[Role, list[tuple[Nanos, str]]] = {}
        self._handlers = self._table()

    def add(self, now: Nanos, outputs: Iterable[Message]) -> None:
        """Take what one input caused."""
        handlers = self._handlers
        for event in outputs:
            handler = handlers.get(type(event))
            if handler is not None and (self._is_within or type(event) is RoundStarted):
                handler(now, event)

    @property
    def names(self) -> list[bytes]:
        """Return the names of the classes that are folded: a journal's row without any is none."""
        return [kind.__name__.encode() for kind in self._handlers]

    def facts(self, account_id: AccountId) -> AccountFacts:
        """Return an account's facts, empty of one that did nothing."""
        facts = self.accounts.get(account_id)
        if facts is None:
            facts = self.accounts[account_id] = AccountFacts()
        return facts

    def measure_of(self, account_id: AccountId) -> AccountMeasure | None:
        """Return how an account stood when accounts were measured last."""
        return next((one for one in self._measures if one.account_id == account_id), None)

    def headline_before(self, at_ns: Nanos) -> tuple[Nanos, str] | None:
        """Return the last headline that was out at an instant."""
        return _last_before(self._headlines, at_ns)

    def signal_before(self, role: Role, at_ns: Nanos) -> tuple[Nanos, str] | None:
        """Return the last signal that a role had been told at an instant."""
        return _last_before(self._signals.get(role, []), at_ns)

    def _table(self) -> dict[type[Message], Handler]:
        rows: list[tuple[type[Message], Handler]] = [
            _on(RoundStarted, self._start),
            _on(MarksPublished, self._mark),
            _on(AccountsMeasured, self._measure),
            _on(AccountOrderUpdated, self._update_order),
            _on(AccountOrderRejected, self._reject_order),
            _on(AccountFilled, self._fill),
            _on(AccountQuoteUpdated, self._update_quote),
            _on(AccountQuoteRejected, self._reject_quote),
            _on(TradesMarked, self._count_trades),
            _on(TradeBusted, self._correct),
            _on(NewsPublished, self._publish),
        ]
        rows += [_on(kind, self._tell_account) for kind in get_args(OfAccount)]
        rows += [_on(kind, self._tell_market) for kind in get_args(OfMarket)]
        rows += [_on(kind, self._signal) for kind in get_args(OfSignals)]
        return dict(rows)

    def _start(self, now: Nanos, event: RoundStarted) -> None:
        self._is_within = event.round_id == self.round_id

    def _mark(self, now: Nanos, event: MarksPublished) -> None:
        # Few steps meet an order: the prices are looked up when one does.
        self._marks, self._prices = event.marks, None

    def _measure(self, now: Nanos, event: AccountsMeasured) -> None:
        self._measures = event.measures

    def _mark_of(self, instrument_id: InstrumentId) -> Price | None:
        if self._prices is None:
            self._prices = {mark.instrument_id: mark.mark_price for mark in self._marks}
        return self._prices.get(instrument_id)

    def _update_order(self, now: Nanos, event: AccountOrderUpdated) -> None:
        facts, order = self.facts(event.account_id), event.order
        if event.change is OrderChange.ACCEPTED:
            facts.orders += 1
            facts.ordered += order.quantity
            facts.live[order.order_id] = (self._mark_of(order.instrument_id), order.quantity)
        elif event.change is OrderChange.REPLACED and order.order_id in facts.live:
            arrival, quantity = facts.live[order.order_id]
            facts.ordered += order.quantity - quantity
            facts.live[order.order_id] = (arrival, order.quantity)
        elif event.change in {OrderChange.CANCELED, OrderChange.EXPIRED}:
            facts.orders_canceled += 1
            facts.live.pop(order.order_id, None)

    def _reject_order(self, now: Nanos, event: AccountOrderRejected) -> None:
        self.facts(event.account_id).orders_rejected += 1

    def _fill(self, now: Nanos, event: AccountFilled) -> None:
        fill, facts = event.fill, self.facts(event.account_id)
        price = self._corrections.get(fill.trade_id, fill.last_price)
        if price is None:
            return
        if event.is_quote:
            facts.quoted += fill.last_quantity
            return
        facts.orders_filled += fill.last_quantity
        arrival, _ = facts.live.get(fill.order_id, (None, 0))
        if not event.leaves_quantity:
            facts.live.pop(fill.order_id, None)
        if arrival is None:
            facts.unmarked += fill.last_quantity
            return
        contracts, cost = facts.shortfall.get(fill.instrument_id, (0, 0))
        sign = fill.last_quantity if fill.side is Side.BUY else -fill.last_quantity
        facts.shortfall[fill.instrument_id] = (
            contracts + fill.last_quantity,
            cost + sign * (price - arrival),
        )

    def _update_quote(self, now: Nanos, event: AccountQuoteUpdated) -> None:
        self.facts(event.account_id).quote_updates += 1

    def _reject_quote(self, now: Nanos, event: AccountQuoteRejected) -> None:
        self.facts(event.account_id).quotes_rejected += 1

    def _count_trades(self, now: Nanos, event: TradesMarked) -> None:
        for told in event.trades:
            trade = self._corrected(told)
            self.multipliers[told.instrument_id] = told.multiplier
            if trade is not None:
                self.facts(trade.maker_account_id).count(trade, is_maker=True)
                self.facts(trade.taker_account_id).count(trade, is_maker=False)

    def _corrected(self, trade: MarkedTrade) -> MarkedTrade | None:
        price = self._corrections.get(trade.trade_id, trade.price)
        if price is None or price == trade.price:
            return None if price is None else trade
        return replace(trade, price=price)

    def _correct(self, now: Nanos, event: TradeBusted) -> None:
        self.is_corrected |= event.trade_id not in self._corrections

    def _publish(self, now: Nanos, event: NewsPublished) -> None:
        self._headlines.append((now, event.headline))

    def _signal(
        self, now: Nanos, event: VolatilitySignaled | TrackingSignaled | AlphaSignaled
    ) -> None:
        if not isinstance(event, TrackingSignaled) or event.stage != "update":
            self._signals.setdefault(event.role, []).append((now, signal_text(event)))

    def _tell_account(self, now: Nanos, event: Message) -> None:
        assert isinstance(event, OfAccount)
        self.facts(event.account_id).tell(now, event)

    def _tell_market(self, now: Nanos, event: Message) -> None:
        assert isinstance(event, OfMarket)
        if not isinstance(event, PhaseChanged) or event.instrument_id is None:
            self.market.append((now, event))


def signal_text(event: VolatilitySignaled | TrackingSignaled | AlphaSignaled) -> str:
    """Return a signal in a few words."""
    match event:
        case VolatilitySignaled():
            word = "a shift to" if event.is_shift else "no shift from"
            return f"volatility: {word} {event.regime.value}"
        case TrackingSignaled():
            return f"tracking window of {event.tracking.underlying_id}: {event.stage}"
        case AlphaSignaled():
            return f"{event.model}: {event.underlying_id} {event.return_ppm / 10_000:+.2f} %"


def _on(kind: type[M], handler: Callable[[Nanos, M], None]) -> tuple[type[Message], Handler]:
    # The cast is safe: the table is read with type(event), so a handler meets its own kind alone.
    return kind, cast("Handler", handler)


def _keep(heap: list[Decision], one: Decision) -> None:
    if len(heap) < DECISIONS:
        heappush(heap, one)
    else:
        heappushpop(heap, one)


def _last_before(told: list[tuple[Nanos, str]], at_ns: Nanos) -> tuple[Nanos, str] | None:
    place = bisect_right(told, at_ns, key=lambda row: row[0])
    return told[place - 1] if place else None
