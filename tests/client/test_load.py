"""Bot files of people, good and bad."""

from pathlib import Path

import pytest

from itg.client import Bot, BotFileError, load_bot

GOOD = "from itg.client import Bot\nclass Mine(Bot):\n    pass\n"


def written(folder: Path, text: str, name: str = "mine.py") -> Path:
    file = folder / name
    file.write_text(text)
    return file


def test_the_one_bot_of_a_file_is_found(tmp_path: Path) -> None:
    bot = load_bot(written(tmp_path, GOOD))
    assert issubclass(bot, Bot)
    assert bot.__name__ == "Mine"


def test_a_base_class_in_the_file_is_not_the_bot(tmp_path: Path) -> None:
    assert (
        load_bot(written(tmp_path, GOOD + "class Better(Mine):\n    pass\n")).__name__ == "Better"
    )


def test_files_beside_the_bot_can_be_imported(tmp_path: Path) -> None:
    written(tmp_path, "NAME = 'beside'\n", "beside_it.py")
    bot = load_bot(written(tmp_path, "import beside_it\n" + GOOD + "    name = beside_it.NAME\n"))
    assert vars(bot)["name"] == "beside"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\n", "no class here subclasses itg.client.Bot"),
        (GOOD + GOOD.replace("Mine", "Other"), r"several bots \(Mine, Other\)"),
        ("def broken(:\n", "line 1"),
    ],
)
def test_a_file_without_one_bot_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BotFileError, match=message):
        load_bot(written(tmp_path, text))


def test_a_missing_or_foreign_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BotFileError, match="no such file"):
        load_bot(tmp_path / "none.py")
    with pytest.raises(BotFileError, match=r"end in \.py"):
        load_bot(written(tmp_path, GOOD, "bot.txt"))
