"""What will be published, what was, and the one arrival that is always drawn ahead."""

from bisect import insort
from collections.abc import Iterator
from math import ceil, isinf

from msgspec import Struct, field
from msgspec.structs import replace

from itg.kernel.messages import Event
from itg.kernel.times import NS_PER_S, Nanos
from itg.news.contract import (
    ArrivalModel,
    CancelNews,
    ConfigureNews,
    NewsCanceled,
    NewsOrigin,
    NewsOutcome,
    NewsPublished,
    NewsRejected,
    NewsScheduled,
    PublishedItem,
    ReplayNews,
    ScheduleNews,
    StartNews,
)
from itg.news.core.gaps import GapLaw
from itg.news.core.outcomes import Dice, draw_headline, draw_outcome
from itg.news.core.refusing import Wish, refusal_of_cancel, wish_of, wishes_of
from itg.news.core.weighted_time import WeightedTime

KEPT_MAX = 10_000


class Arrival(Struct):
    """The next arrival. `due_s`: weighted seconds since the start of the session, or of the next.

    `news_id` is None while no session under way has room for it.
    """

    headline_id: str
    headline: str
    outcome: NewsOutcome
    due_s: float
    news_id: int | None = None


class NewsroomState(Struct):
    """What a snapshot holds; `scheduled` by instant and number, `published` as it came."""

    config: ConfigureNews
    session: StartNews | None = None
    arrival: Arrival | None = None
    scheduled: list[NewsScheduled] = field(default_factory=list)
    published: list[PublishedItem] = field(default_factory=list)
    last_news_id: int = 0
    last_seq: int = 0
    armed_ns: Nanos | None = None  # when the service's timer fires
    counters: dict[str, int] = field(default_factory=dict)


