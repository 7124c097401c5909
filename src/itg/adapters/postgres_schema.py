"""Bring a database to a revision of the journal's tables, and tell which one it is at."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Final

import psycopg
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from msgspec import Struct
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from itg.adapters.postgres_session import LONG_STATEMENT_MS, SCHEMA, connect, failing
from itg.adapters.postgres_url import PostgresUrl
from itg.kernel.errors import ConfigurationError, JournalError

NEWEST: Final = "head"
_SCRIPTS: Final = Path(__file__).parent / "migrations"
_HAS_SCHEMA: Final = text("SELECT 1 FROM pg_namespace WHERE nspname = :name")
_HAS_TABLE: Final = text("SELECT to_regclass(:name) IS NOT NULL")
_GAMES: Final = text(
    f"SELECT game, epoch, coalesce((SELECT max(last_seq) FROM {SCHEMA}.batch b "  # noqa: S608
    f"WHERE b.game = g.game), 0) FROM {SCHEMA}.game g ORDER BY game"
)


class GameThere(Struct, frozen=True):
    """A game in a database: how many writers it had and its last number."""

    game: str
    epoch: int
    last_seq: int


class Standing(Struct, frozen=True):
    """Where a database stands; `revision` is empty where there are no tables."""

    revision: str
    games: list[GameThere]


def upgrade(url: PostgresUrl, revision: str = NEWEST) -> Standing:
    """Bring a database up to a revision, all steps or none, and return where it stands then."""
    with _session(url, "upgrade") as session:
        if session.execute(_HAS_SCHEMA, {"name": SCHEMA}).first() is None:
            session.execute(text(f"CREATE SCHEMA {SCHEMA}"))
        _run(session, command.upgrade, revision)
        return _standing(session)


def downgrade(url: PostgresUrl, revision: str) -> Standing:
    """Bring a database down to a revision, all steps or none.

    Every row stays readable to the build of that revision. Raises `ConfigurationError` where games
    would be lost: down to nothing only without any.
    """
    with _session(url, "downgrade") as session:
        _run(session, command.downgrade, revision)
        return _standing(session)


def standing(url: PostgresUrl) -> Standing:
    """Return which revision a database is at and which games it holds."""
    with _session(url, "look at") as session:
        return _standing(session)


@contextmanager
def _session(url: PostgresUrl, operation: str) -> Iterator[Connection]:
    def made() -> psycopg.Connection:
        session = connect(url)
        # SQLAlchemy begins and ends transactions itself.
        session.set_autocommit(False)
        session.patience_s = LONG_STATEMENT_MS / 1_000
        bound = (str(LONG_STATEMENT_MS),)
        session.execute("SELECT set_config('statement_timeout', %s, false)", bound)
        session.commit()
        return session

    # Made by a function: no URL, and so no password, is ever SQLAlchemy's to print.
    engine = create_engine("postgresql+psycopg://", creator=made, poolclass=NullPool)
    with failing(f"{operation} {url}", url):
        try:
            with engine.begin() as session:
                yield session
        except DBAPIError as error:
            detail = " ".join(str(error.orig).split())
            raise JournalError(url.masked(f"cannot {operation} {url}: {detail}")) from None


def _run(session: Connection, step: Callable[[Config, str], None], revision: str) -> None:
    # Two at once take turns; the lock ends with the transaction.
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:name))"), {"name": SCHEMA})
    config = Config(stdout=StringIO())
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = session
    try:
        step(config, revision)
    except CommandError as error:
        raise ConfigurationError(f"--to {revision}: {error}") from error


def _standing(session: Connection) -> Standing:
    name = {"name": f"{SCHEMA}.alembic_version"}
    if not session.execute(_HAS_TABLE, name).scalar_one():
        return Standing("", [])
    query = text(f"SELECT version_num FROM {SCHEMA}.alembic_version")  # noqa: S608
    revision = session.execute(query).scalar_one_or_none()
    if revision is None:
        return Standing("", [])
    games = [GameThere(*row) for row in session.execute(_GAMES)]
    return Standing(revision, games)
