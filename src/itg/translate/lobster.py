"""A book's life as messages in the LOBSTER manner (Huang and Polak 2011), and the book after each.

    message    time, type, order id, size, price × 10,000, direction
    orderbook  ask price 1, ask size 1, bid price 1, bid size 1, ask price 2, …

Types: 1 new, or more of an order is shown; 2 part of it is canceled; 3 the rest of it leaves; 4 it
trades, visible; 5 it trades, hidden; 6 it trades in an auction, one message for each of the two
orders; 7 trading halts (price -1) or resumes (price 1). The direction is that of the order that
stood in the book: 1 bid, -1 ask. Types 2, 3, 4 and 6 take their size off the order wherever it
stands; type 5 changes nothing that is shown.

The exchange tells what was asked for and what traded; what is shown of an order follows by its own
rules, which are repeated here: what is left of an incoming order rests when its turn is over, an
iceberg shows its next part when the shown one is gone. `Books` therefore doubles as a check of the
exchange's own deltas: both must come to the same levels.
"""

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Final, NamedTuple

from itg.exchange.contract import (
    AuctionUncrossed,
    BookDelta,
    OrderAccepted,
    OrderActivated,
    OrderCanceled,
    OrderExpired,
    OrderReplaced,
    PlaceOrder,
    QuoteAccepted,
    TradeExecuted,
    TradingHalted,
    TradingResumed,
)
from itg.kernel.ids import AccountId, InstrumentId, OrderId, ReservationId, Shard
from itg.kernel.times import Nanos
from itg.kernel.words import Side
from itg.translate.round_facts import Fact

# What messages are made of; no other event changes them.
KINDS: Final = (
    *(PlaceOrder, OrderAccepted, OrderActivated, OrderReplaced, OrderCanceled, OrderExpired),
    *(QuoteAccepted, TradeExecuted, BookDelta, TradingHalted, TradingResumed),
    AuctionUncrossed,
)
NEW, CUT, DELETED, TRADED, TRADED_HIDDEN, CROSSED, HALTED = range(1, 8)
BID, ASK = 1, -1
HALT_PRICE, RESUME_PRICE = -1, 1


class LobsterMessage(NamedTuple):
    """One line of a message file; the price in 1/10,000 USD."""

    game_ns: Nanos
    kind: int
    order_id: int
    size: int
    price: int
    direction: int
    cause_seq: int


class _Order:
    __slots__ = ("direction", "display", "instrument_id", "is_pending", "leaves", "price", "shown")

    def __init__(self, instrument_id: InstrumentId, direction: int, display: int) -> None:
        self.instrument_id = instrument_id
        self.direction = direction
        self.display = display
        self.price: int | None = None
        self.leaves = 0
        self.shown = 0
        self.is_pending = False


