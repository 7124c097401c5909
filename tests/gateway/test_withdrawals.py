"""Whoever is gone, or says nothing in time, is taken out of the market, by a command."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.gateway.house import ADMIN_KEY, House, Team, socket_of
from tests.waiting import until

from itg.gateway.settings import GatewaySettings
from itg.kernel.words import CancelReason, InFreeze
from itg.positions.contract import RequestMassCancel
from itg.runtime.journal import Header, MemoryJournal

SOON = GatewaySettings(absence_s=0.05)
NEVER = GatewaySettings(absence_s=3_600.0)


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    async with House(settings=SOON) as running:
        await running.open_market()
        yield running


def withdrawn(house: House) -> list[RequestMassCancel]:
    return [r.body for r in house.records if isinstance(r.body, RequestMassCancel)]


@pytest.mark.parametrize(
    ("wish", "orders", "path"),
    [("quotes", False, "/ws"), ("all", True, "/ws?cancel_on_disconnect=all")],
)
async def test_an_account_without_a_session_is_withdrawn_after_the_grace(
    house: House, wish: str, orders: bool, path: str
) -> None:
    team = await house.register("alpha")
    async with socket_of(house, team.key, path) as socket:
        assert socket.hello["data"]["cancel_on_disconnect"] == wish
    await until(lambda: withdrawn(house))
    (command,) = withdrawn(house)
    assert (command.account_id, command.orders, command.quotes) == (team.team_id, orders, True)
    assert (command.reason, command.in_freeze) == (CancelReason.DISCONNECTED, InFreeze.DEFER)


async def test_orders_of_a_session_that_wishes_so_leave_the_book(house: House) -> None:
    team = await house.register("alpha")
    await team.place("buy", 5, 10.0)
    async with team.socket() as socket:
        answer = await socket.request("session.set", {"cancel_on_disconnect": "all"})
        assert answer["result"] == {"cancel_on_disconnect": "all"}
    await until(lambda: withdrawn(house))
    await house.gateway.settled()
    assert (await team.call("GET", "/exchange/orders?status=working")).json["items"] == []


async def test_a_session_that_wishes_nothing_leaves_everything(house: House) -> None:
    calm, gone = await house.register("calm"), await house.register("gone")
    async with calm.socket() as socket:
        await socket.request("session.set", {"cancel_on_disconnect": "none"})
    async with gone.socket():
        pass
    await until(lambda: withdrawn(house))
    assert [command.account_id for command in withdrawn(house)] == [gone.team_id]


async def test_who_comes_back_within_the_grace_keeps_everything() -> None:
    async with House(settings=NEVER) as house:
        team = await house.register("alpha")
        async with team.socket():
            pass
        await until(lambda: house.near.absences.waiting)
        async with team.socket():
            assert not house.near.absences.waiting
        assert withdrawn(house) == []


async def test_another_session_of_the_account_stands_for_it() -> None:
    async with House(settings=NEVER) as house:
        team = await house.register("alpha")
        async with team.socket() as other:
            async with team.socket() as socket:
                await socket.request("session.set", {"cancel_on_disconnect": "all"})
            await until(lambda: len(house.gateway.feed.sessions) == 1)
            await other.request("session.set", {"cancel_on_disconnect": "none"})
            assert not house.near.absences.waiting
        await until(lambda: house.near.absences.waiting)
        # The strongest wish of those that ended counts.
        assert house.near.absences.waiting == {team.team_id: "all"}


async def test_a_wish_there_is_not_is_refused_by_name(house: House) -> None:
    team = await house.register("alpha")
    async with team.socket() as socket:
        answer = await socket.request("session.set", {"cancel_on_disconnect": "some"})
        assert answer["error"]["errors"][0]["pointer"] == "/cancel_on_disconnect"
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "X-API-Key": team.key,
    }
    refused = await house.call("GET", "/ws?cancel_on_disconnect=some", headers=upgrade)
    assert (refused.status, refused.json["code"]) == (400, "INVALID_FIELD")


async def test_an_organizer_has_nothing_to_withdraw(house: House) -> None:
    team = await house.register("alpha")
    async with socket_of(house, ADMIN_KEY) as socket:
        answer = await socket.request("session.set", {"cancel_on_disconnect": "all"})
        assert answer["error"]["code"] == "TEAM_KEY_NEEDED"
    async with team.socket():
        pass
    await until(lambda: withdrawn(house))
    assert len(withdrawn(house)) == 1


async def test_after_a_restart_who_quoted_and_does_not_come_back_is_withdrawn() -> None:
    journal = MemoryJournal.opened()
    async with House(journal=journal, settings=NEVER) as house:
        await house.open_market()
        back, away = await house.register("back"), await house.register("away")
        for team in (back, away):
            quote = {"instrument_id": house.instruments[-1], "bid": 9.0, "bid_quantity": 10}
            await team.call("PUT", "/exchange/quotes", {"quotes": [quote]})
        async with back.socket(), away.socket():
            pass
    successor = MemoryJournal(journal.store)
    successor.open(Header(code_fingerprint="", numeric_fingerprint=""))
    async with House(journal=successor, settings=NEVER) as again:
        absences = again.near.absences
        assert absences.waiting == {back.team_id: "quotes", away.team_id: "quotes"}
        async with Team(again, back.key, back.team_id).socket():
            assert absences.waiting == {away.team_id: "quotes"}


async def test_in_lock_step_nobody_is_withdrawn_and_no_timer_runs() -> None:
    async with House("demo", lock_step=True, settings=SOON) as house:
        team = await house.register("alpha", "hedge_fund")
        async with team.socket():
            pass
        await until(lambda: not house.gateway.feed.sessions)
        assert not house.near.absences.is_on
        answer = await team.call("PUT", "/exchange/deadman", {"timeout_ms": 1_000})
        assert (answer.status, answer.json["code"]) == (409, "LOCK_STEP")


async def test_a_deadman_that_is_not_set_again_cancels_everything_once(house: House) -> None:
    team = await house.register("alpha")
    await team.place("buy", 5, 10.0)
    async with team.socket("private") as socket:
        answer = await socket.request("deadman.set", {"timeout_ms": 1_000})
        assert answer["result"]["timeout_ms"] == 1_000
        canceled = await socket.push("private", "order.canceled")
        assert canceled["data"]["order"]["leaves_quantity"] == 0
        expired = await socket.push("system", "deadman.expired")
        assert expired["data"] == {"timeout_ms": 1_000}
        state = await team.call("GET", "/exchange/deadman")
        assert state.json == {"timeout_ms": None, "expires_us": None}
    (command,) = withdrawn(house)
    assert (command.orders, command.quotes) == (True, True)
    assert (command.reason, command.in_freeze) == (CancelReason.DEADMAN, InFreeze.DEFER)


async def test_a_deadman_is_set_anew_read_and_stopped_over_rest() -> None:
    async with House(settings=NEVER) as house:
        team = await house.register("alpha")
        first = (await team.call("PUT", "/exchange/deadman", {"timeout_ms": 30_000})).json
        second = (await team.call("PUT", "/exchange/deadman", {"timeout_ms": 60_000})).json
        assert second["expires_us"] > first["expires_us"]
        assert (await team.call("GET", "/exchange/deadman")).json == second
        nothing = {"timeout_ms": None, "expires_us": None}
        assert (await team.call("DELETE", "/exchange/deadman")).json == nothing
        assert (await team.call("GET", "/exchange/deadman")).json == nothing


@pytest.mark.parametrize("timeout_ms", [999, 60_001, 1.5, "1000", None])
async def test_a_deadman_out_of_bounds_is_refused_by_name(house: House, timeout_ms: object) -> None:
    team = await house.register("alpha")
    answer = await team.call("PUT", "/exchange/deadman", {"timeout_ms": timeout_ms})
    assert (answer.status, answer.json["errors"][0]["pointer"]) == (400, "/timeout_ms")
