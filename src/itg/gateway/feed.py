"""Released facts as publications: translated and encoded once, appended to every subscriber.

Nothing here waits. A channel counts whether or not anybody listens, so that a book read over REST
and a snapshot on the socket carry the same number for the same state.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence

from msgspec import Raw

from itg.exchange.contract import (
    AuctionUncrossed,
    BookDelta,
    BookSnapshot,
    IndicativePriceChanged,
    InstrumentDelisted,
    PhaseChanged,
    TradeExecuted,
)
from itg.game.contract import RoundEnded, RoundPaused, RoundResumed, RoundStarted
from itg.gateway.calls import encode
from itg.gateway.directory import Directory
from itg.gateway.sessions import Channel, Session
from itg.gateway.tops import Tops
from itg.kernel.ids import AccountId, Seq, UnderlyingId
from itg.kernel.messages import Message
from itg.kernel.times import to_micros
from itg.market_data.contract import PricesStepped
from itg.positions.contract import AnyPrivateEvent, PrivateEvent
from itg.runtime.clock import Clock
from itg.runtime.envelope import Record
from itg.translate.account import private_push
from itg.translate.market import (
    book_delta_push,
    executed_trade_body,
    indicative_push,
    phase_push,
    price_bodies,
    uncross_push,
)
from itg.wire.v1.market import BookPush, PhasePush, PricesPush, TopPush, TopsPush, TradeBody
from itg.wire.v1.orders import Body
from itg.wire.v1.socket import HeartbeatData, Push, RoundData

PRIVATE = "private"
PRIVATE_EPOCH = 1
TRADES_KEPT = 50

Publish = Callable[[Record, Message], None]


class Feed:
    """Every channel of one gateway; `epoch` is that of all but `private`."""

    def __init__(self, epoch: int, clock: Clock) -> None:
        self.epoch = epoch
        self.sessions: list[Session] = []
        self.private: dict[AccountId, Channel] = {}
        self.frames = 0
        self._clock = clock
        self._channels: dict[str, Channel] = {}
        self._tops: dict[UnderlyingId, Tops] = {}
        self._changed_tops: dict[UnderlyingId, list[TopPush]] = {}
        self._last_trades: dict[str, deque[TradeBody]] = {}
        self._directory: Directory | None = None
        self._publishers: dict[type[Message], Publish] = {
            BookDelta: self._publish_delta,
            IndicativePriceChanged: self._publish_indicative,
            AuctionUncrossed: self._publish_uncross,
            TradeExecuted: self._publish_trade,
            PhaseChanged: self._publish_phase,
            InstrumentDelisted: self._forget_top,
            PricesStepped: self._publish_prices,
            RoundStarted: self._publish_round,
            RoundPaused: self._publish_round,
            RoundResumed: self._publish_round,
            RoundEnded: self._publish_round,
            **dict.fromkeys(AnyPrivateEvent.__args__, self._publish_private),
        }

    def begin(self, directory: Directory) -> None:
        """Publish from now on; `directory` is folded before each record is published."""
        self._directory = directory

    def open_private(self, account_id: AccountId, seq: Seq = Seq(0)) -> None:
        """Give an account its channel, from `seq` on; accounts without one have no listeners."""
        self.private[account_id] = Channel(PRIVATE, seq)

    def publish(self, record: Record) -> None:
        """Publish everything one input caused."""
        publishers = self._publishers
        for output in record.outputs:
            publisher = publishers.get(type(output))
            if publisher is not None:
                publisher(record, output)
        if self._changed_tops:
            self._publish_tops(record)

    def private_seq(self, account_id: AccountId | None) -> int:
        """Return the last number of an account's private stream that has been released."""
        channel = None if account_id is None else self.private.get(account_id)
        return 0 if channel is None else channel.seq

    def channel(self, name: str) -> Channel:
        return self._channels.setdefault(name, Channel(name))

    def last_trades(self, name: str) -> list[TradeBody]:
        """Return the last trades of a channel since the epoch began, oldest first."""
        return list(self._last_trades.get(name, ()))

    def tops(self, underlying_id: UnderlyingId, books: Sequence[BookSnapshot]) -> list[TopPush]:
        """Return an underlying's tops; `books`, of this very moment, are folded from now on."""
        if underlying_id not in self._tops:
            self._tops[underlying_id] = Tops(books)
        return self._tops[underlying_id].rows()

    def join(self, session: Session, channel: Channel) -> None:
        """Let a session hear a channel from the next publication on."""
        if channel.name not in session.channels and session.close_code is None:
            session.channels[channel.name] = channel
            channel.sessions.append(session)

    def part(self, session: Session, name: str) -> None:
        channel = session.channels.pop(name, None)
        if channel is None:
            return
        channel.sessions.remove(session)
        if not channel.sessions and name.startswith("bbo."):
            self._tops.pop(UnderlyingId(name.removeprefix("bbo.")), None)

    def leave(self, session: Session) -> None:
        """Forget a session."""
        for name in list(session.channels):
            self.part(session, name)
        if session in self.sessions:
            self.sessions.remove(session)

    def send(self, session: Session, channel: Channel, kind: str, data: Body) -> None:
        """Give one session a frame of a channel's present state, as of now."""
        session.push(self.frame(channel, kind, data))

    def tell(self, session: Session, kind: str, data: Body) -> None:
        """Give one session the next frame of its own `system` channel."""
        session.system.seq += 1
        session.push(self.frame(session.system, kind, data))

    def resend(self, session: Session, event: PrivateEvent) -> None:
        """Give one session an event of its mailbox again."""
        kind, data = private_push(event)
        at = Channel(PRIVATE, event.private_seq)
        session.push(self.frame(at, kind, data))

    def beat(self) -> None:
        """Tell every session the last numbers of its channels."""
        for session in self.sessions:
            last = {name: channel.seq for name, channel in session.channels.items()}
            self.tell(session, "heartbeat", HeartbeatData(channels=last))

    def frame(self, channel: Channel, kind: str, data: Body) -> bytes:
        """Return a frame with the channel's number and the present times."""
        ts_us, game_us = to_micros(self._clock.wall_ns()), to_micros(self._clock.game_ns())
        return self._encode(channel, kind, data, (ts_us, game_us))

    def _encode(self, channel: Channel, kind: str, data: Body, times_us: tuple[int, int]) -> bytes:
        return encode(
            Push(
                channel=channel.name,
                type=kind,
                seq=channel.seq,
                epoch=PRIVATE_EPOCH if channel.name == PRIVATE else self.epoch,
                ts_us=times_us[0],
                game_us=times_us[1],
                data=Raw(encode(data)),
            )
        )

    def _put(self, record: Record, channel: Channel, kind: str, data: Body) -> None:
        times_us = (to_micros(record.ts_ns), to_micros(record.game_ns))
        frame = self._encode(channel, kind, data, times_us)
        self.frames += len(channel.sessions)
        for session in channel.sessions:
            session.push(frame)

    def _publish_private(self, record: Record, event: Message) -> None:
        assert isinstance(event, PrivateEvent)
        channel = self.private.get(event.account_id)
        if channel is None:
            return
        assert event.private_seq == channel.seq + 1, f"a gap in {event.account_id}'s stream"
        channel.seq = event.private_seq
        if channel.sessions:
            kind, data = private_push(event)
            self._put(record, channel, kind, data)

    def _publish_delta(self, record: Record, event: Message) -> None:
        assert isinstance(event, BookDelta)
        channel = self.channel(f"book.{event.instrument_id}")
        channel.seq += 1
        if channel.sessions:
            self._put(record, channel, "delta", book_delta_push(event))
        if self._tops:
            self._fold_top(event)

    def _fold_top(self, delta: BookDelta) -> None:
        assert self._directory is not None
        underlying_id = self._directory.underlying_of(delta.shard)
        tops = self._tops.get(underlying_id)
        top = None if tops is None else tops.fold(delta)
        if top is not None:
            self._changed_tops.setdefault(underlying_id, []).append(top)

    def _forget_top(self, record: Record, event: Message) -> None:
        assert isinstance(event, InstrumentDelisted)
        assert self._directory is not None
        tops = self._tops.get(self._directory.underlying_of(event.shard))
        if tops is not None:
            tops.forget(event.instrument_id)

    def _publish_tops(self, record: Record) -> None:
        for underlying_id, tops in self._changed_tops.items():
            # An instrument whose top changed twice within one input is told once, as it ended.
            last = {top.instrument_id: top for top in tops}
            channel = self.channel(f"bbo.{underlying_id}")
            channel.seq += 1
            self._put(record, channel, "tops", TopsPush(tops=list(last.values())))
        self._changed_tops.clear()

    def _publish_indicative(self, record: Record, event: Message) -> None:
        assert isinstance(event, IndicativePriceChanged)
        self._put_book(record, f"book.{event.instrument_id}", "indicative", indicative_push(event))

    def _publish_uncross(self, record: Record, event: Message) -> None:
        assert isinstance(event, AuctionUncrossed)
        assert self._directory is not None
        # Of the shard, not the instrument: within one record its last auction may be its end.
        instrument_id, directory = event.instrument_id, self._directory
        phase = directory.phase_in(event.shard, instrument_id)
        data = uncross_push(event, directory.underlying_of(event.shard), phase)
        self._put_book(record, f"book.{instrument_id}", "uncross", data)
        self._put_book(record, "phase", "uncross", data)

    def _publish_phase(self, record: Record, event: Message) -> None:
        assert isinstance(event, PhaseChanged)
        data = phase_push(event)
        self._put_book(record, "phase", "phase", data)
        for instrument_id in self._moved(event):
            self._put_book(record, f"book.{instrument_id}", "phase", data)

    def _moved(self, event: PhaseChanged) -> Iterable[str]:
        if event.instrument_id is not None:
            return (event.instrument_id,)
        assert self._directory is not None
        instruments = self._directory.instruments.values()
        return [i.instrument_id for i in instruments if i.shard == event.shard]

    def _put_book(self, record: Record, name: str, kind: str, data: BookPush | PhasePush) -> None:
        channel = self.channel(name)
        channel.seq += 1
        if channel.sessions:
            self._put(record, channel, kind, data)

    def _publish_trade(self, record: Record, event: Message) -> None:
        assert isinstance(event, TradeExecuted)
        data = executed_trade_body(event, record.game_ns)
        for name in (f"trades.{event.instrument_id}", "trades.*"):
            channel = self.channel(name)
            channel.seq += 1
            self._last_trades.setdefault(name, deque(maxlen=TRADES_KEPT)).append(data)
            if channel.sessions:
                self._put(record, channel, "trade", data)

    def _publish_prices(self, record: Record, event: Message) -> None:
        assert isinstance(event, PricesStepped)
        channel = self.channel("prices")
        channel.seq += 1
        if channel.sessions:
            rows = price_bodies(event.prices, record.game_ns, is_moving=event.is_moving)
            self._put(record, channel, "prices", PricesPush(prices=rows))

    def _publish_round(self, record: Record, event: Message) -> None:
        assert isinstance(event, RoundStarted | RoundPaused | RoundResumed | RoundEnded)
        kind = f"round.{type(event).__name__.removeprefix('Round').lower()}"
        following = event.next_round_id if isinstance(event, RoundEnded) else None
        data = RoundData(round_id=event.round_id, next_round_id=following)
        for session in self.sessions:
            self.tell(session, kind, data)
