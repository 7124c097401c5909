"""A game's rules and plans: scopes, rounds, teams, what the game needs of a scenario."""

from enum import Enum, unique

from msgspec import Struct

from itg.game.contract.scores import ScoringRules
from itg.kernel.ids import AccountId, Role, Shard, UnderlyingId
from itg.kernel.times import Nanos
from itg.kernel.words import PhaseBoundary, Word


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


@unique
class RoleRotation(Word):
    """How roles go round."""

    NONE = "none"  # a team keeps the role it registered in
    LATIN_SQUARE = "latin_square"  # of the registrable roles, one further each scored round


class RoundPlan(Struct, frozen=True, gc=False, kw_only=True):
    """One round on the game clock. `boundaries` empty: the organizer drives the phases."""

    trading_day: str  # YYYY-MM-DD
    start_ns: Nanos
    flow_start_ns: Nanos | None = None  # retail orders begin here; None: with the round
    session_start_ns: Nanos  # continuous trading
    session_end_ns: Nanos
    end_ns: Nanos | None  # the round ends by itself here; None: by the organizer
    boundaries: tuple[PhaseBoundary, ...] = ()
    is_scored: bool = True  # False: practice
    vol_factor: float = 1.0  # times the price model's volatility


class SeedReveal(Struct, frozen=True, gc=False, kw_only=True):
    """What the commitment to a game's seed was made of."""

    scenario: str
    scenario_hash: str
    seed: int
    build: str
    salt: str


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
    scoring: ScoringRules | None = None
    rotation: RoleRotation = RoleRotation.NONE
    house_account_id: AccountId | None = None  # takes over what reseated teams held
