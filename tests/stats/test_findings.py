"""The checks themselves: bounds are exact, and a world of other numbers is found out."""

from collections.abc import Callable
from itertools import pairwise
from math import comb, inf

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.dice import ArrayDice
from tools.stats import forecasts, headlines
from tools.stats.findings import (
    Finding,
    around,
    autocorrelations,
    binomial_bounds,
    chances,
    dwells,
    geometric,
    half_life,
    none,
    share,
    without_memory,
)
from tools.stats.world import Settings, World, busy, settings


@given(st.integers(1, 60), st.sampled_from([0.01, 0.1, 0.34, 0.5, 0.66, 0.85, 0.999]))
def test_binomial_bounds_leave_half_a_permille_on_each_side(count: int, chance: float) -> None:
    low, high = binomial_bounds(count, chance)
    law = [comb(count, k) * chance**k * (1 - chance) ** (count - k) for k in range(count + 1)]
    assert sum(law[:low]) <= 0.0005 < sum(law[: low + 1])
    assert sum(law[high + 1 :]) <= 0.0005 < sum(law[high:])


def test_bounds_of_an_accuracy_of_two_thirds_are_those_agreed_on() -> None:
    for count, low, high in ((2_000, 0.625, 0.695), (10_000, 0.644, 0.676)):
        least, most = binomial_bounds(count, 0.66)
        assert least / count == pytest.approx(low, abs=0.0006)
        assert most / count == pytest.approx(high, abs=0.0006)


@pytest.mark.parametrize(("chance", "hits"), [(0.0, 0), (1.0, 9)])
def test_what_is_certain_has_no_room(chance: float, hits: int) -> None:
    assert share("certain", [hits > 0] * 9, chance).is_within
    assert not share("certain", [hits == 0, *[hits > 0] * 8], chance).is_within
    assert chances("certain", [(hits, 9, chance), (5, 10, 0.5)]).is_within
    assert chances("certain", [(4, 9, chance), (5, 10, 0.5)]).measured == inf


def test_what_was_never_seen_is_no_proof() -> None:
    with pytest.raises(AssertionError, match="nothing was seen"):
        none("nothing", 0, 0)
    with pytest.raises(AssertionError, match="nothing was seen"):
        share("nothing", [], 0.5)


def test_a_memory_is_found() -> None:
    noise = ArrayDice(1).standard_normal(5_000)
    assert without_memory("noise", [*noise]).is_within
    kept = [b + 0.1 * a for a, b in pairwise(noise)]
    assert not without_memory("a tenth of the last", kept).is_within
    assert autocorrelations(kept, 1)[0] == pytest.approx(0.1, abs=0.05)


def test_stays_of_another_length_are_found() -> None:
    chain = [int(u < 0.5) for u in ArrayDice(2).random(200_000) for _ in range(2)]
    stays = dwells(chain, 1)
    assert all(stay % 2 == 0 for stay in stays)
    halved = [stay // 2 for stay in stays]
    assert geometric("stays", halved, 0.5, cells=4).is_within
    assert not geometric("stays", halved, 0.52, cells=4).is_within


def test_another_half_life_is_found() -> None:
    keep, error, errors = 0.5 ** (30 / 420), 0.0, []
    for draw in ArrayDice(3).standard_normal(40_000):
        error = keep * error + (1 - keep * keep) ** 0.5 * 0.0015 * draw
        errors.append(error)
    assert [f.is_within for f in half_life(errors, 30.0, (420.0, 0.0015))] == [True, True]
    assert [f.is_within for f in half_life(errors, 30.0, (520.0, 0.0015))] == [False, True]
    assert [f.is_within for f in half_life(errors, 30.0, (420.0, 0.0017))] == [True, False]


def test_a_bound_includes_its_ends() -> None:
    assert around("ends", 1, (1.5, 1.0), 0.5).is_within
    assert not around("ends", 1, (1.51, 1.0), 0.5).is_within


# -- false worlds ----------------------------------------------------------------


def lying(known: Settings) -> Settings:
    """Say 66 % and be right in 90 % of the forecasts."""
    volatility = known.signals.volatility
    assert volatility is not None
    return known._replace(
        signals=replace(known.signals, volatility=replace(volatility, accuracy=0.9))
    )


def missed(findings: list[Finding]) -> list[str]:
    return [f.what for f in findings if not f.is_within]


def test_forecasts_of_another_accuracy_than_told_are_found() -> None:
    world = World(lying(busy(settings(5, 60.0)))).play(20)
    told = [f._replace(accuracy=0.66) for f in forecasts.forecasts(world)]
    finding = share("right", [f.said_shift == f.changed for f in told], told[0].accuracy)
    assert not finding.is_within


def test_a_verdict_of_another_world_is_found() -> None:
    ours, theirs = (World(busy(settings(seed, 60.0))).play(4) for seed in (6, 7))
    assert missed([*forecasts.tracking(ours)]) == []
    for place, session in enumerate(theirs.sessions):
        ours.sessions[place] = session
    assert "tracking: verdicts unlike the later error" in missed([*forecasts.tracking(ours)])


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda row: replace(row, shift=min(1.0, row.shift + 0.2)), "news: shifts by headline"),
        (lambda row: replace(row, jump=row.jump * 0.6), "news: jumps by headline"),
        (lambda row: replace(row, weight=2.0 if row.shift > 0.5 else 1.0), "news: headlines"),
        (lambda row: replace(row, size_max=row.size_max * 1.5), "news: jumps below"),
    ],
)
def test_headlines_of_another_table_are_found(
    change: Callable[[object], object], what: str
) -> None:
    config = settings(8, 1.0).news
    changed = replace(config, headlines=tuple(change(row) for row in config.headlines))
    items = headlines.long_run(changed, 1_000)
    found = missed([*headlines.outcomes(items, config.headlines)])
    assert any(name.startswith(what) for name in found)
    assert missed([*headlines.outcomes(items, changed.headlines)]) == []


def test_news_of_another_rhythm_is_found() -> None:
    config = settings(9, 1.0).news
    assert config.arrivals is not None
    items = headlines.long_run(
        replace(config, arrivals=replace(config.arrivals, weights=())), 3_000
    )
    found = missed([*headlines.times(items, config, 3_000)])
    assert any(name.startswith("news: half hours") for name in found)
    assert any(name.startswith("news: gaps out") for name in found)
