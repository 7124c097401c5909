"""One scenario file laid over another, and where each key comes from."""

from itg.kernel.errors import ConfigurationError
from itg.scenario.nearest import nearest
from itg.scenario.strict import KIND

Tables = dict[str, object]
# From a key with the tables around it to the name of a file.
Origins = dict[tuple[str, ...], str]


def laid_over(base: Tables, tables: Tables) -> Tables:
    """Return `base` with the keys of `tables`; arrays and tables of another kind replace."""
    merged = dict(base)
    for key, value in tables.items():
        below = merged.get(key)
        if isinstance(value, dict) and isinstance(below, dict) and _same_kind(below, value):
            merged[key] = laid_over(below, value)
        else:
            merged[key] = value
    return merged


def taken_out(base: Tables, names: object, place: str) -> Tables:
    """Return `base` without the tables or keys named, such as `news` or `signals.volatility`.

    `ConfigurationError` where `names` is no array of texts, or `base` lacks one of them.
    """
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ConfigurationError(f"{place}: expected an array of names, got {names!r}")
    for name in names:
        base = _without(base, name.split("."), f"{place}: {name}")
    return base


def origins_of(tables: Tables, file: str) -> Origins:
    """Return `file` for each key of its tables; an array is one key, whatever it holds."""
    return dict.fromkeys(paths_of(tables), file)


def paths_of(tables: Tables) -> list[tuple[str, ...]]:
    """Return the path of every key that is no table, in the file's order."""
    paths: list[tuple[str, ...]] = []
    for key, value in tables.items():
        inside = [(key, *path) for path in paths_of(value)] if isinstance(value, dict) else [(key,)]
        paths += inside
    return paths


def _without(base: Tables, path: list[str], place: str) -> Tables:
    key, *deeper = path
    if key not in base:
        raise ConfigurationError(f"{place}: nothing to take out{nearest(key, [*base])}")
    if not deeper:
        return {name: value for name, value in base.items() if name != key}
    inside = base[key]
    if not isinstance(inside, dict):
        raise ConfigurationError(f"{place}: {key} is no table")
    return {**base, key: _without(inside, deeper, place)}


def _same_kind(below: Tables, value: Tables) -> bool:
    return value.get(KIND, below.get(KIND)) == below.get(KIND)
