"""Each service of the deployment as a plain process: the manifest's command and environment.

Replaced are hosts by loopback, ports by free ones, and the folders that volumes are mounted at.
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from http.client import HTTPConnection
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from tests.deploy.manifests import (
    BASE,
    OVERLAYS,
    Container,
    compose_container,
    container,
    containers_of,
    rendered,
)
from tests.ports import free_ports
from tests.postgres_server import PostgresServer
from tests.system.processes import ITG, Process
from tests.system.server import Server

from itg.adapters.nats_server import nats_server

pytestmark = [
    pytest.mark.nats,
    pytest.mark.postgres,
    pytest.mark.system,
    pytest.mark.timeout(300),
]

WORDS = ("bus-market", "bus-door", "bus-service", "bus-public", "postgres")
SECRETS = {word: f"p{number:032x}" for number, word in enumerate(WORDS, start=1)}
DOORS = 2
REQUEST = "asked-at-the-last-door"


class Deployment(NamedTuple):
    """What is started, in this order: the broker, the tables, the node, the gateways."""

    nats: Container
    tables: Container
    node: Container
    gateways: Sequence[Container]


class Place:
    """One machine instead of a network: what stands where a manifest names hosts and folders."""

    def __init__(self, folder: Path, postgres: PostgresServer) -> None:
        self.folder = folder
        self.data = folder / "game"
        self.bus_port = free_ports(3 + DOORS)
        self.ports = {"clients": self.bus_port, "monitor": self.bus_port + 1}
        self.doors = [self.bus_port + 2 + number for number in range(1 + DOORS)]
        self._socket = postgres.text("itg").partition("host=")[2]
        self._configure()

    def started(self, told: Container, name: str, door: int = 0) -> Process:
        """Return a container's process: every word of its command and environment put in place."""
        is_nats = told.command[0] == "nats-server"
        data = self.folder / "bus" if is_nats else self.data
        program = [str(nats_server())] if is_nats else list(ITG)
        words = [self._placed(word, data, door) for word in told.command[1:]]
        environment = {n: self._placed(v, data, door) for n, v in told.environment.items()}
        return Process(self.folder / name, [*program, *words], environment)

    def _placed(self, text: str, data: Path, door: int) -> str:
        for word, put in (
            ("@postgres:5432/itg", f"@/itg?host={self._socket}"),
            ("@nats:4222", f"@127.0.0.1:{self.bus_port}"),
            ("=0.0.0.0", "=127.0.0.1"),
            ("=4222", f"={self.bus_port}"),
            ("=8222", f"={self.ports['monitor']}"),
            ("=8000", f"={self.doors[door]}"),
            ("=/data", f"={data}"),
            ("/etc/", f"{self.folder}/etc/"),
        ):
            text = text.replace(word, put)
        return text

    def _configure(self) -> None:
        for source in (BASE, *OVERLAYS):
            for file in source.glob("*.conf"):
                text = file.read_text().replace('"/etc/', f'"{self.folder}/etc/')
                target = self.folder / "etc" / "nats" / file.name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text)
        key, certificate = own_certificate()
        for name, content in (
            ("nats-tls/tls.key", key),
            ("nats-tls/tls.crt", certificate),
            ("bus-ca/ca.crt", certificate),
        ):
            file = self.folder / "etc" / name
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(content)


