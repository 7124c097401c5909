"""A real `itg serve` in a process of its own, and small blocking calls to it."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

Json = dict[str, object]

READY_S_MAX = 60.0


class Server:
    """`itg serve` on a free port, the same when it is started again.

    As a context manager it is ended at the end.
    """

    command = "serve"
    announces = "market"

    def __init__(self, data: Path, scenario: str = "bare", *flags: str) -> None:
        self.data = data
        self.flags = ("--scenario", scenario, "--data", str(data), *flags)
        self.port = 0
        self.ready_s = 0.0  # of the processor: what a busy machine gives others is not its own
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self.kill()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None, "start it first"
        return self._process.pid

    @property
    def admin_key(self) -> str:
        return (self.data / "admin.key").read_text().strip()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "itg", self.command, "--port", str(self.port), *self.flags],
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self.port = self._announced_port()
        self.until_ready()
        self.ready_s = processor_s(self.pid)

    def until_ready(self) -> None:
        """Return once it answers that it is ready; after a restart by itself too."""
        assert self._process is not None
        deadline = time.monotonic() + READY_S_MAX
        while not self._is_ready():
            assert self._process.poll() is None, "the server ended while starting"
            assert time.monotonic() < deadline, "the server is not ready in time"

    def wait(self) -> int:
        """Return the exit code once it has ended by itself."""
        return self._end(None)

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ask it to drain and return its exit code."""
        return self._end(signal.SIGTERM)

    def call(
        self, method: str, path: str, body: object = None, key: str | None = None
    ) -> tuple[int, Json]:
        """Return status and decoded body of one request on a connection of its own."""
        status, answer = self.call_raw(
            method, path, None if body is None else json.dumps(body), key
        )
        return status, json.loads(answer) if answer else {}

    def call_raw(
        self, method: str, path: str, body: str | None = None, key: str | None = None
    ) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {} if body is None else {"Content-Type": "application/json"}
        if key is not None:
            headers["X-API-Key"] = key
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def register(self, name: str, role: str) -> tuple[str, str]:
        """Register a team and return its id and key."""
        status, team = self.call("POST", "/game/teams/register", {"team_name": name, "role": role})
        assert status == 201, team
        return str(team["team_id"]), str(team["api_key"])

    def open_market(self) -> None:
        """Start the round and bring the market to continuous trading."""
        for path, body in (
            ("/admin/rounds/1/start", None),
            ("/admin/phases", {"phase": "pre_open"}),
            ("/admin/phases", {"phase": "continuous"}),
        ):
            status, answer = self.call("POST", path, body, self.admin_key)
            assert status == 200, (path, answer)

    def _announced_port(self) -> int:
        assert self._process is not None
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(self.announces):
                return int(line.split()[1].rpartition(":")[2])
        raise AssertionError("the server ended before it told its address")

    def _is_ready(self) -> bool:
        try:
            return self.call_raw("GET", "/health/ready")[0] == 200
        except (OSError, http.client.HTTPException):
            return False

    def _end(self, number: signal.Signals | None) -> int:
        process = self._process
        assert process is not None
        if number is not None:
            process.send_signal(number)
        code = process.wait(timeout=30)
        if process.stdout is not None:
            process.stdout.close()
        self._process = None
        return code


class GatewayProcess(Server):
    """A real `itg gateway` before the node of a data directory."""

    command = announces = "gateway"

    def __init__(self, data: Path, *flags: str) -> None:
        super().__init__(data)
        self.flags = ("--data", str(data), *flags)


def processor_s(pid: int) -> float:
    """Return how many seconds of a processor a living process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
