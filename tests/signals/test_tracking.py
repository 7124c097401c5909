"""Windows of the tracking error: opening, updates, closing, announcement and judgement."""

import pytest
from msgspec.structs import replace
from tests.signals.desk import (
    BANDS,
    DESK,
    FOLLOWER,
    HEDGE_FUND,
    LEADER,
    TRACKING,
    Desk,
    at,
    ou_errors,
    stages,
)

from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S
from itg.kernel.words import VolRegime
from itg.market_data.contract import (
    PricesStepped,
    RegimeChanged,
    SpotPrice,
    TrackingError,
    TrackingErrorsStepped,
)
from itg.signals.contract import (
    Announcement,
    ConfigureSignals,
    SignalJudged,
    SignalKind,
    TrackingForecast,
    TrackingWord,
)

ABOVE, BELOW = 1_500_001, 500_000  # 0.15 % and 0.05 %, 1e-9
STEP_S = 0.25
SURE = replace(TRACKING, bands=(replace(BANDS[0], accuracy=1.0),))


def watching(config: TrackingForecast = SURE, *, seconds: int = 10_000) -> Desk:
    return Desk(ConfigureSignals(seed=1, tracking=(config,))).start(seconds)


def hold(desk: Desk, start: float, end: float, error: int, ahead: int | None = 0) -> float:
    """Keep the error at one value in quarter seconds from `start` to before `end`."""
    second = start
    while second < end:
        desk.move(second, error, ahead)
        second += STEP_S
    return end


def test_a_window_opens_when_the_average_of_five_seconds_passes_the_bound() -> None:
    desk = watching()
    hold(desk, STEP_S, 100, 1_499_900)
    assert desk.windows() == []
    # Twenty readings are in (t - 5 s, t]: 2,001 more in one of them lift the mean past 1,500,000.
    desk.move(100, 1_499_900 + 2_001, 0)
    assert stages(desk.windows()) == [(100, "open")]


def test_a_single_wild_reading_opens_nothing() -> None:
    desk = watching()
    hold(desk, STEP_S, 100, 0)
    desk.move(100, 20_000_000, 0)
    hold(desk, 100.25, 110, 0)
    assert desk.windows() == []


def test_no_window_opens_before_five_seconds_can_be_averaged() -> None:
    desk = watching()
    hold(desk, STEP_S, 6, ABOVE)
    assert stages(desk.windows()) == [(5, "open")]


def test_a_window_is_told_each_second_and_closes_at_the_lower_bound() -> None:
    desk = watching()
    hold(desk, STEP_S, 8.5, -ABOVE, ahead=-1)
    hold(desk, 8.5, 20, -BELOW)
    assert stages(desk.windows()) == [
        (5, "open"),
        *((float(second), "update") for second in range(6, 14)),
        (13.25, "close"),
    ]
    ids = {m.signal_id for _, m in desk.windows()}
    assert len(ids) == 1
    assert {m.horizon_ns for _, m in desk.windows()} == {at(425)}
    assert {m.announcement for _, m in desk.windows()} == {Announcement.CONVERGES}
    assert [m.signal_seq for _, m in desk.windows()] == list(range(1, 11))
    assert {m.role for _, m in desk.windows()} == {DESK}


def test_the_next_opening_has_another_id() -> None:
    desk = watching()
    for start in (0, 100, 200):
        hold(desk, start + STEP_S, start + 10, ABOVE)
        hold(desk, start + 10, start + 100, 0)
    opened = [m.signal_id for _, m in desk.windows() if m.stage == "open"]
    closed = [m.signal_id for _, m in desk.windows() if m.stage == "close"]
    assert opened == closed
    assert len(set(opened)) == 3


def test_a_window_tells_both_prices_theory_error_and_score() -> None:
    desk = watching()
    hold(desk, STEP_S, 5, 2_000_000)
    desk.move(5, 2_000_000, 0, prices=(44_000_000, 4_408_800))
    ((_, opened),) = desk.windows()
    assert opened.tracking == TrackingWord(
        underlying_id=FOLLOWER,
        spot_price=4_408_800,
        leader_price=44_000_000,
        theo_price=4_400_000,
        error_ppm=2_000,
        z_score_ppm=1_333_333,
        half_life_s=420,
    )


def test_prices_and_errors_of_a_step_may_come_in_either_order() -> None:
    told = []
    for is_price_first in (True, False):
        desk = watching()
        for step in range(1, 60):
            reading = TrackingError(FOLLOWER, Price(44_000_000), Price(4_400_000), ABOVE, 0)
            messages = [
                PricesStepped(
                    step=step,
                    prices=(SpotPrice(FOLLOWER, Price(4_400_000 + step), Price(4_400_000)),),
                ),
                TrackingErrorsStepped(step=step, errors=(reading,)),
            ]
            desk.send(step * STEP_S, *(messages if is_price_first else messages[::-1]))
        told.append(desk.windows())
    assert told[0] == told[1]
    assert len(told[0]) == 10


@pytest.mark.parametrize("error", [ABOVE, -ABOVE])
@pytest.mark.parametrize(
    ("ahead", "expected"),
    [
        (0, Announcement.CONVERGES),
        (ABOVE - 1, Announcement.CONVERGES),
        (1 - ABOVE, Announcement.CONVERGES),
        (ABOVE, Announcement.DIVERGES),
        (-ABOVE, Announcement.DIVERGES),
        (5 * ABOVE, Announcement.DIVERGES),
    ],
)
def test_the_truth_is_whether_the_error_shrinks_without_its_sign(
    error: int, ahead: int, expected: Announcement
) -> None:
    desk = watching()
    hold(desk, STEP_S, 5.25, error, ahead)
    desk.move(425, ahead, 0)
    assert desk.windows()[0][1].announcement is expected
    (judged,) = desk.judged()
    assert judged == SignalJudged(
        signal_id=desk.windows()[0][1].signal_id,
        kind=SignalKind.TRACKING,
        regime=VolRegime.MEDIUM,
        predicted=expected.value,
        truth=expected.value,
        is_correct=True,
    )


