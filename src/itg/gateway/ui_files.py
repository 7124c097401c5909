"""The pages that people play on: built files of the package, read once, served as they are.

Nothing but what stands in the folder can be asked for, by its name: no name is made into a path.
"""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from msgspec import Struct

UI = Path(__file__).parent.parent / "ui"
INDEX = "index.html"
# Everything from here, nothing inline, nothing in a frame. Charts set styles from scripts, which
# this allows.
UI_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
# Every address of a page; which of them it is, the page reads from its own address.
ADDRESSES = (
    "/",
    "/trade",
    "/admin",
    "/board",
    "/report",
    "/report/{round_id:str}",
    "/replay",
    "/replay/{round_id:str}",
)
# A listener for the public does not have the organizer's console.
PUBLIC_ADDRESSES = tuple(address for address in ADDRESSES if address != "/admin")
_KINDS = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".woff2": "font/woff2",
}


class UiFile(Struct, frozen=True):
    """A file as it is served; `tag` is a strong ETag."""

    content: bytes
    media_type: str
    tag: str

    def is_known(self, if_none_match: str) -> bool:
        """Tell whether a browser that sends this has the file already."""
        known = (each.strip().removeprefix("W/") for each in if_none_match.split(","))
        return if_none_match.strip() == "*" or self.tag in known


def ui_files(folder: Path = UI) -> Mapping[str, UiFile]:
    """Return the built files by name; none where the page was not built."""
    if not folder.is_dir():
        return {}
    return {
        file.name: _read(file)
        for file in sorted(folder.iterdir())
        if file.suffix in _KINDS and file.is_file()
    }


def _read(file: Path) -> UiFile:
    content = file.read_bytes()
    return UiFile(content, _KINDS[file.suffix], f'"{sha256(content).hexdigest()[:32]}"')
