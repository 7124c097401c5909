"""A game whose services stand on nodes of their own, and a gateway before all of them."""

from collections.abc import Callable, Sequence
from functools import partial
from weakref import WeakKeyDictionary

from msgspec.structs import replace
from tests.runtime.carriers import LossyCarrier

from itg.compose.node import Node, Recovered, Wiring, machine_in
from itg.compose.topologies import CHIEF, REPORTING, nodes_of
from itg.runtime.clock import Clock
from itg.runtime.envelope import Record
from itg.runtime.followed import FollowedPump
from itg.runtime.joined import JoinedPump
from itg.runtime.joined_journal import JoinedJournal
from itg.runtime.journal import Journal, MemoryJournal, MemoryStore
from itg.runtime.recovery import recover
from itg.runtime.service import Service

# The journals of the other nodes of a game, by its chief's.
_stores: WeakKeyDictionary[MemoryStore, dict[str, MemoryStore]] = WeakKeyDictionary()


class Ensemble:
    """The nodes of one game over a memory carrier; `journal` is the chief's."""

    def __init__(
        self,
        topology: str,
        fresh: Callable[[], Sequence[Service]],
        journal: Journal,
        clock: Clock,
        see: Callable[[str, Sequence[Record]], None],
    ) -> None:
        self.topology = topology
        self.fresh = fresh
        self.carrier = LossyCarrier()
        self.wiring = Wiring(
            layout=nodes_of(topology, fresh()),
            chief=CHIEF,
            carrier=self.carrier,
            subject=lambda name: f"link.{name}",
            ear=lambda name, other: f"ear.{name}.{other}",
        )
        stores = _stores.setdefault(journal.store, {}) if isinstance(journal, MemoryJournal) else {}
        self.nodes: dict[str, Node] = {}
        self.doors: dict[str, FollowedPump] = {}
        self._stores, self._journal, self._clock, self._see = stores, journal, clock, see
        for name in self.wiring.layout:
            self.nodes[name] = self._node(name, self.wiring)

    def _node(self, name: str, wiring: Wiring) -> Node:
        is_chief = name == CHIEF
        store = self._stores.setdefault(name, MemoryStore())
        journal = self._journal if is_chief else MemoryJournal.opened(store)
        machine = machine_in(wiring.layout, name)
        if journal.head().seq:
            recover(journal, machine)
        return Node(
            name,
            wiring,
            Recovered(journal, machine),
            clock=self._clock if is_chief else None,
            on_release=partial(self._see, name),
        )

    async def start(self) -> JoinedPump:
        """Start every node and return what stands before them."""
        for node in self.nodes.values():
            await node.start()
        joined = self.door("door")
        self.doors = joined.nodes
        return joined

    def door(self, called: str) -> JoinedPump:
        """Return what stands before the nodes at another door."""
        followed = {
            name: self.wiring.followed(name, f"{called}.{name}", node.pump.journal)
            for name, node in self.nodes.items()
        }
        journal = self.nodes[CHIEF].pump.journal
        return JoinedPump(followed, self.wiring.layout, CHIEF, journal, REPORTING)

    async def restart(self, name: str) -> None:
        """Begin a node that was stopped anew, on its journal."""
        fresh = nodes_of(self.topology, self.fresh())
        self.nodes[name] = self._node(name, replace(self.wiring, layout=fresh))
        await self.nodes[name].start()

    def joined_journal(self) -> JoinedJournal:
        """Return the journals of all nodes as one, to be read."""
        stores = {**self._stores}
        chief = self._journal
        assert isinstance(chief, MemoryJournal)
        stores[CHIEF] = chief.store
        names = list(self.wiring.layout)
        return JoinedJournal(
            lambda: {name: MemoryJournal(stores[name]) for name in names},
            lambda: nodes_of(self.topology, self.fresh()),
        )

    async def stop(self) -> None:
        for node in self.nodes.values():
            await node.stop()
        await self.carrier.close()
