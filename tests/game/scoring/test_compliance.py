"""Compliance: time inside the watched limits, less points for each breach by its depth."""

import pytest
from msgspec.structs import replace
from tests.game.scoring.recorded import START, breached, cleared, of, scored
from tests.game.scoring.test_scores import FUND_1, flat, one_second

from itg.game.contract import ComponentGroup, ScoreComponent, TeamScore
from itg.game.hearing import Heard
from itg.kernel.times import NS_PER_S, Nanos
from itg.positions.contract import Outside

PPM = 1_000_000


def compliance_of(team: TeamScore) -> ScoreComponent:
    return next(c for c in team.components if c.group is ComponentGroup.COMPLIANCE)


LIMIT = 50 * PPM


def test_compliance_is_time_inside_less_points_by_depth() -> None:
    events: list[tuple[Nanos, Heard]] = []
    for second in range(1_000):
        events.append(one_second(second, flat(FUND_1)))
        now = events[-1][0]
        if second == 99:
            since = Nanos(START + 69 * NS_PER_S)
            events.append((now, breached(FUND_1, since, LIMIT * 12 // 10, LIMIT)))
        if second == 169:
            events.append((now, cleared(FUND_1)))
    compliance = compliance_of(of(scored(events), FUND_1))
    # Outside from second 70 to 169; 20 % beyond the limit costs 15.
    assert compliance.measured == (90 - 15) * PPM
    assert [source.kind for source in compliance.sources] == ["inside", "breach"]


def test_a_breach_is_as_deep_as_it_becomes() -> None:
    at = Nanos(START)
    events = [
        one_second(0, flat(FUND_1)),
        (at, breached(FUND_1, at, LIMIT * 105 // 100, LIMIT)),
        one_second(1, replace(flat(FUND_1), outside=(outside(LIMIT * 13 // 10),))),
        (Nanos(START + NS_PER_S), cleared(FUND_1)),
        *(one_second(second, flat(FUND_1)) for second in range(2, 100)),
    ]
    assert compliance_of(of(scored(events), FUND_1)).measured == (99 - 30) * PPM


@pytest.mark.parametrize("kind", ["delta_limit", "leg_balance", "quote_coverage"])
def test_of_every_kind_it_is_the_deepest_second_that_counts(kind: str) -> None:
    # Coverage falls below its limit, the others rise above theirs: depth is the distance.
    deep = LIMIT * 7 // 10 if kind == "quote_coverage" else LIMIT * 13 // 10
    events = [
        one_second(0, flat(FUND_1)),
        (START, breached(FUND_1, START, LIMIT, LIMIT, kind)),
        one_second(1, replace(flat(FUND_1), outside=(outside(deep, kind),))),
        one_second(2, replace(flat(FUND_1), outside=(outside(LIMIT, kind),))),
    ]
    (inside, cost) = compliance_of(of(scored(events), FUND_1)).sources
    assert (inside.kind, cost.kind, cost.value) == ("inside", "breach", -30 * PPM)


Episode = tuple[int, int, int]  # seconds: since, told, cleared


@pytest.mark.parametrize(
    ("episodes", "seconds"),
    [
        ({"delta_limit": (0, 40, 60), "leg_balance": (10, 20, 70)}, 70),
        ({"delta_limit": (20, 40, 60), "leg_balance": (30, 50, 61)}, 41),
        ({"delta_limit": (20, 30, 35), "leg_balance": (10, 40, 50)}, 40),
        ({"delta_limit": (20, 30, 35), "leg_balance": (35, 40, 50)}, 30),
        ({"delta_limit": (20, 30, 35), "leg_balance": (60, 70, 75)}, 30),
    ],
)
def test_a_second_outside_two_limits_is_one_second(
    episodes: dict[str, Episode], seconds: int
) -> None:
    events: list[tuple[Nanos, Heard]] = []
    for second in range(200):
        events.append(one_second(second, flat(FUND_1)))
        now = events[-1][0]
        for kind, (since, told_at, cleared_at) in episodes.items():
            if second == told_at:
                since_ns = Nanos(START + since * NS_PER_S)
                events.append((now, breached(FUND_1, since_ns, LIMIT, LIMIT, kind)))
            if second == cleared_at:
                events.append((now, cleared(FUND_1, kind)))
    inside, *_ = compliance_of(of(scored(events), FUND_1)).sources
    assert inside.value == (200 - seconds) * PPM // 2


def outside(used: int, kind: str = "delta_limit") -> Outside:
    return Outside(kind, used, LIMIT)


def test_breaches_cost_at_most_sixty_points_a_round() -> None:
    events: list[tuple[Nanos, Heard]] = [one_second(0, flat(FUND_1))]
    for number in range(5):
        at = events[-1][0]
        events.append((at, breached(FUND_1, at, 2 * LIMIT, LIMIT)))
        events.append((at, cleared(FUND_1)))
        events.append(one_second(number + 1, flat(FUND_1)))
    assert compliance_of(of(scored(events), FUND_1)).measured == 40 * PPM
