"""What the organizer does to teams, over real sockets: keys, suspensions, rosters, new roles."""

import asyncio
from collections.abc import AsyncIterator
from json import dumps
from time import monotonic

import aiohttp
import pytest
import pytest_asyncio
from msgspec.structs import replace
from tests.gateway.house import ADMIN_KEY, Answered, House, Json, Team, socket_of

from itg.game.contract import CreateGame, RetireKey, RoleRotation
from itg.gateway.routes.admin_teams import ROSTER_BYTES_MAX
from itg.kernel.ids import AccountId
from itg.wire.v1.organizing import ROSTER_ROWS_MAX

OVERLAP_S = 1


@pytest_asyncio.fixture
async def house() -> AsyncIterator[House]:
    async with House() as running:
        yield running


async def act(house: House, path: str, method: str = "POST", **body: object) -> Answered:
    return await house.call(method, path, body, key=ADMIN_KEY)


async def closed(raw: aiohttp.ClientWebSocketResponse) -> int | None:
    """Read a socket to its end and return the close code."""
    while not raw.closed:
        await raw.receive(timeout=5)
    return raw.close_code


# -- keys ---------------------------------------------------------------------


async def test_a_revoked_key_is_401_at_once_and_its_sockets_end_within_a_second(
    house: House,
) -> None:
    blue, red = await house.register("Blue"), await house.register("Red")
    async with blue.socket("private") as socket, red.socket("private") as other:
        assert (await blue.call("GET", "/positions/me")).status == 200
        started = monotonic()
        revoked = await act(house, f"/admin/teams/{blue.team_id}/revoke-keys", reason="leaked")
        assert revoked.json == {"team_id": blue.team_id, "revoked": 1}
        refused = await blue.call("GET", "/positions/me")
        assert (refused.status, refused.json["code"]) == (401, "UNAUTHENTICATED")
        assert await closed(socket.raw) == 1008
        assert monotonic() - started < 1
        assert "result" in await other.request("ping")


async def test_a_new_key_works_at_once_and_the_old_one_until_the_overlap_is_over(
    house: House,
) -> None:
    blue = await house.register("Blue")
    path = f"/admin/teams/{blue.team_id}/rotate-key"
    rotated = await act(house, path, overlap_s=OVERLAP_S, reason="lost laptop")
    assert rotated.status == 201
    assert rotated.headers["cache-control"] == "no-store"
    assert rotated.json["older_until_us"] > 0
    fresh = Team(house, rotated.json["api_key"], blue.team_id)
    assert (await fresh.call("GET", "/positions/me")).status == 200
    async with blue.socket() as old, fresh.socket() as new:
        assert await closed(old.raw) == 1008  # on its own: nobody acts
        assert "result" in await new.request("ping")
    assert (await blue.call("GET", "/positions/me")).status == 401
    assert (await fresh.call("GET", "/positions/me")).status == 200
    assert [r.body.key_number for r in house.records if isinstance(r.body, RetireKey)] == [1]


@pytest.mark.parametrize("overlaps", [(3600, OVERLAP_S), (OVERLAP_S, 3600)])
async def test_of_two_overlaps_the_earlier_end_holds(
    house: House, overlaps: tuple[int, int]
) -> None:
    blue = await house.register("Blue")
    path = f"/admin/teams/{blue.team_id}/rotate-key"
    second, third = [
        (await act(house, path, overlap_s=overlap, reason="leaked")).json for overlap in overlaps
    ]
    async with blue.socket() as old:
        assert await closed(old.raw) == 1008
    assert (await blue.call("GET", "/positions/me")).status == 401
    is_shortened = overlaps[1] == OVERLAP_S
    assert (third["older_until_us"] < second["older_until_us"]) == is_shortened
    between = Team(house, second["api_key"], blue.team_id)
    if is_shortened:
        async with asyncio.timeout(5):
            while (await between.call("GET", "/positions/me")).status != 401:
                pass
    else:
        assert (await between.call("GET", "/positions/me")).status == 200


async def test_without_overlap_the_old_key_ends_with_the_rotation(house: House) -> None:
    blue = await house.register("Blue")
    ticket = (await blue.call("POST", "/game/ws-tickets")).json["ticket"]
    rotated = await act(house, f"/admin/teams/{blue.team_id}/rotate-key", overlap_s=0)
    assert rotated.json["older_until_us"] is None
    assert (await blue.call("GET", "/positions/me")).status == 401
    async with house.http.get(f"{house.url}/ws?ticket={ticket}", headers=_UPGRADE) as answer:
        assert answer.status == 401


_UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}


