"""Who plays a game: its services by node, and the processes that `itg up` keeps on its data."""

from collections.abc import Sequence
from pathlib import Path

from itg.compose.fleet import Ship, fleet_of
from itg.gateway.roster import Alone, Played
from itg.kernel.errors import ConfigurationError
from itg.runtime.joined_machine import Layout
from itg.runtime.service import node_name
from itg.wire.v1.operating import ProcessBody


class FleetRoster(Alone):
    """The roster of a game on `data`; without a fleet there, of this process alone.

    `own` says what this process is then: it plays, or it stands before those that do.
    """

    def __init__(self, data: Path, layout: Layout, own: str = "node") -> None:
        super().__init__(
            [
                Played(node_name(each.name, each.shard), node, each.name, each.shard)
                for node, services in layout.items()
                for each in services
            ],
            own,
        )
        self._data = data

    def processes(self) -> Sequence[ProcessBody]:
        try:
            ships = fleet_of(self._data).ships
        except ConfigurationError:
            return super().processes()
        return [_body(ship) for ship in ships]


def _body(ship: Ship) -> ProcessBody:
    return ProcessBody(
        process=ship.name,
        pid=ship.pid or None,
        status=ship.state,
        port=ship.port or None,
        serves=ship.serves or None,
        starts=ship.starts,
    )
