"""A whole report, whatever it is written as."""

from msgspec import Struct

from itg.report.blocks import Cell, Section, spaced
from itg.report.of_market import (
    decision_section,
    latency_section,
    quality_section,
    timeline_section,
)
from itg.report.of_pnl import markout_section, pnl_section
from itg.report.of_score import score_section, summary_rows, unscored_section
from itg.wire.v1.report import ReportBody


class Document(Struct, frozen=True, kw_only=True):
    """A title, the round in a line, the figures to see first, and the sections."""

    title: str
    subtitle: str
    summary: tuple[tuple[str, Cell], ...]
    sections: tuple[Section, ...]
    foot: str


def document_of(report: ReportBody) -> Document:
    """Return a report as sections of tables and drawings."""
    return Document(
        title=f"{report.team_name}: round {report.round_id}",
        subtitle=f"{spaced(report.role)} on {report.trading_day}, "
        f"scenario {report.scenario}. Times are game time in UTC, money is USD.",
        summary=summary_rows(report),
        sections=(
            score_section(report),
            pnl_section(report),
            markout_section(report),
            quality_section(report),
            timeline_section(report),
            latency_section(report),
            decision_section(report),
            unscored_section(report),
        ),
        foot=f"Scenario {report.scenario_hash}, formulas version "
        f"{report.scoring.formula_version}, report version {report.report_version}. Every number "
        "stands in the JSON report of the same name.",
    )
