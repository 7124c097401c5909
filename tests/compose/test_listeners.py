"""A process listens twice: the public finds nothing of the organizer's, who finds everything."""

import os
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from msgspec import Raw, convert, json
from msgspec.structs import replace

from itg.adapters.sqlite_journal import DATABASE
from itg.compose.door import Door, DoorSettings
from itg.compose.game_settings import Address
from itg.compose.relay_child import BusSettings
from itg.compose.solo import Solo, SoloSettings
from itg.game.contract import Scope
from itg.gateway.operations import Operation
from itg.gateway.routes.table import OPERATIONS
from itg.kernel.errors import ConfigurationError
from itg.runtime.service import node_name
from itg.wire.v1.operating import ServicesBody

pytestmark = pytest.mark.system
BESIDE = pytest.mark.asyncio(loop_scope="module")
LOOPBACK = "127.0.0.1"
ORGANIZERS = [row for row in OPERATIONS if row.route.is_organizers]
OTHERS = [row for row in OPERATIONS if not row.route.is_organizers]
Told = dict[str, object]


class Doors:
    """A running game with two listeners, and calls to either."""

    def __init__(self, solo: Solo, http: aiohttp.ClientSession) -> None:
        self.solo = solo
        self.http = http
        self.public, self.organizer = solo.url, solo.listeners.organizer_url
        self.admin_key = solo.directory.admin_key.read_text().strip()
        self.team_key = ""

    async def call(
        self, url: str, method: str, path: str, key: str = "", body: object = None
    ) -> tuple[int, Told]:
        """Return the status and the body, without what is of one request alone."""
        status, text = await self.read(url, method, path, key, body)
        told: Told = json.decode(text)
        return status, {name: v for name, v in told.items() if name not in {"request_id", "ts_us"}}

    async def read(
        self, url: str, method: str, path: str, key: str = "", body: object = None
    ) -> tuple[int, bytes]:
        headers = {"X-API-Key": key} if key else {}
        sent = None if body is None else json.encode(body)
        if sent is not None:
            headers["Content-Type"] = "application/json"
        async with self.http.request(method, url + path, data=sent, headers=headers) as answer:
            return answer.status, await answer.read()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def doors(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Doors]:
    data = tmp_path_factory.mktemp("listeners")
    solo = Solo(SoloSettings(scenario="bare", data=data, admin=Address(LOOPBACK, 0)))
    await solo.start()
    try:
        async with aiohttp.ClientSession() as http:
            found = Doors(solo, http)
            team = {"team_name": "Somebody", "role": "hedge_fund"}
            _, told = await found.call(found.public, "POST", "/game/teams/register", body=team)
            found.team_key = str(told["api_key"])
            yield found
    finally:
        await solo.stop()


def path_of(operation: Operation) -> str:
    path = operation.route.path
    for name in operation.route.path_fields:
        path = path.replace(f"{{{name}}}", "1")
    return path


def test_what_needs_the_scope_admin_and_all_below_admin_is_the_organizers() -> None:
    assert {row.route.name for row in OPERATIONS if row.route.scope is Scope.ADMIN} <= {
        row.route.name for row in ORGANIZERS
    }
    assert not [row for row in OTHERS if row.route.path.startswith("/admin")]
    route = OTHERS[0].route
    assert replace(route, path="/admin/anything", scope=Scope.READ).is_organizers
    assert replace(route, scope=Scope.ADMIN).is_organizers


@BESIDE
@pytest.mark.parametrize("operation", ORGANIZERS, ids=lambda row: row.route.name)
async def test_for_the_public_an_organizers_path_is_one_that_nobody_knows(
    doors: Doors, operation: Operation
) -> None:
    method = operation.route.method
    for version in ("", "/v1"):
        path = version + path_of(operation)
        for key in ("", "itg_nobody", doors.team_key, doors.admin_key):
            unknown = await doors.call(doors.public, method, f"{version}/no/such/path", key)
            assert unknown[0] == 404
            told = {**unknown[1], "instance": path}
            assert await doors.call(doors.public, method, path, key) == (404, told), key
        status, told = await doors.call(doors.organizer, method, path)
        assert (status, told["code"]) == (401, "UNAUTHENTICATED")
        status, told = await doors.call(doors.organizer, method, path, doors.team_key)
        assert (status, told["code"]) == (403, "SCOPE_MISSING")


@BESIDE
@pytest.mark.parametrize("operation", OTHERS, ids=lambda row: row.route.name)
async def test_everything_else_is_answered_alike_at_both(
    doors: Doors, operation: Operation
) -> None:
    route = operation.route
    if route.scope is None and route.method == "GET":
        return  # it tells the time
    found = [
        await doors.call(url, route.method, path_of(operation))
        for url in (doors.public, doors.organizer)
    ]
    assert found[0] == found[1]
    assert found[0][1]["code"] != "ROUTE_NOT_FOUND"


