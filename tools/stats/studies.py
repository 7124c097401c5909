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
    Study("signals", forecasts.study, 4),
    Study("market with news", prices.with_news, 4),
    Study("correlation by regime", prices.correlation_by_regime, 4),
    Study("investors", investors.study, 5),
    Study("correlation with ordinary jumps", prices.correlation_with_ordinary_jumps, 4),
    Study("the game's step", prices.game_step, 6),
    Study("stays in a regime", prices.dwell_times, 6),
    Study("drift of the core", prices.core_drift, 6),
    Study("headlines", headlines.study, 4),
    Study("tracking error", prices.tracking_error, 10),
)


def findings(study: Study, seed: int, size: int | None = None) -> list[Finding]:
    """Return what a study finds with this seed."""
    return [*study.check(seed, study.size if size is None else size)]
