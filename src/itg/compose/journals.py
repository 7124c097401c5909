"""Which journal a data directory's game has, and its way there: every reader and writer asks here.

A game in SQLite has its database in the directory. A game in PostgreSQL has a file that names it
there; the server's URL, with its password, stays in the environment.
"""

import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from itg.adapters.file_copies import sync
from itg.adapters.postgres_url import PostgresUrl
from itg.adapters.private_files import make_directory
from itg.adapters.sqlite_journal import DATABASE, SqliteJournal
from itg.kernel.errors import ConfigurationError
from itg.runtime.journal import Journal

if TYPE_CHECKING:
    from itg.adapters.postgres_journal import PostgresJournal
    from itg.adapters.postgres_lease import PostgresLease

POSTGRES_VARIABLE: Final = "ITG_POSTGRES"
GAME_FILE: Final = "journal.postgres"
NODES: Final = "nodes"  # the folder with a directory for each node, where there are several
EXTRA_MISSING: Final = (
    "a journal in PostgreSQL needs the extra services: `make extras` in a clone, or pip install "
    "'intern-trading-game[services]'"
)
_OTHER_SIGNS: Final = re.compile(r"[^A-Za-z0-9_.-]+")


def holds_game(data: Path) -> bool:
    """Tell whether a directory is a game's data."""
    return (data / DATABASE).exists() or (data / GAME_FILE).exists() or is_on_nodes(data)


def is_on_nodes(data: Path) -> bool:
    """Tell whether a directory's game is played on several nodes, each with a journal there."""
    return (data / NODES).is_dir()


def is_in_postgres(data: Path) -> bool:
    """Tell whether a directory's game has its journal in PostgreSQL."""
    return (data / GAME_FILE).exists()


def assert_holds_game(data: Path) -> None:
    """Raise `ConfigurationError` unless a directory is a game's data."""
    if not holds_game(data):
        raise ConfigurationError(
            f"{data} holds no game: there is no {DATABASE}, no {GAME_FILE} and no {NODES} in it"
        )


def open_journal(
    data: Path, postgres: PostgresUrl | None = None, *, unsafe: bool = False
) -> Journal:
    """Return the journal of a data directory's game, made if there is none.

    A new game is made in `postgres` if that is given, else in SQLite. A game that is in PostgreSQL
    already is found without it too, if the environment has the URL. Raises `ConfigurationError`
    where the game is elsewhere.
    """
    if is_on_nodes(data):
        raise ConfigurationError(
            f"{data} holds a game that is played on several nodes: go on with "
            f"`itg up --data {data} --topology` and the topology it was begun with"
        )
    if postgres is None and not is_in_postgres(data):
        return SqliteJournal(data, unsafe=unsafe)
    if (data / DATABASE).exists():
        raise ConfigurationError(
            f"{data} holds a game in SQLite: leave {POSTGRES_VARIABLE} and --postgres out, or move "
            "it by `itg backup` and `itg restore --into-postgres`"
        )
    url = postgres or postgres_of_environment(data)
    if not is_in_postgres(data):
        _begin(data, url)
    return _driver().journal(url, game_in_postgres(data), unsafe=unsafe)


def lease_in_postgres(data: Path, postgres: PostgresUrl | None, owner: str) -> "PostgresLease":
    """Return the lease of a directory's game, which is in PostgreSQL."""
    from itg.adapters.postgres_lease import PostgresLease  # noqa: PLC0415 - an extra

    return PostgresLease(postgres or postgres_of_environment(data), game_in_postgres(data), owner)


def move_to_postgres(data: Path, url: PostgresUrl) -> None:
    """Move the journal of a directory that nobody plays from SQLite to PostgreSQL.

    The file goes once the database has everything in it.
    """
    source = SqliteJournal(data)
    game = _fresh_name(data)
    try:
        _driver().begin_game(url, game)
        target = _driver().journal(url, game)
        try:
            target.receive(source)
        finally:
            target.close()
    finally:
        source.close()
    _write_name(data, game)
    for path in (*data.glob(f"{DATABASE}*"), *data.glob("*.snapshot")):
        path.unlink()
    sync(data)


def postgres_url(text: str | None) -> PostgresUrl | None:
    """Return what a URL's text names, None for none."""
    return PostgresUrl(text) if text else None


def forget_journal(data: Path) -> None:
    """Remove what a directory's game has outside of the directory."""
    if is_in_postgres(data):
        _driver().forget_game(postgres_of_environment(data), game_in_postgres(data))


def game_in_postgres(data: Path) -> str:
    """Return the name of a directory's game in its database."""
    return (data / GAME_FILE).read_text(encoding="utf-8").strip()


def postgres_of_environment(data: Path) -> PostgresUrl:
    """Return the URL in the environment; `ConfigurationError` says which data need it."""
    text = os.environ.get(POSTGRES_VARIABLE)
    if not text:
        name = f" as {game_in_postgres(data)}" if is_in_postgres(data) else ""
        raise ConfigurationError(
            f"the journal of {data} is in PostgreSQL{name}: give the URL in the environment "
            f"variable {POSTGRES_VARIABLE}"
        )
    return PostgresUrl(text)


def _begin(data: Path, url: PostgresUrl) -> None:
    # The database first: a name without a game would look like the wrong database.
    game = _fresh_name(data)
    _driver().begin_game(url, game)
    make_directory(data)
    _write_name(data, game)


def _fresh_name(data: Path) -> str:
    # Two directories of one name, on two machines, are two games.
    place = data.absolute()
    called = place.name
    if place.parent.name == NODES:
        called = f"{place.parent.parent.name}-{called}"
    name = _OTHER_SIGNS.sub("-", called)
    return f"{name}-{secrets.token_hex(4)}"


def _write_name(data: Path, game: str) -> None:
    part = data / f"{GAME_FILE}.part"
    part.write_text(f"{game}\n", encoding="utf-8")
    sync(part)
    part.replace(data / GAME_FILE)
    sync(data)


class _Driver(NamedTuple):
    journal: "type[PostgresJournal]"
    begin_game: Callable[[PostgresUrl, str], None]
    forget_game: Callable[[PostgresUrl, str], None]


def _driver() -> _Driver:
    try:
        from itg.adapters.postgres_journal import (  # noqa: PLC0415 - an extra
            PostgresJournal,
            begin_game,
            forget_game,
        )
    except ImportError as error:
        raise ConfigurationError(EXTRA_MISSING) from error
    return _Driver(PostgresJournal, begin_game, forget_game)
