"""The organizer's hand: news at an instant, withdrawn, or of a recorded history."""

import pytest
from tests.news.models import (
    END_NS,
    OPEN_NS,
    SESSION_S,
    Desk,
    arrivals,
    by_hand,
    item,
    later,
    of_kind,
    started,
    waiting,
    without_arrivals,
)

from itg.kernel.times import NS_PER_S
from itg.news import contract as news
from itg.news.contract import (
    CancelNews,
    NewsCanceled,
    NewsOrigin,
    NewsRejected,
    NewsScheduled,
    ReplayItem,
    ReplayNews,
    ScheduleNews,
    StopNews,
)


def test_news_by_hand_is_drawn_at_once_and_comes_at_its_instant() -> None:
    desk = started(without_arrivals())
    item = by_hand(desk, 60)
    assert (item.origin, item.has_signal) == (NewsOrigin.ORGANIZER, True)
    assert item.headline == "Growth above expectations"
    desk.run_to(item.effective_ns - 1)
    assert not desk.published()
    desk.run_to(item.effective_ns)
    assert [(at, m.outcome) for at, m in desk.published()] == [(item.effective_ns, item.outcome)]


def test_news_for_this_very_instant_comes_in_it() -> None:
    desk = started(without_arrivals())
    by_hand(desk, 0)
    desk.run_to(desk.now)
    assert [at for at, _ in desk.published()] == [OPEN_NS]


def test_a_fixed_outcome_stands() -> None:
    desk = started(without_arrivals())
    ask = ScheduleNews(
        headline_id="no_news",
        effective_ns=desk.now,
        has_signal=False,
        is_shift=True,
        jump_ppm=-20_000,
    )
    item = of_kind(desk.send(ask), NewsScheduled)
    assert (item.has_signal, item.outcome.is_shift, item.outcome.jump_ppm) == (False, True, -20_000)


def test_items_of_one_instant_come_in_the_order_of_their_numbers() -> None:
    desk = started(without_arrivals())
    second, first = by_hand(desk, 60), by_hand(desk, 30)
    third = by_hand(desk, 60, "rate_decision")
    assert [item.news_id for item in waiting(desk)] == [2, 1, 3]
    desk.run_to(third.effective_ns)
    order = [(at, m.news_id) for at, m in desk.published()]
    at_sixty = second.effective_ns
    assert order == [(first.effective_ns, 2), (at_sixty, 1), (at_sixty, 3)]


def test_the_organizers_hand_moves_no_arrival() -> None:
    plain, touched = Desk(), Desk()
    plain.day(0)
    touched.start()
    touched.run_to(OPEN_NS)
    by_hand(touched, 5)
    touched.send(ReplayNews(start_ns=touched.now, items=(item(3.0, "rate_decision"),)))
    touched.run_to(END_NS)
    touched.send(StopNews())
    plain.day(1)
    touched.day(1)
    assert arrivals(touched) == arrivals(plain)


def test_a_canceled_arrival_is_followed_as_if_it_had_come() -> None:
    plain, touched = Desk(), Desk()
    plain.day(0)
    touched.start()
    told = touched.send(CancelNews(news_id=1))
    assert of_kind(told, NewsCanceled) == NewsCanceled(news_id=1)
    touched.run_to(END_NS)
    touched.send(StopNews())
    for day in (1, 2):
        plain.day(day)
        touched.day(day)
    assert arrivals(touched) == arrivals(plain)[1:]


def test_news_by_hand_can_be_withdrawn_until_it_is_out() -> None:
    desk = started(without_arrivals())
    first, second = by_hand(desk, 60), by_hand(desk, 90)
    desk.send(CancelNews(news_id=first.news_id))
    desk.run_to(second.effective_ns)
    assert [m.news_id for _, m in desk.published()] == [second.news_id]
    for gone in (first.news_id, second.news_id, 99):
        refusal = of_kind(desk.send(CancelNews(news_id=gone)), NewsRejected).refusal
        assert (refusal.code, refusal.field) == ("NEWS_NOT_FOUND", "news_id")
        assert str(gone) in refusal.detail


