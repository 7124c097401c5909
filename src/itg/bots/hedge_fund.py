"""A hedge fund: trades volatility through straddles and keeps its delta small.

It compares how much the leading underlying moves now with how much it moved before, and the same
for what the nearest options imply. Where movement has risen more than implied volatility, by more
than going in and out costs, it buys straddles at the money; where it has fallen more it sells
them. What it has it keeps until the edge has turned. Orders take what stands and never rest, so it
never shows a bid and an ask in one instrument.
"""

from math import log

from itg.bots.chain import Series, keep_up
from itg.bots.hedging import Hedger, leader_of, take
from itg.client.bot import Bot
from itg.wire.v1.market import PriceBody

FAST_S = 45.0
SLOW_S = 240.0
WARM_UP_S = 90.0
LEARNING = 0.25
LOT_MAX = 5
JUMP_FACTOR = 9.0  # of the usual squared move: three standard deviations


class Ewma:
    """A mean that forgets with a half-life in seconds; the first value is taken whole."""

    __slots__ = ("_half_life_s", "value")

    def __init__(self, half_life_s: float) -> None:
        self._half_life_s = half_life_s
        self.value: float | None = None

    def add(self, value: float, seconds: float) -> None:
        """Take a value that stands for so many seconds."""
        weight = 1.0 - 0.5 ** (seconds / self._half_life_s)
        self.value = value if self.value is None else self.value + weight * (value - self.value)


class HedgeFund(Bot):
    """Straddles towards a target that follows the volatility edge."""

    timer_s = 1.0

    def __init__(self, *, seed: int = 0) -> None:
        super().__init__(seed=seed)
        self.straddles_max = 30 + self.dice.below(21)
        self.full_edge = self.dice.uniform(0.15, 0.30)  # log points at which the target is full
        self.bias = self.dice.uniform(-0.02, 0.02)
        self.lot = 2 + self.dice.below(LOT_MAX - 1)
        self.series: dict[str, Series] = {}
        self.hedger = Hedger(self, self.series, self.dice.uniform(5.0, 12.0))
        self._last_price: float | None = None
        self._started_us = 0
        self._moved = (Ewma(FAST_S), Ewma(SLOW_S))
        self._implied = (Ewma(FAST_S / 4), Ewma(SLOW_S))
        self._sampled: float | None = None

    def on_start(self) -> None:
        """Take the chain."""
        self.on_chain()

    def on_chain(self) -> None:
        """Follow what is listed."""
        keep_up(self.series, self.instruments.values())

    def on_price(self, price: PriceBody) -> None:
        """Keep the leader's newest price while it moves."""
        if price.is_moving and price.underlying_id == leader_of(self.prices):
            self._last_price = price.price

    def on_timer(self) -> None:
        """Measure, then trade one leg towards the target and hedge."""
        if self._last_price is None or not self._is_open():
            return
        self._started_us = self._started_us or self.now_us
        self._measure(self._last_price)
        legs = self.straddle()
        for leg in legs:
            self._observe(leg)
        if legs and self.now_us - self._started_us >= WARM_UP_S * 1_000_000:
            self._trade(legs)
            self.hedger.rebalance()

    def edge(self) -> float:
        """Return by how many log points movement outran what is implied; 0 before measurements."""
        fast, slow = (mean.value for mean in self._moved)
        implied, usual = (mean.value for mean in self._implied)
        if not fast or not slow or not implied or not usual:
            return 0.0
        return 0.5 * log(fast / slow) - log(implied / usual) + self.bias

    def straddle(self) -> list[Series]:
        """Return call and put of the nearest expiry and strike on the leader."""
        leader_id = leader_of(self.prices)
        spot = self.prices[leader_id]
        chain = [s for s in self.series.values() if s.underlying_id == leader_id]
        if not chain:
            return []
        expiries = {s.instrument_id: self.instruments[s.instrument_id].expires_us for s in chain}
        nearest = min(expires for expires in expiries.values() if expires is not None)
        front = [s for s in chain if expiries[s.instrument_id] == nearest]
        strike = min((s.strike for s in front), key=lambda strike: (abs(strike - spot), strike))
        return [s for s in front if s.strike == strike]

    def _is_open(self) -> bool:
        return self.phases.get(leader_of(self.prices)) == "continuous"

    def _measure(self, price: float) -> None:
        if self._sampled is not None:
            squared = log(price / self._sampled) ** 2
            usual = self._moved[1].value
            # A jump is over when it is seen: it says little about the movement to come.
            squared = squared if usual is None else min(squared, JUMP_FACTOR * usual)
            for mean in self._moved:
                mean.add(squared, self.timer_s)
        self._sampled = price

    def _observe(self, leg: Series) -> None:
        mid = self.books[leg.instrument_id].mid
        if mid is None:
            return
        leg.learn(self.prices[leg.underlying_id], mid, LEARNING)
        if leg.deviation is not None:
            for mean in self._implied:
                mean.add(leg.deviation, self.timer_s)

    def _trade(self, legs: list[Series]) -> None:
        wanted = {leg.instrument_id: self._target(leg) for leg in legs}
        gaps = {
            name: wanted.get(name, 0) - self.account.net(name)
            for name in (*wanted, *self.account.positions)
            if name in self.series
        }
        name = max(gaps, key=lambda name: abs(gaps[name]))
        if gaps[name]:
            take(self, name, gaps[name], self.lot)

    def _target(self, leg: Series) -> int:
        # At the money a relative error of volatility is the same relative error of the price, so
        # edge and cost compare as they are.
        book, held = self.books[leg.instrument_id], self.account.net(leg.instrument_id)
        if book.spread is None or not book.mid:
            return held
        edge, cost = self.edge(), book.spread / book.mid  # going in and out again
        has_turned = held * edge < 0
        if abs(edge) < cost:
            return 0 if has_turned else held
        size = round(self.straddles_max * min((abs(edge) - cost) / self.full_edge, 1.0))
        size = size if has_turned else max(size, abs(held))
        return size if edge > 0 else -size
