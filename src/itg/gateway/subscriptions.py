"""Subscribing: the answer, then each channel's present state, then every change.

Everything a subscription needs is asked in one question. Its reply comes when the feed has
published exactly what the asked state holds: snapshot and changes meet, no gap and no overlap.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from itg.exchange.contract import (
    BookMissing,
    BookSnapshot,
    BookSnapshots,
    ExchangeStatus,
    GetBook,
    GetBooks,
    GetExchangeStatus,
)
from itg.game.contract import GetScores, Scores
from itg.gateway.calls import Answer, Call, done, refused
from itg.gateway.channels import UI, Channel
from itg.gateway.fanout import SYSTEM
from itg.gateway.framing import PRIVATE, PRIVATE_EPOCH, SCORES, SIGNALS
from itg.gateway.gateway import Gateway
from itg.gateway.problems import RefusedError, problem_of
from itg.gateway.reasons import UNKNOWN_CHANNEL
from itg.gateway.score_channels import may_see
from itg.gateway.sessions import Session
from itg.kernel.ids import AccountId, InstrumentId, Role, Seq, UnderlyingId
from itg.kernel.messages import Query, Reply
from itg.market_data.contract import GetMarks, Marks
from itg.positions.contract import (
    AccountState,
    GetAccountState,
    GetPrivateEvents,
    PrivateEvents,
)
from itg.signals.contract import GetSignals, SignalHistory
from itg.translate.account import private_snapshot
from itg.translate.chain import is_option, mark_push
from itg.translate.market import (
    book_snapshot_push,
    phase_rows,
    raw_snapshot_push,
)
from itg.translate.news import news_push
from itg.translate.scores import scores_push
from itg.translate.signals import signal_body
from itg.wire.v1.account import ResumeTooOld
from itg.wire.v1.chain import ChainPush, MarkPush
from itg.wire.v1.market import PhasesPush, PricesPush, TopsPush, TradesPush
from itg.wire.v1.news import LastNewsPush
from itg.wire.v1.problems import FieldError
from itg.wire.v1.signals import LastSignalsPush
from itg.wire.v1.socket import ResumePoint, SubscribedBody, SubscribeParams, UnsubscribeParams
from itg.wire.v1.ui import UiPush

_RAW = ".raw"
_BOOK = "book."
_SIGNALS_SHOWN = 50
_SIGNALS_KEPT = 10_000
Begin = Callable[[Sequence[Reply]], None]


class _Plan(Struct, frozen=True):
    """What one channel asks, and what to send with the replies."""

    queries: tuple[Query, ...]
    begin: Begin


def subscribe(gateway: Gateway, session: Session, call: Call, params: SubscribeParams) -> None:
    """Answer, then send the snapshots (or the missed private events) and join the channels."""
    names = list(dict.fromkeys(params.channels))
    planner = _Planner(gateway, session, params)
    plans = [planner.plan(name, index) for index, name in enumerate(names)]

    known: list[Sequence[Reply]] = []

    def compose(replies: Sequence[Reply]) -> Answer:
        if any(isinstance(reply, BookMissing) for reply in replies):
            return refused(problem_of(UNKNOWN_CHANNEL, "an instrument was just delisted"))
        known.append(replies)
        return done(_points(gateway, session, names))

    def reply(answer: Answer) -> None:
        call.reply(answer)
        if known:
            _begin(plans, known[0])

    queries = tuple(query for plan in plans for query in plan.queries)
    gateway.read(call.answered_by(reply), queries, compose)


def _begin(plans: Sequence["_Plan"], replies: Sequence[Reply]) -> None:
    first = 0
    for plan in plans:
        plan.begin(replies[first : first + len(plan.queries)])
        first += len(plan.queries)


def unsubscribe(gateway: Gateway, session: Session, call: Call, params: UnsubscribeParams) -> None:
    """Leave channels; leaving one that was never joined is harmless."""
    for name in params.channels:
        gateway.feed.part(session, name)
    call.reply(done(_points(gateway, session, gateway.feed.heard_by(session))))


def _points(gateway: Gateway, session: Session, names: Sequence[str]) -> SubscribedBody:
    points: dict[str, ResumePoint] = {}
    for name in names:
        if name == PRIVATE:
            seq = gateway.feed.private_seq(session.caller.account_id)
            points[name] = ResumePoint(epoch=PRIVATE_EPOCH, seq=seq)
        elif name == SIGNALS:
            seq = gateway.feed.signals_of(session.caller.role).seq
            points[name] = ResumePoint(epoch=PRIVATE_EPOCH, seq=seq)
        elif name == SCORES:
            seq = gateway.feed.scores.of(session.caller).seq
            points[name] = ResumePoint(epoch=gateway.feed.epoch, seq=seq)
        else:
            seq = session.system_seq if name == SYSTEM else gateway.feed.channel(name).seq
            points[name] = ResumePoint(epoch=gateway.feed.epoch, seq=seq)
    return SubscribedBody(channels=points)


class _Planner:
    """Turns channel names into plans for one session."""

    def __init__(self, gateway: Gateway, session: Session, params: SubscribeParams) -> None:
        self._gateway = gateway
        self._feed = gateway.feed
        self._directory = gateway.directory
        self._session = session
        self._resume = params.resume

    def plan(self, name: str, index: int) -> _Plan:
        """Return a channel's plan; refuse one there is not."""
        account_id = self._session.caller.account_id
        match name.split(".", 1):
            case ["private"] if account_id is not None:
                return self._private(account_id)
            case ["book", of] if of.removesuffix(_RAW) in self._directory.instruments:
                return self._book(name, InstrumentId(of.removesuffix(_RAW)))
            case ["bbo", of] if of in self._directory.shards:
                return self._bbo(UnderlyingId(of))
            case ["trades", of] if of == "*" or of in self._directory.instruments:
                return _Plan((), self._starter(name, self._last_trades))
            case ["prices"]:
                return _Plan((), self._starter(name, self._last_prices))
            case ["phase"]:
                queries = tuple(GetExchangeStatus(shard=s) for s in self._directory.shards.values())
                return _Plan(queries, self._starter(name, self._phases))
            case ["system"]:
                return _Plan((), lambda _: None)
            case _:
                return self._plan_of_world(name, index)

    def _plan_of_world(self, name: str, index: int) -> _Plan:
        match name.split(".", 1):
            case ["chain", of] if of in self._directory.shards:
                return self._chain(UnderlyingId(of))
            case ["ui", of] if of in self._directory.shards:
                return self._page(UnderlyingId(of))
            case ["ui", of] if self._is_book(of):
                return self._book(name, InstrumentId(of.removeprefix(_BOOK)))
            case ["events"]:
                return _Plan((), self._starter(name, self._last_news))
            case ["signals"]:
                return self._signals(self._session.caller.role)
            case ["scores"]:
                return _Plan((GetScores(),), self._begin_scores)
            case _:
                errors = [FieldError(pointer=f"/channels/{index}", detail="no such channel")]
                detail = f"no channel {name[:64]}"
                raise RefusedError(problem_of(UNKNOWN_CHANNEL, detail, errors=errors))

    def _starter(self, name: str, send: Callable[[Channel, Sequence[Reply]], None]) -> Begin:
        def begin(replies: Sequence[Reply]) -> None:
            channel = self._feed.channel(name)
            send(channel, replies)
            self._feed.join(self._session, channel)

        return begin

    def _private(self, account_id: AccountId) -> _Plan:
        state = GetAccountState(account_id=account_id)
        point = self._resume.get(PRIVATE)
        if point is None:
            return _Plan((state,), self._private_starter(account_id, None))
        after = Seq(point.seq if point.epoch == PRIVATE_EPOCH else -1)
        missed = GetPrivateEvents(account_id=account_id, after_seq=max(after, Seq(0)))
        return _Plan((state, missed), self._private_starter(account_id, after))

    def _private_starter(self, account_id: AccountId, after: Seq | None) -> Begin:
        def begin(replies: Sequence[Reply]) -> None:
            channel = self._feed.private[account_id]
            state = replies[0]
            assert isinstance(state, AccountState)
            if after is None or not self._resend(replies[1], channel, after):
                data = private_snapshot(self._session.caller.team_id or "", state)
                self._feed.send(self._session, channel, "snapshot", data)
            self._feed.join(self._session, channel)

        return begin

    def _resend(self, missed: Reply, channel: Channel, after: Seq) -> bool:
        assert isinstance(missed, PrivateEvents)
        if missed.too_old or not 0 <= after <= channel.seq:
            oldest = missed.events[0].private_seq if missed.events else channel.seq + 1
            data = ResumeTooOld(requested_seq=after, oldest_seq=oldest)
            self._feed.send(self._session, channel, "resume.too_old", data)
            return False
        for event in missed.events:
            self._feed.resend(self._session, event)
        return True

    def _book(self, name: str, instrument_id: InstrumentId) -> _Plan:
        def send(channel: Channel, replies: Sequence[Reply]) -> None:
            book = replies[0]
            assert isinstance(book, BookSnapshot)
            push = raw_snapshot_push(book) if name.endswith(_RAW) else book_snapshot_push(book)
            self._feed.send(self._session, channel, "snapshot", push)

        shard = self._directory.instruments[instrument_id].shard
        query = GetBook(shard=shard, instrument_id=instrument_id)
        return _Plan((query,), self._starter(name, send))

    def _bbo(self, underlying_id: UnderlyingId) -> _Plan:
        def send(channel: Channel, replies: Sequence[Reply]) -> None:
            books = replies[0]
            assert isinstance(books, BookSnapshots)
            tops = self._feed.tops(underlying_id, books.books)
            self._feed.send(self._session, channel, "snapshot", TopsPush(tops=tops))

        query = GetBooks(shard=self._directory.shards[underlying_id])
        return _Plan((query,), self._starter(f"bbo.{underlying_id}", send))

    def _chain(self, underlying_id: UnderlyingId) -> _Plan:
        def send(channel: Channel, replies: Sequence[Reply]) -> None:
            rows = self._mark_rows(replies)
            self._feed.send(self._session, channel, "snapshot", ChainPush(marks=rows))

        queries = self._mark_queries(underlying_id)
        return _Plan(queries, self._starter(f"chain.{underlying_id}", send))

    def _is_book(self, of: str) -> bool:
        return of.startswith(_BOOK) and of.removeprefix(_BOOK) in self._directory.instruments

    def _mark_queries(self, underlying_id: UnderlyingId) -> tuple[Query, ...]:
        has_market = self._directory.game.rules.has_market
        return (GetMarks(underlying_id=underlying_id),) if has_market else ()

    def _mark_rows(self, replies: Sequence[Reply]) -> list[MarkPush]:
        listed = self._directory.instruments
        return [
            mark_push(mark)
            for reply in replies
            if isinstance(reply, Marks)
            for mark in reply.marks
            if mark.instrument_id in listed and is_option(listed[mark.instrument_id])
        ]

    def _page(self, underlying_id: UnderlyingId) -> _Plan:
        shard = self._directory.shards[underlying_id]

        def send(channel: Channel, replies: Sequence[Reply]) -> None:
            books = replies[0]
            assert isinstance(books, BookSnapshots)
            data = UiPush(
                tops=self._feed.tops(underlying_id, books.books),
                marks=self._mark_rows(replies),
                prices=[p for p in self._prices().prices if p.underlying_id == underlying_id],
                trades=self._feed.tapes.of_shard(shard),
            )
            self._feed.send(self._session, channel, "snapshot", data)

        queries = (GetBooks(shard=shard), *self._mark_queries(underlying_id))
        return _Plan(queries, self._starter(f"{UI}{underlying_id}", send))

    def _signals(self, role: Role | None) -> _Plan:
        point = self._resume.get(SIGNALS)
        is_known = point is not None and point.epoch == PRIVATE_EPOCH
        after = point.seq if point is not None and is_known else None

        def begin(replies: Sequence[Reply]) -> None:
            if self._session.caller.role != role:  # another seat since it asked
                self._feed.begin_signals(self._session, self._session.caller.role)
                return
            channel = self._feed.signals_of(role)
            told = replies[0] if replies else SignalHistory(items=(), last_seq=0)
            assert isinstance(told, SignalHistory)
            if point is None or not self._resend_signals(told, channel, after):
                shown = told.items[-_SIGNALS_SHOWN:]
                data = LastSignalsPush(signals=[signal_body(item) for item in shown])
                self._feed.send(self._session, channel, "snapshot", data)
            self._feed.join(self._session, channel)

        if role is None or not self._directory.game.rules.has_signals:
            return _Plan((), begin)
        last_seq = self._feed.signals_of(role).seq
        since = last_seq - _SIGNALS_SHOWN if after is None or after > last_seq else after
        query = GetSignals(role=role, after_seq=max(since, 0), count=_SIGNALS_KEPT)
        return _Plan((query,), begin)

    def _resend_signals(self, told: SignalHistory, channel: Channel, after: int | None) -> bool:
        missed = channel.seq - (-1 if after is None else after)
        if after is None or not 0 <= missed == len(told.items):
            oldest = told.items[0].signal.signal_seq if told.items else channel.seq + 1
            data = ResumeTooOld(requested_seq=-1 if after is None else after, oldest_seq=oldest)
            self._feed.send(self._session, channel, "resume.too_old", data)
            return False
        for item in told.items:
            self._feed.resend_signal(self._session, item)
        return True

    def _begin_scores(self, replies: Sequence[Reply]) -> None:
        caller, scores = self._session.caller, replies[0]
        assert isinstance(scores, Scores)
        channel = self._feed.scores.of(caller)
        push = scores_push(scores.round, may_see(caller))
        self._feed.send(self._session, channel, "snapshot", push)
        self._feed.join(self._session, channel)

    def _last_news(self, channel: Channel, replies: Sequence[Reply]) -> None:
        data = LastNewsPush(news=[news_push(item) for item in self._directory.last_news])
        self._feed.send(self._session, channel, "snapshot", data)

    def _last_trades(self, channel: Channel, replies: Sequence[Reply]) -> None:
        data = TradesPush(trades=self._feed.tapes.of(channel.name))
        self._feed.send(self._session, channel, "snapshot", data)

    def _last_prices(self, channel: Channel, replies: Sequence[Reply]) -> None:
        self._feed.send(self._session, channel, "snapshot", self._prices())

    def _prices(self) -> PricesPush:
        return PricesPush(prices=self._gateway.last_known.prices(self._directory))

    def _phases(self, channel: Channel, replies: Sequence[Reply]) -> None:
        rows = [row for r in replies if isinstance(r, ExchangeStatus) for row in phase_rows(r)]
        self._feed.send(self._session, channel, "snapshot", PhasesPush(phases=rows))
