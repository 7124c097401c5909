"""Copy a game's data directory while it is played.

A backup is a directory that appears under its name only once every byte of it is on disk and was
read back. Snapshots are copied before the journal, so that none lies beyond the journal's end.
"""

import re
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from itg import __version__
from itg.adapters.directory_lock import LOCK_FILE
from itg.adapters.file_copies import (
    copy_database,
    copy_file,
    fold_database,
    publish_directory,
    sync,
)
from itg.adapters.private_files import OWNER_DIRECTORY
from itg.adapters.sqlite_journal import DATABASE, SqliteJournal
from itg.compose.data_directory import BROKER, FLEET_FILE
from itg.compose.journals import (
    GAME_FILE,
    NODES,
    assert_holds_game,
    is_in_postgres,
    is_on_nodes,
    open_journal,
)
from itg.compose.manifest import (
    BackupError,
    Manifest,
    NodeEnd,
    Verified,
    assert_whole,
    kept_file,
    write_manifest,
)
from itg.compose.nodes_backup import copy_nodes, ends_of
from itg.compose.nodes_read import layout_in, node_directory, nodes_head
from itg.compose.topologies import CHIEF
from itg.compose.verify import prove_data
from itg.kernel.errors import ConfigurationError
from itg.kernel.times import to_micros
from itg.runtime.clock import SystemClock
from itg.runtime.journal import FROM_START, EpochStart, Head, checked_rows

_STAMP = "%Y%m%dT%H%M%S.%fZ"
_STAMPED = r"_\d{8}T\d{6}\.\d{6}Z"
# The database's own log comes with the copy; the rest is of the process that plays, or half made.
_LEFT_OUT = frozenset({DATABASE, f"{DATABASE}-wal", f"{DATABASE}-shm", GAME_FILE, LOCK_FILE})
# Who runs now, and what the broker keeps: it is filled again from the journals.
_OF_PROCESSES = frozenset({FLEET_FILE})
_UNFINISHED = (".part", ".draft")
_KEYS = (".key", ".code")


class UnequalReplayError(BackupError):
    """A copy is whole, and its replay does not come to what was recorded."""


class Backup(Struct, frozen=True):
    """A finished backup: where it lies and what it holds."""

    path: Path
    manifest: Manifest


class Wish(Struct, frozen=True, kw_only=True):
    """How to back up: where to, with the keys or without, replayed from the first input or not."""

    to: Path
    keys: bool = True
    verify: bool = False


def default_place(data: Path) -> Path:
    """Return where a data directory's backups go unless told otherwise: beside it."""
    data = data.absolute()
    return data.with_name(f"{data.name}.backups")


