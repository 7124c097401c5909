"""A journal in SQLite: one row per group commit, on disk when `append` returns.

The write-ahead log with `synchronous=FULL` syncs once per commit. One statement appends and fences:
it inserts nothing unless the row follows the head under the newest epoch. Snapshots are files
beside the database, so that a large one never passes through the log that every order waits for.
"""

import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from msgspec import MsgspecError
from msgspec.msgpack import Decoder, Encoder

from itg.adapters.private_files import make_directory, make_file
from itg.kernel.errors import FencedError, JournalError
from itg.kernel.ids import Seq
from itg.kernel.times import Nanos
from itg.runtime.journal import (
    SCHEMA_VERSION,
    SNAPSHOTS_KEPT,
    EpochStart,
    Head,
    Header,
    Journal,
    SealedBatch,
    SetAside,
    Snapshot,
)

DATABASE: Final = "journal.sqlite"
_SUFFIX: Final = ".snapshot"
_DRAFT: Final = ".draft"
_FULL, _OFF = 2, 0
_SCHEMA: Final = f"""
BEGIN;
PRAGMA user_version={SCHEMA_VERSION};
CREATE TABLE batch (
    first_seq INTEGER PRIMARY KEY,
    last_seq INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    ts_ns INTEGER NOT NULL,
    body BLOB NOT NULL,
    hash BLOB NOT NULL
);
CREATE TABLE epoch (
    epoch INTEGER PRIMARY KEY,
    first_seq INTEGER NOT NULL,
    header BLOB NOT NULL
);
CREATE TABLE aside (
    number INTEGER PRIMARY KEY,
    seq INTEGER NOT NULL,
    reason TEXT NOT NULL,
    body BLOB NOT NULL
);
COMMIT;
"""
_APPEND: Final = """
INSERT INTO batch SELECT ?1, ?2, ?3, ?4, ?5, ?6
WHERE ?3 = (SELECT max(epoch) FROM epoch)
AND ?1 = 1 + coalesce((SELECT last_seq FROM batch ORDER BY first_seq DESC LIMIT 1), 0)
"""
_NEXT_EPOCH: Final = "SELECT coalesce(max(epoch), 0) + 1 FROM epoch"
_COLUMNS: Final = "first_seq, last_seq, epoch, ts_ns, body, hash"


