"""What players hear: news for everybody, signals for the roles they are meant for."""

from datetime import time
from typing import Annotated

from msgspec import Meta, field

from itg.news.contract import JumpSign
from itg.scenario.tables.values import Count, Fraction, Positive, Seconds, Slug, Table, Ticker

Row = tuple[Fraction, Fraction, Fraction]
# From low, medium and high volatility, where a shift leads.
Destinations = Annotated[tuple[Row, ...], Meta(min_length=3, max_length=3)]
Roles = Annotated[tuple[Slug, ...], Meta(min_length=1)]
HeadlineId = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9-]{0,47}$")]


class NewsHour(Table, frozen=True, kw_only=True):
    """From this time of day on news is so much more frequent."""

    starts: time
    weight: Positive


class HeadlineTable(Table, frozen=True, kw_only=True):
    """A headline, and the chances of what it brings."""

    id: HeadlineId
    headline: Annotated[str, Meta(min_length=3, max_length=120)]
    weight: Positive = 1.0
    shift: Fraction = 0.0
    jump: Fraction = 0.0
    sign: JumpSign = JumpSign.EITHER
    size_min: Fraction = 0.0
    size_max: Fraction = 0.0


class News(Table, frozen=True, kw_only=True):
    """The headlines; without the three gaps they come by the organizer's hand alone."""

    mean_gap_s: Positive | None = None
    gap_min_s: Positive | None = None
    gap_max_s: Positive | None = None
    quiet_end_s: Seconds = 300
    lead_s: Seconds = 300
    destinations: Destinations
    hours: tuple[NewsHour, ...] = ()
    headlines: Annotated[tuple[HeadlineTable, ...], Meta(min_length=1)]


class VolatilitySignal(Table, frozen=True, kw_only=True):
    """A forecast of each news item's shift."""

    roles: Roles
    accuracy: Fraction
    lead_s_min: Count
    lead_s_max: Count


class Band(Table, frozen=True, kw_only=True):
    """From an error on, how often the announcement is true."""

    error_min: Fraction
    accuracy: Fraction


class TrackingSignal(Table, frozen=True, kw_only=True):
    """Windows in which an underlying stands away from what it follows."""

    roles: Roles
    underlying: Ticker
    opens_above: Positive
    closes_below: Positive
    average_s: Count
    horizon_s: Count
    bands: Annotated[tuple[Band, ...], Meta(min_length=1)]


class AlphaSignal(Table, frozen=True, kw_only=True):
    """The forecasts of a plug-in model."""

    roles: Roles
    model: str
    underlying: Ticker
    horizon_s: Count
    parameters: dict[str, float] = field(default_factory=dict)


class Signals(Table, frozen=True, kw_only=True):
    """Who is told what of the future."""

    volatility: VolatilitySignal | None = None
    tracking: tuple[TrackingSignal, ...] = ()
    alphas: tuple[AlphaSignal, ...] = ()
