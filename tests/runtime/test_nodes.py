"""Services on nodes that run on their own: whatever a link loses, each message is heard once."""

import asyncio
from collections import Counter
from contextlib import suppress
from threading import Lock

import pytest
from msgspec.structs import replace
from tests.dice import Dice
from tests.runtime.carriers import LossyCarrier
from tests.runtime.toys import START, Balance, GetTotal, Salute, deposit, services
from tests.waiting import until

from itg.compose.node import Node, Recovered, Wiring, machine_in
from itg.kernel.errors import FencedError, JournalError
from itg.kernel.messages import Message
from itg.runtime.arrival import Arrival
from itg.runtime.clock import ScaledClock
from itg.runtime.envelope import Record
from itg.runtime.joined_journal import JoinedJournal
from itg.runtime.joined_machine import JoinedMachine, codec_of
from itg.runtime.journal import (
    FROM_START,
    DamagedRowError,
    Header,
    MemoryJournal,
    MemoryStore,
    SealedBatch,
    read,
)
from itg.runtime.recovery import recover, verify

BANKS, HERALD = "banks", "herald"


class FencedJournal(MemoryJournal):
    """A journal whose fence and rows are one at a time, as on a disk: a commit is in a thread."""

    _turn = Lock()

    def open(self, header: Header) -> None:
        with self._turn:
            super().open(header)

    def append(self, batch: SealedBatch) -> None:
        with self._turn:
            super().append(batch)

    def assert_leading(self) -> None:
        with self._turn:
            super().assert_leading()


class Toys:
    """The banks on one node, the herald on another; either may be killed and comes again."""

    def __init__(self) -> None:
        self.carrier = LossyCarrier()
        self.stores = {BANKS: MemoryStore(), HERALD: MemoryStore()}
        self.clock = ScaledClock(START, 1.0)
        self.clock.start(START)
        self.nodes: dict[str, Node] = {}

    def wiring(self) -> Wiring:
        *banks, herald = services()
        return Wiring(
            layout={BANKS: banks, HERALD: [herald]},
            chief=BANKS,
            carrier=self.carrier,
            subject=lambda name: f"link.{name}",
            ear=lambda name, other: f"ear.{name}.{other}",
        )

    async def begin(self, name: str) -> None:
        """Start a node on its journal; if it runs, it is as if it had been killed before."""
        wiring = self.wiring()
        journal, machine = FencedJournal.opened(self.stores[name]), machine_in(wiring.layout, name)
        if (killed := self.nodes.get(name)) is not None:
            with suppress(FencedError):  # what it had not committed never happened
                await killed.stop()
                await killed.pump.finished()
        recover(journal, machine)
        clock = self.clock if name == BANKS else None
        node = self.nodes[name] = Node(name, wiring, Recovered(journal, machine), clock=clock)
        await node.start()

    def tell(self, name: str, message: Message) -> None:
        self.nodes[name].pump.submit(message)

    def recorded(self, name: str) -> list[Record]:
        return list(read(MemoryJournal(self.stores[name]), codec_of(self.wiring().layout)))

    def told(self, name: str) -> Counter[str]:
        """Count what a node caused, by class."""
        return Counter(type(o).__name__ for r in self.recorded(name) for o in r.outputs)

    def total(self) -> int:
        reply = self.nodes[HERALD].pump.machine.query(GetTotal())
        assert isinstance(reply, Balance)
        return reply.amount

    def is_settled(self) -> bool:
        """Tell whether all that one caused was heard by the other."""
        herald, banks = self.told(HERALD), self.told(BANKS)
        heard = Counter(
            (r.body.source, r.body.seq)
            for name in (BANKS, HERALD)
            for r in self.recorded(name)
            if isinstance(r.body, Arrival)
        )
        assert set(heard.values()) <= {1}, "something was heard twice"
        if not all(node.pump.is_idle for node in self.nodes.values()):
            return False
        return heard.total() == banks["Deposited"] + banks["Waved"] + herald["Wave"]

    async def settled(self) -> None:
        await until(self.is_settled)

    def check(self) -> None:
        """Hold everything against the journals, and these against a replay."""
        herald, banks = self.told(HERALD), self.told(BANKS)
        assert banks["Waved"] == herald["Wave"] == 2 * herald["Saluted"]
        deposits = (o for r in self.recorded(BANKS) for o in r.outputs)
        assert self.total() == sum(getattr(o, "amount", 0) for o in deposits)
        for name in (BANKS, HERALD):
            again = machine_in(self.wiring().layout, name)
            assert verify(MemoryJournal(self.stores[name]), again).is_equal
            assert again.state_hash() == self.nodes[name].pump.machine.state_hash()
        report = verify(self.joined(), JoinedMachine(self.wiring().layout))
        assert report.difference is None, "read as one journal they replay as one"
        assert report.inputs == sum(len(self.recorded(name)) for name in (BANKS, HERALD))

    def joined(self) -> JoinedJournal:
        return JoinedJournal(
            lambda: {name: MemoryJournal(store) for name, store in self.stores.items()},
            lambda: self.wiring().layout,
        )

    async def stop(self) -> None:
        for node in self.nodes.values():
            await node.stop()


