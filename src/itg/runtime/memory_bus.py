"""A bus inside one process and one event loop."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Collection, Sequence
from itertools import islice

from itg.kernel.errors import ItgError
from itg.kernel.ids import Seq
from itg.kernel.messages import Message
from itg.runtime.bus import (
    BusClosedError,
    CallFailedError,
    CallRefusedError,
    Handler,
    MessageTooLargeError,
    NoResponderError,
    Positions,
    Request,
    RequestTimeoutError,
    StreamGapError,
    matches,
    subject_of,
)
from itg.runtime.envelope import Envelope

BODY_BYTES_MAX = 1024 * 1024  # as NATS has it where nobody says otherwise
HEARD_MAX = 10_000
_Published = tuple[str, Envelope]


class MemoryBus:
    """Hold the last `kept` envelopes of a game, those of the classes `passing` excepted."""

    def __init__(
        self, game: str, *, passing: Collection[type[Message]] = (), kept: int = 100_000
    ) -> None:
        self._game = game
        self._passing = frozenset(passing)
        self._kept = kept
        self._log: deque[_Published] = deque()
        self._dropped = 0  # how many left the log at its old end
        self._held: dict[tuple[str, int], Seq] = {}  # the last number of each stream
        self._lost: dict[tuple[str, int], Seq] = {}  # the last number each stream dropped
        self._listeners: list[deque[_Published]] = []
        self._handlers: dict[str, Handler] = {}
        self._more = asyncio.Event()
        self._is_closed = False

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        self._assert_open()
        for envelope in envelopes:
            published = (subject_of(self._game, envelope), envelope)
            if type(envelope.body) not in self._passing and not self._hold(published):
                continue
            for heard in self._listeners:
                heard.append(published)
        while len(self._log) > self._kept:
            _, gone = self._log.popleft()
            self._dropped += 1
            self._lost[gone.source, gone.shard] = gone.seq
        self._tell()

    async def last(self) -> Envelope | None:
        self._assert_open()
        return self._log[-1][1] if self._log else None

    async def held(self, streams: Collection[tuple[str, int]]) -> Seq:
        self._assert_open()
        return max((self._held.get(stream, Seq(0)) for stream in streams), default=Seq(0))

    async def subscribe(self, pattern: str, after: Positions) -> AsyncIterator[Sequence[Envelope]]:
        reached = dict(after)
        cursor = 0
        while True:
            more = self._more
            self._assert_no_gap(reached, cursor)
            start = max(cursor - self._dropped, 0)
            cursor = self._dropped + len(self._log)
            batch = [
                envelope
                for subject, envelope in islice(self._log, start, None)
                if matches(pattern, subject)
                and envelope.seq > reached.get((envelope.source, envelope.shard), 0)
            ]
            reached.update(((e.source, e.shard), e.seq) for e in batch)
            if batch:
                yield batch
            elif self._is_closed:
                return
            else:
                await more.wait()

    async def listen(self, pattern: str) -> AsyncIterator[Sequence[Envelope]]:
        heard: deque[_Published] = deque(maxlen=HEARD_MAX)
        self._listeners.append(heard)
        try:
            while True:
                more = self._more
                batch = [envelope for subject, envelope in heard if matches(pattern, subject)]
                heard.clear()
                if batch:
                    yield batch
                elif self._is_closed:
                    return
                else:
                    await more.wait()
        finally:
            self._listeners.remove(heard)

    async def request(
        self, subject: str, body: bytes, timeout_s: float, trace_id: str = ""
    ) -> bytes:
        self._assert_open()
        if len(body) > BODY_BYTES_MAX:
            raise MessageTooLargeError(
                f"{subject}: a request of {len(body)} bytes; at most {BODY_BYTES_MAX} are carried"
            )
        handler = self._handlers.get(subject)
        if handler is None:
            raise NoResponderError(f"nobody serves {subject}")
        request = Request(body=body, remaining_s=timeout_s, trace_id=trace_id)
        try:
            async with asyncio.timeout(timeout_s):
                return await handler(request)
        except TimeoutError as error:
            raise RequestTimeoutError(f"{subject}: no answer in {timeout_s} s") from error
        except ItgError as error:
            raise CallRefusedError(f"{subject}: {error}") from error
        except Exception as error:
            raise CallFailedError(f"{subject}: {type(error).__name__}") from error

    async def serve(self, subject: str, handler: Handler) -> None:
        self._assert_open()
        assert subject not in self._handlers, f"{subject} is served already"
        self._handlers[subject] = handler

    async def close(self) -> None:
        self._is_closed = True
        self._tell()

    def _hold(self, published: _Published) -> bool:
        envelope = published[1]
        stream = (envelope.source, envelope.shard)
        if envelope.seq <= self._held.get(stream, 0):
            return False
        self._held[stream] = envelope.seq
        self._log.append(published)
        return True

    def _tell(self) -> None:
        self._more.set()
        self._more = asyncio.Event()

    def _assert_open(self) -> None:
        if self._is_closed:
            raise BusClosedError("the bus is closed")

    def _assert_no_gap(self, reached: Positions, cursor: int) -> None:
        # What was dropped behind the cursor was seen, whether or not it matched.
        if cursor >= self._dropped:
            return
        for stream, seq in self._lost.items():
            if seq > reached.get(stream, 0):
                raise StreamGapError(f"{stream[0]}.{stream[1]} is held only after seq {seq}")
