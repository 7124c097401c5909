"""Keys of those without a team: organizers and researchers, issued, told apart and revoked."""

from tests.game.worlds import ADMIN, World, audit, code

from itg.game.contract import (
    AuthenticateKey,
    GetKeys,
    IssuedKeys,
    IssueKey,
    KeyRevoked,
    Principal,
    RevokeKey,
    Scope,
    UnknownKey,
)


def world() -> World:
    return World.of("bare")


def issue(world: World, name: str, digest: str, *, is_organizer: bool = False) -> None:
    world.send(IssueKey(key_name=name, key_hash=digest, is_organizer=is_organizer))


def revoke(world: World, name: str, reason: str = "gone") -> object:
    return tuple(world.send(RevokeKey(key_name=name, reason=reason)))


def whose(world: World, digest: str) -> Principal | None:
    reply = world.ask(AuthenticateKey(key_hash=digest))
    assert isinstance(reply, Principal | UnknownKey)
    return reply if isinstance(reply, Principal) else None


def listed(world: World) -> list[tuple[str, int, bool]]:
    reply = world.ask(GetKeys())
    assert isinstance(reply, IssuedKeys)
    return [(key.key_name, key.key_number, Scope.ADMIN in key.scopes) for key in reply.keys]


def test_a_revoked_researcher_is_nobody_and_others_stay() -> None:
    market = world()
    issue(market, "Ada", "a1")
    issue(market, "Emmy", "e1")
    assert revoke(market, "Ada") == (KeyRevoked(key_name="Ada", key_numbers=(1,)),)
    assert whose(market, "a1") is None
    assert whose(market, "e1") is not None
    assert whose(market, ADMIN) is not None


def test_a_second_organizer_is_revoked_and_the_first_stays() -> None:
    market = world()
    issue(market, "Grace", "g1", is_organizer=True)
    revoke(market, "Grace")
    assert whose(market, "g1") is None
    assert listed(market) == [("organizer", 0, True)]


def test_the_last_organizers_key_stays_and_so_does_everything_else() -> None:
    market = world()
    issue(market, "Ada", "a1")
    assert code(revoke(market, "organizer")) == "LAST_ORGANIZER_KEY"
    assert whose(market, ADMIN) is not None
    issue(market, "Grace", "g1", is_organizer=True)
    assert revoke(market, "organizer") == (KeyRevoked(key_name="organizer", key_numbers=(0,)),)
    assert whose(market, ADMIN) is None
    assert code(revoke(market, "Grace")) == "LAST_ORGANIZER_KEY"
    assert listed(market) == [("Grace", 2, True), ("Ada", 1, False)]


def test_a_name_nobody_has_is_refused_and_names_those_there_are() -> None:
    market = world()
    issue(market, "Ada", "a1")
    (rejected,) = market.send(RevokeKey(key_name="Adda", reason="typed badly"))
    assert code((rejected,)) == "KEY_NOT_FOUND"
    assert "organizer, Ada" in repr(rejected)


def test_every_key_of_a_name_is_revoked_and_the_name_is_free_again() -> None:
    market = world()
    issue(market, " Ada ", "a1")
    issue(market, "Ada", "a2", is_organizer=True)
    assert revoke(market, "Ada ") == (KeyRevoked(key_name="Ada", key_numbers=(1, 2)),)
    issue(market, "Ada", "a3")
    found = whose(market, "a3")
    assert found is not None
    assert (found.key_name, found.key_number) == ("Ada", 3)
    assert (whose(market, "a1"), whose(market, "a2")) == (None, None)


def test_the_audit_names_whose_key_was_revoked_and_why_and_what_was_refused() -> None:
    market = world()
    issue(market, "Ada", "a1")
    revoke(market, "Ada", "left the project")
    revoke(market, "organizer", "a slip")
    assert audit(market)[1:] == [
        ("key.revoke", "Ada", "left the project", None),
        ("key.revoke", "organizer", "a slip", "LAST_ORGANIZER_KEY"),
    ]


def test_revoked_keys_stay_revoked_after_a_snapshot() -> None:
    market = world()
    issue(market, "Grace", "g1", is_organizer=True)
    revoke(market, "organizer")
    again = world()
    again.machine.restore(market.machine.snapshot())
    assert again.machine.snapshot() == market.machine.snapshot()
    assert whose(again, ADMIN) is None
    assert whose(again, "g1") is not None
