"""A bot: hooks that hear the market, and commands that return at once.

No hook waits for an answer. What a command led to arrives through hooks again: an accepted order in
`on_order`, a trade in `on_fill`, a refusal in `on_reject`. The same class therefore runs against
the clock, in lock step and in a replay, and where its dice are seeded it does the same each time.
"""

from collections.abc import Mapping
from typing import Unpack

from msgspec import Struct

from itg.client.account import Account
from itg.client.book import Book
from itg.client.commands import CANCELS, FREE, ORDERS, BotCommand, Lanes
from itg.client.dice import Dice
from itg.client.session import (
    CancelFilters,
    OrderTerms,
    cancel_params,
    order_params,
    replace_params,
)
from itg.wire.v1.account import FillPush, OrderPush, RejectedPush
from itg.wire.v1.chain import MarkPush
from itg.wire.v1.game import RulesBody
from itg.wire.v1.market import (
    InstrumentBody,
    MarketPush,
    MarketWord,
    PhasePush,
    PhaseWord,
    PriceBody,
    TradeBody,
    WireLevel,
)
from itg.wire.v1.news import NewsPush
from itg.wire.v1.orders import QuoteRequest, SideWord
from itg.wire.v1.signals import SignalPush
from itg.wire.v1.socket import CancelAllParams, PullParams


class Setup(Struct, frozen=True, kw_only=True):
    """What a bot knows before the first frame."""

    role: str
    connection_number: int
    rules: RulesBody
    instruments: dict[str, InstrumentBody]


