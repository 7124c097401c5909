"""An error in a person's own file is shown in the lab by the lines of that file."""

from pathlib import Path

import pytest

from itg.cli import app, exits

Capture = pytest.CaptureFixture[str]

BOT = """
from itg.client import Bot

class Mine(Bot):
    def on_start(self):
        self.decide()

    def decide(self):
        raise ValueError("out of ideas")
"""
MODEL = """
class Model:
    def __init__(self, config):
        pass

    def step(self, prices):
        return prices["NONE"]
"""


def lines_of(capsys: Capture, *words: str) -> list[str]:
    assert app(["lab", "run", "--scenario", "demo", *words], exit_on_error=False) == exits.FAILED
    return capsys.readouterr().err.splitlines()


@pytest.mark.parametrize("seeds", ["1", "2"])
def test_a_bots_error_is_shown_from_the_bots_first_line_on(
    seeds: str, tmp_path: Path, capsys: Capture
) -> None:
    file = tmp_path / "mine.py"
    file.write_text(BOT)
    told = lines_of(capsys, "--seed", "1", "--seeds", seeds, "--bots", f"{file}:hedge_fund")
    told = told[told.index("Traceback (most recent call last):") :]
    assert told[1] == f'  File "{file}", line 6, in on_start'
    assert told[-2:] == ["ValueError: out of ideas", "itg: the game ended with the error above"]
    assert sum(line.startswith("  File") for line in told) == 2


def test_a_models_error_is_shown_from_the_models_first_line_on(
    tmp_path: Path, capsys: Capture
) -> None:
    file = tmp_path / "model.py"
    file.write_text(MODEL)
    told = lines_of(capsys, "--alpha", f"{file}:Model:hedge_fund")
    assert told[1] == f'  File "{file}", line 7, in step'
    assert told[-2:] == ["KeyError: 'NONE'", "itg: the game ended with the error above"]