def own_certificate() -> tuple[bytes, bytes]:
    """Return a key and a certificate of loopback that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nats")])
    begin = datetime(2020, 1, 1)  # noqa: DTZ001 - a certificate's instants are UTC
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=36_500))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    shape = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return key.private_bytes(*shape), certificate.public_bytes(Encoding.PEM)


def of_compose() -> Deployment:
    variables = {f"ITG_{w.upper().replace('-', '_')}": value for w, value in SECRETS.items()}
    variables["ITG_POSTGRES_PASSWORD"] = SECRETS["postgres"]
    nats, tables, node, *gateways = (
        compose_container(name, variables)
        for name in ("nats", "tables", "node", "gateway-1", "gateway-2")
    )
    return Deployment(nats, tables, node, gateways)


def of_kubernetes(folder: Path) -> Deployment:
    found = {
        one["name"]: container(one, SECRETS)
        for doc in rendered(folder)
        for one in containers_of(doc)
    }
    (door,) = (doc for doc in rendered(folder) if doc["kind"] == "Deployment")
    assert door["spec"]["replicas"] == DOORS
    gateways = [found["gateway"]] * DOORS
    return Deployment(found["nats"], found["tables"], found["node"], gateways)


def started_anew() -> Iterator[Path]:
    """Yield the base, and each overlay that starts something else or otherwise."""
    yield BASE
    yield from (one for one in OVERLAYS if of_kubernetes(one) != of_kubernetes(BASE))


def ask_for_an_order(port: int, key: str) -> str:
    """Send an order, before the market is open, as a request with a name; return the refusal."""
    order = {"instrument_id": "SPX", "side": "buy", "quantity": 1, "price": 4_400.0}
    headers = {"X-API-Key": key, "X-Request-ID": REQUEST, "Content-Type": "application/json"}
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", "/exchange/orders", json.dumps(order), headers)
        code = json.loads(connection.getresponse().read())["code"]
    finally:
        connection.close()
    return str(code)


@pytest.fixture
def place(tmp_path: Path, postgres: PostgresServer) -> Iterator[Place]:
    gone = ("DROP DATABASE IF EXISTS itg WITH (FORCE)", "DROP ROLE IF EXISTS itg")
    postgres.run(*gone)
    postgres.run(
        f"CREATE ROLE itg LOGIN PASSWORD '{SECRETS['postgres']}'", "CREATE DATABASE itg OWNER itg"
    )
    yield Place(tmp_path, postgres)
    postgres.run(*gone)


@pytest.mark.parametrize(
    "deployment",
    [
        pytest.param(of_compose(), id="compose"),
        *(pytest.param(of_kubernetes(folder), id=folder.name) for folder in started_anew()),
    ],
)
def test_every_service_gets_ready_and_a_request_is_traced_from_door_to_journal(
    deployment: Deployment, place: Place
) -> None:
    with ExitStack() as stack:
        nats = stack.enter_context(place.started(deployment.nats, "nats"))
        nats.until_ready(place.ports["monitor"], "/healthz")
        with place.started(deployment.tables, "tables") as tables:
            assert tables.wait() == 0, tables.said
        for number, told in enumerate((deployment.node, *deployment.gateways)):
            process = stack.enter_context(place.started(told, f"{told.name}-{number}", number))
            process.until_ready(place.doors[number], "/health/live")
            process.until_ready(place.doors[number], "/health/ready")
        servers = [Server(place.data) for _ in place.doors]
        for server, port in zip(servers, place.doors, strict=True):
            server.port = port
        code = (place.data / "join.code").read_text().strip()
        body = {"team_name": "Everywhere", "role": "hedge_fund", "join_code": code}
        status, team = servers[-1].call("POST", "/game/teams/register", body)
        assert status == 201, team
        for server in servers:
            status, _ = server.call("GET", "/exchange/orders", key=str(team["api_key"]))
            assert status == 200
        key = servers[0].admin_key
        seen = [server.call("GET", "/admin/audit", key=key)[0] for server in servers]
        assert seen == [200, *(404 for _ in deployment.gateways)]  # the node is the organizer's
        refused = ask_for_an_order(servers[-1].port, str(team["api_key"]))
        words = ["itg", "trace", REQUEST, "--data=/data"]
        tracing = Container("trace", words, deployment.node.environment)
        with place.started(tracing, "trace") as trace:
            assert trace.wait() == 0, trace.said
        assert "Everywhere" in trace.said
        assert f"refusal.code={refused}" in " ".join(trace.said.split())
    said = "".join(file.read_text() for file in place.folder.rglob("std*"))
    assert not [secret for secret in SECRETS.values() if secret in said]
