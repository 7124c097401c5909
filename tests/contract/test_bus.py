"""What every bus engine promises."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, suppress
from itertools import count

import pytest
from tests.brokers import nats_server
from tests.runtime.toys import Saluted, Waved

from itg.adapters.nats_bus import NatsBus, NatsSettings
from itg.adapters.nats_server import NatsServer
from itg.adapters.nats_stream import Bounds
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

__all__ = ["nats_server"]

ALL = "itg.v1.*.>"
KEPT = 100
GAMES = count(1)


class Level(Event, frozen=True, kw_only=True):
    """State: the next one replaces it."""

    shard: Shard
    height: int


@pytest.fixture(params=["memory", pytest.param("nats", marks=pytest.mark.nats)])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[Bus]:
    game = f"toy-{next(GAMES)}"
    engine: Bus
    if request.param == "memory":
        engine = MemoryBus(game, passing=[Level], kept=KEPT)
    else:
        server: NatsServer = request.getfixturevalue("nats_server")
        settings = NatsSettings(url=server.url, bounds=Bounds(kept_messages=KEPT), ahead=20)
        engine = await NatsBus.connect(game, [Waved, Saluted, Level], settings, [Level])
    yield engine
    await engine.close()


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


async def is_heard(bus: Bus, listening: asyncio.Future[None]) -> None:
    """Publish state of no meaning until a listener has begun to hear."""
    probe = envelope(1, body=Level(shard=Shard(0), height=0))
    for _ in range(20):
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


async def test_state_passes_to_who_listens_and_is_not_held(bus: Bus) -> None:
    heard: list[Envelope] = []

    async def listen() -> None:
        async for batch in bus.listen("itg.v1.*.bank.0.*.all"):
            heard.extend(batch)
            if heard[-1].seq == 4:
                return

    listening = asyncio.ensure_future(listen())
    await is_heard(bus, listening)
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
    # What was on its way to it when it stopped reading comes first, and whole.
    late: list[Envelope] = []
    with pytest.raises(StreamGapError):
        await all_of(stuck, late)
    assert [e.seq for e in late] == list(range(2, len(late) + 2))
    assert len(late) < KEPT


async def test_a_request_is_answered(bus: Bus) -> None:
    subject = subject_for("double")

    async def double(request: Request) -> bytes:
        return request.body * 2

    await bus.serve(subject, double)
    assert await bus.request(subject, b"ab", 5.0) == b"abab"


async def test_a_handler_is_told_the_trace_and_how_long_its_caller_waits(bus: Bus) -> None:
    subject = subject_for("told")

    async def tell(request: Request) -> bytes:
        assert 4.0 < request.remaining_s <= 5.0
        return request.trace_id.encode()

    await bus.serve(subject, tell)
    assert await bus.request(subject, b"", 5.0, trace_id="0198-trace") == b"0198-trace"


async def test_a_refusal_is_no_fault(bus: Bus) -> None:
    refusing, broken = subject_for("refusing"), subject_for("broken")

    async def refuse(_: Request) -> bytes:
        raise ItgError("no such account: team-x")

    async def fail(_: Request) -> bytes:
        raise ZeroDivisionError

    await bus.serve(refusing, refuse)
    await bus.serve(broken, fail)
    with pytest.raises(CallRefusedError, match="no such account: team-x"):
        await bus.request(refusing, b"", 5.0)
    with pytest.raises(CallFailedError, match="ZeroDivisionError"):
        await bus.request(broken, b"", 5.0)


async def test_a_request_over_a_megabyte_is_refused_before_it_is_sent(bus: Bus) -> None:
    with pytest.raises(MessageTooLargeError, match="1048577 bytes"):
        await bus.request(subject_for("large"), bytes(1024 * 1024 + 1), 5.0)


async def test_a_request_nobody_serves_fails_at_once(bus: Bus) -> None:
    with pytest.raises(NoResponderError):
        await bus.request(subject_for("nobody"), b"", 60.0)


async def test_a_request_has_a_deadline(bus: Bus) -> None:
    subject = subject_for("never")

    async def never(request: Request) -> bytes:
        await asyncio.Event().wait()
        return request.body

    await bus.serve(subject, never)
    with pytest.raises(RequestTimeoutError):
        await bus.request(subject, b"", 0.001)


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
    with pytest.raises(BusClosedError):
        await bus.request(subject_for("double"), b"", 1.0)


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
