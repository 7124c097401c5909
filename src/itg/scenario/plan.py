"""The rounds of a scenario as instants on the game clock."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, assert_never

from msgspec.structs import replace

from itg.game.contract import RoundPlan
from itg.kernel.errors import ConfigurationError
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import Phase, PhaseBoundary
from itg.scenario.hours import seconds_of
from itg.scenario.tables.sessions import (
    AnySession,
    CivilSession,
    OrganizerSession,
    Season,
    TimedSession,
)
from itg.scenario.trading_days import TradingDays

# A round outlives its market by this, so that the close is told before the end.
AFTER_CLOSE_NS = NS_PER_S


class Hours(NamedTuple):
    """One day's boundaries; no freeze: the organizer moves the phases."""

    pre_open_ns: Nanos
    freeze_ns: Nanos | None
    continuous_ns: Nanos
    closed_ns: Nanos
    closing_auction_ns: Nanos | None = None


def hours_of(session: AnySession, days: TradingDays, day: date) -> Hours:
    """Return the instants of a day's session."""
    match session:
        case CivilSession():
            return Hours(
                days.at(day, session.pre_open),
                days.at(day, session.opening_auction),
                days.at(day, session.continuous),
                days.at(day, session.closed),
                None if session.closing_auction is None else days.at(day, session.closing_auction),
            )
        case TimedSession():
            opens_ns = days.at(day, session.continuous)
            freeze_ns = opens_ns - session.freeze_s * NS_PER_S
            closed_ns = opens_ns + session.continuous_s * NS_PER_S
            auction_s = session.closing_auction_s
            return Hours(
                Nanos(freeze_ns - session.pre_open_s * NS_PER_S),
                Nanos(freeze_ns),
                opens_ns,
                Nanos(closed_ns),
                None if auction_s is None else Nanos(closed_ns - auction_s * NS_PER_S),
            )
        case OrganizerSession():
            starts_ns = days.at(day, session.starts)
            ends_ns = Nanos(starts_ns + session.session_s * NS_PER_S)
            return Hours(starts_ns, None, starts_ns, ends_ns)
        case _:
            assert_never(session)


def session_seconds(session: AnySession) -> int:
    """Return the length of continuous trading; `ConfigurationError` if its times do not rise."""
    match session:
        case CivilSession():
            times = [session.pre_open, session.opening_auction, session.continuous, session.closed]
            if session.closing_auction is not None:
                times.insert(3, session.closing_auction)
            if times != sorted(set(times)):
                raise ConfigurationError("session: pre_open, …, closed must be rising times")
            return seconds_of(session.closed) - seconds_of(session.continuous)
        case TimedSession():
            if (session.closing_auction_s or 0) >= session.continuous_s:
                raise ConfigurationError("session: closing_auction_s takes the whole session")
            return session.continuous_s
        case OrganizerSession():
            return session.session_s
        case _:
            assert_never(session)


def rounds_of(session: AnySession, days: TradingDays, *, flow_lead_s: int) -> tuple[RoundPlan, ...]:
    """Return one round a trading day, in order."""
    trading_days = days.take(days_of(session))
    practice = 0 if isinstance(session, OrganizerSession) else session.practice_days
    rounds = (_round(day, hours_of(session, days, day), flow_lead_s) for day in trading_days)
    return tuple(
        replace(planned, is_scored=number > practice)
        for number, planned in enumerate(rounds, start=1)
    )


def in_season(
    season: Season | None, rounds: tuple[RoundPlan, ...], days_a_week: int
) -> tuple[RoundPlan, ...]:
    """Return the rounds, each with its week's volatility; the last week's goes on."""
    if season is None:
        return rounds
    weeks = season.vol_factors
    return tuple(
        replace(planned, vol_factor=float(weeks[min(number // days_a_week, len(weeks) - 1)]))
        for number, planned in enumerate(rounds)
    )


def days_of(session: AnySession) -> int:
    """Return the number of rounds."""
    return 1 if isinstance(session, OrganizerSession) else session.days


def session_ends(
    session: AnySession, days: TradingDays, expiries: Sequence[date], rounds: int
) -> tuple[Nanos, ...]:
    """Return the closes of all sessions until the last round and the last expiry."""
    last = max((*expiries, *days.take(rounds)))
    return tuple(hours_of(session, days, day).closed_ns for day in days.until(last))


def _round(day: date, hours: Hours, flow_lead_s: int) -> RoundPlan:
    flow_start_ns = max(hours.pre_open_ns, hours.continuous_ns - flow_lead_s * NS_PER_S)
    is_scheduled = hours.freeze_ns is not None
    return RoundPlan(
        trading_day=day.isoformat(),
        start_ns=hours.pre_open_ns,
        flow_start_ns=Nanos(flow_start_ns),
        session_start_ns=hours.continuous_ns,
        session_end_ns=hours.closed_ns,
        end_ns=Nanos(hours.closed_ns + AFTER_CLOSE_NS) if is_scheduled else None,
        boundaries=_boundaries(hours),
    )


def _boundaries(hours: Hours) -> tuple[PhaseBoundary, ...]:
    if hours.freeze_ns is None:
        return ()
    rows = (
        (hours.pre_open_ns, Phase.PRE_OPEN),
        (hours.freeze_ns, Phase.OPENING_AUCTION),
        (hours.continuous_ns, Phase.CONTINUOUS),
        (hours.closing_auction_ns, Phase.CLOSING_AUCTION),
        (hours.closed_ns, Phase.CLOSED),
    )
    return tuple(
        PhaseBoundary(at_ns=at_ns, phase=phase) for at_ns, phase in rows if at_ns is not None
    )
