"""The single writer: take waiting inputs, apply them, journal them, and only then release them.

Wiring, as `compose` does it:

    machine = Machine([market_data, exchange_0, positions], times=HandlerTimes())
    recover(journal, machine)               # an open journal
    pump = Pump(machine, journal, SystemClock(), on_release=feed.publish)
    pump.start()                            # inside a running loop
    pump.submit(command, actor="team-a", trace_id=..., on_release=answer)
    pump.ask((GetBook(...),), on_reply)
    await pump.drain()                      # or: await pump.finished(), which raises its fault

In a test, a simulation or lock step nothing is started; the caller drives:

    pump.submit(command)
    pump.run_until_idle()                   # handles, commits and releases inline

Both lives run the same code but for who calls it and where the commit happens. One commit is in
flight. When it returns, the next batch is handled and handed over before the answers of the last
are written: the disk never waits for them, they never wait for the disk twice. Nothing leaves
before its commit: not an answer, not a publication, not the reply to a query that saw the state.
"""

import asyncio
from collections import deque
from collections.abc import Callable

from msgspec import Struct

from itg.kernel.ids import Seq
from itg.kernel.messages import Message, Query
from itg.kernel.times import NS_PER_MS, Nanos
from itg.runtime.arrival import Arrival, stamp_of
from itg.runtime.cascade import Machine
from itg.runtime.clock import Clock
from itg.runtime.codec import Codec
from itg.runtime.commit import CommitWorker, Work, commit, commit_rest
from itg.runtime.envelope import Record
from itg.runtime.flight import Flight, Waiting
from itg.runtime.guard import Guard
from itg.runtime.journal import Journal, SealedBatch, Sealer, SetAside
from itg.runtime.metrics import HandlerTimes, PumpNumbers
from itg.runtime.pacing import SnapshotPace
from itg.runtime.pump_port import (
    OnBatch,
    OnRelease,
    OnReply,
    OverloadedError,
    PumpStoppedError,
    let_go,
)

OnRow = Callable[[SealedBatch], None]

WAKE_S_MIN = 0.001
WAKE_S_MAX = 1.0  # in which a machine's clock that was set, or slept, is noticed


class PumpLimits(Struct, frozen=True, kw_only=True):
    """Bounds of a pump: inputs per batch and waiting, events between snapshots and packings."""

    batch_inputs_max: int = 128
    waiting_max: int = 10_000
    snapshot_events: int = 100_000
    snapshot_share: float = 0.25  # of the last snapshot, by which the journal grows before the next
    pack_events: int = 1_000


