"""An option chain as a bot sees it: what each series is worth at today's implied deviation.

A series' implied volatility is kept as its *deviation*, σ√T, the standard deviation of the
logarithm of the final price. Read from a market price and used at the next spot, it needs no
calendar: whatever clock the market ages by is already in it.
"""

from collections.abc import Iterable

from itg.client.greeks import Greeks, Option, greeks, implied_vol
from itg.wire.v1.market import InstrumentBody

DEVIATION_MIN = 1e-4
VEGA_MIN = 1e-6
STEP_MAX = 0.1  # of the deviation, in one correction


class Series:
    """One option and the market's opinion of it."""

    __slots__ = (
        "_valued",
        "_valued_at",
        "deviation",
        "instrument_id",
        "option",
        "strike",
        "tick",
        "underlying_id",
    )

    def __init__(self, instrument: InstrumentBody) -> None:
        assert instrument.right is not None
        assert instrument.strike is not None
        self.instrument_id = instrument.instrument_id
        self.underlying_id = instrument.underlying_id
        self.strike = instrument.strike
        self.tick = instrument.tick_size
        # One unit of time to expiry makes the volatility of the formula the deviation.
        self.option = Option(right=instrument.right, strike=instrument.strike, years=1.0)
        self.deviation: float | None = None
        self._valued_at: tuple[float, float] | None = None
        self._valued: Greeks | None = None

    def learn(self, spot: float, price: float, weight: float) -> None:
        """Move the deviation towards the one that explains a price; the first is taken whole."""
        if self.deviation is None:
            found = implied_vol(self.option, spot, price)
            self.deviation = None if found is None else max(found, DEVIATION_MIN)
            return
        now = self._value(spot, self.deviation)
        if now.vega < VEGA_MIN:
            return
        step = weight * (price - now.price) / now.vega
        bound = STEP_MAX * self.deviation
        self.deviation = max(self.deviation + min(max(step, -bound), bound), DEVIATION_MIN)

    def value(self, spot: float) -> Greeks | None:
        """Return price and sensitivities at a spot, None before anything was learned."""
        return None if self.deviation is None else self._value(spot, self.deviation)

    def _value(self, spot: float, deviation: float) -> Greeks:
        # Asked again and again within one look at the chain.
        if self._valued is None or self._valued_at != (spot, deviation):
            self._valued_at = (spot, deviation)
            self._valued = greeks(self.option, spot, deviation)
        return self._valued


def series_of(instruments: Iterable[InstrumentBody]) -> dict[str, Series]:
    """Return the options among instruments, by id."""
    return {i.instrument_id: Series(i) for i in instruments if i.kind == "option"}


def keep_up(series: dict[str, Series], instruments: Iterable[InstrumentBody]) -> None:
    """Forget what is listed no more and begin with what is new; the rest keeps what it learned."""
    listed = series_of(instruments)
    for instrument_id in [name for name in series if name not in listed]:
        del series[instrument_id]
    for instrument_id, fresh in listed.items():
        series.setdefault(instrument_id, fresh)


def round_to(price: float, tick: float) -> float:
    """Return the tick nearest to a price, at least one."""
    return round(max(round(price / tick), 1) * tick, 4)
