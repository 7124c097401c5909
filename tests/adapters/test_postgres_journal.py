"""What is PostgreSQL's alone: the fence between real connections, lost ones, settings, secrets."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from tests.adapters.rows import next_row, opened
from tests.postgres_server import PostgresServer
from tests.runtime.toys import HEADER, World, deposit, machine

from itg.adapters.postgres_journal import PostgresJournal, begin_game, forget_game
from itg.adapters.postgres_session import SCHEMA
from itg.adapters.postgres_url import PostgresUrl
from itg.adapters.sqlite_journal import SqliteJournal
from itg.kernel.errors import ConfigurationError, FencedError, ItgError, JournalError
from itg.kernel.ids import Seq
from itg.runtime.journal import (
    Journal,
    SealedBatch,
    SetAside,
    Snapshot,
    checked_rows,
)
from itg.runtime.recovery import RecoveryReport, verify

CODEC = machine().codec
WRITERS = 4
ROWS_EACH = 25


def all_of(journal: Journal) -> tuple[object, ...]:
    rows, snapshots = list(journal.rows(Seq(0))), list(journal.snapshots())
    return rows, snapshots, list(journal.epochs()), list(journal.aside())


def in_threads(acts: list[Callable[[], None]]) -> None:
    """Run all of them, begun together; raises what one of them raised."""
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], None]) -> None:
        barrier.wait()
        act()

    with ThreadPoolExecutor(len(acts)) as pool:
        for done in [pool.submit(run, act) for act in acts]:
            done.result()


def test_of_writers_that_take_over_from_each_other_each_row_is_of_one_and_no_number_is_doubled(
    postgres: PostgresServer, game: str
) -> None:
    acknowledged: list[list[SealedBatch]] = [[] for _ in range(WRITERS)]

    def write(own: list[SealedBatch]) -> None:
        journal = postgres.journal(game)
        while len(own) < ROWS_EACH:
            try:
                sealer = opened(journal)
                for _ in range(5):
                    batch = next_row(sealer)
                    journal.append(batch)
                    own.append(batch)
            except FencedError:
                continue
            finally:
                journal.close()
                journal = postgres.journal(game)
        journal.close()

    in_threads([lambda own=own: write(own) for own in acknowledged])  # type: ignore[misc]
    journal = postgres.journal(game)
    rows = list(checked_rows(journal, Seq(0)))
    journal.close()
    told = sorted((row for own in acknowledged for row in own), key=lambda row: row.first_seq)
    assert rows == told, "what is there is what was acknowledged, no more and no less"
    epochs = [row.epoch for row in rows]
    assert epochs == sorted(epochs), "nobody wrote after one who took over"
    assert len(set(epochs)) > WRITERS


def test_of_two_equal_appends_at_once_one_is_fenced(postgres: PostgresServer, game: str) -> None:
    first = postgres.journal(game)
    batch = next_row(opened(first))
    second = postgres.journal(game)
    second.epoch, second._writer = first.epoch, second._connected_writer()
    outcomes: list[str] = []

    def append(journal: PostgresJournal) -> None:
        try:
            journal.append(batch)
            outcomes.append("there")
        except FencedError:
            outcomes.append("fenced")

    in_threads([lambda: append(first), lambda: append(second)])
    assert sorted(outcomes) == ["fenced", "there"]
    assert list(first.rows(Seq(0))) == [batch]
    first.close()
    second.close()


def test_who_takes_over_waits_for_an_append_on_its_way_and_begins_after_it(
    postgres: PostgresServer, game: str
) -> None:
    first, second = postgres.journal(game), postgres.journal(game)
    batch = next_row(opened(first))
    assert first._writer is not None
    # The append's transaction stays open, as that of a writer stopped in the middle of it would.
    with first._writer.transaction():
        first.append(batch)
        taking_over = threading.Thread(target=second.open, args=(HEADER,))
        taking_over.start()
        until_waiting(postgres)
    taking_over.join()
    assert [(e.epoch, e.first_seq) for e in second.epochs()] == [(1, 1), (2, batch.last_seq + 1)]
    assert second.head().seq == batch.last_seq
    first.close()
    second.close()


def until_waiting(postgres: PostgresServer) -> None:
    """Return once somebody waits for a lock; the test's own timeout bounds it."""
    query = "SELECT count(*) FROM pg_locks WHERE NOT granted"
    with psycopg.connect(postgres.text(), autocommit=True) as session:
        while session.execute(query).fetchone() == (0,):
            pass


