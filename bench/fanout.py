"""What one delivery of one publication costs the server's process, beside other ways to send it.

    python -m bench.fanout               200 readers in a process of their own; about half a minute

The house's own path (encode once, one write per session and turn) stands beside the usual loop of
`await socket.send(…)` of the websockets package, its `broadcast`, and a bare `transport.write` of
bytes that were framed before: the floor that no server on this loop gets under.
"""

import asyncio
import gc
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import cast

import uvloop
from bench.connections import FrameConnection
from bench.figures import Figure, Goal, Peer
from litestar.types import Receive, Scope, Send
from websockets.asyncio.server import ServerConnection, broadcast, serve

from itg.adapters.http_server import HttpServer
from itg.gateway.calls import ANYBODY
from itg.gateway.channels import Channel, channel_of
from itg.gateway.fanout import Fanout
from itg.gateway.flushing import Flusher
from itg.gateway.framing import Fact, Framer
from itg.gateway.sessions import Outlet, Session
from itg.gateway.settings import GatewaySettings
from itg.gateway.wires import wire_of
from itg.runtime.clock import SystemClock
from itg.wire.v1.market import BookPush, TopPush, TopsPush, TradeBody

READERS = 200
PAGES, SERIES = 40, 240
PUBLICATIONS, PAUSE_S = 500, 0.004
PACED_S, PACED_PER_S = 5.0, 1_000
TRADE = TradeBody(
    trade_id=1, instrument_id="SPX-20261217-C-4400", price=12.5, quantity=5, aggressor_side="buy",
    is_auction=False, game_us=1_781_000_000_000_000, seq=1,
)  # fmt: skip
DELTA = BookPush(instrument_id="SPX-20261217-C-4400", bids=[(12.5, 5)], asks=[(12.6, 0)])
TOPS = [
    TopsPush(tops=[TopPush(
        instrument_id=f"SPX-20261217-C-{4_000 + 5 * n}", bid=12.5, bid_quantity=5, ask=12.6,
        ask_quantity=10,
    )])
    for n in range(SERIES)
]  # fmt: skip
Publish = Callable[[], Awaitable[None]]


class House:
    """The house's fan-out behind its own server, without a game."""

    def __init__(self, *names: str) -> None:
        self.fanout = Fanout(Framer(1, SystemClock()))
        self.channels = [channel_of(name) for name in names]
        self.published = 0
        self.flusher = Flusher(
            self.fanout, GatewaySettings().flush_s, GatewaySettings().paced_flush_s
        )
        self._outlet = Outlet()

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        # The servers' type is a text; Litestar's types know an enum of the same texts.
        kind: str = scope["type"]
        if kind == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await receive()
        await send({"type": "websocket.accept", "subprotocol": None, "headers": []})
        wire = wire_of(scope, send)
        session = Session(ANYBODY, 0, GatewaySettings(), wire, self._outlet)
        self.fanout.enter(session)
        for channel in self.channels:
            self.fanout.join(session, channel)
        writing = asyncio.create_task(session.write_blocked())
        while (await receive())["type"] != "websocket.disconnect":
            pass
        writing.cancel()

    async def trade(self) -> None:
        self._put(self.channels[0], Fact("trade", TRADE, (1, 1)))
        await asyncio.sleep(0)

    async def delta(self) -> None:
        self._put(self.channels[1], Fact("delta", DELTA, (1, 1)))
        self.flusher.see_release()

    async def page(self) -> None:
        """Change a series' best price or its book, or trade: as an underlying's page is told."""
        kinds = [Fact("tops", TOPS[self.published % SERIES], (1, 1)), Fact("trade", TRADE, (1, 1))]
        kinds.append(Fact("delta", DELTA, (1, 1)))
        place = self.published % 10  # eight tops, a trade, a change of the book that is open
        fact = kinds[max(0, place - 7)]
        self._put(self.channels[fact.kind == "delta"], fact)
        self.published += 1
        self.flusher.see_release()

    def _put(self, channel: Channel, fact: Fact) -> None:
        channel.seq += 1
        self.fanout.publish(channel, fact)


def measure_fanout() -> list[Figure]:
    """Return the figures; the peers' CPU is measured in the same run."""
    return uvloop.run(_measure())


async def _measure() -> list[Figure]:
    gc.disable()  # as the program does: it collects at moments of its own
    ours, share = await _house()
    awaited, broadcast_us = await _websockets()
    name, floor = "fan-out, CPU per delivery", await _bare()
    return [
        Figure(
            name=name, value=ours, unit="µs", is_less_better=True,
            peer=Peer(name="websockets, await loop", value=awaited),
        ),
        Figure(
            name=f"{name}, of the floor", value=ours, unit="µs", is_less_better=True,
            peer=Peer(name="transport.write", value=floor),
            goal=Goal(name="S8", at_most=1.4, of_ratio=True),
        ),
        Figure(
            name="websockets.broadcast, CPU per delivery", value=broadcast_us, unit="µs",
            is_less_better=True, is_context=True,
        ),
        Figure(
            name="200 readers × 1,000 events/s conflated, share of a core", value=share * 100,
            unit="%", is_less_better=True, goal=Goal(name="S8", at_most=5.0),
        ),
        Figure(
            name="40 pages × 1,000 events/s, share of a core", value=await _pages() * 100,
            unit="%", is_less_better=True,
        ),
    ]  # fmt: skip


