"""Order to acknowledgement on one pump and with the services on nodes of their own (S14).

    python -m bench.run topologies

`itg serve` beside `itg up --topology apart` and `services`, whose journals are in SQLite and in
PostgreSQL, or which call each other over HTTP instead of NATS, each asked at the organizer's door,
in turn. All nodes, the broker, the database and the clients share this machine. Where the calls go
over HTTP the broker of the facts is away: their way out is not what is measured.
"""

from collections.abc import Iterator
from contextlib import ExitStack

from bench.doors import ROUNDS, SECONDS, figures
from bench.figures import Figure
from bench.journals import told
from bench.servers import SCRATCH, Commits, MarketServer, Server, free_port
from tests.postgres_server import PostgresServer

from itg.compose.topologies import APART, SERVICES

CLIENTS = 8
MEASURED = (SERVICES, APART)  # beside solo
IN_POSTGRES = "services, PostgreSQL"
OVER_HTTP = "services, HTTP"
_NOBODY = "rabbitmq-stream://127.0.0.1:1"


class NodesServer(MarketServer):
    """`itg up` with the services on nodes."""

    is_on_one_core = False

    def __init__(self, clients: int, topology: str, bus: str = "") -> None:
        where = ["--gateways", "0", "--bus-port", str(free_port())]
        where += ["--bus", bus] if bus else []
        self.command = ("up", "--topology", topology, *where)
        super().__init__(clients)

    def commits(self) -> Commits:
        return {}  # each node has its own


def measure_topologies(rounds: int = ROUNDS, seconds: float = SECONDS) -> Iterator[Figure]:
    """Yield latency and rate of each topology, each the middle of its rounds."""
    with ExitStack() as stack:
        servers: dict[str, Server] = {"solo": stack.enter_context(MarketServer(CLIENTS))}
        for topology in MEASURED:
            servers[topology] = stack.enter_context(NodesServer(CLIENTS, topology))
        servers[OVER_HTTP] = stack.enter_context(NodesServer(CLIENTS, SERVICES, _NOBODY))
        database = stack.enter_context(PostgresServer(SCRATCH))
        with told(database):
            on_postgres = stack.enter_context(NodesServer(CLIENTS, SERVICES))
        servers[IN_POSTGRES] = on_postgres
        yield from figures(servers, rounds, seconds, goal_of=IN_POSTGRES)
