"""Rules on the house as a whole: import contracts, locks of dependencies, addresses."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.tidy.tree import Finding, lines_of, name_of, parse, python_files

SETTINGS = "pyproject.toml"
SERVICE_ROOM = "contract"
# Top-level modules that may be imported by the light packages, or that nothing imports.
LIGHT = {
    "light-client": frozenset({"client", "wire", "cli"}),
    "light-bots": frozenset({"bots", "client", "wire", "cli"}),
}
MAINS = frozenset({"__init__", "__main__"})
INDEX = re.compile(r"(?<!no-emit-)index-url|find-links|pypi\.|pythonhosted")
PINNED = re.compile(r"^[a-z0-9._-]+(\[[a-z,]+\])?==", re.IGNORECASE)


def unlisted_packages(root: Path) -> Iterator[Finding]:
    """Find packages of src/itg that an import contract forgets."""
    contracts = import_contracts(root)
    for name, is_service in sorted(residents(root).items()):
        for contract, listed in expected_places(contracts, is_service=is_service):
            if name not in listed and name not in LIGHT.get(contract, frozenset()):
                text = f"itg.{name} does not stand in the import contract {contract!r}"
                yield Finding(root / SETTINGS, contract_line(root, contract), text)


def expected_places(
    contracts: dict[str, dict[str, Any]], *, is_service: bool
) -> Iterator[tuple[str, frozenset[str]]]:
    yield "floors", in_layers(contracts["floors"])
    for light in LIGHT:
        if light in contracts:
            yield light, bare(contracts[light]["forbidden_modules"])
    if is_service:
        yield "order", in_layers(contracts["order"])
        yield "rooms", bare(contracts["rooms"]["containers"])


def residents(root: Path) -> dict[str, bool]:
    """Name every package and module of src/itg; a service is one that has a contract."""
    house = root / "src" / "itg"
    found: dict[str, bool] = {}
    for file in python_files(root, "src/itg"):
        parts = file.relative_to(house).with_suffix("").parts
        if parts[0] not in MAINS:
            found[parts[0]] = found.get(parts[0], False) or parts[1:2] == (SERVICE_ROOM,)
    return found


def import_contracts(root: Path) -> dict[str, dict[str, Any]]:
    settings = tomllib.loads((root / SETTINGS).read_text(encoding="utf-8"))
    return {contract["id"]: contract for contract in settings["tool"]["importlinter"]["contracts"]}


def in_layers(contract: dict[str, Any]) -> frozenset[str]:
    return bare(part for layer in contract["layers"] for part in re.split(r"[|:]", layer))


def bare(names: Any) -> frozenset[str]:  # any iterable of dotted names
    return frozenset(name.strip(" ()").removeprefix("itg.") for name in names)


def contract_line(root: Path, contract: str) -> int:
    for number, line in enumerate(lines_of(root / SETTINGS), start=1):
        if line == f'id = "{contract}"':
            return number
    return 1


def addressed_locks(root: Path) -> Iterator[Finding]:
    """Find locks that name a host or carry a requirement without its hashes."""
    for file in sorted(root.glob("requirements*.lock")):
        lines = lines_of(file)
        for number, line in enumerate(lines, start=1):
            if "://" in line or line.startswith("-"):
                yield Finding(file, number, "a lock names no index and takes no option")
            if PINNED.match(line) and "--hash=" not in "".join(lines[number : number + 1]):
                yield Finding(file, number, "a requirement without a hash")


def foreign_addresses(root: Path) -> Iterator[Finding]:
    """Find package index addresses in the files that install things."""
    files = [root / SETTINGS, root / "Makefile", root / ".ci" / "run"]
    for file in (*files, *sorted((root / "tools").rglob("*.py"))):
        for number, line in enumerate(lines_of(file) if file.exists() else (), start=1):
            if INDEX.search(line):
                yield Finding(file, number, "names a package index; that is the machine's")


def debug_guard(root: Path) -> Iterator[Finding]:
    """Find a command that would start under -O, where the asserts of the cores are gone."""
    command = root / "src" / "itg" / "cli.py"
    if not command.exists():
        return
    for file in python_files(root, "src/itg"):
        for node in ast.walk(parse(file)):
            if name_of(node) in ("__debug__", "sys.flags.optimize"):
                return
    yield Finding(command, 1, "nothing refuses to start under -O (test __debug__)")
