"""What is traded and how: underlyings, their series, matching and protection."""

from typing import Annotated

from msgspec import Meta

from itg.scenario.tables.values import Count, NotNegative, Positive, Seconds, Table, Ticker


class Matching(Table, frozen=True, kw_only=True):
    """The rule of each phase, by name."""

    continuous: str = "price_time"
    auction: str = "maximum_volume"
    auction_order: str = "time"
    check_s: Annotated[float, Meta(ge=0.001, le=60)] | None = None


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
    stale_halt_s: Positive | None = None


class Tracking(Table, frozen=True, kw_only=True):
    """How an underlying follows another one."""

    leader: Ticker
    ratio: Positive
    lag_s_min: NotNegative
    lag_s_max: NotNegative
    half_life_s: Positive
    error_std: NotNegative
    print_noise_std: NotNegative
    ahead_s: Seconds = 0


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
