"""What `itg ps` tells of processes that answer on the bus."""

from typing import TYPE_CHECKING

from msgspec import json
from rich.table import Table

from itg.cli import exits
from itg.cli.consoles import screen

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from itg.compose.relay_child import BusSettings
    from itg.runtime.presence import Present

_RIGHT = {"pid", "requests", "errors", "mean µs"}


def show_answering(bus: "BusSettings", data: "Path", *, as_json: bool) -> int:
    """Print every process that answers on a bus; code 1 if none does."""
    from itg.compose.discovery import answering

    found = answering(bus, data)
    if as_json:
        print(json.format(json.encode(found)).decode())
    elif found:
        screen().print(_table(found))
    else:
        print(f"{bus.address}: no process of a game answers")
    return exits.DONE if found else exits.FAILED


def services_there(data: "Path", port: int) -> dict[int, list[str]]:
    """Return what each process of a fleet runs, by its pid; nothing of those who do not answer.

    `port` is that of the fleet's broker; without one they are asked at their own ports. A gateway
    runs no service and is called by its kind.
    """
    from itg.compose.discovery import answering, answering_at_ports, is_askable
    from itg.compose.relay_child import BusSettings
    from itg.kernel.errors import ConfigurationError

    if port and not is_askable():
        return {}
    try:
        bus = BusSettings(url=f"nats://127.0.0.1:{port}")
        found = answering(bus, data) if port else answering_at_ports(data)
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
