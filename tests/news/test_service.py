"""The service alone on a machine: publication, the organizer's hand, reads, snapshots."""

import subprocess
import sys
from hashlib import sha256

import pytest
from msgspec import msgpack
from tests.news.models import (
    END_NS,
    OPEN_NS,
    PRE_OPEN_NS,
    SESSION_S,
    TABLE,
    Desk,
    by_hand,
    configured,
    history,
    item,
    later,
    of_kind,
    started,
    waiting,
    without_arrivals,
)

from itg.exchange import contract as exchange
from itg.kernel.messages import Message
from itg.kernel.times import NS_PER_S, Nanos
from itg.market_data import contract as market_data
from itg.news.contract import (
    CancelNews,
    GetHeadlines,
    Headlines,
    NewsCanceled,
    NewsPublished,
    NewsRejected,
    NewsScheduled,
    ReplayNews,
    ScheduleNews,
    StopNews,
)
from itg.news.core.newsroom import KEPT_MAX
from itg.news.service import NewsService
from itg.positions import contract as positions
from itg.runtime.cascade import Machine
from itg.runtime.service import StartTimer, StopTimer, TimerFired
from itg.signals import contract as signals


def test_what_was_scheduled_is_published_at_its_instant_and_word_for_word() -> None:
    desk = Desk()
    for day in range(20):
        desk.day(day)
    drawn = {item.news_id: item for _, item in desk.scheduled()}
    published = desk.published()
    assert len(published) > 30
    for at, told in published:
        ahead = drawn[told.news_id]
        assert at == ahead.effective_ns
        assert (told.headline, told.origin, told.outcome) == (
            *(ahead.headline, ahead.origin),
            ahead.outcome,
        )


def test_the_next_arrival_is_drawn_when_the_last_is_published() -> None:
    desk = Desk()
    for day in range(10):
        desk.day(day)
    kinds = [type(m) for _, m in desk.told if isinstance(m, NewsScheduled | NewsPublished)]
    assert kinds[::2] == [NewsScheduled] * len(kinds[::2])
    assert kinds[1::2] == [NewsPublished] * len(kinds[1::2])


def test_news_is_no_price_no_order_and_no_signal() -> None:
    others = {
        kind
        for contract in (market_data, exchange, positions, signals)
        for kind in vars(contract).values()
        if isinstance(kind, type) and issubclass(kind, Message)
    }
    assert not others & set(NewsService.emits)
    own = {NewsScheduled, NewsCanceled, NewsPublished, NewsRejected}
    assert set(NewsService.emits) == own | {StartTimer, StopTimer}
    desk = Desk()
    for day in range(5):
        desk.day(day)
    assert {type(m) for _, m in desk.told} <= {*own, StartTimer, StopTimer}


def test_an_end_before_the_session_opened_is_no_news() -> None:
    desk = Desk()
    assert not desk.send(StopNews())
    desk.start()
    arrival = waiting(desk)[0]
    desk.send(StopNews())
    desk.start(1)
    assert waiting(desk)[0].outcome == arrival.outcome
    assert waiting(desk)[0].effective_ns - arrival.effective_ns == 86_400 * NS_PER_S


def test_what_waits_is_read_soonest_first_and_what_is_out_by_page() -> None:
    desk = started()
    soon, late = by_hand(desk, 10), by_hand(desk, SESSION_S)
    items = waiting(desk)
    assert [i.effective_ns for i in items] == sorted(i.effective_ns for i in items)
    assert {soon, late} < set(items)
    for _ in range(30):
        by_hand(desk, 1)
    desk.run_to(later(desk, 1))
    seqs = [i.seq for i in history(desk)]
    assert seqs == list(range(1, 31))
    assert [i.seq for i in history(desk, after_seq=10, count=3)] == [11, 12, 13]
    assert not history(desk, after_seq=30)
    first = history(desk, count=1)[0]
    assert (first.headline_id, first.published_ns) == ("gdp_beat", OPEN_NS + NS_PER_S)