class Newsroom:
    """A configured table with its arrivals."""

    def __init__(self, state: NewsroomState) -> None:
        self.state = state
        config = state.config
        self._dice = Dice(config.seed, state.counters)
        self._arrivals = None if config.arrivals is None else _Arrivals(config, config.arrivals)

    def snapshot_state(self) -> NewsroomState:
        """Return the state with the dice where they stand."""
        self.state.counters = self._dice.counters()
        return self.state

    @property
    def next_ns(self) -> Nanos | None:
        """Return when the next item is due."""
        return self.state.scheduled[0].effective_ns if self.state.scheduled else None

    def start(self, now: Nanos, session: StartNews) -> Iterator[Event]:
        """Open a session, or move its end; the first ever begins in the middle of a gap."""
        state, arrivals = self.state, self._arrivals
        before, state.session = state.session, session
        assert before is None or before.session_start_ns == session.session_start_ns, (
            "StopNews comes before another session"
        )
        if arrivals is None or (state.arrival is not None and state.arrival.news_id is not None):
            return
        if state.arrival is None:
            state.arrival = self._drawn(arrivals.law.draw_first(self._dice["arrival.gap"]))
        yield from self._place(now)

    def stop(self, now: Nanos) -> Iterator[Event]:
        """End the session: nothing scheduled stands, the arrival's remaining time is kept."""
        state, session = self.state, self.state.session
        if session is None:
            return
        yield from (NewsCanceled(news_id=item.news_id) for item in state.scheduled)
        state.scheduled = []
        if state.arrival is not None and self._arrivals is not None:
            gone_s = self._arrivals.gone_s(session, now)
            state.arrival.due_s = max(state.arrival.due_s - gone_s, 0.0)
            state.arrival.news_id = None
        state.session = None

    def publish(self, now: Nanos) -> Iterator[Event]:
        """Publish what is due, in order of instant and number, and draw what follows."""
        scheduled = self.state.scheduled
        while scheduled and scheduled[0].effective_ns <= now:
            item = scheduled.pop(0)
            self._record(now, item)
            yield NewsPublished(
                news_id=item.news_id,
                headline_id=item.headline_id,
                headline=item.headline,
                origin=item.origin,
                outcome=item.outcome,
            )
            yield from self._follow(now, item)

    def schedule(self, now: Nanos, ask: ScheduleNews) -> Iterator[Event]:
        """Schedule by the organizer's hand, or say why not."""
        wish = wish_of(now, ask, self.state.session, self.state.config.headlines)
        if isinstance(wish, NewsRejected):
            yield wish
        else:
            yield self._scheduled(wish, NewsOrigin.ORGANIZER)

    def replay(self, now: Nanos, ask: ReplayNews) -> Iterator[Event]:
        """Schedule a recorded history, all of it or nothing."""
        wishes = wishes_of(now, ask, self.state.session, self.state.config.headlines)
        if isinstance(wishes, NewsRejected):
            yield wishes
        else:
            yield from (self._scheduled(wish, NewsOrigin.REPLAY) for wish in wishes)

    def cancel(self, now: Nanos, ask: CancelNews) -> Iterator[Event]:
        """Withdraw an item; the arrivals go on as if it had been published."""
        scheduled = self.state.scheduled
        for place, item in enumerate(scheduled):
            if item.news_id == ask.news_id:
                del scheduled[place]
                yield NewsCanceled(news_id=item.news_id)
                yield from self._follow(now, item)
                return
        yield refusal_of_cancel(ask.news_id, scheduled)

    def _follow(self, now: Nanos, gone: NewsScheduled) -> Iterator[Event]:
        arrival, arrivals = self.state.arrival, self._arrivals
        if arrival is None or arrivals is None or arrival.news_id != gone.news_id:
            return
        gap_s = arrivals.law.draw(self._dice["arrival.gap"])
        self.state.arrival = self._drawn(arrival.due_s + gap_s)
        yield from self._place(now)

    def _drawn(self, due_s: float) -> Arrival:
        headline = draw_headline(self._dice, self.state.config.headlines)
        outcome = draw_outcome(self._dice, NewsOrigin.ARRIVAL, headline)
        return Arrival(headline.headline_id, headline.headline, outcome, due_s)

    def _place(self, now: Nanos) -> Iterator[Event]:
        state, session, arrival = self.state, self.state.session, self.state.arrival
        assert session is not None
        assert arrival is not None
        assert self._arrivals is not None
        at_ns = self._arrivals.instant(session, arrival, now)
        if at_ns is None:
            return
        item = NewsScheduled(
            news_id=self._next_id(),
            headline_id=arrival.headline_id,
            headline=arrival.headline,
            effective_ns=at_ns,
            origin=NewsOrigin.ARRIVAL,
            has_signal=True,
            outcome=arrival.outcome,
        )
        state.arrival = replace(arrival, news_id=item.news_id)
        self._keep(item)
        yield item

    def _scheduled(self, wish: Wish, origin: NewsOrigin) -> NewsScheduled:
        item = NewsScheduled(
            news_id=self._next_id(),
            headline_id=wish.headline.headline_id,
            headline=wish.headline.headline,
            effective_ns=wish.effective_ns,
            origin=origin,
            has_signal=wish.has_signal,
            outcome=draw_outcome(
                self._dice,
                origin,
                wish.headline,
                is_shift=wish.is_shift,
                jump_ppm=wish.jump_ppm,
            ),
        )
        self._keep(item)
        return item

    def _next_id(self) -> int:
        self.state.last_news_id += 1
        return self.state.last_news_id

    def _keep(self, item: NewsScheduled) -> None:
        insort(self.state.scheduled, item, key=lambda kept: (kept.effective_ns, kept.news_id))

    def _record(self, now: Nanos, item: NewsScheduled) -> None:
        state = self.state
        state.last_seq += 1
        state.published.append(
            PublishedItem(
                seq=state.last_seq,
                news_id=item.news_id,
                headline_id=item.headline_id,
                headline=item.headline,
                published_ns=now,
                origin=item.origin,
            )
        )
        if len(state.published) > KEPT_MAX:
            del state.published[0]


class _Arrivals:
    """What configuration makes of the arrival model; no state."""

    def __init__(self, config: ConfigureNews, model: ArrivalModel) -> None:
        self.law = GapLaw(model)
        self._time = WeightedTime(model, config.session_seconds)
        self._lead_ns = config.lead_s * NS_PER_S
        self._quiet_ns = model.quiet_end_s * NS_PER_S

    def instant(self, session: StartNews, arrival: Arrival, now: Nanos) -> Nanos | None:
        """Return when an arrival comes in this session, None if it comes in a later one.

        One due too soon moves, its following gap with it.
        """
        start_ns, soonest_ns = session.session_start_ns, now + self._lead_ns
        soonest_s = self._time.weighted((soonest_ns - start_ns) / NS_PER_S)
        arrival.due_s = max(arrival.due_s, soonest_s)
        elapsed_s = self._time.elapsed(arrival.due_s)
        if isinf(elapsed_s):
            return None
        at_ns = max(start_ns + ceil(elapsed_s * NS_PER_S), soonest_ns)
        return Nanos(at_ns) if at_ns < self._quiet_from_ns(session) else None

    def gone_s(self, session: StartNews, now: Nanos) -> float:
        """Return the weighted seconds of a session until `now`; its quiet end has none."""
        until_ns = min(now, self._quiet_from_ns(session))
        return self._time.weighted((until_ns - session.session_start_ns) / NS_PER_S)

    def _quiet_from_ns(self, session: StartNews) -> int:
        return session.session_end_ns - self._quiet_ns
