"""The repository as the tidy rules see it: its files, their syntax trees, and what was found."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

CODE = ("src", "tests", "tools", "bench", "examples")
PROSE = (".md", ".toml", ".yml", ".yaml", ".sh", ".svelte", ".ts", ".cpp", ".hpp", ".lock")


class Finding(NamedTuple):
    """One broken rule at one place; reads `file:line: what`."""

    path: Path
    line: int
    text: str

    def at(self, root: Path) -> str:
        return f"{self.path.relative_to(root).as_posix()}:{self.line}: {self.text}"


def python_files(root: Path, *parts: str) -> Iterator[Path]:
    """Yield the Python files below `parts` of the tree (default: everywhere code lives), sorted."""
    for top in (root / part for part in parts or CODE):
        yield from sorted(file for file in top.rglob("*.py") if is_ours(file, root))


def text_files(root: Path) -> Iterator[Path]:
    """Yield every hand-written text file: code, prose, settings."""
    yield from python_files(root)
    files = [*root.glob("*"), *(file for top in sorted(folders(root)) for file in top.rglob("*"))]
    for file in sorted(files):
        named = file.suffix in PROSE or file.name in ("Makefile", "run")
        if file.is_file() and named and is_ours(file, root):
            yield file


def folders(root: Path) -> list[Path]:
    hidden = [root / ".ci"]
    return hidden + [top for top in root.iterdir() if top.is_dir() and top.name[0] != "."]


def is_ours(file: Path, root: Path) -> bool:
    parts = file.relative_to(root).parts
    hidden = any(part[0] == "." and part != ".ci" for part in parts[:-1])
    generated = "node_modules" in parts or parts[:3] == ("src", "itg", "ui") or "vendor" in parts
    return not hidden and not generated and file.name != "uv.lock"


@cache
def parse(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"), filename=str(file))


@cache
def lines_of(file: Path) -> tuple[str, ...]:
    return tuple(file.read_text(encoding="utf-8").splitlines())


def name_of(node: ast.AST) -> str:
    """Return the dotted name an expression spells, empty when it is no name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return f"{name_of(node.value)}.{node.attr}".lstrip(".")
    return ""


def imports(tree: ast.Module) -> Iterator[str]:
    """Yield what a file imports as dotted names: modules, and of `from x import y` both."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
