"""What the nodes of a game wrote, read: as one journal, and each re-run on its own."""

from collections.abc import Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path

from itg.compose.data_directory import DataDirectory
from itg.compose.journals import NODES, assert_holds_game, open_journal
from itg.compose.links import LinkedGame, LinkFile
from itg.compose.node import machine_in
from itg.compose.services import services_of
from itg.compose.topologies import nodes_of
from itg.kernel.ids import Seq
from itg.runtime.joined_journal import JoinedJournal
from itg.runtime.joined_machine import Layout
from itg.runtime.journal import Head, Journal
from itg.runtime.recovery import VerifyReport, reread, verify


def node_directory(data: Path, name: str) -> Path:
    """Return where a node's journal is, in the game's directory."""
    return data / NODES / name


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


def nodes_head(ends: Mapping[str, Head]) -> Head:
    """Return the end of several journals as one: how many numbers, and a hash over their hashes."""
    digest = sha256()
    for name in sorted(ends):
        digest.update(f"{name} {ends[name].hash.hex()}\n".encode())
    return Head(Seq(sum(end.seq for end in ends.values())), digest.digest())


def verify_as_one(data: Path) -> VerifyReport:
    """Return what all nodes' journals prove together; the hashes are over those of the nodes."""
    reports = verify_nodes(data)
    wrong = next((name for name, report in reports.items() if not report.is_equal), None)
    ends = {name: Head(Seq(0), bytes.fromhex(report.head_hash)) for name, report in reports.items()}
    return VerifyReport(
        inputs=sum(report.inputs for report in reports.values()),
        outputs=sum(report.outputs for report in reports.values()),
        is_equal=wrong is None,
        head_hash=nodes_head(ends).hash.hex(),
        state_hash=_hash_of({name: report.state_hash for name, report in reports.items()}),
        event_digest=_hash_of({name: report.event_digest for name, report in reports.items()}),
        difference=None if wrong is None else f"node {wrong}: {reports[wrong].difference}",
    )


def restarted_nodes_hash(data: Path) -> str:
    """Return the hash of the states that a restart of every node would come to, see `reread`."""
    layout, hashes = layout_in(data), dict[str, str]()
    for name, journal in node_journals(data).items():
        machine = machine_in(layout, name)
        try:
            reread(journal, machine)
        finally:
            journal.close()
        hashes[name] = machine.state_hash()
    return _hash_of(hashes)


def _hash_of(hashes: Mapping[str, str]) -> str:
    text = "".join(f"{name} {hashes[name]}\n" for name in sorted(hashes))
    return sha256(text.encode()).hexdigest()


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
