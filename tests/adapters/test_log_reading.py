"""Reading a log that loses its oldest entries meanwhile: all of it in order, or a gap that is one.

The log here is the reference: entries in a list, and a script of what happens between two chunks.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.runtime.toys import Waved

from itg.adapters.log import FIRST, Entry, LogTruncatedError
from itg.adapters.log_reading import Reader, stream_of
from itg.kernel.ids import Seq, Shard
from itg.kernel.times import Nanos
from itg.runtime.bus import Positions, StreamGapError
from itg.runtime.envelope import Envelope

Stream = tuple[str, int]
STREAMS: tuple[Stream, ...] = (("bank", 0), ("bank", 1), ("herald", 0))
ALL = "itg.v1.*.>"


class ListLog:
    """A log that does one act of its script before every chunk, and closes at its end."""

    def __init__(self, acts: Sequence[tuple[str, int]]) -> None:
        self.entries: list[Entry] = []
        self.oldest = 0
        self.written = dict.fromkeys(STREAMS, 0)
        self.close: Callable[[], None] = lambda: None
        self._acts = list(acts)

    def act(self) -> None:
        kind, number = self._acts.pop(0)
        if kind == "drop":
            self.oldest = min(self.oldest + number, len(self.entries))
            return
        source, shard = stream = STREAMS[number % len(STREAMS)]
        self.written[stream] += 1
        self.entries.append(
            Entry(
                subject=f"itg.v1.toy.{source}.{shard}.waved.all",
                event_id=f"{source}:toy:{shard}:{self.written[stream]}",
                life="first",
                data=f"{source} {shard} {self.written[stream]}".encode(),
                offset=len(self.entries),
            )
        )

    def is_held(self, stream: Stream, seq: int) -> bool:
        held = [stream_of(entry) for entry in self.entries[self.oldest :]]
        return (stream, seq) in held

    async def newest(self) -> Entry | None:
        return self.entries[-1] if self.oldest < len(self.entries) else None

    async def read(self, start: int) -> AsyncIterator[Sequence[Entry]]:
        at = self.oldest if start == FIRST else start
        while self._acts or at < len(self.entries):
            if self._acts:
                self.act()
            if at < self.oldest:
                raise LogTruncatedError(f"begins at {self.oldest}, not at {at}")
            chunk = self.entries[at : at + 3]
            at += len(chunk)
            if chunk:
                yield chunk
        self.close()


def decoded(data: bytes) -> Envelope:
    source, shard, seq = data.decode().split()
    return Envelope(
        seq=Seq(int(seq)),
        ts_ns=Nanos(0),
        game_ns=Nanos(0),
        cause=Seq(0),
        trace_id="",
        actor="",
        source=source,
        shard=int(shard),
        epoch=1,
        body=Waved(shard=Shard(int(shard)), to="x"),
    )


async def read_all(log: ListLog, after: Positions, got: list[Envelope]) -> None:
    reader = Reader(log, decoded)  # type: ignore[arg-type]  # what a reader asks of a log
    log.close = reader.close
    async with asyncio.timeout(10):
        async for batch in reader.read(ALL, after):
            got.extend(batch)


async def test_what_goes_behind_a_reader_is_no_gap() -> None:
    log = ListLog([("append", 0), ("append", 0), ("append", 0), ("append", 0), ("drop", 3)])
    for _ in range(3):
        log.act()
    got: list[Envelope] = []
    await read_all(log, {("bank", 0): Seq(3)}, got)
    assert [envelope.seq for envelope in got] == [4]


@pytest.mark.parametrize("reached", [0, 3])
async def test_what_goes_before_it_is_read_is_a_gap(reached: int) -> None:
    log = ListLog([*[("append", 0)] * 9, ("drop", 5), ("append", 0)])
    for _ in range(9):
        log.act()
    with pytest.raises(StreamGapError, match=r"bank.0 is held only after seq 5"):
        await read_all(log, {("bank", 0): Seq(reached)}, [])


acts = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(0, 2)),
        st.tuples(st.just("drop"), st.integers(1, 4)),
    ),
    max_size=40,
)


@given(acts, st.integers(0, 40), st.tuples(*[st.integers(0, 6)] * 3))
async def test_a_reader_gets_all_in_order_or_a_gap_that_is_one(
    script: list[tuple[str, int]], before: int, reached: tuple[int, ...]
) -> None:
    log = ListLog(script)
    for _ in range(min(before, len(script))):
        log.act()
    after = {
        stream: Seq(min(seq, log.written[stream]))
        for stream, seq in zip(STREAMS, reached, strict=True)
    }
    got: list[Envelope] = []
    lost: Stream | None = None
    try:
        await read_all(log, after, got)
    except StreamGapError as gap:
        source, _, shard = str(gap).partition(" ")[0].partition(".")
        lost = (source, int(shard))
    for stream, seq in after.items():
        taken = [e.seq for e in got if (e.source, e.shard) == stream]
        last = seq + len(taken)
        assert taken == list(range(seq + 1, last + 1))
        if stream == lost:
            assert not log.is_held(stream, last + 1)
            assert last < log.written[stream]
        elif lost is None and log.is_held(stream, log.written[stream]):
            assert last == log.written[stream]
