"""What a game leaves on disk: its journal, and secrets only their owner may read."""

import fcntl
import os
import secrets
from hashlib import sha256
from pathlib import Path
from typing import TextIO

from itg.kernel.errors import ConfigurationError

OWNER_ONLY = 0o600


class DataDirectory:
    """Paths of one game's data; made on first use."""

    def __init__(self, path: Path) -> None:
        if path.exists() and not path.is_dir():
            raise ConfigurationError(f"--data {path} is a file; name a directory")
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.journal = path / "journal.sqlite"
        self.admin_key = path / "admin.key"
        self.join_code = path / "join.code"
        self._lock: TextIO | None = None

    def hold(self) -> None:
        """Keep everybody else from playing this game; the system lets go if this process dies.

        Raises `ConfigurationError` naming the process that plays it.
        """
        file = (self.path / "lock").open("a+", encoding="ascii")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            file.seek(0)
            who = file.read().strip() or "of another machine"
            file.close()
            raise ConfigurationError(
                f"--data {self.path} is played by another server (process {who}); stop that one, "
                "or name another directory"
            ) from error
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        self._lock = file

    def release(self) -> None:
        """Let others play this game; again does nothing."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def secret(self, file: Path, prefix: str, random_bytes: int) -> str:
        """Return the secret in `file`, drawing and writing it if there is none yet."""
        if not file.exists():
            file.touch(mode=OWNER_ONLY)
            file.write_text(prefix + secrets.token_urlsafe(random_bytes) + "\n", encoding="ascii")
        return file.read_text(encoding="ascii").strip()


def digest_of(secret: str) -> str:
    """Return the SHA-256 under which the game knows a secret, in hexadecimal."""
    return sha256(secret.encode()).hexdigest()
