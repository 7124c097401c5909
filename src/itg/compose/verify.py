"""Re-run a data directory's journal, beside a running game or after it."""

from collections.abc import Sequence
from pathlib import Path

from itg.compose.journals import assert_holds_game, is_on_nodes, open_journal
from itg.compose.node import machine_in
from itg.compose.nodes_read import (
    joined_journal,
    layout_in,
    node_directory,
    node_journals,
    nodes_head,
    verify_as_one,
)
from itg.compose.services import services_of
from itg.compose.topologies import CHIEF
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import Shard
from itg.runtime.cascade import Machine
from itg.runtime.joined_machine import JoinedMachine
from itg.runtime.journal import Head, Journal
from itg.runtime.metrics import HandlerTimes
from itg.runtime.recovery import VerifyReport, verify
from itg.runtime.service import Service, node_name


def verify_data(data: Path) -> VerifyReport:
    """Replay all inputs of a game from the first and compare every recorded output. Reads only."""
    journal = opened_for_reading(data)
    try:
        return verify(journal, machine_of(journal))
    finally:
        journal.close()


def prove_data(data: Path) -> VerifyReport:
    """Verify a game of one node or of several; of these each for itself, with what it heard."""
    return verify_as_one(data) if is_on_nodes(data) else verify_data(data)


def head_of_data(data: Path) -> Head:
    """Return where a game's journal ends; of several nodes all together, see `nodes_head`."""
    if is_on_nodes(data):
        journals = node_journals(data)
        try:
            return nodes_head({name: journal.head() for name, journal in journals.items()})
        finally:
            for journal in journals.values():
                journal.close()
    journal = opened_for_reading(data)
    try:
        return journal.head()
    finally:
        journal.close()


def opened_with_rounds(data: Path) -> tuple[Journal, Machine]:
    """Return the journal in which a game's rounds stand, and a fresh machine for it."""
    if is_on_nodes(data):
        journal = open_journal(node_directory(data, CHIEF))
        return journal, machine_in(layout_in(data), CHIEF)
    journal = opened_for_reading(data)
    return journal, machine_of(journal)


def opened_for_reading(data: Path) -> Journal:
    """Return the journal of a data directory; `ConfigurationError` if there is none.

    Of a game on several nodes it is those of all nodes, joined.
    """
    if is_on_nodes(data):
        return joined_journal(data)
    assert_holds_game(data)
    return open_journal(data)


def machine_of(journal: Journal, times: HandlerTimes | None = None) -> Machine:
    """Return a fresh machine with the nodes the journal was written by.

    Raises `ConfigurationError` where nobody has written it yet.
    """
    epochs = journal.epochs()
    if not epochs:
        raise ConfigurationError("the journal is empty: nothing happened in it yet")
    return machine_of_nodes(epochs[-1].header.nodes, times)


def machine_of_nodes(nodes: Sequence[str], times: HandlerTimes | None = None) -> Machine:
    """Return a fresh machine with these nodes, as a journal's header names them.

    `node/service` is how joined journals name each service with its node.
    """
    places = {name.rpartition("/")[2]: name.rpartition("/")[0] for name in nodes}
    shards = [Shard(int(name.partition(".")[2])) for name in places if name.startswith("exchange.")]
    services = services_of(shards)
    if not any(places.values()):
        return Machine(services, times)
    layout: dict[str, list[Service]] = {}
    for service in services:
        node = places[node_name(service.name, service.shard)]
        layout.setdefault(node, []).append(service)
    return JoinedMachine(layout)
