"""Closed-loop order load: one process per client, one order in flight each.

A client has two teams, one that buys and one that sells at the same price, in turn: every second
order trades, nothing piles up, and no order meets one of its own team. Each order has a
client_order_id of its own, as the SDK sends it.
"""

import multiprocessing
import os
import time
from array import array
from collections.abc import Callable
from multiprocessing.connection import Connection

from bench.connections import FrameConnection, HttpConnection, http_request
from bench.figures import quantile
from bench.servers import Commits, Server, cpu_s
from msgspec import Struct

INSTRUMENT = "SPX"
PRICE = 4400.0
SETTLE_S = 0.3
STAMP = b"%012d"
LOAD_CORE = 1

Place = Callable[[int], bool]


class Desk(Struct, frozen=True, kw_only=True):
    """Where one client trades, and its two teams: (side, key) each."""

    port: int
    index: int
    sides: tuple[tuple[str, str], ...]


class Slice(Struct, frozen=True, kw_only=True):
    """One measurement: which transport, how many orders in flight, for how long."""

    transport: str
    clients: int
    seconds: float


class Sample(Struct, frozen=True, kw_only=True):
    """What a slice came to; times in µs."""

    orders_per_s: float
    p50: float
    p90: float
    p99: float
    longest: float
    cpu: float
    busy: float
    refused: int
    commit_p50: float | None


def measure(server: Server, part: Slice) -> Sample:
    """Load a server for a slice and return what clients and server saw of it."""
    commits_before = server.commits()
    context = multiprocessing.get_context("fork")
    start = time.perf_counter() + 0.3 + 0.02 * part.clients
    clients, pipes = [], []
    for index in range(part.clients):
        ours, theirs = context.Pipe(duplex=False)
        desk = Desk(port=server.port, index=index, sides=server.keys_of(index))
        arguments = (desk, part, start, theirs)
        clients.append(context.Process(target=run_client, args=arguments))
        pipes.append(ours)
    for client in clients:
        client.start()
    pause_until(start + SETTLE_S)
    cpu_before, began = cpu_s(server.pid), time.perf_counter()
    pause_until(start + SETTLE_S + part.seconds)
    cpu, elapsed = cpu_s(server.pid) - cpu_before, time.perf_counter() - began
    answers = [pipe.recv() for pipe in pipes]
    for client in clients:
        client.join()
    commits = server.commits()
    latencies = sorted(ns for taken, _ in answers for ns in array("q", taken))
    return Sample(
        orders_per_s=len(latencies) / part.seconds,
        p50=quantile(latencies, 0.5) / 1e3,
        p90=quantile(latencies, 0.9) / 1e3,
        p99=quantile(latencies, 0.99) / 1e3,
        longest=latencies[-1] / 1e3,
        cpu=cpu / elapsed * part.seconds / len(latencies) * 1e6,
        busy=cpu / elapsed,
        refused=sum(refused for _, refused in answers),
        commit_p50=median_us(commits_before, commits),
    )


def median_us(before: Commits, after: Commits) -> float | None:
    """Return the median of the commits between two counts, which rise with their upper edge."""
    counts = [(edge, seen - before.get(edge, 0)) for edge, seen in after.items()]
    total = counts[-1][1] if counts else 0
    lower, below = 0.0, 0
    for edge, seen in counts:
        if total and seen * 2 >= total:
            return (lower + (edge - lower) * (total / 2 - below) / (seen - below)) * 1e6
        lower, below = edge, seen
    return None


def pause_until(instant: float) -> None:
    time.sleep(max(0.0, instant - time.perf_counter()))


def run_client(desk: Desk, part: Slice, start: float, answers: Connection) -> None:
    pin(LOAD_CORE)
    place = PLACERS[part.transport](desk)
    pause_until(start)
    clock = time.perf_counter_ns
    first = int((start + SETTLE_S) * 1e9)
    last = first + int(part.seconds * 1e9)
    latencies = array("q")
    number = refused = 0
    while (sent := clock()) < last:
        number += 1
        is_taken = place(number)
        done = clock()
        if first <= done < last:
            latencies.append(done - sent)
            refused += not is_taken
    answers.send((latencies.tobytes(), refused))


def pin(core: int) -> None:
    # The server and the load have a core each, so that neither is measured by the other's luck.
    if hasattr(os, "sched_setaffinity") and core < (os.cpu_count() or 1):
        os.sched_setaffinity(0, {core})


def rest_placer(desk: Desk) -> Place:
    connection = HttpConnection(desk.port)
    requests = [
        http_request("/exchange/orders", key, order_body(desk.index, side))
        for side, key in desk.sides
    ]

    def place(number: int) -> bool:
        status, _ = connection.exchange(requests[number & 1].replace(b"#" * 12, STAMP % number))
        return status == 201

    return place


def socket_placer(desk: Desk) -> Place:
    connections = [FrameConnection(desk.port, key) for _, key in desk.sides]
    requests = [
        b'{"id":1,"method":"order.place","params":%s}' % order_body(desk.index, side)
        for side, _ in desk.sides
    ]

    def place(number: int) -> bool:
        text = requests[number & 1].replace(b"#" * 12, STAMP % number)
        return b'"error":' not in connections[number & 1].exchange(text)

    return place


def order_body(index: int, side: str) -> bytes:
    # Of the process, so that no two slices share a client_order_id.
    return (
        f'{{"instrument_id":"{INSTRUMENT}","side":"{side}","quantity":1,"order_type":"limit",'
        f'"price":{PRICE},"client_order_id":"{os.getpid()}-{index}-{"#" * 12}"}}'
    ).encode()


PLACERS: dict[str, Callable[[Desk], Place]] = {"rest": rest_placer, "ws": socket_placer}
