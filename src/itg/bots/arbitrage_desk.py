"""An arbitrage desk: trades the convergence of two underlyings that follow one another.

The follower should stand at a fixed fraction of the leader. When its average price strays by about
what it costs to cross both spreads, the desk sells the dear one and buys the cheap one in the
proportion of their prices: one unit first, more as the gap widens. It keeps what it has until the
gap has turned, for leaving costs as much as entering. The follower's leg trades first, the leader's
leg follows what was really filled, so that the two never drift apart for long.
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
        # In costs of crossing both spreads once: gaps at which a first unit and all is held.
        self.entry = self.dice.uniform(0.45, 0.65)
        self.full = self.dice.uniform(1.5, 2.0)
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
        if missing:
            take(self, self._follower, missing, ORDER_MAX)
        self._balance(held)

    def gap(self) -> float:
        """Return by how much the follower is dear, as a fraction, averaged."""
        return sum(self._gaps) / len(self._gaps) if self._gaps else 0.0

    def _is_open(self) -> bool:
        return all(self.phases.get(name) == "continuous" for name in (self._leader, self._follower))

    def _target(self, held: int) -> int:
        cost = self.cost()
        if cost is None or abs(self.gap()) < self.entry * cost:
            return held
        limit = self.share * (self.limit_of("underlying_limit") or 200)
        reach = (abs(self.gap()) / cost - 1.0) / (self.full - 1.0)
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
