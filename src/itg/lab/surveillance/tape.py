"""What happened, as surveillance looks at it: orders with their lives, trades with both of them.

Folds the released records of one trading day. Orders of teams alone are kept: house and small
investors are nobody's suspects. Every store is as large as what is live, or bounded.
"""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from itg.exchange.contract import (
    BookDelta,
    InstrumentDelisted,
    InstrumentListed,
    OrderAccepted,
    OrderCanceled,
    OrderExpired,
    OrderReplaced,
    QuoteAccepted,
    TradeExecuted,
)
from itg.game.contract import TeamRegistered, TeamReseated
from itg.kernel.ids import AccountId, InstrumentId, OrderId, Role, Seq, TeamId
from itg.kernel.messages import Message
from itg.kernel.money import PRICE_SCALE
from itg.kernel.times import Nanos
from itg.kernel.words import CancelReason, Instrument, OptionTerms, Side
from itg.lab.surveillance.books import Books
from itg.market_data.contract import MarksPublished
from itg.positions.contract import AccountPositionChanged

# A cancel somebody asked for; the others are the market's.
ASKED: Final = frozenset(
    {CancelReason.REQUESTED, CancelReason.MASS_CANCEL, CancelReason.QUOTE_REPLACED}
)
MULTIPLIER: Final = 100  # of an instrument whose listing was not heard


class Entry(Struct):
    """An order, or a quote's side, of a team. `is_alone`: nobody stood at its price before it."""

    order_id: OrderId
    account_id: AccountId
    instrument_id: InstrumentId
    is_buy: bool
    price: int | None
    quantity: int
    leaves_quantity: int
    entered_ns: Nanos
    seq: Seq
    is_quote: bool
    is_alone: bool


class Trade(Struct, frozen=True, kw_only=True):
    """A trade; an order is None where it is of no team, or older than the day."""

    seq: Seq
    game_ns: Nanos
    instrument_id: InstrumentId
    price: int
    quantity: int
    is_aggressor_buy: bool
    is_auction: bool
    maker_id: AccountId
    taker_id: AccountId
    maker: Entry | None
    taker: Entry | None

    @property
    def buyer_id(self) -> AccountId:
        """Return who bought."""
        return self.taker_id if self.is_aggressor_buy else self.maker_id

    @property
    def seller_id(self) -> AccountId:
        """Return who sold."""
        return self.maker_id if self.is_aggressor_buy else self.taker_id

    def signed_for(self, account_id: AccountId) -> int:
        """Return the quantity as the account's position changed by it."""
        bought = self.quantity if self.buyer_id == account_id else 0
        return bought - (self.quantity if self.seller_id == account_id else 0)


class Gone(Struct, frozen=True):
    """An order left with `quantity` unfilled; `is_asked`: its owner wanted so."""

    seq: Seq
    game_ns: Nanos
    entry: Entry
    quantity: int
    is_asked: bool
    is_replaced: bool = False


class Ears:
    """What a detector hears; it overrides what concerns it."""

    def hear_entry(self, entry: Entry) -> None:
        """Hear that a team entered an order or a quote's side, or changed one."""

    def hear_trade(self, trade: Trade) -> None:
        """Hear a trade in which a team took part."""

    def hear_gone(self, gone: Gone) -> None:
        """Hear that a team's order ended without being filled, or gave way to another."""


_Sides = tuple[OrderId | None, OrderId | None]
Fold = Callable[[Seq, Nanos, Message], None]


