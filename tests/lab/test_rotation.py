"""Roles that go round in the lab: each team gets the bot of the role it has, round by round."""

from collections.abc import Callable
from pathlib import Path

import pytest

from itg import scenario
from itg.bots import reference_bot
from itg.cli.showing import print_result
from itg.client.bot import Bot
from itg.compose.lab import LabSettings, play, seats_of
from itg.compose.result import GameResult
from itg.compose.services import services_of
from itg.game.contract import RoundStarted
from itg.kernel.ids import AccountId, Role
from itg.lab import LabRun, Seat
from itg.positions.contract import (
    AccountFilled,
    AccountQuoteUpdated,
    AccountReseated,
    Balances,
    GetBalances,
)
from itg.runtime.cascade import Machine
from itg.runtime.envelope import Record

SEASON = """
extends = "demo"
teams = []
[registration]
max_teams = 6
rotation = "latin_square"
[session]
days = {days}
continuous_s = {seconds}
[clock]
next_round = "auto"
"""
ROLES = ("market_maker", "hedge_fund", "arbitrage_desk")
MAKER, FUND, DESK = ROLES


def season(folder: Path, *, days: int = 2, seconds: int = 40) -> str:
    file = folder / "season.toml"
    file.write_text(SEASON.format(days=days, seconds=seconds), encoding="utf-8")
    return str(file)


class Watch:
    """What each account did in each round."""

    def __init__(self) -> None:
        self.round_id = 0
        self.quoted: set[tuple[int, AccountId]] = set()
        self.filled: dict[tuple[int, AccountId], int] = {}

    def see(self, record: Record) -> None:
        for output in record.outputs:
            match output:
                case RoundStarted():
                    self.round_id = output.round_id
                case AccountQuoteUpdated():
                    self.quoted.add((self.round_id, output.account_id))
                case AccountFilled():
                    key = (self.round_id, output.account_id)
                    self.filled[key] = self.filled.get(key, 0) + output.fill.last_quantity
                case _:
                    pass


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[GameResult, Watch]:
    watch = Watch()
    settings = LabSettings(scenario=season(tmp_path_factory.mktemp("season")), seed=3)
    return play(settings, watch.see), watch


def roles(result: GameResult) -> list[list[str]]:
    return [[team.role for team in day.teams] for day in result.days]


def test_the_result_names_every_teams_role_in_every_round(
    played: tuple[GameResult, Watch],
) -> None:
    result, _ = played
    assert roles(result) == [
        [MAKER, FUND, DESK, MAKER, FUND, DESK],
        [FUND, DESK, MAKER, FUND, DESK, MAKER],
    ]
    assert [team.team for team in result.teams] == [f"team {n}" for n in range(1, 7)]


def test_who_quotes_are_the_makers_of_the_round(played: tuple[GameResult, Watch]) -> None:
    result, watch = played
    for round_id, row in enumerate(roles(result), start=1):
        makers = {f"t{place}" for place, role in enumerate(row, start=1) if role == MAKER}
        quoting = {a for r, a in watch.quoted if r == round_id and a.startswith("t")}
        assert quoting == makers


def test_what_a_round_came_to_is_not_lost_with_the_seat(played: tuple[GameResult, Watch]) -> None:
    result, watch = played
    for round_id, day in enumerate(result.days, start=1):
        for place, team in enumerate(day.teams, start=1):
            assert team.contracts == watch.filled.get((round_id, AccountId(f"t{place}")), 0)
        assert any(team.pnl for team in day.teams)
        assert (day.contracts_sum, day.cash_sum) == (0, 0)
    for place, whole in enumerate(result.teams):
        assert whole.contracts == sum(day.teams[place].contracts for day in result.days)
        assert whole.pnl == pytest.approx(sum(day.teams[place].pnl for day in result.days))


def test_roles_by_round_are_printed(
    played: tuple[GameResult, Watch], capsys: pytest.CaptureFixture[str]
) -> None:
    print_result(played[0], None)
    said = capsys.readouterr().out
    line = next(row for row in said.split("Roles")[1].splitlines() if row.startswith("team 1 "))
    assert line.split()[2] == MAKER
    assert line.split()[4] == FUND


