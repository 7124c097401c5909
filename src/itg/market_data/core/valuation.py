"""Marks of all tracked instruments at a step, and what else one wants to know of their values.

Each strike of an expiry is a column, whether its call, its put or both are tracked; a step values
all columns of all expiries at once. The layout stands as long as the tracked set does.
"""

from collections.abc import Iterable, Iterator, Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from itg.kernel.ids import InstrumentId, UnderlyingId
from itg.kernel.money import PRICE_SCALE, Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import Instrument, OptionRight
from itg.market_data.contract import (
    ConfigureMarketData,
    Mark,
    QuotedPrice,
    SpotPrice,
    StartMarket,
    SurfaceSlice,
)
from itg.market_data.core.implied import implied_deviation, volatilities_ppm
from itg.market_data.core.normal import Floats
from itg.market_data.core.paths import Paths, Walk
from itg.market_data.core.pricing import DEVIATION_MIN, Greeks, Horizons, Pricer
from itg.market_data.core.surface import Skew, surface_points

_PPM = 1_000_000
_WHOLE = np.array(float(_PPM))
_ZERO = np.array(0.0)
_HALF = np.array(0.5)
_USD = float(PRICE_SCALE)
# Rows of a step's figures, by column; a series takes its own of the first two pairs.
_CALL, _PUT, _CALL_DELTA, _PUT_DELTA, _VOLATILITY, _GAMMA, _VEGA, _THETA = range(8)


class Horizon(NamedTuple):
    """Until an expiry: years of sessions and the whole variance to expect."""

    years: float
    variance: float


class Chain(NamedTuple):
    """One underlying and expiry, whose strikes share a horizon."""

    underlying: int
    expires_ns: Nanos


class Series(NamedTuple):
    """Where an option stands: its column and its right."""

    column: int
    is_call: bool
    tick_size: Price


class Fair(NamedTuple):
    """A step's fair volatilities by column, and the horizon of each chain."""

    horizons: list[Horizon]
    moneyness: Floats  # ln(strike/spot)
    valued_at: Horizons


