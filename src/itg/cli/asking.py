"""An organizer's requests to a server: whose key, one blocking call, what to say when it fails."""

import asyncio
import sys
from pathlib import Path

import aiohttp
from msgspec import DecodeError, Struct, json

from itg.cli import exits

DEADLINE_S = 30.0
# A gateway serves everybody else.
_ELSEWHERE = "name the organizer's listener with --url: the node's port, or --admin-port"
Json = dict[str, object]


class AskingError(Exception):
    """A request failed; carries what a person is told and the exit code."""

    def __init__(self, message: str, code: int = exits.FAILED) -> None:
        super().__init__(message)
        self.code = code


class RefusedRequestError(AskingError):
    """The server refused; `errors` are its fields' pointers and details."""

    def __init__(self, problem: Json, path: str) -> None:
        rows = problem.get("errors")
        self.errors: list[Json] = rows if isinstance(rows, list) else []
        is_elsewhere = problem.get("code") == "ROUTE_NOT_FOUND"
        detail = _ELSEWHERE if is_elsewhere else problem.get("detail")
        super().__init__(f"{path}: {problem.get('code')}: {detail}")


class Organizer(Struct, frozen=True, kw_only=True):
    """Whoever asks: the server's address and the organizer's key."""

    url: str
    api_key: str

    def ask(self, method: str, path: str, body: Json | None = None) -> Json:
        """Return the answer's body; raises `AskingError`."""
        return asyncio.run(self._asked(method, path, body))

    def get(self, path: str) -> Json:
        return self.ask("GET", path)

    def items(self, path: str) -> list[Json]:
        """Return all rows of a list, page after page."""
        rows: list[Json] = []
        cursor = ""
        while True:
            joint = "&" if "?" in path else "?"
            page = self.get(f"{path}{joint}cursor={cursor}" if cursor else path)
            found = page["items"]
            assert isinstance(found, list)
            rows += found
            cursor = str(page.get("next_cursor") or "")
            if not cursor:
                return rows

    async def _asked(self, method: str, path: str, body: Json | None) -> Json:
        headers = {"Authorization": f"Bearer {self.api_key}", "Content-Type": "application/json"}
        sent = None if body is None else json.encode(body)
        timeout = aiohttp.ClientTimeout(total=DEADLINE_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, headers=headers) as http,
                http.request(method, self.url.rstrip("/") + path, data=sent) as answer,
            ):
                text = await answer.read()
                if not answer.ok:
                    raise RefusedRequestError(_decoded(text, self.url), path)
                return _decoded(text, self.url)
        except TimeoutError:
            detail = f"the server at {self.url} did not answer within {DEADLINE_S:.0f} s"
            raise AskingError(
                f"{detail}; what was asked may have been done", exits.NO_SERVER
            ) from None
        except (aiohttp.ClientError, ValueError) as error:
            start = "start one with `itg serve`, or name it with --url"
            raise AskingError(
                f"no server answers at {self.url}; {start}", exits.NO_SERVER
            ) from error


def organizer_of(url: str, data: Path | None, key: str | None) -> Organizer:
    """Return the organizer: the key given, or that of a data directory."""
    if key:
        return Organizer(url=url, api_key=key)
    if data is None:
        needed = "give --data DIR, whose admin.key is used, or the key in ITG_ADMIN_KEY"
        raise AskingError(f"no organizer's key: {needed}", exits.WRONG_USE)
    file = data / "admin.key"
    try:
        return Organizer(url=url, api_key=file.read_text(encoding="utf-8").strip())
    except OSError as error:
        detail = f"no organizer's key in {file}: {error.strerror or error}"
        raise AskingError(
            f"{detail}; name the directory of `itg game new`", exits.WRONG_USE
        ) from error


def confirm(what: str, *, yes: bool) -> None:
    """Ask before what cannot be undone; raises `AskingError` unless the answer is yes."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise AskingError(f"{what} cannot be undone: add --yes to do it", exits.WRONG_USE)
    print(f"{what} cannot be undone. Go on? [y/N] ", end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise AskingError("nothing was done")


def _decoded(text: bytes, url: str) -> Json:
    try:
        return json.decode(text, type=Json)
    except DecodeError as error:
        raise AskingError(f"{url} answers, but no server of this game does") from error
