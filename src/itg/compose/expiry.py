"""Which finished games are older than they are kept, and whether a backup lets them go.

Each game is looked at for itself: when its last round ended, who plays it, and the newest backup
that was replayed and holds its last row. What is wrong with one game is said of that game.
"""

import os
from collections.abc import Iterator
from enum import Enum, unique
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from itg.adapters.sqlite_journal import head_of_copy
from itg.compose.backup import Backup, backups_of, default_place
from itg.compose.manifest import BackupError, Manifest, assert_whole, read_manifest
from itg.compose.nodes_read import node_directory, nodes_head
from itg.compose.retention import has_ended, held, remove_game
from itg.compose.verify import head_of_data, opened_with_rounds
from itg.game.contract import RoundEnded
from itg.kernel.errors import ConfigurationError, ItgError
from itg.kernel.times import to_micros
from itg.runtime.codec import Codec
from itg.runtime.journal import FROM_START, Head, Journal, checked_rows

_US_PER_S = 1_000_000
_ENDED = b"RoundEnded"


@unique
class State(Enum):
    """Where a game stands between being played and being removed."""

    PLAYED = "played"  # a process leads it
    OPEN = "open"  # a round has not ended
    YOUNG = "young"
    UNPROVEN = "unproven"  # old enough, and no backup lets it go
    UNREADABLE = "unreadable"
    DUE = "due"
    REMOVED = "removed"


class Standing(Struct, frozen=True, kw_only=True):
    """One game: how old, how large, what proves its backup; why it stays, and what to do."""

    data: Path
    state: State
    length: int  # bytes in the directory; of a journal in PostgreSQL only what stands beside it
    ended_us: int | None = None  # wall time at which the last round ended
    backup: Path | None = None  # the newest that was verified and holds the last row
    verified_us: int | None = None
    reason: str = ""
    advice: str = ""


class Keeping(Struct, frozen=True, kw_only=True):
    """How long games are kept after their last round, and where their backups lie."""

    kept_s: float
    now_us: int
    backups: Path | None = None  # None: beside each game

    def backups_of(self, data: Path) -> Path:
        return self.backups or default_place(data)


def standing_of(data: Path, keeping: Keeping) -> Standing:
    """Return where a game stands; reads only."""
    length = _length_of(data)
    try:
        ended_us, head = _end_of(data)
        backup = _newest_proof(data, head, keeping) if head else None
    except ItgError as error:
        return Standing(
            data=data,
            state=State.UNREADABLE,
            length=length,
            reason=str(error),
            advice=f"`itg verify {data}` says what is wrong; it stays until you remove it",
        )
    seen = Standing(
        data=data,
        state=State.DUE,
        length=length,
        ended_us=ended_us,
        backup=None if backup is None else backup.path,
        verified_us=None if backup is None else _verified_us(backup.manifest),
    )
    return _judged(seen, keeping, head)


def remove(seen: Standing) -> Standing:
    """Remove a game that is due, everything proven once more; return where it stands then.

    It stays if anything changed since it was looked at.
    """
    assert seen.state is State.DUE, "what is not due stays"
    assert seen.backup is not None, "what is due has a backup"
    try:
        remove_game(seen.data, Backup(seen.backup, proven(seen.backup)))
    except ConfigurationError as error:
        return _stays(seen, State.PLAYED, str(error), "stop its server first")
    except OSError as error:
        advice = "mend that; the next `itg prune` removes what is left of it"
        return _stays(seen, State.UNREADABLE, f"it is not removed whole: {error}", advice)
    except ItgError as error:
        return _stays(
            seen, State.UNPROVEN, str(error), _fresh_backup(seen.data, seen.backup.parent)
        )
    return replace(seen, state=State.REMOVED)


def proven(backup: Path) -> Manifest:
    """Return the manifest of a backup that proves itself; `BackupError` says what it lacks.

    Every byte is as it was sealed, it holds the keys, it was replayed from the first input, and
    that replay, the manifest and the copied journal itself have one end.
    """
    manifest = assert_whole(backup)
    lack = next(_lacks(manifest), None)
    if lack is not None:
        raise BackupError(f"{backup.name} {lack}")
    end = _end_of_copy(backup, manifest).hash.hex()
    if end != manifest.head_hash:
        raise BackupError(f"{backup.name} ends in {end}, its manifest says {manifest.head_hash}")
    return manifest


