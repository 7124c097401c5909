"""Turns frames into a bot's state and hooks: no socket, no clock, no waiting.

A frame is folded first, so that a hook finds the state it is told about. Until the start, frames
are folded in silence. Whoever drives the feed decides when a moment is over (`finish`): after every
frame against the clock, after every step in lock step.
"""

from collections.abc import Callable, Iterable
from typing import get_args

from msgspec import Raw, json

from itg.client.account import decode_fill, decode_order
from itg.client.book import Book
from itg.client.bot import Bot
from itg.client.frames import Frame
from itg.client.pacing import SECOND_US
from itg.client.streams import PRIVATE
from itg.wire.v1.account import RejectedPush
from itg.wire.v1.market import (
    DelayedPush,
    DelistedPush,
    GuardPush,
    HaltPush,
    InstrumentBody,
    ListedPush,
    MarketPush,
    MarketWord,
    PhasePush,
    PhasesPush,
    PricesPush,
    ResumePush,
    SettledPush,
    TopsPush,
    TradeBody,
)
from itg.wire.v1.news import NewsPush
from itg.wire.v1.signals import SignalPush, SignalWord

decode_news = json.Decoder(NewsPush).decode
decode_signal = json.Decoder(SignalPush).decode
SIGNAL_TYPES = frozenset(get_args(SignalWord))
decode_phase = json.Decoder(PhasePush).decode
decode_phases = json.Decoder(PhasesPush).decode
decode_prices = json.Decoder(PricesPush).decode
decode_rejected = json.Decoder(RejectedPush).decode
decode_tops = json.Decoder(TopsPush).decode
decode_trade = json.Decoder(TradeBody).decode

# What is told when an instrument is not listed any more.
UNLISTED = frozenset({"INVALID_INSTRUMENT", "INSTRUMENT_NOT_FOUND"})
# On entering these the market lists and has delisted.
LISTING_PHASES = frozenset({"pre_open", "continuous"})
MARKET_DECODERS: dict[str, tuple[MarketWord, Callable[[Raw], MarketPush]]] = {
    "halt": ("halt", json.Decoder(HaltPush).decode),
    "resume": ("resume", json.Decoder(ResumePush).decode),
    "guard": ("guard", json.Decoder(GuardPush).decode),
    "delayed": ("delayed", json.Decoder(DelayedPush).decode),
    "listed": ("listed", json.Decoder(ListedPush).decode),
    "delisted": ("delisted", json.Decoder(DelistedPush).decode),
    "settled": ("settled", json.Decoder(SettledPush).decode),
}
PHASE_TYPES = frozenset({"phase", "uncross"})
ORDER_TYPES = frozenset({"order.accepted", "order.replaced", "order.canceled", "order.expired"})


