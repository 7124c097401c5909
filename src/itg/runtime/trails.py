"""The way of a sampled request from its door to the journal and back, as times; spans come of it.

Only what is known anyway is kept: when the gateway took the request and handed it on, the record's
wall time, when it was released, when the batch was published. Nothing here is called in the pump
for a request that is not sampled, and nothing here knows what a span is.
"""

import re
from collections.abc import Callable
from hashlib import sha256
from time import perf_counter
from typing import NamedTuple
from zlib import crc32

from msgspec import Struct

from itg.kernel.times import NS_PER_S, Nanos
from itg.runtime.envelope import Record

# W3C Trace Context, version 00; a later version may say more after what is read here.
_TRACEPARENT = re.compile(rb"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_HEX = re.compile(r"[0-9a-f]{32}")
_NO_TRACE, _NO_SPAN = "0" * 32, "0" * 16
_ALL = 1 << 32


class Parent(NamedTuple):
    """The client's span: `trace_id` 32 and `span_id` 16 hexadecimal digits."""

    trace_id: str
    span_id: str
    is_sampled: bool


def parent_of(traceparent: bytes) -> Parent | None:
    """Return what a `traceparent` header names, None where it is not valid."""
    found = _TRACEPARENT.fullmatch(traceparent)
    if found is None or found[1] == b"ff" or (found[1] == b"00" and found[5] is not None):
        return None
    trace_id, span_id = found[2].decode(), found[3].decode()
    if trace_id == _NO_TRACE or span_id == _NO_SPAN:
        return None
    return Parent(trace_id, span_id, is_sampled=bool(int(found[4], 16) & 1))


def trace_id_of(request_id: str) -> str:
    """Return the 32 hexadecimal digits of the trace that a request's id stands for.

    Those of a UUID are its own; of an id of another form they are the begin of its SHA-256.
    """
    digits = request_id.replace("-", "").lower()
    if _HEX.fullmatch(digits) is not None and digits != _NO_TRACE:
        return digits
    return sha256(request_id.encode()).hexdigest()[:32]


def request_ids_of(text: str) -> tuple[str, ...]:
    """Return the spellings in which a journal may have the id of a request or of its trace."""
    if _HEX.fullmatch(text) is None:
        return (text,)
    return text, f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


class Asked(NamedTuple):
    """A request: its id, what it is called, and the client's span."""

    request_id: str
    name: str
    parent: Parent | None = None


class Passage(Struct):
    """One command of a request through the pump; wall times, 0 where it has not come so far."""

    submitted_ns: int
    handled_ns: int
    released_ns: int
    published_ns: int
    seq: int
    events: int


class Trail:
    """A sampled request; `end` hands it to whoever makes spans of it, once."""

    __slots__ = (
        "_began_s",
        "_sink",
        "attributes",
        "ended_ns",
        "name",
        "parent",
        "passages",
        "request_id",
        "started_ns",
        "status",
    )

    def __init__(self, asked: Asked, started_ns: int, sink: "Callable[[Trail], object]") -> None:
        self.started_ns, self._began_s = started_ns, perf_counter()
        self.request_id, self.name, self.parent = asked
        self.attributes: dict[str, str | int] = {}
        self.passages: list[Passage] = []
        self.status = 0
        self.ended_ns = 0
        self._sink = sink

    @property
    def trace_id(self) -> str:
        """Return the trace's id: the client's, or the one the request's own id stands for."""
        return trace_id_of(self.request_id) if self.parent is None else self.parent.trace_id

    def release(self, record: Record, submitted_s: float) -> Passage:
        """Note a command's release; `submitted_s` is when it was handed on, by `perf_counter`."""
        passage = Passage(
            submitted_ns=self._wall_ns(submitted_s),
            handled_ns=record.ts_ns,
            released_ns=self.now_ns(),
            published_ns=0,
            seq=record.seq,
            events=len(record.outputs),
        )
        self.passages.append(passage)
        return passage

    def end(self, status: int) -> None:
        """Note the answer; again does nothing."""
        if self.ended_ns == 0:
            self.ended_ns, self.status = self.now_ns(), status
            self._sink(self)

    def now_ns(self) -> int:
        return self._wall_ns(perf_counter())

    def _wall_ns(self, at_s: float) -> int:
        # From one look at the wall clock: within a trail no time runs backward.
        return self.started_ns + int((at_s - self._began_s) * NS_PER_S)


class Trails:
    """Takes a share of requests, the same ones at every gateway; a client may ask for fewer."""

    def __init__(
        self, share: float, wall_ns: Callable[[], Nanos], sink: Callable[[Trail], object]
    ) -> None:
        assert 0 < share <= 1, "no request is sampled: begin no trails"
        self._bound = int(share * _ALL)
        self._wall_ns = wall_ns
        self._sink = sink

    def begin(self, request_id: str, name: str, parent: Parent | None = None) -> Trail | None:
        """Return the trail of a request that is sampled, else None."""
        if crc32(request_id.encode()) >= self._bound or (parent and not parent.is_sampled):
            return None
        return Trail(Asked(request_id, name, parent), self._wall_ns(), self._sink)