class LobsterTape:
    """Turn a round's facts into messages by instrument."""

    def __init__(self) -> None:
        self._orders: dict[OrderId, _Order] = {}
        self._quotes: dict[tuple[AccountId, InstrumentId], tuple[OrderId | None, ...]] = {}
        self._displays: dict[ReservationId, int] = {}
        self._shards: dict[Shard, dict[InstrumentId, None]] = {}  # where a book has been seen
        # Orders whose turn is not over: what is left of them has not come to rest yet.
        self._entering: dict[InstrumentId, list[OrderId]] = {}
        self._uncrossed: set[InstrumentId] = set()
        self._fact: Fact | None = None
        self._out: list[tuple[InstrumentId, LobsterMessage]] = []

    def see(self, fact: Fact) -> list[tuple[InstrumentId, LobsterMessage]]:
        """Take in a fact; return the messages that follow from it, with their instruments."""
        if self._fact is not None and fact.cause_seq != self._fact.cause_seq:
            self._settle_all()
            self._displays.clear()
        self._fact = fact
        self._take(fact)
        told, self._out = self._out, []
        return told

    def end(self) -> list[tuple[InstrumentId, LobsterMessage]]:
        """Return what is left to tell after the last fact."""
        self._settle_all()
        told, self._out = self._out, []
        return told

    def _take(self, fact: Fact) -> None:
        event = fact.event
        match event:
            case PlaceOrder():
                self._displays[event.reservation_id] = event.display_quantity or 0
            case BookDelta():
                self._shards.setdefault(event.shard, {})[event.instrument_id] = None
                self._settle(event.instrument_id)
            case QuoteAccepted():
                self._quote(event)
            case TradeExecuted():
                self._trade(event)
            case AuctionUncrossed():
                self._uncrossed.add(event.instrument_id)
            case OrderAccepted() | OrderActivated() | OrderReplaced():
                self._enter(event)
            case OrderCanceled() | OrderExpired():
                self._leave(event.order_id)
            case TradingHalted():
                self._tell_halt(event.shard, event.instrument_id, HALT_PRICE)
            case TradingResumed():
                self._tell_halt(event.shard, event.instrument_id, RESUME_PRICE)
            case _:
                pass

    def _tell_halt(self, shard: Shard, instrument_id: InstrumentId | None, price: int) -> None:
        named = [*self._shards.get(shard, ())] if instrument_id is None else [instrument_id]
        for name in named:
            self._put(name, HALTED, OrderId(0), 0, price, ASK)

    def _enter(self, event: OrderAccepted | OrderActivated | OrderReplaced) -> None:
        match event:
            case OrderAccepted():
                order = self._orders[event.order_id] = _Order(
                    event.instrument_id,
                    BID if event.side is Side.BUY else ASK,
                    self._displays.get(event.reservation_id, 0),
                )
                order.price, order.leaves = event.price, event.quantity
                order.is_pending = event.is_pending
            case OrderActivated():
                order = self._orders[event.order_id]
                order.is_pending = False
            case OrderReplaced():
                order = self._orders[event.order_id]
                if event.kept_priority:
                    self._cut(event.order_id, order, order.leaves - event.leaves_quantity)
                    return
                self._hide(event.order_id, order)
                order.price = event.price or None
                order.leaves = event.leaves_quantity
                order.is_pending = event.is_pending
        self._settle(order.instrument_id)
        if not order.is_pending:
            self._entering.setdefault(order.instrument_id, []).append(event.order_id)

    def _quote(self, event: QuoteAccepted) -> None:
        name = event.instrument_id
        self._settle(name)
        key = (event.account_id, name)
        sides = (
            (event.bid_order_id, BID, event.bid, event.bid_quantity),
            (event.ask_order_id, ASK, event.ask, event.ask_quantity),
        )
        now = tuple(side[0] for side in sides)
        for held in self._quotes.get(key, ()):
            if held is not None and held not in now:
                self._leave(held)
        self._quotes[key] = now
        for order_id, direction, price, quantity in sides:
            if order_id is None or price is None:
                continue
            order = self._orders.get(order_id)
            if order is None:
                order = self._orders[order_id] = _Order(name, direction, 0)
            keeps = order.shown > 0 and order.price == price and quantity <= order.leaves
            if keeps and not event.is_pending:
                self._cut(order_id, order, order.leaves - quantity)
                continue
            self._hide(order_id, order)
            order.price, order.leaves, order.is_pending = price, quantity, event.is_pending
            if not event.is_pending:
                self._entering.setdefault(name, []).append(order_id)

    def _trade(self, event: TradeExecuted) -> None:
        for order_id in (event.maker_order_id, event.taker_order_id):
            order = self._orders.get(order_id)
            if order is not None:
                self._fill(order_id, order, event)

    def _fill(self, order_id: OrderId, order: _Order, event: TradeExecuted) -> None:
        order.leaves -= event.quantity
        if order.shown:
            visible = min(order.shown, event.quantity)
            kind = CROSSED if event.is_auction else TRADED
            self._put(order.instrument_id, kind, order_id, visible, event.price, order.direction)
            order.shown -= visible
            hidden = event.quantity - visible
            if hidden:
                self._put(
                    order.instrument_id,
                    TRADED_HIDDEN,
                    order_id,
                    hidden,
                    event.price,
                    order.direction,
                )
            if order.shown == 0 or event.is_auction:
                self._show(order_id, order)
        if order.leaves == 0:
            self._forget(order_id)

    def _show(self, order_id: OrderId, order: _Order) -> None:
        if order.price is None:
            return
        wanted = min(order.display, order.leaves) if order.display else order.leaves
        if wanted > order.shown:
            more = wanted - order.shown
            self._put(order.instrument_id, NEW, order_id, more, order.price, order.direction)
            order.shown = wanted

    def _cut(self, order_id: OrderId, order: _Order, by: int) -> None:
        hidden = order.leaves - order.shown
        order.leaves -= by
        seen = min(order.shown, max(0, by - hidden))
        if seen and order.price is not None:
            self._put(order.instrument_id, CUT, order_id, seen, order.price, order.direction)
            order.shown -= seen

    def _hide(self, order_id: OrderId, order: _Order) -> None:
        if order.shown and order.price is not None:
            price, direction = order.price, order.direction
            self._put(order.instrument_id, DELETED, order_id, order.shown, price, direction)
        order.shown = 0

    def _leave(self, order_id: OrderId) -> None:
        order = self._orders.get(order_id)
        if order is not None:
            self._hide(order_id, order)
            self._forget(order_id)

    def _forget(self, order_id: OrderId) -> None:
        del self._orders[order_id]

    def _settle(self, instrument_id: InstrumentId) -> None:
        # What is left of the orders whose turn is over comes to rest.
        if instrument_id in self._uncrossed:
            # An uncross ends with every iceberg showing as much as it may.
            self._uncrossed.remove(instrument_id)
            for order_id, order in self._orders.items():
                if order.instrument_id == instrument_id and order.shown and order.display:
                    self._show(order_id, order)
        for order_id in self._entering.pop(instrument_id, ()):
            if order_id in self._orders:
                self._show(order_id, self._orders[order_id])

    def _settle_all(self) -> None:
        for instrument_id in list(self._entering):
            self._settle(instrument_id)

    def _put(  # noqa: PLR0913, PLR0917 - the columns of a message
        self,
        instrument_id: InstrumentId,
        kind: int,
        order_id: OrderId,
        size: int,
        price: int,
        direction: int,
    ) -> None:
        assert self._fact is not None
        message = LobsterMessage(
            self._fact.game_ns, kind, order_id, size, price, direction, self._fact.cause_seq
        )
        self._out.append((instrument_id, message))


