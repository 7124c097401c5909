"""The market's civil calendar: trading days, expiries, and instants in ns."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from itg.kernel.errors import ConfigurationError
from itg.kernel.times import NS_PER_S, NS_PER_US, Nanos
from itg.scenario.nearest import nearest
from itg.scenario.tables.sessions import Calendar

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# A calendar that trades less than once a year is a mistake.
SEARCH_DAYS_MAX = 366
LAST_YEAR = 2261  # nanoseconds since 1970 in 63 bits, as journals keep them, end in the next one


class TradingDays:
    """Days of a calendar, from the scenario's first day on."""

    def __init__(self, calendar: Calendar, first_day: date) -> None:
        self._zone = _zone(calendar.zone)
        self._weekdays = frozenset(_weekday(name) for name in calendar.weekdays)
        self._holidays = frozenset(calendar.holidays)
        self.first = next(self._from(first_day))
        if self.first != first_day:
            raise ConfigurationError(
                f"first_day: {first_day} is no trading day; the next one is {self.first}"
            )

    def take(self, count: int) -> list[date]:
        """Return the first `count` trading days."""
        days = self._from(self.first)
        return [next(days) for _ in range(count)]

    def until(self, last: date) -> list[date]:
        """Return the trading days up to and with `last`."""
        return list(takewhile(lambda day: day <= last, self._from(self.first)))

    def weekly_expiries(self, count: int) -> list[date]:
        """Return the last trading days of the first `count` weeks that have one."""
        expiries: list[date] = []
        days = self._from(self.first)
        day = next(days)
        while len(expiries) < count:
            following = next(days)
            if following.isocalendar()[:2] != day.isocalendar()[:2]:
                expiries.append(day)
            day = following
        return expiries

    def at(self, day: date, clock: time) -> Nanos:
        """Return the instant of a civil time."""
        moment = datetime.combine(day, clock, tzinfo=self._zone)
        return Nanos(int(moment.timestamp()) * NS_PER_S + moment.microsecond * NS_PER_US)

    def _from(self, day: date) -> Iterator[date]:
        idle = 0
        while idle < SEARCH_DAYS_MAX:
            if day.year > LAST_YEAR:
                raise ConfigurationError(
                    f"game time ends with the year {LAST_YEAR}: play fewer days, or begin earlier"
                )
            if day.weekday() in self._weekdays and day not in self._holidays:
                idle = 0
                yield day
            idle += 1
            day += timedelta(days=1)
        raise ConfigurationError(f"calendar: no trading day in the year before {day}")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ConfigurationError(
            f"calendar.zone: no time zone {name!r} on this machine; use a name such as "
            "America/Chicago (where none is known, install the Python package tzdata)"
        ) from error


def _weekday(name: str) -> int:
    if name not in WEEKDAYS:
        raise ConfigurationError(f"calendar.weekdays: no day {name!r}{nearest(name, WEEKDAYS)}")
    return WEEKDAYS.index(name)
