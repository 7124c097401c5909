"""A journal in PostgreSQL: one row per group commit, on the server's disk when `append` returns.

One statement appends and fences: it inserts nothing unless the row follows the head under the
game's epoch, whose row it locks against a change. Who takes a game over raises that epoch, so it
waits for an append on its way, and every later one of the earlier writer finds nothing to insert.

Nothing is ever tried again here. When a connection breaks during an append, nobody can tell whether
the row is there; the writer ends, and recovery reads what is.
"""

from collections.abc import Iterator, Sequence
from typing import Final, LiteralString

import psycopg
from msgspec.msgpack import Decoder, Encoder

from itg.adapters.postgres_session import (
    SCHEMA,
    ReadSession,
    Session,
    assert_durable,
    assert_migrated,
    connect,
    failing,
    long_transaction,
)
from itg.adapters.postgres_url import PostgresUrl
from itg.kernel.errors import ConfigurationError, FencedError, JournalError
from itg.kernel.ids import Seq
from itg.kernel.times import Nanos
from itg.runtime.journal import (
    SNAPSHOTS_KEPT,
    EpochStart,
    Head,
    Header,
    Journal,
    SealedBatch,
    SetAside,
    Snapshot,
)

# A page of rows is read at once; a loop that reads between its turns must not wait long for one.
_PAGE_ROWS: Final = 64
_APPEND: Final = f"""
INSERT INTO {SCHEMA}.batch (game, first_seq, last_seq, epoch, ts_ns, body, hash)
SELECT game, %(first)s, %(last)s, epoch, %(ts)s, %(body)s, %(hash)s
FROM {SCHEMA}.game
WHERE game = %(game)s AND epoch = %(epoch)s AND %(first)s = 1 + coalesce(
    (SELECT last_seq FROM {SCHEMA}.batch WHERE game = %(game)s ORDER BY first_seq DESC LIMIT 1), 0)
FOR SHARE OF game
"""  # noqa: S608 - the schema's name is a constant
_BATCHES: Final = f"SELECT first_seq, last_seq, epoch, ts_ns, body, hash FROM {SCHEMA}.batch"  # noqa: S608
_EPOCH: Final = f"SELECT epoch FROM {SCHEMA}.game WHERE game = %s"  # noqa: S608
_TABLES: Final = ("lease", "snapshot", "aside", "batch", "epoch", "game")


