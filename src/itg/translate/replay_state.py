"""What stood at a moment of a round, folded from what was told: the market, and each team's own."""

from collections import deque

from msgspec.structs import replace

from itg.translate.last_trades import LastTrades
from itg.wire.v1.account import (
    AdjustedPush,
    FillPush,
    OrderPush,
    PositionBody,
    PositionPush,
    PrivateSnapshot,
    QuotePush,
    ReseatedPush,
    SettlementPush,
)
from itg.wire.v1.chain import MarkPush
from itg.wire.v1.market import (
    BookPush,
    InstrumentBody,
    PhasePush,
    PriceBody,
    WireLevel,
)
from itg.wire.v1.news import NewsPush
from itg.wire.v1.orders import Body, OrderBody, QuoteBody
from itg.wire.v1.replay import ReplayKeyframe

_KEPT = 50
_OVER = frozenset({"filled", "canceled", "expired", "rejected"})


class BookState:
    """One book by its levels, in USD."""

    def __init__(self, instrument_id: str) -> None:
        self.instrument_id = instrument_id
        self.indicative: BookPush | None = None
        self._bids: dict[float, int] = {}
        self._asks: dict[float, int] = {}

    def fold(self, push: BookPush) -> None:
        """Take in absolute levels; quantity 0 removes one."""
        _fold(self._bids, push.bids)
        _fold(self._asks, push.asks)

    def body(self) -> BookPush:
        """Return the whole book, best first."""
        told = self.indicative
        return BookPush(
            instrument_id=self.instrument_id,
            bids=sorted(self._bids.items(), reverse=True),
            asks=sorted(self._asks.items()),
            indicative_price=None if told is None else told.indicative_price,
            indicative_quantity=None if told is None else told.indicative_quantity,
            imbalance_quantity=None if told is None else told.imbalance_quantity,
            imbalance_side=None if told is None else told.imbalance_side,
        )


class MarketState:
    """The market as everybody sees it."""

    def __init__(self) -> None:
        self.instruments: dict[str, InstrumentBody] = {}
        self.prices: dict[str, PriceBody] = {}
        self.marks: dict[str, MarkPush] = {}
        self.trades = LastTrades()
        self.news: deque[NewsPush] = deque(maxlen=_KEPT)
        self._phases: dict[tuple[str, str | None], PhasePush] = {}
        self._books: dict[str, BookState] = {}

    def book(self, instrument_id: str) -> BookState:
        """Return an instrument's book; it begins empty."""
        book = self._books.get(instrument_id)
        if book is None:
            book = self._books[instrument_id] = BookState(instrument_id)
        return book

    def delist(self, instrument_id: str) -> None:
        """Forget an instrument."""
        for rows in (self.instruments, self.marks, self._books):
            rows.pop(instrument_id, None)

    def enter(self, phase: PhasePush) -> None:
        """Take in a phase; what all instruments of an underlying enter, each of them enters."""
        if phase.instrument_id is None:
            of = phase.underlying_id
            self._phases = {key: told for key, told in self._phases.items() if key[0] != of}
            for book in self._books.values():
                book.indicative = None
        else:
            self.book(phase.instrument_id).indicative = None
        self._phases[phase.underlying_id, phase.instrument_id] = phase

    def keyframe(self) -> ReplayKeyframe:
        """Return everything that stands now."""
        return ReplayKeyframe(
            instruments=list(self.instruments.values()),
            phases=sorted(self._phases.values(), key=lambda told: told.instrument_id is not None),
            books=[book.body() for book in self._books.values()],
            prices=list(self.prices.values()),
            marks=list(self.marks.values()),
            trades=list(self.trades),
            news=list(self.news),
        )


class OwnState:
    """A team's orders, quotes, positions and cash, which it begins with `cash` of."""

    def __init__(self, team_id: str, cash: float) -> None:
        self._team_id = team_id
        self._orders: dict[int, OrderBody] = {}
        self._quotes: dict[str, QuoteBody] = {}
        self._positions: dict[str, PositionBody] = {}
        self._cash = cash

    def fold(self, push: Body) -> None:
        """Take in the data of a push on `private`."""
        match push:
            case OrderPush():
                self._order(push.order)
            case FillPush():
                self._fill(push)
            case QuotePush():
                self._quote(push.quote)
            case PositionPush():
                self._positions[push.position.instrument_id] = push.position
                self._cash = push.cash
            case SettlementPush():
                self._positions.pop(push.instrument_id, None)
            case ReseatedPush():
                self._positions.clear()
                self._cash = push.cash
            case AdjustedPush():
                # Contracts come with a position, which brings the cash of both.
                self._cash = round(self._cash + push.cash, 4)
            case _:
                pass

    def snapshot(self) -> PrivateSnapshot:
        """Return everything that stands now."""
        return PrivateSnapshot(
            team_id=self._team_id,
            orders=list(self._orders.values()),
            quotes=list(self._quotes.values()),
            positions=list(self._positions.values()),
            cash=self._cash,
        )

    def _order(self, order: OrderBody) -> None:
        if order.status in _OVER:
            self._orders.pop(order.order_id, None)
        else:
            self._orders[order.order_id] = order

    def _quote(self, quote: QuoteBody) -> None:
        if quote.bid_quantity or quote.ask_quantity:
            self._quotes[quote.instrument_id] = quote
        else:
            self._quotes.pop(quote.instrument_id, None)

    def _fill(self, fill: FillPush) -> None:
        if fill.is_quote:
            self._fill_quote(fill)
            return
        order = self._orders.get(fill.order_id)
        if order is not None:
            self._order(
                replace(
                    order,
                    status=fill.status,
                    filled_quantity=fill.filled_quantity,
                    leaves_quantity=fill.leaves_quantity,
                    average_price=fill.average_price,
                    fees=round(order.fees + fill.fee, 4),
                )
            )

    def _fill_quote(self, fill: FillPush) -> None:
        quote, left = self._quotes.get(fill.instrument_id), fill.leaves_quantity
        if quote is not None and fill.order_id == quote.bid_order_id:
            gone = {} if left else {"bid_order_id": None, "bid": None}
            self._quote(replace(quote, bid_quantity=left, **gone))
        elif quote is not None and fill.order_id == quote.ask_order_id:
            gone = {} if left else {"ask_order_id": None, "ask": None}
            self._quote(replace(quote, ask_quantity=left, **gone))


def _fold(levels: dict[float, int], changed: list[WireLevel]) -> None:
    for price, quantity in changed:
        if quantity:
            levels[price] = quantity
        else:
            levels.pop(price, None)