def test_an_announcement_is_judged_at_its_horizon_and_no_step_before() -> None:
    desk = watching()
    hold(desk, STEP_S, 5.25, ABOVE, 0)
    desk.send(300, RegimeChanged(regime=VolRegime.HIGH, previous=VolRegime.MEDIUM))
    desk.move(424.75, 9 * ABOVE, 0)
    assert desk.judged() == []
    desk.move(425, 0, 0)
    (row,) = desk.accuracy().rows
    assert (row.kind, row.role, row.regime) == (SignalKind.TRACKING, DESK, VolRegime.MEDIUM)
    assert (row.band, row.judged, row.correct) == (1_500, 1, 1)


def test_an_error_that_was_not_the_one_drawn_ahead_is_our_own_fault() -> None:
    desk = watching()
    hold(desk, STEP_S, 5.25, ABOVE, 0)
    with pytest.raises(AssertionError, match="horizon_s"):
        desk.move(425, 2 * ABOVE, 0)


def test_a_false_announcement_is_the_opposite_of_the_truth() -> None:
    desk = watching(replace(TRACKING, bands=(replace(BANDS[0], accuracy=0.0),)))
    hold(desk, STEP_S, 5.25, ABOVE, 0)
    desk.move(425, 0, 0)
    assert desk.windows()[0][1].announcement is Announcement.DIVERGES
    assert [m.is_correct for m in desk.judged()] == [False]


@pytest.mark.parametrize(
    ("error", "accuracy_ppm"),
    [
        (1_500_001, 750_000),
        (2_000_000, 750_000),
        (-2_000_001, 800_000),
        (5_000_000, 800_000),
        (5_000_001, 850_000),
    ],
)
def test_the_band_of_the_average_gives_the_accuracy(error: int, accuracy_ppm: int) -> None:
    desk = watching(TRACKING)
    hold(desk, STEP_S, 5.25, error)
    assert desk.windows()[0][1].accuracy_ppm == accuracy_ppm


def test_no_window_opens_in_a_session_s_last_horizon() -> None:
    late, last = watching(seconds=500), watching(seconds=500)
    hold(last, 80, 80.25, ABOVE)
    assert stages(last.windows()) == [(80, "open")]
    hold(late, 80.25, 90, ABOVE)
    assert late.windows() == []


def test_no_window_opens_where_the_error_ahead_is_not_drawn() -> None:
    desk = watching()
    hold(desk, STEP_S, 20, ABOVE, ahead=None)
    assert desk.windows() == []
    desk.move(20, ABOVE, 0)
    assert stages(desk.windows()) == [(20, "open")]


def test_a_window_open_at_the_session_s_end_closes_with_its_last_step() -> None:
    desk = watching(seconds=500)
    hold(desk, STEP_S, 6, ABOVE, ahead=ABOVE)
    hold(desk, 499, 500, ABOVE, ahead=None)
    desk.move(500, ABOVE, None)
    desk.move(500.25, ABOVE, None, is_moving=False)
    assert stages(desk.windows())[-1] == (500, "close")
    assert [m.stage for _, m in desk.windows()].count("close") == 1
    assert len(desk.judged()) == 1


def test_a_session_cut_short_closes_its_windows_and_judges_nothing() -> None:
    desk = watching()
    hold(desk, STEP_S, 6, ABOVE)
    desk.stop(7)
    assert stages(desk.windows())[-1] == (7, "close")
    assert desk.windows()[-1][1].tracking == desk.windows()[-2][1].tracking
    hold(desk, 8, 30, ABOVE)
    assert stages(desk.windows())[-1] == (7, "close")
    desk.start(20_000, second=500)
    desk.move(501, 0, 0)
    assert desk.judged() == []


def test_several_roles_are_told_the_same_window_and_others_nothing() -> None:
    desk = watching(replace(SURE, roles=(DESK, HEDGE_FUND)))
    hold(desk, STEP_S, 8, ABOVE)
    desk.move(425, 0, 0)
    told = [m for _, m in desk.windows()]
    mine, theirs = ([m for m in told if m.role == role] for role in (DESK, HEDGE_FUND))
    assert len(mine) == len(theirs) == len(told) // 2
    assert [replace(m, role=HEDGE_FUND) for m in mine] == theirs
    assert len(desk.judged()) == 1
    assert [(row.role, row.judged) for row in desk.accuracy().rows] == [(DESK, 1), (HEDGE_FUND, 1)]


def test_a_window_never_opens_twice_and_every_open_window_closes() -> None:
    desk = watching(TRACKING, seconds=40_000)
    errors = ou_errors(5, 4_000, 0.0015, 10, 420)
    for place, error in enumerate(errors[:-42]):
        desk.move(10 * (place + 1), error, errors[place + 42])
    desk.stop(40_000)
    is_open = False
    for _, window in desk.windows():
        assert (window.stage == "open") == (not is_open)
        is_open = window.stage != "close"
    assert not is_open
    opened = [when for when, m in desk.windows() if m.stage == "open"]
    assert len(opened) >= 20
    assert max(opened) <= at(40_000) - 420 * NS_PER_S
    assert LEADER not in {m.tracking.underlying_id for _, m in desk.windows()}
