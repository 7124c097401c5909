"""Those who follow a pump from other processes: every row to each, their inputs and queries in.

Nothing here waits inside a release: what is to be said stands in one queue, in order, and one task
sends it. A follower that is silent for too long is forgotten; it may come back and go on from the
last number it has, and is given what it missed from the journal.
"""

import asyncio
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from itertools import islice
from time import monotonic
from typing import Protocol

import structlog

from itg.kernel.errors import JournalError
from itg.kernel.ids import Seq
from itg.kernel.messages import Reply
from itg.kernel.times import NS_PER_S, Nanos
from itg.runtime.carrier import Carrier, CarrierDownError
from itg.runtime.clock import Clock
from itg.runtime.envelope import Record
from itg.runtime.journal import Journal, SealedBatch
from itg.runtime.link import (
    FROM_NOW,
    NEVER_DUE,
    Alive,
    Ask,
    Beat,
    Follow,
    Hello,
    LinkError,
    Note,
    QueryCodec,
    Refused,
    Replied,
    Row,
    Submit,
    ToFollower,
    Unknown,
    heard_by_node,
    pieces_of,
)
from itg.runtime.presence import Answered
from itg.runtime.pump import Pump
from itg.runtime.pump_port import OverloadedError, PumpStoppedError

log = structlog.get_logger()
BEAT_S = 0.25
SILENT_S_MAX = 10.0
ROWS_PER_READ = 64
# As many inputs as a pump lets wait.
DEFERRED_MAX = 10_000
DEFERRED_AGAIN_MS = 500


class Notes(Protocol):
    """Who reads what followers tell beyond inputs and queries."""

    def hear(self, door: str, body: bytes) -> None:
        """Take a follower's note."""

    def lose(self, door: str) -> None:
        """Hear that a follower is gone."""


class _Link:
    """One follower: what was placed for it in the row under way, what waits while it catches up."""

    def __init__(self, name: str, heard_s: float) -> None:
        self.name = name
        self.heard_s = heard_s
        self.placed: list[tuple[int, Seq]] = []
        self.held: list[ToFollower] | None = None


