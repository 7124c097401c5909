"""The market data service's only door: prices, volatility and marks of every tracked instrument.

Fractions (volatility, rates) leave as `int`, unit 1e-6; prices in price units. `spot_price` is the
noise-free price every rule reads, `index_price` the published print.
"""

from msgspec import Struct, field

from itg.kernel.errors import RejectReason
from itg.kernel.ids import InstrumentId, UnderlyingId
from itg.kernel.messages import Command, Event, Query, Reply
from itg.kernel.money import Price
from itg.kernel.times import Nanos
from itg.kernel.words import Instrument, VolRegime


class RegimeModel(Struct, frozen=True, gc=False, kw_only=True):
    """Regimes low, medium, high: annual volatilities, transition matrix per `regime_step_s`."""

    volatilities: tuple[float, float, float]
    transition: tuple[tuple[float, float, float], ...]
    regime_step_s: int
    initial: VolRegime = VolRegime.MEDIUM


class JumpModel(Struct, frozen=True, gc=False, kw_only=True):
    """Ordinary jumps: Poisson mean a session, absolute size uniform between bounds, either sign."""

    mean_per_session: float
    size_min: float
    size_max: float
    quiet_end_s: int = 300  # none in a session's last seconds


class TrackingModel(Struct, frozen=True, gc=False, kw_only=True):
    """A follower: leader lagged ÷ ratio × (1 + Ornstein–Uhlenbeck error) (+ print noise)."""

    leader_id: UnderlyingId
    ratio: float
    lag_s_min: float
    lag_s_max: float
    half_life_s: float
    error_std: float
    print_noise_std: float
    ahead_s: int = 0  # the error is drawn this far ahead, for those who may know


class UnderlyingModel(Struct, frozen=True, gc=False, kw_only=True):
    """How one underlying moves; `tracking` None: by the regimes of the game."""

    underlying_id: UnderlyingId
    start_price: Price
    tick_size: Price
    tracking: TrackingModel | None = None


class SurfaceModel(Struct, frozen=True, gc=False, kw_only=True):
    """Skew of fair volatility: sigma × (1 + skew·k + smile·k²), k = ln(strike/spot)/sqrt(T)."""

    skew: float = 0.0
    smile: float = 0.0


class NewsModel(Struct, frozen=True, gc=False, kw_only=True):
    """What fair value and drift expect of news: a rate of session time and what one item brings.

    `jump_mean` is E[exp(J) − 1] and `jump_variance` E[J²] over all headlines, those without a jump
    included; `destinations` are the rows a shift draws the next regime from.
    """

    mean_gap_s: float
    shift: float
    jump_mean: float
    jump_variance: float
    destinations: tuple[tuple[float, float, float], ...]
    quiet_end_s: int = 300


class ConfigureMarketData(Command, frozen=True, kw_only=True):
    """Set the price model; once, before `StartMarket`.

    `model` names how the leader moves: one of the house's, or a plug-in of the entry point
    `itg.price_models`, with its `parameters`; a `recording` is what a replay follows.
    """

    seed: int
    underlyings: tuple[UnderlyingModel, ...]
    model: str = "regime_gbm"
    parameters: dict[str, float] = field(default_factory=dict)
    recording: tuple[Price, ...] = ()  # one price a second of the session
    news: NewsModel | None = None
    regimes: RegimeModel
    jumps: JumpModel
    surface: SurfaceModel = SurfaceModel()
    session_seconds: int
    sessions_per_year: int = 252
    overnight_gap: float = 0.5  # standard deviation of the night, of a session's
    step_ns: Nanos


class StartMarket(Command, frozen=True, kw_only=True):
    """Start (or continue) stepping from the next multiple of the step.

    Prices move in the session only.

    Before `session_start_ns` prices stand still and are published; after `session_end_ns` too.
    `session_ends_ns` are the closes of this and all following sessions, for time to expiry.
    """

    session_start_ns: Nanos
    session_end_ns: Nanos
    session_ends_ns: tuple[Nanos, ...]
    first_step_ns: Nanos = Nanos(0)  # no step before it
    # Where the session's end was moved, the end that series expire by: they do with the session.
    planned_end_ns: Nanos | None = None
    # Of this session and those that follow, the last one going on: times the model's volatility.
    vol_factors: tuple[float, ...] = ()


class StopMarket(Command, frozen=True, kw_only=True):
    """Stop stepping."""


class TrackSeries(Command, frozen=True, kw_only=True):
    """Mark this instrument from now on."""

    instrument: Instrument


class UntrackSeries(Command, frozen=True, kw_only=True):
    """Stop marking this instrument."""

    instrument_id: InstrumentId


class SpotPrice(Struct, frozen=True, gc=False, array_like=True):
    """One underlying's prices at a step."""

    underlying_id: UnderlyingId
    spot_price: Price  # noise-free; halts, strikes, marks and the house read it
    index_price: Price  # the published print


class PricesStepped(Event, frozen=True, kw_only=True):
    """The prices of one step, in model order; `is_moving` is false outside the session."""

    step: int
    prices: tuple[SpotPrice, ...]
    is_moving: bool = True
    second_vol_ppm: int = 0  # standard deviation of one second's log return, 1e-6, of the leader


