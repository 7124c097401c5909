"""The organizer's acts on teams, keys and rounds: what they do, refuse and leave in the audit."""

import pytest
from msgspec import Raw, msgpack
from msgspec.structs import replace
from tests.game.worlds import World, audit, code, of, whose

from itg.exchange.contract import (
    GetInstruments,
    Instruments,
    OrderCanceled,
)
from itg.game.contract import (
    AdjustTeam,
    ChangeRole,
    GetMessages,
    GetTeams,
    ImportTeams,
    Messages,
    ResumeTeam,
    SendMessage,
    SuspendTeam,
    TeamRegistered,
    TeamRow,
    Teams,
    TeamsImportRejected,
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


def _options(world: World) -> list[Instrument]:
    found = [world.ask(GetInstruments(shard=shard)) for shard, _ in world.game.rules.shards]
    return [
        listed
        for reply in found
        if isinstance(reply, Instruments)
        for listed in reply.instruments
        if listed.option
    ]


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
