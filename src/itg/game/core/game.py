"""The whole state of a game, and what its own commands do to it."""

from msgspec import Struct, field
from msgspec.structs import replace

from itg.game.contract import (
    ROUND_WRONG_STATUS,
    CreateGame,
    EndRound,
    ExtendRound,
    GameActRejected,
    GameRules,
    GameState,
    GetMessages,
    Messages,
    PauseRound,
    RegisterTeam,
    RegistrationRejected,
    ResumeRound,
    RoundEnded,
    RoundExtended,
    RoundPaused,
    RoundResumed,
    RoundStarted,
    RoundStatus,
    Schedule,
    Scores,
    ScoringRules,
    Seat,
    SentMessage,
    StartRound,
    TeamRegistered,
)
from itg.game.core.audit import Audit
from itg.game.core.registry import Registry
from itg.game.core.rotation import role_to_begin, schedule_of
from itg.game.core.rounds import UNDER_WAY, Rounds
from itg.game.core.scoring.keeper import Scoring
from itg.game.core.serving import Serving
from itg.kernel.errors import Refusal
from itg.kernel.ids import InstrumentId, Role, Shard
from itg.kernel.times import Nanos
from itg.kernel.words import Phase


class Game(Struct):
    """A created game."""

    scenario_hash: str
    rules: GameRules
    registry: Registry
    rounds: Rounds
    phases: dict[Shard, Phase] = field(default_factory=dict)
    shards: dict[InstrumentId, Shard] = field(default_factory=dict)  # of the listed instruments
    open_alone: dict[InstrumentId, Shard] = field(default_factory=dict)  # in a closed shard
    audit: Audit = field(default_factory=Audit)
    seats: dict[int, list[Seat]] = field(default_factory=dict)  # of the rounds that began
    messages: list[SentMessage] = field(default_factory=list)
    last_message_id: int = 0
    scoring: Scoring | None = None  # None: the scenario scores nothing
    serving: Serving = field(default_factory=Serving)

    @classmethod
    def created(cls, ask: CreateGame, roles: tuple[Role, ...]) -> "Game":
        """Return the game a command creates; `roles` are all the scenario knows."""
        return cls(
            scenario_hash=ask.scenario_hash,
            rules=ask.rules,
            registry=Registry(
                roles=roles,
                join_code_hash=ask.join_code_hash,
                admin_key_hash=ask.admin_key_hash,
            ),
            rounds=Rounds.planned(ask.rules.rounds, ask.commitment),
            phases={shard: Phase.CLOSED for shard, _ in ask.rules.shards},
        )

    @property
    def open_shards(self) -> list[Shard]:
        """Return the shards that are not closed, or not with every instrument."""
        alone = self.open_alone.values()
        return [s for s, phase in self.phases.items() if phase is not Phase.CLOSED or s in alone]

    def note_phase(self, shard: Shard, phase: Phase, instrument_id: InstrumentId | None) -> None:
        """Keep the phase of a shard, or of an instrument that has one of its own."""
        if instrument_id is None:
            self.phases[shard] = phase
            self.open_alone = {i: s for i, s in self.open_alone.items() if s != shard}
        elif phase is Phase.CLOSED:
            self.open_alone.pop(instrument_id, None)
        elif self.phases[shard] is Phase.CLOSED:
            self.open_alone[instrument_id] = shard

    def forget(self, instrument_id: InstrumentId) -> None:
        """Forget a delisted instrument."""
        self.open_alone.pop(instrument_id, None)
        self.shards.pop(instrument_id, None)

    def register(self, ask: RegisterTeam, now: Nanos) -> TeamRegistered | RegistrationRejected:
        """Add a team, or say why not."""
        refusal = self.registry.refusal_of(ask, self.rules)
        if refusal is not None:
            return RegistrationRejected(team_name=ask.team_name, refusal=refusal)
        place = len(self.registry.teams)
        role = role_to_begin(self.rules, self.rounds, place, ask.role)
        team = self.registry.register(replace(ask, role=role), now)
        if self.rounds.current_id is not None:
            self.seats[self.rounds.current_id].append(Seat(team.team_id, team.role))
            if self.scoring is not None:
                self.scoring.join(now, team)
        return TeamRegistered(
            team_id=team.team_id,
            account_id=team.account_id,
            team_name=team.team_name,
            role=team.role,
        )

    def note_seats(self, round_id: int) -> None:
        """Keep who plays what in a round that begins."""
        self.seats[round_id] = [Seat(team.team_id, team.role) for team in self.registry.teams]

    def extend(self, ask: ExtendRound) -> RoundExtended | GameActRejected:
        """Let the round under way close later, or say why not."""
        refusal = self.rounds.refusal_of_extension(ask.round_id, ask.extend_ns)
        if refusal is not None:
            return GameActRejected(refusal=refusal)
        plan = self.rounds.extend(ask.round_id, ask.extend_ns)
        return RoundExtended(
            round_id=ask.round_id, session_end_ns=plan.session_end_ns, end_ns=plan.end_ns
        )

    def start(self, ask: StartRound) -> RoundStarted | GameActRejected:
        """Start a round, or say why not."""
        round_id = self.rounds.to_start(ask.round_id)
        if isinstance(round_id, Refusal):
            return GameActRejected(refusal=round_id)
        self.rounds.move(round_id, RoundStatus.RUNNING)
        if self.scoring is not None:
            self.scoring.leave()
        plan = self.rounds.plan(round_id)
        return RoundStarted(
            round_id=round_id,
            trading_day=plan.trading_day,
            start_ns=plan.start_ns,
            speed=self.rules.speed,
        )

    def begin_scores(self, round_id: int) -> None:
        """Seat the teams by the roles a round is played in; count its scores if it is scored."""
        plan = self.rounds.plan(round_id)
        if self.scoring is not None:
            teams = self.registry.teams
            self.scoring.begin(round_id, plan.start_ns, teams, is_scored=plan.is_scored)

    def pause(self, ask: PauseRound) -> RoundPaused | GameActRejected:
        """Pause the running round, or say why not."""
        refusal = self.rounds.refusal_of(ask.round_id, (RoundStatus.RUNNING,))
        if refusal is not None:
            return GameActRejected(refusal=refusal)
        self.rounds.move(ask.round_id, RoundStatus.PAUSED)
        return RoundPaused(round_id=ask.round_id)

    def resume(self, ask: ResumeRound) -> RoundResumed | GameActRejected:
        """Resume the paused round, or say why not."""
        refusal = self.rounds.refusal_of(ask.round_id, (RoundStatus.PAUSED,))
        if refusal is not None:
            return GameActRejected(refusal=refusal)
        self.rounds.move(ask.round_id, RoundStatus.RUNNING)
        return RoundResumed(round_id=ask.round_id)

    def refusal_of_end(self, ask: EndRound) -> GameActRejected | None:
        """Say why a round may not end now, None if it may."""
        refusal = self.rounds.refusal_of(ask.round_id, UNDER_WAY)
        return None if refusal is None else GameActRejected(refusal=refusal)

    def ended_with_market(self) -> RoundEnded | None:
        """End the round that is ending once every shard is closed; None before."""
        if not self.rounds.is_ending or self.open_shards:
            return None
        round_id = self.rounds.end()
        if self.scoring is not None:
            self.scoring.end()
        return RoundEnded(
            round_id=round_id,
            trading_day=self.rounds.plan(round_id).trading_day,
            next_round_id=self.rounds.next_id if self.rules.starts_next_round else None,
        )

    def refusal_of_phase_move(self) -> GameActRejected | None:
        """Say why the organizer may not move a phase now, None if they may."""
        if self.rounds.current_id is not None and not self.rounds.is_ending:
            return None
        refusal = Refusal(code=ROUND_WRONG_STATUS.code, detail="no round is running; start one")
        return GameActRejected(refusal=refusal)

    def schedule(self) -> Schedule:
        """Return who plays what in each round."""
        rounds = schedule_of(self.rules, self.rounds, self.registry, self.seats)
        return Schedule(rounds=tuple(rounds))

    def messages_to(self, query: GetMessages) -> Messages:
        """Return a page of what a team and all were told; without a team, of everything."""
        page = [
            told
            for told in self.messages
            if told.message_id > query.after_id
            and (query.team_id is None or told.team_id in {None, query.team_id})
        ]
        return Messages(messages=tuple(page[: query.count]))

    def scores(self, round_id: int | None) -> Scores:
        """Return a round's scores and the season's; nothing where the scenario scores nothing."""
        if self.scoring is None:
            return Scores(round=None, final=(), rules=ScoringRules())
        return self.scoring.scores(round_id, self.registry.teams)

    def state(self) -> GameState:
        current = self.rounds.current_id
        return GameState(
            scenario=self.rules.scenario,
            scenario_hash=self.scenario_hash,
            rules=self.rules,
            current_round=None if current is None else self.rounds.row(current),
        )
