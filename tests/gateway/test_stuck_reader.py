"""One reader of two hundred really stops reading: the others, the bounds, and its return."""

import asyncio
import socket as sockets
from base64 import b64encode
from collections.abc import Iterator
from functools import partial

import pytest
from msgspec import json
from msgspec.structs import replace
from tests.gateway.house import House, Json, Team
from tests.waiting import until

from itg.exchange.contract import TradeExecuted
from itg.gateway.sessions import Session
from itg.gateway.settings import GatewaySettings
from itg.kernel.ids import AccountId, InstrumentId, OrderId, Shard, TradeId
from itg.kernel.money import Price, Quantity
from itg.kernel.words import Side

pytestmark = pytest.mark.system

READERS = 199
BATCHES, BATCH = 80, 50
TRADE = b'"type":"trade"'


def handshake(team: Team) -> bytes:
    return (
        f"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {b64encode(bytes(16)).decode()}\r\n"
        f"X-API-Key: {team.key}\r\n\r\n"
    ).encode()


def masked(method: str, params: Json) -> bytes:
    body = json.encode({"id": 1, "method": method, "params": params})
    return bytes([0x81, 0x80 | 126]) + len(body).to_bytes(2, "big") + bytes(4) + body


class Counter(asyncio.Protocol):
    """Reads everything at once and counts the trades in it."""

    def __init__(self, team: Team) -> None:
        self.team = team
        self.trades = 0
        self.is_subscribed = False
        self._tail = b""
        self._is_open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(handshake(self.team))

    def data_received(self, data: bytes) -> None:
        seen = self._tail + data
        if not self._is_open and b"101" in seen:
            self._is_open = True
            self.transport.write(masked("subscribe", {"channels": ["trades.*"], "resume": {}}))
        self.is_subscribed = self.is_subscribed or b'"type":"snapshot"' in seen
        self.trades += seen.count(TRADE)
        self._tail = seen[-(len(TRADE) - 1) :]

    def has_read(self, trades: int) -> bool:
        return self.trades == trades


async def stuck_socket(house: House, team: Team) -> sockets.socket:
    """Subscribe with a tiny receive buffer and never read again."""
    loop = asyncio.get_running_loop()
    raw = sockets.socket()
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    raw.setblocking(False)
    await loop.sock_connect(raw, ("127.0.0.1", house.server.port))
    await loop.sock_sendall(raw, handshake(team))
    assert b"101" in await loop.sock_recv(raw, 2_048)
    channels = {"channels": ["private", "trades.*"], "resume": {}}
    await loop.sock_sendall(raw, masked("subscribe", channels))
    return raw


def frames_in(received: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (opcode, payload) of whole frames; the first may have lost its beginning."""
    start = received.find(b"\x81~")
    while start + 2 <= len(received):
        opcode, size = received[start] & 0x0F, received[start + 1]
        head = {126: 4, 127: 10}.get(size, 2)
        if size > 125:
            size = int.from_bytes(received[start + 2 : start + head], "big")
        yield opcode, received[start + head : start + head + size]
        start += head + size


async def everything_in(raw: sockets.socket) -> bytes:
    loop, received = asyncio.get_running_loop(), b""
    try:
        while data := await asyncio.wait_for(loop.sock_recv(raw, 1 << 20), 10):
            received += data
    except ConnectionResetError:
        pass
    return received


def trades(first: int) -> list[TradeExecuted]:
    return [
        TradeExecuted(
            shard=Shard(0), trade_id=TradeId(first + n), instrument_id=InstrumentId("SPX"),
            price=Price(44_000_000), quantity=Quantity(1), aggressor_side=Side.BUY,
            maker_order_id=OrderId(1), maker_account_id=AccountId("a"), taker_order_id=OrderId(2),
            taker_account_id=AccountId("b"),
        )
        for n in range(BATCH)
    ]  # fmt: skip


async def test_a_stuck_reader_costs_the_others_nothing_and_itself_nothing_it_cannot_get_again() -> (
    None
):
    settings = GatewaySettings(
        sessions_per_team=READERS + 1, queries_per_s=10_000, heartbeat_s=3_600.0
    )
    async with House(settings=settings) as house:
        await house.open_market()
        crowd, slow = await house.register("crowd"), await house.register("slow")
        loop = asyncio.get_running_loop()
        address = ("127.0.0.1", house.server.port)
        seats = [
            await loop.create_connection(partial(Counter, crowd), *address) for _ in range(READERS)
        ]
        readers = [reader for _, reader in seats]
        await until(lambda: all(reader.is_subscribed for reader in readers))
        raw = await stuck_socket(house, slow)
        await until(lambda: len(house.gateway.feed.fanout.places) == READERS + 1)
        stuck = house.gateway.sessions_of(slow.team_id)[0]  # type: ignore[arg-type]
        await until(lambda: len(house.gateway.feed.heard_by(stuck)) == 2)
        most, blocked_at = 0, 0.0
        for batch in range(BATCHES):
            await slow.place("buy", 1, 1.0 + batch)
            told = replace(house.records[-1], outputs=tuple(trades(batch * BATCH)))
            house.gateway.publish([told])
            await until(partial(readers[0].has_read, (batch + 1) * BATCH))
            most = max(most, held(stuck))
            blocked_at = blocked_at or (loop.time() if stuck.is_blocked else 0.0)
        assert blocked_at, "its buffers are full"
        await until(lambda: house.gateway.numbers.slow_sessions)
        ended_s = loop.time() - blocked_at
        received = await everything_in(raw)
        raw.close()
        await until(lambda: all(r.trades == BATCHES * BATCH for r in readers))
        assert ended_s <= 5.0
        assert most <= settings.outbox_bytes_max
        assert len(house.gateway.feed.sessions) == READERS
        *heard, (opcode, close) = frames_in(received)
        assert (opcode, int.from_bytes(close[:2], "big")) == (8, 4008)
        frames = [json.decode(payload) for _, payload in heard]
        assert (frames[-1]["channel"], frames[-1]["type"]) == ("system", "slow")
        private = [f["seq"] for f in frames if f.get("channel") == "private"]
        assert private == list(range(private[0], private[0] + len(private)))
        async with slow.socket() as again:
            point = {"private": {"epoch": 1, "seq": private[-1]}}
            await again.request("subscribe", {"channels": ["private"], "resume": point})
            await again.request("ping")
            missed = [push["seq"] for push in again.pushes if push["channel"] == "private"]
        assert [*private, *missed][-1] == BATCHES
        assert missed == list(range(private[-1] + 1, BATCHES + 1))
        for reader in readers:
            reader.transport.abort()


def held(session: Session) -> int:
    """Return everything the server holds for a session."""
    return session.waiting_bytes + session.wire.unsent_bytes()
