"""How prices move."""

from typing import Annotated

from msgspec import Meta, field

from itg.kernel.words import VolRegime
from itg.scenario.tables.values import Count, Fraction, NotNegative, Positive, Seconds, Table


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
    quiet_end_s: Seconds


class Surface(Table, frozen=True, kw_only=True):
    """The skew of fair volatility."""

    skew: float = 0.0
    smile: float = 0.0


class Market(Table, frozen=True, kw_only=True):
    """The price model; without this table no prices are simulated."""

    step_ms: Annotated[int, Meta(ge=10, le=1000)]
    sessions_per_year: Count
    overnight_gap: NotNegative
    model: str = "regime_gbm"
    parameters: dict[str, float] = field(default_factory=dict)
    recording: str | None = None
    regimes: Regimes
    jumps: Jumps
    surface: Surface = Surface()
