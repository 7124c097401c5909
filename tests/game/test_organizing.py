"""The organizer's acts on teams, keys and rounds: what they do, refuse and leave in the audit."""

import pytest
from msgspec import Raw, msgpack
from msgspec.structs import replace
from tests.game.worlds import ADMIN, World, audit, code, of

from itg.exchange.contract import (
    GetInstruments,
    Instruments,
    OrderCanceled,
)
from itg.game.contract import (
    AdjustTeam,
    AuditTrail,
    AuthenticateKey,
    ChangeRole,
    GetAudit,
    GetMessages,
    GetRetiringKeys,
    GetTeams,
    ImportTeams,
    IssueKey,
    KeyIssuer,
    KeyRetired,
    KeyRotated,
    Messages,
    Principal,
    ResumeTeam,
    RetireKey,
    RetiringKeys,
    RevokeKey,
    RotateKey,
    Scope,
    SendMessage,
    SuspendTeam,
    TeamRegistered,
    TeamRow,
    Teams,
    TeamsImportRejected,
    UnknownKey,
)
from itg.kernel.ids import AccountId, InstrumentId, Role, TeamId
from itg.kernel.messages import Message
from itg.kernel.money import Cash, Price
from itg.kernel.words import Instrument, Side
from itg.positions.contract import (
    AccountAdjusted,
    AccountOrderRejected,
    AccountSuspensionChanged,
    AdjustmentRejected,
    Balances,
    GetBalances,
    GetRoles,
    PositionLimit,
    ReplaceRole,
    ReserveOrder,
    Roles,
)

T1, T2 = TeamId("t1"), TeamId("t2")
SPX = InstrumentId("SPX")


def whose(world: World, key_hash: str) -> int | None:
    """Return which of a team's keys a digest is, None for nobody's."""
    reply = world.ask(AuthenticateKey(key_hash=key_hash))
    if isinstance(reply, UnknownKey):
        return None
    assert isinstance(reply, Principal)
    return reply.key_number


def _options(world: World) -> list[Instrument]:
    found = [world.ask(GetInstruments(shard=shard)) for shard, _ in world.game.rules.shards]
    return [
        listed
        for reply in found
        if isinstance(reply, Instruments)
        for listed in reply.instruments
        if listed.option
    ]


# -- keys ---------------------------------------------------------------------


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


# -- rosters ------------------------------------------------------------------


def row(name: str, role: str = "hedge_fund") -> TeamRow:
    return TeamRow(team_name=name, role=Role(role), key_hash=f"key of {name} {role}")


def test_a_roster_is_registered_in_its_order() -> None:
    world = World.of("classic")
    told = world.send(ImportTeams(rows=(row("Blue"), row("Red", "market_maker")), reason="day 1"))
    registered = [m for m in told if isinstance(m, TeamRegistered)]
    assert [(m.team_id, m.team_name, m.role) for m in registered] == [
        ("t1", "Blue", "hedge_fund"),
        ("t2", "Red", "market_maker"),
    ]
    assert whose(world, "key of Red market_maker") == 1
    assert audit(world) == [("team.import", "2 teams", "day 1", None)]


def test_one_bad_row_refuses_the_whole_roster_and_every_bad_row_is_named() -> None:
    world = World.of("classic")
    world.register("Blue", key_hash="k1", join_code_hash="c0" * 32)
    before = world.machine.snapshot()
    bad = (row("Green"), row("blue "), row("No"), row("Gold", "retail"), row("green"), row("Fine"))
    (rejected,) = world.send(ImportTeams(rows=bad))
    assert isinstance(rejected, TeamsImportRejected)
    assert [(f.row, f.refusal.code) for f in rejected.faults] == [
        (1, "DUPLICATE_TEAM_NAME"),
        (2, "INVALID_TEAM_NAME"),
        (3, "ROLE_NOT_OPEN"),
        (4, "DUPLICATE_TEAM_NAME"),
    ]
    teams = world.ask(GetTeams())
    assert isinstance(teams, Teams)
    assert [team.team_name for team in teams.teams] == ["Blue"]
    assert audit(world)[-1][3] == "DUPLICATE_TEAM_NAME"
    assert before != world.machine.snapshot()  # the audit has the refusal


