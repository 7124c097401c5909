"""What `itg ps` tells of processes that answer on the bus."""

from typing import TYPE_CHECKING

from msgspec import json
from rich.console import Console
from rich.table import Table

from itg.cli import exits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from itg.compose.relay_child import BusSettings
    from itg.runtime.presence import Present

_RIGHT = {"pid", "requests", "errors", "mean µs"}


def show_answering(bus: "BusSettings", *, as_json: bool) -> int:
    """Print every process that answers on a bus; code 1 if none does."""
    from itg.compose.discovery import answering

    found = answering(bus)
    if as_json:
        print(json.format(json.encode(found)).decode())
    elif found:
        Console().print(_table(found))
    else:
        print(f"{bus.address}: no process of a game answers")
    return exits.DONE if found else exits.FAILED


def services_there(port: int) -> dict[int, list[str]]:
    """Return what each process on this host's broker runs, by its pid; nothing where none answers.

    A gateway runs no service and is called by its kind.
    """
    from itg.compose.discovery import answering, is_askable
    from itg.compose.relay_child import BusSettings
    from itg.kernel.errors import ConfigurationError

    if not port or not is_askable():
        return {}
    try:
        found = answering(BusSettings(url=f"nats://127.0.0.1:{port}"))
    except ConfigurationError:
        return {}
    told = [each.presence for each in found]
    return {each.pid: list(each.services) or [each.kind] for each in told}


def _table(found: "Sequence[Present]") -> Table:
    table = Table(box=None, pad_edge=False)
    columns = ("game", "process", "services", "version", "build", "pid")
    for name in (*columns, "requests", "errors", "mean µs"):
        table.add_column(name, justify="right" if name in _RIGHT else "left", overflow="fold")
    for each in found:
        told = each.presence
        name = told.node if told.kind == "node" else f"{told.kind} {told.node}"
        numbers = (each.requests, each.errors, each.mean_us) if told.subject else ("", "", "")
        row = (told.game, name, ", ".join(told.services), told.version, told.build, told.pid)
        table.add_row(*map(str, row), *map(str, numbers))
    return table
