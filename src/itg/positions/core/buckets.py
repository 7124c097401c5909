"""Token buckets on game time, in integers, counted by what is spent.

What is spent drains at the rate and may never pass the burst. Counted this way a bucket knows
neither its rate nor its burst: both are the role's and may change while it runs.
"""

from itg.kernel.times import NS_PER_MS, NS_PER_S


class Bucket:
    """Tokens one account has spent of one budget; a fresh bucket is full."""

    __slots__ = ("at_ns", "spent_ns")

    def __init__(self, spent_ns: int = 0, at_ns: int = 0) -> None:
        self.spent_ns = spent_ns  # tokens × 1e9, so that any whole rate per second is exact
        self.at_ns = at_ns

    def spent_at(self, now: int, per_s: int) -> int:
        """Return what is still spent at `now`, in tokens × 1e9."""
        drained = self.spent_ns - (now - self.at_ns) * per_s
        return max(0, drained)

    def wait_ms(self, now: int, per_s: int, burst: int) -> int:
        """Return how long until a token is there, rounded up; 0 when one is."""
        missing = self.spent_ns - (now - self.at_ns) * per_s - (burst - 1) * NS_PER_S
        if missing <= 0:
            return 0
        return -(-missing // (per_s * NS_PER_MS))

    def take(self, now: int, per_s: int, burst: int) -> None:
        """Spend one token if there is one."""
        spent = self.spent_ns - (now - self.at_ns) * per_s
        if spent <= (burst - 1) * NS_PER_S:
            self.spent_ns = NS_PER_S if spent < 0 else spent + NS_PER_S
            self.at_ns = now

    def remaining(self, now: int, per_s: int, burst: int) -> int:
        """Return the whole tokens left."""
        return max(0, burst * NS_PER_S - self.spent_at(now, per_s)) // NS_PER_S


class Buckets:
    """An account's three budgets."""

    __slots__ = ("cancels", "orders", "quotes")

    def __init__(self) -> None:
        self.orders = Bucket()
        self.cancels = Bucket()
        self.quotes = Bucket()
