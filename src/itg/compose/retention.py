"""Finished games of a season folder: found, and removed once old and safely backed up."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from itg.compose.backup import Backup
from itg.compose.data_directory import DataDirectory
from itg.compose.journals import assert_holds_game, forget_journal, holds_game
from itg.compose.manifest import assert_whole
from itg.compose.verify import machine_of, opened_for_reading
from itg.game.contract import GetRounds, Rounds, RoundStatus
from itg.kernel.errors import ConfigurationError, ItgError
from itg.kernel.times import to_micros
from itg.runtime.clock import SystemClock
from itg.runtime.recovery import reread

_US_PER_S = 1_000_000


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
    directory = DataDirectory(data)
    try:
        directory.hold()
    except ConfigurationError:
        return Kept(data, "it is being played")
    try:
        if _head_of(data) != backup.manifest.head_hash:
            return Kept(data, "it has moved since its backup")
        assert_whole(backup.path)
        forget_journal(data)
        fading = data.with_name(f".{data.name}.pruned")
        data.replace(fading)
        shutil.rmtree(fading)
    finally:
        directory.release()
    return None


def _reasons_to_stay(backup: Backup, data: Path, older_than_s: float) -> Iterator[str]:
    manifest = backup.manifest
    idle_us = to_micros(SystemClock().wall_ns()) - manifest.last_input_us
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
    journal = opened_for_reading(data)
    try:
        machine = machine_of(journal)
        reread(journal, machine)
        rounds = machine.query(GetRounds())
    finally:
        journal.close()
    assert isinstance(rounds, Rounds)
    return all(each.status is RoundStatus.ENDED for each in rounds.rounds)


def _head_of(data: Path) -> str:
    journal = opened_for_reading(data)
    try:
        return journal.head().hash.hex()
    finally:
        journal.close()


def _is_backup(path: Path) -> bool:
    return (path / "manifest.json").exists()
