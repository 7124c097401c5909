"""The cards of a game's processes."""

import subprocess
import sys
from pathlib import Path
from socket import gethostname

from msgspec.json import encode

from itg.adapters.address_book import AddressBook, Card


def gone() -> int:
    """Return the number of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def test_every_change_is_seen_by_the_next_who_asks(tmp_path: Path) -> None:
    reader, writers = AddressBook(tmp_path), [AddressBook(tmp_path) for _ in range(20)]
    for number, writer in enumerate(writers):
        url = f"http://127.0.0.1:{number}"
        writer.keep(url, ("a",))
        assert url in reader.urls("a")
        writer.keep(url, ("b",))
        assert reader.urls("a") == ()
        assert url in reader.urls("b")
        writer.remove()
        assert reader.urls("b") == ()


def test_who_hears_a_subject_at_two_places_is_found_at_both(tmp_path: Path) -> None:
    for url in ("http://one", "http://two"):
        AddressBook(tmp_path).keep(url, ("same", url))
    book = AddressBook(tmp_path)
    assert sorted(book.urls("same")) == ["http://one", "http://two"]
    assert book.urls("http://one") == ("http://one",)
    assert book.urls("nobody's") == ()


def test_cards_of_the_dead_of_this_host_go_and_those_of_others_stay(tmp_path: Path) -> None:
    dead = Card(url="http://dead", subjects=("a",), host=gethostname(), pid=gone())
    away = Card(url="http://away", subjects=("a",), host="elsewhere", pid=dead.pid)
    (tmp_path / "1.card").write_bytes(encode(dead))
    (tmp_path / "2.card").write_bytes(encode(away))
    (tmp_path / "3.card").write_bytes(b"half a ca")
    assert AddressBook(tmp_path).urls("a") == ("http://away",)
    assert not (tmp_path / "1.card").exists()
