"""Connections come and go, some die, the server restarts: nobody else notices."""

import asyncio
import socket as sockets
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest_asyncio
from msgspec import json
from tests.gateway.house import ADMIN_KEY, House, Json, Socket, Team, socket_of

from itg.gateway.settings import GatewaySettings
from itg.runtime.journal import Header, MemoryJournal


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    async with House() as running:
        await running.open_market()
        yield running


async def settled(house: House, socket: Socket) -> list[Json]:
    """Return every push that reached the socket for what was released so far."""
    await house.gateway.settled()
    house.gateway.feed.fanout.flush()
    await socket.request("ping")
    pushes, socket.pushes = socket.pushes, []
    return pushes


async def churn(maker: Team, taker: Team, rounds: int) -> None:
    for n in range(rounds):
        await maker.place("buy", 5, 10.0 - n % 3)
        await taker.place("sell", 3, 9.0 - n % 2)
        await maker.call("DELETE", "/exchange/orders")


async def test_two_sockets_of_a_team_hear_the_same_frames(house: House) -> None:
    maker, taker = await house.register("maker"), await house.register("taker", "hedge_fund")
    channels = ("private", f"book.{house.instruments[-1]}")
    async with maker.socket(*channels) as one, maker.socket(*channels) as two:
        assert (one.hello["data"]["connection_number"], two.hello["data"]["connection_number"]) == (
            1,
            2,
        )
        await settled(house, one)
        await settled(house, two)
        await churn(maker, taker, 3)
        assert await settled(house, one) == await settled(house, two)


async def test_the_ninth_connection_of_a_team_replaces_the_oldest(house: House) -> None:
    team = await house.register("alpha")
    first = await house.http.ws_connect(house.url + "/ws", headers={"X-API-Key": team.key})
    await first.receive_json()
    others = [
        await house.http.ws_connect(house.url + "/ws", headers={"X-API-Key": team.key})
        for _ in range(8)
    ]
    for other in others:
        assert (await other.receive_json())["type"] == "hello"
    while (await first.receive(timeout=5)).type.name == "TEXT":
        pass
    assert first.close_code == 4001
    assert len(house.gateway.feed.sessions) == 8


async def test_the_ninth_connection_of_a_key_without_a_team_replaces_its_oldest(
    house: House,
) -> None:
    keys = []
    for _ in range(2):
        issued = await house.call("POST", "/admin/keys", {"key_name": "viewer"}, key=ADMIN_KEY)
        keys.append(issued.json["api_key"])
    async with AsyncExitStack() as opened:
        first, *others = [
            await opened.enter_async_context(socket_of(house, key))
            for key in [keys[0]] * 8 + [keys[1]] * 8 + [ADMIN_KEY] * 9
        ]
        await opened.enter_async_context(socket_of(house, keys[0]))
        while not first.raw.closed:
            await first.raw.receive(timeout=5)
        assert first.raw.close_code == 4001
        for other in others:
            assert "result" in await other.request("ping")


async def test_a_dead_socket_delays_nobody_and_is_closed_when_its_outbox_is_full() -> None:
    settings = GatewaySettings(outbox_bytes_max=200_000, queries_per_s=100_000)
    async with House(settings=settings) as house:
        await house.open_market()
        maker = await house.register("maker")
        dead = await dead_subscriber(house, maker)
        async with maker.socket("private") as alive:
            for n in range(1_000):
                if house.gateway.numbers.slow_sessions:
                    break
                placed = await maker.place("buy", 1, 1.0)
                assert placed.status == 201, placed.body
                assert (await alive.push("private", "order.accepted"))["seq"] == n + 1
            assert house.gateway.numbers.slow_sessions == 1
            assert len(house.gateway.feed.sessions) == 1
        dead.close()


async def test_of_a_connection_that_is_closed_nothing_more_is_taken() -> None:
    settings = GatewaySettings(outbox_bytes_max=50_000, queries_per_s=100_000)
    async with House(settings=settings) as house:
        team, said = await house.register("dead"), 0

        async def receive() -> dict[str, object]:  # all that it says is there at once
            nonlocal said
            said += 1
            if said == 1:
                return {"type": "websocket.connect"}
            if said > 4_000:
                return {"type": "websocket.disconnect", "code": 1006}
            return {"type": "websocket.receive", "text": '{"id":1,"method":"rules.get"}'}

        async def send(event: dict[str, object]) -> None:
            if event["type"] == "websocket.send":
                await asyncio.Event().wait()  # it never reads

        headers = [(b"host", b"x"), (b"x-api-key", team.key.encode())]
        scope: dict[str, Any] = {
            "type": "websocket",
            "path": "/ws",
            "query_string": b"",
            "headers": headers,
        }
        scope |= {"subprotocols": [], "extensions": {}, "client": ("127.0.0.1", 1)}
        app: Any = house.app
        await app(scope, receive, send)
        assert house.gateway.numbers.slow_sessions == 1
        assert house.gateway.numbers.socket_requests["rules.get"] < 500


