"""Times of day as seconds of a session."""

from datetime import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.scenario.compiled import compiled, the

from itg import scenario
from itg.kernel.errors import ConfigurationError
from itg.news.contract import ConfigureNews
from itg.retail.contract import ConfigureRetail
from itg.scenario.hours import DAY_S, HourValue, StepValue, seconds_of, steps_of

FACES = st.lists(st.integers(0, DAY_S - 1), min_size=1, max_size=6, unique=True).map(sorted)


def clock_at(second: int) -> time:
    return time(second // 3600, second // 60 % 60, second % 60)


def on_the_face(hours: list[HourValue], second: int) -> float:
    # The slow way: go back from the second to the last hour that began, round midnight if needed.
    begun = [value for clock, value in hours if seconds_of(clock) <= second % DAY_S]
    return begun[-1] if begun else hours[-1][1]


def in_steps(steps: list[StepValue], offset: int) -> float:
    return [value for start_s, value in steps if start_s <= offset][-1]


@given(FACES, st.integers(-3600, DAY_S - 1), st.integers(1, 2 * DAY_S), st.floats(0, 1))
def test_at_every_second_a_step_has_the_value_of_the_clock(
    starts: list[int], opens_s: int, length_s: int, share: float
) -> None:
    hours = [(clock_at(second), float(number)) for number, second in enumerate(starts)]
    steps = steps_of(hours, opens_s, length_s)
    offsets = [0, length_s - 1, int(share * (length_s - 1)), *(start for start, _ in steps)]
    for offset in offsets:
        assert in_steps(steps, offset) == on_the_face(hours, opens_s + offset)
    assert steps[0][0] == 0
    assert [start for start, _ in steps] == sorted({start for start, _ in steps})
    assert steps[-1][0] < length_s


def weights_of(game_name: str) -> list[tuple[int, float]]:
    arrivals = the(ConfigureNews, scenario.load(game_name)).arrivals
    assert arrivals is not None
    return [(weight.start_s, weight.weight) for weight in arrivals.weights]


def test_news_of_classic_follows_its_hours_from_the_open() -> None:
    # 09:30, 12:00 and 14:00; the last quarter of the table comes after the close.
    assert weights_of("classic") == [(0, 1.5), (9_000, 0.8), (16_200, 1.2)]


def test_half_an_hour_after_the_open_has_one_weight() -> None:
    assert weights_of("demo") == [(0, 1.5)]


def test_around_the_clock_the_evening_s_weight_lasts_until_the_morning() -> None:
    assert weights_of("always-open") == [
        (0, 0.5),
        (9 * 3600, 1.5),
        (12 * 3600, 0.8),
        (14 * 3600, 1.2),
        (16 * 3600, 0.5),
    ]


def test_the_flow_s_hours_count_from_its_own_window() -> None:
    flow = the(ConfigureRetail, scenario.load("lively")).flow
    assert flow is not None
    # The window opens a minute before continuous trading, at 09:29.
    assert [(hour.start_s, hour.factor) for hour in flow.hours] == [
        (0, 2.5),
        (60 + 3_600, 1.0),
        (60 + 7_200, 0.5),
        (60 + 12_600, 1.0),
        (60 + 16_200, 2.0),
    ]


def test_the_flow_s_window_opens_at_the_earliest_with_the_round(tmp_path: Path) -> None:
    text = "[retail]\npre_open_s = 900\nhours = [{ starts = 09:30:00, factor = 2 }]\n"
    flow = the(ConfigureRetail, compiled(tmp_path, text, "demo")).flow
    assert flow is not None
    assert [(hour.start_s, hour.factor) for hour in flow.hours] == [(0, 2.0), (70, 2.0)]


def test_an_hour_within_a_second_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"09:30:00\.500000 is not a whole second"):
        compiled(tmp_path, "[news]\nhours = [{ starts = 09:30:00.5, weight = 2 }]\n")