async def test_a_restart_ends_a_key_whose_overlap_ran_out_meanwhile() -> None:
    async with House() as first:
        blue = await first.register("Blue")
        await act(first, f"/admin/teams/{blue.team_id}/rotate-key", overlap_s=OVERLAP_S)
        assert (await blue.call("GET", "/positions/me")).status == 200
    async with House(journal=first.journal) as second:
        old = Team(second, blue.key, blue.team_id)
        async with asyncio.timeout(5):
            while (await old.call("GET", "/positions/me")).status != 401:
                pass
        assert [r.body.key_number for r in second.records if isinstance(r.body, RetireKey)] == [1]


async def test_the_journal_has_digests_of_keys_and_no_key(house: House) -> None:
    blue = await house.register("Blue")
    rotated = await act(house, f"/admin/teams/{blue.team_id}/rotate-key")
    rows = [{"team_name": "Red", "role": "market_maker"}]
    imported = await act(house, "/admin/teams/import", rows=rows)
    keys = [blue.key, rotated.json["api_key"], imported.json["items"][0]["api_key"]]
    kept = repr([(record.body, record.outputs) for record in house.records])
    assert not [key for key in keys if key in kept]


async def test_a_second_organizer_does_everything_and_is_named_in_the_audit(house: House) -> None:
    issued = await act(house, "/admin/keys", key_name="Grace", is_organizer=True)
    assert issued.json["scopes"] == ["admin", "read", "research"]
    key = issued.json["api_key"]
    told = await house.call("POST", "/admin/messages", {"text": "welcome"}, key=key)
    assert told.status == 201
    audit = await house.call("GET", "/admin/audit", key=key)
    assert [(row["actor"], row["act"]) for row in audit.json["items"]] == [
        ("organizer", "key.issue"),
        ("Grace", "message.send"),
    ]


# -- suspension ---------------------------------------------------------------


async def test_a_suspended_team_reads_and_its_orders_are_gone_and_refused(house: House) -> None:
    blue = await house.register("Blue", "hedge_fund")
    await house.open_market()
    order = (await blue.place("buy", 1, 1.0)).json
    async with blue.socket("private") as socket:
        suspended = await act(house, f"/admin/teams/{blue.team_id}/suspend", reason="flooding")
        assert suspended.json["is_suspended"] is True
        told = await socket.push("private", "suspension.changed")
        assert told["data"] == {"is_suspended": True}
        canceled = await socket.push("private", "order.canceled")
        assert canceled["data"]["cancel_reason"] == "account_suspended"
        refused = await socket.request(
            "order.place",
            {"instrument_id": order["instrument_id"], "side": "buy", "quantity": 1, "price": 1.0},
        )
        assert refused["error"]["code"] == "ACCOUNT_SUSPENDED"
    assert (await blue.place("buy", 1, 1.0)).status == 403
    assert (await blue.call("GET", "/positions/me")).status == 200
    assert (await blue.call("GET", "/game/teams/me")).json["is_suspended"] is True
    again = await act(house, f"/admin/teams/{blue.team_id}/suspend", reason="again")
    assert (again.status, again.json["code"]) == (409, "TEAM_WRONG_STATUS")
    await act(house, f"/admin/teams/{blue.team_id}/resume", reason="sorted out")
    assert (await blue.place("buy", 1, 1.0)).status == 201


async def test_acts_on_one_team_need_a_reason(house: House) -> None:
    blue = await house.register("Blue")
    for verb in ("suspend", "resume", "adjust", "revoke-keys"):
        refused = await act(house, f"/admin/teams/{blue.team_id}/{verb}")
        assert (refused.status, refused.json["errors"][0]["pointer"]) == (400, "/reason")
    nobody = await act(house, "/admin/teams/t99/suspend", reason="flooding")
    assert (nobody.status, nobody.json["code"]) == (404, "TEAM_NOT_FOUND")


async def test_the_organizers_routes_for_teams_are_closed_to_teams(house: House) -> None:
    blue = await house.register("Blue")
    for path, body in (
        ("import", {"rows": [{"team_name": "Red", "role": "market_maker"}]}),
        (f"{blue.team_id}/rotate-key", {}),
        (f"{blue.team_id}/resume", {"reason": "please"}),
        (f"{blue.team_id}/adjust", {"reason": "please", "cash": 1_000_000}),
    ):
        refused = await blue.call("POST", f"/admin/teams/{path}", body)
        assert (refused.status, refused.json["code"]) == (403, "SCOPE_MISSING")


# -- rosters ------------------------------------------------------------------


