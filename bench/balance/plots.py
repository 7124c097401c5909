"""The study's pictures, the same bytes for the same outcomes."""

from collections.abc import Sequence
from pathlib import Path

import matplotlib as mpl
from bench.balance.measure import Outcome
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

BLUE, ORANGE, GREY = "#1f77b4", "#ff7f0e", "#7f7f7f"
JUMPS = ("jumps, guard on", "jumps, guard off", "jumps, guard on, house takes")


def draw(outcomes: dict[str, list[Outcome]], folder: Path) -> None:
    """Write `leaners.svg`, `jumps.svg` and `coverage.svg` into a folder."""
    mpl.rcParams.update({"svg.hashsalt": "balance", "font.size": 9, "axes.grid": True})
    mpl.rcParams.update({"grid.alpha": 0.3, "axes.spines.top": False, "axes.spines.right": False})
    folder.mkdir(parents=True, exist_ok=True)
    _leaners(outcomes["leaners"], folder / "leaners.svg")
    _jumps(outcomes, folder / "jumps.svg")
    _coverage(outcomes, folder / "coverage.svg")


def _save(file: Path) -> None:
    plt.tight_layout()
    plt.savefig(file, metadata={"Date": None})
    plt.close()


def _dots(axes: Axes, rows: Sequence[tuple[str, Sequence[float], str]], label: str) -> None:
    for place, (_, values, color) in enumerate(rows):
        axes.plot(values, [place] * len(values), "o", color=color, alpha=0.5, markersize=5)
        mean = sum(values) / len(values)
        axes.plot([mean], [place], "|", color="black", markersize=18, markeredgewidth=2)
    axes.set_yticks(range(len(rows)), [name for name, _, _ in rows])
    axes.invert_yaxis()
    axes.axvline(0, color=GREY, linewidth=1)
    axes.set_xlabel(label)


def _leaners(outcomes: Sequence[Outcome], file: Path) -> None:
    _, axes = plt.subplots(figsize=(7, 2.6))
    rows = []
    for name in outcomes[0].pnl:
        color = ORANGE if "leaner" in name else BLUE
        rows.append((name, [o.pnl[name] / 1_000 for o in outcomes], color))
    _dots(axes, rows, "P&L of half an hour, thousand USD; a dot a seed, the bar their mean")
    _save(file)


def _jumps(outcomes: dict[str, list[Outcome]], file: Path) -> None:
    _, axes = plt.subplots(figsize=(7, 2.2))
    rows = []
    for name in JUMPS:
        values = [o.around_jumps / max(o.jumps, 1) / 1_000 for o in outcomes[name]]
        rows.append((name.removeprefix("jumps, "), values, BLUE))
    _dots(axes, rows, "both makers within a minute of a jump, thousand USD a jump; a dot a seed")
    _save(file)


def _coverage(outcomes: dict[str, list[Outcome]], file: Path) -> None:
    _, axes = plt.subplots(figsize=(7, 2.4))
    for count in (1, 2, 3, 4):
        each = outcomes[f"coverage, {count} makers"]
        values = [share for outcome in each for share in outcome.coverage.values()]
        axes.plot(values, [count] * len(values), "o", color=BLUE, alpha=0.5, markersize=5)
    axes.axvline(0.8, color=ORANGE, linewidth=1.5, label="obligation, 80 %")
    axes.set_yticks([1, 2, 3, 4])
    axes.set_ylabel("makers")
    axes.set_xlim(0.5, 1.01)
    axes.set_xlabel("share of time × obligated series quoted validly; a dot a maker and seed")
    axes.legend(frameon=False, loc="center left")
    _save(file)
