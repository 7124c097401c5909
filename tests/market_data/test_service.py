"""The service alone on a machine: steps, marks, history, snapshots."""

import subprocess
import sys
from collections.abc import Sequence

import pytest
from msgspec import msgpack
from msgspec.structs import replace
from tests.market_data.models import OPEN_NS, classic, instruments, session_of

from itg.kernel.ids import InstrumentId, UnderlyingId
from itg.kernel.messages import Message
from itg.kernel.times import NS_PER_MS, NS_PER_S, Nanos
from itg.kernel.words import Instrument, OptionRight
from itg.market_data.contract import (
    Candle,
    GetMarks,
    GetPriceHistory,
    GetPrices,
    Marks,
    MarksPublished,
    OfficialClosePublished,
    PriceHistory,
    Prices,
    PricesStepped,
    StartMarket,
    StopMarket,
    TrackSeries,
    UnderlyingMissing,
    UntrackSeries,
)
from itg.market_data.service import MarketDataService
from itg.runtime.cascade import Machine

STEP_NS = 250 * NS_PER_MS
SECONDS = 120  # of a session here
SPX, SPY = UnderlyingId("SPX"), UnderlyingId("SPY")


CLOSE_NS = session_of(0, SECONDS).session_end_ns


def here(instrument: Instrument) -> Instrument:
    """Let the three expiries be the closes of these tests' first three sessions."""
    option = instrument.option
    if not option:
        return instrument
    day = ["2026-12-03", "2026-12-10", "2026-12-17"].index(option.expiry_date)
    expires_ns = session_of(0, SECONDS).session_ends_ns[day]
    return replace(instrument, option=replace(option, expires_ns=expires_ns))


class Desk:
    """A market on its own; `told` are (game time, message)."""

    def __init__(self, seed: int = 1, *, is_tracking: bool = True) -> None:
        self.machine = Machine([MarketDataService()])
        self.told: list[tuple[Nanos, Message]] = []
        self.now = Nanos(OPEN_NS - 10 * NS_PER_S)
        config = replace(classic(seed), session_seconds=SECONDS)
        self.send(config)
        for instrument in instruments() if is_tracking else ():
            self.send(TrackSeries(instrument=here(instrument)))

    def send(self, message: Message) -> None:
        self.told += [(self.now, m) for m in self.machine.apply(self.now, message)]

    def start(self, day: int = 0) -> StartMarket:
        session = session_of(day, SECONDS, lead_s=5)
        self.now = max(self.now, Nanos(session.session_start_ns - 10 * NS_PER_S))
        self.send(session)
        return session

    def run_to(self, until_ns: int) -> "Desk":
        while (fired := self.machine.due(Nanos(until_ns))) is not None:
            self.now = fired.at_ns
            self.told += [(self.now, m) for m in self.machine.apply(self.now, fired)]
        self.now = Nanos(until_ns)
        return self

    def steps(self) -> list[tuple[Nanos, PricesStepped]]:
        return [(at, m) for at, m in self.told if isinstance(m, PricesStepped)]

    def closes(self) -> list[tuple[Nanos, OfficialClosePublished]]:
        return [(at, m) for at, m in self.told if isinstance(m, OfficialClosePublished)]

    def marks(self) -> list[tuple[Nanos, MarksPublished]]:
        return [(at, m) for at, m in self.told if isinstance(m, MarksPublished)]


@pytest.fixture(scope="module")
def day() -> Desk:
    """Return a desk after its first session and some seconds."""
    desk = Desk()
    session = desk.start()
    return desk.run_to(session.session_end_ns + 5 * NS_PER_S)


def test_a_step_is_made_every_quarter_second_without_a_gap(day: Desk) -> None:
    steps = day.steps()
    assert [step.step for _, step in steps] == list(range(1, len(steps) + 1))
    first = OPEN_NS - 5 * NS_PER_S
    assert [at for at, _ in steps] == [first + n * STEP_NS for n in range(len(steps))]


def test_prices_move_in_the_session_alone_its_end_included(day: Desk) -> None:
    for at, step in day.steps():
        assert step.is_moving == (OPEN_NS < at <= CLOSE_NS)
    still = [step.prices for at, step in day.steps() if at <= OPEN_NS]
    assert len(still) == 21
    assert all(prices == still[0] for prices in still)
    assert [price.spot_price for price in still[0]] == [44_000_000, 4_400_000]
    after = [step.prices for at, step in day.steps() if at > CLOSE_NS]
    assert len(set(after)) == 1
    moving = [step.prices[0].spot_price for _, step in day.steps() if step.is_moving]
    assert len(set(moving)) > len(moving) // 2


def test_every_published_price_lies_on_the_tick(day: Desk) -> None:
    for _, step in day.steps():
        assert all(p.spot_price % 100 == 0 and p.index_price % 100 == 0 for p in step.prices)


