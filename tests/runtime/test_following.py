"""A pump followed from elsewhere: the same order, whatever the bus loses and whoever restarts."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from functools import partial
from threading import Event
from typing import Self

import pytest
from tests.runtime.carriers import LossyCarrier, MemoryCarrier, keep
from tests.runtime.toys import START, Balance, GetTotal, World, deposit
from tests.waiting import until

from itg.kernel.errors import JournalError
from itg.kernel.ids import Seq
from itg.kernel.messages import Reply
from itg.runtime.envelope import Record
from itg.runtime.followed import Ends, FollowedPump
from itg.runtime.followers import Followers
from itg.runtime.journal import MemoryJournal, SealedBatch
from itg.runtime.link import Hello, QueryCodec, Submit, asked, pieces_of
from itg.runtime.pump_port import FateUnknownError, OverloadedError, PumpStoppedError

QUERIES = QueryCodec([GetTotal], [Balance])


class Notebook:
    """Keeps what followers told."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, bytes]] = []
        self.lost: list[str] = []

    def hear(self, door: str, body: bytes) -> None:
        self.heard.append((door, body))

    def lose(self, door: str) -> None:
        self.lost.append(door)


class Node:
    """A world behind a link."""

    def __init__(self, carrier: MemoryCarrier, journal: MemoryJournal | None = None) -> None:
        self.world = World(journal)
        self.notes = Notebook()
        self.followers = Followers(self.world.pump, carrier, "node", QUERIES, self.notes)
        self.world.pump.on_row = self.followers.see_row

    async def __aenter__(self) -> Self:
        self.world.pump.start()
        await self.followers.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.world.pump.drain()
        await self.followers.stop()


class Door:
    """A follower and all it was given."""

    def __init__(self, carrier: MemoryCarrier, node: Node, name: str = "door") -> None:
        world = node.world
        ends = Ends(carrier, "node", name)
        self.pump = FollowedPump(ends, world.machine.codec, QUERIES, world.journal)
        self.records: list[Record] = []
        self.returns = 0

    async def start(self) -> None:
        await self.pump.start(self.records.extend, on_return=self._return, deadline_s=5)

    def _return(self) -> None:
        self.returns += 1

    async def submitted(self, amount: int) -> Record:
        answer: asyncio.Future[Record] = asyncio.get_running_loop().create_future()
        self.pump.submit(deposit(amount), on_release=answer.set_result)
        return await answer

    async def total(self) -> tuple[int, Seq]:
        answer: asyncio.Future[tuple[Reply, Seq]] = asyncio.get_running_loop().create_future()
        self.pump.ask((GetTotal(),), lambda replies, seq: answer.set_result((replies[0], seq)))
        reply, seq = await answer
        assert isinstance(reply, Balance)
        return reply.amount, seq


@asynccontextmanager
async def linked() -> AsyncIterator[tuple[LossyCarrier, Node, Door]]:
    carrier = LossyCarrier()
    async with asyncio.timeout(20), Node(carrier) as node:
        door = Door(carrier, node)
        await door.start()
        yield carrier, node, door
        await door.pump.stop()


async def test_an_input_comes_back_with_its_record_after_the_same_rows() -> None:
    async with linked() as (_, node, door):
        node.world.pump.submit(deposit(1))
        record = await door.submitted(2)
        assert record.body == deposit(2)
        assert door.records[-1] == record
        assert door.records == node.world.released
        assert await door.total() == (3, door.pump.numbers.released_seq)


async def test_a_reply_comes_between_the_rows_before_and_after_what_it_saw() -> None:
    async with linked() as (_, node, door):
        seen: list[tuple[int, int]] = []

        def note(replies: tuple[Reply, ...], seq: Seq) -> None:
            assert isinstance(replies[0], Balance)
            sums = [r.body for r in door.records]
            seen.append((replies[0].amount, len(sums)))
            assert seq == door.pump.numbers.released_seq

        def has(count: int) -> bool:
            return len(seen) == count

        for count in range(0, 200, 5):
            for _ in range(5):
                node.world.pump.submit(deposit(1))
                door.pump.ask((GetTotal(),), note)
            await until(partial(has, count + 5))
        assert all(amount == rows for amount, rows in seen)
        assert len({amount for amount, _ in seen}) > 10


