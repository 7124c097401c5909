"""The tables of read models come up and go down in both dialects, and belong to a service alone."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData, inspect, text
from tests.compose.recorded import RecordedGame, play
from tests.postgres_server import PostgresServer

from itg.adapters.postgres_url import PostgresUrl
from itg.adapters.read_models.databases import Place, ReadModelDatabase, ReadModelError
from itg.adapters.read_models.store import Batch, ReadModelStore
from itg.adapters.read_models.tables import SCHEMAS
from itg.compose.projection import ProjectionWish, project
from itg.exchange.contract import TradeExecuted
from itg.game.contract import CorrectTrade
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import Seq
from itg.runtime.effects import Effect
from itg.runtime.journal import Head

pytestmark = pytest.mark.timeout(180)  # a server is started, and everybody may start one at once

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to" / "query-a-game-in-sql.md"
NEWEST = {"exchange": "0002", "positions": "0001", "game": "0001"}


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    if request.param == "sqlite":
        return tmp_path / "models"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.database()


@pytest.fixture(params=SCHEMAS)
def database(request: pytest.FixtureRequest, place: Place) -> ReadModelDatabase:
    return ReadModelDatabase(place, request.param)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A day with a trade that was undone."""
    game = RecordedGame(tmp_path_factory.mktemp("played"))
    play(game, 1, acts=100)
    trade = next(o for r in game.records for o in r.outputs if isinstance(o, TradeExecuted))
    game.tell(CorrectTrade(trade_id=trade.trade_id, reason="a slip of the finger"))
    game.close()
    return game.data


def asked(database: ReadModelDatabase, query: str) -> list[Mapping[str, object]]:
    with database.transaction() as session:
        where = "" if database.schema is None else f"{database.schema}."
        found = session.execute(text(query.replace("FROM ", f"FROM {where}")))
        return [dict(row._mapping) for row in found]


def declared(database: ReadModelDatabase) -> MetaData:
    """Return the declared tables as they stand at a place."""
    metadata = MetaData()
    for table in database.metadata.tables.values():
        table.to_metadata(metadata, schema=database.schema)  # type: ignore[arg-type]  # None: none
    return metadata


def test_the_steps_come_to_the_declared_tables(database: ReadModelDatabase) -> None:
    assert database.upgrade() == NEWEST[database.service]
    assert database.upgrade() == NEWEST[database.service], "again changes nothing"

    def only_ours(name: str | None, kind: str, _: object) -> bool:
        return (kind != "schema" or name == database.schema) and name != "alembic_version"

    options = {"include_schemas": True, "include_name": only_ours, "compare_type": True}
    with database.transaction() as session:
        context = MigrationContext.configure(session, opts=options)
        metadata = declared(database)
        assert compare_metadata(context, metadata) == []
        there = inspect(session)
        for table in metadata.tables.values():
            key = there.get_pk_constraint(table.name, database.schema)["constrained_columns"]
            assert key == [column.name for column in table.primary_key.columns]


def test_down_to_nothing_and_up_again(database: ReadModelDatabase) -> None:
    database.upgrade()
    assert database.downgrade("base") == ""
    with pytest.raises(ReadModelError):
        asked(database, "SELECT * FROM rounds")
    assert database.upgrade() == NEWEST[database.service]
    assert asked(database, "SELECT * FROM rounds") == []


# Rows as the first step's build wrote them, of a game whose journal is not here any more.
_NINE = "'gone-1a2b3c4d', 9, 1, 0, 33, 8, 'SPX', 44000000, 3, 'buy', false, 4, 't1', 5, 't2'"
EARLIER = (
    "INSERT INTO {s}readings VALUES ('gone-1a2b3c4d', '', 40, 'ab')",
    "INSERT INTO {s}cursors VALUES ('gone-1a2b3c4d', 'exchange', 0, 'trade_executed', 40)",
    "INSERT INTO {s}rounds VALUES ('gone-1a2b3c4d', 1, '2026-01-05', 7)",
    f"INSERT INTO {{s}}trades VALUES ({_NINE})",
)


def test_data_of_the_previous_version_stay_and_get_what_the_next_one_knows(
    place: Place,
) -> None:
    database = ReadModelDatabase(place, "exchange")
    assert database.upgrade("0001") == "0001"
    where = "" if database.schema is None else f"{database.schema}."
    with database.transaction() as session:
        for statement in EARLIER:
            session.execute(text(statement.format(s=where)))
    before = asked(database, "SELECT * FROM trades")
    assert database.upgrade() == "0002"
    (trade,) = asked(database, "SELECT * FROM trades")
    assert trade == {**before[0], "is_busted": False, "adjusted_price": None}
    assert database.downgrade("0001") == "0001"
    assert asked(database, "SELECT * FROM trades") == before


