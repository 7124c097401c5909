"""What the agreed documents ask of the interface by name: its paths, its products, its verdicts."""

import re
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest
from msgspec.structs import replace
from tests.gateway.doors import doors_of
from tests.gateway.house import ADMIN_KEY, House, digest
from tests.scenario.compiled import of

from itg import scenario
from itg.game.contract import CreateGame
from itg.positions.contract import ConfigurePositions, OrderRateLimit

# The paths of the architecture document, where the agreed rules put them.
REQUIRED = """
POST /game/teams/register
GET /game/teams
GET /game/teams/{team_id}
GET /game/scores
GET /game/scores/{team_id}
POST /exchange/orders
GET /exchange/orders
DELETE /exchange/orders/{order_id}
GET /exchange/orderbook/{instrument_id}
GET /positions/{team_id}
GET /positions/{team_id}/limits
POST /positions/validate
GET /prices
GET /prices/{underlying_id}
GET /events
POST /events/trigger
GET /signals
"""
SOCKETS = {"/ws", "/prices/stream", "/events/stream", "/signals/stream"}
JOIN = "the word"
REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


async def test_every_path_that_was_asked_for_is_in_the_documents_and_answers() -> None:
    async with House("demo") as house:
        team = await house.register("alpha")
        document = (await house.call("GET", "/openapi.json")).json
        described = {
            f"{method.upper()} {path}" for path, row in document["paths"].items() for method in row
        }
        required = set(REQUIRED.split("\n")) - {""}
        assert required <= described
        addresses = (await house.call("GET", "/asyncapi.json")).json["channels"]
        assert {str(channel.get("address", "")) for channel in addresses.values()} >= SOCKETS
        for path in sorted(required):
            method, _, template = path.partition(" ")
            place = re.sub(r"\{\w+\}", "none", template)
            body: object = None if method == "GET" else {}
            answer = await team.call(method, place, body)
            assert answer.status not in {405, 500}, (path, answer.body)
            assert answer.status != 404 or answer.json["code"] != "ROUTE_NOT_FOUND", path


async def test_a_gateway_apart_serves_what_every_service_is_read_for() -> None:
    async with House("demo") as house, doors_of(house, 1) as (door,):
        team = await house.register("alpha", "hedge_fund")
        await house.call("POST", "/admin/rounds/1/start", key=ADMIN_KEY)
        await team.place("buy", 2, 1.0)
        reads = sorted(path.removeprefix("GET ") for path in REQUIRED.split("\n") if "GET" in path)
        names = {"team_id": "me", "underlying_id": "SPX", "instrument_id": house.instruments[-1]}
        for template in (*reads, "/game/rounds", "/exchange/instruments", "/events/table"):
            path = template.format(**names)
            near = await team.call("GET", path)
            headers = {"X-API-Key": team.key}
            async with house.http.get(f"{door}{path}", headers=headers) as far:
                assert (far.status, near.status) == (200, 200), path
                assert without_times(await far.json()) == without_times(near.json), path
        body = {"instrument_id": house.instruments[-1], "side": "buy", "quantity": 1, "price": 2.0}
        async with house.http.post(f"{door}/exchange/orders", json=body, headers=headers) as far:
            order_id = (await far.json())["order_id"]
        assert (await team.call("GET", f"/exchange/orders/{order_id}")).json["status"] == "working"
        url = f"{door}/exchange/orders/{order_id}"
        async with house.http.delete(url, headers=headers) as far:
            assert (await far.json())["status"] == "canceled"


def without_times(body: object) -> object:
    """Return a body without the clock's own values, which go on between two reads."""
    if isinstance(body, dict):
        return {k: without_times(v) for k, v in body.items() if not k.endswith(("_us", "_ms"))}
    return [without_times(item) for item in body] if isinstance(body, list) else body


