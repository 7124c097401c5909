"""News: what was published, the table of chances, and the organizer's hand on it."""

from collections.abc import Sequence
from difflib import get_close_matches

from itg.game.contract import AnnounceNews, RepeatNews, Scope, WithdrawNews
from itg.gateway.calls import Answer, Call, done, refused
from itg.gateway.cursors import cursor_of, place_of
from itg.gateway.decoding import field_fault
from itg.gateway.flood import Metered
from itg.gateway.gateway import Gateway, first_of
from itg.gateway.operations import Operation, Route, act, parameterless, read
from itg.gateway.problems import RefusedError, problem_of, problem_of_refusal
from itg.gateway.routes.admin import acted
from itg.kernel.messages import Reply
from itg.kernel.times import NS_PER_S, NS_PER_US, Nanos
from itg.news.contract import (
    HEADLINE_NOT_FOUND,
    NEWS_NOT_FOUND,
    GetNews,
    GetScheduledNews,
    NewsHistory,
    NewsPublished,
    NewsRejected,
    NewsScheduled,
    ReplayItem,
    ScheduledItems,
)
from itg.runtime.envelope import Record
from itg.translate.news import (
    announced_body,
    headline_table,
    jump_in,
    news_push,
    replay_item,
    scheduled_bodies,
)
from itg.wire.v1.news import (
    HeadlineTableBody,
    NewsPage,
    NewsParams,
    ReplayItemIn,
    ReplayNewsRequest,
    ScheduledNewsBody,
    ScheduledNewsPage,
    ScheduleNewsRequest,
    TriggerNewsRequest,
    WithdrawNewsParams,
    WithdrawnNewsBody,
)
from itg.wire.v1.orders import Body

_UNLISTED = "unlisted"  # of a replayed headline that is a text alone


def _list_news(gateway: Gateway, call: Call, params: NewsParams) -> None:
    since = place_of(params.cursor).get("seq", params.since_seq or 0)

    def compose(replies: Sequence[Reply]) -> Answer:
        items = [item for r in replies if isinstance(r, NewsHistory) for item in r.items]
        is_full = len(items) == params.limit
        return done(
            NewsPage(
                items=[news_push(item) for item in items],
                next_cursor=cursor_of({"seq": items[-1].seq}) if is_full else None,
            )
        )

    query = GetNews(after_seq=max(since, 0), count=params.limit)
    gateway.read(call, (query,) if gateway.directory.game.rules.has_news else (), compose)


def _get_table(gateway: Gateway, call: Call) -> None:
    call.reply(gateway.as_of(call, done(headline_table(gateway.directory.headlines))))


def _trigger(gateway: Gateway, call: Call, params: TriggerNewsRequest) -> None:
    is_now = params.effective_in_s == 0
    delay_ns = round(params.effective_in_s * NS_PER_S)
    command = AnnounceNews(
        headline_id=_known_id(gateway, params.headline_id, "/headline_id"),
        effective_ns=None if is_now else Nanos(gateway.pump.clock.game_ns() + delay_ns),
        has_signal=not is_now,
        is_shift=params.is_shift,
        jump_ppm=jump_in(params.jump),
        reason=params.reason,
    )
    _announce(gateway, call, command)


def _schedule(gateway: Gateway, call: Call, params: ScheduleNewsRequest) -> None:
    command = AnnounceNews(
        headline_id=_known_id(gateway, params.headline_id, "/headline_id"),
        effective_ns=Nanos(params.effective_us * NS_PER_US),
        has_signal=params.has_signal,
        is_shift=params.is_shift,
        jump_ppm=jump_in(params.jump),
        reason=params.reason,
    )
    _announce(gateway, call, command)


def _known_id(gateway: Gateway, headline_id: str, pointer: str) -> str:
    known = [row.headline_id for row in gateway.directory.headlines.headlines]
    if headline_id in known:
        return headline_id
    raise _unknown(headline_id, known, pointer)


def _unknown(word: str, known: Sequence[str], pointer: str) -> RefusedError:
    if not known:
        return RefusedError(problem_of(HEADLINE_NOT_FOUND, "this scenario has no news"))
    close = get_close_matches(word, known, n=1, cutoff=0.0)
    detail = f"{pointer}: no headline {word[:64]!r}; the nearest is {close[0]!r}"
    return RefusedError(problem_of(HEADLINE_NOT_FOUND, detail))


def _announce(gateway: Gateway, call: Call, command: AnnounceNews) -> None:
    def compose(record: Record) -> Answer:
        refusal = _refusal_in(record)
        if refusal is not None:
            return refusal
        scheduled = first_of(NewsScheduled, record.outputs)
        if scheduled is not None:
            return done(scheduled_bodies([scheduled])[0], 201)
        published = first_of(NewsPublished, record.outputs)
        assert published is not None, "news that is not refused is scheduled or published"
        return done(announced_body(published, record.game_ns), 201)

    gateway.send(call, command, compose)