class BotFeed:
    """One bot's ears. `is_chain_stale` asks whoever drives it for the instruments listed now."""

    def __init__(self, bot: Bot, on_rejected: Callable[[str, RejectedPush], None]) -> None:
        self._bot = bot
        self._on_rejected = on_rejected
        self.is_chain_stale = False
        self._has_started = False
        self._interval_us = max(int(bot.timer_s * SECOND_US), 1)
        self._next_timer_us = 0
        self._families: dict[str, Callable[[Frame], None]] = {
            PRIVATE: self._take_private,
            "bbo": self._take_tops,
            "book": self._take_book,
            "prices": self._take_prices,
            "phase": self._take_phase,
            "trades": self._take_trade,
            "events": self._take_news,
            "signals": self._take_signal,
        }

    def channels(self) -> list[str]:
        """Return what to subscribe to: the state a bot has, and what its own hooks want to hear."""
        bot = self._bot
        underlyings = dict.fromkeys(i.underlying_id for i in bot.instruments.values())
        books = (
            [f"book.{instrument_id}" for instrument_id in bot.instruments]
            if bot.follows_depth
            else [f"bbo.{underlying_id}" for underlying_id in underlyings]
        )
        wanted = {"trades.*": "on_trade", "events": "on_news", "signals": "on_signal"}
        heard = [channel for channel, hook in wanted.items() if _overrides(bot, hook)]
        return [PRIVATE, "prices", "phase", *books, *heard]

    def take(self, frame: Frame) -> None:
        """Fold a frame and call its hook."""
        family = self._families.get(frame.channel.partition(".")[0])
        if family is not None:
            self._bot.now_us = max(self._bot.now_us, frame.game_us)
            family(frame)

    def relist(self, instruments: Iterable[InstrumentBody]) -> None:
        """Take the instruments listed now; `on_chain` hears if they are others than before."""
        if self._bot.relist({i.instrument_id: i for i in instruments}) and self._has_started:
            self._bot.on_chain()

    def note_refusal(self, code: str) -> None:
        """Look at a refusal's code: some tell that the chain has changed."""
        self.is_chain_stale = self.is_chain_stale or code in UNLISTED

    def start(self, game_us: int) -> None:
        """Call `on_start`; from here on hooks are called."""
        self._bot.now_us = max(self._bot.now_us, game_us)
        self._has_started = True
        self._bot.on_start()
        self._arm()

    def finish(self, game_us: int) -> None:
        """Let the moment end at a game time: the timer rings if it is due."""
        self._bot.now_us = max(self._bot.now_us, game_us)
        if self._has_started and self._bot.now_us >= self._next_timer_us:
            self._arm()
            self._bot.on_timer()

    @property
    def has_started(self) -> bool:
        """Whether `on_start` was called."""
        return self._has_started

    def _arm(self) -> None:
        # On multiples of the interval, so that a late frame does not shift the next ring.
        self._next_timer_us = (self._bot.now_us // self._interval_us + 1) * self._interval_us

    def _take_private(self, frame: Frame) -> None:
        bot = self._bot
        bot.account.fold(frame)
        if not self._has_started:
            return
        if frame.type == "fill":
            bot.on_fill(decode_fill(frame.data))
        elif frame.type in ORDER_TYPES:
            bot.on_order(decode_order(frame.data))
        elif frame.type.endswith("rejected"):
            rejected = decode_rejected(frame.data)
            self.note_refusal(rejected.code)
            self._on_rejected(frame.type, rejected)

    def _take_tops(self, frame: Frame) -> None:
        bot = self._bot
        for top in decode_tops(frame.data).tops:
            book = bot.books.setdefault(top.instrument_id, Book(top.instrument_id))
            book.set_top(top)
            if top.instrument_id not in bot.instruments:
                self.is_chain_stale = True  # the book is kept until the instrument is known
            elif self._has_started:
                bot.on_book(book)

    def _take_book(self, frame: Frame) -> None:
        name = frame.channel.partition(".")[2].removesuffix(".raw")
        book = self._bot.books.get(name)
        if book is not None:
            book.fold(frame)
            if self._has_started:
                self._bot.on_book(book)

    def _take_prices(self, frame: Frame) -> None:
        for price in decode_prices(frame.data).prices:
            self._bot.prices[price.underlying_id] = price.price
            if self._has_started:
                self._bot.on_price(price)

    def _take_phase(self, frame: Frame) -> None:
        is_snapshot = frame.type == "snapshot"
        if not is_snapshot and frame.type not in PHASE_TYPES:
            self._take_market(frame)
            return
        pushes = decode_phases(frame.data).phases if is_snapshot else [decode_phase(frame.data)]
        for push in pushes:
            if frame.type != "uncross":  # the result of an auction, told in the phase it ended
                self._set_phase(push)
                self._look_at_phase(push, is_snapshot=is_snapshot)
            if self._has_started:
                self._bot.on_phase(push)

    def _take_market(self, frame: Frame) -> None:
        if frame.type not in MARKET_DECODERS:
            return  # a type of a later version
        kind, decode = MARKET_DECODERS[frame.type]
        push = decode(frame.data)
        if isinstance(push, ListedPush | DelistedPush):
            self.is_chain_stale = True
        if self._has_started:
            self._bot.on_market(kind, push)

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

    def _take_trade(self, frame: Frame) -> None:
        if self._has_started and frame.type == "trade":
            self._bot.on_trade(decode_trade(frame.data))

    def _take_news(self, frame: Frame) -> None:
        if self._has_started and frame.type == "news":
            self._bot.on_news(decode_news(frame.data))

    def _take_signal(self, frame: Frame) -> None:
        if self._has_started and frame.type in SIGNAL_TYPES:  # others are of a later version
            self._bot.on_signal(decode_signal(frame.data))


def _overrides(bot: Bot, hook: str) -> bool:
    return getattr(type(bot), hook) is not getattr(Bot, hook)
