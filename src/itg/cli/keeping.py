"""`itg backup` and `itg restore`: copies of a game, made, thinned out, and brought back."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct, json

from itg.cli import exits
from itg.cli.consoles import waiting
from itg.compose.backup import Backup, Wish, back_up, default_place, keep_newest
from itg.compose.journals import (
    game_in_postgres,
    move_to_postgres,
    postgres_of_environment,
)
from itg.compose.manifest import Manifest
from itg.compose.restore import bring_back, replayed
from itg.compose.retention import games_in, prune
from itg.kernel.errors import ConfigurationError, ItgError, JournalError
from itg.runtime.recovery import VerifyReport


class BackupWish(Struct, frozen=True, kw_only=True):
    """What was asked for on the command line; times in seconds, None: not at all."""

    data: Path
    to: Path | None
    keys: bool
    verify: bool
    keep: int | None
    every_s: float | None
    prune_older_than_s: float | None
    as_json: bool


class RestoreTarget(Struct, frozen=True, kw_only=True):
    """Where a game is brought back to: a directory, and PostgreSQL for its journal if so asked."""

    path: Path
    into_postgres: bool = False


class BackupDone(Struct, frozen=True, kw_only=True):
    """What became of one game."""

    path: str
    manifest: Manifest
    dropped: list[str]  # earlier backups that are no longer kept
    pruned: bool = False
    stays: str = ""  # why the game was not pruned, where that was asked for


def show_backup(wish: BackupWish) -> int:
    """Back up once, or again and again until interrupted; 1 if one of them failed."""
    if wish.every_s is None:
        return _round(wish)
    while True:
        # A failure is told each time and stops nothing: the disk may have room tomorrow.
        _round(wish)
        time.sleep(wish.every_s)


def show_restore(backup: Path, target: RestoreTarget, *, verify: bool, as_json: bool) -> int:
    """Bring a backup back; 1 if it is not whole or does not replay."""
    to = target.path
    try:
        manifest = _brought_back(backup, target)
        report = _replayed(to, manifest) if verify else None
    except ConfigurationError:
        raise
    except _NotMovedError as error:
        return _failed(str(error))
    except ItgError as error:
        return _failed(f"{error}; use another backup")
    if as_json:
        print(json.format(json.encode({"manifest": manifest, "replay": report})).decode())
    else:
        print(f"restored      {to}")
        if target.into_postgres:
            print(f"journal       in PostgreSQL, as {game_in_postgres(to)}")
        print(f"as of         {manifest.made_at}, seq {manifest.head_seq:,}")
        print(f"journal head  {manifest.head_hash}")
        print(f"files         {len(manifest.files)}, every SHA-256 as in the manifest")
        if not manifest.has_keys:
            print("keys          left out: put *.key and *.code back before you start it")
    if report is None:
        return exits.DONE
    if not report.is_equal:
        return _failed(f"the restored journal does not replay: {report.difference}")
    if not as_json:
        print(f"state hash    {report.state_hash}")
        print(
            f"{report.inputs:,} inputs replay to the recorded outputs; a restart comes to that too"
        )
    return exits.DONE


class _NotMovedError(ItgError):
    """The backup is whole and brought back; the database did not take its journal."""


def _replayed(data: Path, manifest: Manifest) -> VerifyReport:
    with waiting("replaying every input from the first …"):
        return replayed(data, manifest)


def _brought_back(backup: Path, target: RestoreTarget) -> Manifest:
    if not target.into_postgres:
        return bring_back(backup, target.path)
    url = postgres_of_environment(target.path)  # before anything is written
    manifest = bring_back(backup, target.path)
    try:
        move_to_postgres(target.path, url)
    except JournalError as error:
        raise _NotMovedError(
            f"{error}; the game is in {target.path}, with its journal in SQLite"
        ) from error
    return manifest


def _round(wish: BackupWish) -> int:
    done: list[BackupDone] = []
    code = exits.DONE
    for data in games_in(wish.data):
        try:
            done.append(_one(data, wish))
        except ConfigurationError:
            raise
        except ItgError as error:
            code = _failed(f"{data} is not backed up: {error}")
    if wish.as_json:
        print(json.format(json.encode(done)).decode(), flush=True)
    else:
        for each in done:
            _tell(each)
    return code


def _one(data: Path, wish: BackupWish) -> BackupDone:
    to = wish.to or default_place(data)
    with waiting(f"backing up {data} …"):
        backup = back_up(data, Wish(to=to, keys=wish.keys, verify=wish.verify))
    game = backup.manifest.game
    dropped = [] if wish.keep is None else keep_newest(game, to, wish.keep)
    stays, pruned = _pruned(backup, data, wish.prune_older_than_s)
    return BackupDone(
        path=str(backup.path),
        manifest=backup.manifest,
        dropped=[str(path) for path in dropped],
        pruned=pruned,
        stays=stays,
    )


def _pruned(backup: Backup, data: Path, older_than_s: float | None) -> tuple[str, bool]:
    if older_than_s is None:
        return "", False
    kept = prune(backup, data, older_than_s)
    return ("", True) if kept is None else (kept.reason, False)


def _tell(done: BackupDone) -> None:
    manifest = done.manifest
    length = sum(entry.length for entry in manifest.files)
    say: Callable[[str], None] = lambda line: print(line, flush=True)  # noqa: E731
    say(f"backup        {done.path}")
    say(f"as of         {manifest.made_at}, seq {manifest.head_seq:,}")
    say(f"journal head  {manifest.head_hash}")
    say(f"files         {len(manifest.files)}, {length / 1e6:,.1f} MB, read back and compared")
    if manifest.state_hash:
        say(f"state hash    {manifest.state_hash}, every input replayed")
    for path in done.dropped:
        say(f"dropped       {path}")
    if done.pruned:
        say("pruned        the game's directory: it is finished and this backup holds it")
    elif done.stays:
        say(f"not pruned    {done.stays}")


def _failed(message: str) -> int:
    print(f"itg: {message}", file=sys.stderr, flush=True)
    return exits.FAILED
