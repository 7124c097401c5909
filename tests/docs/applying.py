"""A how-to's changes, applied to a copy of the source tree.

A block of ```diff begins with its file: `--- path` changes it, `+++ path` makes it. Hunks are
parted by `@@`; the lines of a hunk without their `+` lines are what stands there, exactly once, and
without their `-` lines what stands there afterwards.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ("src", "tests", "docs", "tools", "changelog.d", "examples", "bench", "frontend")
FILES = ("pyproject.toml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile")
BLOCK = re.compile(r"```diff\n(.*?)```", re.DOTALL)
ROW = re.compile(r"^\| (`.*`) \| .* \|$", re.MULTILINE)


class Tree:
    """A copy of the source tree, and what was changed in it."""

    def __init__(self, place: Path) -> None:
        self.place = place
        for name in FOLDERS:
            skipped = shutil.ignore_patterns("__pycache__", "*.pyc", "node_modules")
            shutil.copytree(ROOT / name, place / name, ignore=skipped)
        for name in FILES:
            shutil.copy(ROOT / name, place / name)
        self._before = self._digests()

    def apply(self, page: Path) -> None:
        """Apply every block of a page, in order."""
        for block in BLOCK.findall(page.read_text(encoding="utf-8")):
            head, _, body = block.partition("\n")
            file = self.place / head[4:].strip()
            if head.startswith("+++"):
                assert not file.exists(), f"{page.name}: {file.name} is there already"
                file.write_text(_joined(line[1:] for line in body.splitlines()), encoding="utf-8")
            else:
                assert head.startswith("---"), f"{page.name}: {head!r} is no file"
                _change(file, body, page.name)

    def changed(self) -> set[str]:
        """Return the files that are not as they were copied."""
        now = self._digests()
        return {name for name in now if now[name] != self._before.get(name)}

    def run(self, *words: str, timeout_s: float = 300) -> str:
        """Run a Python module on the copy; return what it printed, fail if it failed."""
        paths = os.pathsep.join((str(self.place / "src"), str(self.place)))
        done = subprocess.run(
            [sys.executable, "-m", *words],
            cwd=self.place,
            env={
                **os.environ,
                "PYTHONPATH": paths,
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTEST_ADDOPTS": "",  # of the run that this is part of
            },
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=False,
        )
        assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def _digests(self) -> dict[str, str]:
        return {
            str(file.relative_to(self.place)): sha256(file.read_bytes()).hexdigest()
            for name in FOLDERS
            for file in (self.place / name).rglob("*")
            if file.is_file() and "__pycache__" not in file.parts
        }


def files_named(page: Path) -> set[str]:
    """Return the files of a page's table."""
    rows = ROW.findall(page.read_text(encoding="utf-8"))
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row) if "/" in name}


def _change(file: Path, body: str, page: str) -> None:
    text = file.read_text(encoding="utf-8")
    for before, after in _hunks(body):
        found = text.count(before)
        assert found == 1, f"{page}, {file.name}: {found} times there:\n{before}"
        text = text.replace(before, after)
    file.write_text(text, encoding="utf-8")


def _hunks(body: str) -> Iterator[tuple[str, str]]:
    for hunk in body.split("@@\n"):
        lines = [line or " " for line in hunk.splitlines()]  # an empty line of context
        before = (line[1:] for line in lines if line[0] in " -")
        after = (line[1:] for line in lines if line[0] in " +")
        yield _joined(before), _joined(after)


def _joined(lines: Iterator[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
