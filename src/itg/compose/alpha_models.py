"""Alpha models that other packages bring along."""

from collections.abc import Callable
from importlib.metadata import entry_points

from itg.signals.contract import AlphaFactory

GROUP = "itg.alpha_models"


def alpha_models() -> dict[str, Callable[[], AlphaFactory]]:
    """Return how to load each installed model, by name; nothing is loaded yet."""
    return {point.name: point.load for point in entry_points(group=GROUP)}
