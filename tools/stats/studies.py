"""The studies of `make stats`, each a function of a seed and how large it is."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from tools.stats import forecasts, headlines, investors, prices
from tools.stats.findings import Finding

Check = Callable[[int, int], Iterable[Finding]]


class Study(NamedTuple):
    """A study, and how many times the gate's sample it takes in `make stats`."""

    name: str
    check: Check
    size: int


STUDIES = (
    Study("signals", forecasts.study, 6),
    Study("market with news", prices.with_news, 8),
    Study("correlation by regime", prices.correlation_by_regime, 8),
    Study("investors", investors.study, 8),
    Study("correlation with ordinary jumps", prices.correlation_with_ordinary_jumps, 8),
    Study("the game's step", prices.game_step, 12),
    Study("stays in a regime", prices.dwell_times, 12),
    Study("drift of the core", prices.core_drift, 12),
    Study("headlines", headlines.study, 8),
    Study("tracking error", prices.tracking_error, 20),
)


def findings(study: Study, seed: int, size: int | None = None) -> list[Finding]:
    """Return what a study finds with this seed."""
    return [*study.check(seed, study.size if size is None else size)]
