"""The started pump: commits in a thread, seen through a journal that waits."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from threading import Event

import pytest
from tests.runtime.toys import (
    HEADER,
    START,
    Balance,
    Explode,
    GetTotal,
    Reminded,
    World,
    deposit,
    machine,
    remind,
)

from itg.kernel.errors import FencedError, JournalError
from itg.kernel.ids import Seq, Shard
from itg.kernel.times import NS_PER_MS, NS_PER_S, Nanos
from itg.runtime.clock import ScaledClock, SystemClock
from itg.runtime.envelope import Record
from itg.runtime.journal import MemoryJournal, MemoryStore, SealedBatch, Snapshot
from itg.runtime.pump import Pump
from itg.runtime.pump_port import PumpStoppedError
from itg.runtime.recovery import recover


class GatedJournal(MemoryJournal):
    """A memory journal whose commits take as long as a test wants."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = Event()
        self.has_begun = Event()
        self.begun = 0

    def append(self, batch: SealedBatch) -> None:
        self.begun += 1
        self.has_begun.set()
        assert self.gate.wait(10)
        super().append(batch)


class FullDisk(MemoryJournal):
    """A memory journal on which nothing more can be written."""

    def append(self, batch: SealedBatch) -> None:
        raise JournalError("no space left")

    def write_snapshot(self, snapshot: Snapshot) -> None:
        raise JournalError("no space left")


@asynccontextmanager
async def started(world: World) -> AsyncIterator[World]:
    world.pump.start()
    yield world
    await world.pump.drain()


async def turns(count: int = 20) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def submitted(world: World, amount: int = 1) -> Record:
    answer: asyncio.Future[Record] = asyncio.get_running_loop().create_future()
    world.pump.submit(deposit(amount), on_release=answer.set_result)
    return await answer


async def test_a_pump_with_nothing_to_write_ends_once_another_has_its_journal() -> None:
    store = MemoryStore()
    world = World(MemoryJournal(store))
    world.pump.start()
    await submitted(world)
    MemoryJournal.opened(store)
    async with asyncio.timeout(10):
        with pytest.raises(FencedError):
            await world.pump.finished()


async def test_an_input_is_answered_with_its_record() -> None:
    async with started(World()) as world:
        assert (await submitted(world)).seq == 1
        assert (await submitted(world)).seq == 3
    assert len(world.released) == 2


async def test_nothing_is_released_before_its_commit() -> None:
    journal = GatedJournal()
    async with started(World(journal)) as world:
        answer = asyncio.ensure_future(submitted(world))
        await turns()
        assert await asyncio.to_thread(journal.has_begun.wait, 10)
        assert not answer.done()
        assert world.released == []
        assert world.pump.lag_events == 2
        journal.gate.set()
        assert (await answer).seq == 1


async def test_one_commit_is_in_flight_while_inputs_wait() -> None:
    journal = GatedJournal()
    async with started(World(journal)) as world:
        world.pump.submit(deposit(1))
        await turns()
        assert await asyncio.to_thread(journal.has_begun.wait, 10)
        for _ in range(5):
            world.pump.submit(deposit(2))
            await turns()
        assert (journal.begun, world.pump.depth) == (1, 5)
        journal.gate.set()
    assert [len(batch) for batch in world.batches] == [1, 5]


async def test_the_next_batch_is_handed_over_before_the_last_is_answered() -> None:
    journal = GatedJournal()
    handled: list[Seq] = []
    async with started(World(journal)) as world:
        world.pump.submit(deposit(1), on_release=lambda _: handled.append(world.machine.next_seq))
        await turns()
        world.pump.submit(deposit(2))
        journal.gate.set()
    assert handled == [5]


async def test_a_query_is_answered_after_the_commit_of_what_it_saw() -> None:
    journal = GatedJournal()
    replies: list[tuple[object, Seq]] = []
    async with started(World(journal)) as world:
        world.pump.ask((GetTotal(),), lambda *reply: replies.append(reply))
        assert replies == [((Balance(amount=0),), 0)]
        world.pump.submit(deposit(7))
        await turns()
        world.pump.ask((GetTotal(),), lambda *reply: replies.append(reply))
        await turns()
        assert len(replies) == 1
        journal.gate.set()
    assert replies[1:] == [((Balance(amount=7),), 2)]


