"""The glossary as a rule: no field or class of a contract or of the wire uses a synonym."""

import ast
import fnmatch
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tests.tidy.tree import Finding, lines_of, parse, python_files

GLOSSARY = Path("docs/reference/glossary.md")
EXCEPTIONS = Path("tests/tidy/glossary_exceptions.toml")
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Word(NamedTuple):
    """A field or class name as written, and where."""

    path: Path
    line: int
    name: str


def synonyms(root: Path) -> Iterator[Finding]:
    banned = banned_words(root / GLOSSARY)
    excused = exceptions(root / EXCEPTIONS)
    for word in public_words(root):
        spelled = snake(word.name)
        if spelled not in banned:
            continue
        place = word.path.relative_to(root).as_posix()
        if not any(spelled == name and fnmatch.fnmatch(place, where) for name, where in excused):
            text = f"{word.name} is a synonym; the glossary's word is {banned[spelled]}"
            yield Finding(word.path, word.line, text)


def needless_exceptions(root: Path) -> Iterator[Finding]:
    """Find exceptions that excuse a word the glossary does not ban."""
    banned = banned_words(root / GLOSSARY)
    for name, _ in exceptions(root / EXCEPTIONS):
        if name not in banned:
            yield Finding(root / EXCEPTIONS, 1, f"{name} is not banned; delete the exception")


def banned_words(glossary: Path) -> dict[str, str]:
    """Map each word of the glossary's last column to the term that is used instead."""
    words: dict[str, str] = {}
    for line in lines_of(glossary):
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not line.startswith("|") or len(cells) < 5 or set(cells[0]) <= {"-", ":", " "}:
            continue
        for word in re.sub(r"\([^)]*\)", "", cells[-1]).split(","):
            if word.strip() and cells[-1] != "Not":
                words.setdefault(snake(word.strip()), cells[0])
    return words


def exceptions(file: Path) -> list[tuple[str, str]]:
    """Read the excused words with the places (globs) that may use them; each states a reason."""
    entries = tomllib.loads(file.read_text(encoding="utf-8")).get("exception", [])
    assert all(entry["reason"] for entry in entries)
    return [(entry["word"], entry["place"]) for entry in entries]


def public_words(root: Path) -> Iterator[Word]:
    for file in public_files(root):
        for node in ast.walk(parse(file)):
            if isinstance(node, ast.ClassDef):
                yield Word(file, node.lineno, node.name)
                yield from fields(file, node)


def public_files(root: Path) -> Iterator[Path]:
    for file in python_files(root, "src/itg"):
        parts = file.relative_to(root / "src" / "itg").with_suffix("").parts
        if parts[0] == "wire" or parts[1:2] == ("contract",):
            yield file


def fields(file: Path, owner: ast.ClassDef) -> Iterator[Word]:
    for node in owner.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield Word(file, node.lineno, node.target.id)


def snake(name: str) -> str:
    return CAMEL.sub("_", name).lower().replace(" ", "_").replace("-", "_")
