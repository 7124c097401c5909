"""A round's scores from its ledger: every term, its group, the whole, and the ranks."""

from msgspec.structs import replace

from itg.game.contract import (
    MEASURES,
    ComponentGroup,
    RoleScoring,
    RoundScore,
    ScoreComponent,
    ScoringRules,
    TeamScore,
    Unscored,
)
from itg.game.core.scoring import converging, hedging, quoting
from itg.game.core.scoring.books import PPM, Book
from itg.game.core.scoring.compliance import COMPLIANCE, compliance
from itg.game.core.scoring.ledger import Ledger, scoring_of
from itg.game.core.scoring.measured import Measure
from itg.game.core.scoring.points import component_of, ratio, weighted
from itg.game.core.scoring.ranking import par_of, ranked
from itg.game.core.scoring.risk import RISK, risk
from itg.game.core.scoring.unscored import unscored
from itg.kernel.ids import AccountId
from itg.kernel.times import Nanos

BY_NAME: dict[str, Measure] = {
    "capture": quoting.capture,
    "coverage": quoting.coverage,
    "inventory": quoting.inventory,
    "volume": quoting.volume,
    "windows": hedging.windows,
    "signals": hedging.signals,
    "rehedge": hedging.rehedge,
    "delta": hedging.delta,
    "convergence": converging.convergence,
    "balance": converging.balance,
    "response": converging.response,
    "beta": converging.beta,
    "holding": hedging.holding,
    "engagement": converging.engagement,
}
assert (*BY_NAME,) == MEASURES


def round_score(ledger: Ledger, rules: ScoringRules, now: Nanos) -> RoundScore:
    """Return the round's scores as of now, in team order."""
    beside: dict[AccountId, Unscored] = {}
    for of_role in rules.roles:
        role = [book for book in ledger.books.values() if book.role == of_role.role]
        figures = unscored(ledger, role, rules)
        beside |= {book.account_id: own for book, own in zip(role, figures, strict=True)}
    teams = [
        _team_score(ledger, book, rules, beside[account_id])
        for account_id, book in ledger.books.items()
    ]
    return RoundScore(
        round_id=ledger.round_id,
        formula_version=rules.formula_version,
        is_final=ledger.is_ended,
        scored_ns=now,
        teams=ranked(teams, rules),
    )


def joined(points: tuple[int, int, int], activity: int, rules: ScoringRules) -> int:
    """Return J: KPI, compliance and risk points by their weights, all multiplied by activity."""
    weights = (rules.kpi_weight, rules.compliance_weight, rules.risk_weight)
    whole = sum(weight * each for weight, each in zip(weights, points, strict=True))
    return ratio(whole * activity, sum(weights) * PPM)


def _team_score(ledger: Ledger, book: Book, rules: ScoringRules, beside: Unscored) -> TeamScore:
    of_role = scoring_of(rules, book.role)
    assert of_role is not None, "a book is opened for scored roles alone"
    components = _components(ledger, book, rules, of_role)
    kpi, kept, smooth = (
        weighted(components, group)
        for group in (ComponentGroup.KPI, ComponentGroup.COMPLIANCE, ComponentGroup.RISK)
    )
    activity = _activity(ledger, book, rules, of_role)
    measured = 0 if book.is_zeroed else joined((kpi, kept, smooth), activity, rules)
    team = TeamScore(
        team_id=book.team_id,
        account_id=book.account_id,
        role=book.role,
        components=components,
        kpi=kpi,
        compliance=kept,
        risk=smooth,
        activity=activity,
        measured=measured,
        par=None,
        spread=None,
        score=None,
        rank=0,
        is_zeroed=book.is_zeroed,
        unscored=beside,
    )
    par = par_of(rules, team)
    return team if par is None else replace(team, par=par.par, spread=par.spread)


def _components(
    ledger: Ledger, book: Book, rules: ScoringRules, of_role: RoleScoring
) -> tuple[ScoreComponent, ...]:
    most = rules.numbers.sources_max
    kpis = [
        component_of(kpi, ComponentGroup.KPI, BY_NAME[kpi.name](ledger, book, rules), most)
        for kpi in of_role.kpis
    ]
    kept = compliance(ledger, book, rules)
    smooth = risk(ledger, book, rules)
    return (
        *kpis,
        component_of(COMPLIANCE, ComponentGroup.COMPLIANCE, kept, most),
        component_of(RISK, ComponentGroup.RISK, smooth, most),
    )


def _activity(ledger: Ledger, book: Book, rules: ScoringRules, of_role: RoleScoring) -> int:
    if not of_role.activity or of_role.activity_gate <= 0:
        return PPM
    measured = BY_NAME[of_role.activity](ledger, book, rules)
    share = 1.0 if measured is None else measured.value / of_role.activity_gate
    return max(0, min(round(share * PPM), PPM))
