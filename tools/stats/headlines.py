"""Headlines by their numbers: gaps, hours, weights, outcomes, the newsroom alone."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import exp, log, sqrt
from statistics import NormalDist

from tools.stats.findings import Finding, Z, around, chances, fitting, none, share
from tools.stats.world import DAY_NS, OPEN_NS, PRE_OPEN_NS, settings

from itg.kernel.times import NS_PER_S, Nanos
from itg.news.contract import (
    ArrivalModel,
    ConfigureNews,
    Headline,
    JumpSign,
    NewsOutcome,
    NewsScheduled,
    StartNews,
)
from itg.news.core.gaps import GapLaw
from itg.news.core.newsroom import Newsroom, NewsroomState

CELLS = 20_000
APART = 5  # gaps after which an item's hour says nothing of another's
SPREAD = 0.3  # of a jump's logarithm


class Item:
    """An arrival of a long run: its session, its second in it, and what was drawn."""

    __slots__ = ("day", "scheduled", "second", "wait_s")

    def __init__(self, day: int, at_ns: int, scheduled: NewsScheduled) -> None:
        session_start_ns = OPEN_NS + day * DAY_NS
        self.day = day
        self.second = (scheduled.effective_ns - session_start_ns) / NS_PER_S
        self.wait_s = (scheduled.effective_ns - at_ns) / NS_PER_S
        self.scheduled = scheduled


def study(seed: int, size: int = 1) -> list[Finding]:
    """Hold classic's headlines to their gaps, hours, weights and chances."""
    config = settings(seed, 1.0).news
    items = long_run(config, 4_000 * size)
    return [*times(items, config, 4_000 * size), *outcomes(items, config.headlines)]


def long_run(config: ConfigureNews, sessions: int) -> list[Item]:
    """Publish `sessions` whole sessions of news, the core alone."""
    newsroom = Newsroom(NewsroomState(config))
    found: list[Item] = []
    for day in range(sessions):
        start_ns = OPEN_NS + day * DAY_NS
        end_ns = Nanos(start_ns + config.session_seconds * NS_PER_S)
        now = Nanos(start_ns - PRE_OPEN_NS)
        session = StartNews(session_start_ns=Nanos(start_ns), session_end_ns=end_ns)
        events: Sequence[object] = [*newsroom.start(now, session)]
        while True:
            found += [Item(day, now, e) for e in events if isinstance(e, NewsScheduled)]
            if newsroom.next_ns is None:
                break
            now = newsroom.next_ns
            events = [*newsroom.publish(now)]
        assert not [*newsroom.stop(end_ns)]
    return found


# -- when ----------------------------------------------------------------------


def times(items: Sequence[Item], config: ConfigureNews, sessions: int) -> Iterator[Finding]:
    """Hold arrivals to their gaps, their number, their hours and their lead."""
    arrivals, session_s = config.arrivals, config.session_seconds
    assert arrivals is not None
    gaps = gaps_of(items, arrivals, session_s)
    spread = deviation(arrivals)
    pair = (sum(gaps) / len(gaps), arrivals.mean_gap_s)
    yield around("news: mean gap, weighted s", len(gaps), pair, Z * spread / sqrt(len(gaps)))
    # What is clipped stands on the bound but for the float's last places.
    low, high = arrivals.gap_min_s - 1e-3, arrivals.gap_max_s + 1e-3
    outside = sum(not low <= gap <= high for gap in gaps)
    yield none("news: gaps out of their bounds", len(gaps), outside)
    mean_gaps = sessions * session_s / arrivals.mean_gap_s
    # Renewals: the variance of the count is that of the gaps, in mean gaps, a renewal.
    bound = Z * spread / arrivals.mean_gap_s * sqrt(mean_gaps)
    yield around("news: items", len(items), (float(len(items)), mean_gaps), bound)
    yield half_hours(items, arrivals, session_s)
    quiet_from_s = session_s - arrivals.quiet_end_s
    untimely = sum(not 0 <= item.second < quiet_from_s for item in items)
    yield none("news: items outside the session or in its quiet end", len(items), untimely)
    late = sum(item.wait_s < config.lead_s for item in items)
    yield none("news: outcomes drawn less than the lead ahead", len(items), late)


def half_hours(items: Sequence[Item], arrivals: ArrivalModel, session_s: int) -> Finding:
    """Hold each half hour to its share by weight."""
    seconds = [item.second for item in items][::APART]
    weights = half_hour_weights(arrivals, session_s)
    total = sum(weight for _, _, weight in weights)
    counts = [sum(start <= second < end for second in seconds) for start, end, _ in weights]
    expected = [len(seconds) * weight / total for _, _, weight in weights]
    return fitting("news: half hours by weight", counts, expected)


def half_hour_weights(arrivals: ArrivalModel, session_s: int) -> list[tuple[int, int, float]]:
    """Return start, end and weight × seconds of each half hour news may come in."""
    quiet_from_s = session_s - arrivals.quiet_end_s
    found = []
    for start in range(0, quiet_from_s, 1_800):
        end = min(start + 1_800, quiet_from_s)
        weight = [row.weight for row in arrivals.weights if row.start_s <= start] or [1.0]
        found.append((start, end, weight[-1] * (end - start)))
    return found


def gaps_of(items: Sequence[Item], arrivals: ArrivalModel, session_s: int) -> list[float]:
    """Return the gaps in weighted seconds."""
    at = [weighted_second(item, arrivals, session_s) for item in items]
    return [later - earlier for earlier, later in pairwise(at)]


