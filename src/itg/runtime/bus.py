"""Distribution between nodes: facts out, calls across. Truth stays in each owner's journal."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from functools import cache, lru_cache
from re import sub
from typing import Protocol

from msgspec import Struct

from itg.kernel.errors import ItgError
from itg.kernel.ids import Seq
from itg.kernel.messages import Message
from itg.runtime.envelope import Envelope

# (source, shard) → the last number a subscriber has; streams not named start at the beginning.
Positions = Mapping[tuple[str, int], Seq]


class Request(Struct, frozen=True, gc=False, kw_only=True):
    """A call as its handler gets it; `remaining_s` is what the caller still waits."""

    body: bytes
    remaining_s: float
    trace_id: str = ""


Handler = Callable[[Request], Awaitable[bytes]]


class BusNumbers(Struct, kw_only=True):
    """What a relay tells of a bus: plain numbers that a gateway may read.

    `seq` is the last of the journal's numbers that the bus has, `fault` why it gets no more.
    """

    game: str = ""
    address: str = ""
    is_up: bool = False
    seq: int = 0
    events: int = 0
    faults: int = 0
    fault: str = ""


class BusClosedError(ItgError):
    """The bus is closed."""


class NoResponderError(ItgError):
    """Nobody serves the subject."""


class RequestTimeoutError(ItgError):
    """No answer came in time; whether the request took effect is unknown."""


class CallRefusedError(ItgError):
    """The handler refused the call; nothing changed."""


class CallFailedError(ItgError):
    """The handler broke; whether the request took effect is unknown."""


class BusDownError(ItgError):
    """The bus does not answer; what was being published may be held or not: ask `last`."""


class MessageTooLargeError(ItgError):
    """A message is larger than the bus carries; nothing of its batch was sent."""


class StreamGapError(ItgError):
    """The bus may no longer hold all the subscriber missed; the owner's journal does."""


class Bus(Protocol):
    """Carry one game's envelopes.

    What is *held* is delivered at least once and in order within a (source, shard); a subscriber
    keeps the last `seq` of each and ignores what it has. State that a later message replaces (an
    engine is told which classes) passes and is not held. One node publishes a game, and within a
    (source, shard) its numbers rise.
    """

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        """Hand over envelopes in order; return when those to be held are.

        What is held already is left out. Raises `MessageTooLargeError`, `BusDownError`,
        `BusClosedError`.
        """

    async def last(self) -> Envelope | None:
        """Return the newest envelope that is held: what to go on after. Raises `BusDownError`."""

    async def held(self, streams: Collection[tuple[str, int]]) -> Seq:
        """Return the last number that is held of any of these (source, shard), 0 if none is.

        They share one count, in whose order they were published. Raises `BusDownError`.
        """

    def subscribe(self, pattern: str, after: Positions) -> AsyncIterator[Sequence[Envelope]]:
        """Return batches of held envelopes whose subject matches, in order, from `after` on.

        In a pattern `*` stands for one word and a last `>` for one or more. Goes on through an
        outage of the bus. Raises `StreamGapError` if something that follows `after` may be gone;
        ends when the bus closes.
        """

    def listen(self, pattern: str) -> AsyncIterator[Sequence[Envelope]]:
        """Return batches of what passes from now on, state included, each at most once.

        A listener that falls behind, or an outage, loses the oldest without a word.
        """

    async def close(self) -> None:
        """End every subscription and refuse all else; closing twice is harmless."""


class Calls(Protocol):
    """Carry calls to whoever serves a subject; not every engine of `Bus` can."""

    async def request(
        self, subject: str, body: bytes, timeout_s: float, trace_id: str = ""
    ) -> bytes:
        """Call whoever serves `subject`.

        Raises `NoResponderError`, `RequestTimeoutError`, `CallRefusedError` where the handler
        raised an `ItgError` and `CallFailedError` where it raised anything else,
        `MessageTooLargeError`, `BusDownError`, `BusClosedError`.
        """

    async def serve(self, subject: str, handler: Handler) -> None:
        """Answer requests for `subject`, which nobody else serves here."""

    async def close(self) -> None:
        """Answer nothing more and refuse all else; closing twice is harmless."""


def subject_of(game: str, envelope: Envelope) -> str:
    """Return `itg.v1.<game>.<source>.<shard>.<family>.<detail>`.

    The family is the event's class in snake case. The detail of an account's private event is the
    account, so that a permission can name it; of others the instrument, else the account, else
    `all`.
    """
    body = envelope.body
    detail = "all"
    for name in _detail_fields(type(body)):
        value = getattr(body, name)
        if value is not None:
            detail = value
            break
    return _subject(game, envelope.source, envelope.shard, type(body), detail)


def family_of(kind: type[Message]) -> str:
    """Return the subject word of a class: its name in snake case."""
    return sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


@cache
def _detail_fields(kind: type[Message]) -> tuple[str, ...]:
    fields = kind.__struct_fields__
    wanted = ("account_id",) if "private_seq" in fields else ("instrument_id", "account_id")
    return tuple(name for name in wanted if name in fields)


@lru_cache(maxsize=100_000)
def _subject(game: str, source: str, shard: int, kind: type[Message], detail: object) -> str:
    words = (game, source, str(shard), family_of(kind), str(detail))
    return ".".join(("itg", "v1", *(subject_word(word) for word in words)))


def subject_word(text: str) -> str:
    """Return a text as one word of a subject: what NATS would read into it becomes `_`."""
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
