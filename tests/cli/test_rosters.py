"""A roster is read as programs that keep tables and people write it."""

from pathlib import Path

import pytest

from itg.cli.asking import AskingError
from itg.cli.rosters import read_roster


def roster(folder: Path, text: str) -> Path:
    file = folder / "roster.csv"
    file.write_text(text, encoding="utf-8", newline="")
    return file


@pytest.mark.parametrize(
    "text",
    [
        "team_name, role\nAlpha, market_maker\n",
        "role ,team_name\nmarket_maker,Alpha\n",
        ' "team_name", "role"\n "Alpha", "market_maker"\n',
        "\ufeffteam_name,role\r\n Alpha , market_maker \r\n\r\n",
    ],
)
def test_space_around_names_of_columns_and_cells_means_nothing(tmp_path: Path, text: str) -> None:
    (line,) = read_roster(roster(tmp_path, text))
    assert (line.line, line.team_name, line.role) == (2, "Alpha", "market_maker")


def test_a_comma_in_a_quoted_name_after_a_space_is_the_names(tmp_path: Path) -> None:
    (line,) = read_roster(roster(tmp_path, 'role, team_name\nmarket_maker, "Red, Inc"\n'))
    assert line.team_name == "Red, Inc"


@pytest.mark.parametrize("head", ["team_name,role,role", "team_name", "name,role", "", ","])
def test_other_columns_are_refused_with_those_that_are_right(tmp_path: Path, head: str) -> None:
    with pytest.raises(AskingError, match=r"line 1: the columns are .*; write team_name,role"):
        read_roster(roster(tmp_path, f"{head}\nAlpha,market_maker\n"))