def test_down_and_up_with_a_game_in_it_brings_back_all_of_it(place: Place, data: Path) -> None:
    to = place if isinstance(place, Path) else postgres_text(place)
    wish = ProjectionWish(to=str(to), services=("exchange",))
    (first,) = project(data, wish)
    database = ReadModelDatabase(place, "exchange")
    whole = asked(database, "SELECT * FROM trades ORDER BY trade_id")
    cursors = asked(database, "SELECT * FROM cursors ORDER BY source, family")
    assert sum(bool(row["is_busted"]) for row in whole) == 1
    database.downgrade("0001")
    kept = asked(database, "SELECT * FROM trades ORDER BY trade_id")
    assert [{**row, "is_busted": 0, "adjusted_price": None}.keys() for row in kept] == [
        row.keys() for row in whole
    ]
    assert len(asked(database, "SELECT * FROM cursors")) == len(cursors) - 1
    (again,) = project(data, wish)
    # Only what the step brought is read again: the trades are in.
    assert (again.events, again.seq) == (1, first.seq)
    assert asked(database, "SELECT * FROM trades ORDER BY trade_id") == whole
    assert asked(database, "SELECT * FROM cursors ORDER BY source, family") == cursors


def postgres_text(url: PostgresUrl) -> str:
    return f"postgresql://{url.parts['user']}@/{url.parts['dbname']}?host={url.parts['host']}"


def test_what_another_command_brought_in_meanwhile_is_refused_and_not_doubled(place: Place) -> None:
    database = ReadModelDatabase(place, "exchange")
    database.upgrade()
    one, other = (ReadModelStore(database, "bare-1a2b3c4d") for _ in range(2))
    stream = ("game", 0, "round_started")
    values = {"round_id": 1, "trading_day": "2026-12-01", "start_ns": 7}
    batch = Batch(
        node="",
        head=Head(Seq(5), b"end of a row"),
        before={stream: Seq(0)},
        after={stream: Seq(5)},
        effects=[Effect("rounds", values)],
    )
    one.apply(batch)
    with pytest.raises(ConfigurationError, match="read the same game meanwhile"):
        other.apply(batch)
    reading = other.reading()
    assert (reading.cursors, reading.heads) == ({stream: 5}, {"": batch.head})
    assert (reading.rounds, other.counts()) == ([(7, 1)], {"rounds": 1, "trades": 0})


def test_a_step_of_a_newer_build_is_refused_with_what_to_do(tmp_path: Path) -> None:
    database = ReadModelDatabase(tmp_path, "game")
    database.upgrade()
    with database.transaction() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0099'"))
    with pytest.raises(ConfigurationError, match=r"0099.*can be removed and made again"):
        database.upgrade()


@pytest.fixture
def roles(postgres: PostgresServer) -> Iterator[dict[str, str]]:
    """Run the page's lines on a database; return each role's URL."""
    page = HOW_TO.read_text(encoding="utf-8")
    (script,) = re.findall(r"<!-- roles -->\n+```sql\n(.*?)```", page, re.DOTALL)
    database = postgres.database().parts["dbname"]
    statements = script.replace("DATABASE games", f"DATABASE {database}").split(";\n")
    postgres.run(*statements, database=database)
    names = [f"itg_{service}_tables" for service in SCHEMAS]
    yield {name: postgres.text(database, user=name) for name in (*names, "itg_reader")}
    gone = ", ".join((*names, "itg_reader"))
    postgres.run(f"DROP DATABASE {database} WITH (FORCE)", f"DROP ROLE {gone}")


def test_the_page_s_roles_make_each_service_s_tables_and_read_no_other_s(
    roles: dict[str, str], data: Path
) -> None:
    for service in SCHEMAS:
        wish = ProjectionWish(to=roles[f"itg_{service}_tables"], services=(service,))
        (made,) = project(data, wish)
        assert made.events > 0
    for service in SCHEMAS:
        with psycopg.connect(roles[f"itg_{service}_tables"], autocommit=True) as session:
            for other, metadata in SCHEMAS.items():
                for table in metadata.tables:
                    acts = (f"SELECT count(*) FROM {table}", f"DELETE FROM {table} WHERE false")
                    for act in acts:
                        if other == service:
                            session.execute(act)
                        else:
                            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                                session.execute(act)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                session.execute("CREATE TABLE public.anything (number int)")
    with psycopg.connect(roles["itg_reader"], autocommit=True) as session:
        for metadata in SCHEMAS.values():
            for table in metadata.tables:
                session.execute(f"SELECT count(*) FROM {table}")
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    session.execute(f"DELETE FROM {table}")


def test_a_role_of_one_service_cannot_make_another_s_tables(
    roles: dict[str, str], data: Path
) -> None:
    wish = ProjectionWish(to=roles["itg_positions_tables"], services=("exchange",))
    with pytest.raises(ReadModelError, match="permission denied"):
        project(data, wish)
