"""The game service's only door: teams, keys, rounds and the configuration of everybody else.

Keys are known as SHA-256 digests that arrive in commands and leave in no event.
"""

from enum import Enum, unique

from msgspec import Raw, Struct

from itg.kernel.errors import Refusal, RejectReason
from itg.kernel.ids import AccountId, InstrumentId, Role, Shard, TeamId, TradeId, UnderlyingId
from itg.kernel.messages import Command, Event, Query, Reply
from itg.kernel.money import Price
from itg.kernel.times import Nanos
from itg.kernel.words import Phase, PhaseBoundary, ReplayItem


@unique
class Scope(Enum):
    """What a key may do."""

    TRADE = "trade"
    READ = "read"
    RESEARCH = "research"
    ADMIN = "admin"


@unique
class RoundStatus(Enum):
    """Where a round stands."""

    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"


class RoundPlan(Struct, frozen=True, gc=False, kw_only=True):
    """One round on the game clock. `boundaries` empty: the organizer drives the phases."""

    trading_day: str  # YYYY-MM-DD
    start_ns: Nanos
    flow_start_ns: Nanos | None = None  # retail orders begin here; None: with the round
    session_start_ns: Nanos  # continuous trading
    session_end_ns: Nanos
    end_ns: Nanos | None  # the round ends by itself here; None: by the organizer
    boundaries: tuple[PhaseBoundary, ...] = ()


class TeamPlan(Struct, frozen=True, gc=False, kw_only=True):
    """A team the scenario brings along."""

    team_name: str
    role: Role


class GameRules(Struct, frozen=True, gc=False, kw_only=True):
    """What the game itself needs of a scenario."""

    scenario: str
    open_registration: bool
    registrable_roles: tuple[Role, ...]
    max_teams: int
    speed: float
    lock_step: bool
    start_on_create: bool  # the first round starts with the game, no organizer needed
    starts_next_round: bool = False  # when a round ends, the next scheduled one starts by itself
    rounds: tuple[RoundPlan, ...]
    session_ends_ns: tuple[Nanos, ...]
    shards: tuple[tuple[Shard, UnderlyingId], ...]
    has_market: bool  # prices are simulated (market_data is configured)
    has_retail: bool
    has_news: bool = False  # headlines come
    has_signals: bool = False  # roles are told of the future
    step_ns: Nanos = Nanos(250_000_000)  # a step of the market, and of lock step
    teams: tuple[TeamPlan, ...] = ()  # registered by whoever composes the game, in this order


class CreateGame(Command, frozen=True, kw_only=True):
    """Create the game from a compiled scenario; first input of a journal, once."""

    scenario_hash: str
    rules: GameRules
    # Commands to the other services in order, each in MessagePack: the game passes them on and
    # knows their meaning no further, so that no contract imports another.
    setup: tuple[Raw, ...]
    join_code_hash: str  # "" where registration is open
    admin_key_hash: str


class RegisterTeam(Command, frozen=True, kw_only=True):
    """Register a team; `by_organizer` needs no join code."""

    team_name: str
    role: Role
    key_hash: str
    join_code_hash: str = ""
    by_organizer: bool = False
    reason: str = ""  # of the organizer, for the audit


class StartRound(Command, frozen=True, kw_only=True):
    """Start the next scheduled round, or `round_id`."""

    round_id: int | None = None
    reason: str = ""


class PauseRound(Command, frozen=True, kw_only=True):
    """Freeze the game clock."""

    round_id: int
    reason: str = ""


class ResumeRound(Command, frozen=True, kw_only=True):
    """Let the game clock run again."""

    round_id: int
    reason: str = ""


class EndRound(Command, frozen=True, kw_only=True):
    """Close the market and end the round."""

    round_id: int
    reason: str = ""


class MovePhase(Command, frozen=True, kw_only=True):
    """An organizer's phase move, for all shards or one instrument."""

    phase: Phase
    instrument_id: InstrumentId | None = None
    reason: str = ""


class HaltMarket(Command, frozen=True, kw_only=True):
    """Halt an instrument, an underlying with its series, or (neither named) everything.

    Trading reopens by auction after `halt_ns`, or on `ResumeMarket` where that is None.
    """

    instrument_id: InstrumentId | None = None
    underlying_id: UnderlyingId | None = None
    halt_ns: Nanos | None = None
    reason: str = ""


class ResumeMarket(Command, frozen=True, kw_only=True):
    """End such a halt now, by auction."""

    instrument_id: InstrumentId | None = None
    underlying_id: UnderlyingId | None = None
    reason: str = ""


class CorrectTrade(Command, frozen=True, kw_only=True):
    """Bust a trade, or move it to another price."""

    trade_id: TradeId
    price: Price | None = None  # None: as if it had never been
    reason: str = ""


class MoveKillSwitch(Command, frozen=True, kw_only=True):
    """An organizer's kill switch, of one account or of all (None)."""

    account_id: AccountId | None = None
    is_active: bool = True
    reason: str = ""


class AnnounceNews(Command, frozen=True, kw_only=True):
    """An organizer's news at an instant, or now, which no forecast can warn of.

    `is_shift` and `jump_ppm` fix its outcome, None draws it from the table.
    """

    headline_id: str
    effective_ns: Nanos | None = None
    has_signal: bool = True
    is_shift: bool | None = None
    jump_ppm: int | None = None
    reason: str = ""


class WithdrawNews(Command, frozen=True, kw_only=True):
    """Cancel news that is not out yet, an arrival too."""

    news_id: int
    reason: str = ""


class RepeatNews(Command, frozen=True, kw_only=True):
    """Publish a recorded history of news from now on, all of it or nothing."""

    items: tuple[ReplayItem, ...]
    reason: str = ""


