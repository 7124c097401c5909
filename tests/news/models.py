"""A table to draw from, classic's arrivals, and a newsroom on its own."""

from typing import TypeVar

from msgspec.structs import replace

from itg.kernel.messages import Message
from itg.kernel.times import NS_PER_S, Nanos
from itg.news.contract import (
    ArrivalModel,
    ConfigureNews,
    GetNews,
    GetScheduledNews,
    Headline,
    HourWeight,
    JumpSign,
    NewsHistory,
    NewsOrigin,
    NewsOutcome,
    NewsPublished,
    NewsScheduled,
    PublishedItem,
    ReplayItem,
    ScheduledItems,
    ScheduleNews,
    StartNews,
    StopNews,
)
from itg.news.service import NewsService
from itg.runtime.cascade import Machine

M = TypeVar("M", bound=Message)
SESSION_S = 19_800
LEAD_S = 300
OPEN_NS = Nanos(1_796_139_000_000_000_000)
DAY_NS = 86_400 * NS_PER_S
PRE_OPEN_NS = 5_400 * NS_PER_S

TABLE = (
    Headline(
        headline_id="emergency_meeting",
        headline="The central bank meets in an emergency",
        shift=0.85,
        jump=0.6,
        sign=JumpSign.DOWN,
        size_min=0.01,
        size_max=0.03,
    ),
    Headline(
        headline_id="gdp_beat",
        headline="Growth above expectations",
        shift=0.35,
        jump=0.25,
        sign=JumpSign.UP,
        size_min=0.003,
        size_max=0.008,
    ),
    Headline(
        headline_id="rate_decision",
        headline="Rates move by surprise",
        shift=0.75,
        jump=0.5,
        size_min=0.01,
        size_max=0.025,
    ),
    Headline(
        headline_id="options_flow",
        headline="Unusual options flow",
        shift=0.25,
        jump=0.05,
        weight=2.0,
    ),
    Headline(headline_id="no_news", headline="No news", shift=0.0, jump=0.0, weight=0.0),
)
CLASSIC = ArrivalModel(
    mean_gap_s=9_000.0,
    gap_min_s=1_800.0,
    gap_max_s=21_600.0,
    weights=(
        HourWeight(start_s=0, weight=1.5),
        HourWeight(start_s=9_000, weight=0.8),
        HourWeight(start_s=16_200, weight=1.2),
    ),
)


def configured(
    seed: int = 1,
    arrivals: ArrivalModel | None = CLASSIC,
    table: tuple[Headline, ...] = TABLE,
    session_seconds: int = SESSION_S,
) -> ConfigureNews:
    return ConfigureNews(
        seed=seed,
        headlines=table,
        arrivals=arrivals,
        lead_s=LEAD_S,
        session_seconds=session_seconds,
    )


def session_of(day: int, seconds: int = SESSION_S) -> StartNews:
    start_ns = OPEN_NS + day * DAY_NS
    return StartNews(
        session_start_ns=Nanos(start_ns), session_end_ns=Nanos(start_ns + seconds * NS_PER_S)
    )


END_NS = session_of(0).session_end_ns


class Desk:
    """The service alone on a machine; `told` are (game time, message)."""

    def __init__(self, config: ConfigureNews | None = None) -> None:
        self.machine = Machine([NewsService()])
        self.told: list[tuple[Nanos, Message]] = []
        self.now = Nanos(OPEN_NS - DAY_NS)
        self.send(configured() if config is None else config)

    def send(self, message: Message) -> list[Message]:
        told = list(self.machine.apply(self.now, message))
        self.told += [(self.now, m) for m in told]
        return told

    def start(self, day: int = 0, seconds: int = SESSION_S) -> StartNews:
        session = session_of(day, seconds)
        self.now = Nanos(session.session_start_ns - PRE_OPEN_NS)
        self.send(session)
        return session

    def run_to(self, until_ns: int) -> "Desk":
        while (fired := self.machine.due(Nanos(until_ns))) is not None:
            self.now = fired.at_ns
            self.send(fired)
        self.now = Nanos(until_ns)
        return self

    def day(self, day: int) -> "Desk":
        self.run_to(self.start(day).session_end_ns)
        self.send(StopNews())
        return self

    def scheduled(self) -> list[tuple[Nanos, NewsScheduled]]:
        return [(at, m) for at, m in self.told if isinstance(m, NewsScheduled)]

    def published(self) -> list[tuple[Nanos, NewsPublished]]:
        return [(at, m) for at, m in self.told if isinstance(m, NewsPublished)]


def without_arrivals(seed: int = 1) -> ConfigureNews:
    return replace(configured(seed), arrivals=None)


def by_hand(desk: Desk, after_s: float, headline_id: str = "gdp_beat") -> NewsScheduled:
    told = desk.send(ScheduleNews(headline_id=headline_id, effective_ns=later(desk, after_s)))
    return of_kind(told, NewsScheduled)


def later(desk: Desk, seconds: float) -> Nanos:
    return Nanos(desk.now + int(seconds * NS_PER_S))


def of_kind(told: list[Message], kind: type[M]) -> M:
    (found,) = [message for message in told if isinstance(message, kind)]
    return found


def started(config: ConfigureNews | None = None) -> Desk:
    desk = Desk(config)
    desk.start()
    return desk.run_to(OPEN_NS)


def waiting(desk: Desk) -> tuple[NewsScheduled, ...]:
    reply = desk.machine.query(GetScheduledNews())
    assert isinstance(reply, ScheduledItems)
    return reply.items


def history(desk: Desk, after_seq: int = 0, count: int = 1_000) -> tuple[PublishedItem, ...]:
    reply = desk.machine.query(GetNews(after_seq=after_seq, count=count))
    assert isinstance(reply, NewsHistory)
    return reply.items


def item(after_s: float, headline_id: str, headline: str = "") -> ReplayItem:
    return ReplayItem(after_s=after_s, headline_id=headline_id, headline=headline)


def arrivals(desk: Desk) -> list[tuple[Nanos, str, NewsOutcome]]:
    return [
        (at, m.headline_id, m.outcome)
        for at, m in desk.published()
        if m.origin is NewsOrigin.ARRIVAL
    ]