def test_marks_come_each_step_while_prices_move_and_each_second_else(day: Desk) -> None:
    expected = [at for at, step in day.steps() if step.is_moving or at % NS_PER_S == 0]
    assert [at for at, _ in day.marks()] == expected
    assert all(len(marks.marks) == 62 for _, marks in day.marks())
    names = [instrument.instrument_id for instrument in instruments()]
    assert [mark.instrument_id for mark in day.marks()[-1][1].marks] == names


def test_the_print_is_noisy_for_the_follower_alone(day: Desk) -> None:
    moving = [step.prices for _, step in day.steps() if step.is_moving]
    assert all(prices[0].index_price == prices[0].spot_price for prices in moving)
    assert any(prices[1].index_price != prices[1].spot_price for prices in moving)


def test_an_expiring_option_ends_at_its_payoff_and_later_ones_keep_time_value(day: Desk) -> None:
    at, last = [(at, m) for at, m in day.marks() if at <= CLOSE_NS][-1]
    spots = {p.underlying_id: p.spot_price for p in day.steps()[-1][1].prices}
    by_name = {mark.instrument_id: mark for mark in last.marks}
    assert at == CLOSE_NS
    for instrument in instruments():
        option = instrument.option
        if not option:
            assert by_name[instrument.instrument_id].delta == 1_000_000
            continue
        sign = 1 if option.right is OptionRight.CALL else -1
        payoff = max(sign * (spots[instrument.underlying_id] - option.strike), 0)
        mark = by_name[instrument.instrument_id]
        if option.expiry_date == "2026-12-03":
            assert mark.mark_price == payoff
            assert (mark.gamma, mark.vega, mark.theta) == (0, 0, 0)
        else:
            assert mark.mark_price > payoff
            assert 50_000 < mark.implied_vol < 1_000_000


def test_put_call_parity_holds_in_published_marks(day: Desk) -> None:
    spots = {p.underlying_id: p.spot_price for p in day.steps()[-1][1].prices}
    marks = {mark.instrument_id: mark for mark in day.marks()[-1][1].marks}
    for instrument in instruments():
        option = instrument.option
        if option and option.right is OptionRight.CALL:
            put = marks[InstrumentId(instrument.instrument_id.replace("-C-", "-P-"))]
            call = marks[instrument.instrument_id]
            forward = spots[instrument.underlying_id] - option.strike
            assert abs(call.mark_price - put.mark_price - forward) <= 1
            assert call.delta - put.delta == 1_000_000


def test_the_official_close_is_the_mean_of_the_last_minute_half_up(day: Desk) -> None:
    last = [step.prices for at, step in day.steps() if CLOSE_NS - 60 * NS_PER_S < at <= CLOSE_NS]
    assert len(last) == 240
    prices = day.machine.query(GetPrices())
    assert isinstance(prices, Prices)
    for place, official in enumerate(prices.previous_close):
        total = sum(p[place].spot_price for p in last)
        assert official == (2 * total + 100 * 240) // (2 * 100 * 240) * 100


def test_the_official_close_is_told_once_with_the_session_s_last_step(day: Desk) -> None:
    prices = day.machine.query(GetPrices())
    assert isinstance(prices, Prices)
    ((at, told),) = day.closes()
    assert at == told.session_end_ns == CLOSE_NS
    assert [close.underlying_id for close in told.closes] == [SPX, SPY]
    assert [close.official_close for close in told.closes] == list(prices.previous_close)


def test_a_stop_after_the_close_tells_no_second_one() -> None:
    desk = Desk()
    session = desk.start()
    desk.run_to(session.session_end_ns + NS_PER_S)
    desk.send(StopMarket())
    assert len(desk.closes()) == 1


def test_a_session_cut_short_closes_at_its_last_prices() -> None:
    desk = Desk()
    desk.start()
    desk.run_to(OPEN_NS + 30 * NS_PER_S)
    desk.send(StopMarket())
    prices = desk.machine.query(GetPrices())
    assert isinstance(prices, Prices)
    assert list(prices.previous_close) == [p.spot_price for p in prices.prices]
    ((_, told),) = desk.closes()
    assert [close.official_close for close in told.closes] == list(prices.previous_close)
    assert told.session_end_ns == CLOSE_NS
    count = len(desk.told)
    assert len(desk.run_to(CLOSE_NS).told) == count


def test_the_next_day_opens_after_a_gap_and_stands_still_until_the_session() -> None:
    desk = Desk(seed=3)
    first = desk.start()
    desk.run_to(first.session_end_ns)
    desk.send(StopMarket())
    before = desk.steps()[-1][1]
    second = desk.start(day=1)
    desk.run_to(second.session_end_ns)
    later = [(at, s) for at, s in desk.steps() if at > first.session_end_ns]
    assert later[0][1].step == before.step + 1
    assert later[0][1].prices[0].spot_price != before.prices[0].spot_price
    assert len({s.prices for at, s in later if at <= second.session_start_ns}) == 1


