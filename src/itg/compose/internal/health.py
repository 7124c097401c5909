"""How a node is: what it runs, how far it is, whom it hears, and the pump's numbers."""

from msgspec import Struct

from itg.compose.node import Node
from itg.kernel.ids import Seq
from itg.kernel.times import Nanos


class Health(Struct, frozen=True, kw_only=True):
    """A node: its services, the last number on disk, game time, and which neighbours it hears."""

    node: str
    services: list[str]
    epoch: int
    seq: Seq
    game_ns: Nanos
    is_live: bool
    has_caught_up: bool
    hears: dict[str, bool]


class StateHash(Struct, frozen=True, kw_only=True):
    """The hash of the whole state at a number: equal states have equal hashes."""

    seq: Seq
    state_hash: str


def health_of(node: Node, recovered_seq: Seq) -> Health:
    """Return how a node is; a pump counts only what its own life released."""
    pump = node.pump
    return Health(
        node=node.name,
        services=list(pump.machine.nodes),
        epoch=pump.epoch,
        seq=max(pump.released_seq, recovered_seq),
        game_ns=pump.machine.game_ns,
        is_live=pump.is_live,
        has_caught_up=node.hearers.has_caught_up,
        hears={name: each.is_live for name, each in node.hearers.neighbours.items()},
    )


def metrics_of(node: Node) -> str:
    """Return the pump's numbers in Prometheus' text format."""
    pump, numbers = node.pump, node.pump.numbers
    rows = (
        ("itg_pump_inputs_total", "counter", numbers.inputs),
        ("itg_pump_events_total", "counter", numbers.events),
        ("itg_pump_batches_total", "counter", numbers.batches),
        ("itg_pump_overloads_total", "counter", numbers.overloads),
        ("itg_pump_snapshots_total", "counter", numbers.snapshots),
        ("itg_pump_depth", "gauge", pump.depth),
        ("itg_pump_lag_events", "gauge", pump.lag_events),
    )
    return "".join(f"# TYPE {name} {kind}\n{name} {value}\n" for name, kind, value in rows)
