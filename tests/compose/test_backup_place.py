"""A place that takes no backup is told, and stops nobody who tries again later."""

from pathlib import Path

import pytest
from tests.compose.test_backup_names import WORDS, manifest_of

from itg.adapters.sqlite_journal import SqliteJournal
from itg.cli import exits
from itg.cli.keeping import BackupWish, show_backup
from itg.compose.backup import Wish, back_up, keep_newest
from itg.compose.manifest import BackupError, write_manifest


@pytest.fixture
def game(tmp_path: Path) -> Path:
    data = tmp_path / "game"
    SqliteJournal(data).close()
    return data


@pytest.fixture
def taken(tmp_path: Path) -> Path:
    """Return a place where no folder can be made: a file stands there."""
    place = tmp_path / "taken"
    place.write_bytes(WORDS)
    return place


def test_a_place_where_no_folder_can_be_made_is_named(game: Path, taken: Path) -> None:
    with pytest.raises(BackupError, match=f"cannot back up {game} to {taken}"):
        back_up(game, Wish(to=taken))
    assert taken.read_bytes() == WORDS


def test_the_command_says_so_and_goes_on(
    game: Path, taken: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wish = BackupWish(
        data=game,
        to=taken,
        keys=True,
        verify=False,
        keep=None,
        every_s=None,
        prune_older_than_s=None,
        as_json=False,
    )
    assert show_backup(wish) == exits.FAILED
    assert f"{game} is not backed up" in capsys.readouterr().err


def test_an_old_backup_that_cannot_be_removed_is_named(tmp_path: Path) -> None:
    for day in (1, 2):
        place = tmp_path / f"game_2026120{day}T080000.000000Z"
        place.mkdir()
        (place / "kept").write_bytes(WORDS)
        write_manifest(place, manifest_of(["kept"]))
    # What a removal that was cut short left of another of this name.
    (tmp_path / ".game_20261201T080000.000000Z.part" / "rest").mkdir(parents=True)
    with pytest.raises(BackupError, match=r"game_20261201T080000\.000000Z is not removed"):
        keep_newest("game", tmp_path, 1)
