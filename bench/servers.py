"""The servers under load, each a process of its own on one core."""

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

ROOT = Path(__file__).resolve().parent.parent
# On the clone's own disk: a directory in memory would make every commit free.
SCRATCH = ROOT / ".cache"
PEERS_PYTHON = Path(f"{sys.prefix}-bench") / "bin" / "python"
SERVER_CORE = 0
READY_S_MAX = 60.0
UVICORN = [
    *("--loop", "uvloop", "--http", "httptools", "--ws", "websockets-sansio"),
    *("--ws-per-message-deflate", "false", "--no-access-log", "--log-level", "error"),
]


Commits = dict[float, int]
COMMIT_BUCKET = re.compile(
    r'^itg_journal_commit_seconds_bucket\{le="([^"]+)"\} (\S+)$', re.MULTILINE
)


class Server:
    """A started server; a context manager that ends it. `keys_of` gives a client's two teams."""

    has_socket = True
    is_on_one_core = True
    ready_s_max = READY_S_MAX

    def __init__(self, name: str, command: list[str], ready_path: str = "/") -> None:
        self.name = name
        self.port = free_port()
        SCRATCH.mkdir(exist_ok=True)
        self._log = SCRATCH / f"bench-{self.port}.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [*command, "--port", str(self.port)], cwd=ROOT, stdout=log, stderr=log
            )
        if self.is_on_one_core and hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(self.pid, {SERVER_CORE})
        with ExitStack() as on_failure:
            on_failure.callback(self.stop)
            self._wait_until_ready(ready_path)
            self._prepare()
            on_failure.pop_all()

    @property
    def pid(self) -> int:
        return self._process.pid

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.unlink(missing_ok=True)

    def keys_of(self, index: int) -> tuple[tuple[str, str], tuple[str, str]]:
        return ("buy", f"buyer-{index}"), ("sell", f"seller-{index}")

    def commits(self) -> Commits:
        """Return how many commits of the journal took at most so many seconds; none without one."""
        return {}

    def call(self, method: str, path: str, body: object = None, key: str = "") -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        headers = {"X-API-Key": key} if key else {}
        if body is not None:
            headers["Content-Type"] = "application/json"
        try:
            content = None if body is None else json.dumps(body)
            connection.request(method, path, content, headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def _prepare(self) -> None:
        """Do what is left before the load may come."""

    def _last_words(self) -> str:
        return self._log.read_text(errors="replace")[-500:]

    def _wait_until_ready(self, path: str) -> None:
        deadline = time.monotonic() + self.ready_s_max
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"{self.name} ended while starting: {self._last_words()}")
            try:
                status, _ = self.call("GET", path)
            except (OSError, http.client.HTTPException):
                status = 503
            if status != 503:
                return
            time.sleep(0.05)
        raise RuntimeError(f"{self.name} is not ready in {self.ready_s_max:.0f} s")


class MarketServer(Server):
    """`itg serve --scenario bare`, in continuous trading, its journal on disk."""

    command: tuple[str, ...] = ("serve",)

    def __init__(self, clients: int) -> None:
        SCRATCH.mkdir(exist_ok=True)
        self._data = TemporaryDirectory(prefix="bench-", dir=SCRATCH)
        self.data = self._data.name
        self._clients = clients
        self._keys: list[tuple[tuple[str, str], ...]] = []
        command = [sys.executable, "-m", "itg", *self.command, "--scenario", "bare"]
        super().__init__("itg", [*command, "--data", self._data.name], "/health/ready")

    def stop(self) -> None:
        super().stop()
        self._data.cleanup()

    def keys_of(self, index: int) -> tuple[tuple[str, str], tuple[str, str]]:
        buyer, seller = self._keys[index]
        return buyer, seller

    def commits(self) -> Commits:
        _, page = self.call("GET", "/metrics")
        return {float(edge): int(float(seen)) for edge, seen in COMMIT_BUCKET.findall(page)}

    def _prepare(self) -> None:
        self._open_market()
        self._keys = [
            tuple((side, self._register(f"{side} {index}")) for side in ("buy", "sell"))
            for index in range(self._clients)
        ]

    def _open_market(self) -> None:
        key = (Path(self._data.name) / "admin.key").read_text().strip()
        for path, body in (
            ("/admin/rounds/1/start", None),
            ("/admin/phases", {"phase": "pre_open"}),
            ("/admin/phases", {"phase": "continuous"}),
        ):
            status, answer = self.call("POST", path, body, key)
            if status != 200:
                raise RuntimeError(f"POST {path}: {status} {answer}")

    def _register(self, name: str) -> str:
        body = {"team_name": name, "role": "market_maker"}
        status, answer = self.call("POST", "/game/teams/register", body)
        if status != 201:
            raise RuntimeError(f"registering {name}: {status} {answer}")
        return str(json.loads(answer)["api_key"])


def empty_fastapi() -> Server | None:
    """Start the FastAPI peer; None where its environment is not installed."""
    if not PEERS_PYTHON.exists():
        return None
    command = [str(PEERS_PYTHON), "-m", "uvicorn", "bench.peers.empty_fastapi:app", *UVICORN]
    return Server("FastAPI, empty", command)


class LitestarServer(Server):
    """The framework of ours, with nothing behind it."""

    has_socket = False

    def __init__(self) -> None:
        command = [sys.executable, "-m", "uvicorn", "bench.peers.empty_litestar:app", *UVICORN]
        super().__init__("Litestar, empty", command)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def cpu_s(pid: int) -> float:
    """Return user and system time of a process, all threads, to the kernel's tick (10 ms)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
