"""Profit and loss taken apart: exact, as slow and plain reckoning has it, across restarts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import astuple
from tests.positions.scene import (
    ALICE,
    BOB,
    CALL,
    CAROL,
    SPX,
    TRADER,
    Scene,
    marks,
    of,
    only,
    order,
    role,
    usd,
)
from tests.positions.stream import ACCOUNTS, ROLES, Reference, Stream

from itg.exchange.contract import SetPhase
from itg.kernel.ids import AccountId
from itg.kernel.messages import Message
from itg.kernel.money import Cash
from itg.kernel.times import NS_PER_MINUTE, NS_PER_MS, NS_PER_S, Nanos
from itg.kernel.words import Phase
from itg.market_data.contract import Mark, MarksPublished
from itg.positions.contract import (
    AccountMissing,
    AccountsMeasured,
    AdjustAccount,
    BeginDay,
    ConfigurePositions,
    GetPnl,
    MeasureAccounts,
    PnlHistory,
    PnlParts,
)
from itg.positions.service import PositionsService

SEEDS = st.integers(min_value=0, max_value=2**32)
FEW = settings(max_examples=15)  # a stream is long


def total(rows: list[PnlParts]) -> tuple[int, ...]:
    return tuple(map(sum, zip(*map(astuple, rows), strict=True))) if rows else (0,) * 7


@FEW
@given(SEEDS)
def test_the_parts_add_up_to_what_equity_gained_at_every_instant(seed: int) -> None:
    stream = Stream(seed)
    started = stream.equities()
    for _ in range(40):
        stream.act()
        for account_id, equity in stream.equities().items():
            told = stream.history(account_id)
            gained = sum(row.pnl for row in told.intervals)
            assert gained == equity - started[account_id]
            assert all(row.pnl == sum(astuple(row.parts)) for row in told.intervals)
            assert all(row.pnl == sum(astuple(row.parts)) for row in told.instruments)


@FEW
@given(SEEDS)
def test_the_parts_are_those_of_the_whole_list_of_facts(seed: int) -> None:
    stream = all_marked(seed)
    stream.run(60)
    for account_id in ACCOUNTS:
        reference = Reference(stream.facts, account_id)
        told = stream.history(account_id)
        assert total([row.parts for row in told.instruments]) == tuple(reference.parts.values())


def all_marked(seed: int) -> Stream:
    """Return a stream in which every instrument has a mark."""
    stream = Stream(seed)
    while any(one.mark_price is None for one in stream.scene.positions._desk.listings.values()):
        stream.marks()
    return stream


@FEW
@given(SEEDS)
def test_what_one_account_gains_before_fees_the_others_lose(seed: int) -> None:
    stream = all_marked(seed)
    stream.run(60)
    rows = [row for name in ACCOUNTS for row in stream.history(name).intervals]
    assert sum(row.pnl - row.parts.fees for row in rows) == 0
    day = [row for name in ACCOUNTS for row in stream.history(name).instruments]
    assert sum(row.pnl - row.parts.fees for row in day) == 0


@FEW
@given(SEEDS, st.integers(min_value=1, max_value=59))
def test_a_restart_in_the_middle_changes_nothing(seed: int, after: int) -> None:
    through, again = Stream(seed), Stream(seed)
    for number in range(60):
        through.act()
        if number == after:
            again.restart()
        again.act()
    assert again.measured == through.measured
    assert again.marked == through.marked
    assert again.scene.positions.snapshot() == through.scene.positions.snapshot()


@FEW
@given(SEEDS)
def test_what_is_told_each_second_is_what_can_be_read(seed: int) -> None:
    stream = all_marked(seed)
    for _ in range(40):
        before = len(stream.measured)
        stream.act()
        if len(stream.measured) == before or not before:
            continue
        (event,) = of(AccountsMeasured, stream.measured[before:])[-1:]
        if is_last_marked(stream, event):
            equities = stream.equities()
            for measure in event.measures:
                told = stream.history(measure.account_id)
                assert measure.equity == equities[measure.account_id]
                assert astuple(measure.pnl) == total([row.parts for row in told.instruments])
                spx = [row.pnl for row in told.instruments if row.instrument_id == SPX]
                assert measure.underlying_pnl == sum(spx)


def is_last_marked(stream: Stream, event: AccountsMeasured) -> bool:
    # Nothing was booked after it: the last fact is the marks it came with.
    return isinstance(stream.facts[-1].what, MarksPublished) and event is stream.measured[-1]


def greeks(spot: str, call: str, vol: int = 200_000) -> MarksPublished:
    """Mark SPX and the call: delta 0.5, gamma 0.01, vega 2 USD a point, theta −3 USD a session."""
    return MarksPublished(
        step=0,
        marks=(
            Mark(CALL, usd(call), vol, 500_000, 10_000, 2_000_000, -3_000_000),
            Mark(SPX, usd(spot), 0, 1_000_000, 0, 0, 0),
        ),
    )


def traded(quantity: int = 2) -> Scene:
    """Return a market in which Alice bought calls of Bob at 10.00, marked at 10.50."""
    scene = Scene(*ROLES)
    scene.send(ConfigurePositions(roles=ROLES, session_ns=Nanos(1_000 * NS_PER_S)))
    scene.send(greeks("4400", "10.50"))
    scene.rest(order(BOB, "sell", quantity))
    scene.place(order(ALICE, "buy", quantity))
    return scene


def parts(scene: Scene, account_id: AccountId = ALICE) -> PnlParts:
    told = scene.ask(GetPnl(account_id=account_id))
    assert isinstance(told, PnlHistory)
    return PnlParts(*map(Cash, total([row.parts for row in told.instruments])))


def test_a_move_is_taken_apart_by_the_greeks_before_it() -> None:
    scene = traded()
    # 10 USD of spot, one point of volatility, a hundredth of the session; 8 USD a contract.
    scene.send(greeks("4410", "18.50", 210_000), 10 * NS_PER_S)
    unit = 2 * 100 * 10_000  # contracts × multiplier × units of a USD
    fees = 2 * 200
    assert astuple(parts(scene)) == (
        unit // 2,
        5 * unit,
        unit // 2,
        2 * unit,
        -3 * unit // 100,
        -fees,
        8 * unit - 5 * unit - unit // 2 - 2 * unit + 3 * unit // 100,
    )
    assert parts(scene, BOB).spread_capture == -unit // 2
    assert parts(scene, BOB).fees == 200  # two contracts' rebate


def test_time_takes_nothing_while_no_session_runs() -> None:
    scene = traded()
    scene.enter(Phase.CLOSED)
    scene.send(greeks("4400", "10.50"), 100 * NS_PER_S)
    assert parts(scene).theta == 0


def test_a_day_counts_from_its_first_leaving_of_closed_and_the_minutes_stay() -> None:
    scene = traded()
    scene.send(greeks("4400", "12.50"), NS_PER_S)
    scene.enter(Phase.CLOSED)
    gained = sum(astuple(parts(scene)))
    assert gained > 0
    scene.enter(Phase.PRE_OPEN)
    assert parts(scene) == PnlParts()
    told = scene.ask(GetPnl(account_id=ALICE))
    assert isinstance(told, PnlHistory)
    assert sum(row.pnl for row in told.intervals) == gained


def test_a_market_that_closes_and_opens_again_goes_on_with_its_day() -> None:
    scene = traded()
    scene.send(greeks("4400", "12.50"), NS_PER_S)
    before = parts(scene)
    for phase in (Phase.CLOSED, Phase.PRE_OPEN, Phase.CONTINUOUS):
        for shard in scene.shards:
            assert shard.shard is not None
            scene.send(SetPhase(shard=shard.shard, phase=phase))
    assert parts(scene) == before
    scene.send(BeginDay())  # where the market is open already
    assert parts(scene) == PnlParts()


def test_the_minutes_of_ten_days_are_kept() -> None:
    scene = traded(1)
    for day in range(12):
        scene.send(greeks("4400", f"{11 + day}.00"), NS_PER_MINUTE)
        scene.enter(Phase.CLOSED)
        scene.send(greeks("4400", f"{11 + day}.00"), NS_PER_MINUTE)
        scene.enter(Phase.PRE_OPEN)
        scene.enter(Phase.CONTINUOUS)
    told = scene.ask(GetPnl(account_id=ALICE))
    assert isinstance(told, PnlHistory)
    # Twelve days traded, and the thirteenth runs: it and nine before it are kept.
    assert [row.pnl for row in told.intervals] == [100 * 10_000] * 9


@pytest.mark.parametrize(("minutes", "count"), [(1, 6), (2, 3), (60, 1)])
def test_intervals_are_whole_multiples_of_a_minute(minutes: int, count: int) -> None:
    scene = traded(1)
    scene.send(marks(call="11.00"), (120 - scene.now // NS_PER_S % 60) * NS_PER_S)
    for step in range(5):
        scene.send(marks(call=f"{12 + step}.00"), NS_PER_MINUTE)
    start = Nanos(scene.now - 5 * NS_PER_MINUTE)
    step_ns = Nanos(minutes * NS_PER_MINUTE)
    told = scene.ask(GetPnl(account_id=ALICE, from_ns=start, step_ns=step_ns))
    assert isinstance(told, PnlHistory)
    assert sum(row.pnl for row in told.intervals) == 5_5000 * 100
    assert all(row.start_ns % step_ns == 0 for row in told.intervals)
    assert len(told.intervals) in (count, count + 1)
    upto = scene.ask(GetPnl(account_id=ALICE, from_ns=start, to_ns=start, step_ns=step_ns))
    assert isinstance(upto, PnlHistory)
    assert upto.intervals == ()


def test_an_account_measured_late_has_what_it_made_before_as_residual() -> None:
    silent = role(TRADER)
    scene = Scene(silent, ROLES[1])
    scene.send(greeks("4400", "10.50"))
    scene.rest(order(CAROL, "sell", 1))
    scene.place(order(ALICE, "buy", 1))
    assert scene.ask(GetPnl(account_id=ALICE)) == PnlHistory(
        account_id=ALICE, intervals=(), instruments=()
    )
    scene.send(greeks("4400", "11.50"), NS_PER_S)
    scene.send(ConfigurePositions(roles=ROLES))
    scene.send(greeks("4400", "12.00"), 2 * NS_PER_S)
    event = measured_last(scene.told)
    (alice,) = (m for m in event.measures if m.account_id == ALICE)
    assert alice.pnl.residual == 2 * 100 * 10_000
    assert sum(astuple(alice.pnl)) == alice.equity - ROLES[0].starting_cash


def measured_last(told: list[Message]) -> AccountsMeasured:
    return of(AccountsMeasured, told)[-1]


def test_measures_come_once_a_second_while_the_market_is_open() -> None:
    scene = traded()
    scene.told.clear()
    for _ in range(12):
        scene.send(greeks("4400", "10.50"), 250 * NS_PER_MS)
    assert len(of(AccountsMeasured, scene.told)) == 3
    assert all(event.is_trading for event in of(AccountsMeasured, scene.told))
    scene.enter(Phase.CLOSED)
    assert not of(AccountsMeasured, scene.send(greeks("4400", "10.50"), NS_PER_S))
    scene.enter(Phase.PRE_OPEN)
    event = only(AccountsMeasured, scene.send(greeks("4400", "10.50"), NS_PER_S))
    assert not event.is_trading


def test_a_correction_while_all_is_closed_is_measured_when_that_is_asked() -> None:
    scene = traded()
    scene.enter(Phase.CLOSED)
    before = parts(scene)
    scene.send(AdjustAccount(account_id=ALICE, cash=Cash(500)), NS_PER_S)
    event = only(AccountsMeasured, scene.send(MeasureAccounts()))
    assert event.is_asked
    assert not event.is_trading
    (measure,) = [one for one in event.measures if one.account_id == ALICE]
    assert sum(astuple(measure.pnl)) == sum(astuple(before)) + 500


def test_deltas_are_signed_and_each_leg_stands_in_the_order_of_the_weights() -> None:
    scene = traded(4)
    scene.send(greeks("4400", "10.50"), NS_PER_S)
    event = measured_last(scene.told)
    assert [m.account_id for m in event.measures] == ["alice", "bob", "carol", "dave"]
    alice, bob = event.measures[:2]
    assert (alice.delta, alice.legs, alice.options_held) == (2_000_000, (2_000_000, 0), 4)
    assert (bob.delta, bob.legs, bob.options_held) == (-2_000_000, (-2_000_000, 0), 4)


def test_of_an_account_nobody_opened_nothing_can_be_read() -> None:
    nobody = AccountId("nobody")
    assert Scene(*ROLES).ask(GetPnl(account_id=nobody)) == AccountMissing(account_id=nobody)


def test_a_snapshot_without_measures_is_read_and_measured_from_then_on() -> None:
    scene = Scene(role(TRADER))
    data = scene.positions.snapshot()
    positions = PositionsService()
    positions.restore(data)
    assert positions.snapshot() == data
