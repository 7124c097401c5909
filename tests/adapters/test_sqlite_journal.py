import os
import shutil
import sqlite3
import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.runtime.toys import HEADER, World, deposit, machine

from itg.adapters.sqlite_journal import DATABASE, SqliteJournal
from itg.kernel.errors import ItgError, JournalError
from itg.kernel.ids import Seq
from itg.runtime.journal import Snapshot
from itg.runtime.recovery import recover, verify

INPUTS = 12


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a row per deposit, everything moved from the log into the database."""
    directory = tmp_path_factory.mktemp("written")
    world = World(SqliteJournal(directory))
    for amount in range(INPUTS):
        world.run(deposit(amount, account=f"account-{amount}" * 20))
    world.journal.close()
    return directory


@pytest.fixture(scope="module")
def hashes() -> dict[Seq, str]:
    """The state's hash after each row."""
    world = World()
    known = {Seq(0): world.machine.state_hash()}
    for amount in range(INPUTS):
        world.run(deposit(amount, account=f"account-{amount}" * 20))
        known[world.pump.released_seq] = world.machine.state_hash()
    return known


def test_durability_is_read_back(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path)
    assert journal._writer.execute("PRAGMA synchronous").fetchone() == (2,)
    assert journal._writer.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert journal._writer.execute("PRAGMA wal_autocheckpoint").fetchone() == (1000,)
    journal.close()


def test_only_its_owner_reads_a_journal_and_one_that_others_read_goes_on(tmp_path: Path) -> None:
    def modes(directory: Path) -> dict[str, int]:
        return {path.suffix: stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}

    umask = os.umask(0o022)
    try:
        journal = SqliteJournal(tmp_path / "game")
        World(journal).run(deposit())
        journal.write_snapshot(Snapshot.of(Seq(2), b"state"))
        files = {".sqlite", ".sqlite-wal", ".sqlite-shm", ".snapshot"}
        assert modes(tmp_path / "game") == dict.fromkeys(files, 0o600)
        assert stat.S_IMODE((tmp_path / "game").stat().st_mode) == 0o700
        head = journal.head()
        journal.close()
        (tmp_path / "game" / DATABASE).chmod(0o640)
        again = SqliteJournal(tmp_path / "game")
        assert again.head() == head
        assert modes(tmp_path / "game")[".sqlite"] == 0o640
        again.close()
    finally:
        os.umask(umask)


def test_a_medium_that_cannot_keep_a_log_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A database in memory has no write-ahead log, as some network file systems have none.
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda _path, **options: connect(":memory:", **options))
    monkeypatch.setattr(SqliteJournal, "_create_or_check", lambda _: None)
    with pytest.raises(JournalError, match=r"journal_mode=memory.* not be durable"):
        SqliteJournal(tmp_path)


def test_a_directory_that_cannot_be_made_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(JournalError, match="cannot open"):
        SqliteJournal(tmp_path / "file")


def test_a_file_that_is_no_database_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / DATABASE).write_bytes(b"no database at all, but long enough to be one" * 100)
    with pytest.raises(JournalError, match="not a database"):
        SqliteJournal(tmp_path)


def test_a_full_disk_is_a_journal_error(tmp_path: Path) -> None:
    world = World(SqliteJournal(tmp_path))
    journal = world.journal
    assert isinstance(journal, SqliteJournal)
    pages = journal._writer.execute("PRAGMA page_count").fetchone()[0]
    journal._writer.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(JournalError, match="full"):
        world.run(deposit(account="a" * 100_000))
    journal.close()


def test_a_half_written_snapshot_is_never_seen(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path)
    journal.open(HEADER)
    journal.write_snapshot(Snapshot.of(Seq(1), b"state"))
    (tmp_path / "00000000000000000009.draft").write_bytes(b"half")
    assert [s.seq for s in journal.snapshots()] == [1]
    (path,) = tmp_path.glob("*.snapshot")
    path.write_bytes(path.read_bytes()[:-1])
    assert list(journal.snapshots()) == []
    # What a crash left goes with the next one.
    journal.write_snapshot(Snapshot.of(Seq(12), b"state"))
    assert list(tmp_path.glob("*.draft")) == []
    journal.close()