def _refusal_in(record: Record) -> Answer | None:
    answer = acted(record)
    if answer.problem is not None:
        return answer
    rejected = first_of(NewsRejected, record.outputs)
    return None if rejected is None else refused(problem_of_refusal(rejected.refusal))


def _list_scheduled(gateway: Gateway, call: Call) -> None:
    def compose(replies: Sequence[Reply]) -> Answer:
        items = [news for r in replies if isinstance(r, ScheduledItems) for news in r.items]
        return done(ScheduledNewsPage(items=scheduled_bodies(items), next_cursor=None))

    has_news = gateway.directory.game.rules.has_news
    gateway.read(call, (GetScheduledNews(),) if has_news else (), compose)


def _withdraw(gateway: Gateway, call: Call, params: WithdrawNewsParams) -> None:
    if not gateway.directory.game.rules.has_news:
        raise RefusedError(problem_of(NEWS_NOT_FOUND, "this scenario has no news"))

    def compose(record: Record) -> Answer:
        return _refusal_in(record) or done(WithdrawnNewsBody(news_id=params.news_id))

    gateway.send(call, WithdrawNews(news_id=params.news_id, reason=params.reason), compose)


def _replay(gateway: Gateway, call: Call, params: ReplayNewsRequest) -> None:
    items = tuple(_item_in(gateway, item, index) for index, item in enumerate(params.items))

    def compose(record: Record) -> Answer:
        scheduled = [o for o in record.outputs if isinstance(o, NewsScheduled)]
        page = ScheduledNewsPage(items=scheduled_bodies(scheduled), next_cursor=None)
        return _refusal_in(record) or done(page, 201)

    gateway.send(call, RepeatNews(items=items, reason=params.reason), compose)


def _item_in(gateway: Gateway, item: ReplayItemIn, index: int) -> ReplayItem:
    rows = gateway.directory.headlines.headlines
    texts = [row.headline for row in rows]
    pointer = f"/items/{index}"
    if item.headline in texts and item.headline_id is None:
        return replay_item(item, rows[texts.index(item.headline)].headline_id, texts)
    if item.headline is not None:  # a text of its own needs no row of the table
        return replay_item(item, item.headline_id or _UNLISTED, texts)
    if item.headline_id is None:
        raise field_fault(pointer, "name a headline_id of GET /events/table, or a headline")
    known = _known_id(gateway, item.headline_id, f"{pointer}/headline_id")
    return replay_item(item, known, texts)


def _organizing(name: str, method: str, path: str, summary: str, result: type[Body]) -> Route:
    return Route(
        name=name,
        method=method,
        path=path,
        summary=summary,
        result=result,
        scope=Scope.ADMIN,
        metered=Metered.FREE,
        status=201 if method == "POST" else 200,
        on_socket=False,
    )


OPERATIONS: tuple[Operation, ...] = (
    read(
        Route(
            name="events.list",
            method="GET",
            path="/events",
            summary="List the published headlines, oldest first.",
            result=NewsPage,
        ),
        NewsParams,
        _list_news,
    ),
    parameterless(
        Route(
            name="events.table",
            method="GET",
            path="/events/table",
            summary="Read the table of headlines: chances of a shift and a jump, sizes, arrivals.",
            result=HeadlineTableBody,
        ),
        _get_table,
    ),
    act(
        _organizing(
            "events.trigger",
            "POST",
            "/events/trigger",
            "Publish a headline now, or a few seconds of game time from now.",
            ScheduledNewsBody,
        ),
        TriggerNewsRequest,
        _trigger,
    ),
    parameterless(
        _organizing(
            "events.scheduled",
            "GET",
            "/events/scheduled",
            "List the news that will be published, soonest first.",
            ScheduledNewsPage,
        ),
        _list_scheduled,
    ),
    act(
        _organizing(
            "events.schedule",
            "POST",
            "/events/scheduled",
            "Publish a headline at an instant of game time.",
            ScheduledNewsBody,
        ),
        ScheduleNewsRequest,
        _schedule,
    ),
    read(
        _organizing(
            "events.withdraw",
            "DELETE",
            "/events/scheduled/{news_id}",
            "Withdraw news that has not been published.",
            WithdrawnNewsBody,
        ),
        WithdrawNewsParams,
        _withdraw,
    ),
    act(
        _organizing(
            "events.replay",
            "POST",
            "/events/replay",
            "Publish a recorded history from now on.",
            ScheduledNewsPage,
        ),
        ReplayNewsRequest,
        _replay,
    ),
)
