"""Roles that go round: who plays what, as it was printed."""

from pathlib import Path

import pytest
from tests.game.worlds import World

from itg import scenario
from itg.exchange.contract import PhaseChanged, TradeExecuted
from itg.game.contract import (
    CorrectTrade,
    GetSchedule,
    GetTeams,
    Schedule,
    TeamRegistered,
    TeamReseated,
    Teams,
)
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import AccountId, InstrumentId
from itg.kernel.messages import Message
from itg.kernel.words import OrderType, Side
from itg.positions.contract import (
    AccountFillBusted,
    AccountReseated,
    Balances,
    GetBalances,
    GetRoles,
    ReserveOrder,
    RoleRules,
    Roles,
)

TEAMS = ("t1", "t2", "t3")
ROLES = ("market_maker", "hedge_fund", "arbitrage_desk")


def season(
    folder: Path, *, days: int = 4, practice: int = 0, rotation: str = "latin_square"
) -> World:
    """Return days of half a minute with roles that go round."""
    file = folder / "season.toml"
    file.write_text(
        f'extends = "demo"\n[registration]\nrotation = "{rotation}"\n'
        f"[session]\ncontinuous_s = 30\npractice_days = {practice}\n",
        encoding="utf-8",
    )
    return World(scenario.load(str(file), days=days))


def register(world: World, count: int) -> None:
    for number in range(count):
        world.register(f"Team {number}", "hedge_fund")


def printed(world: World) -> list[list[str]]:
    reply = world.ask(GetSchedule())
    assert isinstance(reply, Schedule)
    return [[seat.role for seat in row.seats] for row in reply.rounds]


def roles(world: World) -> list[str]:
    reply = world.ask(GetTeams())
    assert isinstance(reply, Teams)
    return [team.role for team in reply.teams]


def balances(world: World) -> Balances:
    reply = world.ask(GetBalances())
    assert isinstance(reply, Balances)
    return reply


@pytest.mark.parametrize("teams", [1, 2, 3, 7])
def test_after_as_many_rounds_as_roles_every_team_has_played_every_role(
    tmp_path: Path, teams: int
) -> None:
    world = season(tmp_path, days=6)
    register(world, teams)
    rows = printed(world)
    for place in range(teams):
        column = [row[place] for row in rows]
        assert set(column[:3]) == set(column[3:]) == set(ROLES)
    for row in rows:
        for group in range(0, teams - teams % 3, 3):
            assert set(row[group : group + 3]) == set(ROLES)


def test_two_rounds_are_played_in_the_roles_that_were_printed(tmp_path: Path) -> None:
    world = season(tmp_path)
    register(world, 4)
    before = printed(world)
    world.start()
    assert roles(world) == before[0]
    world.run_to(world.game.rules.rounds[0].end_ns or 0)
    assert roles(world) == before[1]
    assert printed(world) == before
    assert all(one != other for one, other in zip(before[0], before[1], strict=True))


def test_a_team_that_comes_late_takes_the_seat_of_the_round_under_way(tmp_path: Path) -> None:
    world = season(tmp_path)
    register(world, 1)
    world.start()
    told = world.register("Late", "market_maker")
    (late,) = [m for m in told if isinstance(m, TeamRegistered)]
    assert late.role == printed(world)[0][1] == roles(world)[1]


def test_everybody_is_reseated_before_a_scored_round_opens(tmp_path: Path) -> None:
    world = season(tmp_path)
    register(world, 3)
    told = list(world.start())
    assert sum(isinstance(m, TeamReseated) for m in told) == 3
    seated = [n for n, m in enumerate(told) if isinstance(m, AccountReseated)]
    moved = [n for n, m in enumerate(told) if isinstance(m, PhaseChanged)]
    assert len(seated) == 3
    assert not moved or max(seated) < min(moved)
    cash = {role.role: role.starting_cash for role in _rules(world)}
    for account in balances(world).accounts:
        if account.account_id in {"t1", "t2", "t3"}:
            assert account.cash == cash[account.role]


