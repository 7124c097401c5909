"""A node that was away hears what it missed as it would have heard it: merged by game time."""

import asyncio

import pytest
from tests.dice import Dice
from tests.runtime.carriers import MemoryCarrier

from itg import scenario
from itg.compose.node import Node, Recovered, Wiring, machine_in
from itg.compose.services import services_of
from itg.compose.topologies import CHIEF, SERVICES, nodes_of
from itg.exchange.contract import InstrumentListed
from itg.game.contract import (
    CreateGame,
    EndRound,
    GetScores,
    MovePhase,
    RegisterTeam,
    Scores,
    StartRound,
)
from itg.kernel.ids import AccountId, Role
from itg.kernel.messages import Message, Reply
from itg.kernel.times import NS_PER_MS, Nanos
from itg.kernel.words import OrderType, Phase, Side
from itg.positions.contract import ReserveOrder
from itg.runtime.cascade import Machine
from itg.runtime.clock import VirtualClock
from itg.runtime.envelope import Record
from itg.runtime.fingerprint import header_of
from itg.runtime.journal import MemoryJournal, MemoryStore
from itg.runtime.pump import Pump
from itg.runtime.recovery import recover
from itg.runtime.routing import Hearing

STEP_NS = 250 * NS_PER_MS
PRE_OPEN_STEPS = 160
ROLES = ("market_maker", "hedge_fund", "arbitrage_desk")
# Longer than a trade waits for its last mark.
AWAY_STEPS = 260


class Nodes:
    """A game on the nodes of `services`, all on one clock that the test moves."""

    def __init__(self, create: CreateGame) -> None:
        self.shards = [shard for shard, _ in create.rules.shards]
        self.clock = VirtualClock(create.rules.rounds[0].start_ns)
        self.carrier = MemoryCarrier()
        self.records: list[Record] = []
        self.nodes: dict[str, Node] = {}
        self._stores = {name: MemoryStore() for name in self._wiring().layout}
        self._owners = {name: Hearing(own) for name, own in self._wiring().layout.items()}

    def _wiring(self) -> Wiring:
        return Wiring(
            layout=nodes_of(SERVICES, services_of(self.shards)),
            chief=CHIEF,
            carrier=self.carrier,
            subject=lambda name: f"link.{name}",
            ear=lambda name, other: f"ear.{name}.{other}",
        )

    @property
    def names(self) -> list[str]:
        """Return the nodes' names."""
        return list(self._stores)

    async def begin(self, name: str) -> None:
        wiring = self._wiring()
        machine = machine_in(wiring.layout, name)
        journal = MemoryJournal.opened(self._stores[name])
        journal.open(header_of(machine))
        recover(journal, machine)
        self.nodes[name] = node = Node(
            name,
            wiring,
            Recovered(journal, machine),
            clock=self.clock,
            on_release=self.records.extend,
        )
        await node.start()

    async def end(self, name: str) -> None:
        await self.nodes.pop(name).stop()

    @property
    def game(self) -> Machine:
        """Return the machine with the game service."""
        return self.nodes[CHIEF].pump.machine

    async def tell(self, *messages: Message) -> None:
        for message in messages:
            name = next(name for name, own in self._owners.items() if own.has(message))
            self.nodes[name].pump.submit(message)
        await self.settled()

    async def advance(self, ns: int) -> None:
        self.clock.advance_to(Nanos(self.clock.game_ns() + ns))
        await self.settled()

    async def settled(self) -> None:
        """Wait until nothing is due or under way between those who are here."""
        async with asyncio.timeout(30):
            while not self._is_settled():
                await asyncio.to_thread(int)  # commits are in threads: this one lets them run

    def _is_settled(self) -> bool:
        reached = {name: node.pump.released_seq for name, node in self.nodes.items()}
        for node in self.nodes.values():
            due_ns = node.pump.machine.next_timer_ns()
            if not node.pump.is_idle or (due_ns is not None and due_ns <= self.clock.game_ns()):
                return False
            for other, neighbour in node.hearers.neighbours.items():
                if other in reached and neighbour.released_seq != reached[other]:
                    return False
        return True


class Solo:
    """The same game on one pump."""

    def __init__(self, create: CreateGame) -> None:
        self.clock = VirtualClock(create.rules.rounds[0].start_ns)
        self.game = Machine(services_of([shard for shard, _ in create.rules.shards]))
        self.records: list[Record] = []
        journal = MemoryJournal.opened()
        self._pump = Pump(self.game, journal, self.clock, on_release=self.records.extend)

    async def tell(self, *messages: Message) -> None:
        for message in messages:
            self._pump.submit(message)
            self._pump.run_until_idle()

    async def advance(self, ns: int) -> None:
        self.clock.advance_to(Nanos(self.clock.game_ns() + ns))
        self._pump.run_until_idle()


