"""What the game tells."""

from itg.game.contract.rules import Scope
from itg.kernel.errors import Refusal
from itg.kernel.ids import AccountId, Role, TeamId
from itg.kernel.messages import Event
from itg.kernel.times import Nanos


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


class IdentitiesRevealed(Event, frozen=True, kw_only=True):
    """Exports of this round name teams from now on."""

    round_id: int


class BotDropped(Event, frozen=True, kw_only=True):
    """A lock-step game no longer waits for this account's bot; its orders stand."""

    account_id: AccountId


class GameActRejected(Event, frozen=True, kw_only=True):
    """An organizer's act was refused."""

    refusal: Refusal
