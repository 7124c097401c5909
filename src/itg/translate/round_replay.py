"""A round's replay out of a journal, in chunks that each begin with everything that stands.

What a viewer gets is what its sockets got: everybody's channels, its own `private`, its role's
signals. Marks move four times a game second and fill most of it: they are told once a game second,
or once in 1/1800 of a longer round.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from msgspec import Struct
from msgspec.json import Encoder

from itg.exchange.contract import InstrumentDelisted, InstrumentListed
from itg.game.contract import CreateGame, RoundEnded, RoundStarted, TeamRegistered, TeamReseated
from itg.kernel.ids import AccountId, Role, Seq, TeamId
from itg.kernel.messages import Message
from itg.kernel.money import PRICE_SCALE, usd_words
from itg.kernel.times import NS_PER_S, Nanos, to_micros
from itg.market_data.contract import Mark, MarksPublished
from itg.positions.contract import ConfigurePositions, PrivateEvent, RoleReplaced
from itg.runtime.codec import Codec
from itg.runtime.envelope import Record
from itg.runtime.journal import FROM_START, Journal
from itg.signals.contract import AnySignal
from itg.translate.account import private_push
from itg.translate.chain import mark_push
from itg.translate.market import instrument_body
from itg.translate.market_frames import MarketFrames
from itg.translate.numbers import usd
from itg.translate.replay_state import MarketState, OwnState
from itg.translate.signals import signal_push
from itg.wire.v1.account import FillPush
from itg.wire.v1.chain import ChainPush
from itg.wire.v1.market import BookPush, BustPush, HaltPush, PhasePush, PricesPush, TradeBody
from itg.wire.v1.news import NewsPush
from itg.wire.v1.replay import (
    ReplayBody,
    ReplayCause,
    ReplayChunkBody,
    ReplayFrame,
    ReplayKeyframe,
    ReplayMarkerBody,
    ReplayOwn,
    ReplayStep,
    ReplayStretchBody,
)

_encode: Final = Encoder().encode
STEPS_PER_CHUNK: Final = 4_000
_CHUNK_NS: Final = 30 * NS_PER_S
_CHUNKS: Final = 240  # about so many of a long round
_MARKS: Final = 1_800
_BOUNDS: Final = (RoundStarted.__name__.encode(), RoundEnded.__name__.encode())
ORGANIZER: Final = "organizer"


# Keeps one part of a replay, as JSON, under its name.
Keep = Callable[[str, bytes], None]
CONTENTS: Final = "contents"


def chunk_name(number: int) -> str:
    """Return the name of what a chunk tells everybody: a `ReplayChunkBody`, its `own` null."""
    return f"{number}/all"


def own_chunk_name(number: int, account_id: AccountId) -> str:
    """Return the name of what a chunk tells one account: a `ReplayOwn`."""
    return f"{number}/{account_id}"


def own_contents_name(account_id: AccountId) -> str:
    """Return the name of what the contents tell one account: an `OwnContents`."""
    return f"{CONTENTS}/{account_id}"


class OwnContents(Struct, frozen=True, kw_only=True):
    """An account's part of a replay's contents."""

    team_id: TeamId
    markers: list[ReplayMarkerBody]


class Stretch(Struct, frozen=True, kw_only=True):
    """A round's beginning and end on the game's clock."""

    trading_day: str
    start_ns: Nanos
    end_ns: Nanos


def stretch_of(journal: Journal, codec: Codec, round_id: int) -> Stretch | None:
    """Return when a round was; None where it has not ended."""
    started: tuple[str, Nanos] | None = None
    for row in journal.rows(FROM_START):
        if not any(name in row.body for name in _BOUNDS):
            continue
        for record in codec.decode_records(row.body):
            for event in record.outputs:
                if isinstance(event, RoundStarted) and event.round_id == round_id:
                    started = event.trading_day, event.start_ns
                elif isinstance(event, RoundEnded) and event.round_id == round_id and started:
                    day, start_ns = started
                    return Stretch(trading_day=day, start_ns=start_ns, end_ns=record.game_ns)
    return None


class _Chunk:
    """A stretch as it is made: what stood before it, and its steps so far."""

    def __init__(self, market: MarketState, owns: dict[AccountId, OwnState]) -> None:
        self.keyframe: ReplayKeyframe = market.keyframe()
        self.snapshots = {account_id: own.snapshot() for account_id, own in owns.items()}
        self.steps: list[ReplayStep] = []
        self.own_steps: dict[AccountId, list[ReplayStep]] = {}
        self.bounds: list[tuple[Seq, Nanos]] = []


class RoundReplay:
    """The parts of one round's replay, made in one pass over the journal for all teams at once.

    No more than a chunk of them is held: each goes to `keep` when it is whole.
    """

    def __init__(
        self, round_id: int, stretch: Stretch, keep: Keep, steps_max: int = STEPS_PER_CHUNK
    ) -> None:
        self._round_id = round_id
        self._keep = keep
        self._steps_max = steps_max
        self._stretch = stretch
        length_ns = max(0, stretch.end_ns - stretch.start_ns)
        self._chunk_ns = max(_CHUNK_NS, length_ns // _CHUNKS)
        self._marks_ns = max(NS_PER_S, length_ns // _MARKS)
        self._market = MarketState()
        self._frames = MarketFrames()
        self._owns: dict[AccountId, OwnState] = {}
        self._roles: dict[AccountId, Role] = {}
        self._teams: dict[AccountId, TeamId] = {}
        self._starting_cash: dict[Role, float] = {}
        self._new_marks: dict[str, Mark] = {}
        self._marks_at_ns = 0
        self._chunk: _Chunk | None = None
        self._stretches: list[ReplayStretchBody] = []
        self._markers: list[ReplayMarkerBody] = []
        self._own_markers: dict[AccountId, list[ReplayMarkerBody]] = {}

    def read(self, journal: Journal, codec: Codec) -> None:
        """Take in a journal up to the round's end, and keep every part."""
        for row in journal.rows(FROM_START):
            if any(self._take(record) for record in codec.decode_records(row.body)):
                break
        self._keep_contents()

    def _keep_contents(self) -> None:
        contents = ReplayBody(
            round_id=self._round_id,
            team_id=None,
            trading_day=self._stretch.trading_day,
            start_us=to_micros(self._stretch.start_ns),
            end_us=to_micros(self._stretch.end_ns),
            chunks=self._stretches,
            markers=self._markers,
        )
        self._keep(CONTENTS, _encode(contents))
        for account_id, team_id in self._teams.items():
            markers = self._own_markers.get(account_id, [])
            own = OwnContents(team_id=team_id, markers=markers)
            self._keep(own_contents_name(account_id), _encode(own))

    def _take(self, record: Record) -> bool:
        """Take in one input; tell whether it ended the round."""
        if isinstance(record.body, CreateGame):
            self._frames.underlyings = dict(record.body.rules.shards)
        for event in record.outputs:
            if isinstance(event, RoundStarted) and event.round_id == self._round_id:
                self._chunk = _Chunk(self._market, self._owns)
        frames, owns = self._told(record)
        chunk = self._chunk
        if chunk is None:
            return False
        if frames or owns:
            self._step(chunk, record, frames, owns)
        is_end = any(_ends(event, self._round_id) for event in record.outputs)
        if is_end or self._is_full(chunk):
            # Everything up to this input is folded by now: what stands is as of after it.
            self._pack(chunk)
            self._chunk = _Chunk(self._market, self._owns)
        return is_end

    def _is_full(self, chunk: _Chunk) -> bool:
        if not chunk.bounds:
            return False
        length_ns = chunk.bounds[-1][1] - chunk.bounds[0][1]
        return len(chunk.bounds) >= self._steps_max or length_ns >= self._chunk_ns

    def _told(self, record: Record) -> tuple[list[ReplayFrame], dict[AccountId, list[ReplayFrame]]]:
        frames: list[ReplayFrame] = []
        owns: dict[AccountId, list[ReplayFrame]] = {}
        for event in record.outputs:
            if isinstance(event, PrivateEvent):
                self._private(event, owns)
            elif isinstance(event, AnySignal):
                kind, data = signal_push(event, record.game_ns)
                for account_id, role in self._roles.items():
                    if role == event.role:
                        frame = ReplayFrame(channel="signals", type=kind, data=data)
                        owns.setdefault(account_id, []).append(frame)
            else:
                self._note(event)
                frames.extend(self._frames.of(event, record.game_ns))
        frames.extend(self._marks(record.game_ns))
        for frame in frames:
            self._fold(frame)
        if self._chunk is not None:
            self._mark(record, frames, owns)
        return frames, owns

    def _note(self, event: Message) -> None:
        match event:
            case ConfigurePositions():
                self._starting_cash = {r.role: usd(r.starting_cash) for r in event.roles}
            case RoleReplaced():
                self._starting_cash[event.rules.role] = usd(event.rules.starting_cash)
            case TeamRegistered():
                self._roles[event.account_id] = event.role
                self._teams[event.account_id] = event.team_id
                cash = self._starting_cash[event.role]
                self._owns[event.account_id] = OwnState(event.team_id, cash)
            case TeamReseated():
                self._roles[event.account_id] = event.role
            case InstrumentListed():
                body = instrument_body(event.instrument)
                self._market.instruments[body.instrument_id] = body
            case InstrumentDelisted():
                self._market.delist(event.instrument_id)
            case MarksPublished():
                self._new_marks.update((mark.instrument_id, mark) for mark in event.marks)
            case _:
                pass

    def _private(self, event: PrivateEvent, owns: dict[AccountId, list[ReplayFrame]]) -> None:
        own = self._owns.get(event.account_id)
        if own is None:
            return
        kind, data = private_push(event)
        own.fold(data)
        frame = ReplayFrame(channel="private", type=kind, data=data)
        owns.setdefault(event.account_id, []).append(frame)

    def _marks(self, game_ns: Nanos) -> Iterator[ReplayFrame]:
        if not self._new_marks or game_ns - self._marks_at_ns < self._marks_ns:
            return
        self._marks_at_ns = game_ns
        rows: dict[str, list[Mark]] = {}
        for mark in self._new_marks.values():
            instrument = self._market.instruments.get(mark.instrument_id)
            if instrument is not None and instrument.kind == "option":
                rows.setdefault(instrument.underlying_id, []).append(mark)
        self._new_marks = {}
        for underlying_id, marks in rows.items():
            data = ChainPush(marks=[mark_push(mark) for mark in marks])
            yield ReplayFrame(channel=f"chain.{underlying_id}", type="marks", data=data)

    def _fold(self, frame: ReplayFrame) -> None:
        market = self._market
        match frame.data:
            case BookPush() as push:
                book = market.book(push.instrument_id)
                book.fold(push)
                if frame.type == "indicative":
                    book.indicative = push
            case TradeBody() as trade:
                market.trades.add(trade)
            case BustPush() as bust:
                market.trades.correct(bust)
            case PricesPush() as push:
                market.prices.update((row.underlying_id, row) for row in push.prices)
            case ChainPush() as push:
                market.marks.update((row.instrument_id, row) for row in push.marks)
            case NewsPush() as news:
                market.news.append(news)
            case PhasePush() as phase if frame.type == "phase":
                market.enter(phase)
            case _:
                pass

    def _mark(
        self,
        record: Record,
        frames: Iterable[ReplayFrame],
        owns: dict[AccountId, list[ReplayFrame]],
    ) -> None:
        for frame in frames:
            marker = _marker(record, frame)
            if marker is not None:
                self._markers.append(marker)
        for account_id, own in owns.items():
            for frame in own:
                marker = _marker(record, frame)
                if marker is not None:
                    self._own_markers.setdefault(account_id, []).append(marker)

    def _step(
        self,
        chunk: _Chunk,
        record: Record,
        frames: list[ReplayFrame],
        owns: dict[AccountId, list[ReplayFrame]],
    ) -> None:
        chunk.bounds.append((record.seq, record.game_ns))
        if frames:
            chunk.steps.append(_step_of(record, frames, _public_cause(record)))
        for account_id, own in owns.items():
            step = _step_of(record, own, _own_cause(record, account_id))
            chunk.own_steps.setdefault(account_id, []).append(step)

    def _pack(self, chunk: _Chunk) -> None:
        if not chunk.bounds:
            return
        (from_seq, from_ns), (to_seq, to_ns) = chunk.bounds[0], chunk.bounds[-1]
        number = len(self._stretches)
        body = ReplayChunkBody(chunk=number, keyframe=chunk.keyframe, steps=chunk.steps, own=None)
        self._keep(chunk_name(number), _encode(body))
        for account_id, snapshot in chunk.snapshots.items():
            own = ReplayOwn(snapshot=snapshot, steps=chunk.own_steps.get(account_id, []))
            self._keep(own_chunk_name(number, account_id), _encode(own))
        self._stretches.append(
            ReplayStretchBody(
                from_seq=from_seq,
                to_seq=to_seq,
                from_us=to_micros(from_ns),
                to_us=to_micros(to_ns),
                steps=len(chunk.bounds),
            )
        )


