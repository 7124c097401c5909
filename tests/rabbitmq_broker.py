"""RabbitMQ as the system has it, a node of its own for tests: own data, own ports, own name."""

import os
import shutil
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from tests.ports import free_ports

SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
READY_S = 55.0
STOP_S = 20.0


def is_installed() -> bool:
    return SERVER.exists() and shutil.which("epmd") is not None


class RabbitmqBroker:
    """A node with its streams on loopback; it keeps port and data from one start to the next."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._names: subprocess.Popen[bytes] | None = None  # Erlang's, which the node must find
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_ports(3)
        self._peers, self._naming = self.port + 1, self.port + 2

    @property
    def url(self) -> str:
        return f"rabbitmq-stream://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._write_settings()
        environment = self._environment()
        with (self._directory / "node.out").open("ab") as out:
            if self._names is None:
                naming = ["epmd", "-address", "127.0.0.1", "-port", str(self._naming)]
                self._names = subprocess.Popen(naming, stdin=subprocess.DEVNULL, stdout=out)
            # In a group of its own: what it starts ends with it.
            self._process = subprocess.Popen(
                [str(SERVER)],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until = time.monotonic() + READY_S
        while not self._answers():
            said = (self._directory / "node.out").read_text(errors="replace")[-2000:]
            assert self._process.poll() is None, f"RabbitMQ did not start: {said}"
            assert time.monotonic() < until, f"RabbitMQ does not answer: {said}"
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(0.05)

    def stop(self) -> None:
        self.end()
        if self._names is not None:
            self._names.kill()
            self._names.wait()
            self._names = None

    def end(self) -> None:
        """End the node in order; it may be started again."""
        self._signal(15)

    def kill(self) -> None:
        """End it at once; it may be started again."""
        self._signal(9)

    def _signal(self, signal: int) -> None:
        if self._process is not None:
            os.killpg(self._process.pid, signal)
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, 9)
                self._process.wait()
            self._process = None

    def _write_settings(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        settings = [
            "listeners.tcp = none",
            f"stream.listeners.tcp.1 = 127.0.0.1:{self.port}",
            "log.file.level = warning",
        ]
        (self._directory / "rabbitmq.conf").write_text("\n".join(settings), encoding="utf-8")
        (self._directory / "plugins").write_text("[rabbitmq_stream].", encoding="utf-8")

    def _environment(self) -> dict[str, str]:
        loopback = "-kernel inet_dist_use_interface {127,0,0,1}"
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self._directory),  # where Erlang's cookie goes
            "LANG": "C.UTF-8",
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._naming),
            "RABBITMQ_NODENAME": f"itg-{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(self._peers),
            "RABBITMQ_MNESIA_BASE": str(self._directory / "data"),
            "RABBITMQ_LOG_BASE": str(self._directory / "log"),
            "RABBITMQ_CONFIG_FILE": str(self._directory / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self._directory / "plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{loopback} +S 1:1 +sbwt none",
        }

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True
