"""The last measure of a round is taken when all is settled, and again when it is corrected."""

from pathlib import Path

import pytest
from msgspec.structs import astuple
from tests.game.worlds import ADMIN, World

from itg import scenario
from itg.exchange.contract import InstrumentListed, InstrumentSettled, TradeExecuted
from itg.game.contract import (
    AdjustTeam,
    CorrectTrade,
    EndRound,
    GetScores,
    GetTeams,
    MovePhase,
    RoundEnded,
    RoundScored,
    RoundStarted,
    Scores,
    Teams,
    TeamScore,
)
from itg.kernel.ids import AccountId, InstrumentId
from itg.kernel.messages import Message
from itg.kernel.money import Cash
from itg.kernel.times import Nanos
from itg.kernel.words import OrderType, Phase, Side
from itg.positions.contract import (
    AccountReseated,
    AccountsMeasured,
    Balances,
    GetBalances,
    ReserveOrder,
)

SHORT = """
extends = "demo"
without = ["news", "signals"]
first_day = "2026-12-03"
[session]
days = {days}
practice_days = {practice}
continuous_s = 100
[clock]
next_round = "{following}"
[registration]
rotation = "{rotation}"
"""


def played(
    folder: Path,
    *,
    days: int = 1,
    following: str = "organizer",
    rotation: str = "none",
    practice: int = 0,
) -> World:
    """Return a round, half over, in which a fund has bought underlyings and an expiring call."""
    file = folder / "short.toml"
    text = SHORT.format(days=days, following=following, rotation=rotation, practice=practice)
    file.write_text(text, encoding="utf-8")
    world = World(scenario.load(str(file), admin_key_hash=ADMIN))
    world.register("fund", "hedge_fund")
    world.register("makers", "market_maker")
    world.start()
    world.run_to(world.seconds(20))
    buy(world, InstrumentId("SPX"))
    buy(world, expiring(world))
    world.run_to(world.seconds(50))
    return world


def buy(world: World, instrument_id: InstrumentId) -> None:
    order = ReserveOrder(
        account_id=fund(world),
        instrument_id=instrument_id,
        side=Side.BUY,
        quantity=5,
        order_type=OrderType.MARKET,
    )
    world.send(order)
    world.run_to(world.now + 4_000_000_000)  # a guard may keep it waiting


def fund(world: World) -> AccountId:
    teams = world.ask(GetTeams())
    assert isinstance(teams, Teams)
    return teams.teams[0].account_id


def expiring(world: World) -> InstrumentId:
    day = world.game.rules.rounds[0].trading_day.replace("-", "")
    listed = [m for _, m in world.events(InstrumentListed) if isinstance(m, InstrumentListed)]
    names = [m.instrument.instrument_id for m in listed]
    return min(name for name in names if name.startswith(f"SPX-{day}-C"))


def made(world: World) -> int:
    """Return by how much the fund's equity differs from its start, by its balance."""
    balances = world.ask(GetBalances())
    assert isinstance(balances, Balances)
    own = next(a for a in balances.accounts if a.account_id == fund(world))
    return own.realized_pnl + own.unrealized_pnl - own.fees


def score(world: World) -> TeamScore:
    scores = world.ask(GetScores(round_id=1))
    assert isinstance(scores, Scores)
    assert scores.round is not None
    return scores.round.teams[0]


def is_scored(world: World) -> bool:
    scores = world.ask(GetScores())
    assert isinstance(scores, Scores)
    return scores.round is not None


def order_of(world: World, *kinds: type[Message]) -> list[type[Message]]:
    return [type(m) for _, m in world.told if isinstance(m, kinds)]


def test_the_parts_of_the_last_measure_are_what_the_round_changed_settlement_included(
    tmp_path: Path,
) -> None:
    world = played(tmp_path)
    world.run_to(world.seconds(200))
    settled = {getattr(m, "instrument_id", "") for _, m in world.events(InstrumentSettled)}
    assert expiring(world) in settled, "what the fund held has expired"
    last = [m for _, m in world.events(AccountsMeasured)][-1]
    assert isinstance(last, AccountsMeasured)
    assert last.is_asked
    own = last.measures[0]
    assert sum(astuple(own.pnl)) == made(world) == score(world).unscored.pnl != 0
    kinds = order_of(world, InstrumentSettled, RoundEnded, RoundScored)
    assert kinds[-2:] == [RoundEnded, RoundScored]