class PostgresJournal:
    """The journal of one game among those of a database; `begin_game` made its place there.

    `unsafe` lets the server acknowledge before its disk has the row. Becoming the writer fences
    whoever was.
    """

    def __init__(self, url: PostgresUrl, game: str, *, unsafe: bool = False) -> None:
        self.epoch = 0
        self._url = url
        self._game = game
        self._unsafe = unsafe
        self._writer: Session | None = None
        with failing(f"open the journal of {game} at {url}", url):
            self._reader = ReadSession(url)
            try:
                self._assert_there()
            except BaseException:
                self._reader.close()
                raise

    def __repr__(self) -> str:
        return f"PostgresJournal({self._url}, {self._game})"

    def open(self, header: Header) -> None:
        with failing(f"begin an epoch of {self._game}", self._url):
            writer = self._connected_writer()
            with writer.transaction():
                raised = writer.execute(
                    f"UPDATE {SCHEMA}.game SET epoch = epoch + 1 WHERE game = %s RETURNING epoch",  # noqa: S608
                    (self._game,),
                ).fetchone()
                assert raised is not None, "the game was there"
                values = (self._game, raised[0], self._head(writer).seq + 1)
                writer.execute(
                    f"INSERT INTO {SCHEMA}.epoch VALUES (%s, %s, %s, %s)",  # noqa: S608
                    (*values, Encoder().encode(header)),
                )
            self._writer = writer
        self.epoch = raised[0]

    def append(self, batch: SealedBatch) -> None:
        values = {
            "game": self._game,
            "first": batch.first_seq,
            "last": batch.last_seq,
            "epoch": batch.epoch,
            "ts": batch.ts_ns,
            "body": batch.body,
            "hash": batch.hash,
        }
        with failing(f"append the row from seq {batch.first_seq}", self._url):
            try:
                count = self._writing().execute(_APPEND, values, prepare=True, binary=True).rowcount
            except psycopg.errors.UniqueViolation:
                count = 0
        if count != 1:
            raise FencedError(
                f"append at seq {batch.first_seq}: epoch {batch.epoch} is fenced, "
                "another server has taken this game over"
            )

    def assert_leading(self) -> None:
        with failing(f"look who writes {self._game}", self._url):
            self._assert_leading(self._writing(), _EPOCH)

    def rows(self, after_seq: Seq) -> Iterator[SealedBatch]:
        query = f"{_BATCHES} WHERE game = %s AND first_seq > %s AND first_seq <= %s"
        query += f" ORDER BY first_seq LIMIT {_PAGE_ROWS}"
        last_seq, end = after_seq, self.head().seq
        while True:
            with failing(f"read after seq {last_seq}", self._url):
                values = (self._game, last_seq, end)
                page = self._reader.execute(query, values, binary=True).fetchall()
            yield from map(_batch, page)
            if len(page) < _PAGE_ROWS:
                return
            last_seq = page[-1][0]

    def head(self) -> Head:
        with failing("read the head", self._url):
            return self._head(self._reader)

    def hash_at(self, seq: Seq) -> bytes | None:
        query = f"{_BATCHES} WHERE game = %s AND first_seq <= %s ORDER BY first_seq DESC LIMIT 1"
        with failing(f"read the row that ends at seq {seq}", self._url):
            row = self._reader.execute(query, (self._game, seq), binary=True).fetchone()
        batch = None if row is None else _batch(row)
        return batch.hash if batch is not None and batch.last_seq == seq else None

    def epochs(self) -> Sequence[EpochStart]:
        query = (
            f"SELECT epoch, first_seq, header FROM {SCHEMA}.epoch WHERE game = %s ORDER BY epoch"  # noqa: S608
        )
        decoder = Decoder(Header)
        with failing("read the epochs", self._url):
            rows = self._reader.execute(query, (self._game,)).fetchall()
            return [EpochStart(row[0], Seq(row[1]), decoder.decode(row[2])) for row in rows]

    def write_snapshot(self, snapshot: Snapshot) -> None:
        with failing(f"write the snapshot at seq {snapshot.seq}", self._url):
            writer = self._writing()
            with long_transaction(writer):
                self._put_snapshot(writer, snapshot)
                writer.execute(
                    f"DELETE FROM {SCHEMA}.snapshot WHERE game = %(game)s AND seq NOT IN "  # noqa: S608
                    f"(SELECT seq FROM {SCHEMA}.snapshot WHERE game = %(game)s "
                    f"ORDER BY seq DESC LIMIT {SNAPSHOTS_KEPT})",
                    {"game": self._game},
                )

    def snapshots(self) -> Iterator[Snapshot]:
        table = f"{SCHEMA}.snapshot WHERE game = %s"
        with failing("read a snapshot", self._url):
            query = f"SELECT seq FROM {table} ORDER BY seq DESC"  # noqa: S608
            seqs = [row[0] for row in self._reader.execute(query, (self._game,)).fetchall()]
        for seq in seqs:
            with failing(f"read the snapshot at seq {seq}", self._url):
                query = f"SELECT state_hash, blob FROM {table} AND seq = %s"  # noqa: S608
                row = self._reader.execute(query, (self._game, seq), binary=True).fetchone()
            # The writer keeps three and may just have dropped this one.
            snapshot = None if row is None else Snapshot(Seq(seq), row[0], row[1])
            if snapshot is not None and snapshot.is_whole:
                yield snapshot

    def cut_after(self, seq: Seq) -> None:
        where = "WHERE game = %s AND first_seq > %s"
        with failing(f"cut after seq {seq}", self._url):
            writer = self._writing()
            with writer.transaction():
                self._assert_leading(writer, f"{_EPOCH} FOR SHARE")
                writer.execute(
                    f"INSERT INTO {SCHEMA}.aside (game, seq, reason, body) SELECT game, first_seq, "  # noqa: S608
                    f"'damaged row', body FROM {SCHEMA}.batch {where} ORDER BY first_seq",
                    (self._game, seq),
                )
                writer.execute(f"DELETE FROM {SCHEMA}.batch {where}", (self._game, seq))  # noqa: S608

    def set_aside(self, item: SetAside) -> None:
        with failing(f"set seq {item.seq} aside", self._url):
            self._put_aside(self._writing(), item)

    def aside(self) -> Sequence[SetAside]:
        query = f"SELECT seq, reason, body FROM {SCHEMA}.aside WHERE game = %s ORDER BY number"  # noqa: S608
        with failing("read what was set aside", self._url):
            rows = self._reader.execute(query, (self._game,)).fetchall()
            return [SetAside(Seq(row[0]), row[1], row[2]) for row in rows]

    def reader(self) -> "PostgresJournal":
        return PostgresJournal(self._url, self._game, unsafe=self._unsafe)

    def close(self) -> None:
        with failing(f"close the journal of {self._game}", self._url):
            self._reader.close()
            if self._writer is not None:
                self._writer.close()

    def receive(self, source: Journal) -> None:
        """Take over everything another journal holds, all of it or nothing; this one is empty.

        Snapshots first, so that none lies beyond the rows where `source` has a writer meanwhile.
        """
        with failing(f"copy a journal to {self._game}", self._url):
            writer = self._connected_writer()
            with writer, long_transaction(writer):
                assert not self._head(writer).seq, "a journal is received by an empty one"
                for snapshot in source.snapshots():
                    self._put_snapshot(writer, snapshot)
                self._put_rows(writer, source.rows(Seq(0)))
                for item in source.aside():
                    self._put_aside(writer, item)
                self._put_epochs(writer, source.epochs())

    def _assert_there(self) -> None:
        assert_migrated(self._reader, self._url)
        query = f"SELECT 1 FROM {SCHEMA}.game WHERE game = %s"  # noqa: S608
        if self._reader.execute(query, (self._game,)).fetchone() is None:
            raise ConfigurationError(
                f"{self._url} holds no game {self._game}: name the database it was begun in"
            )

    def _connected_writer(self) -> Session:
        writer = connect(self._url)
        try:
            if self._unsafe:
                writer.execute("SET synchronous_commit = off")
            else:
                assert_durable(writer, self._url)
        except BaseException:
            writer.close()
            raise
        return writer

    def _writing(self) -> Session:
        if self._writer is None:
            raise JournalError(f"the journal of {self._game} is not open for writing")
        return self._writer

    def _head(self, session: Session | ReadSession) -> Head:
        query = f"SELECT last_seq, hash FROM {SCHEMA}.batch WHERE game = %s"  # noqa: S608
        query += " ORDER BY first_seq DESC LIMIT 1"
        row = session.execute(query, (self._game,), binary=True).fetchone()
        return Head() if row is None else Head(Seq(row[0]), row[1])

    def _assert_leading(self, writer: Session, query: LiteralString) -> None:
        row = writer.execute(query, (self._game,)).fetchone()
        if row is None or row[0] != self.epoch:
            raise FencedError(
                f"epoch {self.epoch} is fenced, another server has taken this game over"
            )

    def _put_rows(self, writer: Session, rows: Iterator[SealedBatch]) -> None:
        columns = "game, first_seq, last_seq, epoch, ts_ns, body, hash"
        command = f"COPY {SCHEMA}.batch ({columns}) FROM STDIN (FORMAT BINARY)"
        with writer.cursor() as cursor, cursor.copy(command) as copy:
            copy.set_types(["text", "int8", "int8", "int8", "int8", "bytea", "bytea"])
            for row in rows:
                numbers = (row.first_seq, row.last_seq, row.epoch, row.ts_ns)
                copy.write_row((self._game, *numbers, row.body, row.hash))

    def _put_epochs(self, writer: Session, epochs: Sequence[EpochStart]) -> None:
        for start in epochs:
            values = (self._game, start.epoch, start.first_seq, Encoder().encode(start.header))
            writer.execute(f"INSERT INTO {SCHEMA}.epoch VALUES (%s, %s, %s, %s)", values)  # noqa: S608
        query = f"UPDATE {SCHEMA}.game SET epoch = %s WHERE game = %s"  # noqa: S608
        writer.execute(query, (max((e.epoch for e in epochs), default=0), self._game))

    def _put_snapshot(self, writer: Session, snapshot: Snapshot) -> None:
        writer.execute(
            f"INSERT INTO {SCHEMA}.snapshot (game, seq, state_hash, blob) "  # noqa: S608
            "VALUES (%s, %s, %s, %s) ON CONFLICT (game, seq) DO UPDATE "
            "SET state_hash = excluded.state_hash, blob = excluded.blob",
            (self._game, snapshot.seq, snapshot.state_hash, snapshot.blob),
            binary=True,
        )

    def _put_aside(self, writer: Session, item: SetAside) -> None:
        # A text of PostgreSQL holds no NUL, and the reason quotes whatever was raised.
        reason = item.reason.replace("\0", "\N{REPLACEMENT CHARACTER}")
        query = f"INSERT INTO {SCHEMA}.aside (game, seq, reason, body) VALUES (%s, %s, %s, %s)"  # noqa: S608
        writer.execute(query, (self._game, item.seq, reason, item.body))


def begin_game(url: PostgresUrl, game: str) -> None:
    """Make an empty game's place in a database. Raises `JournalError` where one is there."""
    with failing(f"begin the game {game} at {url}", url), connect(url) as session:
        assert_migrated(session, url)
        session.execute(f"INSERT INTO {SCHEMA}.game (game, epoch) VALUES (%s, 0)", (game,))  # noqa: S608


def forget_game(url: PostgresUrl, game: str) -> None:
    """Remove a game and all it holds from a database."""
    with (
        failing(f"remove the game {game} at {url}", url),
        connect(url) as session,
        long_transaction(session),
    ):
        for table in _TABLES:
            session.execute(f"DELETE FROM {SCHEMA}.{table} WHERE game = %s", (game,))  # noqa: S608


def _batch(row: Sequence[object]) -> SealedBatch:
    first, last, epoch, ts_ns, body, digest = row
    assert isinstance(first, int)
    assert isinstance(last, int)
    assert isinstance(epoch, int)
    assert isinstance(ts_ns, int)
    assert isinstance(body, bytes)
    assert isinstance(digest, bytes)
    return SealedBatch(Seq(first), Seq(last), epoch, Nanos(ts_ns), body, digest)