class Pump:
    """Run a machine in front of an opened journal.

    `on_release` gets each batch once, in order, after its commit and after the batch's own answers;
    `on_row`, which may be set later, gets it after that as the row that was committed.
    """

    def __init__(
        self,
        machine: Machine,
        journal: Journal,
        clock: Clock,
        *,
        on_release: OnBatch = let_go,
        limits: PumpLimits | None = None,
    ) -> None:
        self.numbers = PumpNumbers()
        self.failure: Exception | None = None
        self.machine = machine
        self.journal = journal
        self.clock = clock
        self.on_row: OnRow = let_go
        self._on_release = on_release
        self._limits = limits = limits or PumpLimits()
        self._sealer = Sealer(machine.codec, journal.epoch, journal.head())
        assert self._sealer.head.seq + 1 == machine.next_seq, "recover the machine first"
        self._waiting: deque[Waiting] = deque()
        self._current: Waiting | None = None
        self._in_flight: Flight | None = None
        self._pace = SnapshotPace(
            journal, limits.snapshot_events, limits.snapshot_share, self._sealer.head.seq
        )
        self._packed_seq = Seq(0)
        self._is_draining = False
        self._is_scheduled = False
        self._guard = Guard(self._fail)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._worker: CommitWorker | None = None
        self._finished: asyncio.Future[None] | None = None
        self._wake: asyncio.TimerHandle | None = None

    @property
    def codec(self) -> Codec:
        """Return what encodes and decodes the journal's rows."""
        return self.machine.codec

    @property
    def times(self) -> HandlerTimes | None:
        """Return how long handlers take, None if that is not measured."""
        return self.machine.times

    @property
    def epoch(self) -> int:
        """Return the journal's epoch: this life's number."""
        return self.journal.epoch

    @property
    def is_live(self) -> bool:
        """Tell whether it has not failed."""
        return self.failure is None

    @property
    def has_begun(self) -> bool:
        """Tell whether there has been any input yet."""
        return self.machine.next_seq > 1

    @property
    def depth(self) -> int:
        """Return how many inputs wait."""
        return len(self._waiting)

    @property
    def lag_events(self) -> int:
        """Return how many numbers are handled and not yet released."""
        return self.machine.next_seq - 1 - self.released_seq

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing waits, is in flight or is unreleased; a snapshot flies alone too."""
        return not self._waiting and self._in_flight is None and self.lag_events == 0

    @property
    def released_seq(self) -> Seq:
        """Return the last number whose batch is durable and released."""
        return Seq(self.numbers.released_seq)

    def submit(  # noqa: PLR0913 - an input and what is known of it
        self,
        message: Message,
        *,
        actor: str = "",
        trace_id: str = "",
        on_release: OnRelease | None = None,
        on_refused: object = None,
        headroom: bool = False,
        deadline_s: object = None,
    ) -> None:
        """Take an input, stamped with the game's time now; `on_release` gets its record, committed.

        `headroom` is for cancels, taken a quarter beyond the bound; what arrives from other nodes
        has happened and is always taken. Else `OverloadedError`, `PumpStoppedError`: no effect.
        """
        if self._is_draining or self.failure is not None:
            raise PumpStoppedError("the pump takes no more inputs")
        waiting = self._waiting
        bound = self._limits.waiting_max
        bound += bound // 4 if headroom else 0
        if len(waiting) >= bound and not isinstance(message, Arrival):
            self.numbers.overloads += 1
            raise OverloadedError(self._retry_after_ms())
        game_ns = stamp_of(message, self.clock.game_ns())
        waiting.append(Waiting(game_ns, message, actor, trace_id, on_release))
        if not self._is_scheduled:
            self._schedule()

    def ask(self, queries: tuple[Query, ...], on_reply: OnReply, **_: object) -> None:
        """Answer queries from one state, together; they change nothing.

        `on_reply` is called at once if that state is released, else when it is.
        """
        if self.failure is not None:
            raise PumpStoppedError("the pump has failed")
        replies = tuple(self.machine.query(query) for query in queries)
        as_of = Seq(self.machine.next_seq - 1)
        if self._in_flight is None:
            on_reply(replies, as_of)
        else:
            self._in_flight.replies.append((on_reply, replies, as_of))

    def snapshot_soon(self) -> None:
        """Take a snapshot after the next batch, or now if none waits."""
        self._pace.ask()
        self._schedule()

    def start(self) -> None:
        """Run on the running event loop, committing in a worker thread, until drained or failed."""
        assert self._loop is None, "a pump starts once"
        loop = asyncio.get_running_loop()
        self._loop = loop
        self._finished = loop.create_future()
        self._worker = CommitWorker(
            self.journal,
            on_commit=lambda duration_ns: loop.call_soon_threadsafe(self._committed, duration_ns),
            on_failure=lambda error: loop.call_soon_threadsafe(self._fail, error),
        )
        self.clock.watch(self._schedule)
        self._schedule()

    async def drain(self) -> None:
        """Refuse new inputs; handle, commit and release all that wait; then stop.

        Raises the failure if the pump fails meanwhile or has failed.
        """
        self._is_draining = True
        self._schedule()
        await self.finished()

    async def finished(self) -> None:
        """Wait until the pump is drained; raise its failure if it fails."""
        assert self._finished is not None, "start the pump first"
        await asyncio.shield(self._finished)

    def run_until_idle(self) -> None:
        """Handle, commit and release everything waiting and every timer due, here and now.

        Raises the failure of a handler, a listener or the journal. Not for a started pump.
        """
        assert self._loop is None, "a started pump is driven by its loop"
        with self._guard:
            while (flight := self._advance()) is not None:
                self.numbers.note_commit(commit(self.journal, flight.work))
                commit_rest(self.journal, flight.work)
                self._release(flight)
        if self.failure is not None:
            raise self.failure

    def _schedule(self) -> None:
        if self._loop is None or self._is_scheduled or self._in_flight is not None:
            return
        if not self._has_ended():
            self._is_scheduled = True
            self._loop.call_soon(self._turn)

    def _has_ended(self) -> bool:
        return self._finished is not None and self._finished.done()

    def _turn(self) -> None:
        self._is_scheduled = False
        if self._in_flight is None and not self._has_ended():
            with self._guard:
                self._hand_over()

    def _hand_over(self) -> None:
        assert self._worker is not None
        flight = self._advance()
        if flight is not None:
            self._in_flight = flight
            self._worker.hand_over(flight.work)
        elif self._is_draining:
            self._finish()
        else:
            self._arm_wake()

    def _committed(self, duration_ns: int) -> None:
        done = self._in_flight
        if done is None or self.failure is not None:
            return
        self._in_flight = None
        self.numbers.note_commit(duration_ns)
        with self._guard:
            self._hand_over()
            self._release(done)

    def _advance(self) -> Flight | None:
        records: list[Record] = []
        answers: list[tuple[OnRelease, Record]] = []
        now, ts_ns = self.clock.game_ns(), self.clock.wall_ns()
        machine, waiting = self.machine, self._waiting
        while len(records) < self._limits.batch_inputs_max:
            entry = self._next_input(waiting[0].game_ns if waiting else now)
            if entry is None:
                break
            self._current = entry
            seq, game_ns = machine.next_seq, max(entry.game_ns, machine.game_ns)
            outputs = machine.apply(game_ns, entry.body)
            record = Record(seq, ts_ns, game_ns, entry.actor, entry.trace_id, entry.body, outputs)
            records.append(record)
            if entry.on_release is not None:
                answers.append((entry.on_release, record))
        self._current = None
        return self._sealed(records, answers)

    def _next_input(self, until_ns: Nanos) -> Waiting | None:
        # The machine is ahead of the clock when another node's clock was: what is due, is due.
        fired = self.machine.due(max(until_ns, self.machine.game_ns))
        if fired is not None:
            return Waiting(fired.at_ns, fired)
        return self._waiting.popleft() if self._waiting else None

    def _sealed(
        self, records: list[Record], answers: list[tuple[OnRelease, Record]]
    ) -> Flight | None:
        batch = self._sealer.seal(records) if records else None
        if batch is not None:
            self._pace.grow(len(batch.body))
        state = self._state_to_keep()
        if batch is None and state is None:
            return None
        is_full = len(records) == self._limits.batch_inputs_max
        work = Work(batch=batch, state=state, is_full=is_full)
        return Flight(records, answers, work, [])

    def _state_to_keep(self) -> tuple[Seq, bytes] | None:
        seq = Seq(self.machine.next_seq - 1)
        if not self._pace.is_due(seq):
            return None
        state = self.machine.snapshot()
        self._pace.keep(seq, len(state))
        self.numbers.snapshots += 1
        return seq, state

    def _release(self, flight: Flight) -> None:
        for on_release, record in flight.answers:
            on_release(record)
        if flight.records:
            first, last = flight.records[0], flight.records[-1]
            self.numbers.released_seq = last_seq = last.seq + len(last.outputs)
            self.numbers.note_batch(len(flight.records), last_seq - first.seq + 1)
            self._on_release(flight.records)
            assert flight.work.batch is not None, "records are sealed in a row"
            self.on_row(flight.work.batch)
        for on_reply, replies, as_of in flight.replies:
            on_reply(replies, as_of)
        self._pack()

    def _pack(self) -> None:
        # After the answers, beside the commit in flight: here nobody waits for it.
        if self.machine.next_seq - self._packed_seq >= self._limits.pack_events:
            self._packed_seq = self.machine.next_seq
            self.machine.pack()

    def _arm_wake(self) -> None:
        at_ns = self.machine.next_timer_ns()
        delay = None if at_ns is None else self.clock.wall_delay_until(at_ns)
        if delay is None:
            return
        assert self._loop is not None
        delay = min(max(delay, WAKE_S_MIN), WAKE_S_MAX)
        if self._wake is not None:
            if self._wake.when() <= self._loop.time() + delay:
                return
            self._wake.cancel()
        self._wake = self._loop.call_later(delay, self._wake_up)

    def _wake_up(self) -> None:
        self._wake = None
        self._schedule()

    def _finish(self) -> None:
        assert self._worker is not None
        assert self._finished is not None
        self._cancel_wake()
        self._worker.stop()
        self._finished.set_result(None)

    def _fail(self, error: Exception) -> None:
        if self.failure is not None:
            return
        self.failure = error
        aside = self._aside(error)
        if self._worker is None or self._finished is None:
            commit_rest(self.journal, Work(aside=aside))
            return
        self._cancel_wake()
        self._worker.hand_over(Work(aside=aside))
        self._worker.stop()
        self._finished.set_exception(error)

    def _aside(self, error: Exception) -> SetAside | None:
        if self._current is None:
            return None
        body = self.machine.codec.encode(self._current.body)
        return SetAside(self.machine.next_seq, f"{type(error).__name__}: {error}", body)

    def _cancel_wake(self) -> None:
        if self._wake is not None:
            self._wake.cancel()
            self._wake = None

    def _retry_after_ms(self) -> int:
        batches = len(self._waiting) // self._limits.batch_inputs_max + 1
        return max(1, int(batches * self.numbers.commit_ns_average / NS_PER_MS))
