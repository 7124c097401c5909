"""One look for all pictures: two colours that everybody can tell apart, no frame, no chart junk."""

from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import Formatter, PercentFormatter

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "explanation" / "the-model-measured"
# Blue and orange of Okabe and Ito 2008, "Color Universal Design", and greys.
BLUE, ORANGE, PALE, GREY, INK = "#0072b2", "#d55e00", "#a6cee3", "#8c8c8c", "#222222"
WIDTH = 8.6  # inches

mpl.use("svg")
mpl.rcParams.update(
    {
        "svg.hashsalt": "the-model-measured",
        "svg.fonttype": "path",
        "font.family": "DejaVu Sans",
        "font.size": 9.5,
        "axes.titlesize": 10,
        "axes.titlelocation": "left",
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.edgecolor": GREY,
        "axes.labelcolor": INK,
        "xtick.color": INK,
        "ytick.color": INK,
        "legend.frameon": False,
        "legend.fontsize": 9,
        "figure.facecolor": "white",
        "path.simplify_threshold": 0.4,
    }
)


def canvas(
    height: float, *, rows: int = 1, columns: int = 1, **grid: Any
) -> tuple[Figure, list[Axes]]:
    """Return a figure and its axes, row by row."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False, **grid)
    return figure, [*axes.flat]


def percent() -> Formatter:
    """Return what spells the shares of an axis."""
    return PercentFormatter(xmax=1, decimals=0, symbol=" %")


def save(figure: Figure, name: str) -> None:
    """Write a picture without a date or a version in it."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    file = FOLDER / f"{name}.svg"
    figure.savefig(file, metadata={"Date": None, "Creator": None})
    # Without trailing blanks, as every file of the repository.
    lines = [line.rstrip() for line in file.read_text(encoding="utf-8").splitlines()]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"  {file.name:<22} {file.stat().st_size / 1_000:6.1f} kB")
