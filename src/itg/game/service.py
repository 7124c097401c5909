"""Maps messages to teams and rounds, and rounds to every other service's schedule."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, assert_never, get_args

from msgspec import msgpack

from itg.exchange import contract as exchange
from itg.game import contract as game
from itg.game import hearing, store
from itg.game.core.audit import Act
from itg.game.core.game import Game
from itg.game.core.scoring.keeper import Scoring, refused_or_set
from itg.kernel.errors import Refusal, RejectReason
from itg.kernel.ids import InstrumentId, Shard, UnderlyingId, shard_of_id
from itg.kernel.messages import Message, Query, Reply
from itg.kernel.times import Nanos
from itg.kernel.words import Phase, PhaseBoundary
from itg.market_data import contract as market_data
from itg.news import contract as news
from itg.positions import contract as positions
from itg.retail import contract as retail
from itg.runtime.service import StartTimer, StopTimer, TimerFired
from itg.signals import contract as signals

# What a scenario may ask of the other services when the game is created.
Setup = (
    positions.ConfigurePositions
    | positions.OpenAccount
    | exchange.ConfigureExchange
    | exchange.ConfigureLadder
    | exchange.ListInstrument
    | news.ConfigureNews
    | market_data.ConfigureMarketData
    | market_data.TrackSeries
    | retail.ConfigureRetail
    | signals.ConfigureSignals
)
OPEN, END = "open", "end"
# What an act asks of another service, which may refuse it.
_ASKED = (
    *(exchange.SetPhase, exchange.HaltTrading, exchange.ResumeTrading, exchange.BustTrade),
    *(news.ScheduleNews, news.CancelNews, news.ReplayNews),
)
_REFUSED = game.GameActRejected | game.ScoringRejected


class GameService:
    """Owner of teams, keys and rounds."""

    name: ClassVar[str] = "game"
    accepts: ClassVar[tuple[type[Message], ...]] = (
        *(game.CreateGame, game.RegisterTeam, game.DropBot, game.MovePhase),
        *(game.StartRound, game.PauseRound, game.ResumeRound, game.EndRound),
        *(game.HaltMarket, game.ResumeMarket, game.CorrectTrade, game.MoveKillSwitch),
        *(game.IssueKey, game.RevealSeed, game.RevealIdentities),
        *(game.AnnounceNews, game.WithdrawNews, game.RepeatNews, news.NewsRejected),
        *(exchange.InstrumentListed, exchange.InstrumentDelisted, exchange.PhaseChanged),
        *(exchange.PhaseRejected, exchange.HaltRejected, exchange.BustRejected),
        *(positions.KillSwitchChanged, TimerFired),
        *(game.SetPar, game.SetJudgement, *get_args(hearing.Heard)),
    )
    emits: ClassVar[tuple[type[Message], ...]] = (
        *(game.GameCreated, game.TeamRegistered, game.RegistrationRejected, game.BotDropped),
        *(game.RoundStarted, game.RoundPaused, game.RoundResumed, game.RoundEnded),
        *(game.KeyIssued, game.IdentitiesRevealed, game.GameActRejected),
        *(StartTimer, StopTimer, *get_args(Setup)),
        *(exchange.SetSchedule, exchange.SetPhase, retail.StartFlow, retail.StopFlow),
        *(exchange.HaltTrading, exchange.ResumeTrading, exchange.BustTrade),
        positions.SetKillSwitch,
        *(market_data.StartMarket, market_data.StopMarket),
        *(news.StartNews, news.StopNews),
        *(news.ScheduleNews, news.CancelNews, news.ReplayNews),
        *(signals.StartSignals, signals.StopSignals),
        *(game.RoundScored, game.ParSet, game.JudgementSet, game.ScoringRejected),
        positions.ReseatAccount,
    )
    answers: ClassVar[tuple[type[Query], ...]] = (
        *(game.AuthenticateKey, game.GetTeams, game.GetRounds, game.GetGame),
        *(game.GetAudit, game.GetScores),
    )

    def __init__(self) -> None:
        self.shard: Shard | None = None
        self._game: Game | None = None
        self._setup = msgpack.Decoder(Setup)

    def handle(self, now: Nanos, message: Message) -> Sequence[Message]:
        if isinstance(message, hearing.Heard):
            scoring = self._created.scoring
            return hearing.hear(self.name, scoring, now, message) if scoring else ()
        return self._hear(now, message)

    def _hear(self, now: Nanos, message: Message) -> Sequence[Message]:
        match message:
            case game.CreateGame():
                return self._create(message)
            case exchange.InstrumentListed():
                self._created.shards[message.instrument.instrument_id] = message.shard
                return ()
            case exchange.InstrumentDelisted():
                self._created.forget(message.instrument_id)
                return ()
            case exchange.PhaseChanged():
                return self._see_phase(now, message)
            case (
                exchange.PhaseRejected()
                | exchange.HaltRejected()
                | exchange.BustRejected()
                | news.NewsRejected()
            ):
                self._created.audit.note_refusal(message.refusal.code)
                return ()
            case game.RegisterTeam():
                return self._register(now, message)
            case TimerFired():
                return self._fire(now, message.key)
            case positions.KillSwitchChanged():
                return self._see_switch(now, message)
            case game.RevealSeed():
                refused = self._created.rounds.open_commitment(message.reveal)
                return () if refused is None else [game.GameActRejected(refusal=refused)]
            case _:
                return self._organize(now, message)

    def query(self, query: Query) -> Reply:
        created = self._game
        match query:
            case game.AuthenticateKey():
                return created.registry.owner_of(query.key_hash) if created else game.UnknownKey()
            case game.GetTeams():
                return game.Teams(teams=tuple(created.registry.teams) if created else ())
            case game.GetRounds():
                return game.Rounds(rounds=created.rounds.rows() if created else ())
            case game.GetGame():
                return self._created.state()
            case game.GetScores():
                return self._created.scores(query.round_id)
            case game.GetAudit():
                page = created.audit.page(query.after_seq, query.count) if created else ()
                return game.AuditTrail(entries=page)
            case _:
                raise AssertionError(query)

    def snapshot(self) -> bytes:
        return store.encode(self._game)

    def restore(self, data: bytes) -> None:
        self._game = store.decode(data)

    @property
    def _created(self) -> Game:
        assert self._game is not None, "CreateGame comes first"
        return self._game

    def _create(self, ask: game.CreateGame) -> Sequence[Message]:
        assert self._game is None, "a journal holds one game"
        setup = [self._setup.decode(raw) for raw in ask.setup]
        configured = (c for c in setup if isinstance(c, positions.ConfigurePositions))
        self._game = Game.created(ask, tuple(r.role for c in configured for r in c.roles))
        others = {c.account_id: c.role for c in setup if isinstance(c, positions.OpenAccount)}
        self._game.scoring = Scoring.planned(ask.rules, others)
        created = game.GameCreated(scenario=ask.rules.scenario, scenario_hash=ask.scenario_hash)
        return [*setup, created]

    def _register(self, now: Nanos, ask: game.RegisterTeam) -> Sequence[Message]:
        told = self._created.register(ask, now)
        if ask.by_organizer:
            code = told.refusal.code if isinstance(told, game.RegistrationRejected) else None
            self._created.audit.note_act(now, ask, code)
        if isinstance(told, game.RegistrationRejected):
            return [told]
        return [positions.OpenAccount(account_id=told.account_id, role=told.role), told]

    def _organize(self, now: Nanos, ask: Message) -> Sequence[Message]:
        told = self._act(now, ask)
        if isinstance(ask, Act):
            codes = (m.refusal.code for m in told if isinstance(m, _REFUSED))
            asked = sum(isinstance(m, _ASKED) for m in told)
            self._created.audit.note_act(now, ask, next(codes, None), asked=asked)
        return told

    def _act(self, now: Nanos, ask: Message) -> Sequence[Message]:
        match ask:
            case game.StartRound() | game.PauseRound() | game.ResumeRound() | game.EndRound():
                return self._move_round(now, ask)
            case game.MovePhase():
                return self._move_phase(ask)
            case game.HaltMarket() | game.ResumeMarket():
                return self._halt(ask)
            case game.CorrectTrade():
                return self._correct(ask)
            case game.MoveKillSwitch():
                return [_switch_of(ask)]
            case game.AnnounceNews() | game.WithdrawNews() | game.RepeatNews():
                return [_news_of(now, ask)]
            case game.IssueKey() | game.SetPar() | game.SetJudgement():
                return [self._enter(ask)]
            case game.RevealIdentities():
                refused = self._created.rounds.reveal_identities(ask.round_id)
                revealed = game.IdentitiesRevealed(round_id=ask.round_id)
                return [revealed if refused is None else game.GameActRejected(refusal=refused)]
            case game.DropBot():
                return [game.BotDropped(account_id=ask.account_id)]
            case _:
                raise AssertionError(ask)

    def _enter(self, ask: game.IssueKey | game.SetPar | game.SetJudgement) -> Message:
        created = self._created
        if isinstance(ask, game.IssueKey):
            return created.registry.issue(ask)
        return refused_or_set(created.scoring, ask, created.registry.teams)

    def _move_round(
        self, now: Nanos, ask: game.StartRound | game.PauseRound | game.ResumeRound | game.EndRound
    ) -> Sequence[Message]:
        created = self._created
        match ask:
            case game.StartRound():
                told = created.start(ask)
                is_started = isinstance(told, game.RoundStarted)
                return [told, *self._before_opening(now)] if is_started else [told]
            case game.PauseRound():
                return [created.pause(ask)]
            case game.ResumeRound():
                return [created.resume(ask)]
            case game.EndRound():
                refused = created.refusal_of_end(ask)
                return self._end(now) if refused is None else [refused]
            case _:
                assert_never(ask)

    def _before_opening(self, now: Nanos) -> Iterator[Message]:
        # Nobody ticks through the days before a round: the others hear of it when it begins.
        start_ns = self._created.rounds.current_plan.start_ns
        if start_ns <= now:
            yield from self._opening()
        else:
            yield StartTimer(owner=self.name, key=OPEN, at_ns=start_ns)

    def _opening(self) -> Iterator[Message]:
        rules, plan = self._created.rules, self._created.rounds.current_plan
        if plan.boundaries:
            for shard, _ in rules.shards:
                yield exchange.SetSchedule(shard=shard, boundaries=plan.boundaries)
        if rules.has_signals:
            yield signals.StartSignals(
                session_start_ns=plan.session_start_ns, session_end_ns=plan.session_end_ns
            )
        if rules.has_news:
            yield news.StartNews(
                session_start_ns=plan.session_start_ns, session_end_ns=plan.session_end_ns
            )
        if rules.has_market:
            yield market_data.StartMarket(
                session_start_ns=plan.session_start_ns,
                session_end_ns=plan.session_end_ns,
                session_ends_ns=tuple(e for e in rules.session_ends_ns if e >= plan.session_end_ns),
                first_step_ns=plan.start_ns,
            )
        if rules.has_retail:
            flow_start_ns = plan.start_ns if plan.flow_start_ns is None else plan.flow_start_ns
            yield retail.StartFlow(flow_start_ns=flow_start_ns, flow_end_ns=plan.session_end_ns)
        if plan.end_ns is not None:
            yield StartTimer(owner=self.name, key=END, at_ns=plan.end_ns)

    def _end(self, now: Nanos) -> Sequence[Message]:
        # The round is over when the market is: an early end closes it first, and is told after.
        self._created.rounds.is_ending = True
        close = (PhaseBoundary(at_ns=now, phase=Phase.CLOSED),)
        open_shards = self._created.open_shards
        closing = [exchange.SetSchedule(shard=shard, boundaries=close) for shard in open_shards]
        return closing or self._ended(now)

    def _see_phase(self, now: Nanos, changed: exchange.PhaseChanged) -> Sequence[Message]:
        self._created.note_phase(changed.shard, changed.phase, changed.instrument_id)
        return self._ended(now)

    def _ended(self, now: Nanos) -> Sequence[Message]:
        created = self._created
        told = created.ended_with_market()
        if told is None:
            return ()
        rules = created.rules
        stops: list[Message] = [StopTimer(owner=self.name, key=key) for key in (OPEN, END)]
        stops += [retail.StopFlow()] if rules.has_retail else []
        stops += [news.StopNews()] if rules.has_news else []
        stops += [signals.StopSignals()] if rules.has_signals else []
        stops += [market_data.StopMarket()] if rules.has_market else []
        stops += [hearing.score_later(self.name, now)] if created.scoring else []
        if told.next_round_id is None:
            return [*stops, told]
        return [*stops, told, *self._organize(now, game.StartRound(round_id=told.next_round_id))]

    def _fire(self, now: Nanos, key: str) -> Sequence[Message]:
        if key != hearing.SCORE:
            return self._end(now) if key == END else [*self._opening()]
        scoring = self._created.scoring
        scored = None if scoring is None else scoring.scored(now)
        return [] if scored is None else [scored]

    def _move_phase(self, ask: game.MovePhase) -> Sequence[Message]:
        created, instrument_id = self._created, ask.instrument_id
        refused = created.refusal_of_phase_move()
        if refused is not None:
            return [refused]
        if instrument_id is None:
            return [exchange.SetPhase(shard=s, phase=ask.phase) for s in created.phases]
        if instrument_id not in created.shards:
            return [_rejected(exchange.INVALID_INSTRUMENT, "instrument_id")]
        shard = created.shards[instrument_id]
        return [exchange.SetPhase(shard=shard, phase=ask.phase, instrument_id=instrument_id)]

    def _halt(self, ask: game.HaltMarket | game.ResumeMarket) -> Sequence[Message]:
        shards = self._shards_named(ask.instrument_id, ask.underlying_id)
        if isinstance(shards, game.GameActRejected):
            return [shards]
        name = ask.instrument_id
        if isinstance(ask, game.ResumeMarket):
            return [exchange.ResumeTrading(shard=shard, instrument_id=name) for shard in shards]
        return [
            exchange.HaltTrading(shard=shard, instrument_id=name, halt_ns=ask.halt_ns)
            for shard in shards
        ]

    def _shards_named(
        self, instrument_id: InstrumentId | None, underlying_id: UnderlyingId | None
    ) -> list[Shard] | game.GameActRejected:
        created = self._created
        if instrument_id is not None:
            if instrument_id not in created.shards:
                return _rejected(exchange.INVALID_INSTRUMENT, "instrument_id")
            return [created.shards[instrument_id]]
        shards = [shard for shard, name in created.rules.shards if underlying_id in {None, name}]
        return shards or _rejected(market_data.UNDERLYING_NOT_FOUND, "underlying_id")

    def _correct(self, ask: game.CorrectTrade) -> Sequence[Message]:
        shard = shard_of_id(ask.trade_id)
        if shard not in self._created.phases:
            return [_rejected(exchange.TRADE_NOT_FOUND, "trade_id")]
        return [exchange.BustTrade(shard=shard, trade_id=ask.trade_id, price=ask.price)]

    def _see_switch(self, now: Nanos, told: positions.KillSwitchChanged) -> Sequence[Message]:
        # The organizer's own switch was noted when it was asked for, with its reason.
        if not told.by_organizer and told.account_id is not None:
            self._created.audit.note_switch(now, told.account_id, is_active=told.is_active)
        return ()


def _switch_of(ask: game.MoveKillSwitch) -> positions.SetKillSwitch:
    return positions.SetKillSwitch(
        account_id=ask.account_id, is_active=ask.is_active, by_organizer=True
    )


def _news_of(now: Nanos, ask: game.AnnounceNews | game.WithdrawNews | game.RepeatNews) -> Message:
    match ask:
        case game.AnnounceNews():
            return news.ScheduleNews(
                headline_id=ask.headline_id,
                effective_ns=now if ask.effective_ns is None else ask.effective_ns,
                has_signal=ask.has_signal and ask.effective_ns is not None,
                is_shift=ask.is_shift,
                jump_ppm=ask.jump_ppm,
            )
        case game.WithdrawNews():
            return news.CancelNews(news_id=ask.news_id)
        case game.RepeatNews():
            return news.ReplayNews(start_ns=now, items=ask.items)
        case _:
            assert_never(ask)


def _rejected(reason: RejectReason, field: str) -> game.GameActRejected:
    refusal = Refusal(code=reason.code, detail=reason.hint, field=field)
    return game.GameActRejected(refusal=refusal)
