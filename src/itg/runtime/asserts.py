"""Assertions guard the books: a process without them must not start."""

import sys

from itg.kernel.errors import ConfigurationError


def refuse_optimized(optimize: int = sys.flags.optimize) -> None:
    """Raise `ConfigurationError` under `python -O`."""
    if optimize:
        raise ConfigurationError("run without -O: assertions stop a node before it is wrong")
