"""Maps messages to the newsroom and keeps the timer of its next item."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from itg.kernel.ids import Shard
from itg.kernel.messages import Message, Query, Reply
from itg.kernel.times import Nanos
from itg.news import store
from itg.news.contract import (
    CancelNews,
    ConfigureNews,
    GetHeadlines,
    GetNews,
    GetScheduledNews,
    Headlines,
    NewsCanceled,
    NewsHistory,
    NewsPublished,
    NewsRejected,
    NewsScheduled,
    ReplayNews,
    ScheduledItems,
    ScheduleNews,
    StartNews,
    StopNews,
)
from itg.news.core.newsroom import Newsroom, NewsroomState
from itg.runtime.service import StartTimer, StopTimer, TimerFired

NEXT = "next"


class NewsService:
    """Owner of headlines, their arrivals and their hidden outcomes."""

    name: ClassVar[str] = "news"
    accepts: ClassVar[tuple[type[Message], ...]] = (
        *(ConfigureNews, StartNews, StopNews, TimerFired),
        *(ScheduleNews, CancelNews, ReplayNews),
    )
    emits: ClassVar[tuple[type[Message], ...]] = (
        *(NewsScheduled, NewsCanceled, NewsPublished, NewsRejected),
        *(StartTimer, StopTimer),
    )
    answers: ClassVar[tuple[type[Query], ...]] = (GetNews, GetHeadlines, GetScheduledNews)

    def __init__(self) -> None:
        self.shard: Shard | None = None
        # Without a table nothing comes: a game without news never configures it.
        self._newsroom = Newsroom(NewsroomState(ConfigureNews(seed=0, headlines=())))

    def handle(self, now: Nanos, message: Message) -> Sequence[Message]:
        told = [*self._obey(now, message)]
        return [*told, *self._timer()]

    def query(self, query: Query) -> Reply:
        state = self._newsroom.state
        match query:
            case GetNews():
                first_seq = state.last_seq - len(state.published) + 1
                start = max(query.after_seq - first_seq + 1, 0)
                page = state.published[start : start + max(query.count, 0)]
                return NewsHistory(items=tuple(page))
            case GetHeadlines():
                return Headlines(headlines=state.config.headlines, arrivals=state.config.arrivals)
            case GetScheduledNews():
                return ScheduledItems(items=tuple(state.scheduled))
            case _:
                raise AssertionError(query)

    def snapshot(self) -> bytes:
        return store.encode(self._newsroom)

    def restore(self, data: bytes) -> None:
        self._newsroom = store.decode(data)

    def _obey(self, now: Nanos, ask: Message) -> Iterator[Message]:
        newsroom = self._newsroom
        match ask:
            case TimerFired():
                newsroom.state.armed_ns = None
                return newsroom.publish(now)
            case ConfigureNews():
                self._configure(ask)
                return iter(())
            case StartNews():
                return newsroom.start(now, ask)
            case StopNews():
                return newsroom.stop(now)
            case ScheduleNews():
                return newsroom.schedule(now, ask)
            case CancelNews():
                return newsroom.cancel(now, ask)
            case ReplayNews():
                return newsroom.replay(now, ask)
            case _:
                raise AssertionError(ask)

    def _configure(self, ask: ConfigureNews) -> None:
        assert not self._newsroom.state.config.headlines, "news is configured once"
        self._newsroom = Newsroom(NewsroomState(ask))

    def _timer(self) -> Iterator[Message]:
        state, next_ns = self._newsroom.state, self._newsroom.next_ns
        if next_ns == state.armed_ns:
            return
        state.armed_ns = next_ns
        if next_ns is None:
            yield StopTimer(owner=self.name, key=NEXT)
        else:
            yield StartTimer(owner=self.name, key=NEXT, at_ns=next_ns)
