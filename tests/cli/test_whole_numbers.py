"""Whole numbers on the command line: a fraction is refused, not rounded to a number of ours."""

import pytest
from cyclopts import CoercionError

from itg.cli import app


@pytest.mark.parametrize(
    "words",
    [
        ["lab", "run", "--seed", "7.5"],
        ["export", "data", "--round", "1.4"],
        ["backup", "data", "--keep", "2.5"],
        ["trade", "bust", "12.6", "--reason", "a slip", "--yes"],
    ],
)
def test_a_fraction_is_refused_where_a_whole_number_is_asked_for(words: list[str]) -> None:
    with pytest.raises(CoercionError, match="int"):
        app.parse_args(words, exit_on_error=False, print_error=False)


def test_whole_numbers_and_fractions_stand_as_they_are_written() -> None:
    _, of_a_game, _ = app.parse_args(["serve", "--seed", "7", "--speed", "0.5"])
    assert (of_a_game.arguments["seed"], of_a_game.arguments["speed"]) == (7, 0.5)
