"""Orders over the network: ours with its journal on disk, beside an empty FastAPI endpoint.

An acknowledgement of ours means in the book and on disk; the peers only read and answer. Rounds are
interleaved, so that a disturbance of the machine meets every server alike; medians of the rounds.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median

import msgspec
from bench.figures import Figure, Goal, Peer
from bench.load import Sample, Slice, measure
from bench.servers import LitestarServer, MarketServer, Server, empty_fastapi

CLIENTS = (1, 8)
ROUNDS = 3
SECONDS = 2.0
REST, WS = "rest", "ws"
# (label, field of a sample, unit, less is better)
METRICS = (
    ("orders", "orders_per_s", "/s", False),
    ("p50", "p50", "us", True),
    ("p90", "p90", "us", True),
    ("p99", "p99", "us", True),
    ("max", "longest", "us", True),
    ("CPU per order", "cpu", "us", True),
)
CPU_GOAL = Goal(name="S6", at_most=0.6, of_ratio=True)
# (transport, clients, field, recorded figure of the predecessor, goal)
PREDECESSOR = (
    (REST, 8, "orders_per_s", 1025.0, Goal(name="S6", at_least=10, of_ratio=True)),
    (REST, 1, "p50", 610.0, Goal(name="S6", at_most=0.25, of_ratio=True)),
    (WS, 8, "orders_per_s", 1025.0, Goal(name="S6", at_least=14, of_ratio=True)),
)

Key = tuple[str, str, int]
Samples = dict[Key, list[Sample]]


def measure_orders(rounds: int = ROUNDS, seconds: float = SECONDS) -> list[Figure]:
    """Measure every server in turn, round by round, and return the figures."""
    with ExitStack() as stack:
        ours = stack.enter_context(MarketServer(max(CLIENTS)))
        servers: list[Server] = [ours]
        fastapi = empty_fastapi()
        if fastapi is None:
            print("  skipped: FastAPI is not installed; `make bench` does it", flush=True)
        else:
            servers.append(stack.enter_context(fastapi))
        servers.append(stack.enter_context(LitestarServer()))
        samples = sampled(servers, rounds, seconds)
    return [*figures_of(samples, ours.name, fastapi.name if fastapi else None)]


def sampled(servers: list[Server], rounds: int, seconds: float) -> Samples:
    samples: Samples = {}
    for number in range(rounds):
        for server in servers:
            for transport, clients in slices_of(server):
                part = Slice(transport=transport, clients=clients, seconds=seconds)
                sample = measure(server, part)
                samples.setdefault((server.name, transport, clients), []).append(sample)
                print(f"  round {number + 1}/{rounds}  {line_of(server, part, sample)}", flush=True)
    return samples


def slices_of(server: Server) -> Iterator[tuple[str, int]]:
    for transport in (REST, WS) if server.has_socket else (REST,):
        for clients in CLIENTS:
            yield transport, clients


def line_of(server: Server, part: Slice, sample: Sample) -> str:
    commit = "" if sample.commit_p50 is None else f"  commit p50 {sample.commit_p50:.0f}"
    return (
        f"{server.name:<16} {part.transport:<4} x{part.clients}  {sample.orders_per_s:8,.0f}/s"
        f"  p50 {sample.p50:6.0f}  p90 {sample.p90:6.0f}  p99 {sample.p99:6.0f}"
        f"  max {sample.longest:7.0f}  cpu {sample.cpu:5.1f} us  busy {sample.busy:4.0%}{commit}"
    )


def figures_of(samples: Samples, ours: str, fastapi: str | None) -> Iterator[Figure]:
    for transport in (REST, WS):
        for clients in CLIENTS:
            own = samples[ours, transport, clients]
            peer = samples.get((fastapi or "", transport, clients), [])
            yield from beside_fastapi(f"{transport} x{clients}", own, peer)
    for transport, clients, field, recorded, goal in PREDECESSOR:
        yield Figure(
            name=f"{transport} x{clients} {label_of(field)}, predecessor",
            value=middle(samples[ours, transport, clients], field),
            unit=unit_of(field),
            is_less_better=field != "orders_per_s",
            goal=goal,
            peer=Peer(name="REST, no disk", value=recorded, recorded=True),
        )
    for clients in CLIENTS:
        own = samples["Litestar, empty", REST, clients]
        for metric in METRICS[:2]:
            figure = plain(f"Litestar empty x{clients}", own, metric)
            yield msgspec.structs.replace(figure, is_context=True)


def beside_fastapi(name: str, own: list[Sample], peer: list[Sample]) -> Iterator[Figure]:
    refused = sum(sample.refused for sample in own)
    for metric in METRICS:
        _, field, _, _ = metric
        figure = plain(name, own, metric)
        yield msgspec.structs.replace(
            figure,
            peer=Peer(name="FastAPI empty", value=middle(peer, field)) if peer else None,
            goal=CPU_GOAL if field == "cpu" and name == "rest x8" else None,
            fault=f"{refused} orders were refused" if refused else "",
        )
    commits = [sample.commit_p50 for sample in own if sample.commit_p50 is not None]
    if commits:
        value = median(commits)
        yield Figure(name=f"{name} commit p50", value=value, unit="us", is_context=True)


def plain(name: str, own: list[Sample], metric: tuple[str, str, str, bool]) -> Figure:
    label, field, unit, is_less_better = metric
    value = middle(own, field)
    return Figure(
        name=f"{name} {label}",
        value=value,
        unit=unit,
        is_less_better=is_less_better,
        is_context=field == "longest",
    )


def middle(samples: list[Sample], field: str) -> float:
    return float(median(getattr(sample, field) for sample in samples))


def label_of(field: str) -> str:
    return next(label for label, name, _, _ in METRICS if name == field)


def unit_of(field: str) -> str:
    return next(unit for _, name, unit, _ in METRICS if name == field)
