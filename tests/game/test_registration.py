"""Who may join, and whose key it is."""

import pytest
from msgspec import msgpack
from tests.game.worlds import ADMIN, JOIN, World

from itg.game.contract import (
    AuthenticateKey,
    GetTeams,
    Principal,
    RegistrationRejected,
    Scope,
    TeamRegistered,
    Teams,
    UnknownKey,
)
from itg.kernel.errors import Refusal
from itg.kernel.ids import AccountId, Role, TeamId
from itg.kernel.messages import Event
from itg.positions.contract import AccountOpened


@pytest.fixture
def closed() -> World:
    return World.of("classic")


@pytest.fixture
def bare() -> World:
    return World.of("bare")


def refused(outputs: object) -> Refusal:
    assert isinstance(outputs, tuple)
    (rejected,) = outputs
    assert isinstance(rejected, RegistrationRejected)
    return rejected.refusal


def teams_of(world: World) -> list[str]:
    teams = world.ask(GetTeams())
    assert isinstance(teams, Teams)
    return [team.team_name for team in teams.teams]


def test_a_registered_team_has_an_account_of_its_role_and_a_short_name(bare: World) -> None:
    outputs = bare.register("  First Team ", "market_maker")
    (registered,) = [o for o in outputs if isinstance(o, TeamRegistered)]
    assert (registered.team_id, registered.account_id) == ("t1", "t1")
    assert registered.team_name == "First Team"
    (opened,) = [o for o in outputs if isinstance(o, AccountOpened)]
    assert (opened.account_id, opened.role) == ("t1", "market_maker")
    assert [o.team_id for o in bare.register("Second") if isinstance(o, TeamRegistered)] == ["t2"]


@pytest.mark.parametrize("name", ["ab", "  ab  ", "x" * 51, "a\tbc", "a\u200bbc", "", "\ud800abc"])
def test_a_name_that_is_no_name_is_refused(bare: World, name: str) -> None:
    assert refused(bare.register(name)).code == "INVALID_TEAM_NAME"


@pytest.mark.parametrize("name", ["abc", "x" * 50, "Grüße 3", "a b"])
def test_a_name_of_three_to_fifty_printable_characters_is_taken(bare: World, name: str) -> None:
    bare.register(name)
    assert teams_of(bare) == [name]


@pytest.mark.parametrize("name", ["t12", "T12", "t001", " t12 ", "ｔ１２", "t١٢"])
def test_a_name_that_reads_as_another_teams_id_is_refused(bare: World, name: str) -> None:
    refusal = refused(bare.register(name))
    assert (refusal.code, refusal.field) == ("INVALID_TEAM_NAME", "team_name")
    assert "is written as a team's id" in refusal.detail
    assert repr(name.strip()) in refusal.detail


@pytest.mark.parametrize("name", ["team 12", "t12b", "tt12", "12t", "t-12"])
def test_a_name_that_no_id_has_is_taken(bare: World, name: str) -> None:
    bare.register(name)
    assert teams_of(bare) == [name]


@pytest.mark.parametrize("name", ["a\u202ebc", "a\u2066bc", "a\u200fbc", "a\x07bc", "a\x85bc"])
def test_a_name_that_turns_the_line_it_stands_in_is_refused(bare: World, name: str) -> None:
    assert refused(bare.register(name)).code == "INVALID_TEAM_NAME"


@pytest.mark.parametrize(
    "again",
    [
        "first team",
        "FIRST TEAM",
        " First  Team ",
        "Ｆｉｒｓｔ Team",
        "\ufb01rst team",
        "𝐅irst Team",
    ],
)
def test_a_name_is_taken_once_however_it_is_written(bare: World, again: str) -> None:
    bare.register("First Team")
    assert refused(bare.register(again, key_hash="other")).code == "DUPLICATE_TEAM_NAME"
    assert teams_of(bare) == ["First Team"]
    assert bare.ask(AuthenticateKey(key_hash="other")) == UnknownKey()


@pytest.mark.parametrize(
    ("role", "code"),
    [("retail", "ROLE_NOT_OPEN"), ("house", "ROLE_NOT_OPEN"), ("x", "UNKNOWN_ROLE")],
)
def test_only_open_roles_can_be_chosen(closed: World, role: str, code: str) -> None:
    refusal = refused(closed.register("Some", role, join_code_hash=JOIN))
    assert (refusal.code, refusal.field) == (code, "role")
    open_roles = ", ".join(closed.game.rules.registrable_roles)
    assert repr(role) in refusal.detail
    assert refusal.detail.endswith(f"the roles that are open: {open_roles}.")


def test_a_role_longer_than_any_is_not_said_again_in_full(bare: World) -> None:
    assert len(refused(bare.register("Some", "x" * 60_000)).detail) < 300


def test_closed_registration_asks_for_the_join_code(closed: World) -> None:
    assert refused(closed.register("Some")).code == "INVALID_JOIN_CODE"
    assert refused(closed.register("Some", join_code_hash="no")).code == "INVALID_JOIN_CODE"
    closed.register("Some", join_code_hash=JOIN)
    assert teams_of(closed) == ["Some"]


def test_a_full_game_takes_no_more_teams() -> None:
    world = World.of("demo")
    limit = world.game.rules.max_teams
    for number in range(limit):
        world.register(f"Team {number}")
    refusal = refused(world.register("One more"))
    assert (refusal.code, refusal.limit, refusal.current) == ("GAME_FULL", limit, limit)
    assert f"max_teams is {limit}" in refusal.detail


def test_a_key_is_its_teams_and_the_organizers_key_is_nobodys(bare: World) -> None:
    bare.register("First", key_hash="k1")
    assert bare.ask(AuthenticateKey(key_hash="k1")) == Principal(
        team_id=TeamId("t1"),
        account_id=AccountId("t1"),
        role=Role("hedge_fund"),
        scopes=(Scope.TRADE, Scope.READ),
        key_number=1,
    )
    organizer = bare.ask(AuthenticateKey(key_hash=ADMIN))
    assert isinstance(organizer, Principal)
    assert organizer.team_id is None
    assert organizer.scopes == (Scope.ADMIN, Scope.READ, Scope.RESEARCH)
    assert bare.ask(AuthenticateKey(key_hash="k2")) == UnknownKey()
    assert bare.ask(AuthenticateKey(key_hash="")) == UnknownKey()


def test_no_event_carries_a_key_or_code_digest(closed: World) -> None:
    closed.register("Some", key_hash="f00d" * 16, join_code_hash=JOIN)
    closed.register("Else", key_hash="beef" * 16, join_code_hash="bad")
    told = b"".join(msgpack.encode(o) for _, o in closed.told if isinstance(o, Event))
    for secret in (ADMIN, JOIN, "f00d" * 16, "beef" * 16):
        assert secret.encode() not in told


def test_teams_and_keys_survive_a_restart(closed: World) -> None:
    closed.register("Some", key_hash="k1", join_code_hash=JOIN)
    state = closed.machine.snapshot()
    again = World.of("classic")
    again.machine.restore(state)
    assert again.machine.snapshot() == state
    assert again.ask(AuthenticateKey(key_hash="k1")) == closed.ask(AuthenticateKey(key_hash="k1"))
    assert refused(again.register("some", key_hash="k2", join_code_hash=JOIN)).code == (
        "DUPLICATE_TEAM_NAME"
    )
