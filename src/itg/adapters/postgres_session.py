"""Sessions with a PostgreSQL server in which nothing waits for ever."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import psycopg
from msgspec import MsgspecError
from psycopg.abc import RV, PQGen
from psycopg.conninfo import make_conninfo
from psycopg.pq import TransactionStatus

from itg.adapters.postgres_url import PostgresUrl
from itg.kernel.errors import ConfigurationError, JournalError

SCHEMA: Final = "journal"
# The newest migration's; a database of another one is refused.
REVISION: Final = "0003"
CONNECT_S: Final = 5
STATEMENT_MS: Final = 10_000
LONG_STATEMENT_MS: Final = 600_000
# A server that vanished without a word is noticed by the system within this time.
_GONE_MS: Final = 10_000
_LOOK_S: Final = 0.1
_CONNECTING: Final[dict[str, str]] = {
    "connect_timeout": str(CONNECT_S),
    "application_name": "itg",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": str(_GONE_MS),
}
_SESSION: Final = """
SELECT set_config('statement_timeout', %s, false),
    set_config('lock_timeout', %s, false),
    set_config('idle_in_transaction_session_timeout', %s, false),
    set_config('default_transaction_isolation', 'read committed', false),
    set_config('default_transaction_read_only', %s, false),
    set_config('client_encoding', 'UTF8', false)
"""
_REVISIONS: Final = f"SELECT version_num FROM {SCHEMA}.alembic_version"  # noqa: S608


class Session(psycopg.Connection):
    """A connection that is closed when the server does not answer in time.

    The server bounds a statement itself while it runs; this is for one that is stopped.
    """

    patience_s = STATEMENT_MS / 1_000 + 5.0

    def wait(self, gen: PQGen[RV], interval: float = _LOOK_S, timeout: float | None = None) -> RV:
        try:
            return super().wait(gen, interval, self.patience_s if timeout is None else timeout)
        except psycopg.OperationalError:
            # Still at it: what the answer would be, and whether it comes, is not known.
            if self.info.transaction_status is TransactionStatus.ACTIVE:
                self.close()
            raise


def connect(url: PostgresUrl, *, read_only: bool = False) -> Session:
    """Return a session that commits each statement and bounds it in time. Raises psycopg's."""
    place = make_conninfo("", **{**_CONNECTING, **url.parts})
    session = Session.connect(place, autocommit=True)
    bound = str(STATEMENT_MS)
    try:
        session.execute(_SESSION, (bound, bound, bound, "on" if read_only else "off"))
    except BaseException:
        session.close()
        raise
    return session


class ReadSession:
    """A session that only reads, connected anew where it was lost: reading again does no harm."""

    def __init__(self, url: PostgresUrl) -> None:
        self._url = url
        self._session = connect(url, read_only=True)
        self._is_closed = False

    def execute(
        self, query: str, values: Sequence[object] = (), *, binary: bool = False
    ) -> psycopg.Cursor:
        """Return what a query finds. Raises psycopg's."""
        try:
            return self._session.execute(query, values, binary=binary)
        except psycopg.OperationalError:
            if self._is_closed or not self._session.closed:
                raise
            self._session = connect(self._url, read_only=True)
            return self._session.execute(query, values, binary=binary)

    def close(self) -> None:
        """Let the session go; again does nothing."""
        self._is_closed = True
        self._session.close()


@contextmanager
def long_transaction(session: Session) -> Iterator[None]:
    """Do things together or not at all that may take longer than an order could wait."""
    usual_s, session.patience_s = session.patience_s, LONG_STATEMENT_MS / 1_000 + 5.0
    try:
        with session.transaction():
            bound = (str(LONG_STATEMENT_MS),)
            session.execute("SELECT set_config('statement_timeout', %s, true)", bound)
            yield
    finally:
        session.patience_s = usual_s


def assert_migrated(session: psycopg.Connection | ReadSession, url: PostgresUrl) -> None:
    """Raise `ConfigurationError` unless the tables are those of this build."""
    cure = "run `itg db upgrade` with the role that owns them"
    try:
        found = [row[0] for row in session.execute(_REVISIONS).fetchall()]
    except (psycopg.errors.UndefinedTable, psycopg.errors.InvalidSchemaName):
        found = []
    if not found:
        raise ConfigurationError(f"{url} has no tables of a journal: {cure}")
    if found != [REVISION]:
        raise ConfigurationError(
            f"{url} has tables of revision {', '.join(found)}, this build needs {REVISION}: {cure}"
        )


def assert_durable(session: psycopg.Connection, url: PostgresUrl) -> None:
    """Raise `JournalError` unless a commit that returns is on the server's disk."""
    for setting, cure in (
        ("synchronous_commit", "ALTER ROLE … SET synchronous_commit = on"),
        ("fsync", "set fsync = on in postgresql.conf"),
    ):
        row = session.execute("SELECT current_setting(%s)", (setting,)).fetchone()
        if row is None or row[0] == "off":
            raise JournalError(
                f"{url} says {setting} is off: acknowledgements would not be durable; {cure}"
            )


@contextmanager
def failing(operation: str, url: PostgresUrl) -> Iterator[None]:
    """Tell a fault of the database as a `JournalError` in which no password stands."""
    try:
        yield
    except (psycopg.Error, MsgspecError) as error:
        # Not `from error`: a traceback prints the cause's own words, unmasked.
        detail = " ".join(str(error).split()) or type(error).__name__
        raise JournalError(url.masked(f"cannot {operation}: {detail}")) from None