def _ends(event: Message, round_id: int) -> bool:
    return isinstance(event, RoundEnded) and event.round_id == round_id


def _step_of(record: Record, frames: list[ReplayFrame], cause: ReplayCause | None) -> ReplayStep:
    return ReplayStep(
        seq=record.seq,
        game_us=to_micros(record.game_ns),
        frames=frames,
        cause=cause,
    )


def _public_cause(record: Record) -> ReplayCause | None:
    if record.actor not in {"", ORGANIZER}:
        return None
    return ReplayCause(
        by="organizer" if record.actor else "house", command=type(record.body).__name__
    )


def _own_cause(record: Record, account_id: AccountId) -> ReplayCause | None:
    if record.actor != account_id:
        return _public_cause(record)
    body = record.body
    return ReplayCause(
        by="own",
        command=type(body).__name__,
        client_order_id=getattr(body, "client_order_id", None),
        order_id=getattr(body, "order_id", None),
        instrument_id=getattr(body, "instrument_id", None),
    )


def _marker(record: Record, frame: ReplayFrame) -> ReplayMarkerBody | None:
    seq, game_us = record.seq, to_micros(record.game_ns)
    match frame.data:
        case PhasePush() as phase if frame.type == "phase" and phase.instrument_id is None:
            text = f"{phase.underlying_id} {phase.phase.replace('_', ' ')}"
            return ReplayMarkerBody(kind="phase", seq=seq, game_us=game_us, text=text)
        case HaltPush() as halt:
            text = f"{halt.instrument_id or halt.underlying_id} halted"
            return ReplayMarkerBody(kind="halt", seq=seq, game_us=game_us, text=text)
        case NewsPush() as news:
            return ReplayMarkerBody(kind="news", seq=seq, game_us=game_us, text=news.headline)
        case FillPush() as fill:
            word = "bought" if fill.side == "buy" else "sold"
            price = usd_words(round(fill.last_price * PRICE_SCALE))
            text = f"{word} {fill.last_quantity} {fill.instrument_id} at {price}"
            return ReplayMarkerBody(kind="fill", seq=seq, game_us=game_us, text=text)
        case _:
            return None