def test_a_market_that_closes_and_opens_again_within_a_round_forgets_nothing(
    tmp_path: Path,
) -> None:
    world = played(tmp_path)
    before = score(world)
    assert before.unscored.pnl == made(world) != 0
    for second, phase in ((55, Phase.CLOSED), (58, Phase.PRE_OPEN), (61, Phase.CONTINUOUS)):
        world.run_to(world.seconds(second))
        world.send(MovePhase(phase=phase, reason="a fire alarm"))
    world.run_to(world.seconds(70))
    assert score(world).unscored.pnl == made(world)
    assert score(world).unscored.drawdown >= before.unscored.drawdown
    world.run_to(world.seconds(200))
    assert score(world).unscored.pnl == made(world) != 0


def test_a_round_without_a_second_of_trading_has_no_score(tmp_path: Path) -> None:
    world = World.short_day(tmp_path)
    world.register("fund", "hedge_fund")
    world.start()
    world.send(EndRound(round_id=1))
    world.run_to(world.now + 1)
    assert order_of(world, RoundEnded, RoundScored) == [RoundEnded]
    assert not is_scored(world)


def test_a_bust_after_the_close_moves_what_is_scored_of_profit_and_loss(tmp_path: Path) -> None:
    world = played(tmp_path)
    world.run_to(world.seconds(200))
    before = score(world)
    trades = [m for _, m in world.events(TradeExecuted) if isinstance(m, TradeExecuted)]
    trade = next(t for t in trades if (t.instrument_id, t.taker_account_id) == ("SPX", fund(world)))
    world.send(CorrectTrade(trade_id=trade.trade_id, reason="a slip"))
    world.run_to(world.now + 1)
    after = score(world)
    assert after.unscored.pnl == made(world) != before.unscored.pnl
    assert len(list(world.events(RoundScored))) == 2


def test_cash_given_after_the_close_is_scored_with_the_round(tmp_path: Path) -> None:
    world = played(tmp_path)
    world.run_to(world.seconds(200))
    before = score(world).unscored.pnl
    teams = world.ask(GetTeams())
    assert isinstance(teams, Teams)
    team_id = teams.teams[0].team_id
    for cash in (-70_000, 30_000):
        world.send(AdjustTeam(team_id=team_id, cash=Cash(cash), reason="a fee"))
        world.run_to(world.now + 1)
    assert score(world).unscored.pnl == before - 40_000


def test_a_round_is_scored_before_the_next_one_takes_its_seats(tmp_path: Path) -> None:
    world = played(tmp_path, days=2, following="auto", rotation="latin_square")
    first = made(world)
    assert first != 0
    world.told.clear()
    world.run_to(world.game.rules.rounds[0].end_ns or 0)
    kinds = order_of(world, RoundEnded, RoundScored, RoundStarted, AccountReseated)
    assert kinds == [RoundEnded, RoundScored, RoundStarted, AccountReseated, AccountReseated]
    assert score(world).unscored.pnl != 0


def test_after_practice_the_scores_of_the_round_before_stay_as_they_were(tmp_path: Path) -> None:
    world = played(tmp_path, days=2, practice=1)
    assert not is_scored(world), "practice is not"
    world.run_to(world.game.rules.rounds[0].end_ns or 0)
    assert list(world.events(RoundEnded))
    assert not list(world.events(RoundScored))
    assert not [m for _, m in world.events(AccountsMeasured) if getattr(m, "is_asked", False)]
    world.start()
    world.run_to(world.game.rules.rounds[1].end_ns or 0)
    (scored,) = [m for _, m in world.events(RoundScored) if isinstance(m, RoundScored)]
    assert scored.scores.round_id == 2


@pytest.mark.parametrize("restarts", [1, 2])
def test_a_round_that_waits_for_its_score_survives_a_restart(tmp_path: Path, restarts: int) -> None:
    world = played(tmp_path, days=2, following="auto")
    end_ns = Nanos(world.game.rules.rounds[0].end_ns or 0)
    while not list(world.events(RoundEnded)):
        fired = world.machine.due(end_ns)
        assert fired is not None
        world.apply(fired.at_ns, fired)
    again = World(world.game)
    for _ in range(restarts):
        again.machine.restore(world.machine.snapshot())
    assert again.run_to(end_ns) == world.run_to(end_ns)
    assert list(again.events(RoundStarted))
