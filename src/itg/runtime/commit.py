"""Commits outside the loop: one worker thread makes work durable in the order handed over."""

from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from time import perf_counter_ns, sleep

from msgspec import Struct

from itg.kernel.ids import Seq
from itg.kernel.times import NS_PER_MS, NS_PER_S, NS_PER_US
from itg.runtime.guard import Guard
from itg.runtime.journal import Journal, SealedBatch, SetAside, Snapshot

# A slow disk pays per commit, so on one the worker waits a little for the next batch to grow.
LINGER_ABOVE_NS = 400 * NS_PER_US
LINGER_SHARE = 0.2
LINGER_NS_MAX = NS_PER_MS
# Whoever has nothing to write learns within this time that it could not.
LOOK_S = 1.0


class Work(Struct, gc=False):
    """What one commit makes durable: a row, then the snapshot of the state after it."""

    batch: SealedBatch | None = None
    state: tuple[Seq, bytes] | None = None
    aside: SetAside | None = None
    is_full: bool = False  # the batch could not have grown


def commit(journal: Journal, work: Work) -> int:
    """Make a work's row durable and return how long that took in ns."""
    started = perf_counter_ns()
    if work.batch is not None:
        journal.append(work.batch)
    return perf_counter_ns() - started


def commit_rest(journal: Journal, work: Work) -> None:
    """Make durable what nobody's answer waits for."""
    if work.state is not None:
        journal.write_snapshot(Snapshot.of(*work.state))
    if work.aside is not None:
        journal.set_aside(work.aside)


class CommitWorker:
    """The thread. `on_commit(duration_ns)` and `on_failure(error)` are called in it."""

    def __init__(
        self,
        journal: Journal,
        *,
        on_commit: Callable[[int], object],
        on_failure: Callable[[Exception], object],
    ) -> None:
        self._journal = journal
        self._on_commit = on_commit
        self._on_failure = on_failure
        self._work: SimpleQueue[Work | None] = SimpleQueue()
        self._average_ns = 0.0
        self._thread = Thread(target=self._run, name="commit", daemon=True)
        self._thread.start()

    def hand_over(self, work: Work) -> None:
        self._work.put(work)

    def stop(self) -> None:
        """Finish what was handed over and end the thread; returns when it has ended."""
        self._work.put(None)
        self._thread.join()

    def _run(self) -> None:
        with Guard(self._on_failure):
            while (work := self._next()) is not None:
                self._linger(work)
                duration_ns = commit(self._journal, work)
                self._average_ns += (duration_ns - self._average_ns) / 10
                self._on_commit(duration_ns)
                commit_rest(self._journal, work)

    def _next(self) -> Work | None:
        while True:
            try:
                return self._work.get(timeout=LOOK_S)
            except Empty:
                self._journal.assert_leading()

    def _linger(self, work: Work) -> None:
        if work.batch is not None and not work.is_full and self._average_ns > LINGER_ABOVE_NS:
            sleep(min(LINGER_SHARE * self._average_ns, LINGER_NS_MAX) / NS_PER_S)