@pytest.mark.parametrize(("name", "strikes"), [("classic", 5), ("wide", 15)])
async def test_listed_products_are_those_of_the_rules(name: str, strikes: int) -> None:
    async with House(name) as house:
        page = await house.call("GET", "/exchange/instruments?limit=1000", key=ADMIN_KEY)
        listed = page.json["items"]
        assert {row["tick_size"] for row in listed} == {0.01}
        for underlying, start, step in (("SPX", 4400.0, 44.0), ("SPY", 440.0, 4.4)):
            mine = [row for row in listed if row["underlying_id"] == underlying]
            itself = [row for row in mine if row["kind"] == "underlying"]
            assert [row["instrument_id"] for row in itself] == [underlying]
            options = [row for row in mine if row["kind"] == "option"]
            assert {row["multiplier"] for row in options} == {100}
            assert {row["right"] for row in options} == {"call", "put"}
            assert len({row["expiry_date"] for row in options}) == 3
            ladder = sorted({row["strike"] for row in options})
            assert len(ladder) == strikes
            assert ladder[strikes // 2] == start
            assert len(options) == strikes * 3 * 2
            if name == "classic":
                assert [round(strike - start, 2) for strike in ladder] == [
                    round(step * number, 2) for number in range(-2, 3)
                ]


async def test_a_verdict_on_too_large_an_order_has_its_numbers_and_makes_no_order() -> None:
    async with House("demo") as house:
        team = await house.register("alpha", "hedge_fund")
        await house.call("POST", "/admin/rounds/1/start", key=ADMIN_KEY)
        order = {"instrument_id": house.instruments[-1], "side": "buy", "price": 1.0}
        fits = (await team.call("POST", "/positions/validate", {**order, "quantity": 150})).json
        assert fits["is_valid"], fits
        verdict = (await team.call("POST", "/positions/validate", {**order, "quantity": 151})).json
        assert (verdict["is_valid"], verdict["code"]) == (False, "POSITION_LIMIT_EXCEEDED")
        numbers = "0 are held or working, 151 more asked, 150 would be allowed"
        assert numbers in verdict["detail"]
        assert (await team.call("GET", "/exchange/orders?status=all")).json["items"] == []


async def test_a_join_code_opens_registration_and_the_key_is_told_once() -> None:
    async with House("classic", amend=closed) as house:
        path = "/game/teams/register"
        body = {"team_name": "alpha", "role": "hedge_fund"}
        for wrong in (body, {**body, "join_code": "another"}):
            refused = await house.call("POST", path, wrong)
            assert (refused.status, refused.json["code"]) == (403, "INVALID_JOIN_CODE")
        won = await house.call("POST", path, {**body, "join_code": JOIN})
        key = won.json["api_key"]
        assert won.status == 201
        again = await house.call("POST", path, {**body, "join_code": JOIN})
        assert (again.status, again.json["code"]) == (409, "DUPLICATE_TEAM_NAME")
        assert key not in again.body.decode()
        for place in ("/game/teams", "/game/teams/me", f"/game/teams/{won.json['team_id']}"):
            told = await house.call("GET", place, key=key)
            assert (told.status, key in told.body.decode()) == (200, False)


def closed(create: CreateGame) -> CreateGame:
    return replace(create, join_code_hash=digest(JOIN))


async def test_budgets_are_those_of_each_role_and_of_the_door() -> None:
    orders = {"market_maker": 10, "hedge_fund": 5, "arbitrage_desk": 7}
    async with House("demo") as house:
        for role, per_s in orders.items():
            team = await house.register(f"a {role}", role)
            told = (await team.call("GET", "/exchange/limits")).json["budgets"]
            rates = {row["kind"]: (row["per_s"], row["burst"]) for row in told}
            assert rates["orders"] == (per_s, per_s)
            assert rates["cancels"] == (2 * per_s, 2 * per_s)
            assert rates["queries"][0] == 100
            assert rates.get("quotes") == ((120, 240) if role == "market_maker" else None)


def test_the_page_of_requests_names_every_rate_the_earlier_system_had() -> None:
    text = " ".join((REFERENCE / "rest.md").read_text(encoding="utf-8").split())
    assert "100 a second and team, or key without a team; `GET /exchange/limits`" in text
    assert "1,000 queries a second over all teams and 10 a second for market data" in text


def test_small_investors_have_one_order_a_second_each() -> None:
    (configured,) = of(ConfigurePositions, scenario.load("classic"))
    (retail,) = [role for role in configured.roles if role.role == "retail"]
    (rate,) = [rule for rule in retail.constraints if isinstance(rule, OrderRateLimit)]
    assert (rate.orders_per_s, rate.cancels_per_s) == (1, 2)


async def test_a_refusal_is_no_200_and_the_page_says_what_the_earlier_answer_became() -> None:
    async with House("demo") as house:
        team = await house.register("alpha")
        refused = await team.place("buy", 1, 0.0)
        assert refused.status >= 400
        assert not {"success", "data", "error"} & refused.json.keys()
    page = (REFERENCE / "problems.md").read_text(encoding="utf-8")
    told = page.partition("## For those who know the earlier system")[2].partition("<!--")[0]
    for field in ("success", "request_id", "order_id", "data", "error", "timestamp"):
        assert f'"{field}"' in told
    for row in ("| `success: false` |", "| `error.code`, `error.message` |", "| `data` |"):
        assert row in told


SOON = """
extends = "demo"
[session]
pre_open_s = 6
freeze_s = 1
[retail]
pre_open_s = 6
"""


async def test_prices_are_told_four_times_a_second_of_the_game(tmp_path: Path) -> None:
    file = tmp_path / "soon.toml"
    file.write_text(SOON, encoding="utf-8")
    async with House(str(file), speed=2.0) as house:
        team = await house.register("alpha")
        async with team.socket(path="/prices/stream") as socket:
            await house.call("POST", "/admin/rounds/1/start", key=ADMIN_KEY)
            told = [(await socket.push("prices", "prices"))["game_us"] for _ in range(12)]
    gaps = [after - before for before, after in pairwise(told)]
    assert median(gaps) == 250_000
    # A machine that stands still for a moment makes one push of two steps.
    assert not [gap for gap in gaps if gap % 250_000]