def test_a_misspelled_headline_is_refused_with_the_nearest() -> None:
    desk = started()
    ask = ScheduleNews(headline_id="gdp_beet", effective_ns=desk.now)
    refusal = of_kind(desk.send(ask), NewsRejected).refusal
    assert (refusal.code, refusal.field) == ("HEADLINE_NOT_FOUND", "headline_id")
    assert "'gdp_beet'" in refusal.detail
    assert "'gdp_beat'" in refusal.detail


@pytest.mark.parametrize("after_s", [-1e-9, -3_600, 1e12])
def test_news_of_the_past_or_of_another_age_is_refused(after_s: float) -> None:
    desk = started()
    ask = ScheduleNews(headline_id="gdp_beat", effective_ns=later(desk, after_s))
    refusal = of_kind(desk.send(ask), NewsRejected).refusal
    assert (refusal.code, refusal.field) == ("NEWS_WRONG_TIME", "effective_ns")


def test_without_a_round_the_organizers_news_is_refused() -> None:
    desk = Desk()
    asks = [
        ScheduleNews(headline_id="gdp_beat", effective_ns=desk.now),
        ReplayNews(start_ns=desk.now, items=(item(0, "gdp_beat"),)),
    ]
    for ask in asks:
        assert of_kind(desk.send(ask), NewsRejected).refusal.code == "NEWS_WRONG_TIME"
    desk.day(0)
    for ask in asks:
        assert of_kind(desk.send(ask), NewsRejected).refusal.code == "NEWS_WRONG_TIME"
    assert not waiting(desk)


def test_a_replay_publishes_a_recorded_history_with_words_of_its_own() -> None:
    desk = started(without_arrivals())
    items = (
        item(10.5, "gdp_beat"),
        item(2.0, "gdp_beat", "Growth as it was told"),
        ReplayItem(after_s=20, headline_id="1987", headline="Crash", jump_ppm=-228_000),
        item(30, "1988", "Calm"),
    )
    desk.send(ReplayNews(start_ns=later(desk, 1), items=items))
    assert all(m.has_signal and m.origin is NewsOrigin.REPLAY for _, m in desk.scheduled())
    desk.run_to(later(desk, 60))
    assert [((at - OPEN_NS) / NS_PER_S, m.headline) for at, m in desk.published()] == [
        (3.0, "Growth as it was told"),
        (11.5, "Growth above expectations"),
        (21.0, "Crash"),
        (31.0, "Calm"),
    ]
    crash, calm = (m.outcome for _, m in desk.published()[2:])
    assert crash == news.NewsOutcome(jump_ppm=-228_000)
    assert calm == news.NewsOutcome()


@pytest.mark.parametrize(
    ("bad", "code", "field"),
    [
        (item(5, "nope"), "HEADLINE_NOT_FOUND", "items/1/headline_id"),
        (item(-1, "gdp_beat"), "NEWS_WRONG_TIME", "items/1/after_s"),
        (item(float("nan"), "gdp_beat"), "NEWS_WRONG_TIME", "items/1/after_s"),
        (item(float("inf"), "gdp_beat"), "NEWS_WRONG_TIME", "items/1/after_s"),
        (item(1e300, "gdp_beat"), "NEWS_WRONG_TIME", "items/1/after_s"),
    ],
)
def test_of_a_replay_with_one_bad_item_nothing_is_scheduled(
    bad: ReplayItem, code: str, field: str
) -> None:
    desk = started(without_arrivals())
    told = desk.send(ReplayNews(start_ns=desk.now, items=(item(1, "gdp_beat"), bad)))
    refusal = of_kind(told, NewsRejected).refusal
    assert (refusal.code, refusal.field) == (code, field)
    assert not waiting(desk)


def test_a_replay_of_the_past_is_refused() -> None:
    desk = started()
    told = desk.send(ReplayNews(start_ns=later(desk, -10), items=(item(1, "gdp_beat"),)))
    assert of_kind(told, NewsRejected).refusal.code == "NEWS_WRONG_TIME"


def test_the_end_of_a_round_cancels_what_is_left_by_hand() -> None:
    desk = started(without_arrivals())
    left = by_hand(desk, 3 * SESSION_S)
    desk.run_to(END_NS)
    told = desk.send(StopNews())
    assert of_kind(told, NewsCanceled).news_id == left.news_id
    desk.day(1)
    assert not desk.published()
