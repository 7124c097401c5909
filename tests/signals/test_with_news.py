"""Signals beside the real newsroom: every item has its warning, in time."""

from itg.kernel.ids import Role
from itg.kernel.messages import Message
from itg.kernel.times import NS_PER_S, Nanos
from itg.news.contract import (
    ArrivalModel,
    CancelNews,
    ConfigureNews,
    Headline,
    NewsCanceled,
    NewsPublished,
    NewsScheduled,
    ScheduleNews,
    StartNews,
    StopNews,
)
from itg.news.service import NewsService
from itg.runtime.cascade import Machine
from itg.signals.contract import (
    ConfigureSignals,
    SignalJudged,
    StartSignals,
    StopSignals,
    VolatilityForecast,
    VolatilitySignaled,
)
from itg.signals.service import SignalsService

START = Nanos(1_796_139_000 * NS_PER_S)
SESSION_S = 19_800
TABLE = (
    Headline(headline_id="fed", headline="Fed meets", shift=0.6, jump=0.5, size_max=0.02),
    Headline(headline_id="calm", headline="Calm before data", shift=0.1, jump=0.0),
)


def play(sessions: int) -> list[tuple[Nanos, Message]]:
    """Play sessions with news every ten minutes or so and an organizer's item on short notice."""
    machine = Machine([NewsService(), SignalsService()])
    told: list[tuple[Nanos, Message]] = []

    def send(now: int, *messages: Message) -> None:
        while (fired := machine.due(Nanos(now))) is not None:
            told.extend((fired.at_ns, m) for m in machine.apply(fired.at_ns, fired))
        for message in messages:
            told.extend((Nanos(now), m) for m in machine.apply(Nanos(now), message))

    arrivals = ArrivalModel(mean_gap_s=600, gap_min_s=310, gap_max_s=2_000)
    volatility = VolatilityForecast(roles=(Role("hedge_fund"),))
    send(START, ConfigureNews(seed=1, headlines=TABLE, arrivals=arrivals))
    send(START, ConfigureSignals(seed=1, volatility=volatility))
    for day in range(sessions):
        start = START + day * 86_400 * NS_PER_S
        end = start + SESSION_S * NS_PER_S
        bounds = {"session_start_ns": Nanos(start), "session_end_ns": Nanos(end)}
        send(start, StartSignals(**bounds), StartNews(**bounds))
        for after_s in (30, 60, 200):
            at_ns = Nanos(start + (2_000 + after_s) * NS_PER_S)
            ask = ScheduleNews(headline_id="fed", effective_ns=at_ns)
            send(start + 2_000 * NS_PER_S, ask)
        last = next(m for _, m in reversed(told) if isinstance(m, NewsScheduled))
        send(start + 2_001 * NS_PER_S, CancelNews(news_id=last.news_id))
        send(end, StopNews(), StopSignals())
    return told


def test_every_item_is_forecast_once_in_time_and_judged_when_it_is_out() -> None:
    told = play(6)
    effective = {m.news_id: m.effective_ns for _, m in told if isinstance(m, NewsScheduled)}
    scheduled = {m.news_id: at for at, m in told if isinstance(m, NewsScheduled)}
    published = {m.news_id: at for at, m in told if isinstance(m, NewsPublished)}
    canceled = {m.news_id for _, m in told if isinstance(m, NewsCanceled)}
    forecasts = [(at, m) for at, m in told if isinstance(m, VolatilitySignaled)]
    warned = {m.effective_ns: at for at, m in forecasts}
    assert len(warned) == len(forecasts)
    assert len(published) > 100
    for news_id, at in published.items():
        notice_ns = at - scheduled[news_id]
        if notice_ns < 60 * NS_PER_S:
            assert at not in warned
        else:
            lead_ns = at - warned[at]
            assert 60 * NS_PER_S <= lead_ns <= min(300 * NS_PER_S, notice_ns)
    late = {effective[news_id] for news_id in canceled}
    assert warned.keys() <= set(published.values()) | late
    judged = [m for _, m in told if isinstance(m, SignalJudged)]
    assert len(judged) == len(warned.keys() & set(published.values()))
    assert {m.truth for m in judged} == {"shift", "no_shift"}
