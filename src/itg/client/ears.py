"""A bot's ears: state is folded first, so that a hook finds what it is told about.

Typed pushes in, hooks out: no socket, no JSON, no clock, no waiting. Until the start, what is heard
is folded in silence. Whoever drives decides when a moment is over (`finish`): after every frame
against the clock, after every step in lock step.
"""

from collections.abc import Callable, Iterable, Sequence

from itg.client.book import Book
from itg.client.bot import Bot
from itg.client.pacing import SECOND_US
from itg.client.streams import PRIVATE
from itg.wire.v1.account import FillPush, OrderPush, RejectedPush
from itg.wire.v1.chain import MarkPush
from itg.wire.v1.market import (
    BookPush,
    DelistedPush,
    InstrumentBody,
    ListedPush,
    MarketPush,
    MarketWord,
    PhasePush,
    PriceBody,
    TopPush,
    TradeBody,
)
from itg.wire.v1.news import NewsPush
from itg.wire.v1.orders import Body
from itg.wire.v1.signals import SignalPush

# What is told when an instrument is not listed any more.
UNLISTED = frozenset({"INVALID_INSTRUMENT", "INSTRUMENT_NOT_FOUND"})
# On entering these the market lists and has delisted.
LISTING_PHASES = frozenset({"pre_open", "continuous"})
ORDER_TYPES = frozenset({"order.accepted", "order.replaced", "order.canceled", "order.expired"})


