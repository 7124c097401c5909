"""Bugs planted by hand, and a run that says which of them the tests catch.

    python -m tests.exchange.planted [name ...]    # some ten minutes for all

Each bug of planted.toml is applied alone to a copy of the tree, the tests named for it run there,
and a Markdown table says `caught` or `survived`. The first row plants nothing, and must survive.
"""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
LIST = Path(__file__).with_name("planted.toml")
SUITES = {
    "exchange": (
        "tests/exchange/test_against_reference.py",
        "tests/exchange/test_auction.py",
        "tests/exchange/test_protection.py",
    ),
    "positions": ("tests/positions/test_campaign.py", "tests/positions/test_ledger.py"),
}
COPIED = ("src", "tests", "pyproject.toml", "examples")
# What pytest exits with: 1, a test failed; anything above says that the run itself went wrong.
VERDICTS = {0: "**survived**", 1: "caught"}


class Bug(NamedTuple):
    """Where it goes, what it replaces there once, what it says instead, and who must notice."""

    name: str
    file: str
    text: str
    wrong: str
    tests: str


def bugs() -> list[Bug]:
    return [Bug(**row) for row in tomllib.loads(LIST.read_text(encoding="utf-8"))["bug"]]


def verdict(bug: Bug | None, suites: tuple[str, ...]) -> str:
    """Plant one bug, or none, in a copy of the tree and say what its tests make of it."""
    with TemporaryDirectory() as folder:
        tree = Path(folder)
        for name in COPIED:
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy2
            copy(source, tree / name)
        if bug is not None:
            planted = tree / bug.file
            source_text = planted.read_text(encoding="utf-8")
            if source_text.count(bug.text) != 1:
                return "text not found once"
            planted.write_text(source_text.replace(bug.text, bug.wrong), encoding="utf-8")
        files = [file for suite in suites for file in SUITES[suite]]
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-m", "not gate", *files]
        environment = {"PYTHONPATH": f"{tree / 'src'}:{tree}", "PYTHONDONTWRITEBYTECODE": "1"}
        done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, check=False)
        return VERDICTS.get(done.returncode, f"no run (exit {done.returncode})")


def main(names: list[str]) -> int:
    """Print the table; the exit code counts the rows that are not as they should be."""
    _say("| bug | verdict |\n|---|---|")
    control = verdict(None, tuple(SUITES))
    _say(f"| none | {control} |")
    wrong = int(control != VERDICTS[0])
    for bug in bugs():
        if not names or bug.name in names:
            found = verdict(bug, (bug.tests,))
            wrong += found != VERDICTS[1]
            _say(f"| {bug.name} | {found} |")
    return wrong


def _say(row: str) -> None:
    sys.stdout.write(row + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
