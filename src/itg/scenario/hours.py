"""Times of day to seconds of a session, for what changes with the hour."""

from collections.abc import Iterator, Sequence
from datetime import time
from typing import assert_never

from itg.kernel.errors import ConfigurationError
from itg.scenario.tables.sessions import AnySession, CivilSession, OrganizerSession, TimedSession

DAY_S = 86_400
HourValue = tuple[time, float]
StepValue = tuple[int, float]


def opens_at(session: AnySession) -> time:
    """Return the time of day at which continuous trading begins."""
    match session:
        case CivilSession() | TimedSession():
            return session.continuous
        case OrganizerSession():
            return session.starts
        case _:
            assert_never(session)


def pre_open_seconds(session: AnySession) -> int:
    """Return how long before continuous trading a round begins."""
    match session:
        case CivilSession():
            return seconds_of(session.continuous) - seconds_of(session.pre_open)
        case TimedSession():
            return session.pre_open_s + session.freeze_s
        case OrganizerSession():
            return 0
        case _:
            assert_never(session)


def seconds_of(clock: time, place: str = "session") -> int:
    """Return the seconds since midnight; `ConfigurationError` naming `place` within a second."""
    if clock.microsecond:
        raise ConfigurationError(f"{place}: {clock} is not a whole second")
    return (clock.hour * 60 + clock.minute) * 60 + clock.second


def steps_of(hours: Sequence[HourValue], opens_s: int, length_s: int) -> list[StepValue]:
    """Return (offset, value) from the opening on, in time order; the first offset is 0.

    `opens_s` is the opening's second of the day, before midnight where negative. A value holds
    until the next one; the last of a day until the first of the next, so the hours go round.
    """
    if not hours:
        return []
    steps = sorted(_repeated(hours, opens_s, length_s))
    begun = max(number for number, (start_s, _) in enumerate(steps) if start_s <= 0)
    held = [(0, steps[begun][1]), *steps[begun + 1 :]]
    return [step for step in held if step[0] < length_s]


def _repeated(hours: Sequence[HourValue], opens_s: int, length_s: int) -> Iterator[StepValue]:
    for day in range(-2, (opens_s + length_s) // DAY_S + 1):
        for clock, value in hours:
            yield seconds_of(clock) + day * DAY_S - opens_s, value