def test_a_roster_of_more_teams_than_there_is_room_for_is_refused() -> None:
    world = World.of("classic")
    room = world.game.rules.max_teams
    (rejected,) = world.send(ImportTeams(rows=tuple(row(f"Team {n}") for n in range(room + 2))))
    assert isinstance(rejected, TeamsImportRejected)
    assert [f.row for f in rejected.faults] == [room, room + 1]


# -- suspension and corrections -----------------------------------------------


def trading(name: str = "demo") -> World:
    world = World.of(name)
    world.register("Blue")
    world.register("Red")
    world.start()
    world.run_to(world.seconds(2))
    return world


def buy(
    world: World, price: int | None = 1, team: str = "t1", quantity: int = 1
) -> tuple[Message, ...]:
    order = ReserveOrder(
        account_id=AccountId(team),
        instrument_id=SPX,
        side=Side.BUY,
        quantity=quantity,
        price=None if price is None else Price(price * 10_000),
    )
    return tuple(world.send(order))


def test_a_suspended_team_loses_its_orders_and_is_refused_new_ones_until_it_is_resumed() -> None:
    world = trading()
    buy(world, 4_350)
    told = world.send(SuspendTeam(team_id=T1, reason="flooding"))
    (canceled,) = of(OrderCanceled, told)
    assert isinstance(canceled, OrderCanceled)
    assert canceled.cancel_reason.value == "account_suspended"
    (refused,) = of(AccountOrderRejected, buy(world, 4_350))
    assert isinstance(refused, AccountOrderRejected)
    assert refused.refusal.code == "ACCOUNT_SUSPENDED"
    assert not of(AccountOrderRejected, buy(world, 4_350, team="t2"))
    assert code(world.send(SuspendTeam(team_id=T1, reason="again"))) == "TEAM_WRONG_STATUS"
    assert of(AccountSuspensionChanged, world.send(ResumeTeam(team_id=T1, reason="sorted out")))
    assert not of(AccountOrderRejected, buy(world, 4_350))
    assert code(world.send(ResumeTeam(team_id=T1, reason="again"))) == "TEAM_WRONG_STATUS"
    assert audit(world)[-4:] == [
        ("team.suspend", "t1", "flooding", None),
        ("team.suspend", "t1", "again", "TEAM_WRONG_STATUS"),
        ("team.resume", "t1", "sorted out", None),
        ("team.resume", "t1", "again", "TEAM_WRONG_STATUS"),
    ]


def test_a_suspension_is_no_kill_switch_and_survives_a_snapshot() -> None:
    world = trading()
    world.send(SuspendTeam(team_id=T1, reason="flooding"))
    state = world.machine.snapshot()
    again = World.of("demo")
    again.machine.restore(state)
    assert again.machine.snapshot() == state
    again.now = world.now
    (refused,) = of(AccountOrderRejected, buy(again, 4_350))
    assert isinstance(refused, AccountOrderRejected)
    assert refused.refusal.code == "ACCOUNT_SUSPENDED"


def equity(world: World, account: str) -> tuple[int, dict[InstrumentId, int]]:
    reply = world.ask(GetBalances())
    assert isinstance(reply, Balances)
    assert (reply.contracts_sum, reply.cash_sum) == (0, 0)
    (found,) = [a for a in reply.accounts if a.account_id == account]
    return found.cash, dict(found.net_quantities)


@pytest.mark.parametrize("quantity", [4, -4])
def test_a_correction_moves_cash_from_outside_and_contracts_of_the_house(
    quantity: int,
) -> None:
    world = trading()
    cash, _ = equity(world, "t1")
    house_cash, house_held = equity(world, "house")
    told = world.send(
        AdjustTeam(
            team_id=T1,
            cash=Cash(-5_0000),
            instrument_id=SPX,
            quantity=quantity,
            price=Price(4_400_0000),
            reason="a mistaken bust",
        )
    )
    (adjusted,) = of(AccountAdjusted, told)
    assert isinstance(adjusted, AccountAdjusted)
    value = quantity * 4_400_0000 * 100
    assert equity(world, "t1") == (cash - 5_0000 - value, {SPX: quantity})
    after = equity(world, "house")
    assert after[0] == house_cash + value
    assert after[1].get(SPX, 0) == house_held.get(SPX, 0) - quantity
    assert audit(world)[-1][:2] == (
        "team.adjust",
        f"t1 cash -5.0000 {quantity:+d} SPX at 4400.0000",
    )


