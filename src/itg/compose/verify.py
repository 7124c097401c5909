"""Re-run a data directory's journal, beside a running game or after it."""

from collections.abc import Sequence
from pathlib import Path

from itg.adapters.sqlite_journal import DATABASE, SqliteJournal
from itg.compose.services import services_of
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import Shard
from itg.runtime.cascade import Machine
from itg.runtime.recovery import VerifyReport, verify


def verify_data(data: Path) -> VerifyReport:
    """Replay all inputs of a game from the first and compare every recorded output. Reads only."""
    journal = opened_for_reading(data)
    try:
        return verify(journal, machine_of(journal))
    finally:
        journal.close()


def opened_for_reading(data: Path) -> SqliteJournal:
    """Return the journal of a data directory; `ConfigurationError` if there is none."""
    if not (data / DATABASE).exists():
        raise ConfigurationError(f"{data} holds no game: there is no {DATABASE} in it")
    return SqliteJournal(data)


def machine_of(journal: SqliteJournal) -> Machine:
    """Return a fresh machine with the nodes the journal was written by."""
    return machine_of_nodes(journal.epochs()[-1].header.nodes)


def machine_of_nodes(nodes: Sequence[str]) -> Machine:
    """Return a fresh machine with these nodes, as a journal's header names them."""
    shards = [Shard(int(name.partition(".")[2])) for name in nodes if name.startswith("exchange.")]
    return Machine(services_of(shards))