async def _house() -> tuple[float, float]:
    house = House("trades.*", "book.X")
    server = HttpServer(house.app, "127.0.0.1", 0)
    await server.start()
    async with _readers(server.port):
        await _until(lambda: len(house.fanout.places) == READERS)
        figures = await _cpu_us_per_delivery(house.trade), await _share_of_a_core(house.delta)
    await server.stop()
    return figures


async def _pages() -> float:
    house = House("ui.SPX", "ui.book.X")
    server = HttpServer(house.app, "127.0.0.1", 0)
    await server.start()
    async with _readers(server.port, PAGES):
        await _until(lambda: len(house.fanout.places) == PAGES)
        share = await _share_of_a_core(house.page)
    await server.stop()
    return share


async def _websockets() -> tuple[float, float]:
    sockets: list[ServerConnection] = []
    text = _frame().decode()

    async def keep(socket: ServerConnection) -> None:
        sockets.append(socket)
        await socket.wait_closed()

    async def send_to_all() -> None:
        for socket in sockets:
            await socket.send(text)

    async def send_at_once() -> None:
        broadcast(sockets, text)
        await asyncio.sleep(0)

    async with serve(keep, "127.0.0.1", 0, compression=None) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        async with _readers(port):
            await _until(lambda: len(sockets) == READERS)
            return await _cpu_us_per_delivery(send_to_all), await _cpu_us_per_delivery(send_at_once)


class _Bare(asyncio.Protocol):
    def __init__(self, transports: list[asyncio.Transport]) -> None:
        self._transports = transports

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclass, they only look like one.
        writable = cast("asyncio.Transport", transport)
        writable.write(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")
        self._transports.append(writable)


async def _bare() -> float:
    transports: list[asyncio.Transport] = []
    payload = _frame()
    framed = b"\x81\x7e" + len(payload).to_bytes(2, "big") + payload

    async def write_to_all() -> None:
        for transport in transports:
            transport.write(framed)
        await asyncio.sleep(0)

    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Bare(transports), "127.0.0.1", 0)
    async with server, _readers(server.sockets[0].getsockname()[1]):
        await _until(lambda: len(transports) == READERS)
        cost_us = await _cpu_us_per_delivery(write_to_all)
        for transport in transports:
            transport.abort()
    return cost_us


def _frame() -> bytes:
    return Framer(1, SystemClock()).frame("trades.*", 1, Fact("trade", TRADE, (1, 1)))


async def _cpu_us_per_delivery(publish: Publish) -> float:
    # With a pause for the readers: whoever buffers for readers that cannot follow saves the writes.
    before = time.process_time()
    for _ in range(PUBLICATIONS):
        await publish()
        await asyncio.sleep(PAUSE_S)
    return (time.process_time() - before) * 1e6 / (PUBLICATIONS * READERS)


async def _share_of_a_core(publish: Publish) -> float:
    # Ten at once, a hundred times a second: waking up a thousand times would be the driver's cost.
    loop, burst = asyncio.get_running_loop(), 10
    before, started = time.process_time(), loop.time()
    for number in range(0, int(PACED_S * PACED_PER_S), burst):
        for _ in range(burst):
            await publish()
        await asyncio.sleep(max(0.0, started + number / PACED_PER_S - loop.time()))
    return (time.process_time() - before) / (loop.time() - started)


@asynccontextmanager
async def _readers(port: int, count: int = READERS) -> AsyncIterator[None]:
    words = (sys.executable, "-m", "bench.fanout", "read", str(port), str(count))
    process = await asyncio.create_subprocess_exec(*words)
    try:
        yield
    finally:
        process.kill()
        await process.wait()


async def _until(is_so: Callable[[], bool]) -> None:
    while not is_so():  # noqa: ASYNC110 - connections are counted where they come in
        await asyncio.sleep(0.01)


def read(port: int, count: int) -> None:
    """Open the readers' sockets and take whatever comes, until killed."""

    async def drain() -> None:
        loop = asyncio.get_running_loop()
        connections = [FrameConnection(port, "") for _ in range(count)]
        for connection in connections:
            raw = connection.detach()
            await loop.connect_accepted_socket(asyncio.Protocol, raw)
        await asyncio.Event().wait()

    uvloop.run(drain())


def main() -> int:
    if sys.argv[1:2] == ["read"]:
        read(int(sys.argv[2]), int(sys.argv[3]))
        return 0
    for figure in measure_fanout():
        beside = "" if figure.peer is None else f"  ({figure.peer.name}: {figure.peer.value:.2f})"
        print(f"{figure.name}: {figure.value:.2f} {figure.unit} {figure.verdict}{beside}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