class Valuation:
    """Values every tracked instrument; rebuilt when the tracked set changes."""

    def __init__(
        self, config: ConfigureMarketData, walk: Walk, tracked: Iterable[Instrument]
    ) -> None:
        self._config = config
        self._walk = walk
        self._skew = Skew(config.surface)
        self._spots: list[tuple[int, InstrumentId, int]] = []  # place in the list, name, underlying
        self._chains: dict[Chain, int] = {}
        self._series: dict[InstrumentId, Series] = {}
        columns: dict[tuple[int, Price], int] = {}
        order = {model.underlying_id: n for n, model in enumerate(config.underlyings)}
        for place, instrument in enumerate(tracked):
            self._seat(place, instrument, order[instrument.underlying_id], columns)
        self._strikes = np.array([float(strike) for _, strike in columns])
        self._chain_of = np.array([chain for chain, _ in columns], dtype=np.intp)
        self._pricer = Pricer(len(columns))
        self._places = self._table(len(columns))
        # Volatility, gamma, vega, theta: from price units, 1.00 of volatility and years.
        scales = (1.0, _USD, 0.01 / _USD, 1.0 / _USD / config.sessions_per_year)
        self._scales = np.repeat(scales, len(columns)).reshape(4, len(columns)) * _PPM

    def marks(
        self, now: Nanos, session: StartMarket, paths: Paths, spots: Sequence[SpotPrice]
    ) -> tuple[Mark, ...]:
        """Return the marks in tracking order."""
        marks: list[Mark] = []
        if self._series:
            fair = self.fair(now, session, paths, spots)
            greeks = self._pricer.greeks(self._strikes, fair.moneyness, fair.valued_at)
            figures = self._figures(fair, greeks).take(self._places).astype(np.int64)
            marks += map(Mark, self._series, *figures.tolist())
        for place, name, underlying in self._spots:
            marks.insert(place, Mark(name, spots[underlying].spot_price, 0, _PPM, 0, 0, 0))
        return tuple(marks)

    def fair(
        self, now: Nanos, session: StartMarket, paths: Paths, spots: Sequence[SpotPrice]
    ) -> Fair:
        """Return each column's fair volatility: its chain's level times its skew."""
        horizons = self._chain_horizons(now, session, paths)
        rows = np.array(
            [
                (spots[chain.underlying].spot_price, *_root_and_level(horizon))
                for chain, horizon in zip(self._chains, horizons, strict=True)
            ]
        ).reshape(-1, 3)
        spot, root, level = rows.T.take(self._chain_of, axis=1)
        moneyness = np.log(self._strikes / spot)
        volatility = self._skew.of(moneyness / root) * level
        return Fair(horizons, moneyness, Horizons(spot, root, volatility))

    def implied(self, fair: Fair, quotes: Sequence[QuotedPrice]) -> list[int | None]:
        """Return the quotes' implied volatilities, 1e-6; None where there is none to speak of."""
        found: list[int | None] = [None] * len(quotes)
        chains = self._chain_of.tolist()
        asked = [
            (place, one, quote.price)
            for place, quote in enumerate(quotes)
            if (one := self._series.get(quote.instrument_id)) is not None
            and _is_alive(fair.horizons[chains[one.column]])
        ]
        columns = np.array([one.column for _, one, _ in asked], dtype=np.intp)
        signs = np.array([1.0 if one.is_call else -1.0 for _, one, _ in asked])
        ticks = np.array([float(one.tick_size) for _, one, _ in asked])
        spot, strike = fair.valued_at.spot[columns], self._strikes[columns]
        payoff = np.maximum((spot - strike) * signs, _ZERO)
        value = np.array([float(price) for _, _, price in asked]) - payoff
        value[value < ticks * _HALF] = np.nan
        deviation = implied_deviation(value, np.minimum(spot, strike), np.maximum(spot, strike))
        volatilities = volatilities_ppm(deviation / fair.valued_at.root[columns])
        for (place, _, _), volatility in zip(asked, volatilities, strict=True):
            found[place] = volatility
        return found

    def surface(self, fair: Fair, underlying_id: UnderlyingId) -> Iterator[SurfaceSlice]:
        """Yield the slices of one underlying that have time left, nearest expiry first."""
        names = [model.underlying_id for model in self._config.underlyings]
        _, root, volatility = fair.valued_at
        for chain, place in sorted(self._chains.items(), key=lambda item: item[0].expires_ns):
            horizon = fair.horizons[place]
            if names[chain.underlying] != underlying_id or not _is_alive(horizon):
                continue
            own = np.flatnonzero(self._chain_of == place)
            yield SurfaceSlice(
                expires_ns=chain.expires_ns,
                years=round(horizon.years * 1e9),
                level_vol=round(sqrt(horizon.variance / horizon.years) * _PPM),
                points=surface_points(
                    self._strikes[own], (fair.moneyness / root)[own], volatility[own]
                ),
            )

    def _seat(
        self,
        place: int,
        instrument: Instrument,
        underlying: int,
        columns: dict[tuple[int, Price], int],
    ) -> None:
        option = instrument.option
        if not option:
            self._spots.append((place, instrument.instrument_id, underlying))
            return
        chain = self._chains.setdefault(Chain(underlying, option.expires_ns), len(self._chains))
        column = columns.setdefault((chain, option.strike), len(columns))
        is_call = option.right is OptionRight.CALL
        self._series[instrument.instrument_id] = Series(column, is_call, instrument.tick_size)

    def _table(self, count: int) -> npt.NDArray[np.intp]:
        # Row by field of Mark, column by series: where in the flat figures its number stands.
        calls = (_CALL, _VOLATILITY, _CALL_DELTA, _GAMMA, _VEGA, _THETA)
        puts = (_PUT, _VOLATILITY, _PUT_DELTA, _GAMMA, _VEGA, _THETA)
        places = [
            [row * count + one.column for row in (calls if one.is_call else puts)]
            for one in self._series.values()
        ]
        return np.array(places, dtype=np.intp).T.copy()

    def _figures(self, fair: Fair, greeks: Greeks) -> Floats:
        spot = fair.valued_at.spot
        figures = np.zeros((8, spot.size))
        figures[_CALL] = greeks.value
        np.multiply(greeks.call_delta, _WHOLE, out=figures[_CALL_DELTA])
        figures[_VOLATILITY] = fair.valued_at.volatility
        figures[_GAMMA] = greeks.gamma
        figures[_VEGA] = greeks.vega
        figures[_THETA] = greeks.theta
        shared = figures[_VOLATILITY:]
        shared *= self._scales
        if not all(map(_is_alive, fair.horizons)):
            self._expire(fair, figures)
        np.rint(figures, out=figures)
        payoff = spot - self._strikes
        figures[_PUT] = figures[_CALL] + np.maximum(-payoff, _ZERO)
        figures[_CALL] += np.maximum(payoff, _ZERO)
        np.subtract(figures[_CALL_DELTA], _WHOLE, out=figures[_PUT_DELTA])
        return figures

    def _expire(self, fair: Fair, figures: Floats) -> None:
        is_over = ~np.array([_is_alive(horizon) for horizon in fair.horizons])[self._chain_of]
        figures[:, is_over] = 0.0
        figures[_CALL_DELTA, is_over] = np.where(fair.moneyness[is_over] < 0.0, _WHOLE, _ZERO)

    def _chain_horizons(self, now: Nanos, session: StartMarket, paths: Paths) -> list[Horizon]:
        ends = [nights_until(chain.expires_ns, session) for chain in self._chains]
        last = max((nights for nights in ends if nights is not None), default=0)
        horizons = self._horizons(now, session, paths, last)
        return [Horizon(0.0, 0.0) if nights is None else horizons[nights] for nights in ends]

    def _horizons(
        self, now: Nanos, session: StartMarket, paths: Paths, nights_max: int
    ) -> list[Horizon]:
        # One entry per number of nights before the expiry: 0 is today's close.
        config = self._config
        session_s = config.session_seconds
        year_s = config.sessions_per_year * session_s
        remaining_s = session_seconds_left(now, session, session_s)
        night_s = config.overnight_gap * config.overnight_gap * session_s
        walk = self._walk
        horizons: list[Horizon] = []
        nights_variance = 0.0
        ends = [remaining_s + nights * session_s for nights in range(nights_max + 1)]
        moves = walk.expected_variances(paths, ends)
        for nights, (seconds, (moved, at_end)) in enumerate(zip(ends, moves, strict=True)):
            jumps = walk.jumps.variance(remaining_s, nights)
            variance = (moved + nights_variance) / year_s + jumps
            horizons.append(Horizon((seconds + nights * night_s) / year_s, variance))
            nights_variance += night_s * at_end
        return horizons


def _is_alive(horizon: Horizon) -> bool:
    return horizon.years > 0.0 and horizon.variance > DEVIATION_MIN * DEVIATION_MIN


def _root_and_level(horizon: Horizon) -> tuple[float, float]:
    # What is over is taken out later; until then it must not divide by zero.
    if not _is_alive(horizon):
        return 1.0, 1.0
    return sqrt(horizon.years), sqrt(horizon.variance / horizon.years)


def nights_until(expires_ns: Nanos, session: StartMarket) -> int | None:
    """Return how many nights lie before an expiry; None when it is past."""
    planned_end_ns = session.planned_end_ns
    if expires_ns < (session.session_end_ns if planned_end_ns is None else planned_end_ns):
        return None
    ends = session.session_ends_ns
    return sum(1 for end_ns in ends if session.session_end_ns < end_ns <= expires_ns)


def session_seconds_left(now: Nanos, session: StartMarket, session_seconds: int) -> float:
    """Return the session's seconds still to come; all of them before it starts."""
    left_ns = session.session_end_ns - max(now, session.session_start_ns)
    return min(max(left_ns / NS_PER_S, 0.0), float(session_seconds))
