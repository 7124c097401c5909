"""A node in a process of its own: `itg node NAME`, one of those a topology names.

    DATA/nodes/NAME ─ Journal ─ Node ─ carrier ─ the other nodes, the gateways

What is the chief's alone, the game and its clock, the steward and the organizer's door, stands in
`itg.compose.chief`.
"""

from collections.abc import Sequence
from pathlib import Path

import structlog
from msgspec import Struct

from itg.compose.carriers import Connection, connection_of
from itg.compose.data_directory import DataDirectory
from itg.compose.discovery import node_presence
from itg.compose.game_settings import SoloSettings, create_command
from itg.compose.internal import Desk, address_of
from itg.compose.journals import open_journal
from itg.compose.lead import Lead, Taken
from itg.compose.links import (
    LinkedGame,
    door_subject,
    ear_subject,
    node_subject,
)
from itg.compose.node import Node, Recovered, Wiring, machine_in
from itg.compose.nodes_read import joined_journal, layout_of, node_directory
from itg.compose.relay_child import BusSettings
from itg.compose.topologies import CHIEF, REPORTING
from itg.exchange.contract import PhaseChanged
from itg.kernel.errors import ConfigurationError
from itg.runtime.carrier import Carrier
from itg.runtime.clock import Clock
from itg.runtime.envelope import Record, kinds_of
from itg.runtime.fingerprint import header_of
from itg.runtime.followers import Notes
from itg.runtime.joined import JoinedPump
from itg.runtime.journal import Journal
from itg.runtime.metrics import HandlerTimes
from itg.runtime.pump_port import OnBatch
from itg.runtime.recovery import RecoveryReport, recover, recover_rest

log = structlog.get_logger()


class NodeSettings(Struct, frozen=True, kw_only=True):
    """Which node of which game to run; `game` has the game's own directory."""

    name: str
    topology: str
    bus: BusSettings
    game: SoloSettings
    internal: str = ""  # [HOST:]PORT for its neighbours and those who keep it; "": as needed

    @property
    def directory(self) -> Path:
        """Return where the node's journal is."""
        return node_directory(self.game.data, self.name)

    def check(self) -> None:
        """Raise `ConfigurationError` for an internal port that is none."""
        if self.internal:
            address_of(self.internal)

    def opened(self) -> Journal:
        """Return the node's journal, made if there is none."""
        return open_journal(self.directory, self.game.postgres, unsafe=self.game.unsafe)


def wiring_of(game: LinkedGame, carrier: Carrier) -> Wiring:
    """Return how the nodes of a game reach each other, each with fresh services."""
    return Wiring(
        layout=layout_of(game),
        chief=CHIEF,
        carrier=carrier,
        subject=lambda name: node_subject(game.name, name),
        ear=lambda name, other: ear_subject(game.name, name, other),
    )


def joined_pump(data: Path, wiring: Wiring, game: str, door: str) -> JoinedPump:
    """Return what stands before all nodes of a game, for a gateway named `door`."""
    journal = joined_journal(data)
    followed = {
        name: wiring.followed(name, door_subject(game, f"{door}-{name}"), journal)
        for name in wiring.layout
    }
    return JoinedPump(followed, wiring.layout, wiring.chief, journal, REPORTING)


class NodeProcess:
    """A node on its journal; `start` links it, `stop` drains it. `taken` is what a stand-by has."""

    def __init__(
        self, settings: NodeSettings, game: LinkedGame, taken: Taken | None = None
    ) -> None:
        self.settings = settings
        self.game = game
        self.directory = DataDirectory(settings.directory)
        self.lead = Lead(self.directory, settings.game.postgres) if taken is None else taken.lead
        if taken is None:
            self.lead.take()
        self.journal = (taken and taken.journal) or settings.opened()
        self._machine = taken and taken.machine
        self.recovery: RecoveryReport | None = None
        self._connection: Connection | None = None
        self._node: Node | None = None

    @property
    def node(self) -> Node:
        """Return the node."""
        assert self._node is not None, "start it first"
        return self._node

    async def connect(self) -> Wiring:
        """Reach the bus; raises `ConfigurationError` where no server answers."""
        settings = self.settings
        self._connection = await connection_of(
            settings.bus, DataDirectory(settings.game.data), settings.internal
        )
        return wiring_of(self.game, self._connection.carrier)

    async def start(
        self,
        wiring: Wiring,
        notes: Notes | None = None,
        *,
        clock: Clock | None = None,
        on_release: OnBatch = lambda _: None,
        scenario_hash: str = "",
    ) -> None:
        """Recover, run, and hear the others as they come."""

        def see(records: Sequence[Record]) -> None:
            on_release(records)
            if PhaseChanged in kinds_of(records):
                self.node.pump.snapshot_soon()

        name = self.settings.name
        machine = self._machine or machine_in(wiring.layout, name, HandlerTimes())
        self.lead.claim()
        self.journal.open(header_of(machine, scenario_hash))
        # A stand-by's machine is at the end of some row already.
        bring = recover if machine.next_seq == 1 else recover_rest
        self.recovery = bring(self.journal, machine)
        self._node = Node(
            name, wiring, Recovered(self.journal, machine), clock=clock, on_release=see
        )
        await self._node.start(notes)
        if self._connection is not None:
            await self._open(self._connection, wiring)

    async def _open(self, connection: Connection, wiring: Wiring) -> None:
        name = self.settings.name
        if connection.port is not None:
            connection.port.add(Desk(self.node).handlers())
            await connection.port.start()
            log.info("internal_port", url=connection.port.url)
        subject = node_subject(self.game.name, name)
        presence = node_presence(self.game.name, name, wiring.layout[name], subject)
        await connection.carrier.announce(presence, self.node.answered)

    async def finished(self) -> None:
        """Wait until the pump is drained; raises its failure."""
        await self.node.pump.finished()

    async def stop(self) -> None:
        """Finish what waits, and give the journal back."""
        try:
            if self._node is not None:
                await self._node.stop()
        finally:
            if self._connection is not None:
                await self._connection.close()
            self.journal.close()
            self.lead.release()


def linked_game(settings: NodeSettings, name: str) -> LinkedGame:
    """Return a game as its nodes know it, `name` its name on the bus.

    `ConfigurationError` for a game in lock step.
    """
    rules = create_command(settings.game, None).rules
    if rules.lock_step:
        raise ConfigurationError(
            f"--topology {settings.topology}: in lock step one door waits for every bot; "
            "serve this game with `itg serve`"
        )
    shards = tuple(shard for shard, _ in rules.shards)
    return LinkedGame(name=name, topology=settings.topology, shards=shards)


def assert_node(game: LinkedGame, name: str) -> None:
    """Raise `ConfigurationError` unless a game's topology has a node of this name."""
    nodes = layout_of(game)
    if name not in nodes:
        known = ", ".join(nodes)
        raise ConfigurationError(f"node {name!r}: topology {game.topology} has {known}")