def test_a_password_stands_in_no_error_and_no_repr(postgres: PostgresServer, game: str) -> None:
    secret = "p%C3%A4ss%2Fw%40rd"
    text = postgres.text(postgres.url.parts["dbname"], password=secret)
    plain = PostgresUrl(text).parts["password"]
    journal = PostgresJournal(PostgresUrl(text), game)
    told = [repr(journal), repr(PostgresUrl(text))]
    journal.close()
    place = f"postgres:{secret}@127.0.0.1"
    for broken in (
        f"postgresql://{place}:1/games",
        f"postgresql://{place}/games?sslmode={secret}",
        f"postgresql://{place}/games?host=/nowhere/{secret}",
        text.replace("/test_", "/no_"),
    ):
        with pytest.raises(ItgError) as error:
            PostgresJournal(PostgresUrl(broken), game)
        # What a log would print: the error and all it was caused by.
        cause: BaseException | None = error.value
        while cause is not None:
            told.append(f"{cause!r} {cause}")
            cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    assert all(plain not in each and secret not in each for each in told), told


def test_a_game_that_is_not_there_is_a_wrong_database_and_no_new_game(
    postgres: PostgresServer,
) -> None:
    with pytest.raises(ConfigurationError, match="holds no game nobody"):
        postgres.journal("nobody")
    game = postgres.game()
    with pytest.raises(JournalError, match="duplicate key"):
        begin_game(postgres.url, game)


def test_a_reader_cannot_write_and_a_writer_that_is_not_open_says_so(
    journal: PostgresJournal,
) -> None:
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        journal._reader.execute(f"DELETE FROM {SCHEMA}.batch")
    with pytest.raises(JournalError, match="is not open for writing"):
        journal.set_aside(SetAside(Seq(1), "", b""))


def test_more_rows_than_a_page_come_in_order_up_to_the_head_of_when_they_were_asked_for(
    journal: PostgresJournal,
) -> None:
    sealer = opened(journal)
    rows = [next_row(sealer) for _ in range(130)]
    for row in rows[:-1]:
        journal.append(row)
    reading = journal.rows(Seq(2))
    assert next(reading) == rows[1]
    journal.append(rows[-1])
    assert list(reading) == rows[2:-1]


def test_a_row_changed_behind_its_back_is_damage_and_the_last_one_is_cut(
    postgres: PostgresServer, game: str
) -> None:
    world = World(postgres.journal(game))
    for _ in range(3):
        world.run(deposit())
    world.journal.close()
    table = f"{SCHEMA}.batch SET body = 'other' WHERE game = '{game}'"
    postgres.run(f"UPDATE {table} AND first_seq = 5", database=postgres.url.parts["dbname"])
    again = World(postgres.journal(game))
    assert isinstance(again.recovered, RecoveryReport)
    assert again.recovered.torn_after == 4
    assert [item.seq for item in again.journal.aside()] == [5]
    again.journal.close()


def test_a_fenced_writer_cuts_nothing(postgres: PostgresServer, game: str) -> None:
    first, second = postgres.journal(game), postgres.journal(game)
    batch = next_row(opened(first))
    first.append(batch)
    second.open(HEADER)
    with pytest.raises(FencedError):
        first.cut_after(Seq(0))
    assert list(second.rows(Seq(0))) == [batch]
    first.close()
    second.close()


def test_a_journal_copied_to_the_other_engine_and_back_is_the_same(
    postgres: PostgresServer, game: str, tmp_path: Path
) -> None:
    world = World(postgres.journal(game))
    for amount in range(70):
        world.run(deposit(amount))
    world.journal.set_aside(SetAside(Seq(3), "ValueError: \0 in it", b"\x00\x01"))
    world.journal.write_snapshot(Snapshot.of(Seq(140), world.machine.snapshot()))
    source = world.journal
    copy, back = SqliteJournal(tmp_path), postgres.journal(postgres.game())
    copy.receive(source)
    back.receive(copy)
    assert all_of(copy) == all_of(source) == all_of(back)
    assert verify(back, machine()).is_equal
    # Whoever continues the copy is the next writer, as on the original.
    copy.open(HEADER)
    back.open(HEADER)
    assert copy.epoch == back.epoch == source.epoch + 1
    for journal in (source, copy, back):
        journal.close()


def test_a_forgotten_game_leaves_nothing_and_its_neighbours_whole(
    postgres: PostgresServer, game: str, journal: PostgresJournal
) -> None:
    batch = next_row(opened(journal))
    journal.append(batch)
    other = postgres.game()
    forget_game(postgres.url, other)
    with pytest.raises(ConfigurationError):
        postgres.journal(other)
    assert list(journal.rows(Seq(0))) == [batch]
    forget_game(postgres.url, game)
    assert list(journal.rows(Seq(0))) == []
    with pytest.raises(FencedError):
        journal.append(batch)
