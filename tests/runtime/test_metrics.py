from hypothesis import given
from hypothesis import strategies as st

from itg.runtime.metrics import HandlerTimes, Histogram, PumpNumbers


@given(st.lists(st.integers(1, 2**40), min_size=1), st.sampled_from([0.01, 0.5, 0.99, 1.0]))
def test_a_quantile_is_the_true_one_or_a_quarter_more(times: list[int], share: float) -> None:
    histogram = Histogram()
    for time in times:
        histogram.add(time)
    rank = min(range(len(times)), key=lambda i: (i + 1 < share * len(times), i))
    true = sorted(times)[rank]
    assert true <= histogram.quantile_ns(share) <= true * 5 // 4 + 1


def test_an_empty_histogram_has_no_quantile() -> None:
    assert Histogram().quantile_ns(0.5) == 0


def test_classes_never_handled_are_not_reported() -> None:
    times = HandlerTimes()
    times.by_kind["Quiet"] = Histogram()
    assert times.quantiles_ns() == {}


def test_averages_follow_what_is_noted() -> None:
    numbers = PumpNumbers()
    for _ in range(100):
        numbers.note_batch(8, 24)
        numbers.note_commit(1_000)
    assert (numbers.batches, numbers.inputs, numbers.events) == (100, 800, 2_400)
    assert 7.9 < numbers.batch_size_average <= 8
    assert 990 < numbers.commit_ns_average <= 1_000


@given(st.lists(st.integers(1, 2**40)))
def test_cumulative_counts_rise_to_all_durations(times: list[int]) -> None:
    histogram = Histogram()
    for time in times:
        histogram.add(time)
    rows = list(histogram.cumulative())
    assert rows == sorted(rows)
    assert rows[-1][1] == len(times)
    assert histogram.total_ns == sum(times)
