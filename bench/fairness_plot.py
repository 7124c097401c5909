"""S by role as a picture, the same bytes for the same scores."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib import pyplot as plt

BLUE, ORANGE, GREY = "#1f77b4", "#ff7f0e", "#7f7f7f"
SHIFTS = 7  # rows of dots within a role's band


def draw(scores: Mapping[str, Sequence[float]], file: Path) -> None:
    """Write an SVG: a dot a seat and session, the bar their mean."""
    mpl.rcParams.update({"svg.hashsalt": "fairness", "font.size": 9, "axes.grid": True})
    mpl.rcParams.update({"grid.alpha": 0.3, "axes.spines.top": False, "axes.spines.right": False})
    file.parent.mkdir(parents=True, exist_ok=True)
    _, axes = plt.subplots(figsize=(7, 2.6))
    for place, values in enumerate(scores.values()):
        rows = [place + 0.5 * (n % SHIFTS / (SHIFTS - 1) - 0.5) for n in range(len(values))]
        axes.plot(values, rows, "o", color=BLUE, alpha=0.4, markersize=4)
        axes.plot([sum(values) / len(values)], [place], "|", color="black", markersize=28, mew=2)
    axes.set_yticks(range(len(scores)), [role.replace("_", " ") for role in scores])
    axes.invert_yaxis()
    axes.axvline(50, color=ORANGE, linewidth=1)
    axes.set_xlim(-2, 102)
    axes.set_xlabel("S of a fast session; a dot a seat and session, the bar their mean")
    plt.tight_layout()
    plt.savefig(file, metadata={"Date": None})
    plt.close()
