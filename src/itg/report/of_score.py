"""The score in its terms, the events behind them, and what no score counts."""

from itg.report.blocks import (
    DASH,
    Block,
    Cell,
    Note,
    Section,
    Table,
    cell,
    clock,
    exact,
    money,
    number,
    row,
    table,
    usd_text,
)
from itg.report.words import GROUPS, RANKINGS, TERMS, UNSCORED
from itg.wire.v1.report import ReportBody
from itg.wire.v1.scores import ScoreComponentBody, ScoreSourceBody, ScoreTermsBody

EVENTS_SHOWN = 5
_EARLIER = "earlier"


def score_section(report: ReportBody) -> Section:
    """Return how the score came about."""
    terms = report.score.terms
    assert terms is not None, "a report is for the team itself"
    blocks: list[Block] = [_terms(terms), _formulas(terms), _to_score(report, terms)]
    if report.score.score is None:
        blocks.append(Note("S is not told: its role has no par yet. Ranks are by J meanwhile."))
    blocks.append(_events(terms))
    return Section(
        title="Score",
        lead="What the round counts, taken apart. Each term measures one thing and earns points "
        "on a straight line between the values for 0, 50 and 100; a term with nothing to measure "
        f"({DASH}) earns 50. Look first at heavy terms with few points.",
        blocks=tuple(blocks),
    )


def _terms(terms: ScoreTermsBody) -> Table:
    rows = [
        row(
            GROUPS[one.group],
            one.name,
            number(one.weight, 2),
            exact(one.measured),
            exact(one.zero),
            exact(one.half),
            exact(one.full),
            number(one.points, 6),
        )
        for one in terms.components
    ]
    heads = ("group", "term", "weight", "measured", "0 points", "50 points", "100 points", "points")
    return table("Terms", heads, rows)


def _formulas(terms: ScoreTermsBody) -> Table:
    rows = [row(one.name, *_words(one.name)) for one in terms.components]
    return table("What each term measures", ("term", "formula", "unit"), rows)


def _words(name: str) -> tuple[str, str]:
    return TERMS.get(name, ("see the reference page on scores", ""))


def _to_score(report: ReportBody, terms: ScoreTermsBody) -> Table:
    rules, score = report.scoring, report.score
    weights = (rules.kpi_weight, rules.compliance_weight, rules.risk_weight)
    measured = (
        f"activity × ({weights[0]} role + {weights[1]} compliance + {weights[2]} risk) "
        f"÷ {sum(weights)}"
    )
    counts = RANKINGS[rules.ranking].format(
        points=f"{rules.points_per_spread:g}", most=f"{rules.spreads_max:g}"
    )
    rows = [
        row("role", number(terms.kpi, 6), "weighted mean of the role's terms"),
        row("compliance", number(terms.compliance, 6), "points of its term"),
        row("risk", number(terms.risk, 6), "points of its term"),
        row("activity", number(terms.activity, 6), "what the role's gate measures ÷ gate, ≤ 1"),
        row("J, measured", number(terms.measured, 6), measured),
        row("par", number(terms.par, 6), "mean J of the role's reference bots"),
        row("spread", number(terms.spread, 6), "its standard deviation"),
        row("S, score", number(score.score, 6), _zeroed(counts, is_zeroed=score.is_zeroed)),
    ]
    return table("From terms to the score", ("what", "value", "formula"), rows)


def _zeroed(counts: str, *, is_zeroed: bool) -> str:
    return "0: equity fell below the part of the start that is needed" if is_zeroed else counts


def _events(terms: ScoreTermsBody) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for component in terms.components:
        told = [one for one in component.sources if one.kind != _EARLIER]
        before = sum(one.source_id for one in component.sources if one.kind == _EARLIER)
        for place, one in enumerate(_largest(told)):
            name = component.name if place == 0 else ""
            count = f"{len(told) + before:,}" if place == 0 else ""
            rows.append(
                row(
                    name,
                    Cell(count, is_number=True),
                    clock(one.game_us),
                    one.kind,
                    _number_of(one),
                    _added(component, one),
                )
            )
    heads = ("term", "events", "time", "event", "id", "added")
    return table(f"The events behind the terms, the {EVENTS_SHOWN} largest of each", heads, rows)


def _largest(told: list[ScoreSourceBody]) -> list[ScoreSourceBody]:
    by_value = sorted(told, key=lambda one: -abs(one.value))[:EVENTS_SHOWN]
    return sorted(by_value, key=lambda one: one.game_us)


def _number_of(source: ScoreSourceBody) -> Cell:
    return Cell(str(source.source_id) if source.source_id else DASH, is_number=True)


def _added(component: ScoreComponentBody, source: ScoreSourceBody) -> Cell:
    is_cash = _words(component.name)[1] == "USD"
    return money(source.value) if is_cash else exact(source.value)


def unscored_section(report: ReportBody) -> Section:
    """Return Sharpe and the like."""
    terms = report.score.terms
    assert terms is not None, "a report is for the team itself"
    beside = terms.unscored
    values = {
        "sharpe": exact(beside.sharpe),
        "information_ratio": exact(beside.information_ratio),
        "value_at_risk": _usd(beside.value_at_risk),
        "drawdown": _usd(beside.drawdown),
    }
    rows = [row(name, values[key], words) for key, name, words in UNSCORED]
    return Section(
        title="Beside the score",
        lead="Figures that desks look at and that no score counts: how steady the profit was, and "
        "how bad a bad stretch. Ratios are of the whole session, not of a year.",
        blocks=(
            table("Unscored", ("figure", "value", "formula and source"), rows),
            Note("One round is short: a ratio of a few dozen minutes says little about skill."),
        ),
    )


def _usd(value: float | None) -> Cell:
    return Cell(DASH if value is None else usd_text(value), is_number=True)


def summary_rows(report: ReportBody) -> tuple[tuple[str, Cell], ...]:
    """Return what stands at the top of the page."""
    terms = report.score.terms
    assert terms is not None, "a report is for the team itself"
    return (
        ("Score S", number(report.score.score, 6)),
        ("Rank", cell(f"{report.score.rank} of {report.teams}")),
        ("Measured J", number(terms.measured, 6)),
        ("P&L, USD", money(report.pnl_total.pnl)),
        ("Contracts", number(terms.unscored.contracts)),
        ("Fees paid, USD", _usd(terms.unscored.fees)),
    )
