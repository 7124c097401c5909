"""Every operation × every kind of caller, generated from the table; nothing is open unawares."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.gateway.house import ADMIN_KEY, House, Team

from itg.game.contract import Scope
from itg.gateway.calls import ANYBODY, Caller
from itg.gateway.operations import Operation
from itg.gateway.passes import Tickets
from itg.gateway.problems import RefusedError
from itg.gateway.routes.table import BY_NAME, OPERATIONS
from itg.gateway.settings import GatewaySettings

# Who may ask without a key; a new row here is a decision.
PUBLIC = {"bundle_key.get", "logins.exchange", "teams.register", "time.get", "rules.get"}
ROLES = ("market_maker", "hedge_fund", "arbitrage_desk")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def house() -> AsyncIterator[House]:
    async with House(settings=GatewaySettings(failed_keys_burst=10_000)) as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def teams(house: House) -> dict[str, Team]:
    return {role: await house.register(f"team {role}", role) for role in ROLES}


def path_of(operation: Operation, team_id: str = "me") -> str:
    path = operation.route.path.replace("{team_id}", team_id)
    for name in operation.route.path_fields:
        path = path.replace(f"{{{name}}}", "1")
    return path


EVERY = pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.route.name)


def test_every_operation_needs_a_scope_but_the_public_ones() -> None:
    assert {o.route.name for o in OPERATIONS if o.route.scope is None} == PUBLIC


def test_every_name_and_every_route_stands_once() -> None:
    assert len({o.route.name for o in OPERATIONS}) == len(OPERATIONS)
    assert len({(o.route.method, o.route.path) for o in OPERATIONS}) == len(OPERATIONS)


def test_the_organizers_acts_are_not_on_the_socket() -> None:
    assert not [o for o in BY_NAME.values() if o.route.scope is Scope.ADMIN]


@EVERY
@pytest.mark.asyncio(loop_scope="module")
async def test_without_a_key_or_with_a_bad_one_nothing_but_the_public_answers(
    house: House, operation: Operation
) -> None:
    if operation.route.scope is None:
        return
    for headers in (
        {},
        {"X-API-Key": ""},
        {"X-API-Key": "itg_nobody"},
        {"X-API-Key": "x" * 5_000},
        {"Authorization": "Basic abc"},
    ):
        answer = await house.call(operation.route.method, path_of(operation), headers=headers)
        assert (answer.status, answer.json["code"]) == (401, "UNAUTHENTICATED"), headers
        assert answer.headers["www-authenticate"] == "Bearer"


@EVERY
@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("role", ROLES)
async def test_a_teams_key_opens_what_its_scopes_say(
    teams: dict[str, Team], operation: Operation, role: str
) -> None:
    answer = await teams[role].call(operation.route.method, path_of(operation))
    if operation.route.scope in {Scope.ADMIN, Scope.RESEARCH}:
        assert (answer.status, answer.json["code"]) == (403, "SCOPE_MISSING")
    elif not operation.has_body:
        assert answer.status not in {401, 403}, answer.body
    assert answer.status < 500


@EVERY
@pytest.mark.asyncio(loop_scope="module")
async def test_the_organizers_key_trades_nothing(house: House, operation: Operation) -> None:
    answer = await house.call(operation.route.method, path_of(operation), key=ADMIN_KEY)
    if operation.route.scope is Scope.TRADE:
        assert (answer.status, answer.json["code"]) == (403, "SCOPE_MISSING")
    else:
        assert answer.status not in {401, 500}


@EVERY
@pytest.mark.asyncio(loop_scope="module")
async def test_what_belongs_to_another_team_is_not_found(
    house: House, teams: dict[str, Team], operation: Operation
) -> None:
    if not operation.route.path.startswith("/positions/{team_id}"):
        return
    other = teams["hedge_fund"]
    for team_id in (other.team_id, "nobody"):
        answer = await teams["market_maker"].call("GET", path_of(operation, team_id))
        assert (answer.status, answer.json["code"]) == (404, "TEAM_NOT_FOUND")
    assert (await house.call("GET", path_of(operation, other.team_id), key=ADMIN_KEY)).status == 200


@pytest.mark.asyncio(loop_scope="module")
async def test_a_key_is_taken_as_a_bearer_token_too(teams: dict[str, Team]) -> None:
    team = teams["hedge_fund"]
    headers = {"Authorization": f"bearer {team.key}"}
    answer = await team.house.call("GET", "/positions/me", headers=headers)
    assert answer.json["team_id"] == team.team_id


@pytest.mark.asyncio(loop_scope="module")
async def test_a_socket_needs_a_key_or_a_ticket_that_was_not_used(
    house: House, teams: dict[str, Team]
) -> None:
    refused = await house.call("GET", "/ws", headers=upgrade())
    assert refused.status == 401
    assert refused.headers["content-type"] == "application/problem+json"
    issued = await teams["hedge_fund"].call("POST", "/game/ws-tickets")
    assert issued.status == 201
    ticket = issued.json["ticket"]
    async with house.http.ws_connect(f"{house.url}/ws?ticket={ticket}") as socket:
        hello = await socket.receive_json()
        assert hello["data"]["team_id"] == teams["hedge_fund"].team_id
    again = await house.call("GET", f"/ws?ticket={ticket}", headers=upgrade())
    assert (again.status, again.json["code"]) == (401, "UNAUTHENTICATED")


@pytest.mark.asyncio(loop_scope="module")
async def test_a_page_of_another_origin_opens_no_socket(
    house: House, teams: dict[str, Team]
) -> None:
    headers = {**upgrade(), "X-API-Key": teams["hedge_fund"].key}
    foreign = await house.call("GET", "/ws", headers={**headers, "Origin": "http://evil.example"})
    assert (foreign.status, foreign.json["code"]) == (403, "ORIGIN_NOT_ALLOWED")
    async with house.http.ws_connect(
        house.url + "/ws", headers={"X-API-Key": teams["hedge_fund"].key}, origin=house.url
    ) as socket:
        assert (await socket.receive_json())["type"] == "hello"


@pytest.mark.asyncio(loop_scope="module")
async def test_no_socket_is_where_none_is(house: House, teams: dict[str, Team]) -> None:
    headers = {**upgrade(), "X-API-Key": teams["hedge_fund"].key}
    answer = await house.call("GET", "/exchange/orders/stream", headers=headers)
    assert (answer.status, answer.json["code"]) == (404, "ROUTE_NOT_FOUND")


@pytest.mark.asyncio(loop_scope="module")
async def test_no_record_holds_a_key_or_its_hash_but_the_commands(
    house: House, teams: dict[str, Team]
) -> None:
    for record in house.records:
        told = repr(record.outputs)
        assert all(team.key not in told + repr(record.body) for team in teams.values())
        assert "key_hash='" not in told


def test_a_ticket_works_once_and_for_its_time() -> None:
    now = 0.0
    tickets = Tickets[Caller](30.0, lambda: now)
    first, late = tickets.issue(ANYBODY), tickets.issue(ANYBODY)
    assert tickets.redeem(first) is ANYBODY
    now = 30.0
    for ticket in (first, late, "made up"):
        with pytest.raises(RefusedError):
            tickets.redeem(ticket)


def upgrade() -> dict[str, str]:
    return {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
