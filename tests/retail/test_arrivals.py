"""When orders arrive: hour factors and panics change the rate, never the draws."""

from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.retail.models import END, NOW, configured, dice, second

from itg.kernel.times import NS_PER_MINUTE, NS_PER_S, Nanos
from itg.retail.contract import HourFactor
from itg.retail.core.arrivals import Arrivals

Z = 3.2905
PER_MINUTE = 120
PEAKS = (
    HourFactor(start_s=300, factor=3.0),
    HourFactor(start_s=900, factor=0.5),
    HourFactor(start_s=1_500, factor=2.0),
)


def arrivals(*hours: HourFactor, per_minute: float = PER_MINUTE, end: Nanos = END) -> Arrivals:
    made = Arrivals(mean_gap_ns=NS_PER_MINUTE / per_minute, hours=hours, panic_rate=2.0)
    made.open(NOW, end)
    return made


def drawn(made: Arrivals, seed: int = 1) -> list[Nanos]:
    rng, times = dice(seed)["arrival"], [NOW]
    while (at := made.draw(times[-1], rng)) is not None:
        times.append(at)
    return times[1:]


def between(times: list[Nanos], begin: float, end: float) -> int:
    return sum(second(begin) <= at < second(end) for at in times)


@pytest.fixture(scope="module")
def peaks() -> list[Nanos]:
    return drawn(arrivals(*PEAKS))


@pytest.mark.parametrize(
    ("begin", "end", "factor"),
    [(0, 300, 1.0), (300, 900, 3.0), (900, 1_500, 0.5), (1_500, 1_800, 2.0)],
)
def test_orders_arrive_factor_times_as_often(
    begin: int, end: int, factor: float, peaks: list[Nanos]
) -> None:
    expected = PER_MINUTE * factor * (end - begin) / 60
    assert abs(between(peaks, begin, end) - expected) < Z * sqrt(expected)


def test_an_order_takes_one_draw_whatever_the_factor() -> None:
    rng = dice()["arrival"]
    made, count = arrivals(*PEAKS), 0
    at: Nanos | None = NOW
    while at is not None:
        at, count = made.draw(at, rng), count + 1
    assert rng.counter == count


def test_factors_of_one_move_no_arrival() -> None:
    ones = tuple(HourFactor(start_s=start, factor=1.0) for start in (0, 100, 1_000))
    plain, factored = drawn(arrivals()), drawn(arrivals(*ones))
    assert len(plain) == len(factored)
    # The pieces are added up in floating point: a nanosecond may be lost on the way.
    assert max(abs(a - b) for a, b in zip(plain, factored, strict=True)) <= len(plain)


def test_no_order_arrives_while_the_factor_is_zero() -> None:
    shut = (HourFactor(start_s=60, factor=0.0), HourFactor(start_s=120, factor=1.0))
    times = drawn(arrivals(*shut))
    assert between(times, 0, 60) > 0
    assert between(times, 60, 120) == 0
    assert between(times, 120, 180) > 0
    assert between(drawn(arrivals(shut[0])), 60, 1_800) == 0


@given(
    st.lists(
        st.tuples(st.integers(1, 600), st.sampled_from([0.0, 0.25, 0.5, 1.0, 2.0, 3.0])), max_size=5
    ),
    st.floats(0, 1_700),
    st.floats(1e-3, 500),
)
def test_an_arrival_is_the_operational_time_drawn_away(
    steps: list[tuple[int, float]], begin: float, gap: float
) -> None:
    hours, start = [], 0
    for wait, factor in steps:
        start += wait
        hours.append(HourFactor(start_s=start, factor=factor))
    hours.append(HourFactor(start_s=start + 1, factor=1.0))
    made = arrivals(*hours)
    made.next_ns = made._after(second(begin), gap * NS_PER_S)
    assert made.next_ns is not None
    # Times are whole nanoseconds: the gap is met within one of them at the largest factor.
    passed = made.operational(second(begin), made.next_ns)
    assert passed == pytest.approx(gap * NS_PER_S, abs=4)


def test_a_panic_draws_the_pending_order_nearer_by_its_rate() -> None:
    made = arrivals()
    made.next_ns = second(100)
    made.panic(second(20), second(50))
    # 30 s at twice the rate are 60 of the 80 s that were left; 20 s follow at the old rate.
    assert made.due == second(70)
    made.panic(second(40), second(70))
    # At 40 s, 20 + 20 s of operational time are left, at twice the rate.
    assert made.due == second(60)
    made.tick(second(60))
    assert made.operational_ns == pytest.approx(100 * NS_PER_S)


def test_a_panic_brings_an_order_back_that_lay_beyond_the_end() -> None:
    made = arrivals()
    made.next_ns = second(1_810)
    assert made.due is None
    made.panic(second(1_780), second(1_900))
    assert made.due == second(1_795)


def test_orders_come_at_the_panics_rate_while_it_lasts() -> None:
    made = arrivals()
    made.panic(second(600), second(1_200))
    times = drawn(made)
    for begin, end, factor in ((600, 1_200, 2), (1_200, 1_800, 1)):
        expected = PER_MINUTE * factor * (end - begin) / 60
        assert abs(between(times, begin, end) - expected) < Z * sqrt(expected)


def test_a_window_begins_afresh() -> None:
    made = arrivals(*PEAKS)
    made.draw(NOW, dice()["arrival"])
    made.panic(second(10), second(100))
    made.tick(second(400))
    made.open(second(10_000), second(11_000))
    assert (made.due, made.panic_until_ns) == (None, 0)
    made.tick(second(10_100))
    assert made.open_ns == 500 * NS_PER_S
    # 90 s of panic at twice, 210 s plain, 100 s at three times; then 100 s plain.
    expected = (10 + 2 * 90 + 200 + 3 * 100 + 100) * NS_PER_S
    assert made.operational_ns == pytest.approx(expected)


def test_time_outside_the_window_is_not_counted() -> None:
    made = arrivals()
    made.tick(second(-5))
    made.tick(second(2_000))
    made.tick(second(3_000))
    assert made.open_ns == made.operational_ns == 1_800 * NS_PER_S


def test_the_rate_is_the_scenarios() -> None:
    made = Arrivals.configured(configured()[1])
    made.open(NOW, Nanos(NOW + 1_000 * 60 * NS_PER_S))
    assert abs(len(drawn(made)) - 3_000) < Z * sqrt(3_000)
