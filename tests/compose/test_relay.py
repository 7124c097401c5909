"""The relay between a journal and a bus that comes, goes and forgets."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
from tests.runtime.toys import START, Deposit, Salute, Wave, machine

from itg.compose.relay import Relay
from itg.kernel.ids import Seq, Shard
from itg.runtime.bus import Bus, BusDownError, BusNumbers
from itg.runtime.clock import VirtualClock
from itg.runtime.envelope import Envelope
from itg.runtime.journal import MemoryJournal, MemoryStore
from itg.runtime.memory_bus import MemoryBus
from itg.runtime.pump import Pump


class FaultyBus(MemoryBus):
    """Takes `room` envelopes in all and then breaks in the middle of a publication."""

    def __init__(self, room: int) -> None:
        super().__init__("toy")
        self.room = room

    async def publish(self, envelopes: Sequence[Envelope]) -> None:
        taken = envelopes[: self.room]
        self.room -= len(taken)
        await super().publish(taken)
        if len(taken) < len(envelopes):
            raise BusDownError("broke off")

    async def has(self, seq: int) -> None:
        """Wait until an event from this number on is held."""
        async with asyncio.timeout(10):
            async for batch in self.subscribe("itg.v1.>", {}):
                if batch[-1].seq >= seq:
                    return

    async def close(self) -> None:
        """Stay: the next connection finds what this one left."""


class Outbox:
    """A toy game's journal, and relays of it that end when all is carried."""

    def __init__(self, waves: int = 40) -> None:
        self.store = MemoryStore()
        self.machine = machine()
        self.pump = Pump(self.machine, MemoryJournal.opened(self.store), VirtualClock(START))
        self.events: list[int] = []
        self.wave(waves)

    def wave(self, count: int) -> None:
        for number in range(count):
            self.pump.submit(Wave(shard=Shard(number % 2), to="x"))
            self.pump.submit(Salute(to="x", times=3))
            if number % 7 == 0:
                self.pump.submit(Deposit(shard=Shard(0), account="a", amount=number))
            if number % 5 == 0:
                self.pump.run_until_idle()
        self.pump.run_until_idle()

    async def carry(self, connect: Callable[[], Awaitable[Bus]]) -> BusNumbers:
        numbers = BusNumbers(game="toy")
        relay = Relay(MemoryJournal(self.store), self.machine.codec, connect, numbers)
        relay.end()
        await relay.run()
        return numbers

    def held_by(self, bus: FaultyBus) -> list[Seq]:
        return [envelope.seq for _, envelope in bus._log]


def at(bus: Bus) -> Callable[[], Awaitable[Bus]]:
    async def connect() -> Bus:
        return bus

    return connect


async def test_a_bus_gets_every_event_once_and_in_order() -> None:
    outbox, bus = Outbox(), FaultyBus(room=100_000)
    numbers = await outbox.carry(at(bus))
    seqs = outbox.held_by(bus)
    assert len(seqs) > 160
    assert seqs == sorted(set(seqs))
    assert (numbers.is_up, numbers.fault, numbers.seq) == (True, "", outbox.pump.released_seq)
    assert numbers.events == len(seqs)


@pytest.mark.parametrize("room", [1, 2, 7, 50, 51, 52, 53, 120])
async def test_a_relay_goes_on_wherever_the_last_one_was_cut_off(room: int) -> None:
    outbox, bus, whole = Outbox(), FaultyBus(room=room), FaultyBus(room=100_000)
    await outbox.carry(at(whole))
    numbers = await outbox.carry(at(bus))
    assert (numbers.is_up, numbers.fault, numbers.faults) == (False, "broke off", 1)
    assert len(outbox.held_by(bus)) == room
    bus.room = 100_000
    await outbox.carry(at(bus))
    assert outbox.held_by(bus) == outbox.held_by(whole)
    outbox.wave(10)
    await outbox.carry(at(bus))
    await outbox.carry(at(whole))
    assert outbox.held_by(bus) == outbox.held_by(whole)


async def test_a_bus_that_forgot_is_filled_from_the_first_event() -> None:
    outbox, bus, empty = Outbox(), FaultyBus(room=100_000), FaultyBus(room=100_000)
    await outbox.carry(at(bus))
    await outbox.carry(at(empty))
    assert outbox.held_by(empty) == outbox.held_by(bus)


async def test_a_stream_of_another_history_is_left_alone() -> None:
    bus = FaultyBus(room=100_000)
    await Outbox().carry(at(bus))
    other = Outbox(waves=41)
    other.store.rows = other.store.rows[:2]
    before = other.held_by(bus)
    numbers = await other.carry(at(bus))
    assert not numbers.is_up
    assert "which this journal does not" in numbers.fault
    assert other.held_by(bus) == before


async def test_a_bus_that_cannot_be_reached_is_waited_for() -> None:
    outbox, bus, tries = Outbox(), FaultyBus(room=100_000), 0
    numbers = BusNumbers(game="toy")

    async def connect() -> Bus:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise BusDownError("127.0.0.1:4222: no answer")
        return bus

    relay = Relay(MemoryJournal(outbox.store), outbox.machine.codec, connect, numbers)
    running = asyncio.ensure_future(relay.run())
    await bus.has(outbox.pump.released_seq - 1)
    assert (tries, numbers.faults, numbers.is_up) == (2, 1, True)
    outbox.wave(3)
    relay.nudge()
    await bus.has(outbox.pump.released_seq - 1)
    relay.end()
    await running
    assert (numbers.is_up, numbers.seq) == (True, outbox.pump.released_seq)