def back_up(data: Path, wish: Wish) -> Backup:
    """Copy a data directory, played or not, and return the copy, read back and compared.

    Raises `BackupError` or `JournalError`, leaving what was there before and nothing else.
    """
    data, to = data.absolute(), wish.to.absolute()
    assert_holds_game(data)
    if to == data or data in to.parents:
        raise ConfigurationError(f"--to {to} lies in the data itself; name a place outside")
    made_us = to_micros(SystemClock().wall_ns())
    made_at = datetime.fromtimestamp(made_us / 1_000_000, UTC)
    name = f"{data.name}_{made_at.strftime(_STAMP)}"
    draft = _begun(data, to, name)
    try:
        manifest = _filled(data, draft, wish, made_us)
        publish_directory(draft, to / name)
    except OSError as error:
        raise BackupError(f"cannot back up {data} to {to}: {error}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    assert_whole(to / name)
    return Backup(to / name, manifest)


def _begun(data: Path, to: Path, name: str) -> Path:
    # Apart from what follows, which removes the draft if it fails: this one may be another's.
    draft = to / f".{name}.part"
    try:
        to.mkdir(parents=True, exist_ok=True)
        draft.mkdir(mode=OWNER_DIRECTORY)
    except OSError as error:
        raise BackupError(f"cannot back up {data} to {to}: {error}") from error
    return draft


def backups_of(game: str, to: Path) -> list[Path]:
    """Return a game's finished backups, oldest first; `game` is its data directory's name."""
    pattern = re.compile(re.escape(game) + _STAMPED)
    found = to.iterdir() if to.is_dir() else ()
    return sorted(path for path in found if path.is_dir() and pattern.fullmatch(path.name))


def keep_newest(game: str, to: Path, keep: int) -> list[Path]:
    """Remove a game's backups but for the newest `keep`; return those removed.

    The newest is read again first: `BackupError`, and nothing is removed, unless it is whole. The
    same where one cannot be removed.
    """
    assert keep > 0, "one at least is kept"
    found = backups_of(game, to)
    if found:
        assert_whole(found[-1])
    for path in found[:-keep]:
        _remove(path)
    return found[:-keep]


def _filled(data: Path, draft: Path, wish: Wish, made_us: int) -> Manifest:
    before = ends_of(data) if is_on_nodes(data) else {}
    copied = [
        name
        for name in _files_in(data)
        if wish.keys or not _is_key(name)
        if _is_copied(data, draft, name)
    ]
    if before:
        copied += copy_nodes(data, draft, before)
    elif is_in_postgres(data):
        copied += _copied_rows(data, draft)
    else:
        copy_database(data / DATABASE, draft / DATABASE)
    manifest = _described(draft, data.name, wish, made_us)
    files = []
    for place in _journals_in(draft).values():
        fold_database(place / DATABASE)
        name = (place / DATABASE).relative_to(draft).as_posix()
        files.append(kept_file(draft, name))
    files += [
        kept_file(draft, name)
        for name in copied
        if (draft / name).exists()  # or it was a snapshot of what is cut
    ]
    manifest = replace(manifest, files=files)
    write_manifest(draft, manifest)
    return manifest


def _copied_rows(data: Path, draft: Path) -> list[str]:
    # The copy is a journal in SQLite, whatever the game plays on: it is restored to either.
    source, target = open_journal(data), SqliteJournal(draft)
    try:
        target.receive(source)
    finally:
        source.close()
        target.close()
    return [path.name for path in sorted(draft.glob("*.snapshot"))]


def _described(draft: Path, game: str, wish: Wish, made_us: int) -> Manifest:
    last_ns, epochs, ends = 0, list[EpochStart](), dict[str, Head]()
    for name, place in _journals_in(draft).items():
        journal = SqliteJournal(place)
        try:
            # Row by row: what was copied is whole from the first to the last, or is no backup.
            for batch in checked_rows(journal, FROM_START):
                last_ns = max(last_ns, batch.ts_ns)
            ends[name], epochs = journal.head(), list(journal.epochs())
            for snapshot in journal.snapshots():
                if journal.hash_at(snapshot.seq) is None:
                    raise BackupError(
                        f"the snapshot at seq {snapshot.seq} is of no row of the journal"
                    )
        finally:
            journal.close()
    on_nodes = is_on_nodes(draft)
    head = nodes_head(ends) if on_nodes else ends[""]
    verified = _verified(draft, game) if wish.verify and epochs else None
    header = epochs[-1].header if epochs else None
    made_at = datetime.fromtimestamp(made_us / 1_000_000, UTC)
    return Manifest(
        game=game,
        made_at=made_at.isoformat(timespec="milliseconds"),
        made_us=made_us,
        head_seq=head.seq,
        head_hash=head.hash.hex(),
        last_input_us=to_micros(last_ns),
        scenario_hash="" if header is None else header.scenario_hash,
        build="" if header is None else header.code_fingerprint,
        version=__version__,
        has_keys=wish.keys,
        state_hash="" if verified is None else verified.state_hash,
        verified=verified,
        nodes=[
            NodeEnd(node=name, head_seq=end.seq, head_hash=end.hash.hex())
            for name, end in ends.items()
            if on_nodes
        ],
        files=[],
    )


def _journals_in(place: Path) -> dict[str, Path]:
    # The chief's is the last: a game's header is as good as any, and its build the chief's.
    if not is_on_nodes(place):
        return {"": place}
    names = sorted(layout_in(place), key=lambda name: name == CHIEF)
    return {name: node_directory(place, name) for name in names}


def _verified(draft: Path, game: str) -> Verified:
    report = prove_data(draft)
    if not report.is_equal:
        raise UnequalReplayError(f"the journal of {game} does not replay: {report.difference}")
    return Verified(
        at_us=to_micros(SystemClock().wall_ns()),
        inputs=report.inputs,
        head_hash=report.head_hash,
        state_hash=report.state_hash,
    )


def _files_in(data: Path) -> Iterator[str]:
    for path in sorted(data.rglob("*")):
        name = path.relative_to(data).as_posix()
        if path.is_file() and not _is_left_out(name) and path.suffix not in _UNFINISHED:
            yield name


def _is_left_out(name: str) -> bool:
    folder, _, rest = name.partition("/")
    if folder == NODES:
        rest = rest.partition("/")[2]
    return name in _OF_PROCESSES or folder == BROKER or (rest or name) in _LEFT_OUT


def _is_key(name: str) -> bool:
    return name.endswith(_KEYS)


def _is_copied(data: Path, draft: Path, name: str) -> bool:
    target = draft / name
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        copy_file(data / name, target)
    except FileNotFoundError:
        # The game keeps its newest three snapshots and has just dropped this one.
        target.unlink(missing_ok=True)
        return False
    return True


def _remove(path: Path) -> None:
    # Under another name first: half a backup must not be taken for one.
    fading = path.with_name(f".{path.name}.part")
    try:
        path.replace(fading)
        sync(path.parent)
        shutil.rmtree(fading)
    except OSError as error:
        raise BackupError(f"{path.name} is not removed: {error}") from error
