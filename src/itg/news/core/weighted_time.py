"""Session time stretched where news is rare and shrunk where it is frequent."""

from bisect import bisect_right
from math import inf

from itg.news.contract import ArrivalModel, HourWeight


class WeightedTime:
    """Weighted seconds of a session: the integral of the weights since its start.

    The quiet end has weight 0, and the weights before it are scaled so that the whole session has
    mean 1: a session is as long in weighted seconds as in its own. Before the first weight's start
    the weight is 1; the last one holds on in a session longer than planned.
    """

    __slots__ = ("_reached_s", "_starts_s", "_weights")

    def __init__(self, model: ArrivalModel, session_seconds: int) -> None:
        rows = sorted(model.weights, key=lambda row: row.start_s)
        if not rows or rows[0].start_s > 0:
            rows.insert(0, HourWeight(start_s=0, weight=1.0))
        assert all(row.weight >= 0 and row.start_s >= 0 for row in rows), f"bad weights: {rows}"
        self._starts_s = [float(row.start_s) for row in rows]
        self._weights = [row.weight for row in rows]
        self._reached_s = self._sums()
        total = self.weighted(session_seconds - model.quiet_end_s)
        # A session that is all quiet end has no news; its weights do not matter.
        scale = session_seconds / total if total > 0 else 1.0
        self._weights = [weight * scale for weight in self._weights]
        self._reached_s = self._sums()

    def weighted(self, elapsed_s: float) -> float:
        """Return the weighted seconds of the session's first `elapsed_s`; none before its start."""
        row = bisect_right(self._starts_s, elapsed_s) - 1
        if row < 0:
            return 0.0
        return self._reached_s[row] + (elapsed_s - self._starts_s[row]) * self._weights[row]

    def elapsed(self, weighted_s: float) -> float:
        """Return the session second at which `weighted_s` is reached, infinite if it never is.

        Of a stretch of weight 0 it is the end.
        """
        row = bisect_right(self._reached_s, weighted_s) - 1
        if self._weights[row] == 0:
            return inf
        return self._starts_s[row] + (weighted_s - self._reached_s[row]) / self._weights[row]

    def _sums(self) -> list[float]:
        sums, starts = [0.0], self._starts_s
        for row in range(1, len(starts)):
            sums.append(sums[-1] + (starts[row] - starts[row - 1]) * self._weights[row - 1])
        return sums
