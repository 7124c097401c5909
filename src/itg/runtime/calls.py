"""What calls to another process may cost: bounds of one caller towards one callee.

Inputs and queries are the calls of a game on nodes, and gateways their callers. Four things keep a
callee that is slow, stuck or gone from costing more than its own part: a deadline that travels with
the call, a breaker that lets nothing more through after calls without answer, a bulkhead that
bounds how many are under way, and a budget for asking a lost query again. An input is never sent
twice: whether it was taken may be unknown, a query changes nothing.
"""

from collections.abc import Callable
from enum import IntEnum, unique
from time import monotonic

from msgspec import Struct

_MS_PER_S = 1_000


class CallLimits(Struct, frozen=True, kw_only=True):
    """Bounds of one caller towards one callee; seconds are of a steady clock."""

    # Fewer than wait at a gateway in all: one callee never takes the seats of those who ask others.
    in_flight_max: int = 750
    failures_max: int = 5  # calls without answer, one after the other, that open the breaker
    pause_s: float = 1.0  # open, before one call is let through to see
    retry_s: float = 0.5  # a query without an answer for so long is asked once more
    retry_share: float = 0.1  # of the queries, and
    retries_saved: int = 10  # so many for a burst of losses


@unique
class BreakerState(IntEnum):
    """What a breaker lets through: everything, one call to see, nothing."""

    CLOSED = 0
    HALF_OPEN = 1
    OPEN = 2


class CircuitBreaker:
    """Opens towards a callee that answers nothing, and looks again after a pause.

    `now` is a steady clock, in seconds.
    """

    def __init__(self, limits: CallLimits, now: Callable[[], float] = monotonic) -> None:
        self._limits = limits
        self._now = now
        self._failures = 0
        self._state = BreakerState.CLOSED
        self._since_s = 0.0  # it opened, or let a call through to see

    @property
    def state(self) -> BreakerState:
        """Return what it lets through now."""
        if self._state is BreakerState.OPEN and self.wait_ms() == 0:
            return BreakerState.HALF_OPEN
        return self._state

    @property
    def is_closed(self) -> bool:
        """Tell whether everything is let through."""
        return self._state is BreakerState.CLOSED

    def wait_ms(self) -> int:
        """Return how long nothing is let through, 0: the next call is."""
        if self._state is BreakerState.CLOSED:
            return 0
        left_s = self._since_s + self._limits.pause_s - self._now()
        return max(0, int(left_s * _MS_PER_S) + 1) if left_s > 0 else 0

    def pass_through(self) -> None:
        """Note that a call goes out; of an open breaker it is the one that sees."""
        assert self.wait_ms() == 0, "ask before calling"
        if self._state is not BreakerState.CLOSED:
            self._state = BreakerState.HALF_OPEN
            self._since_s = self._now()

    def succeed(self) -> None:
        """Note an answer in time, or a sign of a new life: everything is let through."""
        self._failures = 0
        self._state = BreakerState.CLOSED

    def fail(self) -> None:
        """Note a call without an answer in time."""
        self._failures += 1
        is_proven = self._state is BreakerState.HALF_OPEN
        is_enough = self._failures >= self._limits.failures_max
        if is_proven or (is_enough and self._state is BreakerState.CLOSED):
            self._state = BreakerState.OPEN
            self._since_s = self._now()


class RetryBudget:
    """How often may be asked again: a share of what is asked, with some saved for a burst."""

    def __init__(self, limits: CallLimits) -> None:
        self._share = limits.retry_share
        self._saved_max = self._saved = float(limits.retries_saved)

    def earn(self) -> None:
        """Note a first try."""
        self._saved = min(self._saved + self._share, self._saved_max)

    def spend(self) -> bool:
        """Take a second try out of the budget; False: there is none left."""
        if self._saved < 1.0:
            return False
        self._saved -= 1.0
        return True


class CalleeNumbers:
    """What is counted of the calls to one callee."""

    __slots__ = ("dropped", "full", "open", "overdue", "retried", "sent", "silent")

    def __init__(self) -> None:
        self.sent = 0  # without what was sent again
        self.retried = 0
        self.overdue = 0  # without an answer by their deadline
        self.dropped = 0  # by the callee, which got them too late
        self.open = 0  # not sent: the breaker was open,
        self.full = 0  # so many were under way,
        self.silent = 0  # or the callee was not heard of


class Callee:
    """One callee as its caller sees it."""

    def __init__(
        self, limits: CallLimits | None = None, now: Callable[[], float] = monotonic
    ) -> None:
        self.limits = limits or CallLimits()
        self.breaker = CircuitBreaker(self.limits, now)
        self.budget = RetryBudget(self.limits)
        self.numbers = CalleeNumbers()
        self.in_flight = 0
        self.is_heard = False

    @property
    def takes_calls(self) -> bool:
        """Tell whether a call would be sent: it is heard of, and the breaker lets one through."""
        breaker = self.breaker
        return self.is_heard and (breaker.is_closed or breaker.wait_ms() == 0)

    @property
    def state(self) -> BreakerState:
        """Return the breaker's state; towards one that is not heard of it is open."""
        return self.breaker.state if self.is_heard else BreakerState.OPEN

    def refusal_ms(self, *, headroom: bool = False) -> int | None:
        """Return when to come again with a call that may not be sent now, None: it may."""
        if wait_ms := self.breaker.wait_ms():
            self.numbers.open += 1
            return wait_ms
        bound = self.limits.in_flight_max
        if self.in_flight >= bound + (bound // 4 if headroom else 0):
            self.numbers.full += 1
            return _MS_PER_S // 2
        return None

    def send(self) -> None:
        """Note a call that goes out."""
        self.breaker.pass_through()
        self.numbers.sent += 1
        self.in_flight += 1

    def answer(self) -> None:
        """Note an answer in time, whatever it says."""
        self.in_flight -= 1
        self.breaker.succeed()

    def miss(self) -> None:
        """Note a deadline without an answer."""
        self.in_flight -= 1
        self.numbers.overdue += 1
        self.breaker.fail()