@pytest.mark.parametrize(
    ("wrong", "refusal"),
    [
        ({}, "INVALID_QUANTITY"),
        ({"quantity": 1}, "INVALID_INSTRUMENT"),
        ({"quantity": 1, "instrument_id": InstrumentId("SPX-NONE")}, "INVALID_INSTRUMENT"),
        ({"quantity": 1, "instrument_id": SPX, "price": Price(-1)}, "INVALID_PRICE"),
        ({"cash": Cash(10**15)}, "INVALID_QUANTITY"),
    ],
)
def test_a_correction_that_means_nothing_is_refused_and_changes_nothing(
    wrong: dict[str, object], refusal: str
) -> None:
    world = trading()
    before = equity(world, "t1")
    told = world.send(replace(AdjustTeam(team_id=T1, reason="wrong"), **wrong))
    (rejected,) = of(AdjustmentRejected, told)
    assert isinstance(rejected, AdjustmentRejected)
    assert rejected.refusal.code == refusal
    assert equity(world, "t1") == before
    assert audit(world)[-1][3] == refusal


def test_contracts_cannot_be_corrected_without_a_house() -> None:
    world = World.of("bare")
    world.register("Blue")
    ask = AdjustTeam(team_id=T1, instrument_id=SPX, quantity=1, price=Price(1), reason="wrong")
    assert code(world.send(ask)) == "HOUSE_NEEDED"


# -- roles at run time --------------------------------------------------------


def with_limit(world: World, limit: int) -> ChangeRole:
    roles = world.ask(GetRoles())
    assert isinstance(roles, Roles)
    (rules,) = [role for role in roles.roles if role.role == "hedge_fund"]
    changed = tuple(
        PositionLimit(max_quantity=limit) if isinstance(c, PositionLimit) else c
        for c in rules.constraints
    )
    change = ReplaceRole(rules=replace(rules, constraints=changed))
    return ChangeRole(role=rules.role, change=Raw(msgpack.encode(change)), reason="calmer")


def test_a_changed_limit_judges_the_next_order_and_a_replay_judges_alike() -> None:
    world, twin = trading(), trading()
    for each in (world, twin):
        option = next(i.instrument_id for i in _options(each))
        order = ReserveOrder(
            account_id=AccountId("t1"),
            instrument_id=option,
            side=Side.BUY,
            quantity=3,
            price=Price(100),
        )
        assert not of(AccountOrderRejected, each.send(order))
        each.send(with_limit(each, 4))
        (refused,) = of(AccountOrderRejected, each.send(order))
        assert isinstance(refused, AccountOrderRejected)
        assert (refused.refusal.code, refused.refusal.limit) == ("POSITION_LIMIT_EXCEEDED", 4)
    assert world.told == twin.told
    assert world.machine.snapshot() == twin.machine.snapshot()
    assert audit(world)[-1] == ("role.change", "hedge_fund", "calmer", None)


# -- messages -----------------------------------------------------------------


def messages(world: World, team_id: TeamId | None, after_id: int = 0) -> list[str]:
    reply = world.ask(GetMessages(team_id=team_id, after_id=after_id))
    assert isinstance(reply, Messages)
    return [message.text for message in reply.messages]


def test_a_message_is_read_by_whom_it_went_to() -> None:
    world = World.of("demo")
    world.register("Blue")
    world.register("Red")
    world.send(SendMessage(text="to all"))
    world.send(SendMessage(text="to Red", team_id=T2))
    assert messages(world, T1) == ["to all"]
    assert messages(world, T2) == ["to all", "to Red"]
    assert messages(world, T2, after_id=1) == ["to Red"]
    assert messages(world, None) == ["to all", "to Red"]
    assert code(world.send(SendMessage(text="?", team_id=TeamId("t9")))) == "TEAM_NOT_FOUND"
