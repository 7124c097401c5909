"""Maps messages to teams and rounds, and rounds to every other service's schedule."""

from collections.abc import Iterator, Sequence
from typing import ClassVar, assert_never, get_args

from itg.exchange import contract as exchange
from itg.game import asking, hearing, store
from itg.game import contract as game
from itg.game.core import keys, organizing
from itg.game.core.audit import Act, TeamAct
from itg.game.core.game import Game
from itg.game.core.registry import Registry
from itg.game.core.scoring.keeper import Scoring, refused_or_set
from itg.kernel.ids import Shard
from itg.kernel.messages import Message, Query, Reply
from itg.kernel.times import Nanos
from itg.news import contract as news
from itg.positions import contract as positions
from itg.runtime.service import StartTimer, StopTimer, TimerFired

OPEN, END = "open", "end"
REFUSED = (game.GameActRejected, game.TeamsImportRejected, game.ScoringRejected)


class GameService:
    """Owner of teams, keys and rounds."""

    name: ClassVar[str] = "game"
    accepts: ClassVar[tuple[type[Message], ...]] = (
        *(game.CreateGame, game.RegisterTeam, game.DropBot, game.MovePhase),
        *(game.StartRound, game.PauseRound, game.ResumeRound, game.EndRound),
        *(game.HaltMarket, game.ResumeMarket, game.CorrectTrade, game.MoveKillSwitch),
        *(game.IssueKey, game.RevokeKey, game.RevealSeed, game.RevealIdentities, game.ExtendRound),
        game.NoteGame,
        *get_args(TeamAct),
        *(game.AnnounceNews, game.WithdrawNews, game.RepeatNews, news.NewsRejected),
        *(exchange.InstrumentListed, exchange.InstrumentDelisted, exchange.PhaseChanged),
        *(exchange.PhaseRejected, exchange.HaltRejected, exchange.BustRejected),
        *(positions.KillSwitchChanged, positions.AdjustmentRejected, TimerFired),
        *(game.SetPar, game.SetJudgement, game.NoteService, *get_args(hearing.Heard)),
    )
    emits: ClassVar[tuple[type[Message], ...]] = (
        *(game.GameCreated, game.TeamRegistered, game.RegistrationRejected, game.BotDropped),
        *(game.RoundStarted, game.RoundPaused, game.RoundResumed, game.RoundEnded),
        *(game.KeyIssued, game.KeyRevoked, game.IdentitiesRevealed, game.GameActRejected),
        *(StartTimer, StopTimer),
        *asking.ASKED,
        game.RoundExtended,
        *get_args(organizing.Told),
        *(game.RoundScored, game.ParSet, game.JudgementSet, game.ScoringRejected),
    )
    answers: ClassVar[tuple[type[Query], ...]] = (
        *(game.AuthenticateKey, game.GetTeams, game.GetRounds, game.GetGame),
        *(game.GetAudit, game.GetSchedule, game.GetMessages, game.GetRetiringKeys),
        *(game.GetScores, game.GetServiceNotes, game.GetKeys),
    )

    def __init__(self) -> None:
        self.shard: Shard | None = None
        self._game: Game | None = None

    def handle(self, now: Nanos, message: Message) -> Sequence[Message]:
        if isinstance(message, game.NoteService):
            return self._note(now, message)
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
                | positions.AdjustmentRejected()
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
            case game.GetScores() | game.GetServiceNotes():
                return self._read_round(query)
            case game.GetAudit():
                page = created.audit.page(query.after_seq, query.count) if created else ()
                return game.AuditTrail(entries=page)
            case game.GetSchedule():
                return self._created.schedule()
            case game.GetMessages():
                return self._created.messages_to(query)
            case game.GetKeys() | game.GetRetiringKeys():
                return self._read_keys(query)
            case _:
                raise AssertionError(query)

    def _read_round(self, query: game.GetScores | game.GetServiceNotes) -> Reply:
        created = self._created
        if isinstance(query, game.GetScores):
            return created.scores(query.round_id)
        accounts = created.serving.accounts(query.round_id)
        return game.ServiceNotes(round_id=query.round_id, accounts=accounts)

    def _read_keys(self, query: game.GetKeys | game.GetRetiringKeys) -> Reply:
        registry = self._game.registry if self._game else Registry()
        if isinstance(query, game.GetKeys):
            return game.IssuedKeys(keys=keys.apart(registry))
        return game.RetiringKeys(keys=tuple(registry.retiring))

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
        setup = [asking.SETUP.decode(raw) for raw in ask.setup]
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
            codes = (organizing.refusal_in(m) for m in told if isinstance(m, REFUSED))
            asked = sum(isinstance(m, asking.REFUSABLE) for m in told)
            self._created.audit.note_act(now, ask, next(codes, None), asked=asked)
        return told

    def _act(self, now: Nanos, ask: Message) -> Sequence[Message]:
        match ask:
            case game.StartRound() | game.PauseRound() | game.ResumeRound() | game.EndRound():
                return self._move_round(now, ask)
            case game.ExtendRound() | game.RevealIdentities():
                return self._change_round(now, ask)
            case game.IssueKey() | game.RevokeKey() | game.SetPar() | game.SetJudgement():
                return [self._enter(ask)]
            case game.NoteGame():
                return []
            case game.DropBot():
                return [game.BotDropped(account_id=ask.account_id)]
            case _ if isinstance(ask, asking.OfMarket):
                return asking.move_market(self._created, now, ask)
            case _:
                assert isinstance(ask, TeamAct), f"not an act: {ask!r}"
                return [asking.said(step) for step in organizing.organize(self._created, now, ask)]

    def _enter(
        self, ask: game.IssueKey | game.RevokeKey | game.SetPar | game.SetJudgement
    ) -> Message:
        created = self._created
        if isinstance(ask, game.IssueKey):
            return keys.issue(created.registry, ask)
        if isinstance(ask, game.RevokeKey):
            return keys.revoke(created.registry, ask)
        return refused_or_set(created.scoring, ask, created.registry.teams)

    def _move_round(
        self, now: Nanos, ask: game.StartRound | game.PauseRound | game.ResumeRound | game.EndRound
    ) -> Sequence[Message]:
        created = self._created
        match ask:
            case game.StartRound():
                told = created.start(ask)
                if not isinstance(told, game.RoundStarted):
                    return [told]
                seats = [asking.said(s) for s in organizing.reseats(created, told.round_id)]
                created.begin_scores(told.round_id)
                return [told, *seats, positions.BeginDay(), *self._before_opening(now)]
            case game.PauseRound():
                return [created.pause(ask)]
            case game.ResumeRound():
                return [created.resume(ask)]
            case game.EndRound():
                refused = created.refusal_of_end(ask)
                return self._end(now) if refused is None else [refused]
            case _:
                assert_never(ask)

    def _change_round(
        self, now: Nanos, ask: game.ExtendRound | game.RevealIdentities
    ) -> Sequence[Message]:
        if isinstance(ask, game.RevealIdentities):
            refused = self._created.rounds.reveal_identities(ask.round_id)
            revealed = game.IdentitiesRevealed(round_id=ask.round_id)
            return [revealed if refused is None else game.GameActRejected(refusal=refused)]
        told = self._created.extend(ask)
        is_open = isinstance(told, game.RoundExtended) and self._is_open(now)
        return [told, *self._opening(now)] if is_open else [told]

    def _before_opening(self, now: Nanos) -> Iterator[Message]:
        # Nobody ticks through the days before a round: the others hear of it when it begins.
        start_ns = self._created.rounds.current_plan.start_ns
        if self._is_open(now):
            yield from self._opening(now)
        else:
            yield StartTimer(owner=self.name, key=OPEN, at_ns=start_ns)

    def _is_open(self, now: Nanos) -> bool:
        return self._created.rounds.current_plan.start_ns <= now

    def _opening(self, now: Nanos) -> Iterator[Message]:
        yield from asking.opening(self._created, now)
        end_ns = self._created.rounds.current_plan.end_ns
        if end_ns is not None:
            yield StartTimer(owner=self.name, key=END, at_ns=end_ns)

    def _end(self, now: Nanos) -> Sequence[Message]:
        # The round is over when the market is: an early end closes it first, and is told after.
        self._created.rounds.is_ending = True
        return asking.closing(self._created, now) or self._ended(now)

    def _see_phase(self, now: Nanos, changed: exchange.PhaseChanged) -> Sequence[Message]:
        self._created.note_phase(changed.shard, changed.phase, changed.instrument_id)
        return self._ended(now)

    def _ended(self, now: Nanos) -> Sequence[Message]:
        created = self._created
        told = created.ended_with_market()
        if told is None:
            return ()
        stops: list[Message] = [StopTimer(owner=self.name, key=key) for key in (OPEN, END)]
        stops += asking.stopping(created)
        if created.scoring is None:
            return [*stops, told, *self._following(now)]
        # A round that follows takes seats and holdings along: first this one is scored.
        return [*stops, told, hearing.score_later(self.name, now)]

    def _following(self, now: Nanos) -> Sequence[Message]:
        rules, rounds = self._created.rules, self._created.rounds
        is_due = rules.starts_next_round and rounds.current_id is None and rounds.next_id
        return self._organize(now, game.StartRound(round_id=rounds.next_id)) if is_due else ()

    def _fire(self, now: Nanos, key: str) -> Sequence[Message]:
        scoring = self._created.scoring
        if scoring is not None and key == hearing.MEASURE:
            return hearing.count(self.name, scoring, now)
        if scoring is not None and key == hearing.SCORE:
            scored = scoring.scored(now)
            return [*([] if scored is None else [scored]), *self._following(now)]
        return self._end(now) if key == END else [*self._opening(now)]

    def _note(self, now: Nanos, told: game.NoteService) -> Sequence[Message]:
        round_id = self._created.rounds.current_id
        if round_id is not None:
            self._created.serving.note(round_id, now, told.notes)
        return ()

    def _see_switch(self, now: Nanos, told: positions.KillSwitchChanged) -> Sequence[Message]:
        # The organizer's own switch was noted when it was asked for, with its reason.
        if not told.by_organizer and told.account_id is not None:
            self._created.audit.note_switch(now, told.account_id, is_active=told.is_active)
        return ()
