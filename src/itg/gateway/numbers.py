"""What the gateway counts; reading it costs the requests nothing."""

# Upper bounds in seconds; the last bucket is +Inf.
_BOUNDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)


class Latency:
    """Durations of one kind of request, in buckets."""

    __slots__ = ("counts", "total_s")

    def __init__(self) -> None:
        self.counts = [0] * (len(_BOUNDS) + 1)
        self.total_s = 0.0

    def add(self, duration_s: float) -> None:
        index = next((i for i, bound in enumerate(_BOUNDS) if duration_s <= bound), len(_BOUNDS))
        self.counts[index] += 1
        self.total_s += duration_s

    def buckets(self) -> list[tuple[str, float]]:
        """Return cumulative counts by upper bound."""
        rows: list[tuple[str, float]] = []
        seen = 0
        for bound, count in zip((*map(str, _BOUNDS), "+Inf"), self.counts, strict=True):
            seen += count
            rows.append((bound, seen))
        return rows


class Numbers:
    """Plain counters of one gateway."""

    def __init__(self) -> None:
        self.requests: dict[tuple[str, str, int], int] = {}  # (method, route, status)
        self.latencies: dict[str, Latency] = {}
        self.socket_requests: dict[str, int] = {}
        self.timeouts = 0
        self.slow_sessions = 0

    def count_request(self, method: str, route: str, status: int, duration_s: float) -> None:
        key = (method, route, status)
        self.requests[key] = self.requests.get(key, 0) + 1
        name = f"{method} {route}"
        latency = self.latencies.get(name)
        if latency is None:
            latency = self.latencies[name] = Latency()
        latency.add(duration_s)

    def count_socket_request(self, name: str) -> None:
        self.socket_requests[name] = self.socket_requests.get(name, 0) + 1
