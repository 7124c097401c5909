"""What every bus engine promises."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing

import pytest
from tests.runtime.toys import Saluted, Waved

from itg.kernel.ids import Seq, Shard
from itg.kernel.messages import Event
from itg.kernel.times import Nanos
from itg.runtime.bus import (
    Bus,
    BusClosedError,
    MemoryBus,
    NoResponderError,
    RequestTimeoutError,
    StreamGapError,
    matches,
    subject_of,
)
from itg.runtime.envelope import Envelope

ALL = "itg.v1.toy.>"


@pytest.fixture
async def bus() -> AsyncIterator[Bus]:
    engine = MemoryBus("toy", kept=100)
    yield engine
    await engine.close()


def envelope(
    seq: int, *, source: str = "bank", shard: int = 0, body: Event | None = None
) -> Envelope:
    return Envelope(
        seq=Seq(seq),
        ts_ns=Nanos(0),
        game_ns=Nanos(0),
        cause=Seq(0),
        trace_id="",
        actor="",
        source=source,
        shard=shard,
        epoch=1,
        body=body or Waved(shard=Shard(shard), to="x"),
    )


async def taken(
    bus: Bus, pattern: str, count: int, after: dict[tuple[str, int], Seq] | None = None
) -> list[Envelope]:
    """The first `count` envelopes of a subscription."""
    got: list[Envelope] = []
    async with asyncio.timeout(10):
        stream = bus.subscribe(pattern, after or {})
        async for batch in stream:
            got.extend(batch)
            if len(got) >= count:
                break
    return got


async def test_envelopes_arrive_in_order_early_or_late(bus: Bus) -> None:
    early = asyncio.ensure_future(taken(bus, ALL, 4))
    await asyncio.sleep(0)
    await bus.publish([envelope(1), envelope(2)])
    await asyncio.sleep(0)
    await bus.publish([envelope(3), envelope(4, source="herald")])
    assert [e.seq for e in await early] == [1, 2, 3, 4]
    assert [e.seq for e in await taken(bus, ALL, 4)] == [1, 2, 3, 4]


async def test_a_subscription_goes_on_after_what_it_has_of_each_stream(bus: Bus) -> None:
    await bus.publish([envelope(1), envelope(2), envelope(1, shard=1), envelope(3)])
    got = await taken(bus, ALL, 2, {("bank", 0): Seq(2)})
    assert [(e.shard, e.seq) for e in got] == [(1, 1), (0, 3)]


async def test_an_envelope_published_twice_takes_no_other_ones_place(bus: Bus) -> None:
    await bus.publish([envelope(1)])
    await bus.publish([envelope(1), envelope(2)])
    seqs = [e.seq for e in await taken(bus, ALL, 2)]
    assert list(dict.fromkeys(seqs)) == sorted(set(seqs)) == [1, 2]


async def test_a_pattern_selects(bus: Bus) -> None:
    saluted = Saluted(to="x", times_left=0)
    await bus.publish([envelope(1), envelope(2, source="herald", body=saluted)])
    assert [e.seq for e in await taken(bus, "itg.v1.toy.herald.*.saluted.*", 1)] == [2]


async def test_a_subscriber_that_falls_too_far_behind_hears_of_the_gap(bus: Bus) -> None:
    await bus.publish([envelope(seq) for seq in range(1, 151)])
    with pytest.raises(StreamGapError, match="after seq 50"):
        await taken(bus, ALL, 1, {("bank", 0): Seq(49)})
    assert len(await taken(bus, ALL, 100, {("bank", 0): Seq(50)})) == 100


async def test_a_stuck_subscriber_delays_nobody(bus: Bus) -> None:
    stuck = bus.subscribe(ALL, {})
    await bus.publish([envelope(1)])
    assert len(await anext(stuck)) == 1
    for seq in range(2, 300):
        await bus.publish([envelope(seq)])
        assert [e.seq for e in await taken(bus, ALL, 1, {("bank", 0): Seq(seq - 1)})] == [seq]
    with pytest.raises(StreamGapError):
        await anext(stuck)


async def test_a_request_is_answered(bus: Bus) -> None:
    async def double(body: bytes) -> bytes:
        return body * 2

    await bus.serve("toy.double", double)
    assert await bus.request("toy.double", b"ab", 1.0) == b"abab"


async def test_a_request_nobody_serves_fails_at_once(bus: Bus) -> None:
    with pytest.raises(NoResponderError):
        await bus.request("toy.nobody", b"", 60.0)


async def test_a_request_has_a_deadline(bus: Bus) -> None:
    async def never(body: bytes) -> bytes:
        await asyncio.Event().wait()
        return body

    await bus.serve("toy.never", never)
    with pytest.raises(RequestTimeoutError):
        await bus.request("toy.never", b"", 0.001)


async def test_closing_ends_subscriptions_and_refuses_the_rest(bus: Bus) -> None:
    got: list[Sequence[Envelope]] = []

    async def listen() -> None:
        async with aclosing(bus.subscribe(ALL, {})) as stream:  # type: ignore[type-var]
            got.extend([batch async for batch in stream])

    listening = asyncio.ensure_future(listen())
    await bus.publish([envelope(1)])
    await asyncio.sleep(0)
    await bus.close()
    await bus.close()
    async with asyncio.timeout(10):
        await listening
    assert [e.seq for batch in got for e in batch] == [1]
    with pytest.raises(BusClosedError):
        await bus.publish([envelope(2)])
    with pytest.raises(BusClosedError):
        await bus.request("toy.double", b"", 1.0)


def test_a_subject_names_game_stream_family_and_detail() -> None:
    subject = subject_of("summer 24", envelope(1, source="bank", shard=3))
    assert subject == "itg.v1.summer_24.bank.3.waved.all"


@pytest.mark.parametrize(
    ("pattern", "subject", "is_match"),
    [
        ("a.b", "a.b", True),
        ("a.*", "a.b", True),
        ("a.*", "a.b.c", False),
        ("a.>", "a.b.c", True),
        ("a.>", "a", False),
        ("*.b.>", "a.c.d", False),
        ("a.b.c", "a.b", False),
    ],
)
def test_patterns_match_word_by_word(pattern: str, subject: str, *, is_match: bool) -> None:
    assert matches(pattern, subject) is is_match
