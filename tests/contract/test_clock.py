"""What every clock promises, and what each adds."""

from collections.abc import Callable

import pytest
from tests.runtime.toys import START

from itg.kernel.times import NS_PER_S, Nanos
from itg.runtime.clock import Clock, FollowedClock, ScaledClock, SystemClock, VirtualClock


def running() -> ScaledClock:
    clock = ScaledClock(START, speed=10.0)
    clock.resume()
    return clock


def followed() -> FollowedClock:
    clock = FollowedClock()
    clock.set(START, rate=10.0)
    return clock


CLOCKS: dict[str, Callable[[], Clock]] = {
    "system": SystemClock,
    "scaled": running,
    "frozen": lambda: ScaledClock(START, speed=10.0),
    "virtual": lambda: VirtualClock(START),
    "followed": followed,
}


@pytest.fixture(params=list(CLOCKS))
def clock(request: pytest.FixtureRequest) -> Clock:
    name: str = request.param
    return CLOCKS[name]()


class Hand:
    """A steady clock turned by hand."""

    def __init__(self) -> None:
        self.now_ns = 77

    def __call__(self) -> int:
        return self.now_ns


def test_game_time_does_not_run_backwards(clock: Clock) -> None:
    times = [clock.game_ns() for _ in range(100)]
    assert times == sorted(times)


def test_times_are_whole_nanoseconds(clock: Clock) -> None:
    assert type(clock.game_ns()) is int
    assert type(clock.wall_ns()) is int


def test_a_past_time_is_no_wait_away(clock: Clock) -> None:
    assert clock.wall_delay_until(clock.game_ns()) == 0
    assert clock.wall_delay_until(Nanos(0)) == 0


def test_a_later_time_is_a_longer_wait_away_or_none_helps(clock: Clock) -> None:
    now = clock.game_ns()
    near = clock.wall_delay_until(Nanos(now + 100 * NS_PER_S))
    far = clock.wall_delay_until(Nanos(now + 200 * NS_PER_S))
    assert (near is None and far is None) or (near is not None and far is not None and near < far)


def test_watching_is_harmless(clock: Clock) -> None:
    clock.watch(lambda: None)


def test_a_scaled_clock_runs_as_many_times_as_fast() -> None:
    hand = Hand()
    clock = ScaledClock(START, speed=10.0, monotonic_ns=hand)
    clock.start(Nanos(START + 5))
    hand.now_ns += 7
    assert clock.game_ns() == START + 75
    assert clock.wall_delay_until(Nanos(START + 75 + 10 * NS_PER_S)) == 1.0


def test_a_scaled_clock_stands_still_while_frozen() -> None:
    hand = Hand()
    clock = ScaledClock(START, speed=10.0, monotonic_ns=hand)
    hand.now_ns += 1_000
    assert (clock.is_frozen, clock.game_ns()) == (True, START)
    clock.resume()
    hand.now_ns += 2
    clock.pause()
    hand.now_ns += 1_000
    assert clock.game_ns() == START + 20
    assert clock.wall_delay_until(Nanos(START + 21)) is None
    clock.resume()
    clock.resume()
    hand.now_ns += 1
    assert clock.game_ns() == START + 30


def test_a_scaled_clock_tells_its_watchers_of_every_change() -> None:
    clock = ScaledClock(START, speed=2.0)
    heard: list[bool] = []
    clock.watch(lambda: heard.append(clock.is_frozen))
    clock.resume()
    clock.pause()
    clock.start(START)
    assert heard == [False, True, False]


def test_a_virtual_clock_jumps_forward_only_and_tells() -> None:
    clock = VirtualClock(START)
    heard: list[int] = []
    clock.watch(lambda: heard.append(clock.game_ns()))
    clock.advance_to(Nanos(START + 5))
    clock.advance_to(START)
    assert heard == [START + 5]
    assert clock.wall_ns() == clock.game_ns() == START + 5
    assert clock.wall_delay_until(Nanos(START + 6)) is None
