"""What the investors feel: the leader's recent path, and what it does to one order.

Each mood rolls dice of its own, and only while it reigns, so that none moves another's draws or the
flow's. Where several seize an investor, panic comes before FOMO and FOMO before momentum.
"""

from msgspec import Struct, field

from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import OptionRight, Side
from itg.retail.contract import Behaviors
from itg.retail.core.choice import Dice

Heard = tuple[Nanos, Price]


class Mood(Struct, frozen=True):
    """What reigns at an arrival and whom it seizes; the draws of the moods are in it."""

    is_panic: bool = False
    panics: bool = False
    chased: OptionRight | None = None  # what FOMO buys
    chases: bool = False
    is_rise: bool | None = None  # the move momentum follows
    follows: bool = False


class Path(Struct):
    """The leader's noise-free price as far as moods remember it; a session starts afresh."""

    config: Behaviors
    window: list[Heard] = field(default_factory=list)  # one price a second
    second: list[Heard] = field(default_factory=list)  # every step of the last second
    high: Price | None = None
    low: Price | None = None

    def open(self) -> None:
        """Forget the last session."""
        self.window, self.second, self.high, self.low = [], [], None, None

    def hear(self, now: Nanos, spot: Price) -> bool:
        """Remember a step; tell whether it is a jump that starts (or prolongs) a panic."""
        config = self.config
        if config.fomo:
            self.high = spot if self.high is None else max(self.high, spot)
            self.low = spot if self.low is None else min(self.low, spot)
        if config.momentum:
            if not self.window or self.window[-1][0] // NS_PER_S != now // NS_PER_S:
                self.window.append((now, spot))
            _drop_before(self.window, now - config.momentum_window_s * NS_PER_S)
        if not config.panic:
            return False
        _drop_before(self.second, now - NS_PER_S)
        jumps = any(abs(spot - past) > config.panic_move * past for _, past in self.second)
        self.second.append((now, spot))
        return jumps

    def feel(self, dice: Dice, spot: Price, *, is_panic: bool) -> Mood:
        """Draw what the next investor feels."""
        config, chased, is_rise = self.config, self._chased(spot), self._is_rise(spot)
        return Mood(
            is_panic=is_panic,
            panics=is_panic and dice["panic"].uniform() < config.panic,
            chased=chased,
            chases=chased is not None and dice["fomo"].uniform() < config.fomo,
            is_rise=is_rise,
            follows=is_rise is not None and dice["momentum"].uniform() < config.momentum,
        )

    def _chased(self, spot: Price) -> OptionRight | None:
        if self.high is None or self.low is None:
            return None
        distance = self.config.fomo_distance
        is_high = self.high - spot <= distance * self.high
        is_low = spot - self.low <= distance * self.low
        # Near both, the session has not gone anywhere yet: there is nothing to miss.
        if is_high == is_low:
            return None
        return OptionRight.CALL if is_high else OptionRight.PUT

    def _is_rise(self, spot: Price) -> bool | None:
        if not self.window:
            return None
        past = self.window[0][1]
        if abs(spot - past) <= self.config.momentum_move * past:
            return None
        return spot > past


def side_with(right: OptionRight, *, is_rise: bool) -> Side:
    """Return the side that gains if the move goes on: calls bought, puts sold in a rise."""
    return Side.BUY if is_rise == (right is OptionRight.CALL) else Side.SELL


def _drop_before(heard: list[Heard], since_ns: int) -> None:
    while heard and heard[0][0] < since_ns:
        del heard[0]
