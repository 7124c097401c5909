"""A scenario tried before a game is made of it: its faults, its plan, a short session of it."""

from typing import Annotated, Literal

from msgspec import Meta

from itg.wire.v1.game import RoleBody
from itg.wire.v1.orders import Body, Request

TextIn = Annotated[str, Meta(min_length=1, max_length=60_000)]
MinutesIn = Annotated[int, Meta(ge=0, le=60)]


class DryRunRequest(Request, frozen=True, kw_only=True):
    """A shipped scenario by its name, or the text of a file that may extend a shipped one.

    `minutes` of trading are played with the reference bots; 0: none.
    """

    scenario: str | None = None
    text: TextIn | None = None
    minutes: MinutesIn = 10


class ScenarioFaultBody(Body, frozen=True, kw_only=True):
    """Something that is wrong: the key or table, its line in the text (from 1), and what is."""

    place: str
    line: int | None
    detail: str


class PlannedPhaseBody(Body, frozen=True, kw_only=True):
    """A phase that begins by itself."""

    phase: str
    at_us: int


class PlannedNewsBody(Body, frozen=True, kw_only=True):
    """A headline of the first session, with this seed."""

    at_us: int
    headline: str


class PlannedDayBody(Body, frozen=True, kw_only=True):
    """A round; no `phases`: the organizer moves them. `vol_factor` is times the model's own."""

    round_id: int
    trading_day: str
    is_scored: bool
    vol_factor: float
    start_us: int
    session_start_us: int
    session_end_us: int
    phases: list[PlannedPhaseBody]


class PlannedUnderlyingBody(Body, frozen=True, kw_only=True):
    """What is listed of an underlying at first; expiries as days."""

    underlying_id: str
    options: int
    expiries: list[str]
    strike_min: float | None
    strike_max: float | None


class PlannedSeatBody(Body, frozen=True, kw_only=True):
    """A team of the scenario, or a seat of the dry run where it names none."""

    team_name: str
    role: str


class DryPlanBody(Body, frozen=True, kw_only=True):
    """What a game of it would be; `headlines` is the length of its table."""

    scenario: str
    scenario_hash: str
    seed: int
    speed: float
    max_teams: int
    days: list[PlannedDayBody]
    underlyings: list[PlannedUnderlyingBody]
    roles: list[RoleBody]
    headlines: int
    news: list[PlannedNewsBody]
    seats: list[PlannedSeatBody]


class RoleFiguresBody(Body, frozen=True, kw_only=True):
    """A role's accounts in the session that was played, in USD."""

    role: str
    is_house: bool
    accounts: int
    orders: int
    contracts: int
    fees: float
    pnl: float


class DryFiguresBody(Body, frozen=True, kw_only=True):
    """The first `minutes` of trading after a minute of pre-open, with the reference bots."""

    minutes: int
    trades: int
    contracts: int
    orders: int
    quotes: int
    halts: int
    headlines: int
    roles: list[RoleFiguresBody]
    wall_s: float


class DryRunBody(Body, frozen=True, kw_only=True):
    """The newest dry run as far as it is; `share` of the session has been played.

    `failed`: `fault` says why it could not be ended. `faulty`: no game can be made of it.
    """

    run_id: int
    status: Literal["none", "running", "done", "faulty", "stopped", "failed"]
    scenario: str
    share: float
    fault: str
    faults: list[ScenarioFaultBody]
    plan: DryPlanBody | None
    figures: DryFiguresBody | None
