"""Fills and quotes, limits and uptime, latency, decisions."""

from collections.abc import Sequence

from itg.report.blocks import (
    DASH,
    Block,
    Cell,
    Figure,
    Note,
    Section,
    Table,
    cell,
    clock,
    exact,
    money,
    number,
    row,
    share,
    spaced,
    table,
)
from itg.report.drawing import Lane, bars, timeline
from itg.report.of_pnl import time_labels
from itg.wire.v1.report import (
    DecisionBody,
    KnownBody,
    ReportBody,
    ServiceBody,
    TimelineItemBody,
    TradedSpreadBody,
)

ITEMS_SHOWN = 60
_GLYPHS = {
    "limit warned": ("△", "orange"),
    "limit breached": ("▲", "orange"),
    "limit cleared": ("○", "blue"),
    "loss stop": ("■", "orange"),
    "suspension": ("✕", "orange"),
    "kill switch": ("✕", "orange"),
    "protection": ("◇", "blue"),
    "trade corrected": ("◆", "orange"),
    "seat": ("◆", "orange"),
    "adjusted": ("◆", "orange"),
    "connected": ("●", "blue"),
    "phase": ("│", "blue"),
    "halted": ("■", "orange"),
    "resumed": ("○", "blue"),
}
_LANES = (
    ("market", frozenset({"phase", "halted", "resumed"})),
    ("limits", frozenset({"limit warned", "limit breached", "limit cleared", "loss stop"})),
    (
        "account",
        frozenset(
            {"suspension", "kill switch", "protection", "trade corrected", "seat", "adjusted"}
        ),
    ),
    ("sessions", frozenset({"connected"})),
)


def quality_section(report: ReportBody) -> Section:
    """Return what orders and quotes got."""
    found = report.quality
    coverage, lost = found.coverage, found.shortfall
    rows = [
        row("orders accepted", number(found.orders), _refused(found.orders_rejected)),
        row("orders canceled or expired", number(found.orders_canceled), "with something unfilled"),
        row("contracts ordered", number(found.ordered_contracts), "of orders accepted"),
        row("contracts filled by orders", number(found.filled_contracts), "quotes not counted"),
        row("fill ratio", share(found.fill_ratio), "contracts filled ÷ contracts ordered"),
        row("quote updates", number(found.quote_updates), _refused(found.quotes_rejected)),
        row("contracts filled by quotes", number(found.quoted_contracts), ""),
        row("coverage", share(coverage.share), _coverage(coverage.covered, coverage.obliged)),
    ]
    costs = [
        _spread("effective spread as taker", found.taker_spread),
        _spread("effective spread as maker", found.maker_spread),
        row(
            "implementation shortfall",
            number(lost.contracts),
            exact(lost.average),
            money(0.0 - lost.total),
            "side × (price − mark at the order's acceptance) of what was filled (Perold 1988)",
        ),
    ]
    heads = ("cost", "contracts", "average, USD of price", "cash, USD", "formula and source")
    blocks: list[Block] = [
        table("Orders and quotes", ("what", "value", "note"), rows),
        table("Costs of trading", heads, costs),
    ]
    if lost.unmarked:
        blocks.append(Note(f"{lost.unmarked:,} contracts were ordered before any mark was known."))
    return Section(
        title="Fill and quote quality",
        lead="What became of orders and quotes, and what trading cost against the mark. An average "
        "above zero was paid, below zero earned; the cash column has it as it changes yours.",
        blocks=tuple(blocks),
    )


def _refused(count: int) -> str:
    return f"refused {count:,}"


def _coverage(covered: int, obliged: int) -> str:
    if not obliged:
        return "the role had no obligation to quote"
    return f"{covered:,} of {obliged:,} series-seconds"


def _spread(name: str, spread: TradedSpreadBody) -> tuple[Cell, ...]:
    return row(
        name,
        number(spread.contracts),
        exact(spread.average),
        money(0.0 - spread.total),
        "2 × side × (price − mark at the trade) (Huang and Stoll 1996)",
    )


def timeline_section(report: ReportBody) -> Section:
    """Return limits, halts and connections over time."""
    blocks: list[Block] = []
    if report.timeline or report.service is not None:
        blocks.append(_lanes(report))
    blocks += _items(report)
    blocks.append(_uptime(report.service))
    return Section(
        title="Limits and uptime",
        lead="When limits were close or passed, when the market stood, and whether the team was "
        "connected. │ a phase of the market begins; △ a limit is 80 % used or an obligation nearly "
        "missed, ▲ it is breached, ○ it is kept again; ■ a halt or a stop; ● a new session; "
        "the bar is time with an open socket. Coverage and rebate are shares that should "
        "reach their limit; of all others no more may be used.",
        blocks=tuple(blocks),
    )


