"""A hedge fund: trades volatility through straddles and keeps its delta small.

On a forecast it takes straddles of the nearest expiry, long where they are expected to gain, short
where to lose: in proportion to what the expected gain exceeds the cost of going in and out, and to
how sure it is (Kelly 1956). It holds them until the forecast's time has come, then gives them back
within minutes. Its blind twin hears when a forecast is given and throws a coin for the side.

Beside that it keeps a small position, for an idle fund scores nothing: it compares how much the
leading underlying moves now with how much it moved before, and the same for what the nearest
options imply. It is long where movement has risen more than implied volatility, short where less,
and changes sides when the edge has turned by clearly more than going in and out costs.
"""

from math import log
from typing import NamedTuple

from itg.bots.chain import Series, keep_up
from itg.bots.forecast import Odds, coin_of, vega_odds
from itg.bots.hedging import Hedger, leader_of
from itg.bots.working import Effort, Worker
from itg.client.bot import Bot
from itg.client.greeks import implied_vol
from itg.wire.v1.market import PriceBody
from itg.wire.v1.signals import SignalPush, VolatilityPush

FAST_S = 45.0
SLOW_S = 240.0
WARM_UP_S = 90.0
LEARNING = 0.25
LOT_MAX = 5
JUMP_FACTOR = 9.0  # of the usual squared move: three standard deviations
STRIKE_KEPT = 0.02  # of the spot: the small position stays at a strike this near
TURN_COSTS = 1.5  # by how many the edge must have turned before sides are changed
BASE_MIN = 26  # straddles, so that more than fifty options are held
PLAN_MAX = 70
AGING_S = 10.0  # over which it shows how fast years pass
HEADLINE_S = 6.0  # before one, delta is held in a narrower band
HEADLINE_BAND = 1.0
ENTRY_S = 10.0  # an order waits before what stands is taken
HOLD_S = 2.0  # after a forecast's time: takers wait then anyway
LEAVE_S = 120.0  # from when on leaving may cost what it will
USUAL = Effort(20.0, 0.08)
LEAVING = Effort(15.0, 0.05)
AT_ANY_PRICE = Effort(0.0, 10.0)


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


class Plan(NamedTuple):
    """Straddles added on a forecast until its time, one of each leg; negative: sold."""

    straddles: int
    edge: float
    legs: tuple[str, ...]
    effective_us: int