async def test_what_one_node_causes_another_hears_with_who_asked_and_when() -> None:
    toys = Toys()
    for name in (HERALD, BANKS):
        await toys.begin(name)
    toys.nodes[BANKS].pump.submit(deposit(3), actor="ada", trace_id="t1")
    await toys.settled()
    (heard,) = [r for r in toys.recorded(HERALD) if isinstance(r.body, Arrival)]
    (asked,) = toys.recorded(BANKS)
    assert (heard.actor, heard.trace_id) == ("ada", "t1")
    assert heard.game_ns >= asked.game_ns
    assert toys.total() == 3
    await toys.stop()


@pytest.mark.parametrize("seed", range(12))
async def test_through_losses_and_kills_everything_is_heard_once(seed: int) -> None:
    toys, dice = Toys(), Dice(seed)
    toys.carrier.loses = lambda _subject, body: bool(body) and dice.random() < 0.05
    for name in dice.sample((BANKS, HERALD), 2):
        await toys.begin(name)
    for _ in range(40):
        for _ in range(dice.randrange(6)):
            toys.tell(BANKS, deposit(dice.randrange(9), shard=dice.randrange(2)))
        if dice.random() < 0.5:
            toys.tell(HERALD, Salute(to="x", times=dice.randrange(1, 4)))
        if dice.random() < 0.15:
            await toys.begin(dice.choice((BANKS, HERALD)))
        await asyncio.sleep(0)
    toys.carrier.loses = lambda _subject, _body: False
    await toys.settled()
    toys.check()
    await toys.stop()


async def test_of_a_damaged_node_s_journal_nothing_is_joined() -> None:
    toys = Toys()
    for name in (HERALD, BANKS):
        await toys.begin(name)
    for amount in range(1, 6):
        toys.tell(BANKS, deposit(amount))
    await toys.settled()
    rows = toys.stores[BANKS].rows
    assert len(list(toys.joined().rows(FROM_START))) > 0
    rows[-1] = replace(rows[-1], body=rows[-1].body + b" ")
    with pytest.raises(DamagedRowError):
        list(toys.joined().rows(FROM_START))
    await toys.stop()


async def test_joined_journals_are_read_in_order_of_time_with_effects_after_their_causes() -> None:
    toys = Toys()
    for name in (HERALD, BANKS):
        await toys.begin(name)
    for amount in range(1, 6):
        toys.tell(BANKS, deposit(amount))
        toys.tell(HERALD, Salute(to="x"))
        await toys.settled()
    records = list(read(toys.joined(), codec_of(toys.wiring().layout)))
    assert [r.game_ns for r in records] == sorted(r.game_ns for r in records)
    told = {BANKS: 0, HERALD: 0}
    for record in records:
        if isinstance(record.body, Arrival):
            assert told[record.body.source] >= record.body.seq
            here = record.body.at
        else:
            here = HERALD if isinstance(record.body, Salute) else BANKS
        told[here] += 1 + len(record.outputs)
    assert (records[0].seq, len(records)) == (1, len(toys.recorded(BANKS) + toys.recorded(HERALD)))
    with pytest.raises(JournalError, match="read, not written"):
        toys.joined().open(FencedJournal.opened().epochs()[0].header)
    await toys.stop()