class SqliteJournal:
    """The journal of one directory.

    `unsafe` leaves syncing to the operating system: a power cut may lose acknowledged inputs.
    Opening a directory that has a writer fences that writer.
    """

    def __init__(self, directory: Path, *, unsafe: bool = False) -> None:
        self.epoch = 0
        self._directory = directory
        self._synchronous = _OFF if unsafe else _FULL
        with _failing(f"open {directory}"):
            make_directory(directory)
            self._create_or_check()
            self._writer = self._connect()
            self._reader = self._connect()

    def open(self, header: Header) -> None:
        with _failing(f"begin an epoch in {self._directory}"), self._writer:
            self._writer.execute("BEGIN IMMEDIATE")
            first_seq = self.head().seq + 1
            row = self._writer.execute(_NEXT_EPOCH).fetchone()
            values = (row[0], first_seq, Encoder().encode(header))
            self._writer.execute("INSERT INTO epoch VALUES (?, ?, ?)", values)
        self.epoch = row[0]

    def append(self, batch: SealedBatch) -> None:
        with _failing(f"append the row from seq {batch.first_seq}"):
            count = self._writer.execute(_APPEND, _values(batch)).rowcount
        if count != 1:
            raise FencedError(
                f"append at seq {batch.first_seq}: epoch {batch.epoch} is fenced, "
                "another server has taken this game over"
            )

    def assert_leading(self) -> None:
        with _failing(f"look who writes in {self._directory}"):
            newest = self._writer.execute(_NEXT_EPOCH).fetchone()[0] - 1
        if newest != self.epoch:
            raise FencedError(
                f"epoch {self.epoch} is fenced, another server has taken this game over"
            )

    def rows(self, after_seq: Seq) -> Iterator[SealedBatch]:
        query = f"SELECT {_COLUMNS} FROM batch WHERE first_seq > ? ORDER BY first_seq"  # noqa: S608
        with _failing(f"read after seq {after_seq}"):
            for row in self._reader.execute(query, (after_seq,)):
                yield _batch(row)

    def head(self) -> Head:
        query = f"SELECT {_COLUMNS} FROM batch ORDER BY first_seq DESC LIMIT 1"  # noqa: S608
        with _failing("read the head"):
            row = self._reader.execute(query).fetchone()
        if row is None:
            return Head()
        last = _batch(row)
        return Head(last.last_seq, last.hash)

    def hash_at(self, seq: Seq) -> bytes | None:
        query = (
            f"SELECT {_COLUMNS} FROM batch WHERE first_seq <= ? "  # noqa: S608
            "ORDER BY first_seq DESC LIMIT 1"
        )
        with _failing(f"read the row that ends at seq {seq}"):
            row = self._reader.execute(query, (seq,)).fetchone()
        batch = None if row is None else _batch(row)
        return batch.hash if batch is not None and batch.last_seq == seq else None

    def epochs(self) -> Sequence[EpochStart]:
        query = "SELECT epoch, first_seq, header FROM epoch ORDER BY epoch"
        decoder = Decoder(Header)
        with _failing("read the epochs"):
            rows = self._reader.execute(query).fetchall()
            return [EpochStart(row[0], row[1], decoder.decode(row[2])) for row in rows]

    def write_snapshot(self, snapshot: Snapshot) -> None:
        path = self._directory / f"{snapshot.seq:020}{_SUFFIX}"
        with _failing(f"write the snapshot at seq {snapshot.seq}"):
            self._write(path, snapshot.state_hash.encode() + b"\n", snapshot.blob)
            left = self._directory.glob(f"*{_DRAFT}")  # by a crash
            for stale in (*self._snapshot_paths()[SNAPSHOTS_KEPT:], *left):
                stale.unlink()

    def snapshots(self) -> Iterator[Snapshot]:
        with _failing("read a snapshot"):
            for path in self._snapshot_paths():
                state_hash, _, blob = path.read_bytes().partition(b"\n")
                snapshot = Snapshot(
                    Seq(int(path.stem)), state_hash.decode("ascii", "replace"), blob
                )
                if snapshot.is_whole:
                    yield snapshot

    def cut_after(self, seq: Seq) -> None:
        with _failing(f"cut after seq {seq}"), self._writer:
            self._writer.execute("BEGIN IMMEDIATE")
            self._writer.execute(
                "INSERT INTO aside (seq, reason, body) "
                "SELECT first_seq, 'damaged row', CAST(body AS BLOB) FROM batch "
                "WHERE first_seq > ?",
                (seq,),
            )
            self._writer.execute("DELETE FROM batch WHERE first_seq > ?", (seq,))

    def set_aside(self, item: SetAside) -> None:
        with _failing(f"set seq {item.seq} aside"):
            self._writer.execute(
                "INSERT INTO aside (seq, reason, body) VALUES (?, ?, ?)",
                (item.seq, item.reason, item.body),
            )

    def aside(self) -> Sequence[SetAside]:
        with _failing("read what was set aside"):
            rows = self._reader.execute("SELECT seq, reason, body FROM aside ORDER BY number")
            return [SetAside(Seq(row[0]), row[1], row[2]) for row in rows]

    def reader(self) -> "SqliteJournal":
        return SqliteJournal(self._directory, unsafe=self._synchronous == _OFF)

    def close(self) -> None:
        with _failing(f"close {self._directory}"):
            self._reader.close()
            self._writer.close()

    def receive(self, source: Journal) -> None:
        """Take over everything another journal holds; this one is empty.

        Snapshots first, so that none lies beyond the rows where `source` has a writer meanwhile.
        """
        with _failing(f"copy a journal to {self._directory}"):
            assert not self.head().seq, "a journal is received by an empty one"
            for snapshot in source.snapshots():
                self.write_snapshot(snapshot)
            with self._writer:
                self._writer.execute("BEGIN IMMEDIATE")
                self._writer.executemany(
                    "INSERT INTO batch VALUES (?, ?, ?, ?, ?, ?)", map(_values, source.rows(Seq(0)))
                )
                for item in source.aside():
                    self.set_aside(item)
                self._writer.executemany(
                    "INSERT INTO epoch VALUES (?, ?, ?)",
                    [(e.epoch, e.first_seq, Encoder().encode(e.header)) for e in source.epochs()],
                )

    def _create_or_check(self) -> None:
        # The whole schema or nothing: a file that is not empty and holds no journal was damaged,
        # and taking it for a new one would forget every row it had.
        path = self._directory / DATABASE
        is_missing = not path.exists() or path.stat().st_size == 0
        if is_missing:
            make_file(path)  # its log and shared memory get the mode of the database
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            if is_missing:
                connection.executescript(_SCHEMA)
            version = connection.execute("PRAGMA user_version").fetchone()[0]
            # The hash chain cannot see rows that a damaged page no longer lists at its end.
            finding = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            tables = _tables(connection)
        if version != SCHEMA_VERSION:
            raise JournalError(f"{path} holds no journal of version {SCHEMA_VERSION}")
        # Nor does any check see a declaration that is still valid and means another table.
        if finding == "ok" and tables != _declared_tables():
            finding = "its tables are not as declared"
        if finding != "ok":
            raise JournalError(f"{path} is damaged, restore it from a copy: {finding}")

    def _connect(self) -> sqlite3.Connection:
        # One thread at a time uses a connection, but not always the same: commits have their own.
        connection = sqlite3.connect(
            self._directory / DATABASE, isolation_level=None, check_same_thread=False
        )
        mode = connection.execute("PRAGMA journal_mode=WAL").fetchone()[0]
        connection.execute(f"PRAGMA synchronous={self._synchronous}")
        synchronous = connection.execute("PRAGMA synchronous").fetchone()[0]
        if (mode, synchronous) != ("wal", self._synchronous):
            connection.close()
            raise JournalError(
                f"{self._directory} gives journal_mode={mode} synchronous={synchronous}, "
                f"not wal and {self._synchronous}: acknowledgements would not be durable"
            )
        return connection

    def _snapshot_paths(self) -> list[Path]:
        return sorted(self._directory.glob(f"*{_SUFFIX}"), reverse=True)

    def _write(self, path: Path, heading: bytes, content: bytes) -> None:
        # The name appears only when the content is on disk, and for good once the directory is.
        draft = path.with_suffix(_DRAFT)
        make_file(draft)
        with draft.open("wb") as file:
            # Apart: to join them would copy tens of megabytes while the loop waits for its turn.
            file.write(heading)
            file.write(content)
            file.flush()
            if self._synchronous == _FULL:
                os.fsync(file.fileno())
        draft.replace(path)
        if self._synchronous == _FULL:
            directory = os.open(path.parent, os.O_RDONLY)
            try:
                os.fsync(directory)
            finally:
                os.close(directory)


