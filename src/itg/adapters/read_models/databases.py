"""Where a service's read model is, and which step its tables are at.

In SQLite each service has a file of its own in one folder; in PostgreSQL a schema of its own, for
which a role is enough that may read no other.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import Final

import psycopg
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, Engine, MetaData, create_engine, event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import NullPool

from itg.adapters.postgres_session import LONG_STATEMENT_MS, connect
from itg.adapters.postgres_url import PostgresUrl
from itg.adapters.read_models.tables import SCHEMAS
from itg.kernel.errors import ConfigurationError, ItgError

NEWEST: Final = "head"
_SCRIPTS: Final = Path(__file__).parent / "migrations"
_BUSY_S: Final = 10.0
_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtext(:name))")
_HAS_SCHEMA: Final = text("SELECT 1 FROM pg_namespace WHERE nspname = :name")

Place = Path | PostgresUrl


class ReadModelError(ItgError):
    """A database of a read model failed."""


class ReadModelDatabase:
    """One service's tables at a place: a folder of SQLite files, or a PostgreSQL database."""

    def __init__(self, place: Place, service: str) -> None:
        self.service = service
        self.metadata: MetaData = SCHEMAS[service]
        self._place = place
        self._is_sqlite = isinstance(place, Path)
        self._engine = _sqlite(place, service) if isinstance(place, Path) else _postgres(place)

    @property
    def schema(self) -> str | None:
        """Return the schema its tables stand in, None in a file."""
        return None if self._is_sqlite else self.service

    def __str__(self) -> str:
        if isinstance(self._place, Path):
            return str(self._place / f"{self.service}.sqlite")
        return f"{self._place}, schema {self.service}"

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Do things together or not at all. Raises `ReadModelError` without any password."""
        schemas: dict[str | None, str | None] = {self.service: self.schema}
        try:
            with self._engine.begin() as session:
                yield session.execution_options(schema_translate_map=schemas)
        except (DBAPIError, psycopg.Error) as error:
            cause = error.orig if isinstance(error, DBAPIError) else error
            detail = " ".join(str(cause).split()) or type(cause).__name__
            told = f"{self}: {detail}"
            if isinstance(self._place, PostgresUrl):
                told = self._place.masked(told)
            raise ReadModelError(told) from None

    def upgrade(self, revision: str = NEWEST) -> str:
        """Make the tables or bring them up to a revision; return the one they are at then."""
        with self.transaction() as session:
            if not self._is_sqlite:
                self._make_schema(session)
            self._run(session, command.upgrade, revision)
            return self._revision(session)

    def downgrade(self, revision: str) -> str:
        """Bring the tables down to a revision, `base`: none; return the one they are at then."""
        with self.transaction() as session:
            self._run(session, command.downgrade, revision)
            return self._revision(session)

    def take_turns(self, session: Connection) -> None:
        """Let no other transaction on this service's tables go on before this one has ended."""
        if not self._is_sqlite:  # there only one writes anyway
            session.execute(_LOCK, {"name": f"itg read model {self.service}"})

    def _make_schema(self, session: Connection) -> None:
        self.take_turns(session)
        if session.execute(_HAS_SCHEMA, {"name": self.service}).first() is None:
            session.execute(text(f"CREATE SCHEMA {self.service}"))

    def _run(self, session: Connection, step: Callable[[Config, str], None], revision: str) -> None:
        config = self._config()
        config.attributes.update(connection=session, metadata=self.metadata, schema=self.schema)
        try:
            step(config, revision)
        except CommandError as error:
            raise ConfigurationError(
                f"{self}: {error}; tables of a newer build can be removed and made again"
            ) from error

    def _config(self) -> Config:
        config = Config(stdout=StringIO())
        steps = _SCRIPTS / self.service
        config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
        config.set_main_option("version_locations", str(steps).replace("%", "%%"))
        config.set_main_option("path_separator", "newline")
        return config

    def _revision(self, session: Connection) -> str:
        table = "alembic_version" if self.schema is None else f"{self.schema}.alembic_version"
        query = text(f"SELECT version_num FROM {table}")  # noqa: S608
        return session.execute(query).scalar_one_or_none() or ""


def _sqlite(folder: Path, service: str) -> Engine:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{service}.sqlite"

    def made() -> sqlite3.Connection:
        # The driver begins transactions late and ends them early: tables would be made outside.
        return sqlite3.connect(file, timeout=_BUSY_S, isolation_level=None)

    engine = create_engine("sqlite://", creator=made, poolclass=NullPool)
    event.listen(engine, "begin", _begin)
    return engine


def _begin(session: Connection) -> None:
    session.exec_driver_sql("BEGIN IMMEDIATE")


def _postgres(url: PostgresUrl) -> Engine:
    def made() -> psycopg.Connection:
        session = connect(url)
        session.set_autocommit(False)
        session.patience_s = LONG_STATEMENT_MS / 1_000
        bound = str(LONG_STATEMENT_MS)
        session.execute("SELECT set_config('statement_timeout', %s, false)", (bound,))
        session.commit()
        return session

    # Made by a function: no URL, and so no password, is ever SQLAlchemy's to print.
    return create_engine("postgresql+psycopg://", creator=made, poolclass=NullPool)