def test_the_last_ten_thousand_are_kept() -> None:
    desk = started(without_arrivals())
    items = tuple(item(1, "no_news") for _ in range(KEPT_MAX + 5))
    desk.send(ReplayNews(start_ns=desk.now, items=items))
    desk.run_to(later(desk, 1))
    kept = history(desk, count=KEPT_MAX + 5)
    assert (kept[0].seq, kept[-1].seq, len(kept)) == (6, KEPT_MAX + 5, KEPT_MAX)
    assert [i.seq for i in history(desk, after_seq=100, count=2)] == [101, 102]


def test_the_table_is_read_as_it_was_configured() -> None:
    config = configured()
    reply = Desk(config).machine.query(GetHeadlines())
    assert reply == Headlines(headlines=TABLE, arrivals=config.arrivals)
    nothing = Machine([NewsService()]).query(GetHeadlines())
    assert nothing == Headlines(headlines=(), arrivals=None)


def test_a_table_without_arrivals_comes_by_hand_alone() -> None:
    desk = Desk(without_arrivals()).day(0)
    assert not desk.scheduled()


SCRIPT = (
    (600.0, ScheduleNews(headline_id="gdp_beat", effective_ns=Nanos(OPEN_NS + 900 * NS_PER_S))),
    (2_000.0, CancelNews(news_id=2)),
    (2_500.0, ReplayNews(start_ns=Nanos(OPEN_NS + 2_600 * NS_PER_S), items=(item(7, "x", "X"),))),
)


def scripted(cut_s: float | None = None) -> tuple[bytes, bytes]:
    """Play two days; cut once and go on with restored services. Return outputs and end state."""
    desk = Desk()
    desk.start()
    marks = sorted([*SCRIPT, *([] if cut_s is None else [(cut_s, None)])], key=lambda row: row[0])
    for second, message in marks:
        desk.run_to(OPEN_NS + int(second * NS_PER_S))
        if message is None:
            snapshot = desk.machine.snapshot()
            desk.machine = Machine([NewsService()])
            desk.machine.restore(snapshot)
        else:
            desk.send(message)
    desk.run_to(END_NS)
    desk.send(StopNews())
    desk.day(1)
    return msgpack.encode(desk.told), msgpack.encode(desk.machine.snapshot())


@pytest.mark.parametrize(
    "cut_s",
    [-PRE_OPEN_NS / NS_PER_S, -1, 0, 599, 601, 899, 901, 2_001, 2_501, 2_608, 9_000, 19_799],
)
def test_a_restored_service_goes_on_to_the_same_bytes(cut_s: float) -> None:
    assert scripted(cut_s) == scripted()


DIGEST = "from tests.news.test_service import digest; print(digest())"


def digest() -> str:
    return sha256(b"".join(scripted())).hexdigest()


def test_the_same_seed_gives_the_same_bytes_under_any_hash_seed() -> None:
    told = [
        subprocess.run(
            [sys.executable, "-c", DIGEST],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": "src:."},
            capture_output=True,
            check=True,
            text=True,
            timeout=30,
        ).stdout.strip()
        for seed in ("1", "2")
    ]
    assert told == [digest()] * 2


def test_a_timer_is_armed_for_the_next_item_alone() -> None:
    desk = started(without_arrivals())
    assert of_kind(desk.send(ask_at(desk, 60)), StartTimer).at_ns == later(desk, 60)
    assert not [m for m in desk.send(ask_at(desk, 90)) if isinstance(m, StartTimer | StopTimer)]
    assert of_kind(desk.send(ask_at(desk, 30)), StartTimer).at_ns == later(desk, 30)
    assert of_kind(desk.send(CancelNews(news_id=3)), StartTimer).at_ns == later(desk, 60)
    assert TimerFired in NewsService.accepts
    assert of_kind(desk.send(StopNews()), StopTimer).owner == "news"


def ask_at(desk: Desk, after_s: float) -> ScheduleNews:
    return ScheduleNews(headline_id="gdp_beat", effective_ns=later(desk, after_s))