class IssueKey(Command, frozen=True, kw_only=True):
    """Give somebody without a team a key, by the organizer's hand; it reads and researches."""

    key_name: str
    key_hash: str
    reason: str = ""


class DropBot(Command, frozen=True, kw_only=True):
    """Go on without a bot that keeps a lock-step game waiting."""

    account_id: AccountId


class GameCreated(Event, frozen=True, kw_only=True):
    """The game exists; every service has been configured."""

    scenario: str
    scenario_hash: str


class TeamRegistered(Event, frozen=True, kw_only=True):
    """A team may trade through its account."""

    team_id: TeamId
    account_id: AccountId
    team_name: str
    role: Role


class RegistrationRejected(Event, frozen=True, kw_only=True):
    """A registration was refused."""

    team_name: str
    refusal: Refusal


class KeyIssued(Event, frozen=True, kw_only=True):
    """Somebody without a team may ask with a key of these scopes."""

    key_name: str
    scopes: tuple[Scope, ...]


class RoundStarted(Event, frozen=True, kw_only=True):
    """The game clock runs from `start_ns` at `speed`."""

    round_id: int
    trading_day: str
    start_ns: Nanos
    speed: float


class RoundPaused(Event, frozen=True, kw_only=True):
    """The game clock stands."""

    round_id: int


class RoundResumed(Event, frozen=True, kw_only=True):
    """The game clock runs again."""

    round_id: int


class RoundEnded(Event, frozen=True, kw_only=True):
    """The round is over; the market is closed and the game clock stands.

    `next_round_id` starts by itself now; None: the organizer's to start, or none is left.
    """

    round_id: int
    trading_day: str
    next_round_id: int | None = None


class BotDropped(Event, frozen=True, kw_only=True):
    """A lock-step game no longer waits for this account's bot; its orders stand."""

    account_id: AccountId


class GameActRejected(Event, frozen=True, kw_only=True):
    """An organizer's act was refused."""

    refusal: Refusal


class AuthenticateKey(Query, frozen=True, kw_only=True):
    """Find whose key a digest is."""

    key_hash: str


class GetTeams(Query, frozen=True, kw_only=True):
    """Read all teams in registration order."""


class GetRounds(Query, frozen=True, kw_only=True):
    """Read all rounds."""


class GetGame(Query, frozen=True, kw_only=True):
    """Read the game's rules and state."""


class GetAudit(Query, frozen=True, kw_only=True):
    """Read the organizer's acts and the teams' kill switches after an audit number."""

    after_seq: int = 0
    count: int = 1_000


class AuditEntry(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """Who did what to whom, when and why; `audit_seq` counts from 1."""

    audit_seq: int
    at_ns: Nanos  # game time
    actor: str  # a team, or the organizer
    act: str
    subject: str = ""  # a round, phase, instrument, trade or team; empty: the whole market
    reason: str = ""
    refusal_code: str | None = None  # the game refused the act


class AuditTrail(Reply, frozen=True, kw_only=True):
    """A page of the audit, newest last; the last 1,000 acts are kept."""

    entries: tuple[AuditEntry, ...]


class Principal(Reply, frozen=True, kw_only=True):
    """Who a key belongs to; `team_id` None for an organizer."""

    team_id: TeamId | None
    account_id: AccountId | None
    role: Role | None
    scopes: tuple[Scope, ...]


class UnknownKey(Reply, frozen=True, kw_only=True):
    """No such key, or a revoked one."""


class Team(Struct, frozen=True, gc=False, kw_only=True):
    """A team's public facts."""

    team_id: TeamId
    account_id: AccountId
    team_name: str
    role: Role
    registered_ns: Nanos


class Teams(Reply, frozen=True, kw_only=True):
    """All teams."""

    teams: tuple[Team, ...]


class Round(Struct, frozen=True, gc=False, kw_only=True):
    """A round's facts."""

    round_id: int
    trading_day: str
    status: RoundStatus
    start_ns: Nanos
    session_start_ns: Nanos
    session_end_ns: Nanos
    end_ns: Nanos | None


class Rounds(Reply, frozen=True, kw_only=True):
    """All rounds in order."""

    rounds: tuple[Round, ...]


class GameState(Reply, frozen=True, kw_only=True):
    """The game in one look."""

    scenario: str
    scenario_hash: str
    rules: GameRules
    current_round: Round | None


DUPLICATE_TEAM_NAME = RejectReason(
    code="DUPLICATE_TEAM_NAME", hint="Choose another team_name.", status=409
)
INVALID_TEAM_NAME = RejectReason(code="INVALID_TEAM_NAME", hint="Use 3 to 50 printable characters.")
ROLE_NOT_OPEN = RejectReason(
    code="ROLE_NOT_OPEN", hint="This role is played by the house.", status=403
)
UNKNOWN_ROLE = RejectReason(code="UNKNOWN_ROLE", hint="Use a role of GET /game/rules.")
INVALID_JOIN_CODE = RejectReason(
    code="INVALID_JOIN_CODE", hint="Ask the organizer for the join code.", status=403
)
GAME_FULL = RejectReason(
    code="GAME_FULL", hint="The scenario's number of teams is reached.", status=409
)
ROUND_NOT_FOUND = RejectReason(code="ROUND_NOT_FOUND", hint="See GET /game/rounds.", status=404)
ROUND_WRONG_STATUS = RejectReason(
    code="ROUND_WRONG_STATUS",
    hint="A scheduled round can start, a running one pause or end, a paused one resume or end.",
    status=409,
)
TEAM_NOT_FOUND = RejectReason(code="TEAM_NOT_FOUND", hint="See GET /game/teams.", status=404)
