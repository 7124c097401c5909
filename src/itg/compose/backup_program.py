"""One backup of a game that is played, as a process: `… DATA TO KEEP`, KEEP 0 for all.

Copying and replaying take a processor and the disk for a while; beside the market, at a low
priority, they take what it leaves. The one line on standard output is a `BackupTold` as JSON.
"""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import FrameType

from msgspec import Struct
from msgspec.json import Encoder

from itg.compose.backup import Backup, UnequalReplayError, Wish, back_up, keep_newest
from itg.compose.logs import log_to_stderr
from itg.kernel.errors import ItgError
from itg.runtime.asserts import refuse_optimized

NICENESS = 10  # at the very lowest a busy machine would never let it end


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


def main() -> int:
    """Run as the market's companion; what anybody prints goes to standard error."""
    refuse_optimized()
    out = os.dup(1)
    os.dup2(2, 1)
    log_to_stderr("backup")
    # Ctrl-C reaches the whole group: the market ends this one when it stops itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _end)
    os.nice(NICENESS)
    data, to, keep = sys.argv[1:]
    # Thinning out is short, and cut short it would leave half of a backup behind.
    made = partial(signal.signal, signal.SIGTERM, signal.SIG_IGN)
    told = backed_up(Path(data), Path(to), int(keep), made)
    with suppress(BrokenPipeError):  # the market is gone, and the backup is made all the same
        os.write(out, Encoder().encode(told) + b"\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
