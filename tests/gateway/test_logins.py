"""A link signs a browser in once: with a key of its own, that ends when its owner's do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from tests.gateway.doors import doors_of
from tests.gateway.house import ADMIN_KEY, Answered, House, Socket, Team, socket_of
from tests.gateway.test_limits import SlowDisk
from tests.waiting import until

from itg.game.contract import RetireKey
from itg.gateway.settings import GatewaySettings

OVERLAP_S = 1
READ_ALONE: dict[str, object] = {"read_only": True}


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    async with House() as running:
        yield running


async def ticket_of(house: House, key: str, **body: object) -> str:
    answer = await house.call("POST", "/game/login-tickets", body, key=key)
    assert answer.status == 201, answer.body
    assert answer.headers["cache-control"] == "no-store"
    ticket = answer.json["ticket"]
    assert isinstance(ticket, str)
    assert answer.json["path"].endswith(f"#ticket={ticket}")
    return ticket


async def sign_in(house: House, ticket: object, **headers: str) -> Answered:
    return await house.call("POST", "/game/logins", {"ticket": ticket}, headers=headers)


async def browser_of(house: House, key: str, **body: object) -> str:
    answer = await sign_in(house, await ticket_of(house, key, **body))
    assert answer.status == 201, answer.body
    api_key = answer.json["api_key"]
    assert isinstance(api_key, str)
    return api_key


async def status_of(house: House, key: str, path: str = "/game/me") -> int:
    return (await house.call("GET", path, key=key)).status


async def me(house: House, key: str) -> dict[str, Any]:
    return (await house.call("GET", "/game/me", key=key)).json


async def test_a_teams_link_gives_a_key_of_the_team_beside_its_own(house: House) -> None:
    await house.open_market()
    blue = await house.register("Blue")
    answer = await house.call("POST", "/game/login-tickets", {}, key=blue.key)
    assert answer.json["expires_in_s"] == 600
    assert answer.json["path"].startswith("/trade#")
    signed = await sign_in(house, answer.json["ticket"])
    assert signed.status == 201
    assert signed.headers["cache-control"] == "no-store"
    key = signed.json.pop("api_key")
    mine = {
        "scopes": ["read", "trade"],
        "team_id": blue.team_id,
        "team_name": "Blue",
        "role": "market_maker",
        "key_name": None,
    }
    assert {name: signed.json[name] for name in mine} == mine
    assert await me(house, key) == await me(house, blue.key) == mine
    browser = Team(house, key, blue.team_id)
    assert (await browser.place("buy", 1, 1.0)).status == 201
    assert (await blue.place("buy", 1, 1.1)).status == 201
    async with browser.socket("private") as socket:
        assert socket.hello["data"]["team_id"] == blue.team_id


async def test_an_organizers_link_gives_its_own_key_a_teams_or_one_that_reads_alone(
    house: House,
) -> None:
    blue = await house.register("Blue")
    own = await browser_of(house, ADMIN_KEY)
    assert await me(house, own) == {
        "scopes": ["admin", "read", "research"],
        "team_id": None,
        "team_name": None,
        "role": None,
        "key_name": "organizer",
    }
    assert await status_of(house, own, "/admin/audit") == 200
    teams = await browser_of(house, ADMIN_KEY, team_id=blue.team_id)
    assert (await me(house, teams))["team_name"] == "Blue"
    viewer = await browser_of(house, ADMIN_KEY, read_only=True)
    assert (await me(house, viewer))["scopes"] == ["read", "research"]
    assert await status_of(house, viewer, "/admin/audit") == 403
    paths = [
        (await house.call("POST", "/game/login-tickets", body, key=ADMIN_KEY)).json["path"]
        for body in ({}, {"team_id": blue.team_id}, READ_ALONE)
    ]
    assert [path.partition("#")[0] for path in paths] == ["/admin", "/trade", "/board"]


async def test_who_signed_in_stands_in_the_audit_and_neither_key_nor_ticket_in_the_journal(
    house: House,
) -> None:
    blue = await house.register("Blue")
    issued = await house.call(
        "POST", "/admin/keys", {"key_name": "Grace", "is_organizer": True}, key=ADMIN_KEY
    )
    grace = issued.json["api_key"]
    ticket = await ticket_of(house, blue.key)
    keys = [(await sign_in(house, ticket)).json["api_key"]]
    keys += [await browser_of(house, grace), await browser_of(house, grace, team_id=blue.team_id)]
    audit = await house.call("GET", "/admin/audit", key=ADMIN_KEY)
    rows = [(r["actor"], r["act"], r["subject"], r["reason"]) for r in audit.json["items"][1:]]
    reason = "a browser signed in"
    assert rows == [
        (blue.team_id, "team.rotate_key", blue.team_id, reason),
        ("Grace", "key.issue", "Grace", reason),
        ("Grace", "team.rotate_key", blue.team_id, reason),
    ]
    kept = repr([(record.body, record.outputs) for record in house.records])
    assert not [secret for secret in (ticket, *keys) if secret in kept]


async def test_a_ticket_is_good_once_and_a_stolen_one_for_nothing(house: House) -> None:
    blue = await house.register("Blue")
    ticket = await ticket_of(house, blue.key)
    first, second = await asyncio.gather(sign_in(house, ticket), sign_in(house, ticket))
    assert sorted((first.status, second.status)) == [201, 401]
    stolen = await sign_in(house, ticket)
    assert (stolen.status, stolen.json["code"]) == (401, "UNAUTHENTICATED")
    assert "api_key" not in stolen.json


async def test_an_expired_ticket_is_refused() -> None:
    async with House(settings=GatewaySettings(login_ticket_s=0.0)) as house:
        blue = await house.register("Blue")
        refused = await sign_in(house, await ticket_of(house, blue.key))
        assert (refused.status, refused.json["detail"]) == (
            401,
            "this ticket was used or is too old",
        )


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
async def test_a_foreign_page_is_refused_and_the_ticket_stays_good(
    house: House, origin: str
) -> None:
    blue = await house.register("Blue")
    ticket = await ticket_of(house, blue.key)
    refused = await sign_in(house, ticket, Origin=origin)
    assert (refused.status, refused.json["code"]) == (403, "ORIGIN_NOT_ALLOWED")
    assert (await sign_in(house, ticket, Origin=house.url)).status == 201


async def test_guessing_tickets_is_charged_to_the_address_like_guessing_keys() -> None:
    settings = GatewaySettings(failed_keys_burst=3, failed_keys_per_s=1)
    async with House(settings=settings) as house:
        blue = await house.register("Blue")
        good = await ticket_of(house, blue.key)
        answers = [await sign_in(house, f"guess-{n}") for n in range(2)]
        answers += [await house.call("GET", "/game/me", key="itg_guess") for _ in range(4)]
        answers.append(await sign_in(house, "guess"))
        statuses = [answer.status for answer in answers]
        assert statuses[:3] == [401, 401, 401]
        assert statuses[-1] == 429
        assert (await sign_in(house, good)).status == 201, "whoever shares the address gets in"


async def test_a_sockets_ticket_is_no_login_ticket_and_a_login_ticket_opens_no_socket(
    house: House,
) -> None:
    blue = await house.register("Blue")
    for_socket = (await blue.call("POST", "/game/ws-tickets")).json["ticket"]
    for_login = await ticket_of(house, blue.key)
    assert (await sign_in(house, for_socket)).status == 401
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    opened = await house.call("GET", f"/ws?ticket={for_login}", headers=upgrade)
    assert opened.status == 401
    assert (await sign_in(house, for_login)).status == 201


async def test_a_team_gets_links_for_itself_alone(house: House) -> None:
    blue, red = await house.register("Blue"), await house.register("Red")
    for body, status in (
        ({"team_id": "me"}, 201),
        ({"team_id": blue.team_id}, 201),
        ({"team_id": red.team_id}, 404),
        ({"team_id": "t99"}, 404),
        (READ_ALONE, 400),
        ({"team": blue.team_id}, 400),
    ):
        assert (await blue.call("POST", "/game/login-tickets", body)).status == status, body
    for body in ({"team_id": "t99"}, {"team_id": blue.team_id, **READ_ALONE}):
        refused = await house.call("POST", "/game/login-tickets", body, key=ADMIN_KEY)
        assert refused.status in {400, 404}
    assert (await house.call("POST", "/game/login-tickets", {})).status == 401


async def test_who_reads_alone_gets_no_links(house: House) -> None:
    issued = await house.call("POST", "/admin/keys", {"key_name": "Ada"}, key=ADMIN_KEY)
    viewer = await browser_of(house, ADMIN_KEY, read_only=True)
    for key in (issued.json["api_key"], viewer):
        refused = await house.call("POST", "/game/login-tickets", {}, key=key)
        assert (refused.status, refused.json["code"]) == (403, "SCOPE_MISSING")
        assert "reads alone" in refused.json["detail"]


async def test_a_team_gets_twenty_links_and_then_waits() -> None:
    settings = GatewaySettings(login_tickets_burst=2, login_tickets_per_s=0.001)
    async with House(settings=settings) as house:
        blue = await house.register("Blue")
        statuses = [(await blue.call("POST", "/game/login-tickets", {})).status for _ in range(3)]
        assert statuses == [201, 201, 429]
        named = {"team_id": blue.team_id}
        answer = await house.call("POST", "/game/login-tickets", named, key=ADMIN_KEY)
        assert answer.status == 201


async def test_a_browsers_key_outlives_a_restart_and_is_known_at_every_gateway() -> None:
    async with House() as first:
        blue = await first.register("Blue")
        keys = [await browser_of(first, blue.key), await browser_of(first, ADMIN_KEY)]
        async with doors_of(first, 2) as urls:
            for url in urls:
                for key in keys:
                    headers = {"X-API-Key": key}
                    async with first.http.get(f"{url}/game/me", headers=headers) as answer:
                        assert answer.status == 200
    async with House(journal=first.journal) as second:
        assert [await status_of(second, key) for key in (*keys, blue.key)] == [200] * 3


async def test_revoking_a_teams_keys_ends_its_browsers_and_their_links(house: House) -> None:
    blue = await house.register("Blue")
    key, ticket = await browser_of(house, blue.key), await ticket_of(house, blue.key)
    given = await ticket_of(house, ADMIN_KEY, team_id=blue.team_id)
    async with socket_of(house, key) as socket:
        path = f"/admin/teams/{blue.team_id}/revoke-keys"
        revoked = await house.call("POST", path, {"reason": "leaked"}, key=ADMIN_KEY)
        assert revoked.json["revoked"] == 2
        await closed(socket)
    assert [await status_of(house, each) for each in (key, blue.key)] == [401, 401]
    assert [(await sign_in(house, each)).status for each in (ticket, given)] == [401, 401]


async def test_revoking_by_name_ends_the_browsers_of_that_name(house: House) -> None:
    viewer = await browser_of(house, ADMIN_KEY, read_only=True)
    links = [await ticket_of(house, ADMIN_KEY, **body) for body in (READ_ALONE, {})]
    body = {"key_name": "viewer", "reason": "the board is down"}
    revoked = await house.call("POST", "/admin/keys/revoke", body, key=ADMIN_KEY)
    assert revoked.json["revoked"] == 1
    assert await status_of(house, viewer) == 401
    assert [(await sign_in(house, ticket)).status for ticket in links] == [401, 201]
    assert await status_of(house, await browser_of(house, ADMIN_KEY, read_only=True)) == 200


async def rotated(house: House, team: Team, overlap_s: int) -> str:
    path = f"/admin/teams/{team.team_id}/rotate-key"
    answer = await house.call("POST", path, {"overlap_s": overlap_s}, key=ADMIN_KEY)
    assert answer.status == 201
    key = answer.json["api_key"]
    assert isinstance(key, str)
    return key


async def until_ended(house: House, keys: list[str]) -> None:
    """Wait until no key works: a socket that came with it ends, or opens no more."""
    for key in keys:
        with suppress(aiohttp.WSServerHandshakeError):
            async with socket_of(house, key) as socket:
                await closed(socket)
        assert await status_of(house, key) == 401


async def closed(socket: Socket) -> None:
    while not socket.raw.closed:
        await socket.raw.receive(timeout=20)
    assert socket.raw.close_code == 1008


async def test_a_rotation_with_overlap_ends_the_keys_that_browsers_were_given_too(
    house: House,
) -> None:
    blue = await house.register("Blue")
    older = [blue.key, await browser_of(house, blue.key), await browser_of(house, blue.key)]
    fresh = await rotated(house, blue, OVERLAP_S)
    await until_ended(house, older)
    assert await status_of(house, fresh) == 200
    retired = [r.body.key_number for r in house.records if isinstance(r.body, RetireKey)]
    assert set(retired) == {1, 2, 3}


async def test_a_rotation_without_overlap_ends_them_at_once(house: House) -> None:
    blue = await house.register("Blue")
    older = [blue.key, await browser_of(house, blue.key)]
    fresh = await rotated(house, blue, 0)
    assert [await status_of(house, key) for key in (*older, fresh)] == [401, 401, 200]


async def test_a_restart_within_the_overlap_ends_them_as_well() -> None:
    async with House() as first:
        blue = await first.register("Blue")
        older = [blue.key, await browser_of(first, blue.key)]
        fresh = await rotated(first, blue, OVERLAP_S)
        beside = await browser_of(first, fresh)
    async with House(journal=first.journal) as second:
        await until_ended(second, older)
        assert [await status_of(second, key) for key in (fresh, beside)] == [200, 200]
        retired = [r.body.key_number for r in second.records if isinstance(r.body, RetireKey)]
        assert set(retired) == {1, 2}
    async with House(journal=first.journal) as third:
        assert [await status_of(third, key) for key in (fresh, beside)] == [200, 200]
        last = await rotated(third, blue, OVERLAP_S)
        await until_ended(third, [fresh, beside])
        assert await status_of(third, last) == 200


async def test_a_key_that_a_rotated_one_was_exchanged_for_ends_with_it(house: House) -> None:
    blue = await house.register("Blue")
    fresh = await rotated(house, blue, OVERLAP_S)
    thief = await browser_of(house, blue.key)
    second = await browser_of(house, thief)
    own = await browser_of(house, fresh)
    given = await browser_of(house, ADMIN_KEY, team_id=blue.team_id)
    await until_ended(house, [blue.key, thief, second])
    assert [await status_of(house, key) for key in (fresh, own, given)] == [200] * 3


async def test_a_restart_ends_a_key_that_a_rotated_one_was_exchanged_for() -> None:
    async with House() as first:
        blue = await first.register("Blue")
        fresh = await rotated(first, blue, OVERLAP_S)
        thief, own = await browser_of(first, blue.key), await browser_of(first, fresh)
    async with House(journal=first.journal) as second:
        await until_ended(second, [blue.key, thief])
        assert [await status_of(second, key) for key in (fresh, own)] == [200, 200]


async def test_a_link_redeemed_while_its_key_is_rotated_away_gives_none() -> None:
    disk = SlowDisk()
    async with House(journal=disk) as house:
        blue = await house.register("Blue")
        ticket = await ticket_of(house, blue.key)
        disk.runs.clear()
        rotating = asyncio.create_task(rotated(house, blue, 0))
        await until(lambda: len(house.gateway.waiting) == 1)
        signing = asyncio.create_task(sign_in(house, ticket))
        await until(lambda: len(house.gateway.waiting) == 2)
        disk.runs.set()
        assert await status_of(house, await rotating) == 200
        refused = await signing
        assert (refused.status, refused.json["code"]) == (401, "UNAUTHENTICATED")
        assert "works no more" in refused.json["detail"]


async def test_who_one_is_stands_on_the_socket_too(house: House) -> None:
    blue = await house.register("Blue")
    async with blue.socket() as socket:
        answer = await socket.request("me.get")
        assert answer["result"] == await me(house, blue.key)
