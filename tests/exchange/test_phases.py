"""What a phase takes, and what its boundaries do however they are reached."""

import pytest
from tests.exchange.market import (
    FIRST,
    SECOND,
    SHARD,
    Events,
    Market,
    cleared,
    ends,
    id_of,
    of,
    trades,
)

from itg.exchange.contract import (
    AuctionUncrossed,
    CancelRejected,
    OrderAccepted,
    OrderRejected,
    PhaseChanged,
    PhaseRejected,
    SetSchedule,
    TradeExecuted,
)
from itg.exchange.service import ExchangeService
from itg.kernel.times import NS_PER_MS, Nanos
from itg.kernel.words import Phase, PhaseBoundary
from itg.runtime.service import StartTimer, StopTimer, TimerFired

CLOSED, PRE_OPEN, FREEZE = Phase.CLOSED, Phase.PRE_OPEN, Phase.OPENING_AUCTION
CONTINUOUS = Phase.CONTINUOUS
DAY = ((10, PRE_OPEN), (20, FREEZE), (30, CONTINUOUS), (40, CLOSED))
TICK_NS = 100 * NS_PER_MS
OWNER = "exchange.0"


def scheduled() -> Market:
    market = Market()
    market.schedule(*DAY)
    return market


def at(market: Market, now: int) -> Market:
    market.now = now
    return market


def phases(events: Events) -> list[Phase]:
    return [event.phase for event in of(PhaseChanged, events)]


@pytest.mark.parametrize(
    ("now", "phase", "is_taken"),
    [
        (9, CLOSED, False),
        (10, PRE_OPEN, True),
        (19, PRE_OPEN, True),
        (20, FREEZE, False),
        (29, FREEZE, False),
        (30, CONTINUOUS, True),
        (39, CONTINUOUS, True),
        (40, CLOSED, False),
    ],
)
def test_a_boundary_includes_its_instant_and_excludes_its_end(
    now: int, phase: Phase, *, is_taken: bool
) -> None:
    events = at(scheduled(), now).buy("a", 1, 10)
    taken, refused = of(OrderAccepted, events), of(OrderRejected, events)
    assert (len(taken), len(refused)) == ((1, 0) if is_taken else (0, 1))
    assert all(event.refusal.code == "WRONG_PHASE" for event in refused)
    assert phases(events)[-1:] == ([phase] if phase is not CLOSED or now == 40 else [])


def test_a_clock_that_jumps_past_the_close_runs_every_boundary_at_its_own_instant() -> None:
    market = at(scheduled(), 11)
    market.buy("a", 3, 12)
    market.sell("b", 2, 12)
    events = at(market, 1_000).buy("a", 1, 12)
    assert phases(events) == [FREEZE, CONTINUOUS, CLOSED]
    assert trades(events) == [("a", "b", 12, 2)]
    assert ends(events) == [("a", 1, "market_closed")]
    (uncrossed, _), (trade,) = of(AuctionUncrossed, events), of(TradeExecuted, events)
    opened, closed = of(PhaseChanged, events)[1:]
    order = [opened, uncrossed, trade, closed]
    assert sorted(order, key=events.index) == order
    assert of(OrderRejected, events)[0].refusal.code == "WRONG_PHASE"
    assert market.trades()[0].game_ns == 30
    assert market.book().bids == ()


def test_a_schedule_that_skips_the_opening_uncrosses_before_it_closes() -> None:
    market = Market()
    market.schedule((10, PRE_OPEN), (20, FREEZE), (30, CLOSED))
    at(market, 11).buy("a", 3, 12)
    market.sell("b", 2, 12)
    events = at(market, 30).mass_cancel("nobody")
    assert phases(events) == [FREEZE, CLOSED]
    assert cleared(events) == (12, 2)
    assert ends(events) == [("a", 1, "market_closed")]


def test_boundaries_already_past_run_with_the_schedule_that_brings_them() -> None:
    market = at(Market(), 35)
    events = market.schedule(*DAY)
    assert phases(events) == [PRE_OPEN, FREEZE, CONTINUOUS]
    assert market.status.next_at_ns == 40


def test_a_schedule_asks_for_what_is_due_first_and_for_the_tick() -> None:
    market = Market()
    timers = of(StartTimer, market.schedule(*DAY))
    assert [(t.owner, t.key, t.at_ns) for t in timers] == [
        (OWNER, "due", 10),
        (OWNER, "tick", 1 + TICK_NS),
    ]


def test_what_falls_due_acts_and_asks_for_the_next_until_none_is_left() -> None:
    market = scheduled()
    asked = []
    for now in (10, 20, 30, 40):
        fired = TimerFired(owner=OWNER, key="due", at_ns=Nanos(now))
        events = at(market, now).send(fired)
        assert phases(events) == [market.phase]
        asked += [timer.at_ns for timer in of(StartTimer, events) if timer.key == "due"]
    assert asked == [20, 30, 40]
    assert [timer.key for timer in of(StopTimer, events)] == ["due", "tick"]


