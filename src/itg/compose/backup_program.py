"""One backup of a game that is played, as a process: `BackupAsked`, answered by `BackupTold`.

Copying and replaying take a processor and the disk for a while.
"""

import signal
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType

from msgspec import Struct, json

from itg.compose.backup import Backup, UnequalReplayError, Wish, back_up, keep_newest
from itg.compose.companion import asked_of_companion, begin_companion
from itg.compose.logs import log_to_stderr
from itg.kernel.errors import ItgError


class BackupAsked(Struct, frozen=True, kw_only=True):
    """Of which data, where to, and how many stay (0: all)."""

    data: str
    to: str
    keep: int


class BackupTold(Struct, frozen=True, kw_only=True):
    """What became of a backup; `path` is "" where none was made, `fault` says why."""

    path: str = ""
    made_us: int = 0
    head_seq: int = 0
    is_verified: bool = False
    fault: str = ""


def backed_up(data: Path, to: Path, keep: int, on_made: Callable[[], object] = list) -> BackupTold:
    """Make a backup, replay it, and thin out older ones; never raises for what may go wrong.

    A copy that does not replay to what was recorded is kept all the same, unverified: it is all
    there is of the game since the one before. Nothing older goes then.
    """
    fault = ""
    try:
        try:
            made = back_up(data, Wish(to=to, verify=True))
        except UnequalReplayError as error:
            fault = str(error)
            made = back_up(data, Wish(to=to))
    except (ItgError, OSError) as error:
        return BackupTold(fault=str(error))
    on_made()
    if keep and not fault:
        try:
            keep_newest(made.manifest.game, to, keep)
        except (ItgError, OSError) as error:
            fault = f"older backups stay: {error}"
    return _told(made, fault)


def _told(made: Backup, fault: str) -> BackupTold:
    return BackupTold(
        path=str(made.path),
        made_us=made.manifest.made_us,
        head_seq=made.manifest.head_seq,
        is_verified=made.manifest.verified is not None,
        fault=fault,
    )


def _end(_: int, __: FrameType | None) -> None:
    # Raised where it stands, so that what is half made is removed.
    raise SystemExit(1)


def main() -> None:
    """Run as the market's companion; both sides speak JSON."""
    tell = begin_companion()
    log_to_stderr("backup")
    signal.signal(signal.SIGTERM, _end)
    asked = json.decode(asked_of_companion(), type=BackupAsked)
    # Thinning out is short, and cut short it would leave half of a backup behind.
    made = partial(signal.signal, signal.SIGTERM, signal.SIG_IGN)
    tell(json.encode(backed_up(Path(asked.data), Path(asked.to), asked.keep, made)))


if __name__ == "__main__":
    main()
