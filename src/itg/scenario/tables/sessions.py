"""When the market trades: the clock, the calendar and a day's session."""

from datetime import date, time
from typing import Annotated, Literal

from msgspec import Meta

from itg.scenario.tables.values import Count, Factor, Positive, Seconds, Table


class Clock(Table, frozen=True, kw_only=True):
    """How game time runs."""

    speed: Positive = 1.0
    lock_step: bool = False
    start_on_create: bool = False
    next_round: Literal["organizer", "auto"] = "organizer"


class Calendar(Table, frozen=True, kw_only=True):
    """The market's civil days."""

    zone: str
    weekdays: Annotated[tuple[str, ...], Meta(min_length=1)]
    holidays: tuple[date, ...] = ()


class Season(Table, frozen=True, kw_only=True):
    """What the weeks of a season differ in; a week has as many rounds as `calendar.weekdays`."""

    vol_factors: Annotated[tuple[Factor, ...], Meta(min_length=1)]


class CivilSession(Table, frozen=True, kw_only=True, tag_field="kind", tag="civil"):
    """Phases at civil times of each trading day."""

    days: Count
    practice_days: Seconds = 0
    pre_open: time
    opening_auction: time
    continuous: time
    closed: time
    closing_auction: time | None = None


class TimedSession(Table, frozen=True, kw_only=True, tag_field="kind", tag="timed"):
    """Phases of given lengths, continuous trading starting at a civil time."""

    days: Count
    practice_days: Seconds = 0
    pre_open_s: Count
    freeze_s: Count
    continuous: time
    continuous_s: Count
    closing_auction_s: Count | None = None


class OrganizerSession(Table, frozen=True, kw_only=True, tag_field="kind", tag="organizer"):
    """One round without an end; the organizer moves the phases."""

    starts: time
    session_s: Count


AnySession = CivilSession | TimedSession | OrganizerSession
