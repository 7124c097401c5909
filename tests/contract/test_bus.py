"""What every bus engine promises."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, suppress
from itertools import count
from typing import cast

import pytest
from tests.brokers import forgetful_broker, kafka_broker, nats_server
from tests.bus_engines import ENGINE, Bounded, Level, bounded_engine
from tests.runtime.toys import Saluted, Waved

from itg.kernel.errors import ItgError, Refusal
from itg.kernel.ids import AccountId, InstrumentId, Seq, Shard
from itg.kernel.messages import Event
from itg.kernel.times import Nanos
from itg.positions.contract import AccountQuoteRejected
from itg.runtime.bus import (
    Bus,
    BusClosedError,
    CallFailedError,
    CallRefusedError,
    Calls,
    MessageTooLargeError,
    NoResponderError,
    Request,
    RequestTimeoutError,
    StreamGapError,
    matches,
    subject_of,
)
from itg.runtime.envelope import Envelope
from itg.runtime.memory_bus import MemoryBus

__all__ = ["forgetful_broker", "kafka_broker", "nats_server"]

ALL = "itg.v1.*.>"
GAMES = count(1)


ENGINES = [
    "memory",
    pytest.param("nats", marks=pytest.mark.nats),
    pytest.param("kafka", marks=[pytest.mark.kafka, pytest.mark.system]),
    pytest.param("rabbitmq", marks=[pytest.mark.rabbitmq, pytest.mark.system]),
]
CALLING = ENGINES[:2]  # the others carry facts alone


@pytest.fixture(params=ENGINES)
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    engine = await ENGINE[request.param](request, f"toy-{next(GAMES)}")
    yield engine
    await engine.close()


@pytest.fixture(params=CALLING)
async def calls(request: pytest.FixtureRequest) -> AsyncIterator[Calls]:
    engine = await ENGINE[request.param](request, f"toy-{next(GAMES)}")
    yield cast("Calls", engine)
    await engine.close()


@pytest.fixture(params=ENGINES)
async def bounded(request: pytest.FixtureRequest) -> AsyncIterator[Bounded]:
    filling = await bounded_engine(request, f"toy-{next(GAMES)}")
    yield filling
    await filling.bus.close()


def envelope(
    seq: int,
    *,
    source: str = "bank",
    shard: int = 0,
    body: Event | None = None,
    trace_id: str = "",
) -> Envelope:
    return Envelope(
        seq=Seq(seq),
        ts_ns=Nanos(0),
        game_ns=Nanos(0),
        cause=Seq(0),
        trace_id=trace_id,
        actor="",
        source=source,
        shard=shard,
        epoch=1,
        body=body or Waved(shard=Shard(shard), to="x"),
    )


def subject_for(name: str) -> str:
    """A call's subject that no other test has."""
    return f"calls.{next(GAMES)}.{name}"


async def is_heard(bus: Bus, listening: asyncio.Future[None], heard: list[Envelope]) -> None:
    """Publish state of no meaning until a listener has begun to hear."""
    probe = envelope(1, body=Level(shard=Shard(0), height=0))
    async with asyncio.timeout(10):
        while not heard:
            await bus.publish([probe])
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(listening), 0.005)


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


async def gap_after(bus: Bus, seq: Seq) -> int:
    """The number that a reader behind `seq` is told, once it is the same for a while."""
    told: list[int] = []
    async with asyncio.timeout(10):
        while len(told) < 4 or len(set(told[-4:])) > 1:
            try:
                await taken(bus, ALL, 1, {("bank", 0): seq})
            except StreamGapError as gap:
                told.append(int(str(gap).rpartition(" ")[2]))
    return told[-1]


async def all_of(stream: AsyncIterator[Sequence[Envelope]], got: list[Envelope]) -> None:
    async for batch in stream:
        got.extend(batch)


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


async def test_what_a_crashed_consumer_had_not_kept_comes_again(bus: Bus) -> None:
    await bus.publish([envelope(seq) for seq in range(1, 31)])
    kept = Seq(0)

    async def consume_and_crash() -> None:
        nonlocal kept
        async for batch in bus.subscribe(ALL, {("bank", 0): kept}):
            for taken_in in batch:
                if taken_in.seq == 12:
                    raise ZeroDivisionError
                kept = taken_in.seq

    with pytest.raises(ZeroDivisionError):
        await consume_and_crash()
    assert kept == 11
    await bus.publish([envelope(31)])
    again = await taken(bus, ALL, 20, {("bank", 0): kept})
    assert [e.seq for e in again] == list(range(12, 32))