def _lanes(report: ReportBody) -> Figure:
    times = [one.game_us for one in report.timeline]
    times += [one.game_us for one in report.service.sockets] if report.service else []
    first = min(times, default=report.start_us)
    last = max(report.scored_us, first + 1)
    lanes = [
        Lane(name=name, marks=_marks([o for o in report.timeline if o.kind in kinds], first, last))
        for name, kinds in _LANES
    ]
    if report.service is not None:
        lanes.append(Lane(name="sockets", spans=_spans(report.service, first, last)))
    title = "Limits and uptime over the round"
    return Figure(caption=title, svg=timeline(lanes, time_labels(first, last), title))


def _marks(
    items: Sequence[TimelineItemBody], first: int, last: int
) -> tuple[tuple[float, str, str], ...]:
    return tuple(
        ((one.game_us - first) / (last - first), *_GLYPHS.get(one.kind, ("·", "blue")))
        for one in items
    )


def _spans(
    service: ServiceBody | None, first: int, last: int
) -> tuple[tuple[float, float, str], ...]:
    if service is None:
        return ()
    starts = [*service.sockets]
    ends = [*(one.game_us for one in starts[1:]), last]
    length = last - first
    return tuple(
        ((one.game_us - first) / length, (end - first) / length, "blue")
        for one, end in zip(starts, ends, strict=True)
        if one.sockets
    )


def _items(report: ReportBody) -> list[Block]:
    own = [one for one in report.timeline if one.kind != "connected"]
    rows = [
        row(
            clock(one.game_us),
            _GLYPHS.get(one.kind, ("·", ""))[0] + " " + one.kind,
            spaced(one.subject),
            exact(one.used),
            exact(one.limit),
        )
        for one in own[:ITEMS_SHOWN]
    ]
    heads = ("time", "what", "of", "used", "limit")
    blocks: list[Block] = [table("Phases, limits, halts and corrections", heads, rows)]
    left = len(own) - len(rows) + report.timeline_omitted
    if left:
        blocks.append(Note(f"{left:,} later entries are in the JSON report or were not kept."))
    return blocks


def _uptime(service: ServiceBody | None) -> Table | Note:
    if service is None:
        return Note(
            "Uptime is not known: nothing was noted of how the team was served, as in a game "
            "in lock step."
        )
    rows = [
        row("uptime", share(service.uptime), "looks at which a socket was open ÷ looks"),
        row("looks", number(service.notes), "one each game minute of the round"),
        row("looks with a socket", number(service.connected), "a bot over REST alone has none"),
    ]
    return table("Uptime", ("what", "value", "note"), rows)


def latency_section(report: ReportBody) -> Section:
    """Return how long answers took."""
    lead = (
        "How long the server took to answer the team's orders, quotes and cancels: wall time from "
        "reading a command to handing over its answer, after it was on disk. The network and the "
        "bot's own time are not in it. A percentile is told as the bound of its bucket."
    )
    service = report.service
    if service is None or not service.answered:
        note = Note("Latency is not known: no answered command of the team was noted.")
        return Section(title="Latency", lead=lead, blocks=(note,))
    rows = [
        row(cell(f"{one.percent:g} %"), _at_most(one.at_most_ms)) for one in service.percentiles
    ]
    counted = [(_at_most(one.at_most_ms).text, one.answered) for one in service.latency]
    title = "Answers by time, ms"
    return Section(
        title="Latency",
        lead=lead,
        blocks=(
            table(f"Of {service.answered:,} answers", ("share of answers", "within, ms"), rows),
            Figure(caption=title, svg=bars(counted, title)),
        ),
    )


def _at_most(bound_ms: float | None) -> Cell:
    return Cell("more" if bound_ms is None else f"≤ {bound_ms:g}", is_number=True)


def decision_section(report: ReportBody) -> Section:
    """Return the best and the worst trades."""
    return Section(
        title="Best and worst decisions",
        lead="The trades that a minute later had gained or cost the most, and what could be known "
        "then. A good price at the trade that turned bad was unlucky or picked off; ask of each "
        "what the mark, the headline and the signal said.",
        blocks=(_decisions("Best", report.best), _decisions("Worst", report.worst)),
    )


def _decisions(caption: str, found: Sequence[DecisionBody]) -> Table:
    heads = (
        *("time", "trade", "instrument", "what", "price", "mark then", "a minute later"),
        *("edge, USD", "gain, USD", "known then"),
    )
    rows = [
        row(
            clock(one.game_us),
            Cell(str(one.trade_id), is_number=True),
            one.instrument_id,
            _what(one),
            exact(one.price),
            exact(one.mark_price),
            exact(one.mark_later),
            money(one.edge),
            money(one.gain),
            _known(one.known),
        )
        for one in found
    ]
    return table(caption, heads, rows)


def _what(one: DecisionBody) -> str:
    how = "in an auction" if one.is_auction else "as maker" if one.is_maker else "as taker"
    return f"{one.side} {one.quantity:,} {how}"


def _known(known: KnownBody) -> str:
    told = []
    if known.headline is not None and known.headline_us is not None:
        told.append(f"{clock(known.headline_us)} “{known.headline}”")
    if known.signal is not None and known.signal_us is not None:
        told.append(f"{clock(known.signal_us)} {known.signal}")
    return "; ".join(told) or DASH
