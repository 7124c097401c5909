"""What was missed of several neighbours, in one order: of game time, effects after their causes."""

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from itg.kernel.ids import Seq
from itg.kernel.times import Nanos
from itg.runtime.arrival import Arrival
from itg.runtime.envelope import Record


class Missed(NamedTuple):
    """One of a neighbour's records: when it was there, and what of it is heard here."""

    record: Record
    arrivals: tuple[Arrival, ...]

    @property
    def game_ns(self) -> Nanos:
        """Return its time where it was written."""
        return self.record.game_ns

    @property
    def reach(self) -> Seq:
        """Return its last number."""
        return Seq(self.record.seq + len(self.record.outputs))


class Merge:
    """The missed records of neighbours, each one's in its own order; `reached` is what went before.

    Taken in the order in which a `JoinedJournal` reads them: the earliest of the neighbours' next
    ones, of equal times the one whose neighbour stands first, and none before its cause.
    """

    def __init__(self, reached: Mapping[str, Seq]) -> None:
        self._reached = dict(reached)
        self._waiting: dict[str, deque[Missed]] = {name: deque() for name in reached}

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing waits."""
        return not any(self._waiting.values())

    def add(self, name: str, missed: Missed) -> None:
        """Take a neighbour's next record."""
        self._waiting[name].append(missed)

    def take(self, is_known: Callable[[str], bool]) -> Iterator[Missed]:
        """Yield what nothing can go before any more.

        `is_known` tells of a neighbour of whom nothing waits that it has nothing earlier.
        """
        waiting = self._waiting
        while not self.is_empty and all(own or is_known(name) for name, own in waiting.items()):
            heads = [(own[0].game_ns, place) for place, own in enumerate(waiting.values()) if own]
            names = list(waiting)
            ready = [head for head in heads if self._has_cause(waiting[names[head[1]]][0])]
            assert ready, "a cause is not later than its effect"
            name = names[min(ready)[1]]
            missed = waiting[name].popleft()
            self._reached[name] = missed.reach
            yield missed

    def pass_by(self, name: str, reach: Seq) -> None:
        """Note that a neighbour's record went by without waiting."""
        self._reached[name] = reach

    def _has_cause(self, missed: Missed) -> bool:
        body = missed.record.body
        if not isinstance(body, Arrival) or not self._waiting.get(body.source):
            return True
        return self._reached[body.source] >= body.seq
