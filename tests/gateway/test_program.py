"""The program around the operations: life and death, documentation, metrics, edges of HTTP."""

import asyncio
import re
import subprocess
import sys

import pytest
from msgspec import json
from tests.gateway.house import ADMIN_KEY, Answered, House

from itg.adapters import http_server
from itg.gateway import wires
from itg.gateway.problems import REASONS
from itg.gateway.reasons import HEADERS_TOO_LARGE
from itg.gateway.routes.table import OPERATIONS
from itg.gateway.settings import GatewaySettings
from itg.kernel.errors import ConfigurationError

OUTSIDE = re.compile(r"""(?:src|href|url|action)\s*[=(:]\s*["']?\s*(?:https?:)?//""", re.IGNORECASE)


async def test_the_program_starts_and_stops_five_times_in_one_process() -> None:
    for _ in range(5):
        async with House() as house:
            team = await house.register("alpha")
            await house.open_market()
            async with team.socket("private") as socket:
                assert (await team.place("buy", 1, 1.0)).status == 201
                await socket.push("private", "order.accepted")
    assert len(asyncio.all_tasks()) == 1


async def test_it_is_ready_once_the_game_is_known_and_not_while_it_stops() -> None:
    async with House() as house:
        ready = await house.call("GET", "/health/ready")
        assert (ready.status, ready.json["status"]) == (200, "ready")
        assert (ready.json["scenario"], ready.json["phase"]) == ("bare", "closed")
        assert (await house.call("GET", "/health/live")).status == 200
        team = await house.register("alpha")
        await house.gateway.stop()
        stopping = await house.call("GET", "/health/ready")
        assert (stopping.status, stopping.json["status"]) == (503, "starting or stopping")
        refused = await team.call("GET", "/positions/me")
        assert (refused.status, refused.json["code"]) == (503, "SERVICE_UNAVAILABLE")
        assert refused.headers["retry-after"] == "1"
        assert (await house.call("GET", "/health/live")).status == 200


async def test_a_draining_pump_refuses_with_503() -> None:
    async with House() as house:
        team = await house.register("alpha")
        await house.pump.drain()
        answer = await team.place("buy", 1, 1.0)
        assert (answer.status, answer.json["code"]) == (503, "SERVICE_UNAVAILABLE")


async def test_instruments_and_books_answer_304_to_a_known_tag() -> None:
    async with House() as house:
        team = await house.register("alpha")
        await house.open_market()
        name = house.instruments[-1]
        for path in (
            "/exchange/instruments",
            f"/exchange/instruments/{name}",
            f"/exchange/orderbook/{name}",
        ):
            first = await team.call("GET", path)
            tag = first.headers["etag"]
            known = await team.call("GET", path, If_None_Match=f'"other", W/{tag}')
            assert (known.status, known.body, known.headers["etag"]) == (304, b"", tag)
        await team.place("buy", 1, 1.0)
        changed = await team.call("GET", path, If_None_Match=tag)
        assert changed.status == 200
        await house.phase("halted", name)
        halted = await team.call("GET", path, If_None_Match=changed.headers["etag"])
        assert (halted.status, halted.json["phase"]) == (200, "halted")


async def test_every_authenticated_read_says_how_far_the_private_stream_had_come() -> None:
    async with House() as house:
        team = await house.register("alpha")
        await house.open_market()
        for expected in (0, 1, 2):
            for operation in OPERATIONS:
                route = operation.route
                if route.method == "GET" and route.scope is not None:
                    path = route.path.replace("{team_id}", "me").replace("{instrument_id}", "SPX")
                    path = path.replace("{round_id}", "1").replace("{order_id}", "1")
                    answer = await team.call("GET", path.replace("{client_order_id}", "a"))
                    if answer.status == 200:
                        assert answer.headers["x-as-of-seq"] == str(expected), path
            await team.place("buy", 1, 1.0, client_order_id=f"a{expected}")


