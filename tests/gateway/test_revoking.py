"""Keys without a team, revoked over real sockets: what they may do afterwards is nothing."""

from collections.abc import AsyncIterator
from time import monotonic

import aiohttp
import pytest_asyncio
from tests.gateway.house import ADMIN_KEY, Answered, House, Json, Team


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    async with House() as running:
        yield running


async def issue(house: House, name: str, *, is_organizer: bool = False) -> Team:
    """Return somebody without a team, to ask with their key."""
    body = {"key_name": name, "is_organizer": is_organizer}
    issued = await house.call("POST", "/admin/keys", body, key=ADMIN_KEY)
    return Team(house, issued.json["api_key"], "")


async def revoke(house: House, name: str, *, key: str = ADMIN_KEY, why: str = "gone") -> Answered:
    body = {"key_name": name, "reason": why}
    return await house.call("POST", "/admin/keys/revoke", body, key=key)


async def closed(raw: aiohttp.ClientWebSocketResponse) -> int | None:
    """Read a socket to its end and return the close code."""
    while not raw.closed:
        await raw.receive(timeout=5)
    return raw.close_code


async def test_a_revoked_key_is_401_at_once_and_its_sockets_end_within_a_second(
    house: House,
) -> None:
    ada, emmy = await issue(house, "Ada"), await issue(house, "Emmy")
    blue = await house.register("Blue")
    async with ada.socket() as gone, emmy.socket() as other, blue.socket("private") as team:
        assert (await ada.call("GET", "/game/teams")).status == 200
        started = monotonic()
        revoked = await revoke(house, "Ada")
        assert revoked.json == {"key_name": "Ada", "revoked": 1}
        refused = await ada.call("GET", "/game/teams")
        assert (refused.status, refused.json["code"]) == (401, "UNAUTHENTICATED")
        assert await closed(gone.raw) == 1008
        assert monotonic() - started < 1
        assert "result" in await other.request("ping")
        assert "result" in await team.request("ping")
    assert (await emmy.call("GET", "/game/teams")).status == 200


async def test_a_revoked_organizer_can_do_nothing_more_and_is_not_let_in(house: House) -> None:
    grace = await issue(house, "Grace", is_organizer=True)
    ticket = (await grace.call("POST", "/game/ws-tickets")).json["ticket"]
    async with grace.socket() as socket:
        assert (await revoke(house, "Grace", why="left")).status == 200
        assert await closed(socket.raw) == 1008
    for method, path, body in _ACTS:
        assert (await grace.call(method, path, body)).status == 401
    async with house.http.get(f"{house.url}/ws?ticket={ticket}", headers=_UPGRADE) as answer:
        assert answer.status == 401
    audit = await house.call("GET", "/admin/audit", key=ADMIN_KEY)
    assert [(row["act"], row["subject"], row["reason"]) for row in audit.json["items"]][-1] == (
        "key.revoke",
        "Grace",
        "left",
    )


_ACTS: tuple[tuple[str, str, Json], ...] = (
    ("POST", "/admin/messages", {"text": "hello"}),
    ("POST", "/admin/keys", {"key_name": "Another"}),
    ("POST", "/game/ws-tickets", {}),
)
_UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


async def test_a_second_organizer_revokes_the_first_and_then_stays(house: House) -> None:
    refused = await revoke(house, "organizer")
    assert (refused.status, refused.json["code"]) == (409, "LAST_ORGANIZER_KEY")
    assert refused.json["errors"][0]["pointer"] == "/key_name"
    grace = await issue(house, "Grace", is_organizer=True)
    first = Team(house, ADMIN_KEY, "")
    async with first.socket() as old, grace.socket() as new:
        assert (await revoke(house, "organizer", key=grace.key)).status == 200
        assert await closed(old.raw) == 1008
        assert "result" in await new.request("ping")
    assert (await first.call("GET", "/admin/audit")).status == 401
    last = await revoke(house, "Grace", key=grace.key)
    assert (last.status, last.json["code"]) == (409, "LAST_ORGANIZER_KEY")


async def test_whose_keys_work_is_listed_for_organizers_alone(house: House) -> None:
    ada = await issue(house, "Ada")
    await issue(house, "Grace", is_organizer=True)
    listed = await house.call("GET", "/admin/keys", key=ADMIN_KEY)
    assert listed.json["items"] == [
        {"key_name": "organizer", "key_number": 0, "scopes": ["admin", "read", "research"]},
        {"key_name": "Grace", "key_number": 2, "scopes": ["admin", "read", "research"]},
        {"key_name": "Ada", "key_number": 1, "scopes": ["read", "research"]},
    ]
    assert (await ada.call("GET", "/admin/keys")).status == 403
    assert (await revoke(house, "Grace", key=ada.key)).status == 403


async def test_a_name_that_nobody_has_and_no_reason_are_refused(house: House) -> None:
    unknown = await revoke(house, "Nobody")
    assert (unknown.status, unknown.json["code"]) == (404, "KEY_NOT_FOUND")
    silent = await house.call("POST", "/admin/keys/revoke", {"key_name": "Ada"}, key=ADMIN_KEY)
    assert (silent.status, silent.json["errors"][0]["pointer"]) == (400, "/reason")


async def test_a_name_that_is_issued_again_lets_the_new_key_in(house: House) -> None:
    await issue(house, "Ada")
    await revoke(house, "Ada")
    again = await issue(house, "Ada")
    async with again.socket() as socket:
        assert "result" in await socket.request("ping")


async def test_a_revoked_key_stays_revoked_after_a_restart() -> None:
    async with House() as first:
        ada = await issue(first, "Ada")
        await revoke(first, "Ada")
    async with House(journal=first.journal) as second:
        assert (await Team(second, ada.key, "").call("GET", "/game/teams")).status == 401
