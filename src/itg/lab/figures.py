"""Numbers of one simulated session, and how they are distributed over many."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

LOW, HIGH = 0.05, 0.95


class Figure(Struct, frozen=True, kw_only=True):
    """One number of one session, with its unit in words."""

    what: str
    unit: str
    value: float


class Distribution(Struct, frozen=True, kw_only=True):
    """Median and 5 % and 95 % quantiles of one figure over the `count` sessions that have it."""

    what: str
    unit: str
    median: float
    low: float
    high: float
    count: int


def distributions(sessions: Iterable[Sequence[Figure]]) -> list[Distribution]:
    """Return each figure's distribution, in the order in which the figures first appear."""
    values: dict[tuple[str, str], list[float]] = {}
    for figures in sessions:
        for figure in figures:
            values.setdefault((figure.what, figure.unit), []).append(figure.value)
    return [
        Distribution(
            what=what,
            unit=unit,
            median=quantile(found, 0.5),
            low=quantile(found, LOW),
            high=quantile(found, HIGH),
            count=len(found),
        )
        for (what, unit), found in values.items()
    ]


def median_of(rows: Sequence[Distribution], what: str) -> float | None:
    """Return the median of a figure, None where no session has it."""
    return next((row.median for row in rows if row.what == what), None)


def quantile(values: Sequence[float], share: float) -> float:
    """Return a quantile, linear between order statistics (Hyndman and Fan 1996, type 7)."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])
