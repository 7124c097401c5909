"""A lock file that is free when its holder dies, and lapses when its holder stands still.

The lock is the system's (`flock`); a sign of life is the file's time, which the holder sets. Who
looks measures by its own clock how long that did not change, so that no two clocks are compared.
To take a lapsed lock is to put another file in its place: what the old holder still writes
goes to a file without a name, and it sees that by looking.
"""

import fcntl
import os
from pathlib import Path
from time import monotonic
from typing import Final, TextIO

from itg.kernel.errors import JournalError
from itg.runtime.lease import LEASE_S

LOCK_FILE: Final = "lock"
_LEADS: Final = "leads"


class DirectoryLock:
    """The lock of one directory; a `Lease` for processes of one host.

    `hold` alone never lapses; from the first `renew` on the holder must go on renewing.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / LOCK_FILE
        self._file: TextIO | None = None
        self._does_lead = False
        self._seen: tuple[int, int] | None = None
        self._seen_since = 0.0

    def __str__(self) -> str:
        """Return the number of the process that holds it, as that wrote it."""
        return str(holder_of(self._path.parent) or "of another machine")

    def hold(self) -> bool:
        """Take it if no living process has it, stopped or not; tell whether it is held."""
        while self._file is None:
            file = self._path.open("a+", encoding="ascii")
            if not _locked(file):
                file.close()
                return False
            if self._is_current(file):
                file.truncate(0)
                self._file = _signed(file)
            else:
                file.close()  # replaced in between
        return True

    def take(self) -> bool:
        if self.hold():
            return True
        now = monotonic()  # before the look: a stand-by that is stopped in between sees no lapse
        try:
            status = self._path.stat()
            does_lead = _LEADS in self._path.read_text(encoding="ascii", errors="replace")
        except OSError:
            return False
        seen = (status.st_ino, status.st_mtime_ns)
        if seen != self._seen:
            self._seen, self._seen_since = seen, now
        if not does_lead or now - self._seen_since < LEASE_S:
            return False
        return self._replace()

    def renew(self) -> bool:
        file = self._file
        if file is None or not self._is_current(file):
            return False
        try:
            if not self._does_lead:
                file.write(f"{_LEADS}\n")
                file.flush()
                self._does_lead = True
            os.utime(file.fileno())
        except OSError as error:
            raise JournalError(f"cannot renew {self._path}: {error}") from error
        return True

    def release(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file, self._does_lead, self._seen = None, False, None

    def _replace(self) -> bool:
        draft = self._path.with_name(f"{LOCK_FILE}.{os.getpid()}.part")
        draft.unlink(missing_ok=True)
        file = draft.open("a+", encoding="ascii")
        if not _locked(file):
            file.close()
            return False
        self._file = _signed(file)
        draft.replace(self._path)
        return True

    def _is_current(self, file: TextIO) -> bool:
        try:
            return os.path.samestat(os.fstat(file.fileno()), self._path.stat())
        except FileNotFoundError:
            return False


def holder_of(directory: Path) -> int:
    """Return the process that took the lock of a directory last, 0 if nobody did."""
    try:
        first = (directory / LOCK_FILE).read_text(encoding="ascii", errors="replace").split("\n")[0]
    except OSError:
        return 0
    return int(first) if first.isdigit() else 0


def _locked(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _signed(file: TextIO) -> TextIO:
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file
