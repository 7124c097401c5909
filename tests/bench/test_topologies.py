"""What services on nodes of their own cost is measured, positions apart among them."""

from pathlib import Path

from bench.topologies import MEASURED

from itg import scenario
from itg.compose.services import services_of
from itg.compose.topologies import APART, SERVICES, nodes_of

PAGE = Path(__file__).parents[2] / "docs" / "explanation" / "performance.md"


def nodes(topology: str) -> dict[str, list[str]]:
    services = services_of([shard for shard, _ in scenario.load("bare").rules.shards])
    return {name: [s.name for s in each] for name, each in nodes_of(topology, services).items()}


def test_positions_on_a_node_of_their_own_are_measured_and_told_beside_one_process() -> None:
    together = [each for each in nodes(SERVICES).values() if "positions" in each]
    assert together[0] != ["positions"]
    assert ["positions"] in nodes(APART).values()
    assert {SERVICES, APART} == set(MEASURED)
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    (head,) = [line for line in lines if line.startswith("| | solo |")]
    assert f"| {SERVICES} (3 nodes) |" in head
    assert f"| {APART} (7 nodes) |" in head
    assert (len(nodes(SERVICES)), len(nodes(APART))) == (3, 7)
