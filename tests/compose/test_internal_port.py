"""A node's internal port: read by who has the token, whole, in pages, and by nobody else."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest
from msgspec.json import Decoder, encode
from tests.runtime.test_nodes import BANKS, HERALD, Toys
from tests.runtime.toys import GetBalance, deposit

from itg.compose.internal import Desk, InternalPort, address_of, document
from itg.compose.services import services_of
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import Shard
from itg.kernel.messages import Event

TOKEN = "itg_internal_for_a_test"


class Port:
    """The internal port of a node, and how it is asked."""

    def __init__(self, url: str) -> None:
        self._where = urlsplit(url).netloc

    async def get(
        self, path: str, token: str = TOKEN, method: str = "GET", body: bytes = b""
    ) -> tuple[int, bytes]:
        return await asyncio.to_thread(self._get, path, token, method, body)

    async def read(self, path: str) -> dict[str, object]:
        status, body = await self.get(path)
        assert status == 200, body
        return Decoder(dict[str, object]).decode(body)

    async def ask(self, path: str, body: bytes = b"") -> tuple[int, dict[str, object]]:
        status, answer = await self.get(path, method="POST", body=body)
        return status, Decoder(dict[str, object]).decode(answer)

    def _get(self, path: str, token: str, method: str, body: bytes) -> tuple[int, bytes]:
        connection = HTTPConnection(self._where, timeout=30)
        try:
            connection.request(method, path, body, headers={"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[Toys, Port]]:
    toys = Toys()
    for name in (HERALD, BANKS):
        await toys.begin(name)
    for amount in range(1, 41):
        toys.tell(BANKS, deposit(amount, shard=amount % 2))
        if amount % 5 == 0:
            await toys.settled()
    port = InternalPort(TOKEN, "127.0.0.1", 0)
    port.add(Desk(toys.nodes[BANKS]).handlers())
    await port.start()
    try:
        yield toys, Port(port.url)
    finally:
        await port.stop()
        await toys.stop()


@pytest.mark.parametrize("shard", [None, 0, 1])
async def test_pages_from_any_number_hold_every_event_of_a_shard_once_and_in_order(
    shard: int | None,
) -> None:
    async with opened() as (toys, port):
        caused = [
            (record.seq + place, output)
            for record in toys.recorded(BANKS)
            for place, output in enumerate(record.outputs, start=1)
            if isinstance(output, Event) and shard in {None, getattr(output, "shard", 0)}
        ]
        for begin in (0, caused[0][0], caused[7][0], caused[-1][0]):
            after, found, is_end = begin, list[int](), False
            while not is_end:
                chosen = "" if shard is None else f"&shard={shard}"
                page = await port.read(f"/internal/events?after={after}&limit=3{chosen}")
                events, reached = page["events"], page["next_after"]
                assert isinstance(events, list)
                assert isinstance(reached, int)
                after = reached
                is_end = page["is_end"] is True
                found += [event["seq"] for event in events]
            assert found == [seq for seq, _ in caused if seq > begin]


async def test_it_tells_how_its_node_is_and_the_hash_of_its_state() -> None:
    async with opened() as (toys, port):
        node = toys.nodes[BANKS]
        health = await port.read("/internal/health")
        assert health["node"] == BANKS
        assert health["seq"] == node.pump.released_seq
        assert health["hears"] == {HERALD: True}
        assert health["has_caught_up"] is True
        state = await port.read("/internal/state")
        machine = node.pump.machine
        assert state == {"seq": machine.next_seq - 1, "state_hash": machine.state_hash()}
        status, body = await port.get("/internal/metrics")
        assert status == 200
        assert f"itg_pump_inputs_total {node.pump.numbers.inputs}\n".encode() in body


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/internal/events?after=x", 400, b"after 'x': a whole number"),
        ("/internal/events?limit=0", 400, b"limit 0: at least 1"),
        ("/internal/events?limit=1001", 400, b"at most 1000"),
        ("/internal/events?since=1", 400, b"since: no such field"),
        ("/exchange", 404, b"/exchange: there is no such path; /openapi.json has all"),
    ],
)
async def test_what_cannot_be_is_refused_by_name(path: str, status: int, said: bytes) -> None:
    async with opened() as (_, port):
        told, body = await port.get(path)
        assert told == status
        assert said in body


async def test_without_the_token_nothing_is_told_and_nothing_is_written() -> None:
    async with opened() as (toys, port):
        for path in ("/internal/events", "/internal/health", "/internal/nowhere"):
            status, body = await port.get(path, token="another")
            assert status == 401
            assert TOKEN.encode() not in body
        before = toys.nodes[BANKS].pump.machine.next_seq
        assert (await port.get("/internal/events", method="POST"))[0] == 405
        assert toys.nodes[BANKS].pump.machine.next_seq == before


async def test_the_queries_of_its_services_are_asked_with_their_fields() -> None:
    async with opened() as (toys, port):
        machine = toys.nodes[BANKS].pump.machine
        for shard in (0, 1):
            query = GetBalance(shard=Shard(shard), account="a")
            status, told = await port.ask("/bank/GetBalance", encode(query))
            assert status == 200
            assert told == {
                "as_of": machine.next_seq - 1,
                "kind": "Balance",
                "reply": {"amount": machine.query(query).amount},  # type: ignore[attr-defined]
            }


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/bank/GetBalance", b"{}", 400, "GetBalance: Object missing required field `shard`"),
        ("/bank/GetBalance", b"[]", 400, "GetBalance: Expected `object`, got `array`"),
        ("/bank/GetBalance", b"nonsense", 400, "GetBalance: the body is no JSON object"),
        ("/bank/GetBalance", b'{"shard":0,"acount":"a"}', 400, "no field acount; there are: shard"),
        ("/bank/GetBalance", b'{"shard":7,"account":"a"}', 400, "shard 7 is not here; here: 0, 1"),
        ("/bank/GetTotal", b"{}", 404, "bank answers no GetTotal; it answers GetBalance"),
        ("/herald/GetTotal", b"{}", 404, "no service herald here; here: bank"),
        ("/bank/GetBalance", b"x" * 70_000, 413, ""),
    ],
)
async def test_a_query_that_cannot_be_is_refused_by_name(
    path: str, body: bytes, status: int, said: str
) -> None:
    async with opened() as (_, port):
        told, answer = await port.ask(path, body)
        assert (told, answer["status"]) == (status, status)
        assert said in str(answer["detail"])


def assert_whole(made: Mapping[str, object]) -> None:
    """Fail unless every reference has what it refers to, and no two paths one name."""
    components, paths = made["components"], made["paths"]
    assert isinstance(components, dict)
    assert isinstance(paths, dict)
    told = encode(made).decode()
    referred = set(re.findall(r'"#/components/schemas/([^"]+)"', told))
    assert referred <= set(components["schemas"])
    names = [operation["operationId"] for path in paths.values() for operation in path.values()]
    assert len(names) == len(set(names))


async def test_its_document_has_every_path_and_query_and_is_whole() -> None:
    async with opened() as (_, port):
        served = await port.read("/openapi.json")
    assert_whole(served)
    paths = served["paths"]
    assert isinstance(paths, dict)
    assert "/bank/GetBalance" in paths
    assert "/herald/GetTotal" not in paths
    assert {"/internal/events", "/internal/health", "/internal/state"} < set(paths)


def test_each_service_of_the_game_has_its_queries_in_the_document() -> None:
    services = services_of([Shard(0), Shard(1)])
    written = document("solo", services)
    assert_whole(written)
    paths = written["paths"]
    assert isinstance(paths, dict)
    asked = {f"/{service.name}/{kind.__name__}" for service in services for kind in service.answers}
    assert asked == {path for path in paths if not path.startswith("/internal/")}


def test_it_listens_on_loopback_unless_a_host_is_given() -> None:
    assert address_of("9100") == ("127.0.0.1", 9100)
    assert address_of("10.0.0.7:9100") == ("10.0.0.7", 9100)
    with pytest.raises(ConfigurationError, match="--internal 70000: a port"):
        address_of("70000")
