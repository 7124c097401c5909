"""The processes of one game on one host: started, kept running, stopped, by pid.

    nats-server ─ node (`itg serve --bus`), its stand-by ─ gateways (`itg gateway`)
    nats-server ─ nodes of a topology (`itg node`), their stand-bys ─ gateways

The organizer is served by the node, or by the chief of a topology; gateways serve everybody else.

Each process has a log file of its own; the list of them stands in one file beside the data, so that
another command can show what runs. A process that ends is started again after a pause that grows.
"""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Literal

import structlog
from msgspec import Struct, field, structs
from msgspec.json import Decoder, Encoder

from itg.adapters.directory_lock import holder_of
from itg.adapters.http_server import assert_free
from itg.adapters.nats_server import nats_server
from itg.adapters.private_files import make_directory
from itg.adapters.processes import is_running
from itg.compose.data_directory import BROKER, FLEET_FILE
from itg.compose.game_settings import ADMIN_VARIABLES
from itg.compose.nodes_read import node_directory
from itg.compose.services import services_of
from itg.compose.topologies import CHIEF, SOLO, assert_topology, nodes_of
from itg.kernel.errors import ConfigurationError, ItgError
from itg.runtime.supervise import RestartPolicy, supervise
from itg.scenario import load

log = structlog.get_logger()
NATS = "nats"  # the broker among the ships
_ITG = (sys.executable, "-m", "itg")
_STOP_S = 15.0
_LOOK_S = 0.1
_POLICY = RestartPolicy(delay_s=0.5, delay_s_max=10.0, tries=20, healthy_s=30.0)
# Where another node takes over, one that starts again leaves the processor to it first.
_PATIENT = RestartPolicy(delay_s=2.0, delay_s_max=10.0, tries=20, healthy_s=30.0)


class ProcessEndedError(ItgError):
    """A process of the fleet ended though nobody asked it to."""


class Ship(Struct, kw_only=True):
    """One process: its command, where it listens, and how it does."""

    name: str
    command: list[str]
    port: int  # 0: on none
    log: str
    pid: int = 0  # 0: does not run
    starts: int = 0
    stands_by: bool = False  # listens only once it leads
    place: str = ""  # where the lease of the node lies that it is of; "": of none
    internal: int = 0  # its internal port, on loopback; 0: none
    serves: Literal["organizer", "teams", ""] = ""  # whom its port is for; "": none has use of it

    @property
    def runs(self) -> bool:
        """Tell whether its process lives."""
        return is_running(self.pid)

    @property
    def state(self) -> Literal["leads", "stands by", "runs", "down"]:
        """Return how it does; of a node, whether it leads it."""
        if not self.runs:
            return "down"
        if not self.place:
            return "runs"
        return "leads" if self.leads else "stands by"

    @property
    def leads(self) -> bool:
        """Tell whether it holds the lease of its node."""
        return bool(self.place) and self.runs and holder_of(Path(self.place)) == self.pid


class FleetState(Struct, kw_only=True):
    """What the file says: who keeps the processes, and which they are."""

    keeper: int
    ships: list[Ship] = field(default_factory=list)


class FleetPlan(Struct, frozen=True, kw_only=True):
    """What to run. Ports: the broker's, the node's; gateways take those that follow the node's."""

    data: Path
    scenario: str
    gateways: int = 2
    host: str = "127.0.0.1"
    port: int = 8000
    bus_port: int = 4222
    options: tuple[str, ...] = ()  # more of `itg serve`, or of the chief
    standby: bool = False  # a second node, whose port follows the gateways'
    topology: str = SOLO
    internal: int = 0  # the first node's internal port, the others' follow; 0: none
    bus: str = ""  # an address with a broker of one's own; "": a NATS server beside the nodes


