"""Plain numbers a gateway may read: handler times and the pump's counters."""

from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from time import perf_counter_ns

from itg.kernel.messages import Message
from itg.kernel.times import Nanos

_BUCKETS = 256


class Histogram:
    """Counts of durations in buckets 19 % wide, from 1 ns up."""

    __slots__ = ("counts", "total_ns")

    def __init__(self) -> None:
        self.counts = [0] * _BUCKETS
        self.total_ns = 0

    def add(self, duration_ns: int) -> None:
        self.counts[_bucket(duration_ns)] += 1
        self.total_ns += duration_ns

    def cumulative(self) -> Iterator[tuple[int, int]]:
        """Yield each bucket's upper edge in ns and how many durations do not pass it."""
        for index, seen in enumerate(accumulate(self.counts)):
            yield _upper_edge_ns(index), seen

    def quantile_ns(self, share: float) -> int:
        """Return a time that `share` of all durations do not pass, a bucket's edge; 0 if none."""
        target = share * sum(self.counts)
        seen = 0
        for index, count in enumerate(self.counts):
            seen += count
            if count and seen >= target:
                return _upper_edge_ns(index)
        return 0


def _bucket(duration_ns: int) -> int:
    # The power of two and the two bits below it: four buckets to an octave.
    octave = max(duration_ns, 1).bit_length() - 1
    fraction = (duration_ns << 2 >> octave) & 3
    return min(octave * 4 + fraction, _BUCKETS - 1)


def _upper_edge_ns(bucket: int) -> int:
    octave, fraction = divmod(bucket, 4)
    return (5 + fraction << octave) >> 2


class HandlerTimes:
    """How long handlers take, per message class."""

    def __init__(self) -> None:
        self.by_kind: dict[str, Histogram] = {}

    def around(
        self, kind: type[Message], handle: Callable[[Nanos, Message], Sequence[Message]]
    ) -> Callable[[Nanos, Message], Sequence[Message]]:
        """Return `handle` with a stopwatch; nodes that hear one class share its histogram."""
        histogram = self.by_kind.setdefault(kind.__name__, Histogram())

        def timed(now: Nanos, message: Message) -> Sequence[Message]:
            started = perf_counter_ns()
            outputs = handle(now, message)
            histogram.add(perf_counter_ns() - started)
            return outputs

        return timed

    def quantiles_ns(self) -> dict[str, tuple[int, int]]:
        """Return (p50, p99) per message class that was handled, accurate to a bucket (25 %)."""
        return {
            name: (histogram.quantile_ns(0.5), histogram.quantile_ns(0.99))
            for name, histogram in self.by_kind.items()
            if any(histogram.counts)
        }


class PumpNumbers:
    """What a pump counts; times in ns, averages moving by a tenth per batch."""

    __slots__ = (
        "batch_size_average",
        "batches",
        "commit_ns_average",
        "commit_times",
        "events",
        "inputs",
        "overloads",
        "released_seq",
        "snapshots",
    )

    def __init__(self) -> None:
        self.inputs = 0
        self.events = 0
        self.batches = 0
        self.snapshots = 0
        self.overloads = 0
        self.released_seq = 0
        self.batch_size_average = 0.0
        self.commit_ns_average = 0.0
        self.commit_times = Histogram()

    def note_batch(self, inputs: int, events: int) -> None:
        self.batches += 1
        self.inputs += inputs
        self.events += events
        self.batch_size_average += (inputs - self.batch_size_average) / 10

    def note_commit(self, duration_ns: int) -> None:
        self.commit_ns_average += (duration_ns - self.commit_ns_average) / 10
        self.commit_times.add(duration_ns)
