"""Copies that are on disk when the call returns: of a live SQLite database, of files, of names."""

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path

from itg.adapters.private_files import make_file
from itg.kernel.errors import JournalError

CHUNK_BYTES = 1024 * 1024


def copy_database(source: Path, target: Path) -> None:
    """Copy a database as of one instant, its writer going on meanwhile; the copy is one file.

    SQLite's online backup in one step: it reads under one snapshot of the write-ahead log and never
    makes the writer wait. Raises `JournalError`.
    """
    make_file(target)
    with (
        _failing(f"copy {source}"),
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True)) as live,
        closing(sqlite3.connect(target, isolation_level=None)) as copy,
    ):
        live.backup(copy)
        fold_log(copy)
    sync(target)


def fold_log(connection: sqlite3.Connection) -> None:
    """Bring a database's write-ahead log into its file, so that the file is all there is."""
    mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
    if mode != "delete":
        raise sqlite3.OperationalError(f"journal_mode is {mode}, somebody else has it open")


def fold_database(path: Path) -> None:
    """Do the same for a database nobody has open, and sync it. Raises `JournalError`."""
    with _failing(f"fold {path}"), closing(sqlite3.connect(path, isolation_level=None)) as own:
        fold_log(own)
    sync(path)


def copy_file(source: Path, target: Path) -> None:
    """Copy a file's bytes; nobody but the owner can read the copy at any time."""
    make_file(target)
    shutil.copyfile(source, target)
    sync(target)


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file's bytes, in hexadecimal."""
    digest = sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def sync(path: Path) -> None:
    """Wait until a file's content, or a directory's names, are on disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish_directory(draft: Path, name: Path) -> None:
    """Give a finished directory its name, at once and for good; an empty one there is replaced."""
    for directory in [draft, *(path for path in draft.rglob("*") if path.is_dir())]:
        sync(directory)
    draft.replace(name)
    sync(name.parent)


@contextmanager
def _failing(operation: str) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise JournalError(f"cannot {operation}: {error}") from error