class Mark(Struct, frozen=True, gc=False, array_like=True):
    """Fair value and Greeks of one instrument; volatility and Greeks in 1e-6.

    delta: change of price per 1.00 of spot. gamma: change of delta per 1.00. vega: USD per
    volatility point. theta: USD per session. An underlying has delta 1 and no volatility.
    """

    instrument_id: InstrumentId
    mark_price: Price
    implied_vol: int
    delta: int
    gamma: int
    vega: int
    theta: int


class MarksPublished(Event, frozen=True, kw_only=True):
    """Marks of all tracked instruments at a step, in tracking order."""

    step: int
    marks: tuple[Mark, ...]


class RegimeChanged(Event, frozen=True, kw_only=True):
    """The hidden truth; never leaves through a gateway."""

    regime: VolRegime
    previous: VolRegime


class JumpOccurred(Event, frozen=True, kw_only=True):
    """The hidden truth of one jump, log return in 1e-6; never leaves through a gateway."""

    underlying_id: UnderlyingId
    size_ppm: int


class TrackingError(Struct, frozen=True, gc=False, array_like=True):
    """One follower's hidden error, 1e-9: now, and `ahead_s` later (None: it is not drawn ahead).

    `theo_price` is the leader's lagged price ÷ ratio, `lagged_price` that price itself.
    """

    underlying_id: UnderlyingId
    lagged_price: Price
    theo_price: Price
    error: int
    error_ahead: int | None


class TrackingErrorsStepped(Event, frozen=True, kw_only=True):
    """The followers' hidden errors of one step, in model order; never leaves through a gateway."""

    step: int
    errors: tuple[TrackingError, ...]


class ClosePrice(Struct, frozen=True, gc=False, array_like=True):
    """One underlying's official close: the mean of the noise-free price over the last minute."""

    underlying_id: UnderlyingId
    official_close: Price


class OfficialClosePublished(Event, frozen=True, kw_only=True):
    """The session is over: what options that expire with it settle against, in model order."""

    session_end_ns: Nanos
    closes: tuple[ClosePrice, ...]


class GetPrices(Query, frozen=True, kw_only=True):
    """Read the last published prices."""


class GetMarks(Query, frozen=True, kw_only=True):
    """Read the last marks; `underlying_id` None: of all."""

    underlying_id: UnderlyingId | None = None


class QuotedPrice(Struct, frozen=True, gc=False, array_like=True):
    """A price to find the implied volatility of."""

    instrument_id: InstrumentId
    price: Price


class ImplyVolatilities(Query, frozen=True, kw_only=True):
    """Find the volatilities at which options are worth these prices at the last step's spot."""

    quotes: tuple[QuotedPrice, ...]


class ImpliedVolatilities(Reply, frozen=True, kw_only=True):
    """Annual volatilities in the query's order, 1e-6.

    None where a price has no time value to speak of (below half a tick) or is out of bounds, and
    for an instrument that is no option known here.
    """

    volatilities: tuple[int | None, ...]


class GetSurface(Query, frozen=True, kw_only=True):
    """Read one underlying's fair volatility by expiry and strike."""

    underlying_id: UnderlyingId


class SurfacePoint(Struct, frozen=True, gc=False, array_like=True):
    """One strike's fair volatility, 1e-6; `moneyness` is ln(strike/spot)/sqrt(years), 1e-6."""

    strike: Price
    moneyness: int
    implied_vol: int


class SurfaceSlice(Struct, frozen=True, gc=False, kw_only=True):
    """One expiry: years of sessions (1e-9), the level before skew (1e-6), strikes rising."""

    expires_ns: Nanos
    years: int
    level_vol: int
    points: tuple[SurfacePoint, ...]


class Surface(Reply, frozen=True, kw_only=True):
    """The surface at the last step, nearest expiry first; empty before the first."""

    underlying_id: UnderlyingId
    spot_price: Price
    slices: tuple[SurfaceSlice, ...]


class GetPriceHistory(Query, frozen=True, kw_only=True):
    """Read the last candles of one underlying's print, oldest first; `interval_s` from 1.

    Multiples of 60 reach back some eighteen sessions, others one hour.
    """

    underlying_id: UnderlyingId
    interval_s: int = 60
    count: int = 1_000


class Candle(Struct, frozen=True, gc=False, array_like=True):
    """One interval of the published print, from `start_ns` on; prices in price units."""

    start_ns: Nanos
    open_price: Price
    high_price: Price
    low_price: Price
    close_price: Price


class PriceHistory(Reply, frozen=True, kw_only=True):
    """Candles of the session's movement, oldest first; intervals without a step are left out."""

    underlying_id: UnderlyingId
    interval_s: int
    candles: tuple[Candle, ...]


class UnderlyingMissing(Reply, frozen=True, kw_only=True):
    """The query named an underlying that is not simulated."""

    underlying_id: UnderlyingId


class Prices(Reply, frozen=True, kw_only=True):
    """The last step, or None before the first."""

    step: int
    game_ns: Nanos
    prices: tuple[SpotPrice, ...]
    previous_close: tuple[Price, ...]


class Marks(Reply, frozen=True, kw_only=True):
    """The last marks."""

    marks: tuple[Mark, ...]


UNDERLYING_NOT_FOUND = RejectReason(
    code="UNDERLYING_NOT_FOUND", hint="Use an underlying_id of GET /prices.", status=404
)
