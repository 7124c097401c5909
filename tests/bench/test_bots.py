"""The benchmark of bots: every order is waited for, every report of both sides is counted."""

from collections.abc import Callable

import pytest
from bench.bots import METRICS, Record, measure_bots
from bench.run import PARTS

MS = 1_000_000


def recorded() -> Record:
    """Return a round of three orders: one rests, one takes it, one comes after the last instant."""
    record = Record()
    record.due = {1: 10 * MS, 2: 20 * MS, 3: 90 * MS}
    record.acks = {1: 11 * MS, 2: 23 * MS, 3: 91 * MS}
    record.made_by = {7: 2}
    record.fills = [(7, 22 * MS), (7, 25 * MS)]
    return record


def test_waiting_counts_from_when_an_order_was_due_and_reports_from_the_order_that_traded() -> None:
    sample = recorded().sample(0, 80 * MS)
    assert (sample.ack_p50, sample.ack_p99) == (3.0, 3.0)
    assert (sample.report_p50, sample.report_p99, sample.reports) == (5.0, 5.0, 2)
    assert sample.orders_per_s == 25.0


def test_an_order_outside_the_measured_time_counts_in_nothing() -> None:
    sample = recorded().sample(15 * MS, 80 * MS)
    assert sample.ack_p50 == 3.0
    assert sample.orders_per_s == pytest.approx(1 / 0.065)


@pytest.mark.parametrize(
    "lose", [lambda record: record.acks.pop(2), lambda record: record.made_by.pop(7)]
)
def test_an_answer_that_is_lost_fails_the_round(lose: Callable[[Record], object]) -> None:
    record = recorded()
    lose(record)
    with pytest.raises(KeyError):
        record.sample(0, 80 * MS)


@pytest.mark.system
@pytest.mark.slow  # a server and its clients for a minute; what CI runs is above
@pytest.mark.timeout(300)
def test_a_short_run_tells_acknowledgements_reports_and_rates_for_each_number_of_bots() -> None:
    figures = list(measure_bots((2, 6), rounds=1, seconds=0.2))
    names = [f"{n} bots, {how}" for n in (2, 6) for how in ("1,000/s", "at once")]
    assert [f.name for f in figures] == [
        f"{name}, {label}" for name in names for label, *_ in METRICS
    ]
    assert all(figure.value > 0 and not figure.fault for figure in figures)
    assert [f.goal is not None for f in figures[:5]] == [True, False, True, False, True]


def test_make_bench_measures_bots() -> None:
    assert PARTS["bots"] is measure_bots
