"""Bots that try to live on the house: they take whenever its quote looks late or wrong."""

from collections import deque

from itg.bots.arbitrage_desk import ArbitrageDesk
from itg.bots.forecast import coin_of
from itg.bots.hedge_fund import HedgeFund
from itg.client.bot import Bot
from itg.wire.v1.market import PriceBody

HOLD_US = 5_000_000  # a position is turned back after this, at the market
LOT = 20


class Leaner(Bot):
    """Takes the follower's quote on a reason of its own; holds no longer than five seconds."""

    timer_s = 0.25

    def __init__(self, *, seed: int = 0) -> None:
        super().__init__(seed=seed)
        self.leader, self.follower = "SPX", "SPY"
        self.took = 0
        self._since_us = 0

    def on_start(self) -> None:
        """Find who leads: the dearer underlying."""
        ranked = sorted(self.prices, key=lambda name: self.prices[name])
        self.follower, self.leader = ranked[0], ranked[-1]

    def wish(self) -> float | None:
        """Return what the follower is worth now, None without an opinion."""
        raise NotImplementedError

    def on_timer(self) -> None:
        """Turn back what was held long enough; else take what looks wrong."""
        if self.phase_of(self.follower) != "continuous":
            return
        net = self.account.net(self.follower)
        book = self.books[self.follower]
        if net and self.now_us - self._since_us >= HOLD_US:
            level = book.bid if net > 0 else book.ask
            if level is not None:
                side = "sell" if net > 0 else "buy"
                quantity = min(abs(net), LOT)
                self.place(self.follower, side, quantity, level[0], time_in_force="ioc")
            return
        worth = self.wish()
        if worth is None or net:
            return
        if book.ask is not None and worth > book.ask[0]:
            self._take("buy", book.ask)
        elif book.bid is not None and worth < book.bid[0]:
            self._take("sell", book.bid)

    def _take(self, side: str, level: tuple[float, int]) -> None:
        self.took += 1
        self._since_us = self.now_us
        quantity = min(LOT, level[1])
        self.place(self.follower, side, quantity, level[0], time_in_force="ioc")  # type: ignore[arg-type]


class LagLeaner(Leaner):
    """Knows that the follower follows: adds the leader's move of the last two seconds."""

    def __init__(self, *, seed: int = 0) -> None:
        super().__init__(seed=seed)
        self._past: deque[tuple[int, float]] = deque()

    def on_price(self, price: PriceBody) -> None:
        """Remember the leader's way."""
        if price.underlying_id == self.leader:
            self._past.append((self.now_us, price.price))
            while self._past[0][0] < self.now_us - 2_000_000:
                self._past.popleft()

    def wish(self) -> float | None:
        """Return the print moved by what the leader has moved since."""
        if len(self._past) < 2:
            return None
        return self.prices[self.follower] * self._past[-1][1] / self._past[0][1]


class NoiseLeaner(Leaner):
    """Believes the published print, noise and all, more than the quote."""

    def wish(self) -> float | None:
        """Return the print."""
        return self.prices.get(self.follower)


class TurnedFund(HedgeFund):
    """The blind twin whose coin shows the other side each time."""

    def __init__(self, *, seed: int = 0) -> None:
        super().__init__(seed=seed, uses_signals=False)
        self.coin = other_side


class TurnedDesk(ArbitrageDesk):
    """The blind twin whose coin shows the other side each time."""

    def __init__(self, *, seed: int = 0) -> None:
        super().__init__(seed=seed, uses_signals=False)
        self.coin = other_side


def other_side(seed: int, signal_id: int) -> int:
    """Return what the twin's coin does not show."""
    return -coin_of(seed, signal_id)
