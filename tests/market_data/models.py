"""Market models for tests: classic's numbers, any step, any part switched off."""

from tools.stats.paths import (
    IDENTITY,
    Run,
    classic,
    fixed_regime,
    lagging,
    setup,
    stepping,
    without_jumps,
)

from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import Instrument
from itg.market_data.contract import StartMarket, TrackSeries

__all__ = [
    "IDENTITY",
    "Run",
    "classic",
    "fixed_regime",
    "lagging",
    "stepping",
    "without_jumps",
]

DAY_NS = 86_400 * NS_PER_S
OPEN_NS = Nanos(20_000 * DAY_NS)


def instruments() -> list[Instrument]:
    return [c.instrument for c in setup("classic") if isinstance(c, TrackSeries)]


def session_of(day: int = 0, seconds: int = 19_800, *, lead_s: int = 0) -> StartMarket:
    """Return the day-th session; stepping begins `lead_s` before it."""
    starts_ns = [OPEN_NS + n * DAY_NS for n in range(6)]
    ends_ns = tuple(Nanos(start + seconds * NS_PER_S) for start in starts_ns)
    return StartMarket(
        session_start_ns=Nanos(starts_ns[day]),
        session_end_ns=ends_ns[day],
        session_ends_ns=ends_ns[day:],
        first_step_ns=Nanos(starts_ns[day] - lead_s * NS_PER_S),
    )
