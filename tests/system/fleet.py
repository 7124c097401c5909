"""A real `itg up`, its processes by name, and small blocking calls to its doors."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from types import TracebackType
from typing import Self

from msgspec.json import decode
from tests.ports import free_ports
from tests.system.server import Server

from itg.compose.data_directory import FLEET_FILE
from itg.compose.fleet import FleetState, Ship
from itg.compose.nodes_read import node_directory

READY_S_MAX = 60.0
_NEVER = threading.Event()
STARTED_S_MAX = 180.0  # several processes, one after the other


class Fleet:
    """`itg up` with two gateways on free ports, perhaps a stand-by; ended at the end."""

    def __init__(
        self,
        data: Path,
        scenario: str = "bare",
        *,
        standby: bool = False,
        topology: str = "solo",
        flags: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.data = data
        self.scenario = scenario
        self.flags = ["--topology", topology, *(["--standby"] if standby else []), *flags]
        self.environment = {**os.environ, **(environment or {})}
        self.port = free_ports(5)
        self.bus_port = self.port + 4
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "itg", "up", "--scenario", self.scenario]
        command += ["--data", str(self.data), "--port", str(self.port)]
        command += ["--bus-port", str(self.bus_port), *self.flags]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=self.environment)
        try:
            for door in range(3):
                self.until_ready(door, STARTED_S_MAX)
        except BaseException:
            self._process.terminate()
            self._process.wait(60)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._process is not None
        self._process.terminate()
        assert self._process.wait(60) == 0

    def door(self, number: int) -> Server:
        """Return calls to the node's own gateway (0), to one before it, or to the stand-by (3)."""
        server = Server(self.data)
        server.port = self.port + number
        return server

    @property
    def state(self) -> FleetState:
        return decode((self.data / FLEET_FILE).read_bytes(), type=FleetState)

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Kill a process, without warning if not asked otherwise; return its starts so far."""
        ship = next(ship for ship in self.state.ships if ship.name == name)
        os.kill(ship.pid, number)
        return ship.starts

    def leader(self, node: str = "") -> Ship:
        """Return the process that holds the lease, of one node where there are several."""
        deadline = time.monotonic() + READY_S_MAX
        while True:
            for ship in self._of(node):
                if ship.leads:
                    return ship
            assert time.monotonic() < deadline, "nobody leads"

    def until_standing_by(self, node: str = "") -> None:
        """Wait until the process that does not lead follows the game, or the node."""
        deadline = time.monotonic() + READY_S_MAX
        while True:
            leader = self.leader(node).name
            ship = next(s for s in self._of(node) if s.name != leader)
            lives = Path(ship.log).read_text().split("stand-by  ")
            if ship.pid and len(lives) > ship.starts and "stands_by" in lives[-1]:
                return
            assert time.monotonic() < deadline, "nobody stands by"
            _NEVER.wait(0.05)

    def _of(self, node: str) -> list[Ship]:
        place = str(node_directory(self.data, node) if node else self.data)
        return [ship for ship in self.state.ships if ship.place == place]

    def until_started(self, name: str, starts: int) -> None:
        """Wait until a process has been started more often than that."""
        deadline = time.monotonic() + READY_S_MAX
        while not any(s.name == name and s.pid and s.starts > starts for s in self.state.ships):
            assert time.monotonic() < deadline, f"{name} is not started again"
            _NEVER.wait(0.05)

    def until_ready(self, door: int, ready_s_max: float = READY_S_MAX) -> None:
        """Wait until a door answers and hears of its node."""
        deadline = time.monotonic() + ready_s_max
        while not self.is_ready(door):
            assert self._process is not None
            assert self._process.poll() is None, "the fleet gave up"
            assert time.monotonic() < deadline, f"door {door} is not ready in time"
            _NEVER.wait(0.05)  # what it waits for needs the processor

    def is_ready(self, door: int) -> bool:
        try:
            status, _ = self.door(door).call("GET", "/health/ready")
        except (OSError, HTTPException):
            return False
        return status == 200
