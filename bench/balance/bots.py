"""Bots that try to live on the house: they take whenever its quote looks late or wrong."""

from collections import deque

from itg.bots.arbitrage_desk import ArbitrageDesk
from itg.bots.forecast import coin_of
from itg.bots.hedge_fund import HedgeFund
from itg.client.bot import Bot
from itg.wire.v1.market import PriceBody
from itg.wire.v1.orders import SideWord

HOLD_US = 5_000_000  # a position is turned back after this, at the market
LOT = 20
JUMP_SEEN = 0.003  # of the price in one step: many standard deviations of any regime's
SNIPED_MAX = 5  # as many orders as a fund may send in a second


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
                side: SideWord = "sell" if net > 0 else "buy"
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

    def _take(self, side: SideWord, level: tuple[float, int]) -> None:
        self.took += 1
        self._since_us = self.now_us
        quantity = min(LOT, level[1])
        self.place(self.follower, side, quantity, level[0], time_in_force="ioc")


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


class JumpSniper(Bot):
    """Takes every quote that a jump has left behind, in the step in which it is told of the jump.

    What it took is turned back at the makers' new prices after `HOLD_US`.
    """

    timer_s = 0.25
    follows_marks = True

    def __init__(self, *, seed: int = 0) -> None:
        super().__init__(seed=seed)
        self._last: dict[str, float] = {}
        self._since_us = 0
        self._reach = 0.0  # the jump that is sniped at

    def on_price(self, price: PriceBody) -> None:
        """Snipe when the leader moves by more than any ordinary step."""
        before = self._last.get(price.underlying_id)
        self._last[price.underlying_id] = price.price
        is_leader = price.price == max(self.prices.values())
        if before is not None and is_leader and abs(price.price / before - 1) > JUMP_SEEN:
            self._since_us = self.now_us
            self._reach = price.price - before
            self._snipe()

    def on_timer(self) -> None:
        """Give back what was held long enough."""
        if self.now_us - self._since_us < HOLD_US:
            return
        for name, position in list(self.account.positions.items()):
            net, book = position.net_quantity, self.books[name]
            level = book.bid if net > 0 else book.ask
            if net and level is not None and self.phase_of(name) == "continuous":
                side: SideWord = "sell" if net > 0 else "buy"
                self.place(name, side, min(abs(net), LOT), level[0], time_in_force="ioc")

    def _snipe(self) -> None:
        # Calls gain by a rise, puts by a fall: the nearest strikes have most to give.
        spot = max(self.prices.values())
        rows = [one for one in self.instruments.values() if one.kind == "option"]
        rows.sort(key=lambda one: abs((one.strike or 0.0) * self._scale(one.underlying_id) - spot))
        for one in rows[:SNIPED_MAX]:
            book = self.books[one.instrument_id]
            gains = (one.right == "call") == (self._reach > 0)
            level = book.ask if gains else book.bid
            if level is not None and self.phase_of(one.instrument_id) == "continuous":
                side: SideWord = "buy" if gains else "sell"
                self.place(
                    one.instrument_id, side, min(level[1], LOT), level[0], time_in_force="ioc"
                )

    def _scale(self, underlying_id: str) -> float:
        return max(self.prices.values()) / self.prices[underlying_id]


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
