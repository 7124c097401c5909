"""The flow held against RULES: every number within its 99.9 % bound, and false ones found."""

from itertools import pairwise
from math import erf, sqrt

import pytest
from msgspec.structs import replace
from tests.retail.models import (
    NOW,
    configured,
    dice,
    flow,
    instruments,
    seen,
)
from tools.stats.investors import ordered as investors_of

from itg.kernel.ids import InstrumentId, UnderlyingId
from itg.kernel.money import Price
from itg.kernel.words import Instrument, OptionRight, Phase
from itg.retail.contract import CalibrationRow, RetailFlow, RetailReport, SizeCount
from itg.retail.core.calibration import chi_square, chi_square_bound, compare, size_chances
from itg.retail.core.chains import Market
from itg.retail.core.choice import draw_series
from itg.retail.core.flow import Flow
from itg.retail.core.listings import Listings
from itg.retail.core.report import report

Z = 3.2905
LEADER = UnderlyingId("SPX")
SPOT = Price(44_000_000)
PAID = Price(100_000)
PROMISED = {
    "orders a minute": 3,
    "closings by chance a minute": 0.05,
    "market orders": 0.4,
    "limits at or through": 0.3,
    "limits behind": 0.5,
    "limits far": 0.2,
    "buys": 0.5,
    "calls": 0.6,
    "out of the money": 0.7,
    "nearest expiry": 0.8,
}


def ordered(seed: int, minutes: int, **changes: object) -> Flow:
    """Let investors order for so many minutes; every order is filled at once at its theory."""
    investors = flow(**changes)
    investors_of(investors, seed, minutes)
    return investors


def rows_of(investors: Flow) -> dict[str, CalibrationRow]:
    return {row.what: row for row in compare(investors.config, report(investors, None))}


def outside(rows: dict[str, CalibrationRow]) -> list[CalibrationRow]:
    return [row for row in rows.values() if not row.is_within]


def test_an_afternoon_of_orders_is_what_the_rules_say() -> None:
    rows = rows_of(ordered(1, 300))
    assert outside(rows) == []
    assert {what: rows[what].configured for what in PROMISED} == pytest.approx(PROMISED)
    assert min(row.count for row in rows.values()) > 100


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"orders_per_minute": 20}, "orders a minute"),
        ({"close_per_minute": 0.1}, "closings by chance a minute"),
        ({"market_order": 0.5}, "market orders"),
        ({"limit_at_or_through": 0.4}, "limits at or through"),
        ({"buy": 0.6}, "buys"),
        ({"call": 0.5}, "calls"),
        ({"out_of_the_money": 0.8}, "out of the money"),
        ({"nearest_expiry": 0.7}, "nearest expiry"),
        ({"quantity_mean": 6}, "mean size"),
        ({"quantity_mean": 6}, "sizes (chi-square, one-sided)"),
    ],
)
def test_a_flow_of_other_numbers_is_found_out(
    change: dict[str, float], what: str, busy: RetailReport
) -> None:
    config = flow(**{"orders_per_minute": 30, **change}).config
    (row,) = [row for row in compare(config, busy) if row.what == what]
    assert not row.is_within
    assert abs(row.measured - row.configured) > row.bound


@pytest.fixture(scope="module")
def busy() -> RetailReport:
    return report(ordered(3, 120, orders_per_minute=30), None)


def test_the_same_flow_keeps_to_its_own_numbers(busy: RetailReport) -> None:
    rows = compare(flow(orders_per_minute=30).config, busy)
    assert [row for row in rows if not row.is_within] == []


def test_nothing_measured_has_no_row() -> None:
    assert compare(configured()[1], report(None, None)) == ()
    assert compare(configured()[1], report(flow(), None)) == ()


def test_what_is_certain_has_no_tolerance() -> None:
    config = replace(configured()[1], call=1.0)
    told = replace(report(flow(), None), opening_orders=1_000, call_orders=999, orders=1_000)
    rows = {row.what: row for row in compare(config, told)}
    assert (rows["calls"].bound, rows["calls"].is_within) == (0, False)


def test_orders_that_moods_decided_are_not_held_against_the_shares() -> None:
    told = replace(
        report(flow(), None),
        opening_orders=1_500,
        call_orders=600 + 450,
        buy_orders=475 + 40 + 500,
        fomo_orders=500,
        fomo_call_orders=450,
        momentum_orders=50,
        momentum_buy_orders=40,
        sizes=(SizeCount(quantity=1, orders=1_000),),
    )
    rows = {row.what: row for row in compare(configured()[1], told)}
    assert (rows["calls"].measured, rows["calls"].count) == (0.6, 1_000)
    assert (rows["buys"].measured, rows["buys"].count) == (0.5, 950)
    assert not rows["sizes (chi-square, one-sided)"].is_within


