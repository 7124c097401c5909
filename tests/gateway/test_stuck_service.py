"""A service that lives and answers nothing costs those who ask it, for a while, and nobody else."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from tests.gateway.house import Answered, House, Team
from tests.runtime.carriers import keep
from tests.runtime.test_calls import calls
from tests.waiting import until

from itg.gateway.settings import GatewaySettings
from itg.runtime.calls import CallLimits

pytestmark = pytest.mark.gate
DEADLINE_S = 3.0


@pytest.fixture
async def house(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[House]:
    monkeypatch.setattr(House, "topology", "apart")
    settings = GatewaySettings(order_deadline_s=DEADLINE_S, cancel_deadline_s=DEADLINE_S)
    async with House(settings=settings) as running:
        yield running


async def stick(house: House, name: str) -> None:
    """Let a node live, follow and be followed, and take no call."""
    assert house.ensemble is not None
    subject = house.ensemble.wiring.subject(name)
    house.ensemble.carrier.loses = lambda to, body: to == subject and calls(body)


async def samples(house: House) -> dict[str, float]:
    """Read the metrics."""
    text = (await house.call("GET", "/metrics")).body.decode()
    rows = (line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, value in rows}


async def answered_in_time(team: Team, *paths: str) -> None:
    for path in paths:
        assert (await team.call("GET", path)).status == 200, path


async def test_calls_to_it_are_refused_at_once_and_the_others_serve_until_it_answers(
    house: House,
) -> None:
    team = await house.register("alpha")
    await house.open_market()
    order = (await team.place("sell", 5, 11.0)).json
    others = (f"/exchange/orderbook/{order['instrument_id']}", "/prices", "/game/scores")
    await stick(house, "positions")
    sent = [
        asyncio.ensure_future(team.place("buy", 1, 9.0, client_order_id=f"order-{number}"))
        for number in range(CallLimits().failures_max)
    ]
    await answered_in_time(team, *others)
    late: list[Answered] = await asyncio.gather(*sent)
    assert [answer.json["code"] for answer in late] == ["PROCESSING_TIMEOUT"] * len(late)
    await until(lambda: not house.gateway.reach.to("positions"))
    async with asyncio.timeout(30):  # it may happen to be the one that is let through to see
        while (refused := await team.place("buy", 1, 9.0, client_order_id="refused")).status == 504:
            pass
    assert (refused.status, refused.json["code"]) == (503, "SERVICE_UNAVAILABLE")
    assert int(refused.headers["retry-after"]) >= 1
    told = await samples(house)
    assert told['itg_breaker_state{callee="positions"}'] >= 1
    assert told['itg_calls_overdue_total{callee="positions"}'] >= len(late)
    assert told['itg_breaker_state{callee="exchange.0"}'] == 0
    assert told['itg_calls_refused_total{callee="exchange.0",reason="full"}'] == 0
    await answered_in_time(team, *others)
    assert house.ensemble is not None
    house.ensemble.carrier.loses = keep
    await until(lambda: house.gateway.reach.to("positions"))
    placed = await team.place("buy", 1, 9.0, client_order_id="refused")
    assert placed.status == 201
    assert "idempotent-replayed" not in placed.headers, "503 was the truth"
    assert (await samples(house))['itg_breaker_state{callee="positions"}'] == 0


def test_one_service_never_takes_every_seat_of_a_gateway() -> None:
    limits, settings = CallLimits(), GatewaySettings()
    assert limits.in_flight_max * 5 // 4 < settings.waiting_max
