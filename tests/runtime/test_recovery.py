import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.runtime.test_machine import TOYS
from tests.runtime.toys import HEADER, START, World, deposit, machine, remind

from itg.kernel.errors import JournalError, RecoveryError
from itg.kernel.ids import Seq
from itg.kernel.messages import Message
from itg.runtime.digest import event_digest
from itg.runtime.envelope import Record
from itg.runtime.journal import (
    Header,
    MemoryJournal,
    MemoryStore,
    SealedBatch,
    Sealer,
    read,
)
from itg.runtime.pump import PumpLimits
from itg.runtime.recovery import recover, verify


def written(count: int = 5) -> MemoryStore:
    """A store of `count` rows with one deposit each."""
    store = MemoryStore()
    world = World(MemoryJournal(store))
    for amount in range(1, count + 1):
        world.run(deposit(amount))
    return store


def resealed(store: MemoryStore, row: int, records: list[Record]) -> None:
    """Put other records into a row and make the hash chain right again from there on."""
    codec = machine().codec
    journal = MemoryJournal(store)
    tail = [codec.decode_records(batch.body) for batch in store.rows[row + 1 :]]
    store.rows = store.rows[:row]
    sealer = Sealer(codec, 1, journal.head())
    store.rows += [sealer.seal(each) for each in [records, *tail]]


@given(st.lists(st.lists(TOYS, max_size=6), max_size=8), st.sampled_from([3, 20, 1_000]))
def test_recovery_and_verification_reach_the_state_that_lived(
    batches: list[list[Message]], snapshot_events: int
) -> None:
    store = MemoryStore()
    world = World(MemoryJournal(store), PumpLimits(snapshot_events=snapshot_events))
    for batch in batches:
        world.run(*batch)
    again = World(MemoryJournal(store))
    assert again.machine.state_hash() == world.machine.state_hash()
    assert again.recovered.torn_after is None
    report = verify(MemoryJournal(store), machine())
    assert report.is_equal
    assert report.state_hash == world.machine.state_hash()
    assert report.head_hash == world.journal.head().hash.hex()
    assert report.inputs == len(world.released)
    assert report.outputs == len(world.outputs)
    assert report.event_digest == event_digest(world.machine.codec, world.released)


def test_recovery_replays_only_what_follows_the_newest_snapshot() -> None:
    store = MemoryStore()
    world = World(MemoryJournal(store), PumpLimits(snapshot_events=10))
    for _ in range(7):
        world.run(deposit())
    report = World(MemoryJournal(store)).recovered
    assert (report.snapshot_seq, report.inputs, report.seq) == (10, 2, 14)


def test_a_damaged_snapshot_is_passed_over_for_an_older_one() -> None:
    store = MemoryStore()
    world = World(MemoryJournal(store), PumpLimits(snapshot_events=4))
    for _ in range(5):
        world.run(deposit())
    assert [s.seq for s in store.snapshots] == [4, 8]
    store.snapshots[-1] = replace(store.snapshots[-1], blob=b"rotten")
    again = World(MemoryJournal(store))
    assert again.recovered.snapshot_seq == 4
    assert again.machine.state_hash() == world.machine.state_hash()


def test_an_output_that_differs_from_the_record_stops_recovery_and_is_named() -> None:
    store = written()
    record = machine().codec.decode_records(store.rows[2].body)[0]
    lie = replace(record.outputs[0], amount=99)
    resealed(store, 2, [replace(record, outputs=(lie,))])
    journal = MemoryJournal(store)
    journal.open(HEADER)
    with pytest.raises(RecoveryError, match=r"seq 5, Deposit: output 0 is .*recorded was .*99"):
        recover(journal, machine())
    report = verify(journal, machine())
    assert not report.is_equal
    assert report.inputs == 2
    assert report.difference is not None
    assert "seq 5" in report.difference


def test_a_missing_output_stops_recovery() -> None:
    store = written(1)
    record = machine().codec.decode_records(store.rows[0].body)[0]
    resealed(store, 0, [replace(record, outputs=())])
    with pytest.raises(RecoveryError, match="recorded was None"):
        World(MemoryJournal(store))


def test_an_input_that_came_while_a_timer_was_due_is_not_this_machines_history() -> None:
    store = MemoryStore()
    world = World(MemoryJournal(store))
    world.run(remind("k", START + 5))
    world.run(deposit())
    record = world.released[-1]
    resealed(store, 1, [replace(record, game_ns=record.game_ns + 10)])
    with pytest.raises(RecoveryError, match="is due before"):
        World(MemoryJournal(store))