async def test_an_envelope_published_twice_takes_no_other_ones_place(bus: Bus) -> None:
    await bus.publish([envelope(1)])
    await bus.publish([envelope(1), envelope(2)])
    seqs = [e.seq for e in await taken(bus, ALL, 2)]
    assert list(dict.fromkeys(seqs)) == sorted(set(seqs)) == [1, 2]


async def test_the_newest_that_is_held_is_told(bus: Bus) -> None:
    assert await bus.last() is None
    level = envelope(3, body=Level(shard=Shard(0), height=7))
    await bus.publish([envelope(1), envelope(2, source="herald"), level])
    newest = await bus.last()
    assert newest is not None
    assert (newest.source, newest.seq, newest.body) == ("herald", 2, Waved(shard=Shard(0), to="x"))


async def test_how_far_streams_of_one_count_are_held_is_told(bus: Bus) -> None:
    first, second, third = (("bank", 0), ("bank", 1), ("herald", 0))
    assert await bus.held([first, second]) == 0
    level = envelope(9, body=Level(shard=Shard(0), height=7))
    await bus.publish([envelope(1), envelope(2, shard=1), envelope(4), level])
    assert [await bus.held([stream]) for stream in (first, second, third)] == [4, 2, 0]
    assert await bus.held([second, third]) == 2
    # Far from the end there is still what another has long since written over.
    await bus.publish([envelope(seq) for seq in range(5, 45)])
    assert await bus.held([second, third]) == 2
    assert await bus.held([first, second]) == 44
    assert await bus.held([third]) == 0


async def test_state_passes_to_who_listens_and_is_not_held(bus: Bus) -> None:
    heard: list[Envelope] = []

    async def listen() -> None:
        async for batch in bus.listen("itg.v1.*.bank.0.*.all"):
            heard.extend(batch)
            if heard[-1].seq == 4:
                return

    listening = asyncio.ensure_future(listen())
    await is_heard(bus, listening, heard)
    level = envelope(3, body=Level(shard=Shard(0), height=7), trace_id="0198-trace")
    await bus.publish([envelope(2), level, envelope(3, shard=1), envelope(4)])
    async with asyncio.timeout(10):
        await listening
    assert [(e.seq, e.trace_id) for e in heard if e.seq > 1] == [
        (2, ""),
        (3, "0198-trace"),
        (4, ""),
    ]
    held = await taken(bus, "itg.v1.*.bank.0.>", 2, {("bank", 0): Seq(1)})
    assert [e.seq for e in held] == [2, 4]


async def test_an_envelope_that_is_too_large_is_refused_with_its_whole_batch(bus: Bus) -> None:
    if isinstance(bus, MemoryBus):
        pytest.skip("nothing is too large for a list")
    large = envelope(2, body=Saluted(to="x" * 1024 * 1024, times_left=0))
    with pytest.raises(MessageTooLargeError, match=r"bank:toy-\d+:0:2: 1048\d+ bytes"):
        await bus.publish([envelope(1), large])
    assert await bus.last() is None


async def test_a_pattern_selects(bus: Bus) -> None:
    saluted = Saluted(to="x", times_left=0)
    await bus.publish([envelope(1), envelope(2, source="herald", body=saluted)])
    assert [e.seq for e in await taken(bus, "itg.v1.*.herald.*.saluted.*", 1)] == [2]


async def test_a_subscriber_that_falls_too_far_behind_hears_of_the_gap(bounded: Bounded) -> None:
    bus, body, kept, is_exact = bounded
    count = kept + 50
    for seq in range(1, count + 1):
        await bus.publish([envelope(seq, body=body)])
    gone = await gap_after(bus, Seq(1 if is_exact else count - kept - 1))
    assert gone == 50 if is_exact else count - kept <= gone < count
    with pytest.raises(StreamGapError, match=f"after seq {gone}"):
        await taken(bus, ALL, 1, {("bank", 0): Seq(gone - 1)})
    rest = await taken(bus, ALL, count - gone, {("bank", 0): Seq(gone)})
    assert [e.seq for e in rest] == list(range(gone + 1, count + 1))


