"""Processes of a deployment, each with its command, its environment and its streams in files."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from types import TracebackType
from typing import Self

READY_S_MAX = 60.0
ITG = (sys.executable, "-m", "itg")


class Process:
    """A program under test; asked to end at the end."""

    def __init__(
        self, folder: Path, command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.output, self.errors = folder / "stdout", folder / "stderr"
        inherited = {n: v for n, v in os.environ.items() if not n.startswith(("ITG_", "PG"))}
        self._command = list(command)
        self._environment = {**inherited, "PYTHONUNBUFFERED": "1", **(environment or {})}
        self.running: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self.output.open("ab") as output, self.errors.open("ab") as errors:
            self.running = subprocess.Popen(
                self._command,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
            )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self.running is not None
        self.running.terminate()
        try:
            self.running.wait(30)
        except subprocess.TimeoutExpired:
            self.running.kill()
            self.running.wait()

    def wait(self) -> int:
        """Return its exit code once it has ended by itself."""
        assert self.running is not None
        return self.running.wait(READY_S_MAX)

    def until_ready(self, port: int, path: str = "/health/ready") -> None:
        """Return once its door answers 200 to a probe."""
        deadline = time.monotonic() + READY_S_MAX
        while status_of(port, path) != 200:
            assert self.running is not None
            with suppress(subprocess.TimeoutExpired):
                self.running.wait(0.1)  # no busy look: the others need the processor to get ready
            assert self.running.returncode is None, self.said
            assert time.monotonic() < deadline, self.said

    @property
    def said(self) -> str:
        return self.output.read_text() + self.errors.read_text()


def status_of(port: int, path: str, key: str | None = None) -> int:
    """Return the status of one GET, 0 where nobody answers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path, headers={} if key is None else {"X-API-Key": key})
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()
