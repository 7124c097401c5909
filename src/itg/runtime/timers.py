"""The timers services asked for, as part of the state: ordered by time, then by arming."""

from collections.abc import Sequence
from heapq import heapify, heappop, heappush

from itg.kernel.messages import Message
from itg.kernel.times import Nanos
from itg.runtime.service import StartTimer, StopTimer, TimerFired

# A moved or stopped timer leaves its heap entry behind; the heap is rebuilt when most are such.
_STALE_SPARE = 64


class Timers:
    """A heap of (at_ns, arming number, owner, key); a key armed again moves."""

    __slots__ = ("_armed", "_armings", "_heap")

    def __init__(self) -> None:
        self._heap: list[tuple[Nanos, int, str, str]] = []
        self._armed: dict[tuple[str, str], int] = {}
        self._armings = 0

    def start(self, now: Nanos, message: Message) -> Sequence[Message]:
        """Arm or move a timer; a time already past counts as `now`: time never runs back."""
        assert isinstance(message, StartTimer)
        self._arm(max(message.at_ns, now), message.owner, message.key)
        return ()

    def stop(self, now: Nanos, message: Message) -> Sequence[Message]:
        assert isinstance(message, StopTimer)
        self._armed.pop((message.owner, message.key), None)
        return ()

    def fire(self, now: Nanos, message: Message) -> Sequence[Message]:
        """Forget a timer that is being delivered, before its owner hears of it."""
        assert isinstance(message, TimerFired)
        assert (message.owner, message.key) in self._armed, f"no such timer: {message!r}"
        del self._armed[message.owner, message.key]
        return ()

    def due(self, until_ns: Nanos) -> TimerFired | None:
        """Return the first timer at or before `until_ns`; it stays armed until it is fired."""
        heap = self._heap
        while heap and heap[0][0] <= until_ns:
            at_ns, arming, owner, key = heap[0]
            if self._armed.get((owner, key)) == arming:
                return TimerFired(owner=owner, key=key, at_ns=at_ns)
            heappop(heap)
        return None

    def next_at_ns(self) -> Nanos | None:
        heap = self._heap
        while heap:
            at_ns, arming, owner, key = heap[0]
            if self._armed.get((owner, key)) == arming:
                return at_ns
            heappop(heap)
        return None

    def state(self) -> tuple[tuple[Nanos, str, str], ...]:
        """Return (at_ns, owner, key) of every armed timer in firing order."""
        return tuple((at_ns, owner, key) for at_ns, _, owner, key in sorted(self._live()))

    def restore(self, state: Sequence[tuple[Nanos, str, str]]) -> None:
        """Replace all timers by a `state()`."""
        self._heap = []
        self._armed = {}
        self._armings = 0
        for at_ns, owner, key in state:
            self._arm(at_ns, owner, key)

    def _arm(self, at_ns: Nanos, owner: str, key: str) -> None:
        self._armings += 1
        self._armed[owner, key] = self._armings
        heappush(self._heap, (at_ns, self._armings, owner, key))
        if len(self._heap) > 2 * len(self._armed) + _STALE_SPARE:
            self._heap = self._live()
            heapify(self._heap)

    def _live(self) -> list[tuple[Nanos, int, str, str]]:
        armed = self._armed
        return [entry for entry in self._heap if armed.get((entry[2], entry[3])) == entry[1]]
