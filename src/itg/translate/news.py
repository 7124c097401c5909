"""News between the wire and the house; of an outcome nothing leaves."""

from collections.abc import Iterable, Sequence

from itg.kernel.times import Nanos, to_micros
from itg.news.contract import (
    ArrivalModel,
    Headline,
    Headlines,
    NewsPublished,
    NewsScheduled,
    PublishedItem,
    ReplayItem,
)
from itg.wire.v1.news import (
    ArrivalsBody,
    HeadlineBody,
    HeadlineTableBody,
    HourWeightBody,
    NewsPush,
    ReplayItemIn,
    ScheduledNewsBody,
)

PPM = 1_000_000


def published_item(event: NewsPublished, seq: int, published_ns: Nanos) -> PublishedItem:
    """Return a headline that is published now as the `seq`-th, without its outcome."""
    return PublishedItem(
        seq=seq,
        news_id=event.news_id,
        headline_id=event.headline_id,
        headline=event.headline,
        published_ns=published_ns,
        origin=event.origin,
    )


def news_push(item: PublishedItem) -> NewsPush:
    """Return a published headline as everybody sees it."""
    return NewsPush(
        seq=item.seq,
        news_id=item.news_id,
        headline_id=item.headline_id,
        headline=item.headline,
        origin=item.origin.value,
        game_us=to_micros(item.published_ns),
    )


def headline_table(told: Headlines) -> HeadlineTableBody:
    """Return the public table."""
    arrivals = told.arrivals
    return HeadlineTableBody(
        items=[_headline(row) for row in told.headlines],
        arrivals=None if arrivals is None else _arrivals(arrivals),
    )


def _headline(row: Headline) -> HeadlineBody:
    return HeadlineBody(
        headline_id=row.headline_id,
        headline=row.headline,
        weight=row.weight,
        shift=row.shift,
        jump=row.jump,
        sign=row.sign.value,
        size_min=row.size_min,
        size_max=row.size_max,
    )


def _arrivals(model: ArrivalModel) -> ArrivalsBody:
    return ArrivalsBody(
        mean_gap_s=model.mean_gap_s,
        gap_min_s=model.gap_min_s,
        gap_max_s=model.gap_max_s,
        weights=[HourWeightBody(start_s=w.start_s, weight=w.weight) for w in model.weights],
        quiet_end_s=model.quiet_end_s,
    )


def scheduled_bodies(scheduled: Iterable[NewsScheduled]) -> list[ScheduledNewsBody]:
    """Return news to come for the organizer, without its outcome."""
    return [
        ScheduledNewsBody(
            news_id=news.news_id,
            headline_id=news.headline_id,
            headline=news.headline,
            effective_us=to_micros(news.effective_ns),
            origin=news.origin.value,
            has_signal=news.has_signal,
        )
        for news in scheduled
    ]


def announced_body(news: NewsPublished, game_ns: Nanos) -> ScheduledNewsBody:
    """Return news that was published at once; no signal warned of it."""
    return ScheduledNewsBody(
        news_id=news.news_id,
        headline_id=news.headline_id,
        headline=news.headline,
        effective_us=to_micros(game_ns),
        origin=news.origin.value,
        has_signal=False,
    )


def jump_in(jump: float | None) -> int | None:
    """Return a jump that is given in 1e-6."""
    return None if jump is None else round(jump * PPM)


def replay_item(item: ReplayItemIn, headline_id: str, texts: Sequence[str]) -> ReplayItem:
    """Return one item of a history; a text that is one of the table's `texts` is left to it."""
    is_own = item.headline is not None and item.headline not in texts
    return ReplayItem(
        after_s=item.after_s,
        headline_id=headline_id,
        headline=item.headline if is_own and item.headline is not None else "",
        is_shift=item.is_shift,
        jump_ppm=jump_in(item.jump),
    )
