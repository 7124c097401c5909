"""What an installed package adds to the game, by Python's entry points."""

from importlib.metadata import entry_points
from typing import Any

from itg.kernel.errors import ConfigurationError


def plugin(group: str, name: str, built_in: tuple[str, ...] = ()) -> Any:
    """Load what a package offers under `name` in an entry point group.

    `ConfigurationError` naming the known ones, `built_in` first, if there is none, if two packages
    offer it, or if it cannot be imported.
    """
    offered = entry_points(group=group)
    found = offered.select(name=name)
    if len(found) > 1:
        raise ConfigurationError(
            f"{group}: {len(found)} installed packages offer {name!r}; keep one"
        )
    for entry in found:
        try:
            return entry.load()
        except (ImportError, AttributeError) as fault:
            raise ConfigurationError(
                f"{group}: {name!r} is installed but {entry.value} cannot be loaded: {fault}"
            ) from fault
    known = ", ".join([*built_in, *sorted(entry.name for entry in offered)])
    raise ConfigurationError(f"{group}: {name!r} is not known; known: {known or 'none'}")