def test_what_a_team_holds_goes_to_the_house_and_nothing_is_lost(tmp_path: Path) -> None:
    world = season(tmp_path)
    register(world, 3)
    world.start()
    world.run_to(world.seconds(5))
    order = ReserveOrder(
        account_id=_account(world, "hedge_fund"),
        instrument_id=InstrumentId("SPX"),
        side=Side.BUY,
        quantity=3,
        order_type=OrderType.MARKET,
    )
    world.send(order)
    world.run_to(world.seconds(9))  # a guard may keep it waiting
    held = {a.account_id: dict(a.net_quantities) for a in balances(world).accounts}
    assert any(held[AccountId(name)] for name in ("t1", "t2", "t3")), "somebody holds something"
    world.run_to(world.game.rules.rounds[0].end_ns or 0)
    after = balances(world)
    assert (after.contracts_sum, after.cash_sum) == (0, 0)
    for account in after.accounts:
        if account.account_id in {"t1", "t2", "t3"}:
            assert account.net_quantities == ()
            assert (account.realized_pnl, account.fees) == (0, 0)


def test_a_trade_of_the_round_before_is_undone_and_the_new_seats_stay(tmp_path: Path) -> None:
    world = season(tmp_path)
    register(world, 3)
    world.start()
    world.run_to(world.seconds(5))
    trader = _account(world, "hedge_fund")
    order = ReserveOrder(
        account_id=trader,
        instrument_id=InstrumentId("SPX"),
        side=Side.BUY,
        quantity=3,
        order_type=OrderType.MARKET,
    )
    world.send(order)
    world.run_to(world.seconds(9))
    trade = next(m for _, m in world.events(TradeExecuted) if trader in _traders(m))
    assert isinstance(trade, TradeExecuted)
    world.run_to(world.game.rules.rounds[0].end_ns or 0)
    seats = [a for a in balances(world).accounts if a.account_id in TEAMS]
    told = world.send(CorrectTrade(trade_id=trade.trade_id))
    assert [m.is_former_seat for m in told if isinstance(m, AccountFillBusted)].count(True) == 1
    after = balances(world)
    assert [a for a in after.accounts if a.account_id in TEAMS] == seats
    assert (after.contracts_sum, after.cash_sum) == (0, 0)


def _traders(trade: Message) -> tuple[AccountId, AccountId]:
    assert isinstance(trade, TradeExecuted)
    return trade.maker_account_id, trade.taker_account_id


def _rules(world: World) -> tuple[RoleRules, ...]:
    reply = world.ask(GetRoles())
    assert isinstance(reply, Roles)
    return reply.roles


def _account(world: World, role: str) -> AccountId:
    reply = world.ask(GetTeams())
    assert isinstance(reply, Teams)
    return next(team.account_id for team in reply.teams if team.role == role)


def test_practice_days_are_not_scored_and_have_the_roles_of_the_round_after(tmp_path: Path) -> None:
    world = season(tmp_path, days=3, practice=1)
    register(world, 3)
    reply = world.ask(GetSchedule())
    assert isinstance(reply, Schedule)
    assert [row.is_scored for row in reply.rounds] == [False, True, True]
    practice, first, second = printed(world)
    assert practice == first != second


def test_without_rotation_a_team_keeps_its_role_and_its_account(tmp_path: Path) -> None:
    world = season(tmp_path, rotation="none")
    world.register("Blue", "hedge_fund")
    told = [*world.start(), *world.run_to(world.game.rules.rounds[0].end_ns or 0)]
    assert not [m for m in told if isinstance(m, TeamReseated)]
    assert roles(world) == ["hedge_fund"]
    assert printed(world) == [["hedge_fund"]] * 4


def test_the_seats_of_rounds_that_began_survive_a_snapshot(tmp_path: Path) -> None:
    world = season(tmp_path)
    register(world, 4)
    world.start()
    state = world.machine.snapshot()
    again = season(tmp_path)
    again.machine.restore(state)
    assert again.machine.snapshot() == state
    assert printed(again) == printed(world)
    until = world.game.rules.rounds[1].session_start_ns
    assert again.run_to(until) == world.run_to(until)


def test_roles_go_round_only_with_a_house_and_among_two_or_more(tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    file.write_text('extends = "bare"\n[registration]\nrotation = "latin_square"\n', "utf-8")
    with pytest.raises(ConfigurationError, match=r"registration.rotation.*\[house\]"):
        scenario.load(str(file))