def recovered_or_refused(directory: Path, hashes: dict[Seq, str]) -> str:
    """Recover a perhaps damaged directory; whatever is recovered must be a state that was."""
    try:
        journal = SqliteJournal(directory)
    except JournalError:
        return "refused"
    try:
        journal.open(HEADER)
        toys = machine()
        report = recover(journal, toys)
        assert toys.state_hash() == hashes[report.seq]
        if report.seq == max(hashes):
            return "whole"
        assert report.torn_after is not None, "rows are gone and nobody noticed"
    except ItgError:
        return "refused"
    finally:
        journal.close()
    return "cut"


def test_a_declaration_that_means_another_table_is_noticed(
    written: Path, hashes: dict[Seq, str], tmp_path: Path
) -> None:
    # Without the word PRIMARY the key is a column of its own, and every row's is null.
    content = (written / DATABASE).read_bytes()
    place = content.index(b"first_seq INTEGER PRIMARY KEY") + len("first_seq INTEGER ")
    (tmp_path / DATABASE).write_bytes(content[:place] + b"Q" + content[place + 1 :])
    assert recovered_or_refused(tmp_path, hashes) == "refused"


@settings(max_examples=300)
@given(data=st.data())
def test_a_flipped_byte_anywhere_is_harmless_or_noticed(
    written: Path,
    hashes: dict[Seq, str],
    tmp_path_factory: pytest.TempPathFactory,
    data: st.DataObject,
) -> None:
    content = bytearray((written / DATABASE).read_bytes())
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    directory = tmp_path_factory.mktemp("flipped")
    (directory / DATABASE).write_bytes(content)
    recovered_or_refused(directory, hashes)
    shutil.rmtree(directory)


@settings(max_examples=100)
@given(data=st.data())
def test_a_database_cut_at_any_byte_is_harmless_or_noticed(
    written: Path,
    hashes: dict[Seq, str],
    tmp_path_factory: pytest.TempPathFactory,
    data: st.DataObject,
) -> None:
    content = (written / DATABASE).read_bytes()
    directory = tmp_path_factory.mktemp("cut")
    length = data.draw(st.integers(1, len(content) - 1))
    (directory / DATABASE).write_bytes(content[:length])
    assert recovered_or_refused(directory, hashes) != "whole"
    shutil.rmtree(directory)


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory as a crash leaves it: every row still in the write-ahead log."""
    directory = tmp_path_factory.mktemp("crashed")
    world = World(SqliteJournal(directory))
    for amount in range(INPUTS):
        world.run(deposit(amount, account=f"account-{amount}" * 20))
    copy = tmp_path_factory.mktemp("copy")
    for path in directory.iterdir():
        if not path.name.endswith("-shm"):
            shutil.copy(path, copy)
    world.journal.close()
    return copy


@settings(max_examples=100)
@given(data=st.data())
def test_a_log_torn_at_any_byte_recovers_to_its_last_whole_row(
    crashed: Path,
    hashes: dict[Seq, str],
    tmp_path_factory: pytest.TempPathFactory,
    data: st.DataObject,
) -> None:
    directory = tmp_path_factory.mktemp("torn") / "data"
    shutil.copytree(crashed, directory)
    log = directory / f"{DATABASE}-wal"
    content = log.read_bytes()
    log.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    journal = SqliteJournal(directory)
    journal.open(HEADER)
    toys = machine()
    report = recover(journal, toys)
    assert toys.state_hash() == hashes[report.seq]
    assert verify(journal, machine()).is_equal
    journal.close()
    shutil.rmtree(directory.parent)


def test_a_crash_loses_nothing_that_was_appended(
    crashed: Path, hashes: dict[Seq, str], tmp_path: Path
) -> None:
    directory = tmp_path / "data"
    shutil.copytree(crashed, directory)  # opening it writes, and others need it as it is
    assert recovered_or_refused(directory, hashes) == "whole"


def test_a_row_of_the_wrong_types_is_damage(tmp_path: Path) -> None:
    world = World(SqliteJournal(tmp_path))
    for _ in range(3):
        world.run(deposit())
    world.journal.close()
    with sqlite3.connect(tmp_path / DATABASE) as database:
        database.execute("UPDATE batch SET body = 'text' WHERE first_seq = 5")
    database.close()
    assert World(SqliteJournal(tmp_path)).recovered.torn_after == 4
