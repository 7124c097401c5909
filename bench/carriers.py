"""A link's way to another process and back, one at a time: over NATS, and over HTTP.

    python -m bench.run carriers

Half a kilobyte goes to an echo in a process of its own and comes back. An order of a gateway before
nodes makes such a way to its node; what remains is work at both ends, and the commit.
"""

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from time import perf_counter_ns

import uvloop
from bench.figures import Figure, Peer

from itg.adapters.nats_server import NatsServer
from itg.compose.carriers import Connection, connection_of
from itg.compose.data_directory import DataDirectory
from itg.compose.relay_child import BusSettings

ROUND_TRIPS = 2_000
WARM = 200
BODY = bytes(500)
_NOBODY = "rabbitmq-stream://127.0.0.1:1"
_NS_PER_US = 1_000


def measure_carriers() -> Iterator[Figure]:
    """Yield the middle round trip of each, HTTP beside NATS."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        server = NatsServer(folder / "nats")
        server.start()
        try:
            over_nats = middle_us(folder, server.url)
        finally:
            server.stop()
        over_http = middle_us(folder, _NOBODY)
    print(f"  round trip: NATS {over_nats:.0f} µs, HTTP {over_http:.0f} µs")
    yield Figure(name="link, NATS, round trip p50", value=over_nats, unit="µs", is_less_better=True)
    yield Figure(
        name="link, HTTP, round trip p50",
        value=over_http,
        unit="µs",
        is_less_better=True,
        peer=Peer(name="NATS", value=over_nats),
    )


def middle_us(folder: Path, url: str) -> float:
    """Return the middle time in µs of a way there and back."""
    echo = subprocess.Popen([sys.executable, "-m", "bench.carriers", str(folder), url])
    try:
        return uvloop.run(_asked(folder, url))
    finally:
        echo.terminate()
        echo.wait()


async def _asked(folder: Path, url: str) -> float:
    ends = await _connected(folder, url)
    back: asyncio.Queue[bytes] = asyncio.Queue()
    await ends.carrier.hear("bench.back", back.put_nowait)
    while back.empty():  # until the echo is there
        await ends.carrier.send("bench.there", BODY)
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    while not back.empty():
        back.get_nowait()
    times: list[int] = []
    for _ in range(WARM + ROUND_TRIPS):
        began = perf_counter_ns()
        await ends.carrier.send("bench.there", BODY)
        await back.get()
        times.append(perf_counter_ns() - began)
    await ends.close()
    return median(times[WARM:]) / _NS_PER_US


async def _echo(folder: Path, url: str) -> None:
    ends = await _connected(folder, url)
    heard: asyncio.Queue[bytes] = asyncio.Queue()
    await ends.carrier.hear("bench.there", heard.put_nowait)
    while True:
        await ends.carrier.send("bench.back", await heard.get())


async def _connected(folder: Path, url: str) -> Connection:
    return await connection_of(BusSettings(url=url), DataDirectory(folder / "data"))


if __name__ == "__main__":
    uvloop.run(_echo(Path(sys.argv[1]), sys.argv[2]))
