"""Re-run a data directory's journal, beside a running game or after it."""

from collections.abc import Sequence
from pathlib import Path

from itg.compose.journals import assert_holds_game, open_journal
from itg.compose.services import services_of
from itg.kernel.ids import Shard
from itg.runtime.cascade import Machine
from itg.runtime.journal import Journal
from itg.runtime.metrics import HandlerTimes
from itg.runtime.recovery import VerifyReport, verify


def verify_data(data: Path) -> VerifyReport:
    """Replay all inputs of a game from the first and compare every recorded output. Reads only."""
    journal = opened_for_reading(data)
    try:
        return verify(journal, machine_of(journal))
    finally:
        journal.close()


def opened_for_reading(data: Path) -> Journal:
    """Return the journal of a data directory; `ConfigurationError` if there is none."""
    assert_holds_game(data)
    return open_journal(data)


def machine_of(journal: Journal, times: HandlerTimes | None = None) -> Machine:
    """Return a fresh machine with the nodes the journal was written by."""
    return machine_of_nodes(journal.epochs()[-1].header.nodes, times)


def machine_of_nodes(nodes: Sequence[str], times: HandlerTimes | None = None) -> Machine:
    """Return a fresh machine with these nodes, as a journal's header names them."""
    shards = [Shard(int(name.partition(".")[2])) for name in nodes if name.startswith("exchange.")]
    return Machine(services_of(shards), times)