class Followers:
    """The followers of one pump, who write to `subject`; `see_row` is its row hook."""

    def __init__(
        self,
        pump: Pump,
        carrier: Carrier,
        subject: str,
        queries: QueryCodec,
        notes: Notes,
    ) -> None:
        self._pump = pump
        self._carrier = carrier
        self._subject = subject
        self._queries = queries
        self._notes = notes
        self.answered = Answered()
        self.clock = pump.clock  # what followers are told of time
        self._deferred: list[tuple[_Link, Submit]] | None = None
        self._links: dict[str, _Link] = {}
        self._has_stopped = False
        self._link_count = 0
        # The last row given; within a release not yet its own. What was recovered counts as given.
        self._said_seq = pump.released_seq or pump.journal.head().seq
        self._unsent: asyncio.Queue[tuple[str, ToFollower]] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._reading: set[asyncio.Task[None]] = set()

    @property
    def names(self) -> list[str]:
        """Return who follows, in the order in which they came."""
        return list(self._links)

    async def start(self) -> None:
        """Listen from now on."""
        await self._carrier.hear(self._subject, self._take)
        self.clock.watch(self._tell_time)
        self._tasks = [
            asyncio.create_task(self._send_all(), name="link sender"),
            asyncio.create_task(self._beat(), name="link beat"),
        ]

    async def stop(self) -> None:
        """Send what is due, hear and say no more."""
        self._has_stopped = True
        with suppress(TimeoutError):
            async with asyncio.timeout(1.0):
                await self._unsent.join()
        for task in (*self._tasks, *self._reading):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._reading, return_exceptions=True)

    def defer(self) -> None:
        """Keep inputs back until `open`: the pump still hears what others did before them."""
        self._deferred = []

    def open(self) -> None:
        """Give the pump what was kept back, but for what came too late by now."""
        deferred, self._deferred = self._deferred or [], None
        for link, said in deferred:
            if _is_late(said.due_s):
                self._say(link, Refused(said.number, None, is_late=True))
            else:
                self._submit(link, said)

    def see_row(self, batch: SealedBatch) -> None:
        """Give a released row to every follower."""
        self._said_seq = batch.last_seq
        for link in self._links.values():
            placed, link.placed = link.placed, []
            self._say(link, Row(batch.first_seq, batch.last_seq, batch.body, placed))

    def _take(self, body: bytes) -> None:
        if self._has_stopped:
            return
        try:
            said = heard_by_node(body)
        except LinkError as error:
            log.warning("link_message_dropped", reason=str(error))
            return
        if isinstance(said, Follow):
            self._follow(said)
            return
        link = self._links.get(said.follower)
        if link is None:
            self._post(said.follower, Unknown())
            return
        link.heard_s = asyncio.get_running_loop().time()
        match said:
            case Submit() | Ask() if _is_late(said.due_s):
                self._say(link, Refused(said.number, None, is_late=True))
            case Submit():
                self._submit(link, said)
            case Ask():
                self._ask(link, said)
            case Note():
                self._notes.hear(said.follower, said.body)
            case Alive():
                pass

    def _submit(self, link: _Link, said: Submit) -> None:
        if self._deferred is not None:
            if len(self._deferred) < DEFERRED_MAX:
                self._deferred.append((link, said))
            else:
                self._say(link, Refused(said.number, DEFERRED_AGAIN_MS))
            return
        answered, began_ns = self.answered, self.answered.begin()

        def placed(record: Record) -> None:
            answered.end(began_ns)
            link.placed.append((said.number, record.seq))

        try:
            message = self._pump.codec.decode_message(said.body)
            self._pump.submit(
                message,
                actor=said.actor,
                trace_id=said.trace_id,
                on_release=placed,
                headroom=said.has_headroom,
            )
        except OverloadedError as error:
            answered.refuse(began_ns, f"too many inputs wait: again in {error.retry_after_ms} ms")
            self._say(link, Refused(said.number, error.retry_after_ms))
        except (PumpStoppedError, JournalError) as error:  # or an input of another build
            answered.refuse(began_ns, str(error) or type(error).__name__)
            self._say(link, Refused(said.number, None))

    def _ask(self, link: _Link, said: Ask) -> None:
        answered, began_ns = self.answered, self.answered.begin()

        def replied(replies: Sequence[Reply], seq: Seq) -> None:
            answered.end(began_ns)
            self._say(link, Replied(said.number, seq, self._queries.encode(replies)))

        try:
            queries = self._queries.decode_queries(said.queries)
        except LinkError as error:
            answered.refuse(began_ns, str(error))
            log.warning("query_dropped", follower=link.name, reason=str(error))
            return
        with suppress(PumpStoppedError):  # the beat that stays away tells it
            self._pump.ask(queries, replied)

    def _follow(self, said: Follow) -> None:
        loop = asyncio.get_running_loop()
        pump, released_seq = self._pump, self._said_seq
        link = self._links[said.follower] = _Link(said.follower, loop.time())
        self._link_count += 1
        start = released_seq if said.after == FROM_NOW else said.after
        now, rate = _time_of(self.clock)
        self._post(
            said.follower, Hello(pump.epoch, self._link_count, start, now, rate, monotonic())
        )
        if start < released_seq:
            link.held = []
            self._say(link, self._beat_now())  # after what was missed: that was all
            task = loop.create_task(self._catch_up(link, start, released_seq))
            self._reading.add(task)
            task.add_done_callback(self._reading.discard)
        else:
            self._say(link, self._beat_now())

    async def _catch_up(self, link: _Link, after: Seq, until: Seq) -> None:
        try:
            await self._give_missed(link, after, until)
        except JournalError as error:
            # Who hears nothing more follows again.
            log.warning("catching_up_failed", follower=link.name, reason=str(error))
            if self._links.get(link.name) is link:
                del self._links[link.name]
            return
        held, link.held = link.held or [], None
        for message in held:
            self._say(link, message)

    async def _give_missed(self, link: _Link, after: Seq, until: Seq) -> None:
        missed = _Missed(self._pump.journal, after, until)
        try:
            while self._links.get(link.name) is link and (batches := await missed.some()):
                for batch in batches:
                    self._post(
                        link.name, Row(batch.first_seq, batch.last_seq, batch.body, placed=[])
                    )
        finally:
            missed.close()

    def _say(self, link: _Link, message: ToFollower) -> None:
        if self._links.get(link.name) is not link:
            return  # forgotten, or begun anew
        if link.held is not None:
            link.held.append(message)
        else:
            self._post(link.name, message)

    def _post(self, follower: str, message: ToFollower) -> None:
        self._unsent.put_nowait((follower, message))

    async def _send_all(self) -> None:
        while True:
            follower, message = await self._unsent.get()
            for body in pieces_of(message):
                with suppress(CarrierDownError):  # the gap is noticed
                    await self._carrier.send(follower, body)
            self._unsent.task_done()

    async def _beat(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(BEAT_S)
            for link in list(self._links.values()):
                if loop.time() - link.heard_s > SILENT_S_MAX:
                    del self._links[link.name]
                    log.warning("follower_gone", follower=link.name)
                    self._notes.lose(link.name)
            self._tell_time()

    def _beat_now(self) -> Beat:
        return Beat(self._said_seq, *_time_of(self.clock), monotonic())

    def _tell_time(self) -> None:
        beat = self._beat_now()
        for link in self._links.values():
            self._say(link, beat)


def _is_late(due_s: float) -> bool:
    return due_s != NEVER_DUE and monotonic() > due_s


class _Missed:
    """Rows of a journal to their end at `until`, read by a thread of its own.

    A reader may have to connect, which can take seconds, and the loop has other followers. Nothing
    but that thread touches it: to close what another thread reads ends the process.
    """

    def __init__(self, journal: Journal, after: Seq, until: Seq) -> None:
        self._rows = self._read(journal, after, until)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="catching-up")

    async def some(self) -> list[SealedBatch]:
        """Return the next rows, none at the end."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._next)

    def close(self) -> None:
        """Read no more than what is being read; the thread then closes its reader."""
        self._thread.submit(self._rows.close)
        self._thread.shutdown(wait=False)

    def _next(self) -> list[SealedBatch]:
        return list(islice(self._rows, ROWS_PER_READ))

    @staticmethod
    def _read(journal: Journal, after: Seq, until: Seq) -> Generator[SealedBatch, None, None]:
        with closing(journal.reader()) as reader:
            for batch in reader.rows(after):
                yield batch
                if batch.last_seq >= until:
                    return


def _time_of(clock: Clock) -> tuple[Nanos, float]:
    """Return game time and how many game seconds a second of the wall brings, 0 while it stands."""
    now = clock.game_ns()
    wait_s = clock.wall_delay_until(Nanos(now + NS_PER_S))
    return now, 0.0 if not wait_s else 1.0 / wait_s
