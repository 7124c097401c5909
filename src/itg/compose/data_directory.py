"""What a game leaves on disk: its journal, and secrets only their owner may read."""

import secrets
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from itg.adapters.directory_lock import DirectoryLock
from itg.adapters.private_files import make_directory, make_file
from itg.kernel.errors import ConfigurationError

FLEET_FILE = "fleet.json"  # which processes run on it
BROKER = "nats"  # the folder of the broker that `itg up` runs


class DataDirectory:
    """Paths of one game's data; made on first use, for its owner alone."""

    def __init__(self, path: Path) -> None:
        if path.exists() and not path.is_dir():
            raise ConfigurationError(f"--data {path} is a file; name a directory")
        make_directory(path)
        self.path = path
        self.admin_key = path / "admin.key"
        self.join_code = path / "join.code"
        self.reveal = path / "reveal.json"
        self.bundle_key = path / "bundle.key"
        self.lock = DirectoryLock(path)

    def hold(self) -> None:
        """Keep everybody else from playing this game; the system lets go if this process dies.

        Raises `ConfigurationError` naming the process that plays it.
        """
        if not self.lock.hold():
            raise ConfigurationError(
                f"--data {self.path} is played by another server (process {self.lock}); stop that "
                "one, or name another directory"
            )

    def release(self) -> None:
        """Let others play this game; again does nothing."""
        self.lock.release()

    def secret(self, file: Path, prefix: str, random_bytes: int) -> str:
        """Return the secret in `file`, drawing and writing it if there is none yet."""
        return self.kept(file, lambda: prefix + secrets.token_urlsafe(random_bytes) + "\n").strip()

    def kept(self, file: Path, make: Callable[[], str]) -> str:
        """Return the text of `file`, which only its owner may read; made if there is none yet."""
        if not file.exists():
            # Whole or not at all: half a secret after a crash would be taken for the secret. Of
            # several processes that draw one at a time the first is right, or each had its own.
            part = file.with_name(f"{file.name}.{secrets.token_hex(4)}.part")
            make_file(part)
            part.write_text(make(), encoding="utf-8")
            with suppress(FileExistsError):
                file.hardlink_to(part)
            part.unlink()
        return file.read_text(encoding="utf-8")


def digest_of(secret: str) -> str:
    """Return the SHA-256 under which the game knows a secret, in hexadecimal."""
    return sha256(secret.encode()).hexdigest()
