"""How far a price was above and below within the last while, in amortized constant time.

Two monotonic queues (the sliding-window minimum; Lemire 2006): each keeps only what could still
become the lowest, or the highest, once everything before it has left the window.
"""

from collections import deque
from collections.abc import Sequence

from itg.kernel.times import Nanos

Seen = tuple[Nanos, int]


class PriceWindow:
    """Prices seen within a window of time."""

    __slots__ = ("highs", "lows")

    def __init__(self, lows: Sequence[Seen] = (), highs: Sequence[Seen] = ()) -> None:
        self.lows = deque(lows)  # rising; the lowest price first
        self.highs = deque(highs)  # falling; the highest first

    def forget_before(self, oldest_ns: Nanos) -> None:
        """Let what was seen before an instant leave the window."""
        for queue in (self.lows, self.highs):
            while queue and queue[0][0] < oldest_ns:
                queue.popleft()

    def extremes(self) -> tuple[int, int] | None:
        """Return the lowest and the highest price; None when nothing was seen."""
        return (self.lows[0][1], self.highs[0][1]) if self.lows else None

    def see(self, now: Nanos, price: int) -> None:
        """Take in the price of now."""
        lows, highs = self.lows, self.highs
        while lows and lows[-1][1] >= price:
            lows.pop()
        while highs and highs[-1][1] <= price:
            highs.pop()
        lows.append((now, price))
        highs.append((now, price))
