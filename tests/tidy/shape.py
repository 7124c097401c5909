"""Rules on the shape of files and functions: length, names, prose share, promises left open."""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.tidy.tree import Finding, lines_of, name_of, parse, python_files, text_files

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 60
DOCSTRING_LINES_MAX = 50  # per 100 lines of code
DOCSTRING_SAMPLE_MIN = 100  # lines of code a package has before the share means anything
NAMELESS = frozenset(
    {"v2", "new", "old", "legacy", "util", "utils", "helper", "helpers", "manager", "managers"}
    | {"common", "misc"}
)
# Written apart, so that this file does not trip over itself.
OPEN_PROMISE = re.compile(r"\b(?:TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
SLEEPS = ("time.sleep", "asyncio.sleep", "anyio.sleep", "trio.sleep")
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DOCUMENTED = (ast.Module, ast.ClassDef, *FUNCTIONS)


def long_files(root: Path) -> Iterator[Finding]:
    for file in python_files(root):
        count = len(lines_of(file))
        if count > FILE_LINES_MAX:
            yield Finding(file, count, f"{count} lines, at most {FILE_LINES_MAX}")


def long_functions(root: Path) -> Iterator[Finding]:
    for file in python_files(root):
        for node in ast.walk(parse(file)):
            if isinstance(node, FUNCTIONS):
                count = (node.end_lineno or node.lineno) - node.lineno + 1
                if count > FUNCTION_LINES_MAX:
                    text = f"{node.name} has {count} lines, at most {FUNCTION_LINES_MAX}"
                    yield Finding(file, node.lineno, text)


def wordy_packages(root: Path) -> Iterator[Finding]:
    """Find packages of src/itg with more docstring than one line to two of code."""
    prose: Counter[Path] = Counter()
    code: Counter[Path] = Counter()
    house = root / "src" / "itg"
    for file in python_files(root, "src/itg"):
        package = house / file.relative_to(house).parts[0]
        documented = docstring_lines(parse(file))
        prose[package] += documented
        code[package] += code_lines(file) - documented
    for package, count in sorted(prose.items()):
        allowed = code[package] * DOCSTRING_LINES_MAX // 100
        if code[package] >= DOCSTRING_SAMPLE_MIN and count > allowed:
            yield Finding(package, 1, f"{count} docstring lines on {code[package]} of code")


def docstring_lines(tree: ast.Module) -> int:
    total = 0
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False) is not None:
            first = node.body[0]
            total += (first.end_lineno or first.lineno) - first.lineno + 1
    return total


def code_lines(file: Path) -> int:
    stripped = (line.strip() for line in lines_of(file))
    return sum(1 for line in stripped if line and not line.startswith("#"))


def nameless_names(root: Path) -> Iterator[Finding]:
    """Find paths with a part that says nothing; versions of the wire are names."""
    for file in python_files(root):
        parts = file.relative_to(root).with_suffix("").parts
        bad = NAMELESS.intersection(parts)
        if bad and "wire" not in parts:
            yield Finding(file, 1, f"{', '.join(sorted(bad))}: a name that says nothing")


def open_promises(root: Path) -> Iterator[Finding]:
    for file in text_files(root):
        for number, line in enumerate(lines_of(file), start=1):
            if OPEN_PROMISE.search(line):
                yield Finding(file, number, "a note of work to do; do it or open an issue")


def sleeping_tests(root: Path) -> Iterator[Finding]:
    """Find tests that wait for time to pass; `sleep(0)`, which only yields, is allowed."""
    for file in python_files(root, "tests"):
        for node in ast.walk(parse(file)):
            if (
                isinstance(node, ast.Call)
                and name_of(node.func) in SLEEPS
                and not yields_only(node)
            ):
                yield Finding(file, node.lineno, f"{name_of(node.func)}: wait for the event itself")
            if isinstance(node, ast.ImportFrom) and imports_sleep(node):
                yield Finding(file, node.lineno, "import the module, so that a sleep can be seen")


def yields_only(call: ast.Call) -> bool:
    first = call.args[0] if call.args else None
    return isinstance(first, ast.Constant) and first.value == 0


def imports_sleep(node: ast.ImportFrom) -> bool:
    return any(f"{node.module}.{alias.name}" in SLEEPS for alias in node.names)
