"""Token buckets on wall time: floods end here. The game's own rates are a rule of positions."""

from collections.abc import Callable, Hashable
from math import ceil
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
_KEPT_MAX = 10_000


class Buckets(Generic[K]):
    """One bucket per key, `burst` tokens deep, refilled at `per_s`; `now` in seconds."""

    def __init__(self, per_s: float, burst: float, now: Callable[[], float]) -> None:
        self.per_s = per_s
        self.burst = burst
        self._now = now
        self._full_at: dict[K, float] = {}  # when the bucket will be full again

    def take(self, key: K) -> int | None:
        """Take a token; return None, or in how many ms there is one again."""
        now = self._now()
        full_at = max(self._full_at.get(key, now), now)
        missing = (full_at - now) * self.per_s
        if missing > self.burst - 1:
            return max(1, ceil((missing - self.burst + 1) / self.per_s * 1_000))
        self._full_at[key] = full_at + 1 / self.per_s
        if len(self._full_at) > _KEPT_MAX:
            self._forget_full(now)
        return None

    def remaining(self, key: K) -> int:
        """Return the whole tokens left."""
        missing = max(0.0, (self._full_at.get(key, 0.0) - self._now()) * self.per_s)
        return int(self.burst - missing)

    def _forget_full(self, now: float) -> None:
        self._full_at = {key: at for key, at in self._full_at.items() if at > now}
