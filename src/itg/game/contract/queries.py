"""What can be read of the game."""

from msgspec import Struct

from itg.game.contract.rules import GameRules, RoundStatus, Scope, SeedReveal
from itg.kernel.ids import AccountId, Role, TeamId
from itg.kernel.messages import Query, Reply
from itg.kernel.times import Nanos


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
    actor: str  # a team, or the name of the organizer's key
    act: str
    subject: str = ""  # a round, phase, instrument, trade or team; empty: the whole market
    reason: str = ""
    refusal_code: str | None = None  # the game refused the act


class AuditTrail(Reply, frozen=True, kw_only=True):
    """A page of the audit, newest last.

    Every act of an organizer is kept, and each team's last 1,000 kill switches.
    """

    entries: tuple[AuditEntry, ...]


class Principal(Reply, frozen=True, kw_only=True):
    """Who a key belongs to; `team_id` None for an organizer."""

    team_id: TeamId | None
    account_id: AccountId | None
    role: Role | None
    scopes: tuple[Scope, ...]
    key_number: int = 0  # of the team's keys or of those without a team, from 1
    key_name: str = ""  # of an organizer's or a researcher's


class UnknownKey(Reply, frozen=True, kw_only=True):
    """No such key, or a revoked one."""


class Team(Struct, frozen=True, gc=False, kw_only=True):
    """A team's public facts."""

    team_id: TeamId
    account_id: AccountId
    team_name: str
    role: Role
    registered_ns: Nanos
    is_suspended: bool = False


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
    commitment: str = ""  # to the seed; "": none was made
    is_scored: bool = True
    vol_factor: float = 1.0  # times the price model's volatility
    reveal: SeedReveal | None = None  # what opens it, once no round is left to play
    is_revealed: bool = False  # exports name who did what


class Rounds(Reply, frozen=True, kw_only=True):
    """All rounds in order."""

    rounds: tuple[Round, ...]


class GameState(Reply, frozen=True, kw_only=True):
    """The game in one look."""

    scenario: str
    scenario_hash: str
    rules: GameRules
    current_round: Round | None
