"""The page of who hears what is the routing itself."""

from pathlib import Path

from itg.compose.services import services_of
from itg.kernel.ids import Shard
from itg.runtime.routing import routing_table

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "routing.md"


def rows() -> list[str]:
    table = routing_table(services_of([Shard(0)]))
    return [
        f"| `{kind}` | {', '.join(emitters) or 'the gateway'} | {', '.join(hearers) or 'feeds'} |"
        for kind, emitters, hearers in table
    ]


def test_the_page_is_the_routing_table() -> None:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("| `")] == rows(), "\n".join(rows())
