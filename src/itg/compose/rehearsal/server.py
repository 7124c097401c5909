"""The rehearsed server: `itg serve` in a process of its own, killed and restarted."""

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from socket import socket

from msgspec import json

from itg.compose.game_settings import ADMIN_VARIABLES
from itg.compose.journals import POSTGRES_VARIABLE
from itg.compose.organizer_calls import Json, OrganizerCalls
from itg.kernel.errors import ItgError

READY_S_MAX = 60.0
STOP_S_MAX = 60.0
_POLL_S = 0.05
_SAMPLE = re.compile(r"^(itg_\w+)(?:\{([^}]*)\})? (\S+)$", re.MULTILINE)


# What is played for a rehearsal stays in its directory, and the organizer at its one port.
_APART = {POSTGRES_VARIABLE, *ADMIN_VARIABLES}
_ENVIRONMENT = {name: text for name, text in os.environ.items() if name not in _APART}


class RehearsalError(ItgError):
    """The rehearsal itself could not go on; the message says at what."""


class ServerProcess:
    """A server on one port through several lives; a context manager that ends the last one."""

    def __init__(self, scenario: Path, data: Path) -> None:
        self.data = data
        self.port = _free_port()
        self.log = data.with_name(f"{data.name}.server.log")
        self._command = [sys.executable, "-m", "itg", "serve", "--scenario", str(scenario)]
        self._command += ["--data", str(data), "--port", str(self.port)]
        self._calls = OrganizerCalls(self.url, data / "admin.key")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> float:
        """Start it and return the seconds until it was ready; `RehearsalError` if it is not."""
        began_s = time.monotonic()
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - ours
                self._command, stdout=log, stderr=log, env=_ENVIRONMENT
            )
        while time.monotonic() - began_s < READY_S_MAX:
            if self._process.poll() is not None:
                raise RehearsalError(f"the server ended while starting: {self._last_words()}")
            if self.is_ready():
                return time.monotonic() - began_s
            time.sleep(_POLL_S)
        raise RehearsalError(f"the server is not ready in {READY_S_MAX:.0f} s: {self.log}")

    def kill(self) -> None:
        """End it without warning."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Let it drain and return its exit code."""
        return self._end(signal.SIGTERM)

    def close(self) -> None:
        if self._process is not None:
            self.kill()

    def is_ready(self) -> bool:
        try:
            return self._calls.ask("GET", "/health/ready")[0] == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False

    def act(self, path: str, body: object) -> Json:
        """Act as the organizer; `RehearsalError` if that is refused."""
        status, answer = self._asked("POST", path, body)
        if status >= http.HTTPStatus.BAD_REQUEST:
            raise RehearsalError(f"POST {path}: {status} {answer[:300].decode(errors='replace')}")
        return json.decode(answer, type=Json)

    def read(self, path: str) -> Json:
        """Read as the organizer."""
        status, answer = self._asked("GET", path)
        return {} if status >= http.HTTPStatus.BAD_REQUEST else json.decode(answer, type=Json)

    def numbers(self) -> dict[str, float]:
        """Return the samples of the metrics page; those with labels as `name{labels}`."""
        page = self._asked("GET", "/metrics")[1].decode()
        return {
            f"{name}{{{labels}}}" if labels else name: float(value)
            for name, labels, value in _SAMPLE.findall(page)
        }

    def cpu_s(self) -> float | None:
        """Return the processor time of this life, all threads; None where it cannot be told."""
        if self._process is None:
            return None
        stat = Path(f"/proc/{self._process.pid}/stat")
        if not stat.exists():
            return None
        fields = stat.read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def _asked(self, method: str, path: str, body: object = None) -> tuple[int, bytes]:
        try:
            return self._calls.ask(method, path, body)
        except (OSError, http.client.HTTPException) as error:
            raise RehearsalError(
                f"the server does not answer {method} {path}: {error!r}, its log is {self.log}"
            ) from error

    def _end(self, number: signal.Signals) -> int:
        process = self._process
        assert process is not None, "start the server first"
        process.send_signal(number)
        try:
            code = process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        self._process = None
        return code

    def _last_words(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")[-500:].strip()


def _free_port() -> int:
    with socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
