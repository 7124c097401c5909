"""Keys of teams and of organizers: rotated, retired, made beside others, revoked."""

import pytest
from msgspec import msgpack
from tests.game.worlds import ADMIN, World, audit, code, of, whose

from itg.game.contract import (
    AuditTrail,
    AuthenticateKey,
    GetAudit,
    GetRetiringKeys,
    ImportTeams,
    IssueKey,
    KeyIssuer,
    KeyRetired,
    KeyRotated,
    Principal,
    RetireKey,
    RetiringKeys,
    RevokeKey,
    RotateKey,
    Scope,
    SendMessage,
    TeamRow,
)
from itg.kernel.ids import AccountId, Role, TeamId
from itg.kernel.messages import Message

T1, T2 = TeamId("t1"), TeamId("t2")


def test_an_old_key_works_beside_the_new_one_until_it_is_retired() -> None:
    world = World.of("demo")
    world.register("Blue", key_hash="k1")
    (rotated,) = world.send(RotateKey(team_id=T1, key_hash="k2", retires_wall_ns=77, reason="lost"))
    assert isinstance(rotated, KeyRotated)
    assert (rotated.key_number, rotated.retiring) == (2, (1,))
    assert (whose(world, "k1"), whose(world, "k2")) == (1, 2)
    waiting = world.ask(GetRetiringKeys())
    assert isinstance(waiting, RetiringKeys)
    assert [(k.key_number, k.retires_wall_ns) for k in waiting.keys] == [(1, 77)]
    (retired,) = world.send(RetireKey(team_id=T1, key_number=1))
    assert isinstance(retired, KeyRetired)
    assert (whose(world, "k1"), whose(world, "k2")) == (None, 2)
    assert world.ask(GetRetiringKeys()) == RetiringKeys(keys=())
    assert world.send(RetireKey(team_id=T1, key_number=1)) == ()


def test_a_rotation_without_overlap_ends_every_older_key_at_once() -> None:
    world = World.of("demo")
    world.register("Blue", key_hash="k1")
    world.send(RotateKey(team_id=T1, key_hash="k2", retires_wall_ns=77))
    told = world.send(RotateKey(team_id=T1, key_hash="k3"))
    (retired,) = of(KeyRetired, told)
    assert isinstance(retired, KeyRetired)
    assert retired.key_numbers == (1, 2)
    assert [whose(world, k) for k in ("k1", "k2", "k3")] == [None, None, 3]
    assert world.ask(GetRetiringKeys()) == RetiringKeys(keys=())


def retiring(world: World) -> list[tuple[int, int]]:
    reply = world.ask(GetRetiringKeys())
    assert isinstance(reply, RetiringKeys)
    return [(key.key_number, key.retires_wall_ns) for key in reply.keys]


def beside(world: World, key_hash: str, issuer: KeyIssuer) -> Message:
    """Give a team a key beside its others, and return what is told of it."""
    (told,) = world.send(RotateKey(team_id=T1, key_hash=key_hash, issuer=issuer))
    return told


def by_team(key_number: int) -> KeyIssuer:
    return KeyIssuer(key_number=key_number, team_id=T1)


@pytest.mark.parametrize(
    ("ends", "kept"),
    [((77, 5), [(1, 5), (2, 5)]), ((5, 77), [(1, 5), (2, 77)])],
)
def test_of_two_rotations_the_earlier_end_holds(
    ends: tuple[int, int], kept: list[tuple[int, int]]
) -> None:
    world = World.of("demo")
    world.register("Blue", key_hash="k1")
    world.send(RotateKey(team_id=T1, key_hash="k2", retires_wall_ns=ends[0]))
    (rotated,) = world.send(RotateKey(team_id=T1, key_hash="k3", retires_wall_ns=ends[1]))
    assert isinstance(rotated, KeyRotated)
    assert (rotated.retiring, rotated.retires_wall_ns) == ((1, 2), ends[1])
    assert retiring(world) == kept


