"""Rules every test lives under: no socket leaves this machine, and hypothesis has no stopwatch."""

import ipaddress
import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from tests.postgres_server import PostgresServer
    from tests.rabbitmq_broker import RabbitmqBroker

# Timings are benchmarks, never timed tests: a busy machine must not fail a property.
UNTIMED = (HealthCheck.too_slow,)
settings.register_profile("house", deadline=None, print_blob=True, suppress_health_check=UNTIMED)
# A change is judged on fixed examples, as by fixed seeds; every other run draws fresh ones.
settings.register_profile(
    "judged", deadline=None, print_blob=True, suppress_health_check=UNTIMED, derandomize=True
)
settings.load_profile("judged" if os.environ.get("CI") else "house")

TESTS = Path(__file__).parent


class OutsideSocketError(AssertionError):
    """A test tried to reach an address outside loopback."""


def is_local(address: object) -> bool:
    """Tell whether a socket address stays on this machine; paths are Unix sockets."""
    if not isinstance(address, tuple):
        return True
    return is_local_host(address[0])


def is_local_host(host: object) -> bool:
    name = host.decode() if isinstance(host, bytes) else host
    if name in (None, "", "localhost"):
        return True
    try:
        address = ipaddress.ip_address(str(name).partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def guarded(method: Callable[..., object]) -> Callable[..., object]:
    # connect(address), connect_ex(address), sendto(data[, flags], address): the address is last.
    def call(sock: socket.socket, *args: object) -> object:
        if sock.family in (socket.AF_INET, socket.AF_INET6) and not is_local(args[-1]):
            raise OutsideSocketError(f"a test may talk to loopback only, not to {args[-1]!r}")
        return method(sock, *args)

    return call


@pytest.fixture(scope="session", autouse=True)
def no_socket_leaves_this_machine() -> Iterator[None]:
    resolve = socket.getaddrinfo

    def local_only(host: object, *args: object, **kwargs: object) -> object:
        if not is_local_host(host):
            raise OutsideSocketError(f"a test may resolve loopback names only, not {host!r}")
        return resolve(host, *args, **kwargs)  # type: ignore[arg-type]  # passed through as it came

    with pytest.MonkeyPatch.context() as patch:
        for name in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, name, guarded(getattr(socket.socket, name)))
        patch.setattr(socket, "getaddrinfo", local_only)
        yield


@pytest.fixture(scope="session")
def postgres() -> Iterator["PostgresServer"]:
    """Start a PostgreSQL server with one migrated database, for all tests of this process."""
    # Here, so that only a run which needs a server loads what starts one.
    from tests.postgres_server import PostgresServer  # noqa: PLC0415

    with PostgresServer() as server:
        yield server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(TESTS / "system"):
            item.add_marker(pytest.mark.system)
        if "postgres" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgres)


@pytest.fixture(scope="session")
def rabbitmq_broker(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[RabbitmqBroker]":
    """A RabbitMQ that all tests of one process share, each with a game of its own."""
    from tests.rabbitmq_broker import RabbitmqBroker, is_installed  # noqa: PLC0415 - as above

    if not is_installed():
        pytest.skip("no RabbitMQ here: apt-get install rabbitmq-server")
    broker = RabbitmqBroker(tmp_path_factory.mktemp("rabbitmq"))
    try:
        broker.start()
        yield broker
    finally:
        broker.stop()
