"""A pump in another process, followed: its rows here in order, inputs and queries over there.

What is published and answered here comes at the same points of the stream as it would beside the
pump: an input's answer with the row that holds it, a reply between the rows before and after the
state it saw. A gap in the rows, a silence of the node or its new life are mended by following again
from the last number that is known; queries under way are asked again, and of inputs under way
nobody knows whether they were taken.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import monotonic
from typing import NamedTuple

import structlog

from itg.kernel.ids import Seq
from itg.kernel.messages import Message, Query
from itg.runtime.calls import CallLimits
from itg.runtime.carrier import Carrier, CarrierDownError
from itg.runtime.clock import FollowedClock
from itg.runtime.codec import Codec
from itg.runtime.envelope import Record
from itg.runtime.journal import Journal
from itg.runtime.link import (
    FROM_NOW,
    NEVER_DUE,
    Alive,
    Ask,
    Beat,
    Follow,
    Hello,
    Joiner,
    LinkError,
    Note,
    Piece,
    QueryCodec,
    Refused,
    Replied,
    Row,
    Submit,
    ToNode,
    Unknown,
    asked,
)
from itg.runtime.metrics import HandlerTimes, PumpNumbers
from itg.runtime.pump_port import (
    OnBatch,
    OnRefused,
    OnRelease,
    OnReply,
    OverloadedError,
    PumpStoppedError,
    let_go,
)
from itg.runtime.under_way import RETRY_AFTER_MS, UnderWay

log = structlog.get_logger()
ALIVE_S = 0.25  # a node that took over knows nobody: it learns of us, and we of it, within this
# Counted in turns of our own: a process that stood still itself has heard nobody, and says nothing
# of the node.
SILENT_TURNS_MAX = 8
# Epochs of the node times followers of one epoch: none is given twice.
LINKS_PER_EPOCH = 1 << 16


class Ends(NamedTuple):
    """A link: the subject the node listens to, and the follower's own."""

    carrier: Carrier
    node: str
    follower: str


