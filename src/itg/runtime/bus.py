"""Distribution between nodes: facts out, calls across. Truth stays in each owner's journal."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from itertools import islice
from re import sub
from typing import Protocol

from itg.kernel.errors import ItgError
from itg.kernel.ids import Seq
from itg.runtime.envelope import Envelope

Handler = Callable[[bytes], Awaitable[bytes]]
# (source, shard) → the last number a subscriber has; streams not named start at the beginning.
Positions = Mapping[tuple[str, int], Seq]


class BusClosedError(ItgError):
    """The bus is closed."""


class NoResponderError(ItgError):
    """Nobody serves the subject."""


class RequestTimeoutError(ItgError):
    """No answer came in time; whether the request took effect is unknown."""


class StreamGapError(ItgError):
    """The bus no longer holds all the subscriber missed; the owner's journal does."""


class Bus(Protocol):
    """Carry envelopes and calls.

    Delivery is at least once and in order within a (source, shard); a subscriber keeps the last
    `seq` of each and ignores what it has.
    """

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        """Hand over envelopes in order."""

    def subscribe(self, pattern: str, after: Positions) -> AsyncIterator[Sequence[Envelope]]:
        """Return batches of envelopes whose subject matches, in order, from `after` on.

        In a pattern `*` stands for one word and a last `>` for one or more. Raises `StreamGapError`
        if what follows `after` is gone; ends when the bus closes.
        """

    async def request(self, subject: str, body: bytes, timeout_s: float) -> bytes:
        """Call whoever serves `subject`.

        Raises `NoResponderError`, `RequestTimeoutError`, `BusClosedError`, or the `ItgError` of a
        handler in the same process.
        """

    async def serve(self, subject: str, handler: Handler) -> None:
        """Answer requests for `subject`, which nobody else serves here."""

    async def close(self) -> None:
        """End every subscription and refuse all else; closing twice is harmless."""


def subject_of(game: str, envelope: Envelope) -> str:
    """Return `itg.v1.<game>.<source>.<shard>.<family>.<detail>`.

    The family is the event's class in snake case, the detail its instrument, else its account, else
    `all`.
    """
    body = envelope.body
    family = sub(r"(?<!^)(?=[A-Z])", "_", type(body).__name__).lower()
    detail = getattr(body, "instrument_id", None) or getattr(body, "account_id", None) or "all"
    words = (game, envelope.source, str(envelope.shard), family, str(detail))
    return ".".join(("itg", "v1", *(_word(word) for word in words)))


def _word(text: str) -> str:
    return sub(r"[^A-Za-z0-9_-]", "_", text)


def matches(pattern: str, subject: str) -> bool:
    """Tell whether a subject is of a pattern."""
    wanted, words = pattern.split("."), subject.split(".")
    if wanted[-1] == ">":
        wanted.pop()
        if len(words) <= len(wanted):
            return False
        words = words[: len(wanted)]
    return len(wanted) == len(words) and all(
        w in {"*", word} for w, word in zip(wanted, words, strict=True)
    )


class MemoryBus:
    """A bus inside one process and one event loop; it holds the last `kept` envelopes."""

    def __init__(self, game: str, *, kept: int = 100_000) -> None:
        self._game = game
        self._kept = kept
        self._log: deque[tuple[str, Envelope]] = deque()
        self._dropped = 0  # how many left the log at its old end
        self._lost: dict[tuple[str, int], Seq] = {}  # the last number each stream lost that way
        self._handlers: dict[str, Handler] = {}
        self._more = asyncio.Event()
        self._is_closed = False

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        self._assert_open()
        self._log.extend((subject_of(self._game, envelope), envelope) for envelope in envelopes)
        while len(self._log) > self._kept:
            _, gone = self._log.popleft()
            self._dropped += 1
            self._lost[gone.source, gone.shard] = gone.seq
        self._tell()

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

    async def request(self, subject: str, body: bytes, timeout_s: float) -> bytes:
        self._assert_open()
        handler = self._handlers.get(subject)
        if handler is None:
            raise NoResponderError(f"nobody serves {subject}")
        try:
            async with asyncio.timeout(timeout_s):
                return await handler(body)
        except TimeoutError as error:
            raise RequestTimeoutError(f"{subject}: no answer in {timeout_s} s") from error

    async def serve(self, subject: str, handler: Handler) -> None:
        self._assert_open()
        assert subject not in self._handlers, f"{subject} is served already"
        self._handlers[subject] = handler

    async def close(self) -> None:
        self._is_closed = True
        self._tell()

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
