"""What the nodes of a game wrote, read: as one journal, and each re-run on its own."""

from functools import partial
from pathlib import Path

from itg.compose.data_directory import DataDirectory
from itg.compose.journals import assert_holds_game, open_journal
from itg.compose.links import LinkedGame, LinkFile
from itg.compose.node import machine_in
from itg.compose.services import services_of
from itg.compose.topologies import nodes_of
from itg.runtime.joined_journal import JoinedJournal
from itg.runtime.joined_machine import Layout
from itg.runtime.journal import Journal
from itg.runtime.recovery import VerifyReport, verify

NODES = "nodes"


def node_directory(data: Path, name: str) -> Path:
    """Return where a node's journal is, in the game's directory."""
    return data / NODES / name


def is_on_nodes(data: Path) -> bool:
    """Tell whether a directory's game was played on several nodes."""
    return (data / NODES).is_dir()


def layout_of(game: LinkedGame) -> Layout:
    """Return a game's nodes, each with fresh services."""
    return nodes_of(game.topology, services_of(game.shards))


def layout_in(data: Path) -> Layout:
    """Return the nodes of a directory's game, each with fresh services."""
    return layout_of(LinkFile(DataDirectory(data)).read())


def node_journals(data: Path) -> dict[str, Journal]:
    """Return the journal of every node of a directory's game; `ConfigurationError` for none."""
    return {name: _opened(data, name) for name in layout_in(data)}


def joined_journal(data: Path) -> JoinedJournal:
    """Return the journals of the nodes of a directory's game, to be read as one."""
    game = LinkFile(DataDirectory(data)).read()
    return JoinedJournal(partial(node_journals, data), partial(layout_of, game))


def verify_nodes(data: Path) -> dict[str, VerifyReport]:
    """Replay every node's inputs from the first, what arrived from others among them. Reads only.

    Each node's journal proves its own part; the event digest of a node is that of its services.
    """
    game = LinkFile(DataDirectory(data)).read()
    reports: dict[str, VerifyReport] = {}
    for name in layout_of(game):
        journal = _opened(data, name)
        try:
            reports[name] = verify(journal, machine_in(layout_of(game), name))
        finally:
            journal.close()
    return reports


def _opened(data: Path, name: str) -> Journal:
    directory = node_directory(data, name)
    assert_holds_game(directory)
    return open_journal(directory)
