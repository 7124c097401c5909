"""What stands in a command's way is one line on standard error, not a traceback."""

import sys
from pathlib import Path

import pytest
from tests.compose.recorded import RecordedGame, play

from itg.adapters.sqlite_journal import SqliteJournal
from itg.cli import exits, main

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory: Path = tmp_path_factory.mktemp("played")
    game = RecordedGame(directory)
    play(game, 1, acts=20)
    game.close()
    return directory


def run(monkeypatch: pytest.MonkeyPatch, *words: str | Path) -> int | str | None:
    monkeypatch.setattr(sys, "argv", ["itg", *map(str, words)])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


def test_a_place_that_cannot_be_written_is_named(
    data: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken, folder = tmp_path / "taken", tmp_path / "folder"
    taken.touch()
    folder.mkdir()
    for words, place, why in (
        (("export", data, "--round", "1", "--to", taken), taken, "File exists"),
        (("project", data, "--to", taken), taken, "File exists"),
        (("game", "bundle", data, "--round", "1", "--to", folder), folder, "Is a directory"),
    ):
        assert run(monkeypatch, *words) == exits.FAILED
        assert capsys.readouterr().err.endswith(f"itg: {place}: {why}\n")


def test_a_file_that_is_no_journal_is_said_in_a_line(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "journal.sqlite").write_bytes(b"no database " * 500)
    for words in (("verify", tmp_path), ("surveil", tmp_path), ("score", "recompute", tmp_path)):
        assert run(monkeypatch, *words) == exits.FAILED
        assert capsys.readouterr().err == f"itg: cannot open {tmp_path}: file is not a database\n"


def test_an_empty_journal_is_called_empty(
    tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    SqliteJournal(tmp_path).close()
    for words in (
        ("verify", tmp_path),
        ("export", tmp_path, "--round", "1"),
        ("surveil", tmp_path),
        ("trace", "5", "--data", tmp_path),
    ):
        assert run(monkeypatch, *words) == exits.WRONG_USE
        assert "nothing happened in it yet" in capsys.readouterr().err
