"""Scenario files: the shipped ones, other people's, and what they extend.

A file that `extends` another is laid over it: tables key by key; arrays, and tables whose `kind`
differs, are replaced whole. What the file names in `without` is taken out of the other one first.
"""

import tomllib
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import NamedTuple

from itg.kernel.errors import ConfigurationError
from itg.scenario.layers import Origins, Tables, laid_over, origins_of, paths_of, taken_out
from itg.scenario.model import Scenario
from itg.scenario.nearest import nearest
from itg.scenario.strict import scenario_of

SUFFIX = ".toml"
EXTENDS = "extends"
WITHOUT = "without"


class Resolved(NamedTuple):
    """A file's tables with everything it extends, and the file each key comes from."""

    name: str
    tables: Tables
    origins: Origins


def available() -> list[str]:
    """Return the names of the shipped scenarios, sorted."""
    files = _shipped().iterdir()
    return sorted(file.name.removesuffix(SUFFIX) for file in files if file.name.endswith(SUFFIX))


def read(name_or_path: str) -> tuple[str, Scenario]:
    """Return a scenario and its name; `ConfigurationError` names file and key of what is wrong."""
    resolved = resolve(name_or_path)
    try:
        return resolved.name, scenario_of(resolved.tables)
    except ConfigurationError as error:
        raise ConfigurationError(f"{resolved.name}{SUFFIX}: {error}") from error


def resolve(name_or_path: str) -> Resolved:
    """Return a scenario's tables, not yet held against the model.

    Raises `ConfigurationError` where a file is missing, is not TOML, or extends itself.
    """
    file = _find(name_or_path, Path())
    try:
        tables, origins = _resolved(file, name_or_path, ())
    except ConfigurationError as error:
        raise ConfigurationError(f"{file.name}: {error}") from error
    held = {path: origins[path] for path in paths_of(tables)}
    return Resolved(file.name.removesuffix(SUFFIX), tables, held)


def seed_of(name_or_path: str) -> int:
    """Return the seed a scenario names."""
    return read(name_or_path)[1].seed


def purpose_of(name: str) -> str:
    """Return what a shipped scenario is for: the comment its file begins with, as one line."""
    lines = _find(name, Path()).read_text(encoding="utf-8").splitlines()
    count = next((n for n, line in enumerate(lines) if not line.startswith("#")), len(lines))
    return " ".join(line.removeprefix("#").strip() for line in lines[:count])


def _shipped() -> Traversable:
    return resources.files("itg") / "scenarios"


def _find(name: str, folder: Path) -> Traversable:
    if not name.endswith(SUFFIX):
        file = _shipped() / f"{name}{SUFFIX}"
        if file.is_file():
            return file
        raise ConfigurationError(f"no scenario {name!r}{nearest(name, available())}")
    path = folder / name
    if not path.is_file():
        raise ConfigurationError(f"no scenario file {path}")
    return path


def _resolved(file: Traversable, name: str, seen: tuple[str, ...]) -> tuple[Tables, Origins]:
    if name in seen:
        raise ConfigurationError(f"extends itself: {' → '.join((*seen, name))}")
    tables = _parsed(file)
    base, without = tables.pop(EXTENDS, None), tables.pop(WITHOUT, [])
    if base is None and without == []:
        return tables, origins_of(tables, file.name)
    if not isinstance(base, str):
        raise ConfigurationError(f"{EXTENDS}: expected a scenario's name or file, got {base!r}")
    folder = file.parent if isinstance(file, Path) else Path()
    below, origins = _resolved(_find(base, folder), base, (*seen, name))
    below = taken_out(below, without, WITHOUT)
    return laid_over(below, tables), {**origins, **origins_of(tables, file.name)}


def _parsed(file: Traversable) -> Tables:
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file.name} is not TOML: {error}") from error
    _place_recording(tables, file)
    return tables


def _place_recording(tables: Tables, file: Traversable) -> None:
    # A path in a file is beside that file, wherever the scenario that extends it lies.
    market = tables.get("market")
    if isinstance(market, dict) and isinstance(file, Path):
        recording = market.get("recording")
        if isinstance(recording, str):
            market["recording"] = str(file.parent / recording)
