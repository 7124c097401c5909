"""An arbitrage desk: trades the convergence of two underlyings that follow one another.

The follower should stand at a fixed fraction of the leader. A window of tracking error is announced
to converge or to diverge: the desk reckons by how much the error is then expected to shrink until
the horizon. Where it pays for crossing both spreads twice, it sells the dear one and buys the cheap
one in the proportion of their prices, or the other way round where the error is expected to grow;
where it does not pay, or nobody shows a price, it takes the least that counts as an answer on the
same side. It leaves when the window closes or the horizon has come. Its blind twin does the same at
the same openings, on the side a coin chooses.

In a game that announces nothing it trades the gap itself, one unit first and more as it widens, and
keeps what it has until the gap has turned. The follower's leg trades first, the leader's leg
follows what was really filled, so that the two never drift apart for long.
"""

from collections import deque
from math import log

from itg.bots.forecast import coin_of, expected_shrinking
from itg.bots.hedging import leader_of, take
from itg.client.bot import Bot
from itg.wire.v1.market import PriceBody
from itg.wire.v1.signals import SignalPush, TrackingPush

AVERAGE_STEPS = 20  # prints: five seconds of a step of 250 ms
ORDER_MAX = 20
ANSWER_UNITS = 2  # leaders' worth that counts as an answer to a window


class ArbitrageDesk(Bot):
    """Opposite legs in leader and follower; `uses_signals=False` is the blind twin."""

    timer_s = 1.0

    def __init__(self, *, seed: int = 0, uses_signals: bool = True) -> None:
        super().__init__(seed=seed)
        self.uses_signals = uses_signals
        self.coin = coin_of
        # In costs of crossing both spreads once: gaps at which a first unit and all is held.
        self.entry = self.dice.uniform(2.6, 3.2)
        self.full = self.dice.uniform(4.5, 5.5)
        self.share = self.dice.uniform(0.7, 0.95)  # of the underlying limit that is used
        self.full_edge = self.dice.uniform(0.0006, 0.0010)  # net of costs
        self._hears_windows = False
        self._window = 0  # signal id of the one that is traded
        self._wanted = 0  # followers
        self._until_us = 0
        self._gaps: deque[float] = deque(maxlen=AVERAGE_STEPS)
        self._leader = ""
        self._follower = ""
        self._ratio = 1  # followers that weigh as much as one leader

    def on_start(self) -> None:
        """Find the pair; with one underlying there is nothing to do."""
        if len(self.prices) < 2:
            return
        self._leader = leader_of(self.prices)
        others = {name: price for name, price in self.prices.items() if name != self._leader}
        self._follower = leader_of(others)
        self._ratio = max(round(self.prices[self._leader] / self.prices[self._follower]), 1)

    def on_price(self, price: PriceBody) -> None:
        """Keep the last seconds of the gap."""
        if price.is_moving and price.underlying_id == self._follower:
            fair = self.prices[self._leader] / self._ratio
            self._gaps.append(log(price.price / fair))

    def on_signal(self, signal: SignalPush) -> None:
        """Take a position when a window opens, and none when it closes."""
        if not isinstance(signal, TrackingPush) or signal.underlying_id != self._follower:
            return
        self._hears_windows = True
        if signal.stage == "open":
            self._window, self._wanted = signal.signal_id, self._answer(signal)
            self._until_us = signal.horizon_us
        elif signal.stage == "close" and signal.signal_id == self._window:
            self._wanted = 0

    def on_timer(self) -> None:
        """Trade the follower towards its target, then the leader towards the follower."""
        if len(self._gaps) < AVERAGE_STEPS or not self._is_open():
            return
        if self.now_us >= self._until_us:
            self._wanted = 0
        held = self.account.net(self._follower)
        missing = (self._wanted if self._hears_windows else self._target(held)) - held
        if missing:
            take(self, self._follower, missing, ORDER_MAX)
        self._balance(held)

    def gap(self) -> float:
        """Return by how much the follower is dear, as a fraction, averaged."""
        return sum(self._gaps) / len(self._gaps) if self._gaps else 0.0

    def _is_open(self) -> bool:
        return all(self.phases.get(name) == "continuous" for name in (self._leader, self._follower))

    def _answer(self, signal: TrackingPush) -> int:
        coin = self.coin(self.seed, signal.signal_id)
        cost = self.cost()
        edge = expected_shrinking(signal)
        units = ANSWER_UNITS if cost is None else self._units(abs(edge) - 2.0 * cost)
        dear = 1 if signal.tracking_error > 0.0 else -1
        side = (-dear if edge > 0.0 else dear) if self.uses_signals else coin
        return side * units * self._ratio

    def _units(self, gain: float) -> int:
        if gain <= 0.0:
            return ANSWER_UNITS
        units_max = int(self.share * (self.limit_of("underlying_limit") or 200) / self._ratio)
        more = min(gain / self.full_edge, 1.0) * max(units_max - ANSWER_UNITS, 0)
        return min(ANSWER_UNITS + int(more), units_max)

    def _target(self, held: int) -> int:
        cost = self.cost()
        if cost is None or abs(self.gap()) < self.entry * cost:
            return held
        limit = self.share * (self.limit_of("underlying_limit") or 200)
        reach = (abs(self.gap()) / cost - self.entry) / (self.full - self.entry)
        units = max(int(limit * min(reach, 1.0) / self._ratio), 1)
        wanted = units * self._ratio if self.gap() < 0.0 else -units * self._ratio
        is_same_side = held * wanted > 0
        return held if is_same_side and abs(held) >= abs(wanted) else wanted

    def cost(self) -> float | None:
        """Return what crossing both spreads once costs, as a fraction; None without prices."""
        books = (self.books[self._leader], self.books[self._follower])
        spreads = [(book.spread, book.mid) for book in books]
        halves = [spread / mid / 2 for spread, mid in spreads if spread is not None and mid]
        return sum(halves) if len(halves) == len(spreads) else None

    def _balance(self, held: int) -> None:
        # Rounded to whole leaders: a rest of less than half a leader stays open.
        wanted = -round(held / self._ratio)
        missing = wanted - self.account.net(self._leader)
        if missing:
            take(self, self._leader, missing, ORDER_MAX)