async def test_a_roster_is_registered_with_keys_that_work(house: House) -> None:
    rows = [
        {"team_name": "Red", "role": "market_maker"},
        {"team_name": "Gold", "role": "hedge_fund"},
    ]
    imported = await act(house, "/admin/teams/import", rows=rows, reason="day one")
    assert imported.status == 201
    assert imported.headers["cache-control"] == "no-store"
    for row, item in zip(rows, imported.json["items"], strict=True):
        team = Team(house, item["api_key"], item["team_id"])
        mine = await team.call("GET", "/game/teams/me")
        assert (mine.json["team_name"], mine.json["role"]) == (row["team_name"], row["role"])
        async with team.socket("private") as socket:
            assert socket.hello["data"]["role"] == row["role"]


async def test_every_bad_row_of_a_roster_is_named_and_nobody_is_registered(house: House) -> None:
    await house.register("Blue")
    rows = [
        {"team_name": "Red", "role": "market_maker"},
        {"team_name": "BLUE", "role": "market_maker"},
        {"team_name": "Grey", "role": "hedgehog"},
    ]
    refused = await act(house, "/admin/teams/import", rows=rows)
    assert (refused.status, refused.json["code"]) == (422, "INVALID_ROSTER")
    assert [e["pointer"] for e in refused.json["errors"]] == ["/rows/1/team_name", "/rows/2/role"]
    teams = await house.call("GET", "/game/teams", key=ADMIN_KEY)
    assert [team["team_name"] for team in teams.json["items"]] == ["Blue"]


def for_everybody(create: CreateGame) -> CreateGame:
    return replace(create, rules=replace(create.rules, max_teams=ROSTER_ROWS_MAX))


@pytest.mark.parametrize("sign", ["名", "𠮷"])
async def test_the_longest_roster_of_the_longest_names_is_registered(sign: str) -> None:
    rows = [
        {"team_name": f"{number:03}".ljust(50, sign), "role": "market_maker"}
        for number in range(ROSTER_ROWS_MAX)
    ]
    body = {"rows": rows, "reason": sign * 200}
    escaped = dumps(body, ensure_ascii=True, indent=1).encode()
    async with House("demo", amend=for_everybody) as house:
        imported = await house.call("POST", "/admin/teams/import", escaped, key=ADMIN_KEY)
        assert imported.status == 201
        assert [i["team_name"] for i in imported.json["items"]] == [r["team_name"] for r in rows]
        assert len(escaped) < ROSTER_BYTES_MAX
        above = b" " * (ROSTER_BYTES_MAX + 1)
        refused = await house.call("POST", "/admin/teams/import", above, key=ADMIN_KEY)
        assert (refused.status, refused.json["code"]) == (413, "BODY_TOO_LARGE")
        detail = f"{len(above):,} bytes are too many: this body has at most {ROSTER_BYTES_MAX:,}."
        assert refused.json["detail"] == detail


# -- roles --------------------------------------------------------------------


def rotating(create: CreateGame) -> CreateGame:
    """Let roles go round over two rounds that the organizer starts."""
    first = create.rules.rounds[0]
    rules = replace(
        create.rules,
        rotation=RoleRotation.LATIN_SQUARE,
        house_account_id=AccountId("house"),
        rounds=(first, replace(first, trading_day="2026-12-08")),
        start_on_create=False,
    )
    return replace(create, rules=rules)


async def test_after_the_change_of_roles_everything_follows_the_new_one() -> None:
    async with House("demo", amend=rotating) as house:
        teams = [await house.register(name, "hedge_fund") for name in ("Blue", "Red", "Gold")]
        printed = (await house.call("GET", "/game/schedule", key=ADMIN_KEY)).json["items"]
        blue = teams[0]
        await house.call("POST", "/admin/rounds/1/start", key=ADMIN_KEY)
        async with blue.socket("private", "signals") as socket:
            session = next(s for s in house.gateway.feed.sessions if s.caller.team_id == "t1")
            old = house.gateway.feed.signals_of(session.caller.role)
            assert [place.session for place in old.subscribers] == [session]
            await house.call("POST", "/admin/rounds/1/end", key=ADMIN_KEY)
            await house.call("POST", "/admin/rounds/2/start", key=ADMIN_KEY)
            seated = await socket.push("private", "account.reseated")
            expected = printed[1]["seats"][0]["role"]
            assert seated["data"]["role"] == expected != printed[0]["seats"][0]["role"]
            snapshot = await socket.push("signals", "snapshot")
            assert snapshot["data"] == {"signals": []}
            assert old.subscribers == []
            new = house.gateway.feed.signals_of(session.caller.role)
            assert [place.session for place in new.subscribers] == [session]
            rates = {r["role"]: r for r in (await blue.call("GET", "/game/rules")).json["roles"]}
            budgets = (await blue.call("GET", "/exchange/limits")).json
            orders = next(c for c in rates[expected]["constraints"] if c["kind"] == "order_rate")
            assert orders["orders_per_s"] in [b["per_s"] for b in budgets["budgets"]]
        roles = (await house.call("GET", "/game/teams", key=ADMIN_KEY)).json["items"]
        assert [team["role"] for team in roles] == [s["role"] for s in printed[1]["seats"]]
        async with socket_of(house, blue.key) as again:
            assert again.hello["data"]["role"] == expected
        assert (await blue.call("GET", "/positions/me")).json["role"] == expected


