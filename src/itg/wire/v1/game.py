"""Teams, rounds, time, rules, tickets and the organizer's acts."""

from typing import Annotated, Literal

from msgspec import Meta

from itg.wire.v1.market import PhaseWord
from itg.wire.v1.orders import Body, NeededReason, PriceIn, ReasonText, Request, WireInt


class RegisterRequest(Request, frozen=True, kw_only=True):
    """Register a team; `join_code` where the scenario asks for one."""

    team_name: str
    role: str
    join_code: str | None = None


class RegisteredBody(Body, frozen=True, kw_only=True):
    """The new team and its key, shown this once."""

    team_id: str
    team_name: str
    role: str
    api_key: str


class TeamBody(Body, frozen=True, kw_only=True):
    """A team's public facts."""

    team_id: str
    team_name: str
    role: str
    registered_us: int
    is_suspended: bool = False


class TeamPage(Body, frozen=True, kw_only=True):
    """Teams in registration order."""

    items: list[TeamBody]
    next_cursor: str | None


class RevealBody(Body, frozen=True, kw_only=True):
    """What a commitment was made of; as a file, `itg scenario verify` reads it."""

    scenario: str
    scenario_hash: str
    seed: int
    build: str
    salt: str


class RoundBody(Body, frozen=True, kw_only=True):
    """A round's facts.

    `commitment` was made to the seed of all rounds, before the first; `reveal` opens it, once the
    last is over. `is_revealed`: exports name who did what. `vol_factor`: how much more
    than the model says prices move in this round.
    """

    round_id: int
    trading_day: str
    status: Literal["scheduled", "running", "paused", "ended"]
    start_us: int
    session_start_us: int
    session_end_us: int
    end_us: int | None
    is_scored: bool
    vol_factor: float
    commitment: str | None
    reveal: RevealBody | None
    is_revealed: bool


class RoundPage(Body, frozen=True, kw_only=True):
    """Rounds in order."""

    items: list[RoundBody]
    next_cursor: str | None


class TimeBody(Body, frozen=True, kw_only=True):
    """Both clocks; `speed` is game seconds per wall second, 0 while the game clock stands."""

    ts_us: int
    game_us: int
    speed: float
    phase: PhaseWord


class RoleBody(Body, frozen=True, kw_only=True):
    """A role's rules; fees in USD per contract, positive paid."""

    role: str
    maker_fee: float
    taker_fee: float
    starting_cash: float
    quotes_allowed: bool
    can_register: bool
    constraints: list[dict[str, str | int | float | bool | list[str] | dict[str, float]]]


class RulesBody(Body, frozen=True, kw_only=True):
    """The rules of this game."""

    scenario: str
    scenario_hash: str
    open_registration: bool
    lock_step: bool
    speed: float
    roles: list[RoleBody]
    problem_codes: list[str]


ExportWord = Literal[
    "prices",
    "trades",
    "events",
    "signals",
    "orders",
    "quotes",
    "corrections",
    "positions",
    "pnl",
    "news",
    "spots",
]


class ExportParams(Request, frozen=True, kw_only=True):
    """What to export of an ended round, and how; `lobster` is a form of its orders alone."""

    round_id: WireInt
    what: ExportWord
    format: Literal["csv", "parquet", "lobster"] = "csv"


class ExportFile(Body, frozen=True, kw_only=True):
    """A table: one row a fact, oldest first; columns are named as on the wire."""


class LogParams(Request, frozen=True, kw_only=True):
    """Whose log of an ended round; only an organizer names a team."""

    round_id: WireInt
    team_id: str | None = None


class BlotterParams(LogParams, frozen=True, kw_only=True):
    """Which of a team's own tables of an ended round, and how."""

    what: Literal["orders", "fills"]
    format: Literal["csv", "parquet"] = "csv"


class BlotterFile(Body, frozen=True, kw_only=True):
    """A table: one row an order or a fill, oldest first, refused orders last."""


class FormatsBody(Body, frozen=True, kw_only=True):
    """In which formats this server writes tables; without the extra `analytics`, CSV alone."""

    formats: list[Literal["csv", "parquet"]]


class LogFile(Body, frozen=True, kw_only=True):
    """One JSON object a line: `seq ts_us game_us channel type data`, oldest first."""


class BundleKeyBody(Body, frozen=True, kw_only=True):
    """What the bundles of this game are signed with, in hexadecimal; null: none are made."""

    algorithm: Literal["Ed25519"]
    public_key: str | None


class TicketBody(Body, frozen=True, kw_only=True):
    """A one-time ticket for a browser's socket: `/ws?ticket=…` within 30 s."""

    ticket: str
    expires_in_s: int


class CreateTeamRequest(Request, frozen=True, kw_only=True):
    """An organizer registers a team, any role but the house's."""

    team_name: str
    role: str
    reason: ReasonText = ""


class IssueKeyRequest(Request, frozen=True, kw_only=True):
    """A key for somebody without a team: it reads, and exports the history of ended rounds.

    `is_organizer`: it does all that the first organizer's key does, and the audit names it.
    """

    key_name: Annotated[str, Meta(min_length=3, max_length=50)]
    is_organizer: bool = False
    reason: ReasonText = ""


class IssuedKeyBody(Body, frozen=True, kw_only=True):
    """The new key with its scopes, shown this once."""

    key_name: str
    scopes: list[str]
    api_key: str


class PhaseRequest(Request, frozen=True, kw_only=True):
    """Move the market, or one instrument, to a phase."""

    phase: PhaseWord
    instrument_id: str | None = None
    reason: ReasonText = ""


class PhaseMovedBody(Body, frozen=True, kw_only=True):
    """The phase after the move."""

    phase: PhaseWord
    instrument_id: str | None


class HaltRequest(Request, frozen=True, kw_only=True):
    """Halt or resume an instrument, an underlying with its series, or everything.

    `halt_s` of game time later trading reopens by auction; without it, when it is resumed.
    """

    action: Literal["halt", "resume"]
    instrument_id: str | None = None
    underlying_id: str | None = None
    halt_s: Annotated[int, Meta(ge=1, le=86_400)] | None = None
    reason: ReasonText = ""


class MovedBody(Body, frozen=True, kw_only=True):
    """One place that halted or resumed; no instrument: the whole underlying."""

    underlying_id: str
    instrument_id: str | None
    resumes_us: int | None = None


class HaltedBody(Body, frozen=True, kw_only=True):
    """What halted or resumed; trading reopens by auction."""

    action: Literal["halt", "resume"]
    items: list[MovedBody]


class BustRequest(Request, frozen=True, kw_only=True):
    """Undo a trade, or with a price let it count at that price."""

    price: PriceIn | None = None
    reason: NeededReason


class BustParams(BustRequest, frozen=True, kw_only=True):
    """`BustRequest` and the trade it is about."""

    trade_id: WireInt


class BustedBody(Body, frozen=True, kw_only=True):
    """The trade as it was, and the price at which it counts now (none: not at all)."""

    trade_id: int
    instrument_id: str
    price: float
    adjusted_price: float | None
    quantity: int


class AuditBody(Body, frozen=True, kw_only=True):
    """Who did what to whom, when and why; `code` says why the game refused it."""

    seq: int
    game_us: int
    actor: str
    act: str
    subject: str
    reason: str
    code: str | None


class AuditPage(Body, frozen=True, kw_only=True):
    """The organizer's acts and the teams' kill switches, newest last."""

    items: list[AuditBody]
    next_cursor: str | None
