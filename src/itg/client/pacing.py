"""Rate budgets on the client's side, so that a polite bot is never refused for its rate.

The server meters a role in game time, by token buckets of `burst` tokens refilled at `per_s`. This
side keeps the same buckets on the game time of the frames it receives. Sent messages reach the
server closer together than they left when the network wavers; half the burst is kept back for that.
In lock step nothing wavers, and the whole burst is used.
"""

from collections.abc import Iterable

from itg.wire.v1.orders import BudgetBody

SECOND_US = 1_000_000


class Bucket:
    """One token bucket on game time; `level` is in millionths of a token."""

    __slots__ = ("_at_us", "_capacity", "_level", "_not_before_us", "_per_s")

    def __init__(self, budget: BudgetBody, *, has_jitter: bool) -> None:
        kept_back = budget.burst // 2 if has_jitter else 0
        self._capacity = max(budget.burst - kept_back, 1) * SECOND_US
        self._level = max(budget.remaining - kept_back, 0) * SECOND_US
        self._per_s = budget.per_s
        self._at_us = 0
        self._not_before_us = 0

    def take(self, count: int, game_us: int) -> bool:
        """Take tokens if they are there."""
        if self.wait_us(count, game_us) > 0:
            return False
        self._level -= self._cost(count)
        return True

    def available(self, game_us: int) -> int:
        """Return how many tokens could be taken now."""
        self._refill(game_us)
        return 0 if game_us < self._not_before_us else self._level // SECOND_US

    def wait_us(self, count: int, game_us: int) -> int:
        """Return the game time until `count` tokens are there; the burst is the highest cost."""
        self._refill(game_us)
        missing = max(self._cost(count) - self._level, 0)
        refill_us = -(-missing // self._per_s) if self._per_s else SECOND_US
        return max(refill_us, self._not_before_us - game_us)

    def block(self, until_us: int) -> None:
        """Give nothing before a game time: the server said when to come back."""
        self._not_before_us = max(self._not_before_us, until_us)

    def _cost(self, count: int) -> int:
        return min(count * SECOND_US, self._capacity)

    def _refill(self, game_us: int) -> None:
        if self._at_us and game_us > self._at_us:
            gained = (game_us - self._at_us) * self._per_s
            self._level = min(self._level + gained, self._capacity)
        self._at_us = max(self._at_us, game_us)


class Pacer:
    """The buckets of an account by kind (`orders`, `cancels`, `quotes`); other kinds are free."""

    def __init__(self, budgets: Iterable[BudgetBody] = (), *, has_jitter: bool = True) -> None:
        self._buckets = {b.kind: Bucket(b, has_jitter=has_jitter) for b in budgets}

    def take(self, kind: str, count: int, game_us: int) -> bool:
        """Take tokens if they are there."""
        bucket = self._buckets.get(kind)
        return bucket is None or bucket.take(count, game_us)

    def available(self, kind: str, game_us: int) -> int | None:
        """Return how many could be sent now, None for any number."""
        bucket = self._buckets.get(kind)
        return None if bucket is None else bucket.available(game_us)

    def wait_us(self, kind: str, count: int, game_us: int) -> int:
        """Return the game time until `count` may be sent."""
        bucket = self._buckets.get(kind)
        return 0 if bucket is None else bucket.wait_us(count, game_us)

    def block(self, kind: str, until_us: int) -> None:
        """Hold a kind back until a game time."""
        bucket = self._buckets.get(kind)
        if bucket is not None:
            bucket.block(until_us)
