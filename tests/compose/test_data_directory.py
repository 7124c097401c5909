"""What a game leaves on disk."""

from pathlib import Path

from itg.compose.data_directory import OWNER_ONLY, DataDirectory


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
