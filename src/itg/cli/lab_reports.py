"""What a lab run prints beside its result: an alpha model's score, the small investors' flow."""

from collections.abc import Sequence

from rich.table import Table

from itg.cli.consoles import wide_console
from itg.lab.alphas import AlphaScore
from itg.retail.contract import CalibrationRow


def print_alpha(score: AlphaScore | None) -> None:
    """Print a model's score, nothing where none was asked for."""
    if score is None:
        return
    tally = score.tally
    rows = [
        ("signals", f"{tally.signals:,}, {tally.judged:,} judged, {tally.apart:,} not overlapping"),
        ("accuracy", _accuracy(score)),
        ("captured", _captured(score)),
        ("coverage", f"{score.coverage:.1%} of the session"),
    ]
    print(
        f"\nAlpha model {score.model}, for {score.role}: {score.underlying_id} "
        f"{score.horizon_s} s ahead"
    )
    for name, text in rows:
        print(f"{name:<14}{text}")


def print_calibration(rows: Sequence[CalibrationRow] | None) -> None:
    """Print the small investors' flow beside its configuration, nothing where not asked for."""
    if rows is None:
        return
    if not rows:
        print("\nNo small investors came: there is nothing to calibrate.")
        return
    table = plain_table("small investors", "configured", "measured", "± bound", "count", "")
    for row in rows:
        numbers = (f"{n:,.4g}" for n in (row.configured, row.measured, row.bound))
        table.add_row(row.what, *numbers, f"{row.count:,}", "ok" if row.is_within else "OUTSIDE")
    wide_console().print("", table)


def plain_table(first: str, *others: str, words: tuple[str, ...] = ()) -> Table:
    """Return a table of words and, right of them, numbers; `words` names more columns of words."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(first)
    for title in others:
        table.add_column(title, justify="left" if title in words else "right")
    return table


def _accuracy(score: AlphaScore) -> str:
    if score.accuracy is None or score.accuracy_low is None or score.accuracy_high is None:
        return "unknown: no forecast was judged"
    return (
        f"{score.accuracy:.1%}, 99.9 % interval {score.accuracy_low:.1%} to "
        f"{score.accuracy_high:.1%}"
    )


def _captured(score: AlphaScore) -> str:
    if score.captured is None:
        return "unknown: no forecast came to its horizon"
    error = "" if score.captured_error is None else f" ± {score.captured_error:.2f}"
    return f"{score.captured:+.2f}{error} basis points a signal"