async def test_a_stuck_subscriber_delays_nobody(bounded: Bounded) -> None:
    bus, body, kept, is_exact = bounded
    stuck = bus.subscribe(ALL, {})
    await bus.publish([envelope(1, body=body)])
    assert len(await anext(stuck)) == 1
    for seq in range(2, kept * 3):
        await bus.publish([envelope(seq, body=body)])
        if is_exact or seq % kept == 0:
            assert [e.seq for e in await taken(bus, ALL, 1, {("bank", 0): Seq(seq - 1)})] == [seq]
    # What was on its way to it when it stopped reading comes first, and whole.
    late: list[Envelope] = []
    with pytest.raises(StreamGapError):
        await all_of(stuck, late)
    assert [e.seq for e in late] == list(range(2, len(late) + 2))
    assert len(late) < kept


async def test_a_request_is_answered(calls: Calls) -> None:
    subject = subject_for("double")

    async def double(request: Request) -> bytes:
        return request.body * 2

    await calls.serve(subject, double)
    assert await calls.request(subject, b"ab", 5.0) == b"abab"


async def test_a_handler_is_told_the_trace_and_how_long_its_caller_waits(calls: Calls) -> None:
    subject = subject_for("told")

    async def tell(request: Request) -> bytes:
        assert 4.0 < request.remaining_s <= 5.0
        return request.trace_id.encode()

    await calls.serve(subject, tell)
    assert await calls.request(subject, b"", 5.0, trace_id="0198-trace") == b"0198-trace"


async def test_a_refusal_is_no_fault(calls: Calls) -> None:
    refusing, broken = subject_for("refusing"), subject_for("broken")

    async def refuse(_: Request) -> bytes:
        raise ItgError("no such account: team-x")

    async def fail(_: Request) -> bytes:
        raise ZeroDivisionError

    await calls.serve(refusing, refuse)
    await calls.serve(broken, fail)
    with pytest.raises(CallRefusedError, match="no such account: team-x"):
        await calls.request(refusing, b"", 5.0)
    with pytest.raises(CallFailedError, match="ZeroDivisionError"):
        await calls.request(broken, b"", 5.0)


async def test_a_request_over_a_megabyte_is_refused_before_it_is_sent(calls: Calls) -> None:
    with pytest.raises(MessageTooLargeError, match="1048577 bytes"):
        await calls.request(subject_for("large"), bytes(1024 * 1024 + 1), 5.0)


async def test_a_request_nobody_serves_fails_at_once(calls: Calls) -> None:
    with pytest.raises(NoResponderError):
        await calls.request(subject_for("nobody"), b"", 60.0)


async def test_a_request_has_a_deadline(calls: Calls) -> None:
    subject = subject_for("never")

    async def never(request: Request) -> bytes:
        await asyncio.Event().wait()
        return request.body

    await calls.serve(subject, never)
    with pytest.raises(RequestTimeoutError):
        await calls.request(subject, b"", 0.001)


async def test_closing_ends_subscriptions_and_refuses_the_rest(bus: Bus) -> None:
    got: list[Sequence[Envelope]] = []
    has_come = asyncio.Event()

    async def listen() -> None:
        async with aclosing(bus.subscribe(ALL, {})) as stream:  # type: ignore[type-var]
            async for batch in stream:
                got.append(batch)
                has_come.set()

    listening = asyncio.ensure_future(listen())
    await bus.publish([envelope(1)])
    async with asyncio.timeout(10):
        await has_come.wait()
    await bus.close()
    await bus.close()
    async with asyncio.timeout(10):
        await listening
    assert [e.seq for batch in got for e in batch] == [1]
    with pytest.raises(BusClosedError):
        await bus.publish([envelope(2)])


async def test_closing_refuses_calls(calls: Calls) -> None:
    await calls.close()
    await calls.close()
    with pytest.raises(BusClosedError):
        await calls.request(subject_for("double"), b"", 1.0)


def test_a_subject_names_game_stream_family_and_detail() -> None:
    subject = subject_of("summer 24", envelope(1, source="bank", shard=3))
    assert subject == "itg.v1.summer_24.bank.3.waved.all"


def test_a_private_event_stands_under_its_account() -> None:
    refused = AccountQuoteRejected(
        account_id=AccountId("team a"),
        private_seq=Seq(1),
        instrument_id=InstrumentId("SPX"),
        refusal=Refusal(code="MAX_POSITION", detail=""),
    )
    subject = subject_of("summer", envelope(1, source="positions", body=refused))
    assert subject == "itg.v1.summer.positions.0.account_quote_rejected.team_a"


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
