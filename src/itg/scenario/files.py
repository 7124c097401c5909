"""Scenario files: the shipped ones, other people's, and what they extend.

A file that `extends` another is laid over it: tables key by key; arrays, and tables whose `kind`
differs, are replaced whole.
"""

import tomllib
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from itg.kernel.errors import ConfigurationError
from itg.scenario.model import Scenario
from itg.scenario.nearest import nearest
from itg.scenario.strict import KIND, scenario_of

SUFFIX = ".toml"
EXTENDS = "extends"
Tables = dict[str, object]


def available() -> list[str]:
    """Return the names of the shipped scenarios, sorted."""
    files = _shipped().iterdir()
    return sorted(file.name.removesuffix(SUFFIX) for file in files if file.name.endswith(SUFFIX))


def read(name_or_path: str) -> tuple[str, Scenario]:
    """Return a scenario and its name; `ConfigurationError` names file and key of what is wrong."""
    file = _find(name_or_path, Path())
    try:
        tables = _resolved(file, name_or_path, ())
        return file.name.removesuffix(SUFFIX), scenario_of(tables)
    except ConfigurationError as error:
        raise ConfigurationError(f"{file.name}: {error}") from error


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


def _resolved(file: Traversable, name: str, seen: tuple[str, ...]) -> Tables:
    if name in seen:
        raise ConfigurationError(f"extends itself: {' → '.join((*seen, name))}")
    tables = _parsed(file)
    base = tables.pop(EXTENDS, None)
    if base is None:
        return tables
    if not isinstance(base, str):
        raise ConfigurationError(f"{EXTENDS}: expected a scenario's name or file, got {base!r}")
    folder = file.parent if isinstance(file, Path) else Path()
    return _laid_over(_resolved(_find(base, folder), base, (*seen, name)), tables)


def _parsed(file: Traversable) -> Tables:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{file.name} is not TOML: {error}") from error


def _laid_over(base: Tables, tables: Tables) -> Tables:
    merged = dict(base)
    for key, value in tables.items():
        below = merged.get(key)
        if isinstance(value, dict) and isinstance(below, dict) and _same_kind(below, value):
            merged[key] = _laid_over(below, value)
        else:
            merged[key] = value
    return merged


def _same_kind(below: Tables, value: Tables) -> bool:
    return value.get(KIND, below.get(KIND)) == below.get(KIND)