class Fleet:
    """Keep the processes of a plan until `stop` is set."""

    def __init__(self, plan: FleetPlan) -> None:
        assert_topology(plan.topology)
        if plan.internal and plan.topology == SOLO:
            raise ConfigurationError(
                f"--internal {plan.internal}: topology solo has no nodes to read; with --topology "
                "services or apart each of them gets a port"
            )
        self.plan = plan
        make_directory(plan.data)
        (plan.data / "logs").mkdir(exist_ok=True)
        bus = plan.bus or f"nats://127.0.0.1:{plan.bus_port}"
        inherited = {name: v for name, v in os.environ.items() if name not in ADMIN_VARIABLES}
        self._environment = {**inherited, "ITG_BUS": bus}
        self._file = plan.data / FLEET_FILE
        self.state = FleetState(keeper=os.getpid(), ships=_ships(plan))

    def assert_room(self) -> None:
        """Raise `ConfigurationError` if the data or a port is another's already."""
        plan = self.plan
        keeper = _keeper_of(plan.data)
        if keeper:
            raise ConfigurationError(
                f"process {keeper} runs the game on {plan.data} already: `itg ps --data "
                f"{plan.data}` shows it; for another game name another --data"
            )
        for ship in self.state.ships:
            is_bus = ship.name == NATS
            try:
                assert_free("127.0.0.1" if is_bus else plan.host, ship.port)
            except ConfigurationError as error:
                flag = "--bus-port" if is_bus else f"--port, now {plan.port}"
                raise ConfigurationError(f"{ship.name}: {error} ({flag})") from error
            try:
                assert_free("127.0.0.1", ship.internal)
            except ConfigurationError as error:
                raise ConfigurationError(
                    f"{ship.name}: {error} (--internal, now {plan.internal})"
                ) from error

    async def run(self, stop: asyncio.Event, on_ready: Callable[[], None] = lambda: None) -> None:
        """Start one after the other, keep them, and stop them in the opposite order.

        `on_ready` is called once all of them answer.
        """
        tasks: list[asyncio.Task[None]] = []
        ended: dict[str, asyncio.Event] = {}
        try:
            for ship in self.state.ships:
                ended[ship.name] = asyncio.Event()
                tasks.append(asyncio.create_task(self._keep(ship, ended[ship.name])))
                await self._answers(ship, stop, tasks)
            if not stop.is_set() and not any(task.done() for task in tasks):
                on_ready()
            waiting = asyncio.create_task(stop.wait())
            await asyncio.wait({waiting, *tasks}, return_when=asyncio.FIRST_COMPLETED)
            waiting.cancel()
            for task in tasks:
                if task.done():
                    task.result()
        finally:
            for ship, task in reversed(list(zip(self.state.ships, tasks, strict=False))):
                ended[ship.name].set()
                await asyncio.gather(task, return_exceptions=True)
            self._file.unlink(missing_ok=True)

    async def _keep(self, ship: Ship, ended: asyncio.Event) -> None:
        policy = _PATIENT if self.plan.standby else _POLICY
        await supervise(ship.name, partial(self._one_life, ship, ended), policy)

    async def _one_life(self, ship: Ship, ended: asyncio.Event) -> None:
        if ended.is_set():
            return
        process = await self._started(ship)
        ship.pid, ship.starts = process.pid, ship.starts + 1
        self._write()
        waits = [asyncio.create_task(process.wait()), asyncio.create_task(ended.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            is_asked = ended.is_set()
            await _end(process)
            ship.pid = 0
            self._write()
        if not is_asked:
            raise ProcessEndedError(f"{ship.name} ended with code {process.returncode}")

    async def _started(self, ship: Ship) -> Process:
        output = os.open(ship.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            return await asyncio.create_subprocess_exec(
                *ship.command,
                stdin=DEVNULL,
                stdout=output,
                stderr=output,
                env=self._environment,
                start_new_session=True,  # Ctrl-C is the keeper's: it stops them in order
            )
        finally:
            os.close(output)

    async def _answers(
        self, ship: Ship, stop: asyncio.Event, tasks: Sequence[asyncio.Task[None]]
    ) -> None:
        is_heard = ship.port > 0 and not ship.stands_by
        while is_heard and not stop.is_set() and not tasks[-1].done():
            with suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", ship.port)
                writer.close()
                return
            await asyncio.sleep(_LOOK_S)

    def _write(self) -> None:
        whole = self._file.with_suffix(".new")
        whole.write_bytes(Encoder().encode(self.state))
        whole.replace(self._file)  # a reader sees the one or the other


def fleet_of(data: Path) -> FleetState:
    """Return the fleet that runs on a data directory; `ConfigurationError` if none does."""
    try:
        state = Decoder(FleetState).decode((data / FLEET_FILE).read_bytes())
    except FileNotFoundError:
        raise ConfigurationError(f"no fleet runs on {data}: start one with `itg up`") from None
    if not is_running(state.keeper):
        raise ConfigurationError(
            f"the fleet on {data} was left by process {state.keeper}, which is gone; "
            f"`itg up --data {data}` goes on with its game"
        )
    return state


def _keeper_of(data: Path) -> int:
    try:
        return fleet_of(data).keeper
    except ConfigurationError:
        return 0


def _ships(plan: FleetPlan) -> list[Ship]:
    ships = [] if plan.bus else [_broker(plan)]
    ships += _nodes(plan)
    for number in range(1, plan.gateways + 1):
        port = plan.port + number
        command = [*_ITG, "gateway", "--data", str(plan.data)]
        command += ["--host", plan.host, "--port", str(port)]
        ship = _ship(plan, f"gateway-{number}", command, port)
        ships.append(structs.replace(ship, serves="teams"))
    return ships


def _broker(plan: FleetPlan) -> Ship:
    command = [str(nats_server()), "--addr", "127.0.0.1", "--port", str(plan.bus_port)]
    command += ["--jetstream", "--store_dir", str(plan.data / BROKER)]
    return _ship(plan, NATS, command, plan.bus_port)


def _nodes(plan: FleetPlan) -> list[Ship]:
    if plan.topology == SOLO:
        names = ["node"]
    else:
        shards = tuple(s for s, _ in load(plan.scenario).rules.shards)
        every = nodes_of(plan.topology, services_of(shards))
        # The chief answers when all others are there.
        names = [*(name for name in every if name != CHIEF), CHIEF]
    ships = [_node(plan, name, plan.port) for name in names]
    if plan.standby:
        ships += [_standby(plan, name) for name in names]
    if plan.internal:
        ships = [_read_at(ship, plan.internal + number) for number, ship in enumerate(ships)]
    return ships


def _read_at(ship: Ship, port: int) -> Ship:
    return structs.replace(ship, command=[*ship.command, "--internal", str(port)], internal=port)


def _standby(plan: FleetPlan, name: str) -> Ship:
    ship = _node(plan, name, plan.port + plan.gateways + 1)
    called = "standby" if plan.topology == SOLO else f"{name}-standby"
    return structs.replace(ship, name=called, log=_log(plan, called), stands_by=True)


def _node(plan: FleetPlan, name: str, port: int) -> Ship:
    listens = ["--host", plan.host, "--port", str(port), *plan.options]
    if plan.topology == SOLO:
        command = [*_ITG, "serve", "--scenario", plan.scenario, *listens]
        place = plan.data
    else:
        command = [*_ITG, "node", name]
        place = node_directory(plan.data, name)
        if name == CHIEF:
            command += ["--topology", plan.topology, "--scenario", plan.scenario, *listens]
        else:
            port = 0
    command += ["--data", str(plan.data)]
    if plan.standby:
        command.append("--standby")  # both: whoever leads, the other one follows
    ship = _ship(plan, name, command, port)
    return structs.replace(ship, place=str(place), serves="organizer" if port else "")


def _ship(plan: FleetPlan, name: str, command: list[str], port: int) -> Ship:
    return Ship(name=name, command=command, port=port, log=_log(plan, name))


def _log(plan: FleetPlan, name: str) -> str:
    return str(plan.data / "logs" / f"{name}.log")


async def _end(process: Process) -> None:
    if process.returncode is not None:
        return
    process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), _STOP_S)
    except TimeoutError:
        process.kill()
        await process.wait()
