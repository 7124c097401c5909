"""When a pump takes its next snapshot."""

from itg.kernel.ids import Seq
from itg.runtime.journal import Journal


class SnapshotPace:
    """A snapshot is due after `events`, once the journal has grown by `share` of the last one.

    What a state of hundreds of megabytes costs to write is so spread over the more events, the
    larger it is. Where recovery, to `reached`, replayed as many as that, one is due at once: lives
    that end early would otherwise replay more each time.
    """

    def __init__(self, journal: Journal, events: int, share: float, reached: Seq) -> None:
        last = next(journal.snapshots(), None)
        self._events = events
        self._share = share
        self._seq = Seq(0) if last is None else last.seq
        self._bytes = 0 if last is None else len(last.blob)
        self._bytes_since = 0
        self._is_asked = reached - self._seq >= events

    def ask(self) -> None:
        """Let one be due now."""
        self._is_asked = True

    def grow(self, size: int) -> None:
        """Note that the journal grew by so many bytes."""
        self._bytes_since += size

    def is_due(self, seq: Seq) -> bool:
        """Tell whether the state at `seq` is to be kept; one that is kept is not asked for."""
        since, is_asked = seq - self._seq, self._is_asked
        self._is_asked = False
        if is_asked or since == 0:
            return since > 0
        return since >= self._events and self._bytes_since >= self._share * self._bytes

    def keep(self, seq: Seq, size: int) -> None:
        """Note that a snapshot of so many bytes was taken."""
        self._seq, self._bytes, self._bytes_since = seq, size, 0
