"""A game goes on as it was begun: in one process, or on the nodes that have its journals."""

from pathlib import Path

import pytest

from itg.adapters.sqlite_journal import SqliteJournal
from itg.compose.chief import Chief
from itg.compose.data_directory import DataDirectory
from itg.compose.game_settings import SoloSettings
from itg.compose.links import LinkedGame, LinkFile
from itg.compose.node_process import NodeSettings
from itg.compose.nodes_read import node_directory
from itg.compose.relay_child import BusSettings
from itg.compose.solo import Solo
from itg.kernel.errors import ConfigurationError


def chief_settings(data: Path, topology: str) -> NodeSettings:
    game = SoloSettings(scenario="bare", data=data)
    bus = BusSettings(url="nats://127.0.0.1:4222")
    return NodeSettings(name="game", topology=topology, bus=bus, game=game)


def begun_on_nodes(data: Path, topology: str) -> None:
    SqliteJournal(node_directory(data, "game")).close()
    LinkFile(DataDirectory(data)).write(LinkedGame(name="bare-1", topology=topology))


def test_nodes_do_not_continue_a_game_of_one_process(tmp_path: Path) -> None:
    SqliteJournal(tmp_path).close()
    with pytest.raises(ConfigurationError, match=r"--topology services: .* was begun as solo"):
        Chief(chief_settings(tmp_path, "services"))


def test_another_topology_does_not_continue_a_game_on_nodes(tmp_path: Path) -> None:
    begun_on_nodes(tmp_path, "services")
    with pytest.raises(ConfigurationError, match=r"--topology apart: .* was begun as services"):
        Chief(chief_settings(tmp_path, "apart"))


def test_one_process_does_not_continue_a_game_on_nodes(tmp_path: Path) -> None:
    begun_on_nodes(tmp_path, "services")
    with pytest.raises(ConfigurationError, match="is played on several nodes"):
        Solo(SoloSettings(scenario="bare", data=tmp_path))