class FollowedPump:
    """The pump at the far end of a link; `journal` is its journal, to be read."""

    def __init__(
        self,
        ends: Ends,
        codec: Codec,
        queries: QueryCodec,
        journal: Journal,
        limits: CallLimits | None = None,
    ) -> None:
        self.numbers = PumpNumbers()
        self.failure: Exception | None = None
        self.clock = FollowedClock()
        # After a silence it tells what was missed; then it has told all, and `on_told` is called.
        self.has_told_all = False
        self.on_told: Callable[[], None] = _nothing
        self.codec = codec
        self.journal = journal
        self.times: HandlerTimes | None = None
        self.epoch = 0
        self._carrier, self._node, self._follower = ends.carrier, ends.node, ends.follower
        self._queries = queries
        self._joiner = Joiner()
        self._on_batch: OnBatch = let_go
        self._on_return: Callable[[], None] = _nothing
        self._node_epoch = 0
        self._reached = FROM_NOW
        self._silent_turns = SILENT_TURNS_MAX + 1
        self._ahead_s = 0.0  # the node's steady clock is ahead of ours by this, at least
        self._calls = UnderWay(limits)
        self.callee = self._calls.callee
        self._unsent: asyncio.Queue[ToNode] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []
        self._met: asyncio.Event = asyncio.Event()
        self._broken: asyncio.Event = asyncio.Event()

    @property
    def has_begun(self) -> bool:
        """Tell whether the node has had any input yet."""
        return self._reached > 0

    @property
    def depth(self) -> int:
        """Return how many inputs of ours are under way."""
        return self._calls.inputs

    @property
    def lag_events(self) -> int:
        """Return 0: what comes here is released."""
        return 0

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing of ours is under way."""
        return not self._calls.inputs and not self._calls.questions

    @property
    def released_seq(self) -> Seq:
        """Return the last number that came here."""
        return Seq(max(self._reached, 0))

    @property
    def is_live(self) -> bool:
        """Tell whether the node was heard of lately, and understood."""
        return self.failure is None and self._silent_turns <= SILENT_TURNS_MAX

    async def start(
        self, on_batch: OnBatch, *, on_return: Callable[[], None], deadline_s: float
    ) -> None:
        """Follow from the state of now; `TimeoutError` if no node answers in time.

        `on_return` is called whenever the node has begun to know us, the first time too.
        """
        self._on_return = on_return
        await self.begin(on_batch, after=FROM_NOW)
        async with asyncio.timeout(deadline_s):
            await self._met.wait()

    async def begin(self, on_batch: OnBatch, *, after: Seq) -> None:
        """Follow from the row after `after` on, whenever the node answers."""
        self._on_batch, self._reached = on_batch, after
        await self._carrier.hear(self._follower, self._take)
        self._tasks = [
            asyncio.create_task(self._send_all(), name="link sender"),
            asyncio.create_task(self._stay(), name="link"),
        ]

    async def failed(self) -> None:
        """Wait until the link fails for good, and raise why."""
        await self._broken.wait()
        assert self.failure is not None, "that is what it waited for"
        raise self.failure

    async def stop(self) -> None:
        """Follow no more."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def submit(  # noqa: PLR0913 - an input and what is known of it
        self,
        message: Message,
        *,
        actor: str = "",
        trace_id: str = "",
        on_release: OnRelease | None = None,
        on_refused: OnRefused | None = None,
        headroom: bool = False,
        deadline_s: float | None = None,
    ) -> None:
        """Send an input to the node; see `PumpPort`."""
        if self.failure is not None:
            raise PumpStoppedError("the link to the node has failed")
        if self.is_live:
            refusal_ms = self.callee.refusal_ms(headroom=headroom)
        else:
            self.callee.numbers.silent += 1
            refusal_ms = RETRY_AFTER_MS
        if refusal_ms is not None:
            self.numbers.overloads += 1
            raise OverloadedError(refusal_ms)
        body = self.codec.encode(message)
        number, due_s = self._calls.place(on_release, on_refused, deadline_s)
        there_s = self._due_there(due_s)
        self._say(Submit(self._follower, number, actor, trace_id, headroom, body, there_s))

    def ask(
        self, queries: tuple[Query, ...], on_reply: OnReply, *, deadline_s: float | None = None
    ) -> None:
        """Ask the node; see `PumpPort`. While it is silent a question waits for its next life.

        One without an answer for `CallLimits.retry_s` is asked once more, within the budget: it may
        have been lost.
        """
        if self.failure is not None:
            raise PumpStoppedError("the link to the node has failed")
        if self.callee.refusal_ms() is not None:
            raise PumpStoppedError("the node does not answer, or is asked too much")
        self._send_ask(self._calls.ask(queries, on_reply, deadline_s))

    def note(self, body: bytes) -> None:
        """Say something to whoever hears notes at the node."""
        self._say(Note(self._follower, body))

    def _say(self, message: ToNode) -> None:
        self._unsent.put_nowait(message)

    def _send_ask(self, number: int) -> None:
        queries, due_s = self._calls.question(number)
        encoded = self._queries.encode(queries)
        self._say(Ask(self._follower, number, encoded, self._due_there(due_s)))

    def _due_there(self, due_s: float) -> float:
        return NEVER_DUE if due_s == NEVER_DUE else due_s + self._ahead_s

    async def _send_all(self) -> None:
        while True:
            message = await self._unsent.get()
            with suppress(CarrierDownError):  # the silence is noticed
                await self._carrier.send(self._node, asked(message))

    async def _stay(self) -> None:
        while True:
            if self.is_live:
                self._say(Alive(self._follower))
            else:
                self.has_told_all = False
                self._follow()
            await asyncio.sleep(ALIVE_S)
            self._silent_turns += 1
            self.callee.is_heard = self.is_live
            self._calls.pass_by()
            if self.is_live:
                for number in self._calls.lost():
                    self._send_ask(number)

    def _follow(self) -> None:
        self._calls.note_following()
        self._say(Follow(self._follower, self._reached))

    def _take(self, body: bytes) -> None:
        if self.failure is not None:
            return
        try:
            said = self._joiner.whole(body)
            # Before the node has met us, all else is for one of our name before us.
            if said is not None and (self.epoch or isinstance(said, Hello)):
                self._silent_turns = 0
                self.callee.is_heard = True
                self._hear(said)
        except LinkError as error:
            log.error("link_failed", reason=str(error))  # noqa: TRY400 - its text says all
            self.failure = error
            self._broken.set()

    def _hear(self, said: object) -> None:
        match said:
            case Hello():
                self._meet(said)
            case Row():
                self._take_row(said)
            case Replied():
                self._take_replies(said)
            case Refused(is_late=True):
                self._calls.dropped(said.number)
            case Refused():
                self._calls.refused(said.number, said.retry_after_ms)
            case Beat():
                self._set_clocks(said)
                if said.seq > self._reached:
                    self._follow()
                else:
                    self.has_told_all = True
                    self.on_told()
            case Unknown():
                self._follow()
            case Piece():
                raise AssertionError("pieces are joined before they are heard")
            case _:
                raise AssertionError(f"not of a link: {said!r}")

    def _meet(self, hello: Hello) -> None:
        if hello.epoch < self._node_epoch:
            return  # of a node that was paused, and does not know yet that another leads
        if self.epoch == 0:
            self.epoch = hello.epoch * LINKS_PER_EPOCH + hello.link_number
            self._reached = hello.seq
        if self._node_epoch not in {0, hello.epoch}:
            self._calls.doubt()
        self._node_epoch = hello.epoch
        self._set_clocks(hello)
        self.callee.breaker.succeed()
        for number in self._calls.questions:
            self._send_ask(number)
        self._met.set()
        self._on_return()

    def _set_clocks(self, told: Hello | Beat) -> None:
        self.clock.set(told.game_ns, told.rate)
        if told.steady_s != NEVER_DUE:
            self._ahead_s = told.steady_s - monotonic()

    def _take_row(self, row: Row) -> None:
        if row.last_seq <= self._reached:
            return
        if row.first_seq != self._reached + 1:
            self._follow()
            return
        records = self.codec.decode_records(row.body)
        self._reached = row.last_seq
        self.clock.reach(records[-1].game_ns)
        self._release(records, row.placed)
        self.numbers.released_seq = row.last_seq
        self.numbers.note_batch(len(records), row.last_seq - row.first_seq + 1)
        self._on_batch(records)

    def _release(self, records: Sequence[Record], placed: Sequence[tuple[int, Seq]]) -> None:
        if not placed:
            return
        by_seq = {record.seq: record for record in records}
        for number, seq in placed:
            on_release = self._calls.released(number)
            if on_release is not None:
                on_release(by_seq[seq])

    def _take_replies(self, said: Replied) -> None:
        if said.seq != self._reached:
            self._follow()  # a row between was lost; we ask again when we have it
            return
        on_reply = self._calls.replied(said.number)
        if on_reply is not None:
            on_reply(self._queries.decode_replies(said.replies), said.seq)


def _nothing() -> None:
    """Do nothing."""
