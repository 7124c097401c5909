"""Profit and loss in its parts, over time and by instrument; markouts."""

from collections.abc import Sequence

from itg.report.blocks import (
    Block,
    Cell,
    Figure,
    Note,
    Section,
    Table,
    cell,
    clock,
    money,
    number,
    row,
    spaced,
    table,
)
from itg.report.drawing import Series, lines, stacked
from itg.report.words import PARTS
from itg.wire.v1.measures import PnlIntervalBody, PnlPartsBody
from itg.wire.v1.report import ReportBody

BARS_MAX = 60
INSTRUMENTS_SHOWN = 15
_STEPS_MIN = (1, 2, 5, 10, 15, 30, 60)
_US_PER_MINUTE = 60_000_000
_NAMES = tuple(name for name, _, _ in PARTS)


def pnl_section(report: ReportBody) -> Section:
    """Return the P&L taken apart."""
    total = report.pnl_total
    parts = [row(label, money(_part(total, name)), words) for name, label, words in PARTS]
    parts.append(row("P&L", money(total.pnl), "the sum of the parts, exactly"))
    blocks: list[Block] = [
        table("The parts of the P&L, USD", ("part", "USD", "what it is"), parts, has_total=True)
    ]
    if report.pnl.intervals:
        blocks += _figures(report.pnl.intervals)
    else:
        blocks.append(Note("Nothing was gained or lost in any minute."))
    blocks.append(_by_instrument(report))
    return Section(
        title="Profit and loss",
        lead="Where the money came from. Positions are valued at the mark; every change of value "
        "is split into what trades captured, what moves of the market did to what was held, fees, "
        "and a residual that the split does not explain. Bars above the line are gains, below it "
        "losses, stacked by part.",
        blocks=tuple(blocks),
    )


def _part(parts: PnlPartsBody, name: str) -> float:
    value: float = getattr(parts, name)
    return value


def _figures(intervals: Sequence[PnlIntervalBody]) -> list[Block]:
    first, last = intervals[0].start_us, intervals[-1].start_us
    minutes = (last - first) // _US_PER_MINUTE + 1
    step = next((s for s in _STEPS_MIN if minutes <= s * BARS_MAX), _STEPS_MIN[-1])
    count = -(-minutes // step)
    sums = {name: [0.0] * count for name in _NAMES}
    gained = [0.0] * minutes
    for one in intervals:
        minute = (one.start_us - first) // _US_PER_MINUTE
        gained[minute] += one.parts.pnl
        for name in _NAMES:
            sums[name][minute // step] += _part(one.parts, name)
    series = [
        Series(name=label, style=f"p{at}", values=tuple(sums[name]))
        for at, (name, label, _) in enumerate(PARTS)
    ]
    labels = time_labels(first, first + count * step * _US_PER_MINUTE)
    line = Series(name="P&L", style="blue", values=(0.0, *_running(gained)))
    until = time_labels(first, first + minutes * _US_PER_MINUTE)
    title = f"P&L by part, each bar {step} min, USD"
    return [
        Figure(caption=title, svg=stacked(series, labels, title)),
        Figure(
            caption="P&L since the round began, USD",
            svg=lines([line], until, "P&L since the round began"),
        ),
    ]


def _running(values: Sequence[float]) -> list[float]:
    total, sums = 0.0, []
    for value in values:
        total += value
        sums.append(total)
    return sums


def time_labels(start_us: int, end_us: int) -> list[tuple[float, str]]:
    """Return five times of the day at their shares of a span."""
    return [(at / 4, clock(start_us + (end_us - start_us) * at // 4)[:5]) for at in range(5)]


def _by_instrument(report: ReportBody) -> Table:
    ordered = sorted(report.pnl.instruments, key=lambda one: -abs(one.parts.pnl))
    shown, others = ordered[:INSTRUMENTS_SHOWN], ordered[INSTRUMENTS_SHOWN:]
    rows = [
        row(one.instrument_id, *(money(_part(one.parts, name)) for name in ("pnl", *_NAMES)))
        for one in shown
    ]
    if others:
        sums = [_exact_sum([_part(one.parts, n) for one in others]) for n in ("pnl", *_NAMES)]
        rows.append(row(f"{len(others)} others", *map(money, sums)))
    heads = ("instrument", "P&L", *(label for _, label, _ in PARTS))
    return table("P&L of the day by instrument, the largest first, USD", heads, rows)


def _exact_sum(values: Sequence[float]) -> float:
    # Money has four decimals: what is beyond them is the addition's own.
    return round(sum(values), 4)


def markout_section(report: ReportBody) -> Section:
    """Return what trades were worth a while later."""
    found = report.markouts
    heads = (
        *("counterparty", "as", "trades", "contracts", "at the trade"),
        *(f"after {seconds} s" for seconds in found.seconds),
    )
    rows: list[tuple[Cell, ...]] = [
        row(
            spaced(one.counterparty_role),
            cell("maker" if one.is_maker else "taker"),
            number(one.trades),
            number(one.contracts),
            money(one.edge),
            *(money(edge) for edge in one.edges_later),
        )
        for one in found.rows
    ]
    blocks: list[Block] = [table("Markouts, USD", heads, rows)]
    if found.rows:
        blocks.append(_markout_figure(report))
    return Section(
        title="Markouts",
        lead="What the trades were worth, by whom they were made with: "
        "Σ side × (mark − price) × quantity × multiplier, with the mark at the trade and again "
        "later. A maker whose number falls with time was picked off; a taker whose number rises "
        "knew something.",
        blocks=tuple(blocks),
    )


def _markout_figure(report: ReportBody) -> Figure:
    found = report.markouts
    series = [
        Series(
            name=f"{spaced(one.counterparty_role)}, {'maker' if one.is_maker else 'taker'}",
            style=f"p{at % 7}",
            values=(one.edge, *one.edges_later),
        )
        for at, one in enumerate(found.rows)
    ]
    steps = len(found.seconds)
    labels = [(0.0, "trade"), *((at / steps, f"{s} s") for at, s in enumerate(found.seconds, 1))]
    title = "Markouts by time after the trade, USD"
    return Figure(caption=title, svg=lines(series, labels, title))