async def test_who_comes_later_begins_with_the_state_it_finds() -> None:
    async with linked() as (carrier, node, door):
        await door.submitted(5)
        other = Door(carrier, node, "other")
        await other.start()
        assert await other.total() == (5, 2)
        assert other.records == []
        await door.submitted(6)
        await until(lambda: other.records)
        assert other.records == door.records[-1:]
        assert door.pump.epoch != other.pump.epoch
        await other.pump.stop()


async def test_rows_that_were_lost_are_fetched_and_answers_come_late_but_right() -> None:
    async with linked() as (carrier, node, door):
        await door.submitted(1)
        carrier.loses = lambda subject, _: subject == "door"
        for amount in range(2, 10):
            node.world.pump.submit(deposit(amount))
        door.pump.ask((GetTotal(),), lambda *_: None)
        await until(lambda: len(node.world.released) == 9)
        carrier.loses = keep
        assert await door.total() == (45, 18)
        assert door.records == node.world.released


class SlowToOpen(MemoryJournal):
    """A journal whose readers come only when a test lets them, or not at all the first time."""

    def __init__(self, *, fails: bool = False) -> None:
        super().__init__()
        self.may_open = Event()
        self.is_asked = Event()
        self.fails = fails

    def reader(self) -> MemoryJournal:
        self.is_asked.set()
        if self.fails:
            self.fails = False
            raise JournalError("the database is away")
        assert self.may_open.wait(10)
        return super().reader()


async def missed(
    journal: "SlowToOpen | SlowToRead", carrier: LossyCarrier, node: Node, door: Door
) -> None:
    """Let a door miss rows, and wait until it asks for them."""
    await door.submitted(1)
    carrier.loses = lambda subject, _: subject == "door"
    for amount in range(2, 10):
        node.world.pump.submit(deposit(amount))
    await until(lambda: len(node.world.released) == 9)
    carrier.loses = keep
    node.world.pump.submit(deposit(10))
    await until(journal.is_asked.is_set)


async def test_while_one_s_rows_are_looked_for_the_node_answers_the_others() -> None:
    carrier, journal = LossyCarrier(), SlowToOpen()
    async with asyncio.timeout(20), Node(carrier, journal) as node:
        door, other = Door(carrier, node), Door(carrier, node, "other")
        await door.start()
        await other.start()
        await missed(journal, carrier, node, door)
        assert await other.total() == (55, 20)
        journal.may_open.set()
        assert await door.total() == (55, 20)
        assert door.records == node.world.released
        for each in (door, other):
            await each.pump.stop()


async def test_who_was_not_given_its_rows_asks_again() -> None:
    carrier, journal = LossyCarrier(), SlowToOpen(fails=True)
    journal.may_open.set()
    async with asyncio.timeout(20), Node(carrier, journal) as node:
        door = Door(carrier, node)
        await door.start()
        await missed(journal, carrier, node, door)
        await until(lambda: door.records == node.world.released)
        await door.pump.stop()


class SlowToRead(MemoryJournal):
    """A journal whose readers give rows only when a test lets them; `uses` is in order of time."""

    def __init__(self) -> None:
        super().__init__()
        self.may_read = Event()
        self.is_asked = Event()
        self.uses: list[str] = []

    def reader(self) -> MemoryJournal:
        return SlowReader(self)


class SlowReader(MemoryJournal):
    """A reader of it."""

    def __init__(self, of: SlowToRead) -> None:
        super().__init__(of.store)
        self._of = of

    def rows(self, after_seq: Seq) -> Iterator[SealedBatch]:
        self._of.is_asked.set()
        assert self._of.may_read.wait(10)
        self._of.uses.append("read")
        yield from super().rows(after_seq)

    def close(self) -> None:
        self._of.uses.append("closed")


async def test_a_node_that_stops_closes_no_journal_under_who_reads_it() -> None:
    carrier, journal = LossyCarrier(), SlowToRead()
    async with asyncio.timeout(20), Node(carrier, journal) as node:
        door = Door(carrier, node)
        await door.start()
        await missed(journal, carrier, node, door)
        stopping = asyncio.create_task(node.followers.stop())
        await until(lambda: stopping.done() or bool(journal.uses))
        journal.may_read.set()
        await stopping
        await until(lambda: "closed" in journal.uses)
        assert journal.uses == ["read", "closed"]
        await door.pump.stop()