def test_a_key_beside_the_others_ends_when_its_issuers_does_and_no_other_sooner() -> None:
    world = World.of("demo")
    world.register("Blue", key_hash="k1")
    told = beside(world, "k2", by_team(1))
    assert told == KeyRotated(team_id=T1, account_id=AccountId("t1"), key_number=2)
    assert retiring(world) == []
    world.send(RotateKey(team_id=T1, key_hash="k3", retires_wall_ns=77))
    told = beside(world, "k4", by_team(2))
    assert isinstance(told, KeyRotated)
    assert (told.key_number, told.retiring, told.retires_wall_ns) == (4, (4,), 77)
    beside(world, "k5", by_team(3))
    assert retiring(world) == [(1, 77), (2, 77), (4, 77)]
    world.send(RotateKey(team_id=T1, key_hash="k6", retires_wall_ns=5))
    assert retiring(world) == [(1, 5), (2, 5), (4, 5), (3, 5), (5, 5)]


def test_a_key_that_is_gone_issues_none() -> None:
    world = World.of("demo")
    world.register("Blue", key_hash="k1")
    world.register("Red", key_hash="r1")
    world.send(IssueKey(key_name="Grace", key_hash="g", is_organizer=True))
    world.send(RotateKey(team_id=T1, key_hash="k2"))
    world.send(RevokeKey(key_name="Grace", reason="left"))
    for issuer in (
        by_team(1),
        KeyIssuer(key_number=1, team_id=T2),
        KeyIssuer(key_number=1),
        KeyIssuer(key_number=2),
    ):
        told = world.send(RotateKey(team_id=T1, key_hash="k3", issuer=issuer))
        assert code(told) == "KEY_NOT_FOUND"
    told = world.send(IssueKey(key_name="x", key_hash="x", issuer=KeyIssuer(key_number=1)))
    assert code(told) == "KEY_NOT_FOUND"
    assert (whose(world, "k2"), whose(world, "k3"), whose(world, "x")) == (2, None, None)
    assert audit(world)[-1] == ("key.issue", "x", "", "KEY_NOT_FOUND")


def test_an_organizers_key_that_works_issues_others() -> None:
    world = World.of("demo")
    world.register("Blue", key_hash="k1")
    first = KeyIssuer(key_number=0)
    world.send(IssueKey(key_name="Grace", key_hash="g", is_organizer=True, issuer=first))
    world.send(RotateKey(team_id=T1, key_hash="k2", retires_wall_ns=77))
    told = beside(world, "k3", KeyIssuer(key_number=1))
    assert told == KeyRotated(team_id=T1, account_id=AccountId("t1"), key_number=3)
    assert retiring(world) == [(1, 77)]


def test_revoking_leaves_a_team_without_a_key_and_others_alone() -> None:
    world = World.of("demo")
    world.register("Blue", key_hash="k1")
    world.register("Red", key_hash="r1")
    world.send(RetireKey(team_id=T1, reason="leaked"))
    assert (whose(world, "k1"), whose(world, "r1")) == (None, 1)
    assert code(world.send(RotateKey(team_id=TeamId("t9"), key_hash="x"))) == "TEAM_NOT_FOUND"


def test_keys_never_leave_the_game() -> None:
    world = World.of("demo")
    world.register("Blue", key_hash="k1secret")
    world.send(RotateKey(team_id=T1, key_hash="k2secret", retires_wall_ns=5))
    world.send(
        ImportTeams(rows=(TeamRow(team_name="Red", role=Role("hedge_fund"), key_hash="k3secret"),))
    )
    world.send(RetireKey(team_id=T1))
    told = msgpack.encode([message for _, message in world.told])
    assert b"secret" not in told


def test_another_organizer_is_named_in_the_audit() -> None:
    world = World.of("demo")
    world.send(IssueKey(key_name="Grace", key_hash="g", is_organizer=True, reason="helps"))
    principal = world.ask(AuthenticateKey(key_hash="g"))
    assert isinstance(principal, Principal)
    assert (Scope.ADMIN in principal.scopes, principal.key_name) == (True, "Grace")
    first = world.ask(AuthenticateKey(key_hash=ADMIN))
    assert isinstance(first, Principal)
    assert first.key_name == ""
    world.send(SendMessage(text="hello", by="Grace"))
    reply = world.ask(GetAudit())
    assert isinstance(reply, AuditTrail)
    assert [e.actor for e in reply.entries] == ["organizer", "Grace"]
