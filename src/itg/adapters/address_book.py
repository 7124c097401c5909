"""Where the processes of one game are called over HTTP: a card of each in one directory.

A card names an address and the subjects that are heard there. Cards are whole files, put in place
at once; who looks reads them again only when the directory has changed.
"""

import os
from pathlib import Path
from secrets import token_hex
from socket import gethostname
from time import monotonic
from typing import Final

from msgspec import MsgspecError, Struct
from msgspec.json import Decoder, Encoder

from itg.adapters.processes import is_running

_SUFFIX: Final = ".card"
# A file system may give two changes one time when they are as close as this.
_BLUR_S: Final = 0.05


class Card(Struct, frozen=True, kw_only=True):
    """One process: where it listens, and for what."""

    url: str
    subjects: tuple[str, ...] = ()
    host: str = ""
    pid: int = 0


_encode: Final = Encoder().encode
_decode: Final = Decoder(Card).decode


class AddressBook:
    """The cards of a directory, made on first use; `keep` writes one's own."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._name = f"{os.getpid()}-{token_hex(4)}{_SUFFIX}"
        self._changed_ns = 0
        self._clear_s = 0.0
        self._urls: dict[str, tuple[str, ...]] = {}
        directory.mkdir(parents=True, exist_ok=True)
        self._drop_dead()

    def keep(self, url: str, subjects: tuple[str, ...]) -> None:
        """Say where this process listens, and for what."""
        card = Card(url=url, subjects=subjects, host=gethostname(), pid=os.getpid())
        draft = self._directory / f"{self._name}.new"
        draft.write_bytes(_encode(card))
        draft.replace(self._directory / self._name)

    def remove(self) -> None:
        """Take the own card out; again does nothing."""
        (self._directory / self._name).unlink(missing_ok=True)

    def urls(self, subject: str) -> tuple[str, ...]:
        """Return the addresses at which a subject is heard now."""
        changed_ns = self._directory.stat().st_mtime_ns
        if changed_ns != self._changed_ns:
            self._changed_ns, self._clear_s = changed_ns, monotonic() + _BLUR_S
            self._look()
        elif self._clear_s:
            if monotonic() > self._clear_s:
                self._clear_s = 0.0
            self._look()
        return self._urls.get(subject, ())

    def has(self, url: str) -> bool:
        """Tell whether anything is heard at an address, as of the last look."""
        return any(url in urls for urls in self._urls.values())

    def cards(self) -> list[Card]:
        """Return all cards; what is half gone or damaged counts as none."""
        return [card for _, card in self._read()]

    def _look(self) -> None:
        urls: dict[str, tuple[str, ...]] = {}
        for card in self.cards():
            for each in card.subjects:
                urls[each] = (*urls.get(each, ()), card.url)
        self._urls = urls

    def _read(self) -> list[tuple[Path, Card]]:
        found: list[tuple[Path, Card]] = []
        for path in sorted(self._directory.glob(f"*{_SUFFIX}")):
            try:
                found.append((path, _decode(path.read_bytes())))
            except (OSError, MsgspecError):
                continue
        return found

    def _drop_dead(self) -> None:
        # Whoever was killed left its card: nobody listens there, or a stranger does.
        for path, card in self._read():
            if card.host == gethostname() and not is_running(card.pid):
                path.unlink(missing_ok=True)
