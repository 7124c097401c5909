"""A socket's handshake, from the key to the connection's number."""

import asyncio
from contextlib import suppress
from typing import cast

from litestar.types import WebSocketScope
from tests.gateway.house import House, Team

from itg.gateway.handshake import greeted

TURNS = 12  # of the loop, in any of which a handshake may be given up


def scope_of(team: Team) -> WebSocketScope:
    headers = [(b"x-api-key", team.key.encode()), (b"host", b"localhost")]
    return cast(
        "WebSocketScope",
        {"type": "websocket", "headers": headers, "query_string": b"", "client": None},
    )


async def test_a_handshake_that_is_given_up_costs_nobody_else_an_answer() -> None:
    async with House() as house:
        team = await house.register("alpha")
        for turns in range(TURNS):
            waiting = asyncio.ensure_future(greeted(house.gateway, scope_of(team), "t"))
            for _ in range(turns):
                await asyncio.sleep(0)
            waiting.cancel()
            with suppress(asyncio.CancelledError):
                await waiting
            answer = await team.place("buy", 1, 1.0)
            assert answer.json["code"] == "WRONG_PHASE", answer.body
