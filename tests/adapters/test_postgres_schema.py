"""The tables come up and go down with games in them, and belong to one role alone."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine, inspect
from sqlalchemy.pool import NullPool
from tests.postgres_server import PostgresServer
from tests.runtime.toys import World, deposit, machine

from itg.adapters.migrations.tables import METADATA
from itg.adapters.postgres_journal import PostgresJournal, begin_game, forget_game
from itg.adapters.postgres_schema import downgrade, standing, upgrade
from itg.adapters.postgres_session import REVISION, SCHEMA
from itg.adapters.postgres_url import PostgresUrl
from itg.adapters.sqlite_journal import DATABASE, SqliteJournal
from itg.kernel.errors import ConfigurationError, JournalError
from itg.kernel.ids import Seq
from itg.runtime.recovery import verify

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "keep-the-journal-in-postgresql.md"


@pytest.fixture
def url(postgres: PostgresServer) -> PostgresUrl:
    """Return an empty database."""
    return postgres.database()


def test_an_empty_database_has_no_revision_and_is_refused_with_what_to_do(
    url: PostgresUrl,
) -> None:
    assert standing(url).revision == ""
    with pytest.raises(ConfigurationError, match="run `itg db upgrade`"):
        PostgresJournal(url, "game")
    assert upgrade(url).revision == REVISION
    assert upgrade(url).revision == REVISION, "again changes nothing"


def test_the_steps_come_to_the_declared_tables(postgres: PostgresServer, url: PostgresUrl) -> None:
    upgrade(url)
    text = postgres.text(url.parts["dbname"]).replace("postgresql:", "postgresql+psycopg:")

    def only_ours(name: str | None, kind: str, _: object) -> bool:
        return (kind != "schema" or name == SCHEMA) and name != "alembic_version"

    options = {"include_schemas": True, "include_name": only_ours, "compare_type": True}
    with create_engine(text, poolclass=NullPool).connect() as session:
        context = MigrationContext.configure(session, opts=options)
        assert compare_metadata(context, METADATA) == []
        assert checks_there(session) == {
            (table.name, check.name)
            for table in METADATA.tables.values()
            for check in table.constraints
            if check.name
        }


def checks_there(session: Connection) -> set[tuple[str, object]]:
    there = inspect(session)
    return {
        (table, check["name"])
        for table in there.get_table_names(SCHEMA)
        for check in there.get_check_constraints(table, SCHEMA)
    }


def test_down_and_up_with_a_game_in_it_keeps_every_row_and_the_game_goes_on(
    url: PostgresUrl,
) -> None:
    upgrade(url)
    begin_game(url, "day-1")
    world = World(PostgresJournal(url, "day-1"))
    for amount in range(20):
        world.run(deposit(amount))
    world.pump.snapshot_soon()
    world.run(deposit(1))
    rows, state = list(world.journal.rows(Seq(0))), world.machine.state_hash()
    world.journal.close()
    assert [game.last_seq for game in downgrade(url, "0001").games] == [rows[-1].last_seq]
    with pytest.raises(ConfigurationError, match="revision 0001, this build needs 0003"):
        PostgresJournal(url, "day-1")
    assert upgrade(url).revision == REVISION
    again = World(PostgresJournal(url, "day-1"))
    assert list(again.journal.rows(Seq(0))) == rows
    assert again.recovered.snapshot_seq == 0, "snapshots are gone, the rows replay"
    assert again.machine.state_hash() == state
    again.run(deposit(3))
    assert verify(again.journal, machine()).is_equal
    again.journal.close()


def test_down_to_nothing_is_refused_while_a_game_is_there_and_leaves_none_of_it_without(
    postgres: PostgresServer, url: PostgresUrl
) -> None:
    upgrade(url)
    begin_game(url, "day-1")
    for nothing in ("base", "-3"):
        with pytest.raises(ConfigurationError, match=r"would drop 1 games \(day-1\)"):
            downgrade(url, nothing)
    assert standing(url).revision == REVISION
    forget_game(url, "day-1")
    assert downgrade(url, "base").revision == ""
    with pytest.raises(psycopg.errors.UndefinedTable):
        postgres.run(f"SELECT * FROM {SCHEMA}.batch", database=url.parts["dbname"])
    assert upgrade(url).revision == REVISION


def test_a_revision_that_is_none_is_named(url: PostgresUrl) -> None:
    upgrade(url)
    with pytest.raises(ConfigurationError, match="--to 9999"):
        upgrade(url, "9999")


def test_the_page_s_roles_keep_the_journal_from_every_other_service(
    postgres: PostgresServer, url: PostgresUrl
) -> None:
    database = url.parts["dbname"]
    page = HOW_TO.read_text(encoding="utf-8")
    (script,) = re.findall(r"<!-- roles -->\n+```sql\n(.*?)```", page, re.DOTALL)
    postgres.run(*script.replace("DATABASE games", f"DATABASE {database}").split(";\n"),
        database=database)  # fmt: skip
    own = PostgresUrl(postgres.text(database, user="itg_journal"))
    upgrade(own)
    begin_game(own, "day-1")
    world = World(PostgresJournal(own, "day-1"))
    world.run(deposit())
    world.journal.close()
    other = PostgresUrl(postgres.text(database, user="itg_positions"))
    with psycopg.connect(postgres.text(database, user="itg_positions"), autocommit=True) as session:
        session.execute("CREATE TABLE positions.holdings (account text)")
        for table in ("batch", "epoch", "game", "aside", "snapshot", "alembic_version"):
            for act in (f"SELECT * FROM {SCHEMA}.{table}", f"DELETE FROM {SCHEMA}.{table}"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    session.execute(act)
    with pytest.raises(JournalError, match="permission denied"):
        PostgresJournal(other, "day-1")
    with pytest.raises(JournalError, match="permission denied"):
        upgrade(other)
    with psycopg.connect(postgres.text(database, user="itg_journal"), autocommit=True) as session:
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute("SELECT * FROM positions.holdings")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            session.execute("CREATE TABLE public.anything (number int)")


# The tables of data directories that exist. They are stamped with their format (user_version 1) and
# nothing else may stand in the file, so no migration's own table does.
SQLITE_1 = """
BEGIN;
PRAGMA user_version=1;
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


def test_a_data_directory_of_sqlite_s_first_format_opens_as_ever(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / DATABASE, isolation_level=None)) as database:
        database.executescript(SQLITE_1)
    world = World(SqliteJournal(tmp_path))
    world.run(deposit())
    world.journal.close()
    again = World(SqliteJournal(tmp_path))
    assert again.machine.state_hash() == world.machine.state_hash()
    again.journal.close()


def test_both_engines_tables_have_the_same_columns_but_for_the_game(tmp_path: Path) -> None:
    SqliteJournal(tmp_path).close()
    engine = create_engine(f"sqlite:///{tmp_path / DATABASE}", poolclass=NullPool)
    with engine.connect() as session:
        there = inspect(session)
        for table in (METADATA.tables[f"{SCHEMA}.{name}"] for name in ("batch", "epoch", "aside")):
            ours = {
                column["name"]: column["type"].python_type
                for column in there.get_columns(table.name)
            }
            declared = {c.name: c.type.python_type for c in table.columns if c.name != "game"}
            assert ours == declared
            key = there.get_pk_constraint(table.name)["constrained_columns"]
            assert key == [c.name for c in table.primary_key.columns if c.name != "game"]
