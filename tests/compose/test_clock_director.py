"""The game clock obeys the rounds: it stands between them, and goes on to the next one's start."""

from itg.compose.clock_director import ScaledClockDirector, VirtualClockDirector
from itg.game.contract import RoundEnded, RoundPaused, RoundResumed, RoundStarted
from itg.kernel.ids import Seq
from itg.kernel.messages import Message
from itg.kernel.times import NS_PER_S, Nanos
from itg.runtime.clock import ScaledClock, VirtualClock
from itg.runtime.envelope import Record

DAY_ONE, DAY_TWO = Nanos(1_000 * NS_PER_S), Nanos(90_000 * NS_PER_S)
EVENING = Nanos(1_100 * NS_PER_S)


def record(*outputs: Message, at_ns: Nanos = EVENING) -> Record:
    cause = RoundPaused(round_id=1)
    return Record(Seq(1), Nanos(0), at_ns, "", "", cause, outputs)


def started(round_id: int, start_ns: Nanos) -> RoundStarted:
    return RoundStarted(round_id=round_id, trading_day="", start_ns=start_ns, speed=1.0)


def followed() -> Record:
    ended = RoundEnded(round_id=1, trading_day="", next_round_id=2)
    return record(ended, started(2, DAY_TWO))


def test_a_round_that_follows_by_itself_takes_the_clock_to_its_start() -> None:
    clock = ScaledClock(DAY_ONE, 1.0)
    ScaledClockDirector(clock).see([followed()])
    assert not clock.is_frozen
    assert DAY_TWO <= clock.game_ns() < DAY_TWO + 60 * NS_PER_S


def test_a_virtual_clock_jumps_to_the_start_of_the_round_that_follows() -> None:
    clock = VirtualClock(DAY_ONE)
    VirtualClockDirector(clock).see([followed()])
    assert clock.game_ns() == DAY_TWO


def test_a_clock_stands_after_the_last_round_and_while_one_is_paused() -> None:
    clock = ScaledClock(DAY_ONE, 1.0)
    director = ScaledClockDirector(clock)
    is_frozen: list[bool] = []
    for fact in (
        started(1, DAY_ONE),
        RoundPaused(round_id=1),
        RoundResumed(round_id=1),
        RoundEnded(round_id=1, trading_day=""),
    ):
        director.see([record(fact)])
        is_frozen.append(clock.is_frozen)
    assert is_frozen == [False, True, False, True]