async def dead_subscriber(house: House, team: Team) -> sockets.socket:
    """Open a socket with a tiny receive buffer, ask for megabytes, and never read again."""
    loop = asyncio.get_running_loop()
    raw = sockets.socket()
    raw.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4096)
    raw.setblocking(False)
    await loop.sock_connect(raw, ("127.0.0.1", house.server.port))
    request = (
        f"GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {b64encode(bytes(16)).decode()}\r\n"
        f"X-API-Key: {team.key}\r\n\r\n"
    )
    await loop.sock_sendall(raw, request.encode())
    assert b"101" in await loop.sock_recv(raw, 2_048)
    body = json.encode({"id": 1, "method": "rules.get"})
    frame = bytes([0x81, 0x80 | len(body)]) + bytes(4) + body  # masked with zeros
    await loop.sock_sendall(raw, frame * 4_000)
    return raw


async def test_after_a_restart_keys_work_private_resumes_and_the_rest_begins_a_new_epoch() -> None:
    journal = MemoryJournal.opened()
    async with House(journal=journal) as house:
        await house.open_market()
        maker, taker = await house.register("maker"), await house.register("taker", "hedge_fund")
        async with maker.socket("private") as socket:
            await churn(maker, taker, 3)
            before = [p for p in await settled(house, socket) if p["type"] != "snapshot"]
            epoch = socket.hello["epoch"]
            await maker.place("buy", 7, 2.0, client_order_id="still")
    assert socket.raw.close_code in {None, 1012, 1000}
    successor = MemoryJournal(journal.store)
    successor.open(Header(code_fingerprint="", numeric_fingerprint=""))
    async with House(journal=successor) as again:
        same = Team(again, maker.key, maker.team_id)
        async with same.socket() as socket:
            assert socket.hello["epoch"] > epoch
            assert socket.hello["data"]["connection_number"] == 2
            point = {"private": {"epoch": 1, "seq": before[-1]["seq"]}}
            await socket.request("subscribe", {"channels": ["private", "phase"], "resume": point})
            missed = await socket.push("private", "order.accepted")
            assert missed["seq"] == before[-1]["seq"] + 1
            assert (await socket.push("phase", "snapshot"))["seq"] == 0
            repeat = await same.place("buy", 7, 2.0, client_order_id="still")
            assert repeat.headers["idempotent-replayed"] == "true"
            assert (await again.call("GET", "/game/teams", key=ADMIN_KEY)).json["items"]


async def test_sockets_are_told_of_a_restart() -> None:
    async with House() as house:
        team = await house.register("alpha")
        raw = await house.http.ws_connect(house.url + "/ws", headers={"X-API-Key": team.key})
        await raw.receive_json()
        await house.gateway.stop()
        while (await raw.receive(timeout=5)).type.name == "TEXT":
            pass
        assert raw.close_code == 1012


async def test_the_organizer_sees_who_is_connected_how_each_socket_does_and_who_is_missing(
    house: House,
) -> None:
    present = await house.register("present")
    await house.register("absent", "hedge_fund")
    async with (
        present.socket("private", "phase") as socket,
        socket_of(house, ADMIN_KEY),
    ):
        await socket.request("ping")
        answer = await house.call("GET", "/admin/connections", key=ADMIN_KEY)
        assert answer.status == 200, answer.body
        here, away = answer.json["items"]
        (connection,) = here["connections"]
        assert (here["team_name"], connection["connection_number"]) == ("present", 1)
        assert connection["channels"] == ["private", "phase"]
        assert (connection["unanswered"], connection["is_blocked"]) == (0, False)
        assert 0 <= connection["last_frame_age_ms"] <= connection["open_ms"]
        assert away["connections"] == []
        assert answer.json["missing"] == ["absent"]
        assert (answer.json["others"], answer.json["epoch"]) == (1, socket.hello["epoch"])
    refused = await present.call("GET", "/admin/connections")
    assert (refused.status, refused.json["code"]) == (403, "SCOPE_MISSING")


async def test_what_a_stuck_socket_has_not_read_is_seen(house: House) -> None:
    maker = await house.register("maker")
    dead = await dead_subscriber(house, maker)
    connection = {"is_blocked": False}
    async with asyncio.timeout(10):
        while not connection["is_blocked"]:
            answer = await house.call("GET", "/admin/connections", key=ADMIN_KEY)
            (connection,) = answer.json["items"][0]["connections"]
    assert connection["waiting_bytes"] > 0
    dead.close()
