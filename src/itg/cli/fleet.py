"""`itg gateway`, `itg up`, `itg ps`, `itg logs`: a game in several processes."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from time import sleep
from typing import TYPE_CHECKING, Annotated

import uvloop
from cyclopts import App, Parameter
from msgspec import json, structs, to_builtins
from rich.table import Table

from itg.cli import exits
from itg.cli.admin_flags import NO_ADMIN, AdminAt
from itg.cli.backup_flags import BackupEvery, BackupKeep, BackupTo
from itg.cli.consoles import screen
from itg.cli.databases import Postgres
from itg.cli.traces import TraceShare

if TYPE_CHECKING:
    from itg.compose.backup_child import BackupPlan
    from itg.compose.fleet import FleetPlan, Ship

fleet_app = App()

Data = Annotated[Path, Parameter(help="Directory of the game's data.")]
Host = Annotated[str, Parameter(help="Address on which to listen.")]
AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")]


@fleet_app.command
def gateway(  # noqa: PLR0913 - each parameter is a flag
    *,
    data: Data = Path("data"),
    bus: Annotated[
        str,
        Parameter(env_var="ITG_BUS", help="The node's broker, nats://host:port or another engine."),
    ] = "nats://127.0.0.1:4222",
    host: Host = "127.0.0.1",
    port: Annotated[int, Parameter(help="TCP port on which to listen; 0 picks a free one.")] = 8001,
    internal: Annotated[
        str,
        Parameter(help="[HOST:]PORT for the nodes, where the broker is not NATS."),
    ] = "",
    trace_share: TraceShare = 0.0,
    admin: AdminAt = NO_ADMIN,
) -> int:
    """Serve a game that another process plays: one more door to the same market.

    It serves bots and pages; the organizer is served by the node, or with --admin-port at a second
    address of this process.
    The node is `itg serve --bus` on the same data directory. Stop with Ctrl-C; sockets may come
    back to any other gateway of the game and resume there.
    """
    from itg.cli.serving import bus_of
    from itg.compose.door import Door, DoorSettings

    settings = bus_of(bus)
    assert settings is not None, "it has a default"
    plan = DoorSettings(data=data, bus=settings, host=host, port=port, internal=internal)
    door = Door(structs.replace(plan, trace_share=trace_share, admin=admin.address))

    async def serve(stop: asyncio.Event) -> None:
        await door.start()
        try:
            print(f"gateway        {door.url}    documentation: {door.url}/docs", flush=True)
            if at := door.listeners.organizer_url:
                print(f"organizer      {at}    documentation: {at}/docs", flush=True)
            await _until(stop, door.failed())
        finally:
            await door.stop()

    return _run(serve, "gateway")


@fleet_app.command
def node(  # noqa: PLR0913 - each parameter is a flag
    name: Annotated[str, Parameter(help="Its name in the topology; `game` is the chief.")],
    /,
    *,
    data: Data = Path("data"),
    bus: Annotated[
        str, Parameter(env_var="ITG_BUS", help="Broker of all nodes, nats://host:port or another.")
    ] = "nats://127.0.0.1:4222",
    topology: Annotated[
        str, Parameter(help="For `game`: services, or apart for each service on its own.")
    ] = "services",
    scenario: Annotated[
        str, Parameter(help="For `game`: name of a shipped scenario, or a TOML file.")
    ] = "demo",
    host: Host = "127.0.0.1",
    port: Annotated[int, Parameter(help="For `game`: port of the organizer's door.")] = 8000,
    standby: Annotated[
        bool, Parameter(negative="", help="While another process leads this node, follow it.")
    ] = False,
    internal: Annotated[
        str, Parameter(help="[HOST:]PORT for those who read it, or, without NATS, call it.")
    ] = "",
    postgres: Postgres = None,
    backup_to: BackupTo = None,
    backup_every: BackupEvery = "24h",
    backup_keep: BackupKeep = None,
    admin: AdminAt = NO_ADMIN,
) -> int:
    """Run one of the nodes on which a game's services stand apart.

    The node `game` creates the game or continues it; the others find it through its data directory
    and the bus. Each has a journal of its own in DATA/nodes/NAME, or in the PostgreSQL it is given;
    `game` makes the backups of all, which are of files.
    `itg up --topology` runs all.
    """
    from itg.cli.node_lives import play_chief, play_node
    from itg.cli.serving import backups_of, bus_of
    from itg.compose.game_settings import SoloSettings
    from itg.compose.journals import postgres_url
    from itg.compose.node_process import NodeSettings
    from itg.compose.topologies import CHIEF

    there = bus_of(bus)
    assert there is not None, "it has a default"
    backups = backups_of(backup_to, backup_every, backup_keep) if name == CHIEF else None
    _give(postgres)
    game = SoloSettings(
        scenario=scenario, data=data, host=host, port=port, backups=backups, standby=standby
    )
    game = structs.replace(game, postgres=postgres_url(postgres), admin=admin.address)
    settings = NodeSettings(name=name, topology=topology, bus=there, game=game, internal=internal)
    settings.check()
    play = play_chief if name == CHIEF else play_node
    return _run(partial(play, settings), name)


@fleet_app.command
def up(  # noqa: PLR0913 - each parameter is a flag
    *,
    scenario: Annotated[
        str, Parameter(help="Name of a shipped scenario, or a TOML file.")
    ] = "demo",
    data: Data = Path("data"),
    gateways: Annotated[int, Parameter(help="Gateways beside the node's own.")] = 2,
    host: Host = "127.0.0.1",
    port: Annotated[int, Parameter(help="Port of the node; gateways take the next ones.")] = 8000,
    bus_port: Annotated[int, Parameter(help="Port of the broker, on loopback.")] = 4222,
    bus: Annotated[
        str, Parameter(help="A broker that runs already, instead: nats://host:port or another.")
    ] = "",
    standby: Annotated[
        bool,
        Parameter(
            negative="", help="Keep a second process of each node that leads when the first fails."
        ),
    ] = False,
    topology: Annotated[
        str, Parameter(help="solo: one node; services: three; apart: each service on its own.")
    ] = "solo",
    internal: Annotated[
        int, Parameter(help="First of the nodes' ports for reading them, on loopback; 0: none.")
    ] = 0,
    postgres: Postgres = None,
    backup_to: BackupTo = None,
    backup_every: BackupEvery = "24h",
    backup_keep: BackupKeep = None,
) -> int:
    """Run a game as several processes on this host and keep them running.

    A NATS server, the node that plays the game or the nodes of its services, and gateways before
    it, each with its log in `DATA/logs`. With a broker of another kind in --bus the processes call
    each other at ports of their own. What ends is started again. The organizer's port is --port,
    teams use the gateways'; a stand-by's follows those. With --backup-to backups are made, each
    replayed. Stop with Ctrl-C.
    """
    from itg.cli.serving import backups_of, bus_of
    from itg.compose.fleet import FleetPlan

    _give(postgres)
    bus_of(bus)
    backups = backups_of(backup_to, backup_every, backup_keep)
    if backups is not None:
        backups.check(data)
    plan = FleetPlan(
        data=data,
        scenario=scenario,
        gateways=gateways,
        host=host,
        port=port,
        bus_port=bus_port,
        bus=bus,
        standby=standby,
        topology=topology,
        internal=internal,
        options=_options(backups, backup_every),
    )
    return _keep_running(plan)


def _keep_running(plan: "FleetPlan") -> int:
    from itg.compose.fleet import Fleet

    fleet = Fleet(plan)
    fleet.assert_room()
    _show_plan(fleet.state.ships)
    print("stop with Ctrl-C", flush=True)
    ready = "ready          all of them answer"
    return _run(partial(fleet.run, on_ready=lambda: print(ready, flush=True)), "fleet")


def _options(backups: "BackupPlan | None", every: str) -> tuple[str, ...]:
    """Return the flags of whoever makes the backups."""
    if backups is None:
        return ()
    kept = ("--backup-keep", str(backups.keep)) if backups.keep else ()
    return ("--backup-to", str(backups.to), "--backup-every", every, *kept)


def _show_plan(ships: Sequence["Ship"]) -> None:
    has_internal = any(ship.internal for ship in ships)
    for ship in ships:
        where = f"port {ship.port}" if ship.port else "no port"
        if has_internal:
            where = f"{where:10} {f'internal {ship.internal}' if ship.internal else '':14}"
        print(f"{ship.name:14} {where:10} {ship.serves:10} log {ship.log}", flush=True)


def _give(postgres: str | None) -> None:
    from itg.compose.journals import POSTGRES_VARIABLE

    if postgres:  # not in a command line, where everybody on the host reads it
        os.environ[POSTGRES_VARIABLE] = postgres


@fleet_app.command
def ps(
    *,
    data: Data = Path("data"),
    nats: Annotated[
        str, Parameter(help="Show what answers on this bus instead, on any host: nats://host:port.")
    ] = "",
    as_json: AsJson = False,
) -> int:
    """Show the processes of the game that `itg up` runs on a data directory, and who leads.

    Each one that answers on the game's bus tells which services it runs. With --nats, or ITG_BUS
    in the environment where `itg up` runs nothing on the directory, whoever answers there is shown.
    """
    from itg.cli.discovering import services_there, show_answering
    from itg.cli.serving import bus_of
    from itg.compose.data_directory import FLEET_FILE
    from itg.compose.fleet import NATS, fleet_of

    told = nats or ("" if (data / FLEET_FILE).exists() else os.environ.get("ITG_BUS", ""))
    if (bus := bus_of(told)) is not None:
        return show_answering(bus, data, as_json=as_json)
    state = fleet_of(data)
    services = services_there(data, next((s.port for s in state.ships if s.name == NATS), 0))
    if as_json:
        shown = to_builtins(state)
        for ship, row in zip(state.ships, shown["ships"], strict=True):
            row["services"] = services.get(ship.pid, [])
            row["state"] = ship.state
        print(json.format(json.encode(shown)).decode())
        return exits.DONE
    table = Table(box=None, pad_edge=False)
    has_internal = any(ship.internal for ship in state.ships)
    ports = ("port", "internal") if has_internal else ("port",)
    for name in ("process", "pid", "state", *ports, "serves", "starts", "services"):
        is_number = name in {"pid", *ports, "starts"}
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for ship in state.ships:
        listens = [str(ship.port or "")]
        if has_internal:
            listens.append(str(ship.internal or ""))
        what = ", ".join(services.get(ship.pid, []))
        starts = str(ship.starts)
        row = (ship.name, str(ship.pid or ""), ship.state, *listens, ship.serves, starts, what)
        table.add_row(*row)
    screen().print(table)
    return exits.DONE if all(ship.runs for ship in state.ships) else exits.FAILED


@fleet_app.command
def logs(
    name: Annotated[str, Parameter(help="A process of `itg ps`.")],
    *,
    data: Data = Path("data"),
    lines: Annotated[int, Parameter(help="Lines of the past.")] = 20,
    follow: Annotated[
        bool, Parameter(name=["--follow", "-f"], negative="", help="Go on with what comes.")
    ] = False,
) -> int:
    """Print the end of a process's log, and with --follow what comes."""
    from itg.compose.fleet import fleet_of
    from itg.kernel.errors import ConfigurationError

    ships = {ship.name: ship for ship in fleet_of(data).ships}
    if name not in ships:
        raise ConfigurationError(f"no process {name}: there are {', '.join(ships)}")
    with Path(ships[name].log).open(encoding="utf-8", errors="replace") as file:
        print("".join(file.readlines()[-lines:]), end="", flush=True)
        with suppress(KeyboardInterrupt):
            while follow:
                print(file.read(), end="", flush=True)
                sleep(0.2)
    return exits.DONE


def _run(life: Callable[[asyncio.Event], Awaitable[None]], service: str) -> int:
    from itg.compose.logs import log_to_stderr, say_failure
    from itg.kernel.errors import ConfigurationError, ItgError

    async def until_stopped() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        await life(stop)

    log_to_stderr(service)
    try:
        uvloop.run(until_stopped())
    except ConfigurationError:
        raise
    except ItgError as error:
        say_failure(str(error))
        return exits.FAILED
    return exits.DONE


async def _until(stop: asyncio.Event, failed: Awaitable[None]) -> None:
    waits = [asyncio.ensure_future(stop.wait()), asyncio.ensure_future(failed)]
    done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for task in waits:
        task.cancel()
    for task in done:
        task.result()