def test_inputs_of_another_build_need_a_snapshot() -> None:
    store = written()
    journal = MemoryJournal(store)
    journal.open(Header(code_fingerprint="other build", numeric_fingerprint="toy"))
    with pytest.raises(RecoveryError, match=r"another build.*snapshot"):
        recover(journal, machine())
    world = World(MemoryJournal(store))  # the build that wrote them
    world.pump.snapshot_soon()
    world.run()
    journal.open(Header(code_fingerprint="other build", numeric_fingerprint="toy"))
    assert recover(journal, machine()).snapshot_seq == 10


def test_inputs_of_other_nodes_or_another_schema_are_refused() -> None:
    for other in (replace(HEADER, nodes=("bank",)), replace(HEADER, schema_version=2)):
        journal = MemoryJournal(written())
        journal.open(other)
        with pytest.raises(RecoveryError, match="this pump has schema"):
            recover(journal, machine())


def test_inputs_of_another_arithmetic_need_a_snapshot() -> None:
    journal = MemoryJournal(written())
    journal.open(Header(code_fingerprint="toy", numeric_fingerprint="other"))
    with pytest.raises(RecoveryError, match="rounds otherwise"):
        recover(journal, machine())


def damaged(batch: SealedBatch, place: int, bit: int) -> SealedBatch:
    """Flip one bit of a row: of its body, its hash or one of its numbers."""
    flip = 1 << bit
    if place < len(batch.body):
        body = bytearray(batch.body)
        body[place] ^= flip
        return replace(batch, body=bytes(body))
    digest = bytearray(batch.hash)
    digest[place % 32] ^= flip
    return [
        replace(batch, hash=bytes(digest)),
        replace(batch, last_seq=batch.last_seq ^ flip),
        replace(batch, epoch=batch.epoch ^ flip),
        replace(batch, ts_ns=batch.ts_ns ^ flip),
    ][place % 4]


@given(st.integers(0, 3), st.integers(0, 200), st.integers(0, 7))
def test_a_flipped_bit_before_the_last_row_is_refused(row: int, place: int, bit: int) -> None:
    store = written()
    store.rows[row] = damaged(store.rows[row], place, bit)
    with pytest.raises(RecoveryError, match=rf"after seq {2 * row}, and rows follow"):
        World(MemoryJournal(store))
    assert not verify(MemoryJournal(store), machine()).is_equal


@given(st.integers(0, 200), st.integers(0, 7))
def test_a_damaged_last_row_is_cut_and_set_aside(place: int, bit: int) -> None:
    store = written()
    good = World(MemoryJournal(written(4)))
    store.rows[-1] = damaged(store.rows[-1], place, bit)
    world = World(MemoryJournal(store))
    assert (world.recovered.torn_after, world.recovered.seq) == (8, 8)
    assert world.machine.state_hash() == good.machine.state_hash()
    assert len(world.journal.aside()) == 1
    assert world.run(deposit())[0].seq == 9
    assert World(MemoryJournal(store)).recovered.torn_after is None


@given(st.integers(0, 30))
def test_a_last_row_torn_at_any_byte_is_cut(length: int) -> None:
    store = written()
    store.rows[-1] = replace(store.rows[-1], body=store.rows[-1].body[:length])
    assert World(MemoryJournal(store)).recovered.torn_after == 8


def test_a_missing_row_is_refused() -> None:
    store = written()
    del store.rows[2]
    with pytest.raises(RecoveryError, match="after seq 4"):
        World(MemoryJournal(store))


def test_a_snapshot_beyond_the_journal_is_refused() -> None:
    store = MemoryStore()
    world = World(MemoryJournal(store), PumpLimits(snapshot_events=4))
    for _ in range(4):
        world.run(deposit())
    store.rows = store.rows[:2]
    with pytest.raises(RecoveryError, match="beyond the journal"):
        World(MemoryJournal(store))


def test_a_row_of_an_epoch_that_never_began_is_refused() -> None:
    store = MemoryStore()
    journal = MemoryJournal(store)
    journal.open(HEADER)
    record = Record(Seq(1), START, START, "", "", deposit(), machine().apply(START, deposit()))
    store.rows.append(Sealer(machine().codec, 7, journal.head()).seal([record]))
    with pytest.raises(RecoveryError, match="never began"):
        recover(journal, machine())


def test_reading_starts_only_at_the_end_of_a_row() -> None:
    journal = MemoryJournal(written())
    codec = machine().codec
    assert [record.seq for record in read(journal, codec, Seq(4))] == [5, 7, 9]
    with pytest.raises(JournalError, match="no row"):
        list(read(journal, codec, Seq(5)))
