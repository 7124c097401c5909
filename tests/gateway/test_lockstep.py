"""Lock step: the order of play is drawn, never raced for."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise

import pytest
from tests.gateway.house import ADMIN_KEY, House, Socket, Team

from itg.game.contract import BotDropped
from itg.gateway.settings import GatewaySettings
from itg.kernel.ids import AccountId
from itg.market_data.contract import PricesStepped
from itg.positions.contract import ReserveOrder

STEP_US = 250_000


async def seated(house: House, count: int) -> list[Team]:
    roles = ("market_maker", "hedge_fund", "arbitrage_desk")
    return [await house.register(f"bot {n}", roles[n % 3]) for n in range(count)]


async def begin(house: House, teams: Sequence[Team]) -> None:
    house.gateway.expect_bots([team.team_id for team in teams])  # type: ignore[misc]
    answer = await house.call("POST", "/admin/rounds/1/start", key=ADMIN_KEY)
    assert answer.status == 200, answer.body


async def step_of(socket: Socket) -> int:
    step: int = (await socket.push("system", "sim.step"))["data"]["step"]
    return step


def order(house: House, price: float, tag: str) -> dict[str, object]:
    return {
        "instrument_id": house.instruments[-1],
        "side": "buy",
        "quantity": 10,
        "price": price,
        "tag": tag,
    }


async def play(count: int, steps: int, *, reverse: bool) -> tuple[list[str], list[tuple[str, str]]]:
    """Return the digestible facts of a short game and the order in which commands entered."""
    async with House("demo", lock_step=True) as house:
        teams = await seated(house, count)
        async with asyncio.TaskGroup():
            sockets = [await opened(house, team) for team in teams]
            await begin(house, teams)
            turn = list(zip(teams, sockets, strict=True))
            for step in range(steps):
                for _, socket in turn:
                    assert await step_of(socket) == step
                # Whoever is first on the wire must not matter.
                for team, socket in reversed(turn) if reverse else turn:
                    for n in range(2):
                        await socket.send("order.place", order(house, 1.0 + n, team.team_id))
                    await socket.send("sim.ready", {"step": step})
            for _, socket in turn:
                assert await step_of(socket) == steps
                await socket.raw.close()
        facts = [repr((r.game_ns, r.outputs)) for r in house.records]
        orders = [r.body for r in house.records if isinstance(r.body, ReserveOrder)]
        entered = [(str(o.account_id), str(o.price)) for o in orders if o.tag == o.account_id]
        return facts, entered


async def opened(house: House, team: Team) -> Socket:
    raw = await house.http.ws_connect(house.url + "/ws", headers={"X-API-Key": team.key})
    socket = Socket(raw)
    socket.hello = await socket.frame()
    await socket.request("subscribe", {"channels": ["private", "prices"]})
    return socket


async def test_the_same_bots_give_the_same_events_whoever_is_first_on_the_wire() -> None:
    one, entered = await play(3, 6, reverse=False)
    other, _ = await play(3, 6, reverse=True)
    assert one == other
    rounds = [entered[start : start + 6] for start in range(0, len(entered), 6)]
    turns = [tuple(account for account, _ in part[::2]) for part in rounds]
    assert len(set(turns)) > 1, "the order of accounts is drawn for each step"
    for part in rounds:
        by_account = {a: [p for b, p in part if b == a] for a, _ in part}
        assert all(prices == ["10000", "20000"] for prices in by_account.values())


async def test_a_step_brings_its_answers_and_frames_before_the_next_is_announced() -> None:
    async with House("demo", lock_step=True) as house:
        (team,) = await seated(house, 1)
        socket = await opened(house, team)
        assert socket.hello["data"]["lock_step"]
        await begin(house, [team])
        for step in range(4):
            announced = await socket.push("system", "sim.step")
            assert announced["data"] == {"step": step, "is_last": False}
            socket.pushes.clear()
            placed = await socket.send("order.place", order(house, 1.0, "t"))
            ready = await socket.send("sim.ready", {"step": step})
            assert await answers_until_next_step(socket) == [ready, placed]
            prices = [push for push in socket.pushes if push["channel"] == "prices"]
            assert len(prices) == 1, "one market step"
        await socket.raw.close()
    stepped = [r.game_ns for r in house.records for o in r.outputs if isinstance(o, PricesStepped)]
    assert {b - a for a, b in pairwise(stepped)} == {STEP_US * 1_000}


async def test_a_step_waits_for_what_a_snapshot_in_flight_alone_keeps_back() -> None:
    async with House("demo", lock_step=True) as house:
        (team,) = await seated(house, 1)
        socket = await opened(house, team)
        await begin(house, [team])
        assert await step_of(socket) == 0
        socket.pushes.clear()
        lock_step = house.gateway.lock_step
        assert lock_step is not None
        house.pump.snapshot_soon()
        await asyncio.sleep(0)
        assert (house.pump.depth, house.pump.lag_events, house.pump.is_idle) == (0, 0, False)
        lock_step.ready(AccountId(team.team_id), 0)
        assert await step_of(socket) == 1
        assert [push["channel"] for push in socket.pushes] == ["prices"]
        await socket.raw.close()


async def answers_until_next_step(socket: Socket) -> list[int]:
    answers: list[int] = []
    while True:
        frame = await socket.frame()
        if "channel" not in frame:
            assert "result" in frame, frame
            answers.append(frame["id"])
            continue
        socket.pushes.append(frame)
        if frame["type"] == "sim.step":
            return answers


async def test_a_silent_bot_is_dropped_by_a_journalled_command_and_the_game_goes_on() -> None:
    settings = GatewaySettings(silent_bot_s=0.2)
    async with House("demo", lock_step=True, settings=settings) as house:
        team, silent = await seated(house, 2)
        socket, other = await opened(house, team), await opened(house, silent)
        await begin(house, [team, silent])
        await socket.send("sim.ready", {"step": await step_of(socket)})
        assert await step_of(socket) == 1
        dropped = [o for r in house.records for o in r.outputs if isinstance(o, BotDropped)]
        assert [event.account_id for event in dropped] == [silent.team_id]
        while (await other.raw.receive(timeout=5)).type.name == "TEXT":
            pass
        assert other.raw.close_code == 1008
        await socket.raw.close()


async def test_orders_over_rest_are_refused_and_reads_go_through() -> None:
    async with House("demo", lock_step=True) as house:
        (team,) = await seated(house, 1)
        for method, path, body in (
            ("POST", "/exchange/orders", order(house, 1.0, "")),
            ("DELETE", "/exchange/orders", None),
            ("DELETE", "/exchange/orders/1", None),
            ("PUT", "/exchange/quotes", {"quotes": []}),
        ):
            answer = await team.call(method, path, body)
            assert (answer.status, answer.json["code"]) == (409, "LOCK_STEP"), path
        for _ in range(150):
            assert (await team.call("GET", "/exchange/orders")).status == 200


@pytest.mark.parametrize("step", [-1, 1, 5])
async def test_only_the_step_that_waits_can_be_ended(step: int) -> None:
    async with House("demo", lock_step=True) as house:
        (team,) = await seated(house, 1)
        socket = await opened(house, team)
        early = await socket.request("sim.ready", {"step": 0})
        assert early["error"]["code"] == "LOCK_STEP"
        await begin(house, [team])
        assert await step_of(socket) == 0
        wrong = await socket.request("sim.ready", {"step": step})
        assert wrong["error"]["code"] == "LOCK_STEP"
        assert "result" in await socket.request("sim.ready", {"step": 0})
        assert await step_of(socket) == 1
        await socket.raw.close()


async def test_a_bot_that_comes_back_is_told_whose_turn_it_is() -> None:
    async with House("demo", lock_step=True) as house:
        (team,) = await seated(house, 1)
        socket = await opened(house, team)
        await begin(house, [team])
        assert await step_of(socket) == 0
        await socket.raw.close()
        again = await opened(house, team)
        assert await step_of(again) == 0
        await again.raw.close()


async def test_the_last_step_is_marked_when_the_round_is_over() -> None:
    async with House("demo", lock_step=True) as house:
        (team,) = await seated(house, 1)
        socket = await opened(house, team)
        await begin(house, [team])
        assert await step_of(socket) == 0
        ended = await house.call("POST", "/admin/rounds/1/end", key=ADMIN_KEY)
        assert ended.status == 200, ended.body
        await socket.send("sim.ready", {"step": 0})
        last = await socket.push("system", "sim.step")
        assert last["data"] == {"step": 1, "is_last": True}
        await socket.raw.close()


async def test_what_is_sent_after_the_last_turn_is_answered_and_waits_for_no_other_round() -> None:
    async with House("demo", lock_step=True) as house:
        (team,) = await seated(house, 1)
        socket = await opened(house, team)
        await begin(house, [team])
        assert await step_of(socket) == 0
        ended = await house.call("POST", "/admin/rounds/1/end", key=ADMIN_KEY)
        assert ended.status == 200, ended.body
        await socket.send("sim.ready", {"step": 0})
        answer = await socket.request("order.place", order(house, 1.0, "late"))
        assert answer["error"]["code"] == "WRONG_PHASE"
        assert (await socket.push("system", "sim.step"))["data"] == {"step": 1, "is_last": True}
        await socket.raw.close()


async def test_in_a_game_that_is_not_in_lock_step_there_is_no_turn_to_end() -> None:
    async with House() as house:
        team = await house.register("alpha")
        async with team.socket() as socket:
            answer = await socket.request("sim.ready", {"step": 0})
            assert (answer["error"]["status"], answer["error"]["code"]) == (409, "LOCK_STEP")