class Ears:
    """One bot's ears. `is_chain_stale` asks whoever drives it for the instruments listed now."""

    def __init__(self, bot: Bot, on_rejected: Callable[[str, RejectedPush], None]) -> None:
        self._bot = bot
        self._on_rejected = on_rejected
        self.is_chain_stale = False
        self._has_started = False
        self._interval_us = max(int(bot.timer_s * SECOND_US), 1)
        self._next_timer_us = 0

    def channels(self) -> list[str]:
        """Return what to listen to: the state a bot has, and what its own hooks want to hear."""
        bot = self._bot
        underlyings = dict.fromkeys(i.underlying_id for i in bot.instruments.values())
        books = (
            [f"book.{instrument_id}" for instrument_id in bot.instruments]
            if bot.follows_depth
            else [f"bbo.{underlying_id}" for underlying_id in underlyings]
        )
        if bot.follows_marks:
            books += [f"chain.{underlying_id}" for underlying_id in underlyings]
        wanted = {"trades.*": "on_trade", "events": "on_news", "signals": "on_signal"}
        heard = [channel for channel, hook in wanted.items() if _overrides(bot, hook)]
        return [PRIVATE, "prices", "phase", *books, *heard]

    def reach(self, game_us: int) -> None:
        """Let game time go on to when the next thing heard was."""
        self._bot.now_us = max(self._bot.now_us, game_us)

    def relist(self, instruments: Iterable[InstrumentBody]) -> None:
        """Take the instruments listed now; `on_chain` hears if they are others than before."""
        if self._bot.relist({i.instrument_id: i for i in instruments}) and self._has_started:
            self._bot.on_chain()

    def note_refusal(self, code: str) -> None:
        """Look at a refusal's code: some tell that the chain has changed."""
        self.is_chain_stale = self.is_chain_stale or code in UNLISTED

    def start(self, game_us: int) -> None:
        """Call `on_start`; from here on hooks are called."""
        self.reach(game_us)
        self._has_started = True
        self._bot.on_start()
        self._arm()

    def finish(self, game_us: int) -> None:
        """Let the moment end at a game time: the timer rings if it is due."""
        self.reach(game_us)
        if self._has_started and self._bot.now_us >= self._next_timer_us:
            self._arm()
            self._bot.on_timer()

    @property
    def has_started(self) -> bool:
        """Whether `on_start` was called."""
        return self._has_started

    def hear_private(self, kind: str, push: Body | None, seq: int) -> None:
        """Hear what happened to the account; None: of a kind that changes no state here."""
        bot = self._bot
        bot.account.take(push, seq)
        if not self._has_started:
            return
        if isinstance(push, FillPush):
            bot.on_fill(push)
        elif isinstance(push, OrderPush):
            if kind in ORDER_TYPES:
                bot.on_order(push)
        elif isinstance(push, RejectedPush):
            self.note_refusal(push.code)
            self._on_rejected(kind, push)

    def hear_tops(self, tops: Iterable[TopPush]) -> None:
        """Hear the best prices of books."""
        bot = self._bot
        books, instruments, has_started = bot.books, bot.instruments, self._has_started
        for top in tops:
            name = top.instrument_id
            book = books.get(name)
            if book is None:
                book = books[name] = Book(name)
            book.set_top(top)
            if name not in instruments:
                self.is_chain_stale = True  # the book is kept until the instrument is known
            elif has_started:
                bot.on_book(book)

    def hear_book(self, instrument_id: str, kind: str, push: BookPush | PhasePush) -> None:
        """Hear of a whole book, for a bot that follows depth."""
        book = self._bot.books.get(instrument_id)
        if book is not None:
            book.take(kind, push)
            if self._has_started:
                self._bot.on_book(book)

    def hear_prices(self, prices: Iterable[PriceBody]) -> None:
        """Hear the underlyings' prints."""
        for price in prices:
            self._bot.prices[price.underlying_id] = price.price
            if self._has_started:
                self._bot.on_price(price)

    def hear_marks(self, marks: Iterable[MarkPush]) -> None:
        """Hear the series' fair values and greeks."""
        told = {mark.instrument_id: mark for mark in marks}
        self._bot.marks.update(told)
        if self._has_started:
            self._bot.on_marks(told)

    def hear_phases(self, kind: str, pushes: Sequence[PhasePush]) -> None:
        """Hear of phases: a `snapshot` of all, a change of one, or the end of an auction."""
        for push in pushes:
            if kind != "uncross":  # the result of an auction, told in the phase it ended
                self._set_phase(push)
                self._look_at_phase(push, is_snapshot=kind == "snapshot")
            if self._has_started:
                self._bot.on_phase(push)

    def hear_market(self, kind: MarketWord, push: MarketPush) -> None:
        """Hear of halts, resumptions, guards, listings."""
        if isinstance(push, ListedPush | DelistedPush):
            self.is_chain_stale = True
        if self._has_started:
            self._bot.on_market(kind, push)

    def hear_trade(self, trade: TradeBody) -> None:
        """Hear a trade between anybody."""
        if self._has_started:
            self._bot.on_trade(trade)

    def hear_news(self, news: NewsPush) -> None:
        """Hear a headline."""
        if self._has_started:
            self._bot.on_news(news)

    def hear_signal(self, signal: SignalPush) -> None:
        """Hear a signal of the role."""
        if self._has_started:
            self._bot.on_signal(signal)

    def _arm(self) -> None:
        # On multiples of the interval, so that a late frame does not shift the next ring.
        self._next_timer_us = (self._bot.now_us // self._interval_us + 1) * self._interval_us

    def _look_at_phase(self, push: PhasePush, *, is_snapshot: bool) -> None:
        is_shard = push.instrument_id is None and not is_snapshot
        if is_shard and push.phase in LISTING_PHASES:
            self.is_chain_stale = True

    def _set_phase(self, push: PhasePush) -> None:
        bot = self._bot
        if push.instrument_id is not None:
            bot.instrument_phases[push.instrument_id] = push.phase
            return
        # A move of the whole underlying takes along the instruments that were moved on their own.
        bot.phases[push.underlying_id] = push.phase
        for instrument_id in list(bot.instrument_phases):
            instrument = bot.instruments.get(instrument_id)
            if instrument is None or instrument.underlying_id == push.underlying_id:
                del bot.instrument_phases[instrument_id]


def _overrides(bot: Bot, hook: str) -> bool:
    return getattr(type(bot), hook) is not getattr(Bot, hook)
