"""Connections with PostgreSQL that are lost, stand still or promise too little."""

import os
import signal

import psycopg
import pytest
from tests.adapters.rows import next_row, opened
from tests.postgres_server import PostgresServer
from tests.runtime.toys import HEADER

from itg.adapters.postgres_journal import PostgresJournal
from itg.adapters.postgres_session import SCHEMA
from itg.adapters.postgres_url import PostgresUrl
from itg.kernel.errors import JournalError
from itg.kernel.ids import Seq
from itg.runtime.journal import (
    Head,
    checked_rows,
)


def test_a_connection_that_was_cut_ends_the_writer_and_nothing_is_written_twice(
    postgres: PostgresServer, game: str, journal: PostgresJournal
) -> None:
    sealer = opened(journal)
    journal.append(next_row(sealer))
    cut(postgres)
    batch = next_row(sealer)
    for _ in range(2):
        with pytest.raises(JournalError, match="cannot append the row from seq 3"):
            journal.append(batch)
    with pytest.raises(JournalError, match="cannot look who writes"):
        journal.assert_leading()
    again = postgres.journal(game)
    assert again.head().seq == 2
    assert opened(again).head.seq == 2
    again.close()


def test_a_writer_with_nothing_to_write_learns_that_its_connection_was_cut(
    postgres: PostgresServer, journal: PostgresJournal
) -> None:
    opened(journal)
    journal.assert_leading()
    cut(postgres)
    with pytest.raises(JournalError, match="cannot look who writes"):
        journal.assert_leading()


def test_a_reader_whose_connection_was_cut_reads_on_until_it_is_closed(
    postgres: PostgresServer, game: str, journal: PostgresJournal
) -> None:
    row = next_row(opened(journal))
    journal.append(row)
    reader = postgres.journal(game)
    for _ in range(2):
        cut(postgres)
        assert reader.head() == Head(row.last_seq, row.hash)
        assert list(reader.rows(Seq(0))) == [row]
    assert reader._reader.execute("SHOW transaction_read_only").fetchone() == ("on",)
    reader.close()
    with pytest.raises(JournalError, match="cannot read the head"):
        reader.head()


def cut(postgres: PostgresServer) -> None:
    postgres.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'itg' AND pid <> pg_backend_pid()"
    )


@pytest.mark.gate
def test_a_server_that_crashed_has_every_acknowledged_row_when_it_is_back() -> None:
    with PostgresServer() as server:
        game = server.game()
        journal = server.journal(game)
        sealer = opened(journal)
        rows = [next_row(sealer) for _ in range(20)]
        for row in rows:
            journal.append(row)
        server.stop("immediate")
        with pytest.raises(JournalError):
            journal.append(next_row(sealer))
        with pytest.raises(JournalError):
            server.journal(game)
        journal.close()
        server.start()
        again = server.journal(game)
        assert list(checked_rows(again, Seq(0))) == rows
        again.close()


def test_a_role_whose_commits_do_not_wait_for_the_disk_is_refused_unless_unsafe(
    postgres: PostgresServer, game: str
) -> None:
    postgres.run(
        "CREATE ROLE hasty LOGIN SUPERUSER", "ALTER ROLE hasty SET synchronous_commit = off"
    )
    url = PostgresUrl(postgres.text(postgres.url.parts["dbname"], user="hasty"))
    hasty = PostgresJournal(url, game)
    assert hasty.head() == Head(), "reading needs no durability"
    with pytest.raises(JournalError, match=r"synchronous_commit is off.*ALTER ROLE"):
        hasty.open(HEADER)
    assert list(hasty.epochs()) == []
    hasty.close()
    unsafe = PostgresJournal(url, game, unsafe=True)
    unsafe.open(HEADER)
    unsafe.close()


def test_a_safe_writer_waits_for_the_disk_and_an_unsafe_one_does_not(
    postgres: PostgresServer, game: str
) -> None:
    for unsafe, setting in ((False, "on"), (True, "off")):
        journal = postgres.journal(game, unsafe=unsafe)
        journal.open(HEADER)
        assert journal._writer is not None
        assert journal._writer.execute("SHOW synchronous_commit").fetchone() == (setting,)
        assert journal._writer.execute("SHOW statement_timeout").fetchone() == ("10s",)
        assert journal._reader.execute("SHOW transaction_read_only").fetchone() == ("on",)
        journal.close()


def test_a_server_that_stands_still_fails_in_bounded_time_and_leaves_the_row_to_recovery(
    postgres: PostgresServer, game: str, journal: PostgresJournal
) -> None:
    batch = next_row(opened(journal))
    assert journal._writer is not None
    standing = journal._writer.info.backend_pid
    journal._writer.patience_s = 0.2
    os.kill(standing, signal.SIGSTOP)
    try:
        for _ in range(2):
            with pytest.raises(JournalError, match="cannot append the row from seq 1"):
                journal.append(batch)
    finally:
        os.kill(standing, signal.SIGCONT)
    # It does what it was told once it goes on; who takes over waits for it.
    again = postgres.journal(game)
    head = opened(again).head
    assert head in (Head(), Head(batch.last_seq, batch.hash))
    assert again.head() == head
    again.close()


def test_a_lock_that_somebody_keeps_fails_in_bounded_time(
    postgres: PostgresServer, journal: PostgresJournal
) -> None:
    batch = next_row(opened(journal))
    assert journal._writer is not None
    journal._writer.execute("SET lock_timeout = '50ms'")
    with psycopg.connect(postgres.text(postgres.url.parts["dbname"])) as other:
        other.execute(f"LOCK TABLE {SCHEMA}.batch IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(JournalError, match="lock timeout"):
            journal.append(batch)
    journal.append(batch)
    assert journal.head().seq == batch.last_seq