@BESIDE
async def test_an_act_at_the_organizers_port_is_done_and_stands_in_the_audit(
    doors: Doors,
) -> None:
    body = {"text": "We begin at nine.", "reason": "the day's plan"}
    refused, _ = await doors.call(doors.public, "POST", "/admin/messages", doors.admin_key, body)
    done, told = await doors.call(doors.organizer, "POST", "/admin/messages", doors.admin_key, body)
    assert (refused, done) == (404, 201), told
    status, page = await doors.call(doors.organizer, "GET", "/admin/audit", doors.admin_key)
    assert status == 200
    rows = page["items"]
    assert isinstance(rows, list)
    acts = [row for row in rows if row["reason"] == "the day's plan"]
    assert [(row["act"], row["actor"], row["code"]) for row in acts] == [
        ("message.send", "organizer", None)
    ]


@BESIDE
async def test_the_one_process_and_its_services_are_listed(doors: Doors) -> None:
    path = "/admin/services"
    status, told = await doors.call(doors.organizer, "GET", path, doors.admin_key)
    assert status == 200
    listed = convert(told, ServicesBody)
    names = [node_name(s.name, s.shard) for s in doors.solo.machine.services]
    assert [item.service for item in listed.items] == names
    assert {(item.node, item.is_reached) for item in listed.items} == {("node", True)}
    assert [(each.pid, each.status) for each in listed.processes] == [(os.getpid(), "runs")]


@BESIDE
async def test_on_the_socket_no_listener_has_an_act_of_the_organizers(doors: Doors) -> None:
    headers = {"X-API-Key": doors.admin_key}
    for url in (doors.public, doors.organizer):
        async with doors.http.ws_connect(f"{url}/ws", headers=headers) as socket:
            for row in ORGANIZERS:
                asked = {"id": 1, "method": row.route.name, "params": {}}
                await socket.send_str(json.encode(asked).decode())
                answer: dict[str, Any] = {}
                while answer.get("id") != 1:
                    answer = json.decode((await socket.receive(timeout=10)).data)
                assert answer["error"]["code"] == "UNKNOWN_METHOD"


@BESIDE
async def test_the_console_and_the_documents_of_the_organizer_are_not_the_publics(
    doors: Doors,
) -> None:
    for path in ("/trade", "/board", "/docs"):
        assert (await doors.read(doors.public, "GET", path))[0] == 200
    assert (await doors.read(doors.organizer, "GET", "/admin"))[0] == 200
    status, told = await doors.call(doors.public, "GET", "/admin")
    assert (status, told["code"]) == (404, "ROUTE_NOT_FOUND")
    paths = {}
    for url in (doors.public, doors.organizer):
        _, document = await doors.call(url, "GET", "/openapi.json")
        paths[url] = set(json.decode(json.encode(document["paths"]), type=dict[str, Raw]))
    assert paths[doors.organizer] == {row.route.path for row in OPERATIONS}
    assert paths[doors.public] == {row.route.path for row in OTHERS}


async def test_without_an_address_of_its_own_the_organizer_has_the_only_one(
    tmp_path: Path,
) -> None:
    solo = Solo(SoloSettings(scenario="bare", data=tmp_path))
    await solo.start()
    try:
        assert solo.listeners.organizer_url == solo.url
        async with aiohttp.ClientSession() as http:
            alone = Doors(solo, http)
            status, _ = await alone.call(alone.public, "GET", "/admin/audit", alone.admin_key)
            assert status == 200
    finally:
        await solo.stop()


async def test_both_are_closed_with_the_process(tmp_path: Path) -> None:
    solo = Solo(SoloSettings(scenario="bare", data=tmp_path, admin=Address(LOOPBACK, 0)))
    await solo.start()
    ports = [int(url.rpartition(":")[2]) for url in (solo.url, solo.listeners.organizer_url)]
    await solo.stop()
    for port in ports:
        with socket.socket() as trying:
            assert trying.connect_ex((LOOPBACK, port)) != 0


def test_a_port_that_is_taken_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        at = Address(LOOPBACK, port)
        with pytest.raises(ConfigurationError, match=rf":{port}: .* \(--admin-port\)"):
            Solo(SoloSettings(scenario="bare", data=tmp_path, admin=at))
        bus = BusSettings(url="nats://127.0.0.1:1")
        with pytest.raises(ConfigurationError, match=rf":{port}: .* \(--admin-port\)"):
            Door(DoorSettings(data=tmp_path, bus=bus, admin=at))
    assert not (tmp_path / DATABASE).exists()
    settings = SoloSettings(scenario="bare", data=tmp_path, port=port, admin=at)
    with pytest.raises(ConfigurationError, match=r"\(--admin-port\)"):  # both want it
        Solo(settings)
    assert not (tmp_path / DATABASE).exists()
