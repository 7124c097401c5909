"""Which node runs which services: alone, as few nodes with what belongs together, each apart."""

from collections.abc import Sequence
from typing import Final

from itg.kernel.errors import ConfigurationError
from itg.runtime.service import Service, node_name

SOLO: Final = "solo"
SERVICES: Final = "services"
APART: Final = "apart"
TOPOLOGIES: Final = (SOLO, SERVICES, APART)
# The node of the game service, in every topology: it creates the game and has its clock.
CHIEF: Final = "game"
# Positions tells an account what became of its order: an answer waits for it, wherever it stands.
REPORTING: Final = frozenset({"positions"})
_NODE_OF: Final = {
    "exchange": "core",
    "positions": "core",
    "market_data": "world",
    "news": "world",
    "signals": "world",
    "retail": "world",
    "game": CHIEF,
}


def assert_topology(name: str) -> None:
    """Raise `ConfigurationError` unless there is a topology of this name."""
    if name not in TOPOLOGIES:
        known = ", ".join(TOPOLOGIES)
        raise ConfigurationError(f"topology {name!r}: there is none of this name; one of {known}")


def nodes_of(topology: str, services: Sequence[Service]) -> dict[str, list[Service]]:
    """Return the nodes by name, each with its services in routing order.

    `apart` gives each shard of the exchange a node of its own.
    """
    assert_topology(topology)
    nodes: dict[str, list[Service]] = {}
    for service in services:
        nodes.setdefault(_node(topology, service), []).append(service)
    return nodes


def _node(topology: str, service: Service) -> str:
    if topology == SOLO:
        return CHIEF
    if topology == SERVICES:
        return _NODE_OF[service.name]
    return node_name(service.name, service.shard)