def _end_of_copy(backup: Path, manifest: Manifest) -> Head:
    if not manifest.nodes:
        return head_of_copy(backup)
    return nodes_head(
        {end.node: head_of_copy(node_directory(backup, end.node)) for end in manifest.nodes}
    )


def _judged(seen: Standing, keeping: Keeping, head: str) -> Standing:
    data = seen.data
    if data.is_symlink():
        advice = f"prune the folder that {data.resolve()} lies in"
        return _stays(seen, State.UNREADABLE, "it is a link", advice)
    if _is_played(data):
        return _stays(seen, State.PLAYED, "a server plays it", "stop its server if it is to go")
    if seen.ended_us is None:
        advice = "`itg game end` ends a round that nobody will play"
        return _stays(seen, State.OPEN, "a round has not ended", advice)
    age_us = keeping.now_us - seen.ended_us
    if age_us < keeping.kept_s * _US_PER_S:
        days = (keeping.kept_s - age_us / _US_PER_S) / 86_400
        return _stays(seen, State.YOUNG, f"kept for {days:.1f} more days", "wait, or give --days")
    if seen.backup is None:
        place = keeping.backups_of(data)
        return _stays(
            seen, State.UNPROVEN, _why_none(data, head, place), _fresh_backup(data, place)
        )
    return seen


def _stays(seen: Standing, state: State, reason: str, advice: str) -> Standing:
    return replace(seen, state=state, reason=reason, advice=advice)


def _fresh_backup(data: Path, place: Path) -> str:
    return f"itg backup {data} --to {place} --verify"


def _end_of(data: Path) -> tuple[int | None, str]:
    # The time of the last round's end, None where one is to come; and the hash of the last row.
    head = head_of_data(data)
    if not head.seq:
        return None, ""
    journal, machine = opened_with_rounds(data)
    try:
        ended_us = _last_end_us(journal, machine.codec) if has_ended(journal, machine) else None
        return ended_us, head.hash.hex()
    finally:
        journal.close()


def _last_end_us(journal: Journal, codec: Codec) -> int | None:
    last_us = None
    for row in checked_rows(journal, FROM_START):
        if _ENDED not in row.body:
            continue
        for record in codec.decode_records(row.body):
            if any(isinstance(output, RoundEnded) for output in record.outputs):
                last_us = to_micros(record.ts_ns)
    return last_us


def _newest_proof(data: Path, head: str, keeping: Keeping) -> Backup | None:
    place = keeping.backups_of(data)
    for path, manifest in _readable(data, place):
        if manifest.head_hash != head or next(_lacks(manifest), None) is not None:
            continue
        try:
            return Backup(path, proven(path))
        except ItgError:
            continue  # an older one may do; if none does, the newest one's fault is told
    return None


def _readable(data: Path, place: Path) -> Iterator[tuple[Path, Manifest]]:
    for path in reversed(backups_of(data.absolute().name, place)):
        try:
            yield path, read_manifest(path)
        except BackupError:
            continue


def _why_none(data: Path, head: str, place: Path) -> str:
    found = backups_of(data.absolute().name, place)
    if not found:
        return f"no backup of it lies in {place}"
    try:
        manifest = read_manifest(found[-1])
        if manifest.head_hash != head:
            return f"{found[-1].name} does not end where the game does"
        proven(found[-1])
    except ItgError as error:
        return str(error)
    return f"{found[-1].name} was changed while it was looked at"


def _lacks(manifest: Manifest) -> Iterator[str]:
    if not manifest.has_keys:
        yield "is without the game's keys"
    verified = manifest.verified
    if verified is None:
        yield "was never verified"
    elif verified.head_hash != manifest.head_hash:
        yield f"was verified to another end, {verified.head_hash}, than it has"


def _verified_us(manifest: Manifest) -> int | None:
    return None if manifest.verified is None else manifest.verified.at_us


def _is_played(data: Path) -> bool:
    try:
        with held(data):
            return False
    except ConfigurationError:
        return True


def _length_of(data: Path) -> int:
    length = 0
    for folder, _, names in os.walk(data):
        for name in names:
            try:
                length += (Path(folder) / name).stat().st_size
            except FileNotFoundError:
                continue  # a played game drops its oldest snapshot
    return length