async def test_drain_finishes_everything_queued_and_refuses_more() -> None:
    world = World()
    world.pump.start()
    world.pump.submit(remind("k", START + NS_PER_S))
    for _ in range(499):
        world.pump.submit(deposit())
    drained = asyncio.ensure_future(world.pump.drain())
    await asyncio.sleep(0)
    with pytest.raises(PumpStoppedError):
        world.pump.submit(deposit())
    await drained
    await world.pump.drain()
    world.clock.advance_to(Nanos(START + NS_PER_S))
    await turns()
    assert world.pump.failure is None
    assert len(world.released) == 500
    assert world.pump.depth == 0


async def test_a_snapshot_asked_for_is_written_before_the_drain_ends() -> None:
    async with started(World()) as world:
        await submitted(world)
        world.pump.snapshot_soon()
    assert [s.seq for s in world.journal.snapshots()] == [2]


async def test_a_raising_handler_stops_the_pump_with_nothing_answered() -> None:
    world = World()
    answers: list[Record] = []
    world.pump.start()
    world.pump.submit(deposit(), on_release=answers.append)
    world.pump.submit(Explode(shard=Shard(0)), on_release=answers.append)
    with pytest.raises(ArithmeticError):
        await world.pump.finished()
    assert answers == []
    assert len(world.journal.aside()) == 1
    with pytest.raises(ArithmeticError):
        await world.pump.drain()


async def test_a_journal_that_fails_stops_the_pump_with_nothing_answered() -> None:
    world = World(FullDisk())
    answers: list[Record] = []
    world.pump.start()
    world.pump.submit(deposit(), on_release=answers.append)
    with pytest.raises(JournalError):
        await world.pump.finished()
    assert answers == []


async def test_a_raising_listener_stops_the_pump() -> None:
    world = World()

    def listen(record: Record) -> None:
        raise LookupError(record.seq)

    world.pump.start()
    world.pump.submit(deposit(), on_release=listen)
    with pytest.raises(LookupError):
        await world.pump.finished()


async def test_a_fenced_pump_stops() -> None:
    store = MemoryStore()
    world = World(MemoryJournal(store))
    world.pump.start()
    await submitted(world)
    MemoryJournal(store).open(HEADER)
    world.pump.submit(deposit())
    with pytest.raises(FencedError):
        await world.pump.finished()


async def test_a_jump_of_a_virtual_clock_wakes_a_started_pump() -> None:
    async with started(World()) as world:
        await submitted(world)
        world.pump.submit(remind("k", START + NS_PER_S))
        await turns()
        world.clock.advance_to(Nanos(START + NS_PER_S))
    assert [type(output) for output in world.outputs][-1] is Reminded


@pytest.mark.parametrize("kind", ["system", "scaled"])
async def test_timers_wake_the_pump_by_themselves(kind: str) -> None:
    scaled = ScaledClock(START, speed=1_000.0)
    clock = scaled if kind == "scaled" else SystemClock()
    toys, journal = machine(), MemoryJournal.opened()
    reminded: asyncio.Future[Record] = asyncio.get_running_loop().create_future()
    pump = Pump(
        toys,
        journal,
        clock,
        on_release=lambda records: (
            reminded.set_result(records[-1])
            if isinstance(records[-1].outputs[-1], Reminded) and not reminded.done()
            else None
        ),
    )
    pump.start()
    at_ns = clock.game_ns() + (5_000 if kind == "scaled" else 5) * NS_PER_MS
    pump.submit(remind("k", at_ns))
    if kind == "scaled":
        await turns()
        assert not reminded.done()
        scaled.resume()
    async with asyncio.timeout(10):
        assert (await reminded).game_ns == at_ns
    await pump.drain()


async def test_a_sooner_timer_replaces_the_wake_of_a_later_one() -> None:
    clock = SystemClock()
    done = asyncio.Event()
    pump = Pump(
        machine(),
        MemoryJournal.opened(),
        clock,
        on_release=lambda records: (
            done.set() if isinstance(records[-1].outputs[-1], Reminded) else None
        ),
    )
    pump.start()
    pump.submit(remind("late", clock.game_ns() + 3_600 * NS_PER_S))
    await turns(200)
    pump.submit(remind("soon", clock.game_ns() + NS_PER_MS))
    async with asyncio.timeout(10):
        await done.wait()
    await pump.drain()


async def test_five_lives_in_one_process_continue_one_journal() -> None:
    store = MemoryStore()
    for life in range(5):
        world = World(MemoryJournal(store))
        assert world.recovered.inputs == life
        async with started(world):
            assert (await submitted(world)).outputs[0] is not None
    toys, journal = machine(), MemoryJournal(store)
    journal.open(HEADER)
    recover(journal, toys)
    assert toys.query(GetTotal()) == Balance(amount=5)
