"""What the organizer may ask, and the words of every refusal."""

from collections.abc import Sequence
from difflib import get_close_matches
from math import isfinite

from msgspec import Struct
from msgspec.structs import replace

from itg.kernel.errors import Refusal, RejectReason
from itg.kernel.times import NS_PER_S, Nanos
from itg.news.contract import (
    HEADLINE_NOT_FOUND,
    NEWS_NOT_FOUND,
    NEWS_WRONG_TIME,
    Headline,
    NewsRejected,
    NewsScheduled,
    ReplayItem,
    ReplayNews,
    ScheduleNews,
    StartNews,
)

# Ten years: no session is longer, and an instant beyond fits no 64 bits.
AHEAD_S_MAX = 315_360_000


class Wish(Struct, frozen=True):
    """An item that may be scheduled; what is None is drawn."""

    headline: Headline
    effective_ns: Nanos
    is_shift: bool | None
    jump_ppm: int | None
    has_signal: bool = True


def wish_of(
    now: Nanos, ask: ScheduleNews, session: StartNews | None, table: Sequence[Headline]
) -> Wish | NewsRejected:
    """Return what a command schedules, or why not."""
    headline = _headline_of(ask.headline_id, table, "headline_id")
    if isinstance(headline, NewsRejected):
        return headline
    refused = _refusal_of_time(now, ask.effective_ns, session, "effective_ns")
    return refused or Wish(headline, ask.effective_ns, ask.is_shift, ask.jump_ppm, ask.has_signal)


def wishes_of(
    now: Nanos, ask: ReplayNews, session: StartNews | None, table: Sequence[Headline]
) -> list[Wish] | NewsRejected:
    """Return what a replay schedules, or why nothing of it."""
    wishes = []
    for place, item in enumerate(ask.items):
        field = f"items/{place}"
        headline = _replayed_headline(item, table, f"{field}/headline_id")
        if isinstance(headline, NewsRejected):
            return headline
        effective_ns = _replayed_ns(ask.start_ns, item.after_s)
        if effective_ns is None:
            span = f"0 to {AHEAD_S_MAX} s after the replay's start"
            detail = f"after_s is {item.after_s}; an item comes {span}"
            return _rejected(NEWS_WRONG_TIME, detail, f"{field}/after_s")
        refused = _refusal_of_time(now, effective_ns, session, f"{field}/after_s")
        if refused is not None:
            return refused
        wishes.append(Wish(headline, effective_ns, item.is_shift, item.jump_ppm))
    return wishes


def refusal_of_cancel(news_id: int, scheduled: Sequence[NewsScheduled]) -> NewsRejected:
    """Say that no such item waits, and which do."""
    waiting = ", ".join(str(item.news_id) for item in scheduled[:10]) or "none"
    detail = f"news {news_id} is not scheduled; scheduled: {waiting}"
    return _rejected(NEWS_NOT_FOUND, detail, "news_id")


def _headline_of(
    headline_id: str, table: Sequence[Headline], field: str
) -> Headline | NewsRejected:
    for row in table:
        if row.headline_id == headline_id:
            return row
    known = [row.headline_id for row in table]
    close = get_close_matches(headline_id[:100], known, n=1, cutoff=0.0)
    nearest = f"the nearest is {close[0]!r}" if close else "the table is empty"
    detail = f"there is no headline {headline_id[:100]!r}; {nearest}"
    return _rejected(HEADLINE_NOT_FOUND, detail, field)


def _replayed_headline(
    item: ReplayItem, table: Sequence[Headline], field: str
) -> Headline | NewsRejected:
    found = _headline_of(item.headline_id, table, field)
    if not item.headline:
        return found
    if isinstance(found, Headline):
        return replace(found, headline=item.headline)
    # Text of its own needs no row; without one nothing happens but what the item fixes.
    return Headline(headline_id=item.headline_id, headline=item.headline, shift=0.0, jump=0.0)


def _replayed_ns(start_ns: Nanos, after_s: float) -> Nanos | None:
    if not isfinite(after_s) or not 0 <= after_s <= AHEAD_S_MAX:
        return None
    return Nanos(start_ns + round(after_s * NS_PER_S))


def _refusal_of_time(
    now: Nanos, effective_ns: Nanos, session: StartNews | None, field: str
) -> NewsRejected | None:
    if session is None:
        detail = "no round with news is running; start one first"
    elif effective_ns < now:
        detail = f"{effective_ns} lies {(now - effective_ns) / NS_PER_S} s in the past"
    elif effective_ns - now > AHEAD_S_MAX * NS_PER_S:
        detail = f"{effective_ns} is more than {AHEAD_S_MAX} s ahead"
    else:
        return None
    return _rejected(NEWS_WRONG_TIME, f"{detail}. {NEWS_WRONG_TIME.hint}", field)


def _rejected(reason: RejectReason, detail: str, field: str) -> NewsRejected:
    return NewsRejected(refusal=Refusal(code=reason.code, detail=detail, field=field))
