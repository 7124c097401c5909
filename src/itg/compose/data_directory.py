"""What a game leaves on disk: its journal, and secrets only their owner may read."""

import secrets
from hashlib import sha256
from pathlib import Path

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

    def secret(self, file: Path, prefix: str, random_bytes: int) -> str:
        """Return the secret in `file`, drawing and writing it if there is none yet."""
        if not file.exists():
            file.touch(mode=OWNER_ONLY)
            file.write_text(prefix + secrets.token_urlsafe(random_bytes) + "\n", encoding="ascii")
        return file.read_text(encoding="ascii").strip()


def digest_of(secret: str) -> str:
    """Return the SHA-256 under which the game knows a secret, in hexadecimal."""
    return sha256(secret.encode()).hexdigest()
