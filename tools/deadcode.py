"""Report code of src/itg that nothing in src/itg reaches; a test is not a reason to exist.

Vulture finds the candidates. What a reader of the source cannot see as a use is taken out: fields
of messages, members of protocols, functions an application or a framework calls by decorator. The
rest is either dead or stands in tools/deadcode_allowed.toml with a reason.
"""

import ast
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

from vulture.core import Item, Vulture

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "itg"
ALLOWED = ROOT / "tools" / "deadcode_allowed.toml"
# Registered by decorator: commands of the command line, routes, hooks.
DECORATORS = [
    "@app.*",
    "@*.command",
    "@get",
    "@post",
    "@put",
    "@patch",
    "@delete",
    "@*.default",
    "@*.register",
]
CONFIDENCE = 60


def main() -> int:
    allowed = {
        (entry["place"], entry["name"]): entry["reason"]
        for entry in tomllib.loads(ALLOWED.read_text()).get("allowed", [])
    }
    dead = {(place(item), item.name): item for item in candidates()}
    for key, item in sorted(dead.items()):
        if key not in allowed:
            print(f"{key[0]}:{item.first_lineno}: unused {item.typ} {item.name!r}")
    for file, name in sorted(allowed.keys() - dead.keys()):
        print(f"{ALLOWED.name}: {name!r} of {file} is used or gone; delete the entry")
    return int(dead.keys() != allowed.keys())


def candidates() -> Iterator[Item]:
    finder = Vulture(ignore_decorators=DECORATORS, ignore_names=["main"])  # the script itg
    finder.scavenge([str(PACKAGE)])
    declared = {file: set(declared_lines(file)) for file in PACKAGE.rglob("*.py")}
    for item in finder.get_unused_code(min_confidence=CONFIDENCE):
        if item.first_lineno not in declared[Path(item.filename)]:
            yield item


def place(item: Item) -> str:
    return Path(item.filename).relative_to(ROOT).as_posix()


def declared_lines(file: Path) -> Iterator[int]:
    """Yield the lines of fields of classes, of members of enums and of everything in a Protocol."""
    for node in ast.walk(ast.parse(file.read_text())):
        if not isinstance(node, ast.ClassDef):
            continue
        if any(ast.unparse(base).startswith("Protocol") for base in node.bases):
            yield from range(node.lineno, (node.end_lineno or node.lineno) + 1)
        is_enum = any(ast.unparse(base).endswith(("Enum", "Flag", "Word")) for base in node.bases)
        values = (ast.Assign, ast.AnnAssign) if is_enum else ast.AnnAssign
        yield from (field.lineno for field in node.body if isinstance(field, values))


if __name__ == "__main__":
    sys.exit(main())
