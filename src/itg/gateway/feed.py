"""Released facts as publications: translated once, counted, given to the fan-out.

Nothing here waits. A channel counts whether or not anybody listens, so that a book read over REST
and a snapshot on the socket carry the same number for the same state.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from itg.exchange.contract import (
    AuctionUncrossed,
    BookDelta,
    BookSnapshot,
    IndicativePriceChanged,
    InstrumentDelisted,
    PhaseChanged,
    TradeBusted,
    TradeExecuted,
)
from itg.game.contract import RoundScored
from itg.gateway.announcing import Announced, announcement
from itg.gateway.channels import Channel, Delivery, channel_of
from itg.gateway.directory import Directory
from itg.gateway.fanout import Fanout
from itg.gateway.framing import PRIVATE, SIGNALS, Fact, Framer
from itg.gateway.score_channels import ScoreChannels
from itg.gateway.sessions import Session
from itg.gateway.tapes import EVERYTHING, Tapes
from itg.gateway.ui_channels import UiChannels
from itg.kernel.ids import AccountId, InstrumentId, Role, Seq, UnderlyingId
from itg.kernel.messages import Message
from itg.kernel.times import to_micros
from itg.market_data.contract import Mark, MarksPublished, PricesStepped
from itg.news.contract import NewsPublished
from itg.positions.contract import AnyPrivateEvent, PrivateEvent
from itg.runtime.clock import Clock
from itg.runtime.envelope import Record
from itg.signals.contract import AnySignal, SignalItem
from itg.translate.account import private_push
from itg.translate.chain import is_option, mark_push
from itg.translate.market import (
    AnyMarketEvent,
    book_delta_push,
    bust_push,
    executed_trade_body,
    indicative_push,
    market_push,
    phase_push,
    price_bodies,
    raw_delta_push,
    uncross_push,
)
from itg.translate.news import news_push
from itg.translate.signals import signal_push
from itg.translate.tops import Tops
from itg.wire.v1.chain import ChainPush, MarkPush
from itg.wire.v1.market import (
    BookPush,
    PhasePush,
    PriceBody,
    PricesPush,
    TopPush,
    TopsPush,
)
from itg.wire.v1.orders import Body
from itg.wire.v1.signals import LastSignalsPush

Publish = Callable[[Record, Message], None]


class Feed:
    """Every channel of one gateway; `epoch` is that of all that restart."""

    def __init__(self, epoch: int, clock: Clock) -> None:
        self.epoch = epoch
        self.fanout = Fanout(Framer(epoch, clock))
        self.private: dict[AccountId, Channel] = {}
        self.signals: dict[Role, Channel] = {}
        self.scores = ScoreChannels()
        self.tapes = Tapes()
        self._ui = UiChannels(self.channel)
        self._channels: dict[str, Channel] = {}
        self._marks: tuple[Mark, ...] = ()
        self._tops: dict[UnderlyingId, Tops] = {}
        self._changed_tops: dict[UnderlyingId, list[TopPush]] = {}
        self._directory: Directory | None = None
        self._publishers: dict[type[Message], Publish] = {
            BookDelta: self._publish_delta,
            IndicativePriceChanged: self._publish_indicative,
            AuctionUncrossed: self._publish_uncross,
            TradeExecuted: self._publish_trade,
            TradeBusted: self._publish_bust,
            PhaseChanged: self._publish_phase,
            PricesStepped: self._publish_prices,
            MarksPublished: self._publish_marks,
            NewsPublished: self._publish_news,
            **dict.fromkeys(Announced.__args__, self._announce),
            RoundScored: self._publish_scores,
            **dict.fromkeys(AnyMarketEvent.__args__, self._publish_market),
            **dict.fromkeys(AnyPrivateEvent.__args__, self._publish_private),
            **dict.fromkeys(AnySignal.__args__, self._publish_signal),
        }

    def begin(self, directory: Directory) -> None:
        """Publish from now on; `directory` is folded before each record is published."""
        self._directory = directory
        for role, seq in directory.signal_seqs.items():
            self.signals_of(role).seq = seq

    def open_private(self, account_id: AccountId, seq: Seq = Seq(0)) -> None:
        """Give an account its channel, from `seq` on; accounts without one have no listeners."""
        self.private[account_id] = Channel(PRIVATE, Delivery.PRIVATE, seq)

    def signals_of(self, role: Role | None) -> Channel:
        """Return what a role is told; those without a role are told nothing."""
        name = role or Role("")
        channel = self.signals.get(name)
        if channel is None:
            channel = self.signals[name] = Channel(SIGNALS, Delivery.PRIVATE)
        return channel

    def publish(self, record: Record) -> None:
        """Publish everything one input caused."""
        publishers = self._publishers
        for output in record.outputs:
            publisher = publishers.get(type(output))
            if publisher is not None:
                publisher(record, output)
        if self._changed_tops:
            self._publish_tops(record)

    @property
    def sessions(self) -> list[Session]:
        """Return the open sessions, oldest first."""
        return list(self.fanout.places)

    def private_seq(self, account_id: AccountId | None) -> int:
        """Return the last number of an account's private stream that has been released."""
        channel = None if account_id is None else self.private.get(account_id)
        return 0 if channel is None else channel.seq

    def channel(self, name: str) -> Channel:
        """Return a channel; it begins when it is first named."""
        channel = self._channels.get(name)
        if channel is None:
            channel = self._channels[name] = channel_of(name)
        return channel

    def tops(self, underlying_id: UnderlyingId, books: Sequence[BookSnapshot]) -> list[TopPush]:
        """Return an underlying's tops; `books`, of this very moment, are folded from now on."""
        if underlying_id not in self._tops:
            self._tops[underlying_id] = Tops(books)
        return self._tops[underlying_id].rows()

    def join(self, session: Session, channel: Channel) -> None:
        """Let a session hear a channel from the next publication on."""
        self.fanout.join(session, channel)
        if channel.is_paced and channel.subscribers:
            assert self._directory is not None
            self._ui.attach(channel, self._directory.shards)

    def part(self, session: Session, name: str) -> None:
        """Let a session no longer hear a channel."""
        if not self.fanout.part(session, name):
            return
        self._ui.detach(name)
        underlying_id = UnderlyingId(name.partition(".")[2])
        if underlying_id in self._tops and not self.channel(f"bbo.{underlying_id}").is_heard:
            del self._tops[underlying_id]

    def move_signals(self, session: Session, role: Role | None) -> None:
        """Let a session that hears signals hear another role's: from now on, and nothing older."""
        if SIGNALS in self.fanout.places[session]:
            self.part(session, SIGNALS)
            self.begin_signals(session, role)

    def begin_signals(self, session: Session, role: Role | None) -> None:
        """Let a session hear a role's signals from the next one on."""
        channel = self.signals_of(role)
        self.send(session, channel, "snapshot", LastSignalsPush(signals=[]))
        self.join(session, channel)

    def leave(self, session: Session) -> None:
        """Forget a session."""
        for name in self.heard_by(session):
            self.part(session, name)
        self.fanout.leave(session)

    def heard_by(self, session: Session) -> list[str]:
        """Return the channels a session hears."""
        return list(self.fanout.places.get(session, ()))

    def send(self, session: Session, channel: Channel, kind: str, data: Body) -> None:
        """Give one session a frame of a channel's present state, as of now."""
        framer = self.fanout.framer
        session.push(framer.frame(channel.name, channel.seq, framer.present(kind, data)))

    def tell(self, session: Session, kind: str, data: Body) -> None:
        """Give one session the next frame of its own `system` channel."""
        self.fanout.tell(session, kind, data)

    def resend(self, session: Session, event: PrivateEvent) -> None:
        """Give one session an event of its mailbox again."""
        kind, data = private_push(event)
        framer = self.fanout.framer
        session.push(framer.frame(PRIVATE, event.private_seq, framer.present(kind, data)))

    def resend_signal(self, session: Session, item: SignalItem) -> None:
        """Give one session a signal again, with the game time at which it was given."""
        kind, data = signal_push(item.signal, item.signaled_ns)
        framer = self.fanout.framer
        times_us = (framer.present(kind, data).times_us[0], to_micros(item.signaled_ns))
        session.push(framer.frame(SIGNALS, data.seq, Fact(kind, data, times_us)))

    def _put(self, record: Record, channel: Channel, kind: str, data: Body) -> None:
        times_us = (to_micros(record.ts_ns), to_micros(record.game_ns))
        self.fanout.publish(channel, Fact(kind, data, times_us))

    def _publish_private(self, record: Record, event: Message) -> None:
        assert isinstance(event, PrivateEvent)
        channel = self.private.get(event.account_id)
        if channel is None:
            return
        assert event.private_seq == channel.seq + 1, f"a gap in {event.account_id}'s stream"
        channel.seq = event.private_seq
        if channel.subscribers:
            kind, data = private_push(event)
            self._put(record, channel, kind, data)

    def _publish_delta(self, record: Record, event: Message) -> None:
        assert isinstance(event, BookDelta)
        name = f"book.{event.instrument_id}"
        if (channel := self._counted(name)) is not None:
            self._put(record, channel, "delta", book_delta_push(event))
        if (channel := self._counted(f"{name}.raw")) is not None:
            self._put(record, channel, "delta", raw_delta_push(event))
        if self._tops:
            self._fold_top(event)

    def _fold_top(self, delta: BookDelta) -> None:
        assert self._directory is not None
        underlying_id = self._directory.underlying_of(delta.shard)
        tops = self._tops.get(underlying_id)
        top = None if tops is None else tops.fold(delta)
        if top is not None:
            self._changed_tops.setdefault(underlying_id, []).append(top)

    def _publish_tops(self, record: Record) -> None:
        for underlying_id, tops in self._changed_tops.items():
            # An instrument whose top changed twice within one input is told once, as it ended.
            last = {top.instrument_id: top for top in tops}
            channel = self._counted(f"bbo.{underlying_id}")
            if channel is not None:
                self._put(record, channel, "tops", TopsPush(tops=list(last.values())))
        self._changed_tops.clear()

    def _publish_indicative(self, record: Record, event: Message) -> None:
        assert isinstance(event, IndicativePriceChanged)
        self._put_book(record, event.instrument_id, "indicative", indicative_push(event))

    def _publish_uncross(self, record: Record, event: Message) -> None:
        assert isinstance(event, AuctionUncrossed)
        assert self._directory is not None
        directory, shard = self._directory, event.shard
        phase = directory.phase_in(shard, event.instrument_id)
        data = uncross_push(event, directory.underlying_of(shard), phase)
        self._put_book(record, event.instrument_id, "uncross", data)
        self._put_named(record, "phase", "uncross", data)

    def _publish_phase(self, record: Record, event: Message) -> None:
        assert isinstance(event, PhaseChanged)
        data = phase_push(event)
        self._put_named(record, "phase", "phase", data)
        for instrument_id in self._moved(event):
            self._put_book(record, instrument_id, "phase", data)

    def _moved(self, event: PhaseChanged) -> Iterable[InstrumentId]:
        if event.instrument_id is not None:
            return (event.instrument_id,)
        assert self._directory is not None
        instruments = self._directory.instruments.values()
        return [i.instrument_id for i in instruments if i.shard == event.shard]

    def _publish_market(self, record: Record, event: Message) -> None:
        assert isinstance(event, AnyMarketEvent)
        assert self._directory is not None
        kind, data = market_push(event, self._directory.underlying_of(event.shard))
        self._put_named(record, "phase", kind, data)
        if isinstance(event, InstrumentDelisted):
            for tops in self._tops.values():
                tops.drop(event.instrument_id)

    def _put_book(
        self, record: Record, instrument_id: InstrumentId, kind: str, data: BookPush | PhasePush
    ) -> None:
        name = f"book.{instrument_id}"
        self._put_named(record, name, kind, data)
        self._put_named(record, f"{name}.raw", kind, data)

    def _put_named(self, record: Record, name: str, kind: str, data: Body) -> None:
        channel = self._counted(name)
        if channel is not None:
            self._put(record, channel, kind, data)

    def _counted(self, name: str) -> Channel | None:
        """Count a publication; return the channel if anybody hears it."""
        channel = self.channel(name)
        channel.seq += 1
        return channel if channel.is_heard else None

    def _publish_trade(self, record: Record, event: Message) -> None:
        assert isinstance(event, TradeExecuted)
        assert self._directory is not None
        self._directory.last_trades[event.instrument_id] = event.price
        data = executed_trade_body(event, record.game_ns)
        for name in (f"trades.{event.instrument_id}", EVERYTHING):
            self.tapes.add(name, data)
            self._put_named(record, name, "trade", data)

    def _publish_bust(self, record: Record, event: Message) -> None:
        assert isinstance(event, TradeBusted)
        data = bust_push(event)
        for name in (f"trades.{event.instrument_id}", EVERYTHING):
            self.tapes.correct(name, data)
            self._put_named(record, name, "bust", data)

    def _publish_prices(self, record: Record, event: Message) -> None:
        assert isinstance(event, PricesStepped)
        channel = self._counted("prices")
        if channel is not None:
            rows = price_bodies(event.prices, record.game_ns, is_moving=event.is_moving)
            self._put(record, channel, "prices", PricesPush(prices=rows))

    def tell_prices(self, rows: list[PriceBody]) -> None:
        """Publish prices that no step brought: they have become stale."""
        channel = self._counted("prices")
        if channel is not None:
            fact = self.fanout.framer.present("prices", PricesPush(prices=rows))
            self.fanout.publish(channel, fact)

    def _publish_marks(self, record: Record, event: Message) -> None:
        assert isinstance(event, MarksPublished)
        assert self._directory is not None
        heard = [u for u in self._directory.shards if self._counted(f"chain.{u}") is not None]
        previous, self._marks = self._marks, event.marks
        if not heard:
            return
        known = {mark.instrument_id: mark for mark in previous}
        rows: dict[UnderlyingId, list[MarkPush]] = {underlying_id: [] for underlying_id in heard}
        for mark in event.marks:
            instrument = self._directory.instruments.get(mark.instrument_id)
            if instrument is None or known.get(mark.instrument_id) == mark:
                continue
            if is_option(instrument) and instrument.underlying_id in rows:
                rows[instrument.underlying_id].append(mark_push(mark))
        for underlying_id, marks in rows.items():
            channel = self.channel(f"chain.{underlying_id}")
            self._put(record, channel, "marks", ChainPush(marks=marks))

    def _publish_news(self, record: Record, event: Message) -> None:
        assert isinstance(event, NewsPublished)
        assert self._directory is not None
        item = self._directory.note_news(record.game_ns, event)
        self._put_named(record, "events", "news", news_push(item))

    def _publish_scores(self, record: Record, event: Message) -> None:
        assert isinstance(event, RoundScored)
        self.scores.publish(event, partial(self._put, record))

    def _publish_signal(self, record: Record, event: Message) -> None:
        assert isinstance(event, AnySignal)
        channel = self.signals_of(event.role)
        assert event.signal_seq == channel.seq + 1, f"a gap in the signals of {event.role}"
        channel.seq = event.signal_seq
        if channel.subscribers:
            kind, data = signal_push(event, record.game_ns)
            self._put(record, channel, kind, data)

    def _announce(self, record: Record, event: Message) -> None:
        assert isinstance(event, Announced)
        kind, data, account_id = announcement(event)
        for session in self.sessions:
            if account_id is None or session.caller.account_id == account_id:
                self.tell(session, kind, data)