def test_prices_repeat_with_the_seed_and_differ_without() -> None:
    runs = []
    for seed in (5, 5, 6):
        desk = Desk(seed, is_tracking=False)
        desk.start()
        runs.append(desk.run_to(OPEN_NS + 20 * NS_PER_S).told)
    assert runs[0] == runs[1] != runs[2]


DIGEST_SCRIPT = """
from tests.market_data.test_service import Desk, OPEN_NS, NS_PER_S
from hashlib import sha256
from msgspec import msgpack
desk = Desk(9)
desk.start()
desk.run_to(OPEN_NS + 20 * NS_PER_S)
print(sha256(msgpack.encode(desk.told) + desk.machine.snapshot()).hexdigest())
"""


def test_prices_do_not_depend_on_the_hash_seed() -> None:
    digests = {
        subprocess.run(
            [sys.executable, "-c", DIGEST_SCRIPT],
            env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": "src:."},
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        ).stdout
        for hash_seed in ("1", "99")
    }
    assert len(digests) == 1


@pytest.mark.parametrize("seconds", [-3.0, 0.0, 12.25, 90.0, 121.0])
def test_a_snapshot_goes_on_identically(seconds: float) -> None:
    desk = Desk(seed=4)
    desk.start()
    desk.run_to(OPEN_NS + int(seconds * NS_PER_S))
    state = desk.machine.snapshot()
    again = Desk(seed=99)
    again.machine.restore(state)
    assert again.machine.snapshot() == state
    count = len(desk.told)
    until_ns = OPEN_NS + int((seconds + 15) * NS_PER_S)
    desk.run_to(until_ns)
    again.told.clear()
    again.run_to(until_ns)
    assert msgpack.encode(again.told) == msgpack.encode(desk.told[count:])
    assert again.machine.snapshot() == desk.machine.snapshot()


def test_candles_are_the_fold_of_the_published_prints(day: Desk) -> None:
    for place, name in enumerate((SPX, SPY)):
        for interval_s in (1, 5, 60):
            history = day.machine.query(GetPriceHistory(underlying_id=name, interval_s=interval_s))
            assert isinstance(history, PriceHistory)
            assert list(history.candles) == folded(day, place, interval_s)


def folded(desk: Desk, place: int, interval_s: int) -> Sequence[Candle]:
    groups: dict[int, list[int]] = {}
    for at, step in desk.steps():
        if step.is_moving:
            start = (at - 1) // (interval_s * NS_PER_S) * interval_s * NS_PER_S
            groups.setdefault(start, []).append(step.prices[place].index_price)
    return [
        msgpack.decode(
            msgpack.encode((start, prints[0], max(prints), min(prints), prints[-1])), type=Candle
        )
        for start, prints in groups.items()
    ]


def test_history_is_cut_to_the_last_candles_asked_for(day: Desk) -> None:
    history = day.machine.query(GetPriceHistory(underlying_id=SPX, interval_s=1, count=7))
    assert isinstance(history, PriceHistory)
    assert [c.start_ns for c in history.candles] == [
        CLOSE_NS - n * NS_PER_S for n in range(7, 0, -1)
    ]
    unknown = day.machine.query(GetPriceHistory(underlying_id=UnderlyingId("DAX")))
    assert unknown == UnderlyingMissing(underlying_id=UnderlyingId("DAX"))


def test_marks_can_be_asked_for_one_underlying(day: Desk) -> None:
    everything, spy = (
        day.machine.query(GetMarks(underlying_id=name)) for name in (None, UnderlyingId("SPY"))
    )
    assert isinstance(everything, Marks)
    assert isinstance(spy, Marks)
    assert len(everything.marks) == 62
    assert {mark.instrument_id[:3] for mark in spy.marks} == {"SPY"}
    assert len(spy.marks) == 31


def test_an_untracked_series_is_marked_no_more() -> None:
    desk = Desk()
    desk.start()
    gone = instruments()[5].instrument_id
    desk.send(UntrackSeries(instrument_id=gone))
    desk.run_to(OPEN_NS + NS_PER_S)
    names = [mark.instrument_id for mark in desk.marks()[-1][1].marks]
    assert gone not in names
    assert len(names) == 61


def test_nothing_is_known_before_a_market_is_configured() -> None:
    machine = Machine([MarketDataService()])
    assert machine.query(GetMarks()) == Marks(marks=())
    prices = machine.query(GetPrices())
    assert isinstance(prices, Prices)
    assert prices.prices == ()
    assert machine.query(GetPriceHistory(underlying_id=SPX)) == UnderlyingMissing(underlying_id=SPX)
    Machine([MarketDataService()]).restore(machine.snapshot())
