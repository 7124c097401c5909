"""Finished games of a season folder: found, and removed once old and safely backed up."""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from secrets import token_hex
from socket import gethostname

from msgspec import Struct

from itg.compose.backup import Backup
from itg.compose.data_directory import DataDirectory
from itg.compose.journals import (
    NODES,
    assert_holds_game,
    forget_journal,
    holds_game,
    is_in_postgres,
    is_on_nodes,
    lease_in_postgres,
)
from itg.compose.manifest import BackupError, assert_whole
from itg.compose.verify import head_of_data, opened_with_rounds
from itg.game.contract import GetRounds, Rounds, RoundStatus
from itg.kernel.errors import ConfigurationError, ItgError
from itg.kernel.times import to_micros
from itg.runtime.cascade import Machine
from itg.runtime.clock import SystemClock
from itg.runtime.journal import Journal
from itg.runtime.recovery import reread

_US_PER_S = 1_000_000
_PRUNED = ".pruned"


class Kept(Struct, frozen=True):
    """A game that stays, and why."""

    data: Path
    reason: str


def games_in(folder: Path) -> list[Path]:
    """Return the data directories of a season folder, or the folder itself if it is one."""
    if holds_game(folder):
        return [folder]
    games = sorted(path for path in folder.glob("*/") if holds_game(path))
    if not games:
        assert_holds_game(folder)
    # What a backup or a restore has not finished begins with a dot.
    return [game for game in games if not game.name.startswith(".") and not _is_backup(game)]


def prune(backup: Backup, data: Path, older_than_s: float) -> Kept | None:
    """Remove a finished game that has not moved for so long; None when it is gone.

    Only if `backup`, read once more, holds its last row, and nobody plays it.
    """
    reason = next(_reasons_to_stay(backup, data, older_than_s), None)
    if reason is not None:
        return Kept(data, reason)
    try:
        remove_game(data, backup)
    except ConfigurationError:
        return Kept(data, "it is being played")
    except MovedError as error:
        return Kept(data, str(error))
    except OSError as error:
        return Kept(data, f"it is not removed whole: {error}")
    return None


class MovedError(BackupError):
    """A game went on after its backup."""


def remove_game(data: Path, backup: Backup) -> None:
    """Remove a game of which `backup`, read once more, holds the last row.

    Raises `ConfigurationError` if somebody plays it, `MovedError` if it went on after the backup,
    `BackupError` if that is not whole; then nothing is removed.
    """
    with held(data):
        if head_of(data) != backup.manifest.head_hash:
            raise MovedError("it has moved since its backup")
        assert_whole(backup.path)
        forget_journal(data)
        fading = data.with_name(f".{data.name}{_PRUNED}")
        data.replace(fading)
        shutil.rmtree(fading)


def sweep(folder: Path) -> list[Path]:
    """Finish what a removal that was cut short left of games; return what is gone."""
    left = sorted(folder.glob(f".*{_PRUNED}"))
    for path in left:
        shutil.rmtree(path)
    return left


@contextmanager
def held(data: Path) -> Iterator[None]:
    """Keep everybody, on this host and before the same database, from playing a game meanwhile.

    Raises `ConfigurationError` if somebody plays it.
    """
    places = [data, *(sorted((data / NODES).iterdir()) if is_on_nodes(data) else ())]
    with ExitStack() as held_places:
        for place in places:
            directory = DataDirectory(place)
            directory.hold()
            held_places.callback(directory.release)
        held_places.enter_context(_held_in_database(data))
        yield


@contextmanager
def _held_in_database(data: Path) -> Iterator[None]:
    if not is_in_postgres(data):
        yield
        return
    # Not renewed: who plays the game renews a lease of its own, and that is what is asked here.
    lease = lease_in_postgres(data, None, f"{gethostname()}:{os.getpid()}:{token_hex(4)}")
    try:
        if not lease.take():
            raise ConfigurationError(f"{data} is being played before the same database")
        yield
    finally:
        lease.release()


def _reasons_to_stay(backup: Backup, data: Path, older_than_s: float) -> Iterator[str]:
    manifest = backup.manifest
    idle_us = to_micros(SystemClock().wall_ns()) - manifest.last_input_us
    if data.is_symlink():
        yield "it is a link to a game, not its directory"
    if manifest.last_input_us == 0:
        yield "nothing was ever played in it"
    if idle_us < older_than_s * _US_PER_S:
        yield f"its last input is {idle_us / _US_PER_S / 86_400:.1f} days old"
    if not manifest.has_keys:
        yield "its backup is without its keys"
    try:
        is_over = _is_over(data)
    except ItgError as error:
        yield f"whether it is over cannot be told: {error}"
        return
    if not is_over:
        yield "it has a round that has not ended"


def _is_over(data: Path) -> bool:
    journal, machine = opened_with_rounds(data)
    try:
        return has_ended(journal, machine)
    finally:
        journal.close()


def has_ended(journal: Journal, machine: Machine) -> bool:
    """Tell whether every round of a game has ended; `machine` is fresh."""
    reread(journal, machine)
    rounds = machine.query(GetRounds())
    assert isinstance(rounds, Rounds)
    return all(each.status is RoundStatus.ENDED for each in rounds.rounds)


def head_of(data: Path) -> str:
    """Return the hash of a game's last row, in hexadecimal."""
    return head_of_data(data).hash.hex()


def _is_backup(path: Path) -> bool:
    return (path / "manifest.json").exists()
