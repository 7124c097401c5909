"""What every journal engine promises."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.runtime.toys import HEADER, START, World, deposit, machine

from itg.adapters.sqlite_journal import SqliteJournal
from itg.kernel.errors import FencedError
from itg.kernel.ids import Seq
from itg.runtime.envelope import Record
from itg.runtime.journal import (
    GENESIS_HASH,
    Head,
    Header,
    Journal,
    MemoryJournal,
    MemoryStore,
    SealedBatch,
    Sealer,
    SetAside,
    Snapshot,
    checked_rows,
    read,
)
from itg.runtime.pump import PumpLimits

if TYPE_CHECKING:
    from tests.postgres_server import PostgresServer

Medium = Callable[[], Journal]
CODEC = machine().codec
ENGINES_OF_POSTGRES = ("postgres", "postgres_unsafe")


def maker(request: pytest.FixtureRequest, engine: str) -> Medium:
    """Return what connects to a fresh medium of an engine, each time once more."""
    name, _, mode = engine.partition("_")
    unsafe = mode == "unsafe"
    if name == "memory":
        store = MemoryStore()
        return lambda: MemoryJournal(store)
    if name == "sqlite":
        folder: Path = request.getfixturevalue("tmp_path")
        return lambda: SqliteJournal(folder, unsafe=unsafe)
    server: PostgresServer = request.getfixturevalue("postgres")
    game = server.game()
    return lambda: server.journal(game, unsafe=unsafe)


@pytest.fixture(
    params=[
        *("memory", "sqlite", "sqlite_unsafe"),
        *(pytest.param(each, marks=pytest.mark.postgres) for each in ENGINES_OF_POSTGRES),
    ]
)
def medium(request: pytest.FixtureRequest) -> Iterator[Medium]:
    """Connect once more to one medium."""
    made = maker(request, request.param)
    connected: list[Journal] = []

    def connect() -> Journal:
        connected.append(made())
        return connected[-1]

    yield connect
    for journal in connected:
        journal.close()


def opened(medium: Medium, header: Header = HEADER) -> Journal:
    journal = medium()
    journal.open(header)
    return journal


def row(sealer: Sealer, amount: int = 1) -> SealedBatch:
    seq = Seq(sealer.head.seq + 1)
    return sealer.seal([Record(seq, START, START, "ada", "", deposit(amount), (deposit(2),))])


def fill(journal: Journal, count: int) -> list[SealedBatch]:
    sealer = Sealer(CODEC, journal.epoch, journal.head())
    rows = [row(sealer, amount) for amount in range(count)]
    for batch in rows:
        journal.append(batch)
    return rows


def test_an_empty_journal_ends_at_zero(medium: Medium) -> None:
    journal = medium()
    assert journal.head() == Head(Seq(0), GENESIS_HASH)
    assert list(journal.rows(Seq(0))) == []
    assert list(journal.snapshots()) == []
    assert list(journal.epochs()) == []
    assert journal.epoch == 0


def test_rows_come_back_as_they_were_appended_after_a_reopening_too(medium: Medium) -> None:
    journal = opened(medium)
    rows = fill(journal, 3)
    for reader in (journal, medium()):
        assert list(reader.rows(Seq(0))) == rows
        assert list(reader.rows(Seq(2))) == rows[1:]
        assert list(checked_rows(reader, Seq(4))) == rows[2:]
        assert reader.head() == Head(Seq(6), rows[-1].hash)


def test_records_come_back_decoded(medium: Medium) -> None:
    journal = opened(medium)
    fill(journal, 2)
    assert [(r.seq, r.body, r.outputs) for r in read(journal, CODEC)] == [
        (1, deposit(0), (deposit(2),)),
        (3, deposit(1), (deposit(2),)),
    ]


def test_the_hash_at_a_rows_end_is_known(medium: Medium) -> None:
    journal = opened(medium)
    rows = fill(journal, 2)
    assert [journal.hash_at(Seq(seq)) for seq in range(5)] == [
        *(None, None, rows[0].hash, None, rows[1].hash)
    ]


def test_a_row_that_does_not_follow_the_head_is_refused(medium: Medium) -> None:
    journal = opened(medium)
    first, second = fill(journal, 2)
    sealer = Sealer(CODEC, journal.epoch, journal.head())
    row(sealer)
    for batch in (first, second, row(sealer)):
        with pytest.raises(FencedError):
            journal.append(batch)
    assert list(journal.rows(Seq(0))) == [first, second]


def test_a_second_opening_fences_the_first_writer(medium: Medium) -> None:
    first = opened(medium)
    fill(first, 1)
    first.assert_leading()
    second = opened(medium)
    second.assert_leading()
    for act in (first.assert_leading, partial(fill, first, 1)):
        with pytest.raises(FencedError):
            act()
    fill(second, 1)
    with pytest.raises(FencedError):
        fill(first, 1)
    assert [batch.epoch for batch in second.rows(Seq(0))] == [1, 2]


def test_every_epoch_keeps_its_header_and_beginning(medium: Medium) -> None:
    fill(opened(medium), 2)
    other = Header(code_fingerprint="b", numeric_fingerprint="n", scenario_hash="s", nodes=("x",))
    epochs = opened(medium, other).epochs()
    assert [(start.epoch, start.first_seq, start.header) for start in epochs] == [
        (1, 1, HEADER),
        (2, 5, other),
    ]


def test_the_newest_three_snapshots_are_kept(medium: Medium) -> None:
    journal = opened(medium)
    for seq in (9, 100, 1_000, 20_000):
        journal.write_snapshot(Snapshot.of(Seq(seq), b"\n%d" % seq))
    assert [(s.seq, s.blob) for s in medium().snapshots()] == [
        (20_000, b"\n20000"),
        (1_000, b"\n1000"),
        (100, b"\n100"),
    ]


def test_a_snapshot_that_is_not_what_its_hash_says_is_left_out(medium: Medium) -> None:
    journal = opened(medium)
    journal.write_snapshot(Snapshot.of(Seq(1), b"good"))
    journal.write_snapshot(Snapshot(Seq(2), Snapshot.of(Seq(2), b"good").state_hash, b"bad"))
    assert [s.seq for s in journal.snapshots()] == [1]


def test_a_cut_sets_the_rows_aside_and_appending_goes_on(medium: Medium) -> None:
    journal = opened(medium)
    rows = fill(journal, 3)
    journal.cut_after(Seq(2))
    assert journal.head() == Head(Seq(2), rows[0].hash)
    assert [(a.seq, a.body) for a in journal.aside()] == [(b.first_seq, b.body) for b in rows[1:]]
    fill(journal, 1)
    assert journal.head().seq == 4


def test_what_is_set_aside_stays(medium: Medium) -> None:
    item = SetAside(Seq(5), "ArithmeticError: told to", b"\x01")
    opened(medium).set_aside(item)
    assert list(medium().aside()) == [item]


def test_a_world_lives_on_across_reopenings(medium: Medium) -> None:
    hashes = []
    for life in range(4):
        world = World(medium(), PumpLimits(batch_inputs_max=3, snapshot_events=12))
        hashes.append(world.machine.state_hash())
        assert world.recovered.seq == life * 16
        world.run(*[deposit(amount) for amount in range(8)])
        hashes.append(world.machine.state_hash())
    assert hashes[1:-1:2] == hashes[2::2]


def test_a_reader_for_another_thread_sees_what_was_appended_and_closes_alone(
    medium: Medium,
) -> None:
    journal = opened(medium)
    sealer = Sealer(CODEC, journal.epoch, journal.head())
    journal.append(row(sealer))
    reader = journal.reader()
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(lambda: [*checked_rows(reader, Seq(0))]).result() == [
            *journal.rows(Seq(0))
        ]
        thread.submit(reader.close).result()
    journal.append(row(sealer))
    assert journal.head().seq == sealer.head.seq