def lobster_messages(facts: Iterable[Fact]) -> Iterator[tuple[InstrumentId, LobsterMessage]]:
    """Return a round's messages with their instruments, in order.

    Orders that one input takes out of a book are in the order of their ids: which account was gone
    through first is not to be seen.
    """
    for _, run in groupby(_raw(facts), key=_run_of):
        told = list(run)
        if told[0][1].kind == DELETED:
            told.sort(key=lambda named: named[1].order_id)
        yield from told


def _raw(facts: Iterable[Fact]) -> Iterator[tuple[InstrumentId, LobsterMessage]]:
    tape = LobsterTape()
    for fact in facts:
        yield from tape.see(fact)
    yield from tape.end()


def _run_of(named: tuple[InstrumentId, LobsterMessage]) -> tuple[int, bool]:
    return named[1].cause_seq, named[1].kind == DELETED


class LobsterBook:
    """The levels of one instrument, after each message it is given."""

    __slots__ = ("_prices", "sides")

    def __init__(self) -> None:
        self.sides: dict[int, dict[int, int]] = {BID: {}, ASK: {}}
        self._prices: dict[int, int] = {}

    def apply(self, message: LobsterMessage) -> None:
        """Take in a message."""
        kind, order_id = message.kind, message.order_id
        if kind in {HALTED, TRADED_HIDDEN}:
            return
        if kind == NEW:
            self._prices[order_id] = message.price
        levels, price = self.sides[message.direction], self._prices[order_id]
        by = message.size if kind == NEW else -message.size
        quantity = levels.get(price, 0) + by
        assert quantity >= 0, f"{message} leaves {quantity} at {price}"
        if quantity:
            levels[price] = quantity
        else:
            del levels[price]

    def row(self, depth: int) -> list[int]:
        """Return the best levels as a line of an orderbook file; an empty one is ±9,999,999,999."""
        asks = sorted(self.sides[ASK].items())[:depth]
        bids = sorted(self.sides[BID].items(), reverse=True)[:depth]
        line: list[int] = []
        for level in range(depth):
            line += asks[level] if level < len(asks) else (NO_ASK, 0)
            line += bids[level] if level < len(bids) else (NO_BID, 0)
        return line


NO_ASK: Final = 9_999_999_999
NO_BID: Final = -NO_ASK