class HedgeFund(Bot):
    """Straddles towards a target that follows forecasts; `uses_signals=False` is the blind twin."""

    timer_s = 1.0
    follows_marks = True

    def __init__(self, *, seed: int = 0, uses_signals: bool = True) -> None:
        super().__init__(seed=seed)
        self.uses_signals = uses_signals
        self.coin = coin_of
        self.base = BASE_MIN + self.dice.below(9)  # straddles held without a forecast
        self.full = self.dice.uniform(1.0, 1.6)  # gain net of costs over variance, of a full plan
        self.bias = self.dice.uniform(-0.02, 0.02)
        self.lot = 3 + self.dice.below(LOT_MAX - 2)
        self.plan: Plan | None = None
        self._heard: VolatilityPush | None = None
        self._base_strike: float | None = None
        self._view = 0  # without a forecast: 1 long, −1 short, 0 not yet
        self.series: dict[str, Series] = {}
        self.worker = Worker(self, self.lot)
        self._aging: tuple[int, int, float] | None = None  # expiry, when, years to it
        self.hedger = Hedger(self, self.series, self.dice.uniform(4.0, 8.0))
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

    def on_signal(self, signal: SignalPush) -> None:
        """Keep a forecast until there are prices to judge it by."""
        if isinstance(signal, VolatilityPush):
            self._heard = signal

    def on_timer(self) -> None:
        """Measure, then work towards the target and hedge."""
        if self._last_price is None or not self._is_open():
            return
        self._started_us = self._started_us or self.now_us
        self._measure(self._last_price)
        legs = self.straddle(self._base_strike)
        self._base_strike = legs[0].strike if legs else None
        for leg in legs:
            self._observe(leg)
        self._consider()
        self._judge(legs)
        if self.plan or self._view:
            targets = self._targets(legs)
            self.worker.work(targets, self._effort(targets))
            self.hedger.rebalance(self._band())

    def edge(self) -> float:
        """Return by how many log points movement outran what is implied; 0 before measurements."""
        fast, slow = (mean.value for mean in self._moved)
        implied, usual = (mean.value for mean in self._implied)
        if not fast or not slow or not implied or not usual:
            return 0.0
        return 0.5 * log(fast / slow) - log(implied / usual) + self.bias

    def straddle(self, kept: float | None = None) -> list[Series]:
        """Return call and put of the leader's nearest expiry, at `kept` while that is near spot."""
        leader_id = leader_of(self.prices)
        spot = self.prices[leader_id]
        chain = [s for s in self.series.values() if s.underlying_id == leader_id]
        if not chain:
            return []
        nearest = min(self._expiry(s) for s in chain)
        strikes = [s.strike for s in chain if self._expiry(s) == nearest]
        strike = min(strikes, key=lambda strike: (abs(strike - spot), strike))
        if kept is not None and kept in strikes and abs(kept - spot) <= STRIKE_KEPT * spot:
            strike = kept
        return [s for s in chain if self._expiry(s) == nearest and s.strike == strike]

    def _expiry(self, series: Series) -> int:
        return self.instruments[series.instrument_id].expires_us or 0

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
        mark = self.marks.get(leg.instrument_id)
        implied = leg.deviation if mark is None else mark.iv
        if implied:
            for mean in self._implied:
                mean.add(implied, self.timer_s)
        if self._aging is None or self._aging[0] != self._expiry(leg):
            found = self._fair([leg])
            years = 0.0 if found is None else found[1]
            self._aging = (self._expiry(leg), self.now_us, years) if years else None

    def _fair(self, legs: list[Series]) -> tuple[float, float] | None:
        # Deviation and years of the fair prices; over both legs an error of the spot cancels.
        found: list[tuple[float, float]] = []
        for leg in legs:
            mark = self.marks.get(leg.instrument_id)
            spot = self.prices[leg.underlying_id]
            deviation = None if mark is None else implied_vol(leg.option, spot, mark.mark_price)
            if mark is None or not deviation or mark.iv <= 0.0:
                return None
            found.append((deviation, (deviation / mark.iv) ** 2))
        return (sum(d for d, _ in found) / len(found), sum(y for _, y in found) / len(found))

    def _consider(self) -> None:
        # A plan as large as its gain beyond the spread it pays.
        signal = self._heard
        if signal is None or self.now_us >= signal.effective_us:
            self._heard = None
            return
        legs = self.straddle()
        odds, cost = self._odds(signal, legs), self._cost(legs)
        if odds is None or cost is None:
            return
        self._heard = None
        coin = self.coin(self.seed, signal.signal_id)
        size = round(PLAN_MAX * min((abs(odds.edge) - cost) / odds.variance / self.full, 1.0))
        if size > 0:
            sign = (1 if odds.edge > 0.0 else -1) if self.uses_signals else coin
            names = tuple(leg.instrument_id for leg in legs)
            self.plan = Plan(sign * size, abs(odds.edge), names, signal.effective_us)

    def _odds(self, signal: VolatilityPush, legs: list[Series]) -> Odds | None:
        fair = self._fair(legs)
        if fair is None or self._aging is None:
            return None
        # How fast years pass in seconds of the session is what the fair prices show.
        _, since_us, years = self._aging
        watched_s = (self.now_us - since_us) / 1_000_000
        if watched_s < AGING_S or years <= fair[1]:
            return None
        seconds = fair[1] / (years - fair[1]) * watched_s
        return vega_odds(signal.regime, signal.probabilities, fair[0], (fair[1], seconds))

    def _cost(self, legs: list[Series]) -> float | None:
        # Of the price, going in and out again.
        books = [self.books[leg.instrument_id] for leg in legs]
        spreads = [book.spread for book in books if book.spread is not None]
        worth = sum(book.mid or 0.0 for book in books)
        return sum(spreads) / worth if len(spreads) == len(legs) and worth else None

    def _targets(self, legs: list[Series]) -> dict[str, int]:
        targets = {name: 0 for name in self.account.positions if name in self.series}
        targets |= {leg.instrument_id: self._view * self.base for leg in legs}
        plan = self.plan
        if plan is not None and self._since_s(plan) < HOLD_S:
            targets |= {name: targets.get(name, 0) + plan.straddles for name in plan.legs}
        return targets

    def _effort(self, targets: dict[str, int]) -> Effort:
        plan = self.plan
        if plan is None:
            return USUAL
        since_s = self._since_s(plan)
        if since_s < HOLD_S:
            return Effort(ENTRY_S, 0.5 * plan.edge)
        if all(self.account.net(name) == targets.get(name, 0) for name in plan.legs):
            self.plan = None
        return LEAVING if since_s < LEAVE_S else AT_ANY_PRICE

    def _band(self) -> float | None:
        # What a headline does to the price is no part of the forecast.
        is_near = self.plan is not None and -HEADLINE_S < self._since_s(self.plan) < HOLD_S
        return HEADLINE_BAND if is_near else None

    def _since_s(self, plan: Plan) -> float:
        return (self.now_us - plan.effective_us) / 1_000_000

    def _judge(self, legs: list[Series]) -> None:
        if self.now_us - self._started_us < WARM_UP_S * 1_000_000:
            return
        # At the money a relative error of volatility is the same relative error of the price, so
        # edge and cost compare as they are.
        edge, cost = self.edge(), self._cost(legs)
        if cost is not None and edge and (self._view == 0 or abs(edge) >= TURN_COSTS * cost):
            self._view = 1 if edge > 0.0 else -1