async def test_a_role_changed_at_run_time_judges_the_next_order() -> None:
    async with House("demo") as house:
        blue = await house.register("Blue", "hedge_fund")
        before = await blue.place("buy", 3, 440.0)
        assert before.json["code"] != "ORDER_SIZE_EXCEEDED"
        changed = await act(
            house,
            "/admin/roles/hedge_fund",
            "PUT",
            constraints=[
                {"kind": "order_size", "max_quantity": 2},
                {"kind": "delta_limit", "max_delta": 7.5, "grace_s": 2.5},
            ],
            maker_fee=-0.05,
            reason="calmer",
        )
        assert changed.status == 200, changed.body
        rules = (await blue.call("GET", "/game/rules")).json["roles"]
        assert changed.json in rules
        shown = {c["kind"]: c for c in changed.json["constraints"]}
        assert shown["order_size"]["max_quantity"] == 2
        assert (shown["delta_limit"]["max_delta"], shown["delta_limit"]["grace_s"]) == (7.5, 2.5)
        assert changed.json["maker_fee"] == -0.05
        refused = await blue.place("buy", 3, 440.0)
        assert (refused.json["code"], refused.json["limit"]) == ("ORDER_SIZE_EXCEEDED", 2)


@pytest.mark.parametrize(
    ("row", "pointer"),
    [
        ({"kind": "order_sizes", "max_quantity": 2}, "/constraints/0/kind"),
        ({"kind": "order_size", "max_quantities": 2}, "/constraints/0/max_quantities"),
        ({"kind": "order_size", "max_quantity": -2}, "/constraints/0/max_quantity"),
        ({"kind": "order_size", "max_quantity": "two"}, "/constraints/0"),
    ],
)
async def test_a_rule_that_a_role_does_not_have_is_named(row: Json, pointer: str) -> None:
    async with House("demo") as house:
        refused = await act(house, "/admin/roles/hedge_fund", "PUT", constraints=[row])
        assert (refused.status, refused.json["code"]) == (422, "INVALID_RULE")
        assert refused.json["errors"][0]["pointer"] == pointer
        nobody = await act(house, "/admin/roles/hedgehog", "PUT", constraints=[])
        assert nobody.json["code"] == "UNKNOWN_ROLE"


# -- messages and rounds ------------------------------------------------------


async def test_a_message_reaches_whom_it_is_for_and_is_read_again(house: House) -> None:
    blue, red = await house.register("Blue"), await house.register("Red")
    async with blue.socket() as first, red.socket() as second:
        await act(house, "/admin/messages", text="to all")
        await act(house, "/admin/messages", text="to Red", team_id=red.team_id)
        await act(house, "/admin/messages", text="last")
        heard = [(await first.push("system", "message"))["data"] for _ in range(2)]
        assert [m["text"] for m in heard] == ["to all", "last"]
        heard = [(await second.push("system", "message"))["data"] for _ in range(3)]
        assert [(m["text"], m["to_all"]) for m in heard] == [
            ("to all", True),
            ("to Red", False),
            ("last", True),
        ]
    texts = [m["text"] for m in (await blue.call("GET", "/game/messages")).json["items"]]
    assert texts == ["to all", "last"]
    later = await red.call("GET", "/game/messages?since_id=1")
    assert [m["text"] for m in later.json["items"]] == ["to Red", "last"]


async def test_a_round_is_extended_and_everybody_told(house: House) -> None:
    blue = await house.register("Blue")
    await house.open_market()
    before = (await blue.call("GET", "/game/rounds/1")).json
    async with blue.socket() as socket:
        extended = await act(house, "/admin/rounds/1/extend", extend_s=60, reason="a late start")
        assert extended.json["session_end_us"] == before["session_end_us"] + 60_000_000
        assert (await socket.push("system", "round.extended"))["data"] == {"round_id": 1}
