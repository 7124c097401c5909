"""What a game leaves on disk."""

import stat
from pathlib import Path

from itg.adapters.private_files import OWNER_ONLY
from itg.compose.data_directory import DataDirectory


def test_of_two_processes_that_draw_one_secret_both_have_the_first(tmp_path: Path) -> None:
    first, second = DataDirectory(tmp_path), DataDirectory(tmp_path)
    file = tmp_path / "a.key"
    told: list[str] = []

    def drawn_too_late() -> str:
        told.append(first.kept(file, lambda: "first"))
        return "second"

    assert [second.kept(file, drawn_too_late), *told] == ["first", "first"]
    assert file.stat().st_mode & 0o777 == OWNER_ONLY
    assert list(tmp_path.iterdir()) == [file]


def test_a_directory_made_for_a_game_is_its_owners_and_one_that_was_there_stays(
    tmp_path: Path,
) -> None:
    there = tmp_path / "there"
    there.mkdir(mode=0o755)
    for name, mode in (("made", 0o700), ("there", 0o755), ("season/day-1", 0o700)):
        assert stat.S_IMODE(DataDirectory(tmp_path / name).path.stat().st_mode) == mode