def weighted_second(item: Item, arrivals: ArrivalModel, session_s: int) -> float:
    """Count an item's weighted seconds since the first session, row by row."""
    quiet_from_s = session_s - arrivals.quiet_end_s
    ends = [row.start_s for row in arrivals.weights[1:]] + [quiet_from_s]
    rows = [(row.start_s, end, row.weight) for row, end in zip(arrivals.weights, ends, strict=True)]
    total = sum((end - start) * weight for start, end, weight in rows)
    passed = sum(max(min(item.second, end) - start, 0.0) * weight for start, end, weight in rows)
    return item.day * session_s + passed * session_s / total


def moment(arrivals: ArrivalModel, theta: float, power: int) -> float:
    """Integrate the density by the midpoint rule, the clipped mass at its bounds beside it."""
    low, high = arrivals.gap_min_s, arrivals.gap_max_s
    width = (high - low) / CELLS
    middles = (low + (cell + 0.5) * width for cell in range(CELLS))
    inner = sum(x**power * exp(-x / theta) for x in middles) * width / theta
    return inner + low**power * (1 - exp(-low / theta)) + high**power * exp(-high / theta)


def deviation(arrivals: ArrivalModel) -> float:
    """Return the standard deviation of a gap."""
    return sqrt(moment(arrivals, GapLaw(arrivals).theta_s, 2) - arrivals.mean_gap_s**2)


# -- what ----------------------------------------------------------------------


def outcomes(items: Sequence[Item], table: Sequence[Headline]) -> Iterator[Finding]:
    """Hold headlines to their weights, and what each brings to its row of the table."""
    names = [item.scheduled.headline_id for item in items]
    total = sum(row.weight for row in table)
    expected = [len(items) * row.weight / total for row in table]
    yield fitting(
        "news: headlines by weight", [names.count(r.headline_id) for r in table], expected
    )
    drawn = {row.headline_id: Brought(row) for row in table}
    for item in items:
        drawn[item.scheduled.headline_id].note(item.scheduled.outcome)
    seen = [b for b in drawn.values() if b.count]
    yield chances("news: shifts by headline", [(b.shifts, b.count, b.row.shift) for b in seen])
    yield chances("news: jumps by headline", [(b.jumps, b.count, b.jump) for b in seen])
    yield chances("news: jumps up by headline", [(b.ups, b.jumps, b.up) for b in seen])
    # Independent of each other: both come as often as the product says.
    both = [(b.both, b.count, b.row.shift * b.jump) for b in seen]
    yield chances("news: shift and jump in one, by headline", both)
    yield classes(list(drawn.values()))
    yield from sizes(items, table)


def classes(drawn: Sequence["Brought"]) -> Finding:
    """Hold the three classes of headlines to their shares: a new regime, a jump alone, neither."""
    shifts = sum(each.shifts for each in drawn)
    jumps_alone = sum(each.jumps - each.both for each in drawn)
    items = sum(each.count for each in drawn)
    total = sum(each.row.weight for each in drawn)
    shift = sum(each.row.weight * each.row.shift for each in drawn) / total
    alone = sum(each.row.weight * (1 - each.row.shift) * each.jump for each in drawn) / total
    return fitting(
        "news: new regime, jump alone, neither",
        [shifts, jumps_alone, items - shifts - jumps_alone],
        [items * shift, items * alone, items * (1 - shift - alone)],
    )


class Brought:
    """What the items of one headline brought."""

    def __init__(self, row: Headline) -> None:
        self.row = row
        self.jump = row.jump if row.size_max else 0.0
        self.up = {JumpSign.UP: 1.0, JumpSign.DOWN: 0.0, JumpSign.EITHER: 0.5}[row.sign]
        self.count = self.shifts = self.jumps = self.ups = self.both = 0

    def note(self, outcome: NewsOutcome) -> None:
        self.count += 1
        self.shifts += outcome.is_shift
        self.jumps += outcome.jump_ppm != 0
        self.ups += outcome.jump_ppm > 0
        self.both += outcome.is_shift and outcome.jump_ppm != 0


def sizes(items: Sequence[Item], table: Sequence[Headline]) -> Iterator[Finding]:
    """Hold jumps to middle × exp(0.3 Z) within their bounds, all rows together."""
    rows = {row.headline_id: row for row in table if row.size_max > row.size_min}
    jumps = [
        (rows[i.scheduled.headline_id], abs(i.scheduled.outcome.jump_ppm) * 1e-6)
        for i in items
        if i.scheduled.headline_id in rows and i.scheduled.outcome.jump_ppm
    ]
    outside = sum(not r.size_min - 1e-9 <= size <= r.size_max + 1e-9 for r, size in jumps)
    yield none("news: jump sizes out of their bounds", len(jumps), outside)
    law = NormalDist(0.0, SPREAD)
    edges = [law.inv_cdf(cell / 8) for cell in range(1, 8)]
    for edge, chance in zip(edges, (cell / 8 for cell in range(1, 8)), strict=True):
        # Where the bounds clip a row, its law says nothing of this edge.
        inside = [(r, size) for r, size in jumps if _clips_beyond(r, edge)]
        below = [log(size / _middle(r)) < edge for r, size in inside]
        yield share(f"news: jumps below their {chance:.1%} quantile", below, chance)


def _middle(row: Headline) -> float:
    return (row.size_min + row.size_max) / 2


def _clips_beyond(row: Headline, edge: float) -> bool:
    return log(row.size_min / _middle(row)) + 1e-3 < edge < log(row.size_max / _middle(row)) - 1e-3
