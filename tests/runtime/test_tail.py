"""A stand-by's machine follows another process's journal and goes on where that one was."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.runtime.test_machine import TOYS
from tests.runtime.toys import HEADER, START, Reminded, World, deposit, machine, remind

from itg.kernel.errors import FencedError, RecoveryError
from itg.kernel.messages import Message
from itg.kernel.times import Nanos
from itg.runtime.clock import VirtualClock
from itg.runtime.envelope import Record
from itg.runtime.journal import DamagedRowError, MemoryJournal, MemoryStore, SealedBatch
from itg.runtime.pump import Pump, PumpLimits
from itg.runtime.recovery import recover_rest, verify
from itg.runtime.tail import ROWS_AT_ONCE, Tail


def caught_up(tail: Tail) -> int:
    """Step until nothing more comes, and return how many rows that were."""
    rows = 0
    while moved := tail.step():
        rows += moved
    return rows


@given(
    st.lists(st.lists(TOYS, min_size=1, max_size=4), max_size=8),
    st.integers(min_value=0, max_value=8),
    st.sampled_from([3, 1_000]),
)
def test_a_tail_is_equal_to_the_machine_it_follows_wherever_it_began(
    batches: list[list[Message]], began: int, snapshot_events: int
) -> None:
    store = MemoryStore()
    leader = World(MemoryJournal(store), PumpLimits(snapshot_events=snapshot_events))
    for batch in batches[:began]:
        leader.run(*batch)
    standby = machine()
    tail = Tail(MemoryJournal(store), standby, HEADER)
    for batch in batches[began:]:
        caught_up(tail)
        leader.run(*batch)
    caught_up(tail)
    assert tail.seq == leader.journal.head().seq
    assert standby.state_hash() == leader.machine.state_hash()


def test_a_step_is_bounded_however_far_the_journal_is_ahead() -> None:
    store = MemoryStore()
    leader = World(MemoryJournal(store))
    for amount in range(ROWS_AT_ONCE + 1):
        leader.run(deposit(amount))
    tail = Tail(MemoryJournal(store), machine(), HEADER)
    assert [tail.step(), tail.step(), tail.step()] == [ROWS_AT_ONCE, 1, 0]


def test_a_row_that_is_not_whole_or_causes_something_else_is_not_followed() -> None:
    store = MemoryStore()
    leader = World(MemoryJournal(store))
    leader.run(deposit(1))
    tail = Tail(MemoryJournal(store), machine(), HEADER)
    caught_up(tail)
    leader.run(deposit(2))
    row = store.rows[-1]
    store.rows[-1] = SealedBatch(
        row.first_seq, row.last_seq, row.epoch, row.ts_ns, row.body + b"!", row.hash
    )
    with pytest.raises(DamagedRowError):
        tail.step()
    store.rows[-1] = row
    other = machine()
    astray = Tail(MemoryJournal(MemoryStore()), other, HEADER)
    assert astray.step() == 0
    other.apply(START, deposit(5))
    with pytest.raises(RecoveryError, match="outputs are not as recorded"):
        Tail(MemoryJournal(store), other, HEADER).step()


def test_who_takes_over_fires_what_fell_due_first_and_in_order_and_fences_the_leader() -> None:
    store = MemoryStore()
    leader = World(MemoryJournal(store))
    late, early = Nanos(START + 50), Nanos(START + 20)
    leader.run(remind("late", late), remind("early", early))
    standby, journal = machine(), MemoryJournal(store)
    tail = Tail(journal, standby, HEADER)
    caught_up(tail)
    leader.run(deposit(1))  # the stand-by has not seen it yet
    journal.open(HEADER)
    assert recover_rest(journal, standby).inputs == 1
    released: list[Record] = []
    pump = Pump(standby, journal, VirtualClock(Nanos(START + 100)), on_release=released.extend)
    pump.submit(deposit(7))
    pump.run_until_idle()
    told = [output for record in released for output in record.outputs]
    reminded = [each.at_ns for each in told if isinstance(each, Reminded)]
    assert reminded == [early, late]
    assert isinstance(told[0], Reminded), "before the order that came meanwhile"
    rows = list(store.rows)
    with pytest.raises(FencedError):
        leader.run(deposit(2))
    assert store.rows == rows
    assert verify(MemoryJournal(store), machine()).is_equal


def test_rows_of_another_build_are_not_followed_even_where_they_cause_the_same() -> None:
    store = MemoryStore()
    World(MemoryJournal(store)).run(deposit(1))
    other = replace(HEADER, code_fingerprint="another")
    with pytest.raises(RecoveryError, match="another build and need a snapshot"):
        Tail(MemoryJournal(store), machine(), other).step()