def test_equal_seeds_give_equal_seasons(tmp_path: Path) -> None:
    settings = LabSettings(scenario=season(tmp_path, seconds=10), seed=5)
    assert play(settings).event_digest == play(settings).event_digest


class Noting(Bot):
    """Notes how it was set up and what it hears of its account."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name
        self.begun: list[str] = []
        self.bought: list[str] = []

    def on_start(self) -> None:
        self.begun.append(self.role)
        assert self.books
        assert self.prices
        assert self.account.cash

    def on_timer(self) -> None:
        if self.phase_of("SPX") == "continuous" and not self.bought:
            self.bought.append(self.place("SPX", "buy", 1))


def noting(made: list[Noting]) -> Callable[[Role], Bot]:
    def make(role: Role) -> Bot:
        made.append(Noting(role))
        return made[-1]

    return make


def run_of(folder: Path, seats: list[Seat], *, days: int = 4) -> tuple[LabRun, list[Record]]:
    create = scenario.load(season(folder, days=days, seconds=10), seed=3, lock_step=True)
    machine = Machine(services_of([shard for shard, _ in create.rules.shards]))
    records: list[Record] = []
    run = LabRun(machine, create, seats, records.append)
    run.run()
    return run, records


def test_a_team_gets_a_fresh_bot_with_each_role_and_orders_of_all_are_taken(
    tmp_path: Path,
) -> None:
    made: list[Noting] = []
    first = Noting("first")
    seat = Seat(team_name="team 1", role=Role(MAKER), bot=first, bots=noting(made))
    _, records = run_of(tmp_path, [seat])
    assert [first.name, *(bot.name for bot in made)] == ["first", FUND, DESK, MAKER]
    assert [bot.begun for bot in (first, *made)] == [[MAKER], [FUND], [DESK], [MAKER]]
    filled = [
        o
        for r in records
        for o in r.outputs
        if isinstance(o, AccountFilled) and o.account_id == "t1"
    ]
    assert len(filled) == 4
    assert all(bot.account.net("SPX") in {0, 1} for bot in (first, *made))


def test_a_team_begins_with_the_bot_of_the_role_that_the_game_gives_it(tmp_path: Path) -> None:
    made: list[Noting] = []
    seat = Seat(team_name="team 1", role=Role(DESK), bot=Noting("unused"), bots=noting(made))
    run_of(tmp_path, [seat], days=1)
    assert [bot.begun for bot in made] == [[MAKER]]


def test_a_seat_without_other_bots_keeps_its_one_and_hears_of_its_new_seats(
    tmp_path: Path,
) -> None:
    bot = Noting("only")
    run, records = run_of(tmp_path, [Seat(team_name="team 1", role=Role(MAKER), bot=bot)], days=2)
    assert bot.begun == [MAKER]
    assert run.players[0].bot is bot
    reseated = [o for r in records for o in r.outputs if isinstance(o, AccountReseated)]
    assert [event.role for event in reseated] == [MAKER, FUND]


def test_a_seats_own_bot_plays_its_role_and_reference_bots_the_others(tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("from itg.client import Bot\nclass Mine(Bot):\n    pass\n", encoding="utf-8")
    create = scenario.load(season(tmp_path), seed=3, lock_step=True)
    mine, blind, maker = seats_of(create, (f"{file}:hedge_fund", "arbitrage_desk_blind", MAKER))
    assert [seat.team_name for seat in (mine, blind, maker)] == ["team 1", "team 2", "team 3"]
    assert type(mine.bot).__name__ == "Mine"
    for seat, own in ((mine, FUND), (blind, DESK), (maker, MAKER)):
        assert seat.bots is not None
        for role in ROLES:
            bot = seat.bots(Role(role))
            kind = type(seat.bot) if role == own else type(reference_bot(role, 1))
            assert (type(bot), bot.seed) == (kind, seat.bot.seed)


def test_sums_stay_zero_at_the_end_of_a_rotating_season(tmp_path: Path) -> None:
    create = scenario.load(season(tmp_path, seconds=10), seed=4, lock_step=True)
    machine = Machine(services_of([shard for shard, _ in create.rules.shards]))
    LabRun(machine, create, seats_of(create, ())).run()
    reply = machine.query(GetBalances())
    assert isinstance(reply, Balances)
    assert (reply.contracts_sum, reply.cash_sum) == (0, 0)
