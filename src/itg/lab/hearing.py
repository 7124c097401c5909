"""What the bots hear of each input, as their sockets would have told it, without a byte encoded.

Facts are heard at once, in order. State (prices, best prices, books) is heard when the step ends, a
channel once, merged, in the order in which the channels first changed: as in lock step on a socket.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct, field

from itg.exchange.contract import (
    AuctionUncrossed,
    BookDelta,
    BookSnapshot,
    IndicativePriceChanged,
    InstrumentDelisted,
    PhaseChanged,
    TradeExecuted,
)
from itg.game.contract import TeamReseated
from itg.kernel.ids import AccountId, InstrumentId, UnderlyingId
from itg.kernel.messages import Message
from itg.kernel.times import Nanos, to_micros
from itg.lab.listings import HEEDED, Listings
from itg.lab.seats import Player
from itg.market_data.contract import Mark, MarksPublished, PricesStepped
from itg.news.contract import NewsPublished
from itg.positions.contract import AnyPrivateEvent, PrivateEvent
from itg.runtime.envelope import Record
from itg.signals.contract import AnySignal
from itg.translate.account import private_push
from itg.translate.chain import is_option, mark_push
from itg.translate.conflation import merged_book
from itg.translate.market import (
    AnyMarketEvent,
    book_delta_push,
    executed_trade_body,
    indicative_push,
    market_push,
    phase_push,
    price_bodies,
    uncross_push,
)
from itg.translate.news import news_push, published_item
from itg.translate.signals import signal_push
from itg.translate.tops import Tops
from itg.wire.v1.chain import MarkPush
from itg.wire.v1.market import BookPush, PhasePush, PriceBody, TopPush
from itg.wire.v1.orders import Body

Tell = Callable[[Nanos, Message], None]


class _Unheard(Struct):
    """A state channel that changed within the step: its last word, or for books each."""

    game_us: int = 0
    tops: dict[str, TopPush] = field(default_factory=dict)
    prices: dict[str, PriceBody] = field(default_factory=dict)
    marks: dict[str, MarkPush] = field(default_factory=dict)
    books: list[tuple[str, BookPush | PhasePush]] = field(default_factory=list)


class Hearing:
    """The ears of all players."""

    def __init__(self, listings: Listings, players: Sequence[Player]) -> None:
        self._listings = listings
        self._players = {player.account_id: player for player in players}
        self._tops: dict[UnderlyingId, Tops] = {}
        self._unheard: dict[str, _Unheard] = {}
        self._followed: dict[str, list[Player]] = {}
        self._marks: tuple[Mark, ...] = ()
        self._news_count = 0
        self._tells: dict[type[Message], Tell] = {
            BookDelta: self._tell_delta,
            IndicativePriceChanged: self._tell_indicative,
            AuctionUncrossed: self._tell_uncross,
            TradeExecuted: self._tell_trade,
            PhaseChanged: self._tell_phase,
            PricesStepped: self._tell_prices,
            MarksPublished: self._tell_marks,
            NewsPublished: self._tell_news,
            TeamReseated: self._tell_seat,
            **dict.fromkeys(AnyMarketEvent.__args__, self._tell_market),
            **dict.fromkeys(AnyPrivateEvent.__args__, self._tell_private),
            **dict.fromkeys(AnySignal.__args__, self._tell_signal),
        }

    def begin(self, underlying_id: UnderlyingId, books: Sequence[BookSnapshot]) -> list[TopPush]:
        """Fold an underlying's books from now on; return their best prices."""
        tops = self._tops[underlying_id] = Tops(books)
        return tops.rows()

    def tops(self) -> list[TopPush]:
        """Return the best prices of all books, as they have been heard."""
        return [top for tops in self._tops.values() for top in tops.rows()]

    def refresh(self) -> None:
        """Look again who listens to what."""
        self._followed = {}
        for player in self._players.values():
            for channel in player.channels:
                self._followed.setdefault(channel, []).append(player)

    def hear(self, record: Record) -> None:
        """Let everybody hear what one input caused."""
        outputs, tells = record.outputs, self._tells
        for output in outputs:
            if type(output) in HEEDED:
                self._listings.fold(output)
        for output in outputs:
            tell = tells.get(type(output))
            if tell is not None:
                tell(record.game_ns, output)

    def flush(self) -> None:
        """Let everybody hear the state that changed within the step."""
        unheard, self._unheard = self._unheard, {}
        for channel, changed in unheard.items():
            kind, _, of = channel.partition(".")
            for player in self._followed.get(channel, ()):
                player.ears.reach(changed.game_us)
                if kind == "prices":
                    player.ears.hear_prices(changed.prices.values())
                elif kind == "bbo":
                    player.ears.hear_tops(changed.tops.values())
                elif kind == "chain":
                    player.ears.hear_marks(changed.marks.values())
                else:
                    player.ears.hear_book(of, *_joined(of, changed.books))

    def _changed(self, channel: str, now: Nanos) -> _Unheard:
        changed = self._unheard.get(channel)
        if changed is None:
            changed = self._unheard[channel] = _Unheard()
        changed.game_us = to_micros(now)
        return changed

    def _tell_private(self, now: Nanos, event: Message) -> None:
        assert isinstance(event, PrivateEvent)
        player = self._players.get(AccountId(event.account_id))
        if player is not None:
            kind, push = private_push(event)
            player.ears.reach(to_micros(now))
            player.ears.hear_private(kind, push, event.private_seq)

    def _tell_delta(self, now: Nanos, delta: Message) -> None:
        assert isinstance(delta, BookDelta)
        channel = f"book.{delta.instrument_id}"
        if channel in self._followed:
            self._changed(channel, now).books.append(("delta", book_delta_push(delta)))
        underlying_id = self._listings.underlyings[delta.shard]
        top = self._tops[underlying_id].fold(delta)
        if top is not None:
            self._changed(f"bbo.{underlying_id}", now).tops[delta.instrument_id] = top

    def _tell_indicative(self, now: Nanos, event: Message) -> None:
        assert isinstance(event, IndicativePriceChanged)
        channel = f"book.{event.instrument_id}"
        if channel in self._followed:
            self._changed(channel, now).books.append(("indicative", indicative_push(event)))

    def _tell_uncross(self, now: Nanos, event: Message) -> None:
        assert isinstance(event, AuctionUncrossed)
        phase = self._listings.phase_in(event.shard, event.instrument_id)
        push = uncross_push(event, self._listings.underlyings[event.shard], phase)
        self._tell_book(now, event.instrument_id, "uncross", push)
        self._tell_phases(now, "uncross", push)

    def _tell_phase(self, now: Nanos, event: Message) -> None:
        assert isinstance(event, PhaseChanged)
        push = phase_push(event)
        self._tell_phases(now, "phase", push)
        own = event.instrument_id
        for instrument_id in self._listings.members(event.shard) if own is None else (own,):
            self._tell_book(now, instrument_id, "phase", push)

    def _tell_phases(self, now: Nanos, kind: str, push: PhasePush) -> None:
        for player in self._followed.get("phase", ()):
            player.ears.reach(to_micros(now))
            player.ears.hear_phases(kind, (push,))

    def _tell_book(
        self, now: Nanos, instrument_id: InstrumentId, kind: str, push: PhasePush
    ) -> None:
        channel = f"book.{instrument_id}"
        if channel in self._followed:
            self._changed(channel, now).books.append((kind, push))

    def _tell_market(self, now: Nanos, event: Message) -> None:
        assert isinstance(event, AnyMarketEvent)
        kind, push = market_push(event, self._listings.underlyings[event.shard])
        for player in self._followed.get("phase", ()):
            player.ears.reach(to_micros(now))
            player.ears.hear_market(kind, push)
        if isinstance(event, InstrumentDelisted):
            for tops in self._tops.values():
                tops.drop(event.instrument_id)

    def _tell_trade(self, now: Nanos, event: Message) -> None:
        assert isinstance(event, TradeExecuted)
        followers = self._followed.get("trades.*")
        if followers:
            trade = executed_trade_body(event, now)
            for player in followers:
                player.ears.reach(to_micros(now))
                player.ears.hear_trade(trade)

    def _tell_prices(self, now: Nanos, event: Message) -> None:
        assert isinstance(event, PricesStepped)
        prices = self._changed("prices", now).prices
        for body in price_bodies(event.prices, now, is_moving=event.is_moving):
            prices[body.underlying_id] = body

    def _tell_marks(self, now: Nanos, event: Message) -> None:
        assert isinstance(event, MarksPublished)
        previous, self._marks = self._marks, event.marks
        underlyings = self._listings.underlyings.values()
        heard = [name for name in underlyings if f"chain.{name}" in self._followed]
        if not heard:
            return
        changed = {name: self._changed(f"chain.{name}", now).marks for name in heard}
        known = {mark.instrument_id: mark for mark in previous}
        for mark in event.marks:
            instrument = self._listings.instruments.get(mark.instrument_id)
            if instrument is None or known.get(mark.instrument_id) == mark:
                continue
            if is_option(instrument) and instrument.underlying_id in changed:
                changed[instrument.underlying_id][mark.instrument_id] = mark_push(mark)

    def _tell_news(self, now: Nanos, event: Message) -> None:
        assert isinstance(event, NewsPublished)
        self._news_count += 1
        push = news_push(published_item(event, self._news_count, now))
        for player in self._followed.get("events", ()):
            player.ears.reach(to_micros(now))
            player.ears.hear_news(push)

    def _tell_seat(self, _now: Nanos, event: Message) -> None:
        assert isinstance(event, TeamReseated)
        player = self._players.get(event.account_id)
        if player is not None:
            player.move(event.role)

    def _tell_signal(self, now: Nanos, event: Message) -> None:
        assert isinstance(event, AnySignal)
        entitled = [p for p in self._followed.get("signals", ()) if p.role == event.role]
        for player in entitled:
            player.ears.reach(to_micros(now))
            player.ears.hear_signal(signal_push(event, now)[1])


def _joined(
    instrument_id: str, pushes: Sequence[tuple[str, BookPush | PhasePush]]
) -> tuple[str, BookPush | PhasePush]:
    if len(pushes) == 1:
        return pushes[0]
    bodies: list[Body] = [push for _, push in pushes]
    return "delta", merged_book(instrument_id, bodies)
