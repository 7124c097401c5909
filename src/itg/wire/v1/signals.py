"""Signals: forecasts for the roles that are entitled to them, told apart by `type`."""

from typing import Literal

from itg.wire.v1.orders import Body, Request, WireInt
from itg.wire.v1.reads import PageSize

RegimeWord = Literal["low", "medium", "high"]
StageWord = Literal["open", "update", "close"]
SignalWord = Literal["volatility", "tracking", "alpha"]


class SignalFields(Body, frozen=True, kw_only=True):
    """What all signals have: `seq` never skips within the role, `game_us` is when it was given."""

    signal_id: int
    seq: int
    role: str
    game_us: int


class RegimeChances(Body, frozen=True, kw_only=True):
    """How likely each volatility regime is; the three add up to 1."""

    low: float
    medium: float
    high: float


class VolatilityPush(SignalFields, frozen=True, kw_only=True, tag_field="type", tag="volatility"):
    """At `effective_us` the volatility regime shifts, or does not, from `regime`.

    `probabilities` are those of the regime after it, given the prediction; the prediction is right
    with the chance `accuracy`.
    """

    regime: RegimeWord
    is_shift: bool
    probabilities: RegimeChances
    effective_us: int
    accuracy: float


class TrackingPush(SignalFields, frozen=True, kw_only=True, tag_field="type", tag="tracking"):
    """A window of tracking error opened, goes on (each second) or closed.

    The announcement is about `horizon_us`, and right with the chance `accuracy`. `tracking_error`
    is a fraction of `theo_price`, the leader's lagged price over the ratio; `deviation` is its
    sign in words.
    """

    stage: StageWord
    announcement: Literal["converges", "diverges"]
    horizon_us: int
    accuracy: float
    underlying_id: str
    spot_price: float
    leader_price: float
    theo_price: float
    tracking_error: float
    deviation: Literal["above", "below", "none"]
    z_score: float
    half_life_s: int


class AlphaPush(SignalFields, frozen=True, kw_only=True, tag_field="type", tag="alpha"):
    """A model's forecast of an underlying's log return until `horizon_us`."""

    model: str
    underlying_id: str
    expected_return: float
    confidence: float
    horizon_us: int


SignalPush = VolatilityPush | TrackingPush | AlphaPush


class SignalPage(Body, frozen=True, kw_only=True):
    """A role's signals, oldest first."""

    items: list[SignalPush]
    next_cursor: str | None


class LastSignalsPush(Body, frozen=True, kw_only=True):
    """Data of a `snapshot` on `signals`: the role's last ones, oldest first."""

    signals: list[SignalPush]


class SignalsParams(Request, frozen=True, kw_only=True):
    """The signals of the caller's role, oldest first; `since_seq` leaves out those up to it.

    `role` is for those who have none: the organizer, and research once a round is over.
    """

    role: str | None = None
    since_seq: WireInt | None = None
    cursor: str | None = None
    limit: PageSize = 1_000