def test_bounds_of_chi_square_are_those_of_the_tables() -> None:
    # Abramowitz and Stegun 1964, table 26.8, Q = 0.001.
    for freedom, quantile in ((5, 20.515), (10, 29.588), (30, 59.703), (100, 149.449)):
        assert chi_square_bound(freedom) == pytest.approx(quantile, abs=5e-4)
    statistic, freedom = chi_square([3, 7, 20, 1], [3.0, 7.0, 20.0, 1.0])
    assert (statistic, freedom) == (0.0, 1)


@pytest.mark.parametrize(("lot", "largest"), [(5, 50), (1, 20), (3, 10)])
def test_size_chances_are_all_there_is(lot: int, largest: int) -> None:
    chances = size_chances(replace(configured()[1], lot=lot, quantity_max=largest))
    assert sum(chances.values()) == pytest.approx(1)
    assert list(chances) == sorted(chances)
    assert max(chances) == largest


# -- strikes ------------------------------------------------------------------

# Every quarter percent to 15 % each side, so that the distance drawn shows in the strike chosen.
STRIKES = [int(SPOT * (1 + place / 400)) for place in range(-60, 61)]


def fine_market() -> Market:
    model = next(i for i in instruments() if i.option and i.underlying_id == LEADER)
    assert model.option
    listed = Listings()
    for right in OptionRight:
        for strike in STRIKES:
            terms = replace(model.option, strike=Price(strike), right=right)
            name = InstrumentId(f"{right.value}-{strike}")
            listed.add(replace(model, instrument_id=name, option=terms))
    listed.move(model.shard, Phase.CONTINUOUS, None)
    worth = dict.fromkeys(listed.instruments, Price(100_000))
    return Market().look(NOW, listed, {LEADER: SPOT}, worth)


def expected_shares(strikes: list[int], deviation: float) -> list[float]:
    """Return how often each strike of one side, nearest to spot first, is the closest one."""
    distances = [abs(strike / SPOT - 1) for strike in strikes]
    edges = [0.0, *((a + b) / 2 for a, b in pairwise(distances))]
    below = [erf(edge / deviation / sqrt(2)) for edge in edges] + [1.0]
    return [after - before for before, after in pairwise(below)]


@pytest.mark.parametrize(
    ("right", "out", "skew"),
    [
        (OptionRight.CALL, 1.0, 1.5),
        (OptionRight.CALL, 0.0, 1.5),
        (OptionRight.PUT, 1.0, 1.0),
        (OptionRight.PUT, 0.0, 1.0),
    ],
)
def test_strikes_stand_at_normal_distances_wider_for_calls(
    right: OptionRight, out: float, skew: float
) -> None:
    config: RetailFlow = flow(out_of_the_money=out).config
    market, rolls, count = fine_market(), dice(9), 4_000
    chosen = [draw_series(rolls, config, market, right).instrument for _ in range(count)]
    strikes = [strike_of(instrument) for instrument in chosen]
    is_above = bool(out) == (right is OptionRight.CALL)
    side = [s for s in STRIKES if (s > SPOT) == is_above]
    side.sort(key=lambda strike: abs(strike - SPOT))
    shares = expected_shares(side, 0.02 * skew)
    assert set(strikes) <= set(side)
    observed = [strikes.count(strike) for strike in side]
    statistic, freedom = chi_square(observed, [count * share for share in shares])
    assert freedom > 15
    assert statistic < chi_square_bound(freedom)


def test_orders_without_a_choice_of_strike_are_not_held_against_the_shares() -> None:
    investors, rolls = flow(), dice(2)
    market = seen({LEADER: Price(50_000_000), UnderlyingId("SPY"): Price(4_400_000)})
    for _ in range(1_000):
        investors.arrive(NOW, rolls, market)
    told = report(investors, None)
    assert 400 < told.one_sided_orders < 600
    rows = {row.what: row for row in compare(investors.config, told)}
    assert rows["out of the money"].count == 1_000 - told.one_sided_orders
    assert rows["out of the money"].is_within


def strike_of(instrument: Instrument) -> int:
    assert instrument.option
    return instrument.option.strike
