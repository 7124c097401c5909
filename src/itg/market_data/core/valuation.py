"""Marks of all tracked instruments at a step."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from itg.kernel.ids import UnderlyingId
from itg.kernel.money import PRICE_SCALE, Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import Instrument, OptionRight
from itg.market_data.contract import ConfigureMarketData, Mark, SpotPrice, StartMarket
from itg.market_data.core.paths import Paths, Walk
from itg.market_data.core.pricing import Horizon, fair_pair

_PPM = 1_000_000


class StrikePlan(Struct):
    """Where a strike's call and put stand in the published list; None: not tracked."""

    strike: float
    call_place: int | None = None
    put_place: int | None = None


class Chain(Struct):
    """The strikes of one underlying and expiry, which share a horizon."""

    underlying: int
    expires_ns: Nanos
    strikes: dict[Price, StrikePlan]


class Valuation:
    """Values every tracked instrument; rebuilt when the tracked set changes."""

    def __init__(
        self, config: ConfigureMarketData, walk: Walk, tracked: Iterable[Instrument]
    ) -> None:
        self._config = config
        self._walk = walk
        self._instruments = list(tracked)
        self._spots: list[tuple[int, int]] = []  # place in the list, underlying
        self._chains: dict[tuple[int, Nanos], Chain] = {}
        order = {model.underlying_id: n for n, model in enumerate(config.underlyings)}
        for place, instrument in enumerate(self._instruments):
            self._plan(place, instrument, order)

    def marks(
        self, now: Nanos, session: StartMarket, paths: Paths, spots: Sequence[SpotPrice]
    ) -> tuple[Mark, ...]:
        """Return the marks in tracking order."""
        ends = [nights_until(chain.expires_ns, session) for chain in self._chains.values()]
        last = max((nights for nights in ends if nights is not None), default=0)
        horizons = self._horizons(now, session, paths, last)
        marks: dict[int, Mark] = {}
        for place, underlying in self._spots:
            name = self._instruments[place].instrument_id
            marks[place] = Mark(name, spots[underlying].spot_price, 0, _PPM, 0, 0, 0)
        for chain, nights in zip(self._chains.values(), ends, strict=True):
            horizon = Horizon(0.0, 0.0) if nights is None else horizons[nights]
            self._value(chain, horizon, spots[chain.underlying].spot_price / PRICE_SCALE, marks)
        return tuple(marks[place] for place in range(len(self._instruments)))

    def _plan(self, place: int, instrument: Instrument, order: dict[UnderlyingId, int]) -> None:
        underlying = order[instrument.underlying_id]
        option = instrument.option
        if not option:
            self._spots.append((place, underlying))
            return
        key = (underlying, option.expires_ns)
        chain = self._chains.setdefault(key, Chain(underlying, option.expires_ns, {}))
        plan = chain.strikes.setdefault(option.strike, StrikePlan(option.strike / PRICE_SCALE))
        if option.right is OptionRight.CALL:
            plan.call_place = place
        else:
            plan.put_place = place

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
        for nights in range(nights_max + 1):
            seconds = remaining_s + nights * session_s
            moved, at_end = walk.expected_variance(paths, seconds)
            jumps = walk.jumps.variance(remaining_s, nights)
            variance = (moved + nights_variance) / year_s + jumps
            horizons.append(Horizon((seconds + nights * night_s) / year_s, variance))
            nights_variance += night_s * at_end
        return horizons

    def _value(self, chain: Chain, horizon: Horizon, spot: float, marks: dict[int, Mark]) -> None:
        surface, per_year = self._config.surface, self._config.sessions_per_year
        instruments = self._instruments
        for plan in chain.strikes.values():
            pair = fair_pair(spot, plan.strike, horizon, surface, per_year)
            volatility, gamma = round(pair.volatility * _PPM), round(pair.gamma * _PPM)
            vega, theta = round(pair.vega * _PPM), round(pair.theta * _PPM)
            delta = round(pair.call_delta * _PPM)
            for place, value, own_delta in (
                (plan.call_place, pair.call, delta),
                (plan.put_place, pair.put, delta - _PPM),
            ):
                if place is not None:
                    price = Price(round(value * PRICE_SCALE))
                    name = instruments[place].instrument_id
                    marks[place] = Mark(name, price, volatility, own_delta, gamma, vega, theta)


def nights_until(expires_ns: Nanos, session: StartMarket) -> int | None:
    """Return how many nights lie before an expiry; None when it is past."""
    if expires_ns < session.session_end_ns:
        return None
    ends = session.session_ends_ns
    return sum(1 for end_ns in ends if session.session_end_ns < end_ns <= expires_ns)


def session_seconds_left(now: Nanos, session: StartMarket, session_seconds: int) -> float:
    """Return the session's seconds still to come; all of them before it starts."""
    left_ns = session.session_end_ns - max(now, session.session_start_ns)
    return min(max(left_ns / NS_PER_S, 0.0), float(session_seconds))
