from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.runtime.test_machine import TOYS
from tests.runtime.toys import (
    HEADER,
    START,
    Balance,
    Bank,
    Explode,
    GetBalance,
    GetTotal,
    Reminded,
    Salute,
    World,
    deposit,
    machine,
    remind,
)

from itg.kernel.errors import FencedError
from itg.kernel.ids import Seq, Shard
from itg.kernel.messages import Message
from itg.kernel.times import NS_PER_MS, Nanos
from itg.runtime.arrival import Arrival
from itg.runtime.cascade import Machine
from itg.runtime.envelope import Record
from itg.runtime.journal import MemoryJournal, MemoryStore, SealedBatch, read
from itg.runtime.pump import PumpLimits
from itg.runtime.pump_port import OverloadedError, PumpStoppedError
from itg.runtime.recovery import verify
from itg.runtime.service import TimerFired

EXPLODE = Explode(shard=Shard(0))
TICK_NS = 100 * NS_PER_MS
BATCH = 16


def test_a_batch_takes_no_more_than_its_bound() -> None:
    world = World()
    world.run(*[deposit()] * 300)
    assert [len(batch) for batch in world.batches] == [128, 128, 44]
    assert len(world.journal.head().hash) == 32


def test_numbers_run_on_over_inputs_and_their_outputs() -> None:
    world = World()
    records = world.run(deposit(), Salute(to="x"), deposit())
    assert [record.seq for record in records] == [1, 3, 9]
    assert world.machine.next_seq == 11
    assert world.pump.released_seq == 10
    assert world.pump.lag_events == 0


def test_a_record_keeps_its_sender_and_trace() -> None:
    world = World()
    answers: list[Record] = []
    world.pump.submit(deposit(), actor="ada", trace_id="t", on_release=answers.append)
    world.pump.run_until_idle()
    assert (answers[0].actor, answers[0].trace_id, answers[0].body) == ("ada", "t", deposit())


def test_an_answer_comes_before_the_batch_it_is_of_and_after_its_commit() -> None:
    world = World()
    order: list[str] = []
    world.pump._on_release = lambda _: order.append("batch")

    def answer(record: Record) -> None:
        assert world.journal.head().seq >= record.seq
        order.append("answer")

    world.pump.submit(deposit(), on_release=answer)
    world.pump.submit(deposit(), on_release=answer)
    world.pump.run_until_idle()
    assert order == ["answer", "answer", "batch"]


def test_an_answer_may_submit_again() -> None:
    world = World()
    world.pump.submit(deposit(1), on_release=lambda _: world.pump.submit(deposit(2)))
    world.pump.run_until_idle()
    assert [record.body for record in world.released] == [deposit(1), deposit(2)]


def test_a_full_ingress_refuses_with_a_hint_and_takes_cancels_a_quarter_longer() -> None:
    world = World(limits=PumpLimits(waiting_max=8))
    for _ in range(8):
        world.pump.submit(deposit())
    with pytest.raises(OverloadedError) as refused:
        world.pump.submit(deposit())
    assert refused.value.retry_after_ms >= 1
    world.pump.submit(deposit(), headroom=True)
    world.pump.submit(deposit(), headroom=True)
    with pytest.raises(OverloadedError):
        world.pump.submit(deposit(), headroom=True)
    assert world.pump.depth == 10
    world.pump.run_until_idle()
    assert len(world.released) == 10
    assert world.pump.numbers.overloads == 2


def test_a_timer_fires_at_its_own_time_before_a_later_input() -> None:
    world = World()
    world.run(remind("k", START + 5))
    world.clock.advance_to(Nanos(START + 9))
    fired, late = world.run(deposit())
    assert fired.body == TimerFired(owner="bank.0", key="k", at_ns=Nanos(START + 5))
    assert (fired.game_ns, late.game_ns) == (START + 5, START + 9)


def test_an_input_that_came_before_a_timer_is_handled_before_it() -> None:
    world = World()
    world.run(remind("k", START + 5))
    world.pump.submit(deposit())
    world.clock.advance_to(Nanos(START + 9))
    assert [type(record.body).__name__ for record in world.run()] == ["Deposit", "TimerFired"]


