"""The message bus: what it costs the market, and how much it carries.

The same orders as `process`, without a bus, with the relay in a process beside, and with the same
relay in the pump's own process; then the relay and a reader alone, over the facts of such a run.
"""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import uvloop
from bench.figures import Figure
from bench.flows import FLOWS
from bench.handlers import ORDERS
from bench.inprocess import Sample, timed
from bench.servers import SCRATCH
from msgspec import Struct

from itg.adapters.nats_server import NatsServer
from itg.compose.bus_engines import connected
from itg.compose.relay import Relay
from itg.compose.relay_child import BusSettings, RelayChild
from itg.compose.solo import Solo, SoloSettings
from itg.compose.verify import machine_of, opened_for_reading
from itg.runtime.bus import Bus, BusNumbers

ROUNDS = 3
WAYS = ("no bus", "relay beside", "relay inside")
Orders = Sequence[tuple[str, bytes]]


class Carried(Struct, frozen=True):
    """What a relay and a reader alone do with one run's facts."""

    published_per_s: float
    published_us: float
    read_per_s: float


def measure_bus(orders: int = ORDERS // 4, rounds: int = ROUNDS) -> Iterator[Figure]:
    """Measure the three ways in turn, then what is carried and read."""
    label, flow = FLOWS[0]
    samples: dict[str, list[Sample]] = {way: [] for way in WAYS}
    carried: list[Carried] = []
    for _ in range(rounds):
        for way in WAYS:
            sample, rates = uvloop.run(_round(way, list(flow(orders))))
            samples[way].append(sample)
            print(f"  {way}: {sample.per_s:,.0f} orders/s, {sample.cpu_us:.0f} us each", flush=True)
            if rates is not None:
                carried.append(rates)
                print(f"  {rates}", flush=True)
    for way, runs in samples.items():
        name = f"bus, {label}, {way}"
        yield Figure(name=name, value=median(run.per_s for run in runs), unit="/s")
        cpu_us = median(run.cpu_us for run in runs)
        yield Figure(name=f"{name}, CPU", value=cpu_us, unit="us", is_less_better=True)
    yield Figure(name="bus, published", value=median(c.published_per_s for c in carried), unit="/s")
    yield Figure(name="bus, read", value=median(c.read_per_s for c in carried), unit="/s")
    cpu_us = median(c.published_us for c in carried)
    yield Figure(name="bus, published, CPU", value=cpu_us, unit="us", is_less_better=True)
    nudge_us = uvloop.run(_nudge_us())
    yield Figure(name="bus, nudge for a commit", value=nudge_us, unit="us", is_less_better=True)


async def _round(way: str, requests: Orders) -> tuple[Sample, Carried | None]:
    SCRATCH.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="bench-", dir=SCRATCH) as folder:
        server = NatsServer(Path(folder) / "nats")
        server.start()
        try:
            data = Path(folder) / "data"
            sample = await market(way, requests, data, server.url)
            return sample, await carried(data, server.url) if way == WAYS[0] else None
        finally:
            server.stop()


async def market(way: str, requests: Orders, data: Path, url: str) -> Sample:
    bus = BusSettings(url=url) if way == WAYS[1] else None
    inside: list[Relay] = []
    watchers = [lambda _: inside[0].nudge()] if way == WAYS[2] else []
    solo = Solo(SoloSettings(scenario="bare", data=data, bus=bus), watchers)
    if way == WAYS[2]:
        inside.append(_relay(data, url, BusNumbers()))
    await solo.start()
    running = [asyncio.ensure_future(relay.run()) for relay in inside]
    if solo.relay is not None:
        # Its process loads a second of code first, which is no cost of an order.
        while not solo.relay.numbers.is_up:  # noqa: ASYNC110 - told by nobody
            await asyncio.sleep(0.1)
    before = process_time()
    sample = await timed(solo, requests)
    for relay, task in zip(inside, running, strict=True):
        # What it has not carried yet is a cost of these orders too.
        relay.end()
        await task
        cpu_us = (process_time() - before) / len(requests) * 1e6
        sample = Sample(per_s=sample.per_s, cpu_us=cpu_us, commit_us=sample.commit_us)
    await solo.stop()
    return sample


async def _nudge_us(times: int = 20_000) -> float:
    """Return what it costs the market to tell a relay process of a commit."""
    child = RelayChild(BusSettings(url="nats://127.0.0.1:1"), Path(), "bench")
    process = await asyncio.create_subprocess_exec("cat", stdin=PIPE, stdout=DEVNULL)
    vars(child)["_process"] = process  # a relay's pipe with nothing behind it
    assert process.stdin is not None
    started = process_time()
    for _ in range(times):
        child.see(())
        await asyncio.sleep(0)  # as after a commit: the loop writes
    cpu = process_time() - started
    process.stdin.close()
    await process.wait()
    return cpu / times * 1e6


async def carried(data: Path, url: str) -> Carried:
    """Publish a run's facts into an empty bus, and read them all."""
    numbers = BusNumbers()
    relay = _relay(data, url, numbers)
    relay.end()
    started, cpu = perf_counter(), process_time()
    await relay.run()
    elapsed, cpu = perf_counter() - started, process_time() - cpu
    assert not numbers.fault, numbers.fault
    published, published_us = numbers.events / elapsed, cpu / numbers.events * 1e6
    bus = await connected(url, "", "bench")
    last = await bus.last()
    assert last is not None
    count, started = 0, perf_counter()
    async for batch in bus.subscribe("itg.v1.bench.>", {}):
        count += len(batch)
        if batch[-1].seq >= last.seq:
            break
    elapsed = perf_counter() - started
    await bus.close()
    return Carried(published, published_us, count / elapsed)


def _relay(data: Path, url: str, numbers: BusNumbers) -> Relay:
    async def connect() -> Bus:
        return await connected(url, "", "bench")

    journal = opened_for_reading(data)
    return Relay(journal, machine_of(journal).codec, connect, numbers)
