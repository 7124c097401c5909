"""Small blocking calls to a server with the organizer's key."""

import http.client
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from msgspec import DecodeError, json

from itg.kernel.errors import ConfigurationError

TIMEOUT_S = 10.0
Json = dict[str, object]


class OrganizerCalls:
    """Calls to the server at one address; `key_file` is read anew each time, it may come late."""

    def __init__(self, url: str, key_file: Path) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigurationError(
                f"--url {url} is no address; give one such as http://host:8000"
            )
        self.url = url.rstrip("/")
        self._is_secure = parts.scheme == "https"
        self._host = parts.hostname
        self._port = parts.port
        self._key_file = key_file

    def ask(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        """Return status and body; `OSError` or `HTTPException` where no server answers."""
        headers = {"Content-Type": "application/json"}
        if self._key_file.exists():
            headers["X-API-Key"] = self._key_file.read_text(encoding="utf-8").strip()
        kind = http.client.HTTPSConnection if self._is_secure else http.client.HTTPConnection
        with closing(kind(self._host, self._port, timeout=TIMEOUT_S)) as connection:
            connection.request(method, path, None if body is None else json.encode(body), headers)
            response = connection.getresponse()
            return response.status, response.read()

    def read(self, path: str) -> tuple[int, Json]:
        """Return status and decoded body of a read; {} for a body that is no JSON object."""
        status, content = self.ask("GET", path)
        try:
            return status, json.decode(content, type=Json)
        except DecodeError:
            return status, {}
