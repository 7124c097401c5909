"""Who stands by to lead one node of a game: `itg node NAME --standby`."""

from itg.compose.data_directory import DataDirectory
from itg.compose.game_settings import assert_made_by, create_command
from itg.compose.links import LinkFile
from itg.compose.node import machine_in
from itg.compose.node_process import NodeSettings, assert_node
from itg.compose.nodes_read import layout_of
from itg.compose.standby import Standby
from itg.compose.topologies import CHIEF
from itg.runtime.cascade import Machine
from itg.runtime.journal import Journal
from itg.runtime.metrics import HandlerTimes


class NodeStandby(Standby):
    """Follows the journal of a node; see `Standby`."""

    def __init__(self, settings: NodeSettings) -> None:
        super().__init__(settings.game, settings.directory)
        self._node = settings

    def _assert_free(self) -> None:
        if self._node.name == CHIEF:  # the others listen nowhere
            super()._assert_free()

    def _opened(self) -> Journal:
        return self._node.opened()

    def _fresh(self, journal: Journal) -> Machine:
        name, home = self._node.name, DataDirectory(self._node.game.data)
        if name == CHIEF:
            assert_made_by(create_command(self._node.game, home), journal, home)
        # Where a journal has begun, the chief has told what is played.
        game = LinkFile(home).read()
        assert_node(game, name)
        return machine_in(layout_of(game), name, HandlerTimes())