class Bot:
    """Subclass it and override the hooks you need; `itg bot run FILE` does the rest.

    Before `on_start` the state is complete: `instruments`, `rules`, `books`, `prices`, `account`,
    and `phases` of the underlyings. `now_us` is game time in microseconds. `timer_s` is the
    interval of `on_timer` in game seconds. With `follows_depth` books carry all levels, not the
    best alone, at the price of many more frames. With `follows_marks` fair values and greeks of all
    series are in `marks`, renewed with every step of the market. With `quotes_post_only` a side of
    a quote that would take at once is left out.
    """

    timer_s: float = 1.0
    follows_depth: bool = False
    follows_marks: bool = False
    quotes_post_only: bool = False

    def __init__(self, *, seed: int = 0) -> None:
        self.seed = seed
        self.dice = Dice(seed)
        self.account = Account()
        self.books: dict[str, Book] = {}
        self.prices: dict[str, float] = {}
        self.marks: dict[str, MarkPush] = {}
        self.phases: dict[str, PhaseWord] = {}
        self.instrument_phases: dict[str, PhaseWord] = {}
        self.instruments: dict[str, InstrumentBody] = {}
        self.rules: RulesBody | None = None
        self.role = ""
        self.now_us = 0
        self.lanes = Lanes()
        self.lanes.quotes_post_only = self.quotes_post_only
        self._connection_number = 0
        self._order_count = 0

    def on_start(self) -> None:
        """Begin: everything known so far has arrived."""

    def on_book(self, book: Book) -> None:
        """Hear that a book's best prices (with `follows_depth`, any level) changed."""

    def on_price(self, price: PriceBody) -> None:
        """Hear an underlying's new print."""

    def on_marks(self, marks: Mapping[str, MarkPush]) -> None:
        """Hear the fair values that changed, by instrument; `marks` has them all already."""

    def on_trade(self, trade: TradeBody) -> None:
        """Hear a trade between anybody."""

    def on_fill(self, fill: FillPush) -> None:
        """Hear an own fill; `account` has it already."""

    def on_order(self, push: OrderPush) -> None:
        """Hear that an own order was accepted, replaced, canceled or expired."""

    def on_reject(self, rejected: RejectedPush) -> None:
        """Hear that a command of this bot was refused, or that its outcome is unknown (504)."""

    def on_news(self, news: NewsPush) -> None:
        """Hear a headline."""

    def on_signal(self, signal: SignalPush) -> None:
        """Hear one of the role's signals: `match` it, or ask its class."""

    def on_phase(self, phase: PhasePush) -> None:
        """Hear that an underlying, or one instrument, entered a phase."""

    def on_chain(self) -> None:
        """Hear that instruments were listed or delisted: `instruments` and `books` have changed."""

    def on_market(self, kind: MarketWord, push: MarketPush) -> None:
        """Hear of a halt, a resumption, the jump guard, a listing or the end of one."""

    def on_timer(self) -> None:
        """Act once every `timer_s` of game time."""

    def on_stop(self) -> None:
        """End: commands left here are still sent, their results no longer heard."""

    def place(
        self,
        instrument_id: str,
        side: SideWord,
        quantity: int,
        price: float | None = None,
        **terms: Unpack[OrderTerms],
    ) -> str:
        """Place an order, a market order without a price; return its client order id."""
        client_order_id = terms.setdefault("client_order_id", self._fresh_client_order_id())
        params = order_params(instrument_id, side, quantity, price, terms)
        self._queue(ORDERS, BotCommand(method="order.place", params=params, key=client_order_id))
        return client_order_id

    def replace(
        self, order: int | str, *, price: float | None = None, quantity: int | None = None
    ) -> None:
        """Change an order, named by its id or client order id; `quantity` is the new total."""
        params = replace_params(order, price, quantity, None)
        self._queue(ORDERS, BotCommand(method="order.replace", params=params, key=str(order)))

    def cancel(self, order: int | str) -> None:
        """Cancel an order, named by its id or client order id."""
        params = cancel_params(order)
        self._queue(CANCELS, BotCommand(method="order.cancel", params=params, key=str(order)))

    def cancel_all(self, **filters: Unpack[CancelFilters]) -> None:
        """Cancel every order that matches all filters. Quotes stay."""
        params = CancelAllParams(**filters)
        self._queue(FREE, BotCommand(method="order.cancel_all", params=params))

    def quote(
        self, instrument_id: str, *, bid: WireLevel | None = None, ask: WireLevel | None = None
    ) -> None:
        """Make the quote in an instrument exactly this; a side is (price, quantity) or None."""
        self.lanes.add_quote(
            QuoteRequest(
                instrument_id=instrument_id,
                bid=bid[0] if bid else None,
                bid_quantity=bid[1] if bid else None,
                ask=ask[0] if ask else None,
                ask_quantity=ask[1] if ask else None,
            )
        )

    def pull(self, instrument_id: str | None = None) -> None:
        """Pull the quote in one instrument, or all."""
        self.lanes.drop_quotes(instrument_id)
        params = PullParams(instrument_id=instrument_id)
        self._queue(FREE, BotCommand(method="quote.pull", params=params))

    def phase_of(self, instrument_id: str) -> PhaseWord:
        """Return an instrument's phase: its own where it differs, else its underlying's."""
        own = self.instrument_phases.get(instrument_id)
        if own is not None:
            return own
        instrument = self.instruments.get(instrument_id)  # none: it is listed no more
        return (
            "closed" if instrument is None else self.phases.get(instrument.underlying_id, "closed")
        )

    def limit_of(self, kind: str, field: str = "max_quantity") -> int | None:
        """Return a number of the role's first constraint of a kind, None where there is none."""
        for role in self.rules.roles if self.rules is not None else ():
            for constraint in role.constraints if role.role == self.role else ():
                number = constraint.get(field)
                if constraint.get("kind") == kind and isinstance(number, int):
                    return number
        return None

    def prepare(self, setup: Setup) -> None:
        """Take what is known before the first frame; the runner calls it."""
        self.role = setup.role
        self.rules = setup.rules
        self.instruments = setup.instruments
        self.books = {instrument_id: Book(instrument_id) for instrument_id in setup.instruments}
        self.reconnect(setup.connection_number)

    def relist(self, instruments: Mapping[str, InstrumentBody]) -> bool:
        """Take the chain as it is now and tell whether it changed; the runner calls it."""
        if instruments.keys() == self.instruments.keys():
            return False
        self.instruments = dict(instruments)
        self.books = {name: self.books.get(name) or Book(name) for name in instruments}
        self.marks = {name: mark for name, mark in self.marks.items() if name in instruments}
        for name in self.instrument_phases.keys() - instruments.keys():
            del self.instrument_phases[name]
        return True

    def reconnect(self, connection_number: int) -> None:
        """Take the number of a new connection for the client order ids; the runner calls it."""
        self._connection_number = connection_number

    def _fresh_client_order_id(self) -> str:
        self._order_count += 1
        return f"{self._connection_number}-{self._order_count}"

    def _queue(self, kind: str, command: BotCommand) -> None:
        if not self.lanes.add(kind, command):
            detail = "too many commands wait for the rate budget; send fewer"
            self.on_reject(
                RejectedPush(code="CLIENT_QUEUE_FULL", detail=detail, client_order_id=command.key)
            )
