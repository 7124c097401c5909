"""From a measure to points: linear between the anchors, in integers, as anybody can repeat it."""

from collections.abc import Sequence
from math import fsum

from itg.game.contract import ComponentGroup, Kpi, ScoreComponent, ScoreSource
from itg.game.core.scoring.books import PPM
from itg.game.core.scoring.measured import Measured
from itg.kernel.times import Nanos

HUNDRED = 100 * PPM
NOTHING = HUNDRED // 2  # points where nothing happened to be measured
# A ratio can be without bound; beyond a trillion it is as good as at it.
_MEASURED_MAX = 10**12 * PPM


def component_of(
    kpi: Kpi, group: ComponentGroup, measured: Measured | None, sources_max: int
) -> ScoreComponent:
    """Return a term of the score: what was measured, its points and what it is made of."""
    zero, half, full = (round(anchor * PPM) for anchor in (kpi.zero, kpi.half, kpi.full))
    value = None if measured is None else _rounded(measured.value)
    return ScoreComponent(
        name=kpi.name,
        group=group,
        weight_ppm=kpi.weight_ppm,
        measured=value,
        zero=zero,
        half=half,
        full=full,
        points=NOTHING if value is None else points_of(value, (zero, half, full)),
        sources=() if measured is None else _sources(measured, sources_max),
    )


def points_of(measured: int, anchors: tuple[int, int, int]) -> int:
    """Return 0, 50, 100 points (1e-6) at the anchors, linear between, level outside."""
    zero, half, full = anchors
    if full < zero:
        measured, zero, half, full = -measured, -zero, -half, -full
    if measured >= full:
        return HUNDRED
    if measured >= half:
        return NOTHING + ratio(NOTHING * (measured - half), full - half)
    if measured > zero:
        return ratio(NOTHING * (measured - zero), half - zero)
    return 0


def weighted(components: Sequence[ScoreComponent], group: ComponentGroup) -> int:
    """Return a group's points: the mean of its components' by their weights."""
    ours = [one for one in components if one.group is group]
    weights = sum(one.weight_ppm for one in ours)
    return ratio(sum(one.weight_ppm * one.points for one in ours), weights) if weights else NOTHING


def ratio(number: int, by: int) -> int:
    """Return a quotient rounded to the nearest integer, halves up; `by` is positive."""
    return (2 * number + by) // (2 * by)


def _sources(measured: Measured, sources_max: int) -> tuple[ScoreSource, ...]:
    told = measured.parts[-sources_max:]
    earlier = measured.earlier + len(measured.parts) - len(told)
    sources = [
        ScoreSource(part.kind, part.source_id, part.at_ns, _rounded(part.value)) for part in told
    ]
    if earlier:
        rest = measured.value - fsum(part.value for part in told)
        before_ns = told[0].at_ns if told else Nanos(0)
        sources.insert(0, ScoreSource("earlier", earlier, before_ns, _rounded(rest)))
    return tuple(sources)


def _rounded(value: float) -> int:
    return round(max(-_MEASURED_MAX, min(value * PPM, _MEASURED_MAX)))
