"""Whatever a client writes on the socket, each request has exactly one answer."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import json
from tests.gateway.house import House, Team

from itg.gateway.routes.table import BY_NAME


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    async with House() as running:
        await running.open_market()
        yield running


async def test_a_message_above_64_kib_closes_with_1009(house: House) -> None:
    team = await house.register("alpha")
    raw = await house.http.ws_connect(house.url + "/ws", headers={"X-API-Key": team.key})
    await raw.receive_json()
    await raw.send_str("x" * (64 * 1024 + 1))
    while (await raw.receive(timeout=5)).type.name == "TEXT":
        pass
    assert raw.close_code == 1009


METHODS = st.sampled_from(
    [*BY_NAME, "subscribe", "unsubscribe", "session.set", "ping", "sim.ready", "no.such"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=4,
)
NAMES = st.sampled_from(
    [
        "instrument_id",
        "order_id",
        "quantity",
        "price",
        "side",
        "channels",
        "quotes",
        "limit",
        "step",
    ]
)
PARAMS = st.dictionaries(NAMES, VALUES, max_size=4) | VALUES


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(requests=st.lists(st.tuples(METHODS, PARAMS), min_size=1, max_size=8))
async def test_every_request_has_exactly_one_answer(
    house: House, requests: list[tuple[str, Any]]
) -> None:
    team = await fuzzer(house)
    async with team.socket() as socket:
        for number, (method, params) in enumerate(requests):
            body = {"id": number, "method": method, "params": params}
            if number == 3:
                await socket.raw.send_bytes(b"\xff")
            await socket.raw.send_str(json.encode(body).decode())
        expected = [*range(len(requests)), *([None] if len(requests) > 3 else [])]
        frames = [await socket.frame() for _ in expected]
        await house.gateway.settled()
        # Whatever would come twice, or for nobody, would come before this.
        assert (await socket.request("ping"))["id"] == 1
        assert socket.pushes == []
    assert sorted(str(frame["id"]) for frame in frames) == sorted(map(str, expected))
    for frame in frames:
        assert ("result" in frame) != ("error" in frame)
        assert frame.get("error", {"status": 400})["status"] < 500


async def fuzzer(house: House) -> Team:
    known = getattr(house, "fuzzer", None)
    if known is None:
        known = await house.register("fuzzer")
        house.fuzzer = known  # type: ignore[attr-defined]  # one team for all examples
    assert isinstance(known, Team)
    return known


@pytest.mark.parametrize(
    ("text", "request_id"),
    [
        ("", None),
        ("[]", None),
        ("{", None),
        ("[" * 60_000, None),
        ('{"id":1}', 1),
        ('{"id":"a","method":5}', "a"),
        ('{"id":1.5,"method":"ping"}', None),
        ('{"id":1,"method":"ping","extra":1}', 1),
        ('{"id":2,"method":"ping","params":{"a":NaN}}', None),
        ('{"id":3,"method":"ping","params":[]}', 3),
        ('{"id":4,"method":"ping","params":null}', 4),
        ('{"id":5,"id":6,"method":"ping"}', 6),
        ('{"id":7,"method":"order.place","params":{"quantity":1,"quantity":2}}', 7),
        ('{"id":8,"method":"ping","params":' + "[" * 20_000 + "]" * 20_000 + "}", None),
        ('{"id":9,"method":"order.cancel","params":{}}', 9),
        ('{"id":10,"method":"order.place","params":{"price":1e999}}', 10),
        ('{"id":11,"method":"order.place","params":{"price":' + "9" * 5_000 + "}}", 11),
        (
            '{"id":12,"method":"order.place","params":{"tag":"a:b","quantity":'
            + "9" * 5_000
            + "}}",
            12,
        ),
    ],
)
async def test_a_frame_that_cannot_be_served_is_answered_once_with_a_problem(
    house: House, text: str, request_id: int | str | None
) -> None:
    team = await house.register("alpha")
    async with team.socket() as socket:
        await socket.raw.send_str(text)
        answer = await socket.frame()
        assert answer["id"] == request_id
        assert 400 <= answer["error"]["status"] < 500
        assert "result" in await socket.request("ping")
