"""When orders arrive: a Poisson process whose rate changes with the hour and with panic.

Time change (Çinlar 1975, Introduction to Stochastic Processes, section 4.7): the process of rate
λ·f(t) is the homogeneous one run in operational time τ(t) = ∫ f. A gap is drawn in operational
time, one draw an order whatever f does, and a pending order moves when f changes under it.
"""

from collections.abc import Iterator

from msgspec import Struct

from itg.kernel.rng import Rng
from itg.kernel.times import NS_PER_MINUTE, NS_PER_S, Nanos
from itg.retail.contract import HourFactor, RetailFlow


class Arrivals(Struct):
    """The window, the factors in it, the order that is due next, and the time passed so far."""

    mean_gap_ns: float
    hours: tuple[HourFactor, ...]
    panic_rate: float
    start_ns: Nanos = Nanos(0)
    end_ns: Nanos = Nanos(0)
    panic_until_ns: Nanos = Nanos(0)
    next_ns: Nanos | None = None  # may lie beyond the end: a change of rate can bring it back
    heard_ns: Nanos = Nanos(0)
    open_ns: int = 0  # time within windows so far
    operational_ns: float = 0.0  # the same in operational time

    @classmethod
    def configured(cls, config: RetailFlow) -> "Arrivals":
        return cls(
            mean_gap_ns=NS_PER_MINUTE / config.orders_per_minute,
            hours=config.hours,
            panic_rate=config.behaviors.panic_rate,
        )

    def open(self, start_ns: Nanos, end_ns: Nanos) -> None:
        """Begin a window; what was pending in the last one is forgotten."""
        self.start_ns, self.end_ns, self.heard_ns = start_ns, end_ns, start_ns
        self.panic_until_ns, self.next_ns = Nanos(0), None

    def is_open(self, now: Nanos) -> bool:
        return self.start_ns <= now < self.end_ns

    def draw(self, after_ns: Nanos, rng: Rng) -> Nanos | None:
        """Draw the next order's time; None when it falls beyond the end."""
        gap_ns = rng.exponential(self.mean_gap_ns)
        self.next_ns = self._after(max(after_ns, self.start_ns), gap_ns)
        return self.due

    @property
    def due(self) -> Nanos | None:
        """Return when the pending order arrives, None if not in this window."""
        return self.next_ns if self.next_ns is not None and self.next_ns < self.end_ns else None

    def panic(self, now: Nanos, until_ns: Nanos) -> None:
        """Let orders arrive at the panic's rate from now on; the pending one moves with it."""
        self.tick(now)
        from_ns = max(now, self.start_ns)
        is_pending = self.next_ns is not None and self.next_ns > from_ns
        left_ns = self.operational(from_ns, self.next_ns or from_ns) if is_pending else 0.0
        self.panic_until_ns = until_ns
        if is_pending:
            self.next_ns = self._after(from_ns, left_ns)

    def tick(self, now: Nanos) -> None:
        """Count the time that passed in the window."""
        until_ns = min(now, self.end_ns)
        if until_ns > self.heard_ns:
            self.open_ns += until_ns - self.heard_ns
            self.operational_ns += self.operational(self.heard_ns, until_ns)
            self.heard_ns = until_ns

    def operational(self, from_ns: Nanos, until_ns: Nanos) -> float:
        """Return the operational time between two instants."""
        total = 0.0
        for begin_ns, end_ns, factor in self._pieces(from_ns):
            if end_ns is None or end_ns >= until_ns:
                return total + (until_ns - begin_ns) * factor
            total += (end_ns - begin_ns) * factor
        raise AssertionError(from_ns)  # the last piece has no end

    def _after(self, from_ns: Nanos, operational_ns: float) -> Nanos | None:
        left = operational_ns
        for begin_ns, end_ns, factor in self._pieces(from_ns):
            if end_ns is None or (end_ns - begin_ns) * factor > left:
                return Nanos(begin_ns + int(left / factor)) if factor else None
            left -= (end_ns - begin_ns) * factor
        raise AssertionError(from_ns)

    def _pieces(self, from_ns: Nanos) -> Iterator[tuple[Nanos, Nanos | None, float]]:
        edges = [self.start_ns + hour.start_s * NS_PER_S for hour in self.hours]
        begin_ns = from_ns
        for edge in sorted([*edges, self.panic_until_ns]):
            if edge > begin_ns:
                yield begin_ns, Nanos(edge), self._factor(begin_ns)
                begin_ns = Nanos(edge)
        yield begin_ns, None, self._factor(begin_ns)

    def _factor(self, at_ns: Nanos) -> float:
        factor = 1.0
        for hour in self.hours:
            if self.start_ns + hour.start_s * NS_PER_S <= at_ns:
                factor = hour.factor
        return factor * self.panic_rate if at_ns < self.panic_until_ns else factor