async def test_the_document_has_every_operation_and_every_reference_resolves() -> None:
    async with House() as house:
        document = (await house.call("GET", "/openapi.json")).json
    assert document["openapi"].startswith("3.1")
    described = {
        (method.upper(), path) for path, row in document["paths"].items() for method in row
    }
    assert described == {(o.route.method, o.route.path) for o in OPERATIONS}
    names = [row["operationId"] for path in document["paths"].values() for row in path.values()]
    assert len(names) == len(set(names))
    schemas = document["components"]["schemas"]
    references = set(re.findall(r'"#/components/schemas/([^"]+)"', json.encode(document).decode()))
    assert references <= schemas.keys()
    for path, row in document["paths"].items():
        for operation in row.values():
            named = {p["name"] for p in operation["parameters"] if p["in"] == "path"}
            assert named == set(re.findall(r"\{(\w+)\}", path))
            assert operation["responses"]


async def test_the_documents_of_both_interfaces_are_public() -> None:
    async with House() as house:
        for path, kind in (("/openapi.json", "openapi"), ("/asyncapi.json", "asyncapi")):
            answer = await house.call("GET", path)
            assert answer.status == 200
            assert answer.json[kind].startswith("3.")


async def test_no_page_asks_another_host_for_anything() -> None:
    async with House() as house:
        pages = ["/docs", "/docs/ws", "/problems", *(f"/problems/{code}" for code in REASONS)]
        for path in pages:
            page = await house.call("GET", path)
            assert page.status == 200, path
            assert page.headers["content-type"] == "text/html; charset=utf-8"
            assert OUTSIDE.search(page.body.decode()) is None, path
            policy = page.headers["content-security-policy"]
            assert "default-src 'self'" in policy
            assert "http" not in policy
        for path in ("/docs", "/docs/ws"):
            docs = (await house.call("GET", path)).body.decode()
            for asset in re.findall(r'(?:src|href)="(/[^"]+)"', docs):
                loaded = await house.call("GET", asset)
                assert loaded.status == 200, asset
                assert loaded.body
        start = (await house.call("GET", "/docs/assets/docs.js")).body
        assert b"validatorUrl: null" in start
        styles = (await house.call("GET", "/docs/assets/swagger-ui.css")).body.decode()
        assert re.search(r"url\(\s*[\"']?(?:https?:)?//", styles) is None


async def test_a_code_there_is_not_has_no_page_but_a_problem() -> None:
    async with House() as house:
        answer = await house.call("GET", "/problems/NO_SUCH_CODE")
    assert (answer.status, answer.json["code"]) == (404, "ROUTE_NOT_FOUND")


async def test_metrics_count_and_name_no_team_and_no_instrument() -> None:
    async with House() as house:
        team = await house.register("alpha")
        await house.open_market()
        async with team.socket("private") as socket:
            await team.place("buy", 1, 1.0)
            await socket.request("ping")
            text = (await house.call("GET", "/metrics")).body.decode()
    assert (
        'itg_http_requests_total{method="POST",route="/exchange/orders",status="201"} 1.0' in text
    )
    assert 'itg_socket_requests_total{method="ping"} 1.0' in text
    assert "itg_sessions 1.0" in text
    assert re.search(r"^itg_pump_inputs_total [1-9]", text, re.MULTILINE)
    assert all(name not in text for name in ("alpha", team.team_id + '"', *house.instruments))
    names = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE")}
    assert all(name.startswith("itg_") for name in names)


async def test_a_head_above_16_kib_is_431_in_one_piece_or_in_many() -> None:
    async with House() as house:
        for line in (b"X-A: " + b"a" * 17_000 + b"\r\n", b"X-A: aaaa\r\n" * 2_000):
            for piece in (len(line), 1_000):
                answer = await raw_request(house, b"GET / HTTP/1.1\r\nHost: x\r\n" + line, piece)
                assert b" 431 " in answer.split(b"\r\n", 1)[0], answer[:100]
                assert HEADERS_TOO_LARGE.code.encode() in answer
        assert (await house.call("GET", "/health/live")).status == 200


async def test_what_is_no_http_is_a_problem() -> None:
    async with House() as house:
        answer = await raw_request(house, b"\x16\x03\x01 hello\r\n\r\n", 100)
        assert b" 400 " in answer.split(b"\r\n", 1)[0]
        assert b"application/problem+json" in answer


