"""Drawings as SVG: stacked bars, lines, a timeline. Colors are classes; the theme sets them.

A drawing says nothing by color alone: series have their names beside them, directions a glyph.
"""

from collections.abc import Sequence
from html import escape
from math import floor, log10

from msgspec import Struct

WIDTH, LEFT, RIGHT = 760, 84, 12
_PLOT = WIDTH - LEFT - RIGHT


class Series(Struct, frozen=True, kw_only=True):
    """One series of values, under a name; `style` is its class: `p0` to `p6`."""

    name: str
    style: str
    values: tuple[float, ...]


class Lane(Struct, frozen=True, kw_only=True):
    """One line of a timeline: marks at shares of the time, each with a glyph and a style."""

    name: str
    marks: tuple[tuple[float, str, str], ...] = ()
    spans: tuple[tuple[float, float, str], ...] = ()


def stacked(series: Sequence[Series], labels: Sequence[tuple[float, str]], title: str) -> str:
    """Return bars of what came in above zero and what went out below; labels stand at shares."""
    count = len(series[0].values)
    columns = [[one.values[at] for one in series] for at in range(count)]
    top = max((sum(v for v in column if v > 0) for column in columns), default=0.0)
    low = min((sum(v for v in column if v < 0) for column in columns), default=0.0)
    frame = _Frame(top, low, 250)
    width = _PLOT / max(count, 1)
    bars: list[str] = []
    for at, column in enumerate(columns):
        up = down = 0.0
        for one, value in zip(series, column, strict=True):
            if value > 0:
                bars.append(frame.bar(at * width, width, (up, up + value), one.style))
                up += value
            elif value < 0:
                bars.append(frame.bar(at * width, width, (down + value, down), one.style))
                down += value
    return frame.drawn(bars, labels, title, _legend(series, frame.height))


def lines(
    series: Sequence[Series], labels: Sequence[tuple[float, str]], title: str, height: int = 170
) -> str:
    """Return lines through evenly spaced values, with a glyph at each line's end."""
    values = [value for one in series for value in one.values]
    frame = _Frame(max([0.0, *values]), min([0.0, *values]), height)
    drawn = [frame.line(one) for one in series]
    legend = _legend(series, frame.height) if len(series) > 1 else ("", 0)
    return frame.drawn(drawn, labels, title, legend)


def bars(rows: Sequence[tuple[str, int]], title: str) -> str:
    """Return horizontal bars with their names and numbers."""
    most = max((count for _, count in rows), default=1) or 1
    height = 20 * len(rows) + 8
    drawn: list[str] = []
    for at, (name, count) in enumerate(rows):
        y, width = 4 + at * 20, max(1.0, count / most * (_PLOT - 90))
        drawn.append(_text(LEFT - 6, y + 12, name, "end"))
        drawn.append(f'<rect class="blue" x="{LEFT}" y="{y}" width="{width:.1f}" height="14"/>')
        drawn.append(_text(LEFT + width + 6, y + 12, f"{count:,}", "start"))
    return _svg(height, title, drawn)


def timeline(lanes: Sequence[Lane], labels: Sequence[tuple[float, str]], title: str) -> str:
    """Return lanes over time, one below the other."""
    drawn: list[str] = []
    height = 28 * len(lanes)
    for at, lane in enumerate(lanes):
        y = at * 28 + 14
        drawn.append(f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}"/>')
        drawn.append(_text(LEFT - 6, y + 4, lane.name, "end"))
        for start, end, style in lane.spans:
            x, width = LEFT + start * _PLOT, max(1.0, (end - start) * _PLOT)
            drawn.append(
                f'<rect class="{style}" x="{x:.1f}" y="{y - 8}" width="{width:.1f}" height="16"/>'
            )
        for place, glyph, style in lane.marks:
            x = LEFT + place * _PLOT
            drawn.append(
                f'<text class="{style}" x="{x:.1f}" y="{y + 5}" text-anchor="middle" '
                f'font-size="14">{escape(glyph)}</text>'
            )
    drawn += [_under(place, height + 14, name) for place, name in labels]
    return _svg(height + 20, title, drawn)


class _Frame:
    def __init__(self, top: float, low: float, height: int) -> None:
        if top == low:
            top = low + 1.0
        self.height = height
        self._step = _round_step(top - low)
        self._top, self._low = top + (top - low) * 0.04, low - (top - low) * 0.04

    def y(self, value: float) -> float:
        return (self._top - value) / (self._top - self._low) * self.height

    def bar(self, x: float, width: float, span: tuple[float, float], style: str) -> str:
        y = self.y(span[1])
        height = self.y(span[0]) - y
        gap = 1.0 if width > 3 else 0.0
        return (
            f'<rect class="{style}" x="{LEFT + x:.1f}" y="{y:.1f}" '
            f'width="{width - gap:.1f}" height="{height:.1f}"/>'
        )

    def line(self, series: Series) -> str:
        step = _PLOT / max(len(series.values) - 1, 1)
        points = [(LEFT + at * step, self.y(value)) for at, value in enumerate(series.values)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        ends = "".join(
            f'<circle class="{series.style}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>'
            for x, y in (points if len(points) < 8 else points[-1:])
        )
        return f'<polyline class="line {series.style}" points="{path}"/>{ends}'

    def drawn(
        self,
        marks: Sequence[str],
        labels: Sequence[tuple[float, str]],
        title: str,
        legend: tuple[str, int],
    ) -> str:
        grid = [*self._grid(), *marks]
        zero = self.y(0.0)
        grid.append(
            f'<line class="axis" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{zero:.1f}" y2="{zero:.1f}"/>'
        )
        grid += [_under(place, self.height + 16, name) for place, name in labels]
        return _svg(self.height + 24 + legend[1], title, [*grid, legend[0]])

    def _grid(self) -> list[str]:
        first = int(self._low // self._step)
        ticks = [at * self._step for at in range(first, int(self._top // self._step) + 1)]
        return [
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{self.y(tick):.1f}" '
            f'y2="{self.y(tick):.1f}"/>' + _text(LEFT - 6, self.y(tick) + 4, _short(tick), "end")
            for tick in ticks
            if self._low <= tick <= self._top
        ]


def _legend(series: Sequence[Series], below: int) -> tuple[str, int]:
    drawn: list[str] = []
    per_row = 4
    for at, one in enumerate(series):
        x = LEFT + at % per_row * (_PLOT // per_row)
        y = below + 28 + at // per_row * 18
        drawn.append(f'<rect class="{one.style}" x="{x}" y="{y}" width="12" height="12"/>')
        drawn.append(_text(x + 18, y + 11, one.name, "start"))
    return "".join(drawn), 18 * (-(-len(series) // per_row)) + 10


def _round_step(spread: float) -> float:
    raw = spread / 5
    power = 10.0 ** floor(log10(raw))
    return next(part * power for part in (1, 2, 5, 10) if raw <= part * power * (1 + 1e-9))


def _short(value: float) -> str:
    text = f"{value:,.10g}" if abs(value) < 10_000 else f"{value / 1_000:,.10g} k"
    return text.replace("-", "\N{MINUS SIGN}")


def _under(place: float, y: float, text: str) -> str:
    # The last one ends with the drawing, or its tail would be cut off.
    return _text(LEFT + place * _PLOT, y, text, "end" if place >= 1 else "middle")


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text class="t" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(height: float, title: str, marks: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 -8 {WIDTH} {height + 12:.0f}" '
        f'role="img" aria-label="{escape(title)}">'
        f"<title>{escape(title)}</title>{''.join(marks)}</svg>"
    )