async def test_a_node_that_begins_anew_is_followed_from_where_it_was() -> None:
    async with linked() as (carrier, node, door):
        await door.submitted(1)
        await node.world.pump.drain()
        await node.followers.stop()
        assert isinstance(node.world.journal, MemoryJournal)
        async with Node(carrier, MemoryJournal(node.world.journal.store)):
            await until(lambda: door.returns == 2)
            assert (await door.submitted(7)).seq == 3
            assert await door.total() == (8, 4)
        assert [r.seq for r in door.records] == [1, 3]


async def test_what_was_under_way_when_a_node_began_anew_is_said_to_be_unknown_at_once() -> None:
    async with linked() as (carrier, node, door):
        await door.submitted(1)
        carrier.loses = lambda subject, _: subject == "node"
        doubted: list[Exception] = []
        door.pump.submit(deposit(2), on_refused=doubted.append)
        await node.world.pump.drain()
        await node.followers.stop()
        assert not doubted
        assert isinstance(node.world.journal, MemoryJournal)
        async with Node(carrier, MemoryJournal(node.world.journal.store)):
            carrier.loses = keep
            await until(lambda: door.returns == 2)
            assert [type(error) for error in doubted] == [FateUnknownError]
            assert door.pump.is_idle
            assert await door.total() == (1, 2)


async def test_rows_that_only_the_node_before_released_come_before_the_answers_of_the_next() -> (
    None
):
    async with linked() as (carrier, node, door):
        await door.submitted(1)
        carrier.loses = lambda subject, _: subject == "door"
        node.world.pump.submit(deposit(5))
        await node.world.pump.drain()
        await node.followers.stop()
        assert isinstance(node.world.journal, MemoryJournal)
        async with Node(carrier, MemoryJournal(node.world.journal.store)):
            carrier.loses = keep
            await until(lambda: door.returns == 2)
            assert (await door.submitted(7)).seq == 5
        assert [r.seq for r in door.records] == [1, 3, 5]


async def test_what_an_overtaken_node_says_of_itself_is_not_heard() -> None:
    async with linked() as (carrier, node, door):
        await door.submitted(1)
        before, returns = door.pump.epoch, door.returns
        stale = Hello(node.world.pump.epoch - 1, 1, Seq(2), START, 1.0)
        for body in pieces_of(stale):
            await carrier.send("door", body)
        await until(lambda: door.pump.is_live)
        assert (await door.submitted(2)).seq == 3
        assert (door.pump.epoch, door.returns) == (before, returns)


async def test_while_the_node_is_silent_nothing_is_taken() -> None:
    async with linked() as (carrier, _, door):
        carrier.loses = lambda subject, _: subject == "door"
        await until(lambda: not door.pump.is_live)
        with pytest.raises(OverloadedError):
            door.pump.submit(deposit(1))


async def test_a_refusal_of_the_node_is_told() -> None:
    async with linked() as (_, node, door):
        refused: list[Exception] = []
        drained = asyncio.ensure_future(node.world.pump.drain())
        await asyncio.sleep(0)
        door.pump.submit(deposit(1), on_refused=refused.append)
        await until(lambda: refused)
        assert isinstance(refused[0], PumpStoppedError)
        assert door.pump.is_idle
        await drained


async def test_notes_reach_the_node() -> None:
    async with linked() as (_, node, door):
        door.pump.note(b"seen")
        await until(lambda: node.notes.heard)
        assert node.notes.heard == [("door", b"seen")]


async def test_without_a_node_the_start_gives_up() -> None:
    carrier = MemoryCarrier()
    world = World()
    pump = FollowedPump(Ends(carrier, "node", "door"), world.machine.codec, QUERIES, world.journal)
    with pytest.raises(TimeoutError):
        await pump.start(lambda _: None, on_return=lambda: None, deadline_s=0.1)
    await pump.stop()


async def test_what_a_node_answered_and_refused_is_counted() -> None:
    carrier = MemoryCarrier()
    async with Node(carrier) as node:
        door = Door(carrier, node)
        await door.start()
        await door.submitted(1)
        await door.total()
        answered = node.followers.answered
        assert (answered.requests, answered.errors) == (2, 0)
        assert answered.total_ns > 0
        await carrier.send("node", asked(Submit("door", 9, "", "", False, b"\xc1")))
        await until(lambda: answered.errors)
        assert answered.requests == 3
        assert "does not decode" in answered.last_error
        await door.pump.stop()