async def raw_request(house: House, data: bytes, piece: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", house.server.port)
    try:
        for start in range(0, len(data), piece):
            writer.write(data[start : start + piece])
            await writer.drain()
        return await asyncio.wait_for(reader.read(4_096), 5)
    except ConnectionError:
        return await asyncio.wait_for(reader.read(4_096), 5)
    finally:
        writer.close()


async def test_a_body_that_does_not_come_is_408() -> None:
    async with House(settings=GatewaySettings(body_deadline_s=0.1)) as house:
        team = await house.register("alpha")
        head = (
            f"POST /exchange/orders HTTP/1.1\r\nHost: x\r\nX-API-Key: {team.key}\r\n"
            "Content-Length: 10\r\n\r\n{"
        )
        answer = await raw_request(house, head.encode(), 10_000)
        assert b" 408 " in answer.split(b"\r\n", 1)[0]


async def test_a_head_that_does_not_come_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http_server, "HEADERS_S_MAX", 0.1)
    async with House() as house:
        reader, writer = await asyncio.open_connection("127.0.0.1", house.server.port)
        writer.write(b"GET / HT")
        assert await asyncio.wait_for(reader.read(), 5) == b""
        writer.close()


async def test_a_taken_port_is_told_as_a_setting_to_change() -> None:
    async with House() as house:
        other = http_server.HttpServer(house.app, "127.0.0.1", house.server.port)
        with pytest.raises(ConfigurationError, match=str(house.server.port)):
            await other.start()


def test_server_and_gateway_call_the_joined_write_by_one_name() -> None:
    assert http_server.FRAMES == wires.EXTENSION


async def test_registration_says_what_is_wrong_and_gives_a_key_once() -> None:
    async with House() as house:
        answers = await asyncio.gather(*(attempt(house, "the one") for _ in range(20)))
        assert sorted(answer.status for answer in answers) == [201] + [409] * 19
        won = next(answer for answer in answers if answer.status == 201)
        assert re.fullmatch(r"itg_[A-Za-z0-9_-]{43}", won.json["api_key"])
        assert won.headers["cache-control"] == "no-store"
        for name, status, code in (
            ("ab", 422, "INVALID_TEAM_NAME"),
            ("x" * 51, 422, "INVALID_TEAM_NAME"),
            ("The One", 409, "DUPLICATE_TEAM_NAME"),
        ):
            refused = await attempt(house, name)
            assert (refused.status, refused.json["code"]) == (status, code)
            assert refused.json["detail"]
        teams = (await house.call("GET", "/game/teams", key=won.json["api_key"])).json["items"]
        assert [team["team_name"] for team in teams] == ["the one"]
        assert "api_key" not in teams[0]


async def test_the_house_role_cannot_register() -> None:
    async with House("demo") as house:
        refused = await attempt(house, "sneaky", "retail")
        assert (refused.status, refused.json["code"]) == (403, "ROLE_NOT_OPEN")


async def attempt(house: House, name: str, role: str = "hedge_fund") -> Answered:
    body = {"team_name": name, "role": role}
    return await house.call("POST", "/game/teams/register", body)


async def test_the_organizer_registers_teams_without_a_code() -> None:
    async with House() as house:
        body = {"team_name": "guests", "role": "hedge_fund"}
        created = await house.call("POST", "/admin/teams", body, key=ADMIN_KEY)
        assert created.status == 201
        read = await house.call("GET", "/positions/me", key=created.json["api_key"])
        assert read.json["role"] == "hedge_fund"


async def test_an_illegal_move_of_the_phase_is_409() -> None:
    async with House() as house:
        await house.call("POST", "/admin/rounds/1/start", key=ADMIN_KEY)
        refused = await house.phase("continuous")
        assert (refused.status, refused.json["code"]) == (409, "ILLEGAL_PHASE_MOVE")
        missing = await house.phase("pre_open", "NOPE")
        assert (missing.status, missing.json["code"]) == (404, "INSTRUMENT_NOT_FOUND")


ALONE = """
import importlib, pkgutil, sys
from itg.gateway import routes
for module in pkgutil.iter_modules(routes.__path__):
    for name in [name for name in sys.modules if name.startswith("itg.gateway")]:
        del sys.modules[name]
    importlib.import_module(f"itg.gateway.routes.{module.name}")
    print(module.name)
"""


def test_every_module_of_routes_is_imported_alone() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ALONE], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) > 20
