"""Frames into a bot's ears: decoded by channel and type, one frame at a time."""

from collections.abc import Callable
from typing import get_args

from msgspec import Raw, json

from itg.client.account import decode_private
from itg.client.book import decode_book_push
from itg.client.bot import Bot
from itg.client.ears import Ears
from itg.client.frames import Frame
from itg.client.streams import PRIVATE
from itg.wire.v1.account import RejectedPush
from itg.wire.v1.chain import ChainPush
from itg.wire.v1.market import (
    DelayedPush,
    DelistedPush,
    GuardPush,
    HaltPush,
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
decode_marks = json.Decoder(ChainPush).decode
decode_phase = json.Decoder(PhasePush).decode
decode_phases = json.Decoder(PhasesPush).decode
decode_prices = json.Decoder(PricesPush).decode
decode_tops = json.Decoder(TopsPush).decode
decode_trade = json.Decoder(TradeBody).decode

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


class BotFeed(Ears):
    """One bot's ears on a socket."""

    def __init__(self, bot: Bot, on_rejected: Callable[[str, RejectedPush], None]) -> None:
        super().__init__(bot, on_rejected)
        self._families: dict[str, Callable[[Frame], None]] = {
            PRIVATE: self._take_private,
            "bbo": self._take_tops,
            "book": self._take_book,
            "prices": self._take_prices,
            "chain": self._take_marks,
            "phase": self._take_phase,
            "trades": self._take_trade,
            "events": self._take_news,
            "signals": self._take_signal,
        }

    def take(self, frame: Frame) -> None:
        """Decode a frame and hear it."""
        family = self._families.get(frame.channel.partition(".")[0])
        if family is not None:
            self.reach(frame.game_us)
            family(frame)

    def _take_private(self, frame: Frame) -> None:
        self.hear_private(frame.type, decode_private(frame), frame.seq)

    def _take_tops(self, frame: Frame) -> None:
        self.hear_tops(decode_tops(frame.data).tops)

    def _take_book(self, frame: Frame) -> None:
        push = decode_book_push(frame)
        if push is not None:
            self.hear_book(frame.channel.partition(".")[2], frame.type, push)

    def _take_prices(self, frame: Frame) -> None:
        self.hear_prices(decode_prices(frame.data).prices)

    def _take_marks(self, frame: Frame) -> None:
        self.hear_marks(decode_marks(frame.data).marks)

    def _take_phase(self, frame: Frame) -> None:
        if frame.type == "snapshot":
            self.hear_phases(frame.type, decode_phases(frame.data).phases)
        elif frame.type in PHASE_TYPES:
            self.hear_phases(frame.type, [decode_phase(frame.data)])
        elif frame.type in MARKET_DECODERS:  # else a type of a later version
            kind, decode = MARKET_DECODERS[frame.type]
            self.hear_market(kind, decode(frame.data))

    def _take_trade(self, frame: Frame) -> None:
        if frame.type == "trade":
            self.hear_trade(decode_trade(frame.data))

    def _take_news(self, frame: Frame) -> None:
        if frame.type == "news":
            self.hear_news(decode_news(frame.data))

    def _take_signal(self, frame: Frame) -> None:
        if frame.type in SIGNAL_TYPES:  # others are of a later version
            self.hear_signal(decode_signal(frame.data))
