"""How rounds are scored: each role's KPIs with weights and anchors, and what par is."""

from typing import Annotated

from msgspec import Meta, field

from itg.game.contract import Ranking, ScoringNumbers
from itg.scenario.tables.values import Count, Fraction, NotNegative, Positive, Slug, Table

_D = ScoringNumbers()
Weight = Annotated[int, Meta(ge=0, le=100)]
Points = Annotated[float, Meta(ge=0, le=100)]


class KpiTable(Table, frozen=True, kw_only=True):
    """A measure's weight among the role's KPIs, and its values at 0, 50 and 100 points."""

    weight: Fraction
    zero: float
    half: float
    full: float


class RoleScoringTable(Table, frozen=True, kw_only=True):
    """How one role is scored; without the two references risk is not measured."""

    kpis: Annotated[dict[str, KpiTable], Meta(min_length=1)]
    activity: str = ""
    activity_gate: Fraction = 0.0
    drawdown_reference: NotNegative = 0.0
    deviation_reference: NotNegative = 0.0


class ParTable(Table, frozen=True, kw_only=True):
    """What a role's reference bots score over so many sessions, in points."""

    par: Points
    spread: Positive
    sessions: Count


class NumbersTable(Table, frozen=True, kw_only=True):
    """The numbers in the definitions of what is measured, and of what becomes of it."""

    markout_s: Count = _D.markout_s
    interval_s: Annotated[int, Meta(ge=60, multiple_of=60)] = _D.interval_s
    held_min: Count = _D.held_min
    leg_min: Positive = _D.leg_min
    signal_horizon_s: Count = _D.signal_horizon_s
    response_s: Count = _D.response_s
    response_min: Positive = _D.response_min
    team_share_max: Fraction = _D.team_share_max
    breach_depths: tuple[Positive, ...] = _D.breach_depths
    breach_points: tuple[Weight, ...] = _D.breach_points
    breach_points_max: Weight = _D.breach_points_max
    zeroed_below: Fraction = _D.zeroed_below
    points_per_spread: Positive = _D.points_per_spread
    spreads_max: Positive = _D.spreads_max
    semideviation_weight: Fraction = _D.semideviation_weight
    sources_max: Annotated[int, Meta(ge=1, le=10_000)] = _D.sources_max


class ScoringTable(Table, frozen=True, kw_only=True):
    """Scores; `week_weights` are those of the season's weeks from the first on."""

    formula_version: Count = 1
    ranking: Ranking = Ranking.PAR
    kpi_weight: Weight = 40
    compliance_weight: Weight = 15
    risk_weight: Weight = 15
    research_weight: Weight = 15
    code_weight: Weight = 10
    team_weight: Weight = 5
    week_weights: tuple[Fraction, ...] = ()
    roles: Annotated[dict[Slug, RoleScoringTable], Meta(min_length=1)]
    pars: dict[Slug, ParTable] = field(default_factory=dict)
    numbers: NumbersTable = NumbersTable()
