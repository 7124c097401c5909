"""A fast session: one session of a scenario in half an hour of game time, for calibration.

What a scenario says of a session (volatility, jumps, the gap before it) happens within the half
hour, and headlines come so much more often; what it says of seconds and minutes stays.
"""

from datetime import time

from msgspec.structs import replace

from itg.scenario.model import Scenario
from itg.scenario.plan import session_seconds
from itg.scenario.tables.information import News
from itg.scenario.tables.sessions import AnySession, OrganizerSession, TimedSession

FAST_S = 1_800
PRE_OPEN_S, FREEZE_S = 30, 5
# A forecast needs its lead, and half an hour should see headlines.
MEAN_GAP_S_MIN, GAP_MAX_S_MIN = 480.0, 1_200.0


def fast(scenario: Scenario) -> Scenario:
    """Return a scenario's fast session: one day, in lock step, with no teams of its own."""
    opens = _opens(scenario.session)
    shorter = FAST_S / session_seconds(scenario.session)
    retail = scenario.retail
    return replace(
        scenario,
        session=TimedSession(
            days=1, pre_open_s=PRE_OPEN_S, freeze_s=FREEZE_S, continuous=opens, continuous_s=FAST_S
        ),
        clock=replace(scenario.clock, lock_step=True, next_round="organizer"),
        retail=None
        if retail is None
        else replace(retail, pre_open_s=min(retail.pre_open_s, PRE_OPEN_S)),
        news=None if scenario.news is None else _denser(scenario.news, shorter),
        season=None,  # par is of the game as its model says it
        teams=(),
    )


def _opens(session: AnySession) -> time:
    return session.starts if isinstance(session, OrganizerSession) else session.continuous


def _denser(news: News, shorter: float) -> News:
    mean, least, most = news.mean_gap_s, news.gap_min_s, news.gap_max_s
    if mean is None or least is None or most is None:
        return news
    return replace(
        news,
        mean_gap_s=max(mean * shorter, MEAN_GAP_S_MIN),
        gap_min_s=max(least * shorter, float(news.lead_s)),
        gap_max_s=max(most * shorter, GAP_MAX_S_MIN),
    )
