"""What news does: chances, signs and sizes by the table, each from a stream of its own."""

from math import exp, sqrt
from statistics import NormalDist

import pytest
from msgspec.structs import replace
from tests.news.models import TABLE

from itg.news.contract import Headline, JumpSign, NewsOrigin, NewsOutcome
from itg.news.core.outcomes import (
    OUTCOME_STREAMS,
    SHIFT_DRAW_UNIT,
    STREAMS,
    Dice,
    draw_headline,
    draw_outcome,
)

BOUND = 3.29  # standard deviations of a 99.9 % two-sided bound
SIZES = pytest.mark.parametrize("n", [2_000, pytest.param(40_000, marks=pytest.mark.gate)])
ARRIVAL = NewsOrigin.ARRIVAL


def drawn(headline: Headline, n: int, seed: int = 11) -> list[NewsOutcome]:
    dice = Dice(seed, {})
    return [draw_outcome(dice, ARRIVAL, headline) for _ in range(n)]


def assert_share(count: int, n: int, expected: float) -> None:
    assert abs(count / n - expected) <= BOUND * sqrt(expected * (1 - expected) / n), (count, n)


@SIZES
@pytest.mark.parametrize("headline", TABLE, ids=lambda row: row.headline_id)
def test_shifts_jumps_and_signs_come_as_often_as_the_table_says(headline: Headline, n: int) -> None:
    outcomes = drawn(headline, n)
    assert_share(sum(o.is_shift for o in outcomes), n, headline.shift)
    if headline.size_max == 0:
        assert all(o.jump_ppm == 0 for o in outcomes)
        return
    jumps = [o.jump_ppm for o in outcomes if o.jump_ppm]
    assert_share(len(jumps), n, headline.jump)
    up = {JumpSign.UP: 1.0, JumpSign.DOWN: 0.0, JumpSign.EITHER: 0.5}[headline.sign]
    assert_share(sum(jump > 0 for jump in jumps), len(jumps), up)
    # Independent of each other: both come as often as the product says.
    both = sum(o.is_shift and o.jump_ppm != 0 for o in outcomes)
    assert_share(both, n, headline.shift * headline.jump)


@SIZES
def test_sizes_are_log_normal_around_the_middle_and_clipped(n: int) -> None:
    headline = replace(TABLE[0], jump=1.0)
    low, high = 10_000, 30_000
    sizes = [abs(o.jump_ppm) for o in drawn(headline, n)]
    assert min(sizes) == low
    assert max(sizes) == high
    law, middle = NormalDist(0.0, 0.3), 20_000
    assert_share(sum(size < middle for size in sizes), n, 0.5)
    assert_share(sizes.count(low), n, law.cdf(-0.6931471805599453))  # ln(1/2)
    assert_share(sizes.count(high), n, 1 - law.cdf(0.4054651081081644))  # ln(3/2)
    for level in (0.05, 0.25, 0.75, 0.9):
        assert_share(sum(s < middle * exp(law.inv_cdf(level)) for s in sizes), n, level)


@SIZES
def test_a_shifts_destination_is_drawn_uniformly(n: int) -> None:
    draws = [o.shift_draw for o in drawn(replace(TABLE[0], shift=1.0), n)]
    assert all(0 <= draw < SHIFT_DRAW_UNIT for draw in draws)
    for tenth in range(1, 10):
        assert_share(sum(d * 10 < tenth * SHIFT_DRAW_UNIT for d in draws), n, tenth / 10)


@SIZES
def test_headlines_come_by_weight_and_never_those_without(n: int) -> None:
    dice = Dice(5, {})
    names = [draw_headline(dice, TABLE).headline_id for _ in range(n)]
    total = sum(row.weight for row in TABLE)
    for row in TABLE:
        assert_share(names.count(row.headline_id), n, row.weight / total)


def test_every_item_takes_one_draw_of_each_stream_whatever_comes_of_it() -> None:
    for origin in NewsOrigin:
        dice = Dice(1, {})
        for number, headline in enumerate(TABLE * 3, start=1):
            draw_outcome(dice, origin, headline, is_shift=True if number % 2 else None, jump_ppm=7)
            moved = {name: count for name, count in dice.counters().items() if count}
            assert moved == {f"{origin.value}.{name}": number for name in OUTCOME_STREAMS}
    assert set(dice.counters()) == set(STREAMS)


@pytest.mark.parametrize("name", OUTCOME_STREAMS)
def test_a_draw_added_to_one_stream_moves_no_other(name: str) -> None:
    headline = replace(TABLE[2], shift=0.5, jump=0.9)
    plain, moved = Dice(1, {}), Dice(1, {f"arrival.{name}": 1})
    pairs = [
        (draw_outcome(plain, ARRIVAL, headline), draw_outcome(moved, ARRIVAL, headline))
        for _ in range(200)
    ]
    jumping = [(a, b) for a, b in pairs if a.jump_ppm and b.jump_ppm]
    shifting = [(a, b) for a, b in pairs if a.is_shift and b.is_shift]
    differs = {
        "shift": any(a.is_shift != b.is_shift for a, b in pairs),
        "shift_draw": any(a.shift_draw != b.shift_draw for a, b in shifting),
        "jump": any((a.jump_ppm == 0) != (b.jump_ppm == 0) for a, b in pairs),
        "sign": any((a.jump_ppm > 0) != (b.jump_ppm > 0) for a, b in jumping),
        "size": any(abs(a.jump_ppm) != abs(b.jump_ppm) for a, b in jumping),
    }
    assert [stream for stream, is_moved in differs.items() if is_moved] == [name]


def test_what_is_fixed_stands_and_the_rest_is_drawn_as_it_would_have_been() -> None:
    plain, fixed = Dice(1, {}), Dice(1, {})
    for headline in TABLE * 20:
        expected = draw_outcome(plain, ARRIVAL, headline)
        told = draw_outcome(fixed, ARRIVAL, headline, is_shift=False, jump_ppm=None)
        assert told == replace(expected, is_shift=False, shift_draw=0)
    assert draw_outcome(fixed, ARRIVAL, TABLE[4], jump_ppm=-1_500).jump_ppm == -1_500
    assert draw_outcome(fixed, ARRIVAL, TABLE[4], is_shift=True).shift_draw > 0
