"""An arbitrage desk: trades the convergence of two underlyings that follow one another.

The follower should stand at a fixed fraction of the leader. When its average price strays by more
than trading costs, the desk sells the dear one and buys the cheap one in the proportion of their
prices, and goes back as the gap closes. The follower's leg trades first, the leader's leg follows
what was really filled, so that the two never drift apart for long.
"""

from collections import deque
from math import log

from itg.bots.hedging import leader_of, take
from itg.client.bot import Bot
from itg.wire.v1.market import PriceBody

AVERAGE_STEPS = 20  # prints: five seconds of a step of 250 ms
ORDER_MAX = 20


class ArbitrageDesk(Bot):
    """Opposite legs in leader and follower, as large as the gap is wide."""

    timer_s = 1.0

    def __init__(self, *, seed: int = 0) -> None:
        super().__init__(seed=seed)
        self.entry = self.dice.uniform(0.0004, 0.0007)  # gap below which nothing is opened
        self.full = self.dice.uniform(0.0020, 0.0030)  # gap at which the position is full
        self.share = self.dice.uniform(0.7, 0.95)  # of the underlying limit that is used
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

    def on_timer(self) -> None:
        """Trade the follower towards its target, then the leader towards the follower."""
        if len(self._gaps) < AVERAGE_STEPS or not self._is_open():
            return
        held = self.account.net(self._follower)
        missing = self._target(held) - held
        if abs(missing) >= 2 * self._ratio:
            take(self, self._follower, missing, ORDER_MAX)
        self._balance(held)

    def gap(self) -> float:
        """Return by how much the follower is dear, as a fraction, averaged."""
        return sum(self._gaps) / len(self._gaps) if self._gaps else 0.0

    def _is_open(self) -> bool:
        return all(self.phases.get(name) == "continuous" for name in (self._leader, self._follower))

    def _target(self, held: int) -> int:
        gap = self.gap()
        limit = self.share * (self.limit_of("underlying_limit") or 200)
        wanted = -limit * min(max(gap / self.full, -1.0), 1.0)
        if abs(gap) < self.entry and abs(wanted) > abs(held):
            return held  # too small to open for, wide enough to keep
        return round(wanted / self._ratio) * self._ratio

    def _balance(self, held: int) -> None:
        # Rounded to whole leaders: a rest of less than half a leader stays open.
        wanted = -round(held / self._ratio)
        missing = wanted - self.account.net(self._leader)
        if missing:
            take(self, self._leader, missing, ORDER_MAX)
