"""The signals service's only door: forecasts for entitled roles, stored with their truth.

Fractions in configuration are plain; events carry integers, unit 1e-6 unless named.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import unique
from typing import Protocol

from msgspec import Struct

from itg.kernel.ids import Role, UnderlyingId
from itg.kernel.messages import Command, Event, Query, Reply
from itg.kernel.money import Price
from itg.kernel.times import Nanos
from itg.kernel.words import VolRegime, Word


@unique
class SignalKind(Word):
    """What a signal is about."""

    VOLATILITY = "volatility"
    TRACKING = "tracking"
    ALPHA = "alpha"


@unique
class Announcement(Word):
    """What a tracking window announces about the error."""

    CONVERGES = "converges"
    DIVERGES = "diverges"


class VolatilityForecast(Struct, frozen=True, gc=False, kw_only=True):
    """One forecast per news item with a signal, `lead_s_min` to `lead_s_max` before it."""

    roles: tuple[Role, ...]
    accuracy: float = 0.66
    lead_s_min: int = 60
    lead_s_max: int = 300
    # The base rate and the destinations a forecast's distribution is computed from.
    shift: float = 0.33
    destinations: tuple[tuple[float, float, float], ...] = (
        (0.0, 0.7, 0.3),
        (0.1, 0.0, 0.9),
        (0.056, 0.944, 0.0),
    )


class AccuracyBand(Struct, frozen=True, gc=False, kw_only=True):
    """From an absolute error on, an announcement is true with this probability."""

    error_min: float
    accuracy: float


class TrackingForecast(Struct, frozen=True, gc=False, kw_only=True):
    """Windows of one follower's tracking error."""

    roles: tuple[Role, ...]
    underlying_id: UnderlyingId
    opens_above: float = 0.0015
    closes_below: float = 0.0005
    average_s: int = 5
    horizon_s: int = 420
    error_std: float = 0.0015  # of the z-score
    half_life_s: int = 420
    bands: tuple[AccuracyBand, ...]


class AlphaForecast(Struct, frozen=True, gc=False, kw_only=True):
    """A plug-in of the entry point `itg.alpha_models`, by name, with its parameters."""

    roles: tuple[Role, ...]
    model: str
    parameters: dict[str, float] = {}
    underlying_id: UnderlyingId
    horizon_s: int = 300


class ReturnForecast(Struct, frozen=True, gc=False, kw_only=True):
    """What an alpha model expects: a log return until its horizon and how sure it is, 1e-6."""

    return_ppm: int
    confidence_ppm: int


class AlphaModel(Protocol):
    """What a plug-in of `itg.alpha_models` is; equal prices must give equal forecasts."""

    def step(self, prices: Mapping[UnderlyingId, Price]) -> ReturnForecast | None:
        """Take one step's published prints, in price units; return a forecast, or None."""

    def state(self) -> Sequence[float]:
        """Return all that later forecasts depend on, for a snapshot."""

    def restore(self, state: Sequence[float]) -> None:
        """Go on from a `state()`."""


AlphaFactory = Callable[[AlphaForecast], AlphaModel]


class ConfigureSignals(Command, frozen=True, kw_only=True):
    """Set who is told what."""

    seed: int
    volatility: VolatilityForecast | None = None
    tracking: tuple[TrackingForecast, ...] = ()
    alphas: tuple[AlphaForecast, ...] = ()
    initial_regime: VolRegime = VolRegime.MEDIUM  # before the first change is told


class StartSignals(Command, frozen=True, kw_only=True):
    """Signal in this session."""

    session_start_ns: Nanos
    session_end_ns: Nanos


class StopSignals(Command, frozen=True, kw_only=True):
    """Close every window; signal nothing until the next start."""


class VolatilitySignaled(Event, frozen=True, kw_only=True):
    """A forecast for one role: at `effective_ns` the regime shifts, or does not.

    `probabilities` (1e-6, of low, medium, high after it) are those given the prediction.
    """

    signal_id: int
    role: Role
    signal_seq: int  # gap-free per role
    regime: VolRegime
    is_shift: bool
    probabilities: tuple[int, int, int]
    effective_ns: Nanos
    accuracy_ppm: int


class TrackingWord(Struct, frozen=True, gc=False, kw_only=True):
    """One follower against its leader's lagged price; prices in price units."""

    underlying_id: UnderlyingId
    spot_price: int
    leader_price: int
    theo_price: int
    error_ppm: int
    z_score_ppm: int
    half_life_s: int


class TrackingSignaled(Event, frozen=True, kw_only=True):
    """A window opened, goes on (each second) or closed, for one role."""

    signal_id: int  # one for the whole window
    role: Role
    signal_seq: int
    stage: str  # open, update, close
    announcement: Announcement
    horizon_ns: Nanos  # the announcement is about this instant
    accuracy_ppm: int
    tracking: TrackingWord


class AlphaSignaled(Event, frozen=True, kw_only=True):
    """A plug-in's forecast of a log return until `horizon_ns`, for one role."""

    signal_id: int
    role: Role
    signal_seq: int
    model: str
    underlying_id: UnderlyingId
    return_ppm: int
    confidence_ppm: int
    horizon_ns: Nanos


AnySignal = VolatilitySignaled | TrackingSignaled | AlphaSignaled


class SignalJudged(Event, frozen=True, kw_only=True):
    """What a signal turned out to be. Hidden until the round is over."""

    signal_id: int
    kind: SignalKind
    regime: VolRegime  # when it was given
    predicted: str
    truth: str
    is_correct: bool


class GetSignals(Query, frozen=True, kw_only=True):
    """Read the signals of a role after a signal number, oldest first."""

    role: Role
    after_seq: int = 0
    count: int = 1_000


class SignalItem(Struct, frozen=True, gc=False, kw_only=True):
    """One kept signal and when it was given."""

    signaled_ns: Nanos
    signal: AnySignal


class SignalHistory(Reply, frozen=True, kw_only=True):
    """A page of a role's signals; the last 10,000 of each role are kept.

    `last_seq` is the number of the role's last one, 0 before the first.
    """

    items: tuple[SignalItem, ...]
    last_seq: int


class GetSignalAccuracy(Query, frozen=True, kw_only=True):
    """Read how often signals were right, of everything judged so far."""


class AccuracyRow(Struct, frozen=True, gc=False, kw_only=True):
    """Counts of one kind, regime and role; `band` is a tracking band's lower bound, 1e-6."""

    kind: SignalKind
    role: Role
    regime: VolRegime
    band: int = 0
    judged: int
    correct: int


class SignalAccuracy(Reply, frozen=True, kw_only=True):
    """The accuracy report, in a fixed order."""

    rows: tuple[AccuracyRow, ...]
