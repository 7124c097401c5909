"""Several pumps in other processes as one: each input to its owner, all rows in one stream.

    nodes' rows ─ a lane each ─▶ JoinedPump ─▶ what stands before a pump

The stream is causal: what a node did on hearing another comes after what it heard. An input is
answered when all that was asked of other nodes in its course is done too, and a question to several
nodes sees each at the very point of its rows at which the answers are given.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from time import monotonic
from typing import NamedTuple

from itg.kernel.ids import Seq, Shard
from itg.kernel.messages import Message, Query, Reply
from itg.runtime.calls import Callee
from itg.runtime.clock import FollowedClock
from itg.runtime.codec import Codec
from itg.runtime.courses import Courses
from itg.runtime.envelope import Record
from itg.runtime.followed import FollowedPump
from itg.runtime.journal import Journal
from itg.runtime.lanes import Lanes, Question
from itg.runtime.metrics import HandlerTimes, PumpNumbers
from itg.runtime.pump_port import (
    OnBatch,
    OnRefused,
    OnRelease,
    OnReply,
    PumpStoppedError,
    let_go,
)
from itg.runtime.routing import Hearing, answering
from itg.runtime.service import Service

# A node that does not answer its part of a question holds the others' rows no longer than this.
QUESTION_S_MAX = 2.0
_TURN_S = 0.25


class _Asked(NamedTuple):
    queries: tuple[Query, ...]
    on_reply: OnReply
    due_s: float | None


class JoinedPump:
    """The pumps of `nodes`, followed, as one; `layout` has their services, `chief` has the clock.

    See `PumpPort` for what it does; numbers of different nodes are not compared. An answer waits
    for what the services `reporting` hear, see `Courses`.
    """

    def __init__(
        self,
        nodes: Mapping[str, FollowedPump],
        layout: Mapping[str, Sequence[Service]],
        chief: str,
        journal: Journal,
        reporting: frozenset[str],
    ) -> None:
        self.nodes = dict(nodes)
        self.numbers = PumpNumbers()
        self.journal = journal
        self.times: HandlerTimes | None = None
        self._chief = nodes[chief]
        self._lanes = Lanes(list(nodes), lambda name: self.nodes[name].is_live)
        self._courses = Courses(layout, reporting, lambda name: self.nodes[name].is_live)
        self._owners = {name: Hearing(services) for name, services in layout.items()}
        self._layout = {name: tuple(services) for name, services in layout.items()}
        self._homes = {(s.name, s.shard): self.nodes[n] for n, ss in layout.items() for s in ss}
        self._placed: dict[str, list[tuple[OnRelease, Record]]] = {name: [] for name in nodes}
        self._questions: deque[_Asked] = deque()
        self._is_asking = False
        self._alarm: asyncio.TimerHandle | None = None
        self._on_batch: OnBatch = let_go
        self._turns: asyncio.Task[None] | None = None

    @property
    def failure(self) -> Exception | None:
        """Return why a link failed for good, None while none did."""
        return next((n.failure for n in self.nodes.values() if n.failure is not None), None)

    @property
    def clock(self) -> FollowedClock:
        """Return the chief's clock as it is heard here."""
        return self._chief.clock

    @property
    def codec(self) -> Codec:
        """Return what encodes and decodes every node's rows."""
        return self._chief.codec

    @property
    def epoch(self) -> int:
        """Return this follower's number at the chief."""
        return self._chief.epoch

    @property
    def is_live(self) -> bool:
        """Tell whether every node was heard of lately."""
        return all(node.is_live for node in self.nodes.values())

    @property
    def callees(self) -> dict[str, Callee]:
        """Return the nodes as they are called from here."""
        return {name: node.callee for name, node in self.nodes.items()}

    def reaches(self, service: str, shard: Shard | None = None) -> bool:
        """Tell whether a call to a service, of one shard where it has some, would be sent now."""
        node = self.home_of(service, shard)
        return node.is_live and node.callee.takes_calls

    def home_of(self, service: str, shard: Shard | None = None) -> FollowedPump:
        """Return the node of a service, of one shard where it has some."""
        return self._homes[service, shard]

    def shards_of(self, service: str) -> list[Shard]:
        """Return the shards of a service."""
        return [shard for name, shard in self._homes if name == service and shard is not None]

    @property
    def has_begun(self) -> bool:
        """Tell whether the chief has had an input: the game was created."""
        return self._chief.has_begun

    @property
    def depth(self) -> int:
        """Return how many inputs of ours are under way."""
        return sum(node.depth for node in self.nodes.values())

    @property
    def lag_events(self) -> int:
        """Return 0: what comes here is released."""
        return 0

    @property
    def is_idle(self) -> bool:
        """Tell whether nothing of ours is under way."""
        return all(node.is_idle for node in self.nodes.values()) and not self._questions

    @property
    def released_seq(self) -> Seq:
        """Return the last number of the chief that came here."""
        return self._chief.released_seq

    async def start(
        self, on_batch: OnBatch, *, on_return: Callable[[], None], deadline_s: float
    ) -> None:
        """Follow every node; `TimeoutError` if one does not answer in time.

        `on_return` is called whenever the chief has begun to know us, the first time too.
        """
        self._on_batch = on_batch
        for name, node in self.nodes.items():
            met = partial(self._meet, name, on_return if node is self._chief else _nothing)
            await node.start(partial(self._take, name), on_return=met, deadline_s=deadline_s)
        self._turns = asyncio.create_task(self._turn(), name="lanes")

    async def failed(self) -> None:
        """Wait until a link fails for good, and raise why."""
        waiting = [asyncio.ensure_future(node.failed()) for node in self.nodes.values()]
        try:
            await asyncio.gather(*waiting)
        finally:
            for each in waiting:
                each.cancel()

    async def stop(self) -> None:
        """Follow no more."""
        if self._turns is not None:
            self._turns.cancel()
            await asyncio.gather(self._turns, return_exceptions=True)
        if self._alarm is not None:
            self._alarm.cancel()
        for node in self.nodes.values():
            await node.stop()

    def note(self, body: bytes) -> None:
        """Say something to whoever hears notes at the chief."""
        self._chief.note(body)

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
        """Send an input to the node that owns it; see `PumpPort`."""
        name = next(name for name, hearing in self._owners.items() if hearing.has(message))
        placed = self._placed[name]
        waiting = None if on_release is None else partial(_place, placed, on_release)
        self.nodes[name].submit(
            message,
            actor=actor,
            trace_id=trace_id,
            on_release=waiting,
            on_refused=on_refused,
            headroom=headroom,
            deadline_s=deadline_s,
        )

    def ask(
        self, queries: tuple[Query, ...], on_reply: OnReply, *, deadline_s: float | None = None
    ) -> None:
        """Ask the nodes that answer; see `PumpPort`.

        Raises `PumpStoppedError` where one of them is down: they are seen together or not.
        """
        names = {self._answering(query) for query in queries} or {next(iter(self.nodes))}
        for name in names:
            if not self.nodes[name].is_live:
                self.nodes[name].callee.numbers.silent += 1
                raise PumpStoppedError("a node that knows the answer is down")
        if len(names) == 1:
            (name,) = names
            replied = partial(self._reply, name, on_reply)
            self.nodes[name].ask(queries, replied, deadline_s=deadline_s)
            return
        for name in names:
            if self.nodes[name].callee.refusal_ms() is not None:
                raise PumpStoppedError("a node that knows the answer does not give it")
        due_s = None if deadline_s is None else monotonic() + deadline_s
        self._questions.append(_Asked(queries, on_reply, due_s))
        self._ask_next()

    def _answering(self, query: Query) -> str:
        every = [service for services in self._layout.values() for service in services]
        service = answering(every, query)
        return next(name for name, services in self._layout.items() if service in services)

    def _ask_next(self) -> None:
        while self._questions and _is_overdue(self._questions[0]) and not self._is_asking:
            self._questions.popleft()  # nobody waits for it any more
        if not self._is_asking and self._questions:
            self._is_asking = True
            self._alarm = asyncio.get_running_loop().call_later(QUESTION_S_MAX, self._give_up)
            self._ask_all()

    def _ask_all(self) -> None:
        queries, on_reply, _ = self._questions[0]
        places: dict[str, list[int]] = {}
        for place, query in enumerate(queries):
            places.setdefault(self._answering(query), []).append(place)

        def join(parts: Mapping[str, Sequence[Reply]]) -> None:
            replies: dict[int, Reply] = {}
            for name, own in places.items():
                replies.update(zip(own, parts[name], strict=True))
            on_reply(tuple(replies[place] for place in range(len(queries))), self.released_seq)
            self._has_asked()

        question = Question(list(places), join, self._ask_all)
        self._lanes.ask(question)
        for name, own in places.items():
            answered = partial(self._part, name, question)
            part = tuple(queries[place] for place in own)
            try:
                self.nodes[name].ask(part, answered, deadline_s=QUESTION_S_MAX)
            except PumpStoppedError:  # since it was put here; who asked has a deadline of its own
                self._give_up()
                return

    def _has_asked(self) -> None:
        self._questions.popleft()
        self._is_asking = False
        if self._alarm is not None:
            self._alarm.cancel()
        if self._questions:
            asyncio.get_running_loop().call_soon(self._ask_next)

    def _give_up(self) -> None:
        # Who asked has a deadline of its own.
        self._has_asked()
        self._lanes.drop()

    def _part(self, name: str, question: Question, replies: Sequence[Reply], _seq: Seq) -> None:
        self._lanes.add_part(name, question, replies)

    def _reply(self, name: str, on_reply: OnReply, replies: tuple[Reply, ...], seq: Seq) -> None:
        self._lanes.add_step(name, partial(on_reply, replies, seq))

    def _take(self, name: str, records: Sequence[Record]) -> None:
        placed = list(self._placed[name])
        self._placed[name].clear()
        self._lanes.add_batch(name, records, partial(self._release, name, records, placed))

    def _release(
        self,
        name: str,
        records: Sequence[Record],
        placed: Sequence[tuple[OnRelease, Record]],
    ) -> None:
        for on_release, record in placed:
            self._courses.begin(name, record, on_release)
        for record in records:
            self._courses.see(name, record)
        self.numbers.released_seq = self.released_seq
        self.numbers.note_batch(len(records), 0)
        self._on_batch(records)

    def _meet(self, name: str, on_return: Callable[[], None]) -> None:
        self._lanes.begin(name, self.nodes[name].released_seq)
        on_return()

    async def _turn(self) -> None:
        while True:  # a node that is down is waited for no longer
            await asyncio.sleep(_TURN_S)
            self._lanes.move()


def _place(placed: list[tuple[OnRelease, Record]], on_release: OnRelease, record: Record) -> None:
    placed.append((on_release, record))


def _is_overdue(asked: _Asked) -> bool:
    return asked.due_s is not None and monotonic() >= asked.due_s


def _nothing() -> None:
    """Do nothing."""
