"""A scenario's scoring as the game applies it, and what in it cannot be."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import isclose

from msgspec.structs import asdict

from itg.game.contract import (
    MEASURES,
    Kpi,
    RolePar,
    RoleScoring,
    ScoringNumbers,
    ScoringRules,
)
from itg.kernel.ids import AccountId, Role, UnderlyingId
from itg.positions.contract import MARKOUTS_S
from itg.scenario.model import Scenario
from itg.scenario.money import usd_cash
from itg.scenario.nearest import nearest
from itg.scenario.rules import DeltaLimit, PortfolioLimit
from itg.scenario.tables.players import RoleTable
from itg.scenario.tables.scoring import KpiTable, RoleScoringTable, ScoringTable

PPM = 1_000_000
FULL = 100  # the weights of all parts of a score together


def scoring_of(scenario: Scenario, rounds: int) -> ScoringRules | None:
    """Return how so many rounds are scored, None where the scenario has no scoring."""
    table = scenario.scoring
    if table is None:
        return None
    leader = next(each for each in scenario.underlyings if each.tracking is None)
    by_role = {each.role: each for each in scenario.roles}
    return ScoringRules(
        formula_version=table.formula_version,
        ranking=table.ranking,
        roles=tuple(_role(by_role[role], own) for role, own in table.roles.items()),
        pars=tuple(
            RolePar(
                role=Role(role),
                par=round(own.par * PPM),
                spread=round(own.spread * PPM),
                sessions=own.sessions,
            )
            for role, own in table.pars.items()
        ),
        kpi_weight=table.kpi_weight,
        compliance_weight=table.compliance_weight,
        risk_weight=table.risk_weight,
        research_weight=table.research_weight,
        code_weight=table.code_weight,
        team_weight=table.team_weight,
        round_weights_ppm=_round_weights(
            table.week_weights, rounds, len(scenario.calendar.weekdays)
        ),
        numbers=ScoringNumbers(**asdict(table.numbers)),
        leader=UnderlyingId(leader.id),
        leader_multiplier=leader.multiplier,
        house_account_id=None if scenario.house is None else AccountId(scenario.house.account),
    )


def scoring_complaints(scenario: Scenario) -> Iterator[str]:
    """Yield what is wrong with the scoring."""
    table = scenario.scoring
    if table is None:
        return
    yield from _weights(table)
    roles = [each.role for each in scenario.roles if each.registrable]
    for place, names in (("scoring.roles", table.roles), ("scoring.pars", table.pars)):
        for role in names:
            if role not in roles:
                yield f"{place}.{role}: no team plays this role{nearest(role, roles)}"
    for role, own in table.roles.items():
        yield from _role_complaints(own, f"scoring.roles.{role}")
    numbers = table.numbers
    if numbers.markout_s not in MARKOUTS_S:
        known = ", ".join(str(each) for each in MARKOUTS_S)
        yield f"scoring.numbers.markout_s: {numbers.markout_s} is none of {known}"
    if len(numbers.breach_points) != len(numbers.breach_depths) + 1:
        yield "scoring.numbers.breach_points: one more than breach_depths, for what lies above"
    if any(one >= two for one, two in pairwise(numbers.breach_depths)):
        yield "scoring.numbers.breach_depths: they rise"


def _role(table: RoleTable, own: RoleScoringTable) -> RoleScoring:
    limits = [rule for rule in table.constraints if isinstance(rule, PortfolioLimit)]
    deltas = [rule for rule in table.constraints if isinstance(rule, DeltaLimit)]
    return RoleScoring(
        role=Role(table.role),
        kpis=tuple(
            Kpi(
                name=name,
                weight_ppm=round(kpi.weight * PPM),
                zero=kpi.zero,
                half=kpi.half,
                full=kpi.full,
            )
            for name, kpi in own.kpis.items()
        ),
        drawdown_reference=own.drawdown_reference,
        deviation_reference=own.deviation_reference,
        activity=own.activity,
        activity_gate=own.activity_gate,
        portfolio_limit=limits[0].max_quantity if limits else 0,
        delta_limit=round(deltas[0].max_delta * PPM) if deltas else 0,
        starting_cash=usd_cash(table.starting_cash, f"roles.{table.role}.starting_cash"),
    )


def _round_weights(weeks: Sequence[float], count: int, days_a_week: int) -> tuple[int, ...]:
    # A week's weight is shared by its rounds; a week has as many as days, whatever the holidays.
    places = [number // days_a_week for number in range(count)]
    shares = [weeks[n] / places.count(n) if n < len(weeks) else 0.0 for n in places]
    return tuple(round(share * PPM) for share in shares) if any(shares) else ()


def _weights(table: ScoringTable) -> Iterator[str]:
    played = table.kpi_weight + table.compliance_weight + table.risk_weight
    judged = table.research_weight + table.code_weight + table.team_weight
    if played + judged != FULL or not played or not judged:
        yield (
            "scoring.kpi_weight: the weights of kpi, compliance, risk, research, code and team "
            f"add up to {played + judged}, not {FULL}"
        )
    if table.week_weights and not isclose(sum(table.week_weights), 1.0, abs_tol=1e-9):
        yield f"scoring.week_weights: they add up to {sum(table.week_weights):g}, not 1"


def _role_complaints(own: RoleScoringTable, place: str) -> Iterator[str]:
    for name, kpi in own.kpis.items():
        yield from _named(name, f"{place}.kpis.{name}")
        yield from _anchors(kpi, f"{place}.kpis.{name}")
    weights = sum(kpi.weight for kpi in own.kpis.values())
    if not isclose(weights, 1.0, abs_tol=1e-9):
        yield f"{place}.kpis: weights add up to {weights:g}, not 1"
    if own.activity:
        yield from _named(own.activity, f"{place}.activity")
    if bool(own.activity) != (own.activity_gate > 0):
        yield f"{place}.activity and activity_gate belong together: give both or neither"
    if (own.drawdown_reference > 0) != (own.deviation_reference > 0):
        yield f"{place}.drawdown_reference and deviation_reference belong together"


def _named(name: str, place: str) -> Iterator[str]:
    if name not in MEASURES:
        yield f"{place}: no measure {name!r}{nearest(name, MEASURES)}"


def _anchors(kpi: KpiTable, place: str) -> Iterator[str]:
    if not (kpi.zero < kpi.half < kpi.full or kpi.zero > kpi.half > kpi.full):
        yield f"{place}: half {kpi.half:g} is not between zero {kpi.zero:g} and full {kpi.full:g}"
