"""A recorded game once more, its services on nodes of their own, held against the record.

journal → Conductor → Machine + journal of each node → outputs

The nodes are pumps of this process that share nothing: what passes between them is bytes.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from itg.compose.services import services_of
from itg.compose.topologies import nodes_of
from itg.compose.verify import machine_of, opened_for_reading
from itg.kernel.ids import Seq
from itg.kernel.messages import Message
from itg.kernel.times import Nanos
from itg.runtime.arrival import Arrival
from itg.runtime.cascade import Machine
from itg.runtime.clock import VirtualClock
from itg.runtime.conductor import Conductor
from itg.runtime.digest import EventDigest
from itg.runtime.journal import FROM_START, Journal, MemoryJournal, checked_rows
from itg.runtime.pump import Pump
from itg.runtime.service import Service, node_name

# Hears how far the journal is played, and how long it is.
OnRow = Callable[[Seq, Seq], None]


class TopologyReport(Struct, frozen=True, kw_only=True):
    """What a game's inputs came to in a topology; `nodes` are names with their numbers of inputs.

    `difference` tells the first input whose outputs are not the recorded ones.
    """

    topology: str
    nodes: dict[str, int]
    inputs: int
    event_digest: str
    difference: str | None = None


class InnerNode:
    """A node in this process: a pump of its own, a journal of its own, nothing shared but bytes."""

    def __init__(self, services: Sequence[Service]) -> None:
        self.inputs = 0
        self.clock = VirtualClock(Nanos(0))
        self.pump = Pump(Machine(services), MemoryJournal.opened(), self.clock)

    async def deliver(
        self, now: Nanos, arrivals: Sequence[Arrival]
    ) -> Sequence[tuple[Message, ...]]:
        """Apply a depth's arrivals; `itg.runtime.conductor.Player` has the rest."""
        self.clock.advance_to(now)
        caused: list[tuple[Message, ...]] = []
        for arrival in arrivals:
            self.pump.submit(arrival, on_release=lambda record: caused.append(record.outputs))
        self.pump.run_until_idle()
        self.inputs += len(caused)
        return caused


def verify_topology(data: Path, topology: str, on_row: OnRow) -> TopologyReport:
    """Play a recorded game's inputs on the nodes of a topology, and hold all against the record.

    Reads only. `on_row` hears of each row as it is done.
    """
    journal = opened_for_reading(data)
    try:
        return asyncio.run(conducted(journal, topology, on_row))
    finally:
        journal.close()


async def conducted(journal: Journal, topology: str, on_row: OnRow) -> TopologyReport:
    """Play a journal's inputs on the nodes of a topology, in this process."""
    recorded = machine_of(journal)
    shards = [s.shard for s in recorded.services if s.shard is not None]
    nodes = {name: InnerNode(own) for name, own in nodes_of(topology, services_of(shards)).items()}
    players = {
        node_name(service.name, service.shard): node
        for node in nodes.values()
        for service in node.pump.machine.services
    }
    conductor = Conductor(services_of(shards), players)
    digest, inputs, difference = EventDigest(recorded.codec), 0, None
    for batch in checked_rows(journal, FROM_START):
        for record in recorded.codec.decode_records(batch.body):
            outputs = await conductor.apply(record.game_ns, record.body)
            digest.add(replace(record, outputs=outputs))
            inputs += 1
            if outputs != record.outputs:
                difference = f"input {record.seq}, {type(record.body).__name__}"
                break
        on_row(batch.last_seq, journal.head().seq)
        if difference is not None:
            break
    return TopologyReport(
        topology=topology,
        nodes={name: node.inputs for name, node in nodes.items()},
        inputs=inputs,
        event_digest=digest.hexdigest(),
        difference=difference,
    )
