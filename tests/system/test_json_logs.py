"""A session with wrong keys and addresses: every line of each process is JSON, none a secret."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.ports import free_ports
from tests.system.processes import ITG, Process, status_of
from tests.system.server import Server

from itg.adapters.nats_server import NatsServer

pytestmark = [pytest.mark.nats, pytest.mark.system, pytest.mark.timeout(180)]

PERMISSIONS = Path(__file__).parents[2] / "docs" / "reference" / "nats-permissions.conf"
PASSWORDS = {name: f"{name[0]}-pass-word" for name in ("market", "door", "service", "public")}
WRONG_KEY = "itg_nobody-has-this-key-0123456789"


@pytest.fixture
def broker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NatsServer]:
    for user, password in PASSWORDS.items():
        monkeypatch.setenv(f"ITG_BUS_{user.upper()}", password)
    server = NatsServer(tmp_path / "nats", config=PERMISSIONS)
    server.start()
    yield server
    server.stop()


def environment_of(broker: NatsServer, user: str) -> dict[str, str]:
    url = broker.url.replace("//", f"//{user}:{PASSWORDS[user]}@")
    return {"ITG_LOG": "json", "ITG_BUS": url}


def lines_of(*processes: Process) -> list[dict[str, object]]:
    return [json.loads(line) for p in processes for line in p.errors.read_text().splitlines()]


def has_told(process: Process, event: str) -> bool:
    return any(line["event"] == event for line in lines_of(process))


def test_every_line_of_a_troubled_session_is_json_and_holds_no_secret(
    tmp_path: Path, broker: NatsServer
) -> None:
    data, ports = tmp_path / "data", free_ports(2)
    serve = [*ITG, "serve", "--scenario", "bare", "--data", str(data), "--port", str(ports)]
    door = [*ITG, "gateway", "--data", str(data), "--port", str(ports + 1)]
    secrets = [WRONG_KEY, *PASSWORDS.values()]
    with ExitStack() as stack:
        node = Process(tmp_path / "node", serve, environment_of(broker, "market"))
        stack.enter_context(node).until_ready(ports)
        gateway = Process(tmp_path / "gateway", door, environment_of(broker, "door"))
        stack.enter_context(gateway).until_ready(ports + 1)
        for number in (0, 1):
            server = Server(data)
            server.port = ports + number
            _, key = server.register(f"team {number}", "market_maker")
            secrets.append(key)
            assert status_of(server.port, "/exchange/orders", WRONG_KEY) == 401
            assert status_of(server.port, f"/ws?api_key={WRONG_KEY}") >= 400
        secrets.append(server.admin_key)
        broker.kill()
        deadline = time.monotonic() + 30
        while not has_told(node, "bus_down"):  # told by the relay, on the node's stream
            assert time.monotonic() < deadline, node.said
        broker.start()
        gateway.until_ready(ports + 1)
    lines = lines_of(node, gateway)
    assert {line["service"] for line in lines} >= {"node", "gateway", "relay"}
    assert all({"ts", "level", "event"} <= line.keys() for line in lines)
    said = node.said + gateway.said
    assert not [secret for secret in secrets if secret in said]


@pytest.mark.parametrize(
    ("command", "name", "value"),
    [
        ("serve", "ITG_BUS", "nats://market:hunter22/x@127.0.0.1:4222"),
        ("serve", "ITG_POSTGRES", "postgresql://itg:hunter22@x@127.0.0.1:1/itg"),
        ("serve", "ITG_POSTGRES", "postgresql://itg:hunter22@127.0.0.1:1/itg"),
        ("gateway", "ITG_BUS", "nats://gateway:hunter22@127.0.0.1:1"),
    ],
)
def test_a_process_with_a_wrong_address_says_so_without_its_password(
    tmp_path: Path, command: str, name: str, value: str
) -> None:
    words = [*ITG, command, "--data", str(tmp_path / "data"), "--port", "0"]
    with Process(tmp_path, words, {"ITG_LOG": "json", name: value}) as process:
        assert process.wait() in {1, 2}
    lines = lines_of(process)
    assert lines[-1]["event"] == "command_failed"
    assert "hunter22" not in process.said