class Course:
    """What is played in every world: the same inputs at the same times."""

    def __init__(self, create: CreateGame) -> None:
        self._create = create
        self._dice = Dice(7)

    async def begin(self, world: "Nodes | Solo") -> None:
        """Create the game, register its teams, and bring the market to its opening."""
        await world.tell(self._create)
        for number, role in enumerate(ROLES, start=1):
            await world.tell(
                RegisterTeam(
                    team_name=f"team {number}",
                    role=Role(role),
                    key_hash=f"{number:064x}",
                    by_organizer=True,
                )
            )
        await world.tell(StartRound())
        for _ in range(PRE_OPEN_STEPS):
            await world.advance(STEP_NS)

    async def trade(self, world: "Nodes | Solo", steps: int) -> None:
        """Let the market step, and the teams trade."""
        listed = [
            output.instrument.instrument_id
            for record in world.records
            for output in record.outputs
            if isinstance(output, InstrumentListed)
        ]
        for _ in range(steps):
            await world.advance(STEP_NS)
            order = ReserveOrder(
                account_id=AccountId(f"t{self._dice.randrange(1, 1 + len(ROLES))}"),
                instrument_id=self._dice.choice(listed),
                side=self._dice.choice((Side.BUY, Side.SELL)),
                quantity=self._dice.randrange(1, 4),
                order_type=OrderType.MARKET,
                price=None,
            )
            await world.tell(order)

    async def close(self, world: "Nodes | Solo") -> None:
        """Close the market, which marks and settles all that was traded."""
        await world.tell(MovePhase(phase=Phase.CLOSED, reason="the bell"))
        for _ in range(4):
            await world.advance(STEP_NS)

    async def end(self, world: "Nodes | Solo") -> None:
        """End the round, and let it be scored."""
        await world.tell(EndRound(round_id=1, reason="the day is over"))
        for _ in range(4):
            await world.advance(STEP_NS)


async def played(world: "Nodes | Solo", create: CreateGame, absent: str = "") -> Scores:
    """Play it, a node absent for a while; return the scores of the closed market."""
    course = Course(create)
    await course.begin(world)
    await course.trade(world, 40)
    if isinstance(world, Nodes) and absent:
        await world.end(absent)
    await course.trade(world, AWAY_STEPS)
    if isinstance(world, Nodes) and absent:
        await world.begin(absent)
        await world.settled()
    await course.trade(world, 40)
    await course.close(world)
    scores = world.game.query(GetScores(round_id=1))
    assert isinstance(scores, Scores)
    await course.end(world)
    return scores


async def outcome(create: CreateGame, absent: str = "") -> tuple[Scores, Reply, bytes]:
    """Play on nodes; return the scores before the end and after it, and the game's whole state."""
    world = Nodes(create)
    for name in world.names:
        await world.begin(name)
    scores = await played(world, create, absent)
    ended, state = world.game.query(GetScores(round_id=1)), world.game.snapshot()
    for name in world.names:
        await world.end(name)
    return scores, ended, state


async def final(world: "Nodes | Solo", create: CreateGame, *, is_closed: bool) -> Scores:
    """Play for a while; return the scores of the round that was ended, its market closed or not."""
    course = Course(create)
    await course.begin(world)
    await course.trade(world, 60)
    if is_closed:
        await course.close(world)
    await course.end(world)
    scores = world.game.query(GetScores(round_id=1))
    assert isinstance(scores, Scores)
    return scores


@pytest.mark.parametrize("is_closed", [True, False])
async def test_an_ended_round_scores_on_nodes_as_it_does_solo(*, is_closed: bool) -> None:
    create = scenario.load("always-open", admin_key_hash="ab" * 32)
    solo = await final(Solo(create), create, is_closed=is_closed)
    world = Nodes(create)
    for name in world.names:
        await world.begin(name)
    there = await final(world, create, is_closed=is_closed)
    for name in world.names:
        await world.end(name)
    assert solo.round is not None
    assert len({team.measured for team in solo.round.teams}) == len(ROLES), "they traded"
    assert there == solo


@pytest.mark.gate
@pytest.mark.timeout(240)
async def test_a_game_s_node_that_was_away_scores_as_if_it_had_been_there_and_as_solo() -> None:
    create = scenario.load("always-open", admin_key_hash="ab" * 32)
    solo = await played(Solo(create), create)
    assert solo.round is not None
    assert len({team.measured for team in solo.round.teams}) == len(ROLES), "they traded"
    there, away = await outcome(create), await outcome(create, CHIEF)
    assert there[0] == solo, "solo and nodes score alike"
    assert away[0] == solo, "and so does a node that was away"
    assert away == there, "which is in the very state of one that was there"
