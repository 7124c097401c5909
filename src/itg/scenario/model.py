"""The keys a scenario file may carry. Money is in USD, fractions are plain (0.1 is 10 %)."""

from datetime import date, time
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from itg.kernel.words import SelfTradePolicy, VolRegime
from itg.scenario.rules import AnyRule

Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]
Fraction = Annotated[float, Meta(ge=0, le=1)]
Count = Annotated[int, Meta(ge=1)]
Seed = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Slug = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_-]{0,31}$")]
TeamName = Annotated[str, Meta(min_length=3, max_length=50)]
Ticker = Annotated[str, Meta(pattern=r"^[A-Z]{1,6}$")]


class Table(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A TOML table; unknown keys are errors."""


class Clock(Table, frozen=True, kw_only=True):
    """How game time runs."""

    speed: Positive = 1.0
    lock_step: bool = False
    start_on_create: bool = False
    next_round: Literal["organizer", "auto"] = "organizer"


class Registration(Table, frozen=True, kw_only=True):
    """Who may join."""

    open: bool = False
    max_teams: Count = 30


class Calendar(Table, frozen=True, kw_only=True):
    """The market's civil days."""

    zone: str
    weekdays: Annotated[tuple[str, ...], Meta(min_length=1)]
    holidays: tuple[date, ...] = ()


class CivilSession(Table, frozen=True, kw_only=True, tag_field="kind", tag="civil"):
    """Phases at civil times of each trading day."""

    days: Count
    pre_open: time
    opening_auction: time
    continuous: time
    closed: time
    closing_auction: time | None = None


class TimedSession(Table, frozen=True, kw_only=True, tag_field="kind", tag="timed"):
    """Phases of given lengths, continuous trading starting at a civil time."""

    days: Count
    pre_open_s: Count
    freeze_s: Count
    continuous: time
    continuous_s: Count
    closing_auction_s: Count | None = None


class OrganizerSession(Table, frozen=True, kw_only=True, tag_field="kind", tag="organizer"):
    """One round without an end; the organizer moves the phases."""

    starts: time
    session_s: Count


AnySession = CivilSession | TimedSession | OrganizerSession


class Matching(Table, frozen=True, kw_only=True):
    """The rule of each phase, by name."""

    continuous: str = "price_time"
    auction: str = "maximum_volume"
    auction_order: str = "time"


class Protection(Table, frozen=True, kw_only=True):
    """Collar, halts and jump guard; each part is there with all its keys, or off without any."""

    collar_option: Positive | None = None
    collar_vol_points: Count | None = None
    collar_width: Positive | None = None
    collar_underlying: Positive | None = None
    opening_delay_s: Count | None = None
    halt_move: Positive | None = None
    halt_window_s: Count | None = None
    halt_s: Count | None = None
    guard_step: Positive | None = None
    guard_s: Positive | None = None


class Tracking(Table, frozen=True, kw_only=True):
    """How an underlying follows another one."""

    leader: Ticker
    ratio: Positive
    lag_s_min: NotNegative
    lag_s_max: NotNegative
    half_life_s: Positive
    error_std: NotNegative
    print_noise_std: NotNegative


class UnderlyingTable(Table, frozen=True, kw_only=True):
    """One underlying with its chain; the order of the tables is the order of the shards."""

    id: Ticker
    start_price: Positive
    strike_step: Positive
    multiplier: Count = 100
    tick_size: Positive = 0.01
    tracking: Tracking | None = None


class Series(Table, frozen=True, kw_only=True):
    """Which options are listed: weekly expiries, strikes nearest to the start price."""

    expiries: Annotated[int, Meta(ge=0, le=12)]
    strikes: Annotated[int, Meta(ge=1, le=63)]
    rolls: bool = False
    strikes_each_side: Count = 2
    strikes_max: Annotated[int, Meta(ge=1, le=63)] = 15
    delist_beyond: Positive = 0.06
    review_s: Count = 1800


class Regimes(Table, frozen=True, kw_only=True):
    """Volatility regimes low, medium, high."""

    volatilities: tuple[Positive, Positive, Positive]
    transition: Annotated[
        tuple[tuple[Fraction, Fraction, Fraction], ...], Meta(min_length=3, max_length=3)
    ]
    regime_step_s: Count
    initial: VolRegime = VolRegime.MEDIUM


class Jumps(Table, frozen=True, kw_only=True):
    """Ordinary jumps of the leader."""

    mean_per_session: NotNegative
    size_min: NotNegative
    size_max: NotNegative
    quiet_end_s: Annotated[int, Meta(ge=0)]


class Surface(Table, frozen=True, kw_only=True):
    """The skew of fair volatility."""

    skew: float = 0.0
    smile: float = 0.0


class Market(Table, frozen=True, kw_only=True):
    """The price model; without this table no prices are simulated."""

    step_ms: Annotated[int, Meta(ge=10, le=1000)]
    sessions_per_year: Count
    overnight_gap: NotNegative
    regimes: Regimes
    jumps: Jumps
    surface: Surface = Surface()


class House(Table, frozen=True, kw_only=True):
    """The house's quotes; without this table there are none."""

    account: Slug
    role: Slug
    leader_half_spread_min: Positive
    leader_sigma_factor: NotNegative
    tracker_half_spread_min: Positive
    tracker_sigma_factor: NotNegative
    lag_s: Positive
    underlying_quantity: Count
    refill_s: Count
    pull_tracker_above: Positive
    option_width: Positive
    option_width_ticks: Count
    option_quantity: Count
    requote_move: Positive


class Retail(Table, frozen=True, kw_only=True):
    """The simulated small investors; without this table there are none."""

    accounts: Annotated[int, Meta(ge=1, le=99)]
    role: Slug
    orders_per_minute: Positive
    pre_open_s: Annotated[int, Meta(ge=0)]
    quantity_mean: Positive
    quantity_max: Count
    lot: Count
    buy: Fraction
    call: Fraction
    out_of_the_money: Fraction
    nearest_expiry: Fraction
    strike_std: Positive
    call_skew: Positive
    market_order: Fraction
    limit_at_or_through: Fraction
    limit_behind: Fraction
    close_per_minute: Fraction
    hold_s: Count
    position_cap: Count
    order_life_s: Count
    expected_width: Positive
    expected_width_ticks: Count


class RoleTable(Table, frozen=True, kw_only=True):
    """A role as data."""

    role: Slug
    registrable: bool
    maker_fee: float
    taker_fee: float
    starting_cash: NotNegative = 0.0
    quotes_allowed: bool = False
    stp: SelfTradePolicy = SelfTradePolicy.CANCEL_INCOMING
    constraints: tuple[AnyRule, ...] = ()


class TeamTable(Table, frozen=True, kw_only=True):
    """A team the scenario brings along."""

    name: TeamName
    role: Slug


class Scenario(Table, frozen=True, kw_only=True):
    """A whole scenario, inheritance resolved."""

    title: str
    seed: Seed
    first_day: date
    calendar: Calendar
    session: AnySession
    underlyings: Annotated[tuple[UnderlyingTable, ...], Meta(min_length=1, max_length=31)]
    series: Series
    roles: Annotated[tuple[RoleTable, ...], Meta(min_length=1)]
    clock: Clock = Clock()
    registration: Registration = Registration()
    matching: Matching = Matching()
    protection: Protection = Protection()
    market: Market | None = None
    house: House | None = None
    retail: Retail | None = None
    teams: tuple[TeamTable, ...] = ()


def json_schema() -> dict[str, object]:
    """Return the JSON Schema of a scenario with its inheritance resolved."""
    return msgspec.json.schema(Scenario)