def test_a_tick_runs_what_its_boundary_timer_missed_and_asks_for_the_next_tick() -> None:
    market = at(scheduled(), 25)
    events = market.send(TimerFired(owner=OWNER, key="tick", at_ns=Nanos(25)))
    assert phases(events) == [PRE_OPEN, FREEZE]
    asked = [(t.key, t.at_ns) for t in of(StartTimer, events)]
    assert asked == [("due", 30), ("tick", 25 + TICK_NS)]


def test_a_schedule_before_the_configuration_is_a_mistake_of_ours() -> None:
    boundary = PhaseBoundary(at_ns=Nanos(10), phase=PRE_OPEN)
    with pytest.raises(AssertionError, match="configure before the schedule"):
        ExchangeService(SHARD).handle(Nanos(1), SetSchedule(shard=SHARD, boundaries=(boundary,)))


@pytest.mark.parametrize(
    ("phase", "to"),
    [
        (CLOSED, CONTINUOUS),
        (CLOSED, FREEZE),
        (FREEZE, CLOSED),
        (FREEZE, PRE_OPEN),
        (CONTINUOUS, PRE_OPEN),
        (CONTINUOUS, CONTINUOUS),
    ],
)
def test_an_organizer_cannot_skip_what_a_phase_owes(phase: Phase, to: Phase) -> None:
    market = Market(phase)
    (rejected,) = of(PhaseRejected, market.move(to))
    assert rejected.refusal.code == "ILLEGAL_PHASE_MOVE"
    assert market.phase is phase


def test_one_instrument_moves_alone_until_the_shard_moves_on() -> None:
    market = Market(PRE_OPEN)
    for instrument_id in (FIRST, SECOND):
        market.buy("a", 1, 10, instrument_id=instrument_id)
        market.sell("b", 1, 10, instrument_id=instrument_id)
    events = market.move(CONTINUOUS, SECOND)
    assert [event.instrument_id for event in of(PhaseChanged, events)] == [SECOND]
    assert [event.instrument_id for event in of(TradeExecuted, events)] == [SECOND]
    assert market.status.instrument_phases == ((SECOND, CONTINUOUS),)
    events = market.move(CONTINUOUS)
    assert [event.instrument_id for event in of(PhaseChanged, events)] == [None]
    assert [event.instrument_id for event in of(TradeExecuted, events)] == [FIRST]
    assert not market.status.instrument_phases


def test_a_boundary_that_moves_only_an_instrument_says_so() -> None:
    market = Market(PRE_OPEN)
    market.move(CONTINUOUS, SECOND)
    market.move(CLOSED, SECOND)
    events = market.schedule((1, PRE_OPEN))
    (changed,) = of(PhaseChanged, events)
    assert (changed.instrument_id, changed.previous, changed.phase) == (SECOND, CLOSED, PRE_OPEN)


def test_the_close_cancels_with_a_report_and_leaves_its_last_trade_as_reference() -> None:
    market = Market(CONTINUOUS, close=50_00)
    market.buy("a", 3, 12)
    market.sell("b", 1, 12)
    assert ends(market.move(CLOSED)) == [("a", 2, "market_closed")]
    market.move(PRE_OPEN)
    market.buy("a", 1)
    market.sell("b", 1)
    assert cleared(market.move(CONTINUOUS)) == (12, 1)


def test_a_day_without_a_trade_leaves_its_reference_as_it_was() -> None:
    market = Market(CONTINUOUS, close=50_00)
    market.move(CLOSED)
    market.move(PRE_OPEN)
    market.buy("a", 1)
    market.sell("b", 1)
    assert cleared(market.move(CONTINUOUS)) == (50, 1)


def test_a_cancel_in_pre_open_keeps_the_order_out_of_the_auction() -> None:
    market = Market(PRE_OPEN)
    order_id = id_of(market.buy("a", 1, 12))
    market.buy("c", 1, 11)
    market.sell("b", 1, 10)
    assert ends(market.cancel("a", order_id)) == [("a", 1, "requested")]
    assert trades(market.move(CONTINUOUS)) == [("c", "b", 10, 1)]


def test_the_freeze_takes_no_order_and_no_cancel() -> None:
    market = Market(PRE_OPEN)
    order_id = id_of(market.buy("a", 1, 12))
    market.move(FREEZE)
    (refused,) = of(CancelRejected, market.cancel("a", order_id))
    assert refused.refusal.code == "WRONG_PHASE"
    assert of(OrderRejected, market.buy("a", 1, 12))
    assert not ends(market.mass_cancel("a"))


def test_a_snapshot_in_the_middle_of_an_auction_goes_on_identically() -> None:
    market = Market(PRE_OPEN, close=1_234)
    market.buy("a", 5)
    market.buy("b", 2, 14)
    market.sell("c", 3)
    market.sell("d", 9, 12)
    market.quote("e", (11, 4), (13, 4))
    market.move(FREEZE)
    data = market.service.snapshot()
    other = ExchangeService(SHARD)
    other.restore(data)
    assert other.snapshot() == data
    went = market.move(CONTINUOUS)
    market.service = other
    assert market.move(CONTINUOUS) == went
    assert of(TradeExecuted, went)