def cut_copy(directory: Path, seq: Seq) -> None:
    """Take every row that begins after `seq` out of a copy, and the epochs that began with them."""
    with (
        _failing(f"cut {directory} after seq {seq}"),
        closing(sqlite3.connect(directory / DATABASE)) as connection,
        connection,
    ):
        connection.execute("DELETE FROM batch WHERE first_seq > ?", (seq,))
        connection.execute("DELETE FROM epoch WHERE first_seq > ?", (seq + 1,))


def head_of_copy(directory: Path) -> Head:
    """Return the end of a copy's journal; not a byte of the copy changes. Raises `JournalError`.

    Not for a journal that somebody has open.
    """
    place = (directory / DATABASE).absolute().as_uri()
    query = f"SELECT {_COLUMNS} FROM batch ORDER BY first_seq DESC LIMIT 1"  # noqa: S608
    with (
        _failing(f"read the end of {directory}"),
        closing(sqlite3.connect(f"{place}?mode=ro&immutable=1", uri=True)) as connection,
    ):
        row = connection.execute(query).fetchone()
    return Head() if row is None else Head((last := _batch(row)).last_seq, last.hash)


def _tables(connection: sqlite3.Connection) -> list[tuple[object, ...]]:
    query = "SELECT type, name, tbl_name, rootpage, sql FROM sqlite_schema ORDER BY rowid"
    return connection.execute(query).fetchall()


def _declared_tables() -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.executescript(_SCHEMA)
        return _tables(connection)


def _values(batch: SealedBatch) -> tuple[int | bytes, ...]:
    numbers = (batch.first_seq, batch.last_seq, batch.epoch, batch.ts_ns)
    return (*numbers, batch.body, batch.hash)


def _batch(row: tuple[object, ...]) -> SealedBatch:
    match row:
        case (int(first), int(last), int(epoch), int(ts_ns), bytes(body), bytes(digest)) if (
            min(first, last, epoch, ts_ns) >= 0
        ):
            return SealedBatch(Seq(first), Seq(last), epoch, Nanos(ts_ns), body, digest)
        case _:
            # No row has an empty hash: who checks the chain finds this one damaged.
            return SealedBatch(Seq(0), Seq(0), 0, Nanos(0), b"", b"")


@contextmanager
def _failing(operation: str) -> Iterator[None]:
    try:
        yield
    # sqlite3 raises UnicodeDecodeError for damage it finds in names and texts.
    except (sqlite3.Error, OSError, MsgspecError, UnicodeDecodeError) as error:
        raise JournalError(f"cannot {operation}: {error}") from error
