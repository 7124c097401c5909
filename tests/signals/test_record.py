"""History, accuracy and restarts."""

import subprocess
import sys

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.signals.desk import (
    BANDS,
    DESK,
    HEDGE_FUND,
    TRACKING,
    VOLATILITY,
    Desk,
    at,
    canceled,
    ou_errors,
    published,
    scheduled,
)

from itg.kernel.words import VolRegime
from itg.market_data.contract import RegimeChanged
from itg.signals.contract import (
    AlphaForecast,
    ConfigureSignals,
    GetSignals,
    SignalHistory,
    SignalJudged,
    SignalKind,
)
from itg.signals.core.record import KEPT_MAX, Given, Mailbox, Record

STEP_S = 30
STEPS = 1_000
BOTH = ConfigureSignals(
    seed=9,
    volatility=VOLATILITY,
    tracking=(TRACKING,),
    alphas=(AlphaForecast(roles=(DESK,), model="momentum", underlying_id=TRACKING.underlying_id),),
)
ERRORS = ou_errors(3, STEPS + 14, 0.002, STEP_S, 420)
# (of every n steps) what happens besides the step itself.
NEWS_EVERY, REGIME_EVERY = 20, 37


def play(desk: Desk, first: int, last: int) -> None:
    """Make the steps of a scripted session: errors, prices, news and regimes."""
    for step in range(first, last):
        second = (step + 1) * STEP_S
        price = 4_400_000 + 100 * (ERRORS[step] // 20_000)
        desk.move(second, ERRORS[step], ERRORS[step + 14], prices=(44_000_000, price))
        number, phase = divmod(step, NEWS_EVERY)
        news = scheduled(number + 1, (number * NEWS_EVERY + 15) * STEP_S, is_shift=number % 3 == 0)
        if phase == 0:
            desk.send(second, news)
        elif phase == 14:
            desk.send(second, canceled(number + 1) if number % 7 == 6 else published(news))
        if step % REGIME_EVERY == 0:
            regimes = list(VolRegime)
            turn = step // REGIME_EVERY
            changed = RegimeChanged(regime=regimes[turn % 3], previous=regimes[(turn - 1) % 3])
            desk.send(second, changed)


def whole() -> Desk:
    desk = Desk(BOTH).start()
    play(desk, 0, STEPS)
    return desk


def test_a_restart_at_any_step_goes_on_to_the_same_bytes_and_the_same_accuracy() -> None:
    expected = whole()

    @settings(max_examples=25, deadline=None)
    @given(cut=st.integers(0, STEPS))
    def cut_anywhere(cut: int) -> None:
        desk = Desk(BOTH).start()
        play(desk, 0, cut)
        after = desk.restarted()
        assert after.accuracy() == desk.accuracy()
        assert after.machine.snapshot() == desk.machine.snapshot()
        play(after, cut, STEPS)
        assert desk.told + after.told == expected.told
        assert after.machine.snapshot() == expected.machine.snapshot()
        assert after.accuracy() == expected.accuracy()

    cut_anywhere()
    assert {row.kind for row in expected.accuracy().rows} == set(SignalKind)
    assert {m.stage for _, m in expected.windows()} == {"open", "update", "close"}


def test_each_role_s_numbers_have_no_gap_and_its_history_is_what_it_was_told() -> None:
    desk = whole()
    for role in (HEDGE_FUND, DESK):
        told = [(when, m) for when, m in desk.signals() if m.role == role]
        assert [m.signal_seq for _, m in told] == list(range(1, len(told) + 1))
        history = desk.ask(GetSignals(role=role, count=20_000))
        assert isinstance(history, SignalHistory)
        assert [(item.signaled_ns, item.signal) for item in history.items] == told
        assert history.last_seq == len(told)
        page = desk.ask(GetSignals(role=role, after_seq=5, count=3))
        assert isinstance(page, SignalHistory)
        assert [item.signal.signal_seq for item in page.items] == [6, 7, 8]


def test_the_accuracy_report_is_the_count_of_what_was_judged() -> None:
    desk = whole()
    rows = desk.accuracy().rows
    judged = desk.judged()
    for kind in SignalKind:
        for regime in VolRegime:
            own = [m for m in judged if m.kind is kind and m.regime is regime]
            counted = [row for row in rows if row.kind is kind and row.regime is regime]
            assert sum(row.judged for row in counted) == len(own)
            assert sum(row.correct for row in counted) == sum(m.is_correct for m in own)
    kinds, regimes = list(SignalKind), list(VolRegime)
    places = [(kinds.index(r.kind), r.role, regimes.index(r.regime), r.band) for r in rows]
    assert places == sorted(places)
    bands = {row.band for row in rows if row.kind is SignalKind.TRACKING}
    assert bands <= {round(band.error_min * 1e6) for band in BANDS}


def test_every_judged_signal_was_given_and_none_is_judged_twice() -> None:
    desk = whole()
    seen: set[int] = set()
    judged: set[int] = set()
    for _, message in desk.told:
        if isinstance(message, SignalJudged):
            assert message.signal_id in seen
            assert message.signal_id not in judged
            judged.add(message.signal_id)
        elif hasattr(message, "signal_id"):
            seen.add(message.signal_id)


def test_the_last_ten_thousand_of_a_role_are_kept() -> None:
    desk = whole()
    item = desk.ask(GetSignals(role=DESK, count=1))
    assert isinstance(item, SignalHistory)
    mailbox = Mailbox()
    for _ in range(KEPT_MAX + 5):
        mailbox.keep(item.items[0])
    assert KEPT_MAX == 10_000
    assert len(mailbox.items) == KEPT_MAX
    assert len(mailbox.after(0, 20_000)) == KEPT_MAX
    assert len(mailbox.after(5, 20_000)) == KEPT_MAX
    assert len(mailbox.after(6, 20_000)) == KEPT_MAX - 1
    assert mailbox.after(KEPT_MAX + 5, 10) == []
    assert mailbox.after(0, 0) == []


def test_a_verdict_counts_for_every_role_and_is_told_once() -> None:
    record = Record()
    verdict = Given(signal_id=5, regime=VolRegime.LOW, predicted="shift")
    roles = (HEDGE_FUND, DESK)
    told = record.judge(SignalKind.VOLATILITY, roles, verdict, "no_shift")
    assert not told.is_correct
    record.judge(SignalKind.VOLATILITY, roles, verdict, "shift")
    assert [(row.judged, row.correct) for row in record.accuracy()] == [(2, 1), (2, 1)]


def test_nobody_is_told_anything_before_signals_are_configured() -> None:
    desk = Desk(ConfigureSignals(seed=1)).start()
    play(desk, 0, 60)
    assert desk.told == []
    assert desk.accuracy().rows == ()


def test_equal_seeds_give_equal_bytes_under_any_hash_seed() -> None:
    script = "from tests.signals.test_record import whole;print(whole().machine.state_hash())"
    hashes = {whole().machine.state_hash()}
    for hash_seed in ("0", "12345"):
        done = subprocess.run(
            [sys.executable, "-c", script],
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": "src:."},
            capture_output=True,
            text=True,
            check=True,
            timeout=50,
        )
        hashes.add(done.stdout.strip())
    assert len(hashes) == 1


def test_a_tracking_follower_added_moves_no_forecast_of_news() -> None:
    alone = ConfigureSignals(seed=9, volatility=VOLATILITY)
    desk = Desk(alone).start()
    play(desk, 0, STEPS)
    numbered = [(when, m.signal_id, m.is_shift) for when, m in desk.forecasts()]
    assert numbered == [(when, m.signal_id, m.is_shift) for when, m in whole().forecasts()]
    assert numbered[0][0] >= at(0)