def test_a_jump_of_the_clock_fires_every_skipped_timer_in_order() -> None:
    world = World()
    world.run(remind("tick", START + 10, again_ns=10), remind("once", START + 25))
    world.clock.advance_to(Nanos(START + 10_000))
    world.run()
    times = [output.at_ns - START for output in world.outputs if isinstance(output, Reminded)]
    assert len(times) == 1_001
    assert times == sorted(times)
    assert times[:4] == [10, 20, 25, 30]


class Rushed(MemoryJournal):
    """A journal whose commits take a tick each, in which five times a batch of inputs comes."""

    def __init__(self, ticks: int) -> None:
        super().__init__()
        self.ticks = ticks
        self.world: World | None = None
        self.taken = 0

    def append(self, batch: SealedBatch) -> None:
        super().append(batch)
        world = self.world
        if world is None or not self.ticks:
            return
        self.ticks -= 1
        for part in range(1, 6):
            world.clock.advance_to(Nanos(world.clock.game_ns() + TICK_NS // 5))
            for _ in range(BATCH):
                with suppress(OverloadedError):
                    world.pump.submit(deposit(part))
                    self.taken += 1


def test_at_five_times_what_can_be_handled_each_timer_fires_at_its_instant() -> None:
    ticks, due_ns = 40, [START + tick * TICK_NS + TICK_NS // 3 for tick in range(1, 40, 3)]
    journal = Rushed(ticks)
    world = World(journal, PumpLimits(batch_inputs_max=BATCH, waiting_max=20 * BATCH))
    world.run(*(remind(str(at), Nanos(at)) for at in due_ns))
    journal.world = world
    handled = len(world.run(deposit()))
    assert world.pump.numbers.overloads > 0
    assert handled == 1 + journal.taken + len(due_ns)
    times = [record.game_ns for record in world.released]
    assert times == sorted(times)
    fired = [record for record in world.released if isinstance(record.body, TimerFired)]
    assert [record.game_ns for record in fired] == due_ns


def told_ahead(world: World, message: Message, ahead_ns: int) -> Arrival:
    """Return what another node, whose clock is ahead of this one's, told."""
    return Arrival(
        source="other",
        seq=Seq(1),
        game_ns=Nanos(START + ahead_ns),
        body=world.machine.codec.encode(message),
    )


def test_a_timer_for_the_time_of_what_a_node_ahead_told_fires_though_the_clock_stands() -> None:
    world = World()
    told, fired = world.run(told_ahead(world, remind("k", START + 7), 7))
    assert world.clock.game_ns() == START
    assert (told.game_ns, fired.game_ns) == (START + 7, START + 7)
    assert [type(output) for output in fired.outputs] == [Reminded]


def test_a_timer_due_with_what_a_node_ahead_told_fires_before_a_later_input() -> None:
    world = World()
    records = world.run(told_ahead(world, remind("k", START + 7), 7), deposit())
    assert [type(record.body).__name__ for record in records] == [
        "Arrival",
        "TimerFired",
        "Deposit",
    ]
    again = World(world.journal)
    assert again.machine.state_hash() == world.machine.state_hash()


def test_a_query_sees_every_handled_input_and_names_the_number() -> None:
    world = World()
    world.run(deposit(4))
    replies: list[tuple[object, Seq]] = []
    queries = (GetBalance(shard=Shard(0), account="ada"), GetTotal())
    world.pump.ask(queries, lambda *reply: replies.append(reply))
    assert replies == [((Balance(amount=4), Balance(amount=4)), Seq(2))]
    assert len(list(read(world.journal, world.machine.codec))) == 1


def test_a_raising_handler_answers_nothing_and_sets_its_input_aside() -> None:
    world = World()
    world.run(deposit(1))
    answers: list[Record] = []
    for message in (deposit(2), EXPLODE, deposit(3)):
        world.pump.submit(message, on_release=answers.append)
    with pytest.raises(ArithmeticError):
        world.pump.run_until_idle()
    assert answers == []
    aside = world.journal.aside()[0]
    assert aside.body == world.machine.codec.encode(EXPLODE)
    assert "ArithmeticError" in aside.reason
    with pytest.raises(PumpStoppedError):
        world.pump.submit(deposit())
    with pytest.raises(PumpStoppedError):
        world.pump.ask((GetTotal(),), lambda *_: None)


def test_after_a_failure_the_journal_holds_what_was_answered_and_no_more() -> None:
    journal = MemoryJournal()
    world = World(journal)
    world.run(deposit(1))
    world.pump.submit(deposit(2))
    world.pump.submit(EXPLODE)
    with pytest.raises(ArithmeticError):
        world.pump.run_until_idle()
    again = World(journal)
    assert again.run(deposit(5))[0].seq == 3
    assert [record.body for record in read(journal, again.machine.codec)] == [
        deposit(1),
        deposit(5),
    ]


def test_a_second_writer_fences_the_first_which_then_answers_nothing() -> None:
    store = MemoryStore()
    first = World(MemoryJournal(store))
    first.run(deposit())
    MemoryJournal(store).open(HEADER)
    answers: list[Record] = []
    first.pump.submit(deposit(), on_release=answers.append)
    with pytest.raises(FencedError):
        first.pump.run_until_idle()
    assert answers == []
    assert first.journal.head().seq == 2


def test_a_snapshot_is_taken_when_due_and_when_asked() -> None:
    world = World(limits=PumpLimits(snapshot_events=20))
    world.run(*[deposit()] * 4)
    assert list(world.journal.snapshots()) == []
    world.run(*[deposit()] * 8)
    assert [s.seq for s in world.journal.snapshots()] == [24]
    world.run(deposit())
    world.pump.snapshot_soon()
    world.run()
    world.pump.snapshot_soon()
    world.run()
    assert [s.seq for s in world.journal.snapshots()] == [26, 24]


def test_a_large_state_is_kept_once_the_journal_has_grown_by_a_share_of_it() -> None:
    store = MemoryStore()
    limits = PumpLimits(snapshot_events=20, snapshot_share=3.0)
    world = World(MemoryJournal(store), limits)
    world.run(*[deposit()] * 12)
    (first,) = world.journal.snapshots()
    rows = len(store.rows)
    while len(store.snapshots) == 1:
        world.run(*[deposit()] * 12)
    grown = sum(len(row.body) for row in store.rows[rows:])
    assert 3 * len(first.blob) <= grown <= 3 * len(first.blob) + len(store.rows[-1].body)


def test_a_recovery_that_replayed_what_makes_one_due_keeps_its_state_at_once() -> None:
    store = MemoryStore()
    limits = PumpLimits(snapshot_events=20, snapshot_share=1_000.0)
    World(MemoryJournal(store), limits).run(*[deposit()] * 10)
    for life in range(1, 4):  # each too short for the journal to grow by that share
        world = World(MemoryJournal(store), limits)
        world.run(deposit())
        assert len(store.snapshots) == life
        kept = store.snapshots[-1].seq
        world.run(*[deposit()] * 12)
        assert store.snapshots[-1].seq == kept


class PackingBank(Bank):
    """A bank that can encode in advance, and counts how often it was let."""

    def __init__(self, shard: Shard) -> None:
        super().__init__(shard)
        self.packings = 0

    def pack(self) -> None:
        self.packings += 1


def test_services_that_pack_may_do_so_each_time_so_many_events_are_released() -> None:
    bank = PackingBank(Shard(0))
    world = World.__new__(World)
    world.wire(MemoryJournal.opened(), Machine([bank]), PumpLimits(pack_events=10))
    packings = []
    for _ in range(4):
        world.run(*[deposit()] * 4)
        packings.append(bank.packings)
    assert packings == [0, 1, 1, 2]


def test_a_pump_behind_its_journal_does_not_start() -> None:
    journal = MemoryJournal()
    World(journal).run(deposit())
    late = World.__new__(World)
    with pytest.raises(AssertionError, match="recover"):
        late.wire(journal, machine(), None)


@given(st.lists(TOYS, max_size=40), st.integers(1, 7))
def test_batching_changes_neither_outputs_nor_state(inputs: list[Message], bound: int) -> None:
    whole, parts = World(), World(limits=PumpLimits(batch_inputs_max=bound))
    whole.run(*inputs)
    for message in inputs:
        parts.run(message)
    assert whole.released == parts.released
    assert whole.machine.state_hash() == parts.machine.state_hash()
    one, other = (verify(w.journal, machine()) for w in (whole, parts))
    assert one.is_equal
    assert one.event_digest == other.event_digest