class Tape:
    """The market of one trading day; `ears` hear each fact after the books before it are known."""

    def __init__(self) -> None:
        self.ears: tuple[Ears, ...] = ()
        self.teams: dict[AccountId, TeamId] = {}
        self.names: dict[AccountId, str] = {}
        self.roles: dict[AccountId, Role] = {}
        self.instruments: dict[InstrumentId, Instrument] = {}
        self.positions: dict[tuple[AccountId, InstrumentId], int] = {}
        self.books = Books()
        self._entries: dict[OrderId, Entry] = {}
        self._quotes: dict[tuple[AccountId, InstrumentId], _Sides] = {}
        self._marks: MarksPublished | None = None
        self._mark_prices: dict[InstrumentId, int] = {}
        self.folds: dict[type[Message], Fold] = {
            TeamRegistered: self._team,
            TeamReseated: self._reseated,
            InstrumentListed: self._listed,
            InstrumentDelisted: self._delisted,
            MarksPublished: self._marked,
            BookDelta: self._book,
            AccountPositionChanged: self._position,
            OrderAccepted: self._accepted,
            QuoteAccepted: self._quoted,
            OrderReplaced: self._replaced,
            OrderCanceled: self._canceled,
            OrderExpired: self._expired,
            TradeExecuted: self._traded,
        }

    def begin_day(self) -> None:
        """Forget the day before, but for who plays and what is listed."""
        self.positions.clear()
        self.books = Books()
        self._entries.clear()
        self._quotes.clear()
        self._marks = None
        self._mark_prices = {}

    def mark_of(self, instrument_id: InstrumentId) -> int | None:
        """Return the last mark; all of a step are looked up once, at the first question."""
        if self._marks is not None:
            marks = self._marks.marks
            self._mark_prices = {mark.instrument_id: mark.mark_price for mark in marks}
            self._marks = None
        return self._mark_prices.get(instrument_id)

    def is_option(self, instrument_id: InstrumentId) -> bool:
        """Tell whether an instrument is an option; one that was never listed is taken for one."""
        known = self.instruments.get(instrument_id)
        return known is None or isinstance(known.option, OptionTerms)

    def multiplier_of(self, instrument_id: InstrumentId) -> int:
        """Return the cash per 1.00 of price per contract."""
        known = self.instruments.get(instrument_id)
        return MULTIPLIER if known is None else known.multiplier

    def name_of(self, account_id: AccountId) -> str:
        """Return a team's name, the account's where it has none."""
        return self.names.get(account_id, account_id)

    def _team(self, seq: Seq, now: Nanos, event: Message) -> None:
        assert isinstance(event, TeamRegistered)
        self.teams[event.account_id] = event.team_id
        self.names[event.account_id] = event.team_name
        self.roles[event.account_id] = event.role

    def _reseated(self, seq: Seq, now: Nanos, event: Message) -> None:
        assert isinstance(event, TeamReseated)
        self.roles[event.account_id] = event.role

    def _listed(self, seq: Seq, now: Nanos, event: Message) -> None:
        assert isinstance(event, InstrumentListed)
        self.instruments[event.instrument.instrument_id] = event.instrument

    def _delisted(self, seq: Seq, now: Nanos, event: Message) -> None:
        assert isinstance(event, InstrumentDelisted)
        self.instruments.pop(event.instrument_id, None)
        self.books.drop(event.instrument_id)

    def _marked(self, seq: Seq, now: Nanos, event: Message) -> None:
        assert isinstance(event, MarksPublished)
        self._marks = event

    def _book(self, seq: Seq, now: Nanos, event: Message) -> None:
        assert isinstance(event, BookDelta)
        self.books.fold(event)

    def _position(self, seq: Seq, now: Nanos, event: Message) -> None:
        assert isinstance(event, AccountPositionChanged)
        if event.account_id in self.teams:
            key = event.account_id, event.position.instrument_id
            self.positions[key] = event.position.net_quantity

    def _accepted(self, seq: Seq, now: Nanos, event: Message) -> None:
        assert isinstance(event, OrderAccepted)
        if event.account_id not in self.teams:
            return
        place = event.account_id, event.instrument_id
        terms = event.order_id, event.side is Side.BUY, event.price, event.quantity
        self._enter(self._entry(seq, now, place, terms, is_quote=False))

    def _quoted(self, seq: Seq, now: Nanos, event: Message) -> None:
        assert isinstance(event, QuoteAccepted)
        if event.account_id not in self.teams:
            return
        key = event.account_id, event.instrument_id
        held = self._quotes.get(key, (None, None))
        self._quotes[key] = event.bid_order_id, event.ask_order_id
        sides = (
            (held[0], event.bid_order_id, event.bid, event.bid_quantity, True),
            (held[1], event.ask_order_id, event.ask, event.ask_quantity, False),
        )
        for held_id, order_id, price, quantity, is_buy in sides:
            before = None if held_id is None else self._entries.get(held_id)
            if before is not None:
                is_same = order_id == held_id and before.price == price
                if is_same and quantity <= before.leaves_quantity:
                    before.leaves_quantity = quantity
                    continue
                self._go(seq, now, before, is_asked=True, is_replaced=order_id is not None)
            if order_id is not None and price is not None:
                place = event.account_id, event.instrument_id
                self._enter(self._entry(seq, now, place, (order_id, is_buy, price, quantity)))

    def _replaced(self, seq: Seq, now: Nanos, event: Message) -> None:
        assert isinstance(event, OrderReplaced)
        before = self._entries.get(event.order_id)
        if before is None:
            return
        if event.kept_priority:
            before.leaves_quantity = event.leaves_quantity
            return
        self._go(seq, now, before, is_asked=True, is_replaced=True)
        place = before.account_id, before.instrument_id
        terms = before.order_id, before.is_buy, event.price or None, event.leaves_quantity
        self._enter(self._entry(seq, now, place, terms, is_quote=before.is_quote))

    def _canceled(self, seq: Seq, now: Nanos, event: Message) -> None:
        assert isinstance(event, OrderCanceled)
        entry = self._entries.get(event.order_id)
        if entry is not None:
            entry.leaves_quantity = event.quantity
            self._go(seq, now, entry, is_asked=event.cancel_reason in ASKED)

    def _expired(self, seq: Seq, now: Nanos, event: Message) -> None:
        assert isinstance(event, OrderExpired)
        entry = self._entries.get(event.order_id)
        if entry is not None:
            self._go(seq, now, entry, is_asked=False)

    def _traded(self, seq: Seq, now: Nanos, event: Message) -> None:
        assert isinstance(event, TradeExecuted)
        teams = self.teams
        if event.maker_account_id not in teams and event.taker_account_id not in teams:
            return
        maker = self._entries.get(event.maker_order_id)
        taker = self._entries.get(event.taker_order_id)
        trade = Trade(
            seq=seq,
            game_ns=now,
            instrument_id=event.instrument_id,
            price=event.price,
            quantity=event.quantity,
            is_aggressor_buy=event.aggressor_side is Side.BUY,
            is_auction=event.is_auction,
            maker_id=event.maker_account_id,
            taker_id=event.taker_account_id,
            maker=maker,
            taker=taker,
        )
        for entry in (maker, taker):
            if entry is not None:
                entry.leaves_quantity -= event.quantity
                if entry.leaves_quantity <= 0:
                    self._entries.pop(entry.order_id, None)
        for ear in self.ears:
            ear.hear_trade(trade)

    def _entry(
        self,
        seq: Seq,
        now: Nanos,
        place: tuple[AccountId, InstrumentId],
        terms: tuple[OrderId, bool, int | None, int],
        *,
        is_quote: bool = True,
    ) -> Entry:
        order_id, is_buy, price, quantity = terms
        at = self.books.quantity_at
        return Entry(
            order_id=order_id,
            account_id=place[0],
            instrument_id=place[1],
            is_buy=is_buy,
            price=price,
            quantity=quantity,
            leaves_quantity=quantity,
            entered_ns=now,
            seq=seq,
            is_quote=is_quote,
            is_alone=price is None or not at(place[1], price, is_buy=is_buy),
        )

    def _enter(self, entry: Entry) -> None:
        self._entries[entry.order_id] = entry
        for ear in self.ears:
            ear.hear_entry(entry)

    def _go(
        self, seq: Seq, now: Nanos, entry: Entry, *, is_asked: bool, is_replaced: bool = False
    ) -> None:
        self._entries.pop(entry.order_id, None)
        gone = Gone(seq, now, entry, entry.leaves_quantity, is_asked, is_replaced)
        for ear in self.ears:
            ear.hear_gone(gone)


def dollars(cash: float) -> str:
    """Return money in price units as people read it."""
    return f"{cash / PRICE_SCALE:,.0f} USD"


def priced(price: float) -> str:
    """Return a price as people read it."""
    return f"{price / PRICE_SCALE:,.2f}"
