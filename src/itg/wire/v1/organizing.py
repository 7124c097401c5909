"""The organizer's acts on teams, keys, roles and rounds; the schedule and the messages."""

from typing import Annotated

from msgspec import Meta, field

from itg.wire.v1.orders import Body, NeededReason, PriceIn, QuantityIn, ReasonText, Request, WireInt

# A rule as `GET /game/rules` shows it: its `kind`, and the fields that change.
ConstraintChange = dict[str, str | int | float | bool | list[str] | dict[str, float]]
OVERLAP_S_MAX = 7 * 86_400
ROSTER_ROWS_MAX = 500


class RosterRow(Request, frozen=True, kw_only=True):
    """One team of a roster."""

    team_name: str
    role: str


class ImportRequest(Request, frozen=True, kw_only=True):
    """A roster: registered in its order, all of it or nothing."""

    rows: Annotated[list[RosterRow], Meta(min_length=1, max_length=ROSTER_ROWS_MAX)]
    reason: ReasonText = ""


class ImportedTeam(Body, frozen=True, kw_only=True):
    """A new team and its key, shown this once."""

    team_id: str
    team_name: str
    role: str
    api_key: str


class ImportedBody(Body, frozen=True, kw_only=True):
    """The new teams in the roster's order."""

    items: list[ImportedTeam]


class TeamActRequest(Request, frozen=True, kw_only=True):
    """Why the organizer acts on a team."""

    reason: NeededReason


class TeamActParams(TeamActRequest, frozen=True, kw_only=True):
    """`TeamActRequest` and the team."""

    team_id: str


class RotateKeyRequest(Request, frozen=True, kw_only=True):
    """Give a team a new key; its old ones work for so many seconds of wall time more."""

    overlap_s: Annotated[int, Meta(ge=0, le=OVERLAP_S_MAX)] = 3_600
    reason: ReasonText = ""


class RotateKeyParams(RotateKeyRequest, frozen=True, kw_only=True):
    """`RotateKeyRequest` and the team."""

    team_id: str


class RotatedKeyBody(Body, frozen=True, kw_only=True):
    """The new key, shown this once; older ones work until then at the latest (null: no more)."""

    team_id: str
    api_key: str
    older_until_us: int | None


class RevokedBody(Body, frozen=True, kw_only=True):
    """How many keys of a team work no more."""

    team_id: str
    revoked: int


class AdjustRequest(Request, frozen=True, kw_only=True):
    """Correct a team's cash, or its contracts at a price; signed, positive to the team.

    The house is the other side of contracts; cash comes from outside the market. Contracts are
    `instrument_id`, `quantity` and a `price` on the tick grid, all three.
    """

    cash: PriceIn = 0.0
    instrument_id: str | None = None
    quantity: QuantityIn = 0
    price: PriceIn = 0.0
    reason: NeededReason


class AdjustParams(AdjustRequest, frozen=True, kw_only=True):
    """`AdjustRequest` and the team."""

    team_id: str


class AdjustedBody(Body, frozen=True, kw_only=True):
    """What was corrected."""

    team_id: str
    cash: float
    instrument_id: str | None
    quantity: int
    price: float


class MessageRequest(Request, frozen=True, kw_only=True):
    """Tell a team something, or (without `team_id`) all."""

    text: Annotated[str, Meta(min_length=1, max_length=2_000)]
    team_id: str | None = None
    reason: ReasonText = ""


class MessageBody(Body, frozen=True, kw_only=True):
    """A message of the organizer; no team: it went to all."""

    message_id: int
    game_us: int
    text: str
    team_id: str | None


class MessagePage(Body, frozen=True, kw_only=True):
    """Messages, newest last."""

    items: list[MessageBody]
    next_cursor: str | None


class MessagesParams(Request, frozen=True, kw_only=True):
    """Messages to the team and to all, after a number."""

    since_id: WireInt = 0


class ExtendRequest(Request, frozen=True, kw_only=True):
    """Let a round close so many seconds of game time later."""

    extend_s: Annotated[int, Meta(ge=1, le=86_400)]
    reason: ReasonText = ""


class ExtendParams(ExtendRequest, frozen=True, kw_only=True):
    """`ExtendRequest` and the round."""

    round_id: WireInt


class RoleChangeRequest(Request, frozen=True, kw_only=True):
    """What changes of a role: its fees in USD a contract, and fields of its rules."""

    maker_fee: PriceIn | None = None
    taker_fee: PriceIn | None = None
    constraints: list[ConstraintChange] = field(default_factory=list)
    reason: ReasonText = ""


class RoleChangeParams(RoleChangeRequest, frozen=True, kw_only=True):
    """`RoleChangeRequest` and the role."""

    role: str


class SeatBody(Body, frozen=True, kw_only=True):
    """A team's role in a round."""

    team_id: str
    team_name: str
    role: str


class ScheduledRoundBody(Body, frozen=True, kw_only=True):
    """Who plays what in a round, in registration order."""

    round_id: int
    trading_day: str
    is_scored: bool
    seats: list[SeatBody]


class SchedulePage(Body, frozen=True, kw_only=True):
    """Rounds in order; those to come with the teams there are now."""

    items: list[ScheduledRoundBody]
    next_cursor: str | None
