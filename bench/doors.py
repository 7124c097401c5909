"""Order to acknowledgement beside the pump and through a gateway in a process of its own (S14).

    python -m bench.run doors

One market on SQLite with a NATS server beside it; the same clients ask at the node's own door, then
at the gateway's, in turn. All of it shares this machine: two cores carry five busy processes.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.figures import Figure, Goal
from bench.load import Sample, Slice, measure
from bench.servers import ROOT, Commits, MarketServer, Server

from itg.adapters.nats_server import NatsServer

ROUNDS = 3
SECONDS = 4.0
CLIENTS = 8
GOALS = {"p50": Goal(name="S14", at_most=3.0), "orders": Goal(name="S14", at_least=5_000)}


class DoorServer(Server):
    """`itg gateway` before a market; what its teams are is the market's."""

    def __init__(self, market: MarketServer) -> None:
        self._market = market
        command = [sys.executable, "-m", "itg", "gateway", "--data", market.data]
        super().__init__("itg gateway", command, "/health/ready")
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(self.pid, set(range(os.cpu_count() or 1)))  # not the market's own

    def keys_of(self, index: int) -> tuple[tuple[str, str], tuple[str, str]]:
        return self._market.keys_of(index)

    def commits(self) -> Commits:
        return self._market.commits()


def measure_doors(rounds: int = ROUNDS, seconds: float = SECONDS) -> Iterator[Figure]:
    """Yield latency and rate of both doors, each the middle of its rounds."""
    with TemporaryDirectory(dir=ROOT) as folder:
        broker = NatsServer(Path(folder))
        broker.start()
        os.environ["ITG_BUS"] = broker.url
        try:
            with MarketServer(CLIENTS) as market, DoorServer(market) as door:
                doors: dict[str, Server] = {"node": market, "gateway": door}
                yield from figures(doors, rounds, seconds, goal_of="gateway")
        finally:
            del os.environ["ITG_BUS"]
            broker.stop()


def figures(
    doors: dict[str, Server], rounds: int, seconds: float, *, goal_of: str
) -> Iterator[Figure]:
    """Load the doors in turn and yield what the middle rounds came to; S14 is asked of one."""
    for transport in ("rest", "ws"):
        for clients in (1, CLIENTS):
            part = Slice(transport=transport, clients=clients, seconds=seconds)
            samples: dict[str, list[Sample]] = {name: [] for name in doors}
            for _ in range(rounds):
                for name, server in doors.items():
                    samples[name].append(measure(server, part))
            for name, taken in samples.items():
                middle = sorted(taken, key=lambda sample: sample.p50)[len(taken) // 2]
                label = f"{transport} x{clients}, {name}"
                print(
                    f"  {label:22} p50 {middle.p50 / 1e3:6.2f} ms  p99 {middle.p99 / 1e3:7.2f} ms"
                    f"  {middle.orders_per_s:7,.0f} orders/s  {middle.cpu:6.0f} µs CPU an order",
                    flush=True,
                )
                is_goal = name == goal_of
                yield Figure(
                    name=f"{label}, order to ack p50",
                    value=middle.p50 / 1e3,
                    unit="ms",
                    is_less_better=True,
                    goal=GOALS["p50"] if is_goal else None,
                )
                yield Figure(
                    name=f"{label}, orders",
                    value=middle.orders_per_s,
                    unit="1/s",
                    is_less_better=False,
                    goal=GOALS["orders"] if is_goal and clients > 1 else None,
                )
