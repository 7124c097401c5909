"""Scores in the service: told once when a round is over, live before, again when corrected."""

from pathlib import Path

import pytest
from tests.game.scoring.recorded import busted
from tests.game.worlds import ADMIN, World

from itg import scenario
from itg.game.contract import (
    AuditTrail,
    GetAudit,
    GetScores,
    GetTeams,
    ParSet,
    RolePar,
    RoundEnded,
    RoundScored,
    Scores,
    ScoringRejected,
    SetJudgement,
    SetPar,
    Teams,
)
from itg.game.hearing import SCORE, score_later
from itg.game.service import GameService
from itg.kernel.ids import AccountId, InstrumentId, Role, TradeId
from itg.kernel.money import Cash, Price, Quantity
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import Side
from itg.positions.contract import (
    AccountMeasure,
    AccountsMeasured,
    MarkedTrade,
    PnlParts,
    TradesMarked,
)
from itg.runtime.service import StartTimer, TimerFired

PPM = 1_000_000
PAR = SetPar(
    pars=(RolePar(role=Role("market_maker"), par=50 * PPM, spread=10 * PPM, sessions=4),),
    origin="by hand",
    reason="a first guess",
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    file = tmp_path / "short.toml"
    text = 'extends = "demo"\nwithout = ["news", "signals"]\n[session]\ncontinuous_s = 30\n'
    file.write_text(text, encoding="utf-8")
    world = World(scenario.load(str(file), admin_key_hash=ADMIN))
    world.register("makers", "market_maker")
    return world


def account(world: World) -> AccountId:
    teams = world.ask(GetTeams())
    assert isinstance(teams, Teams)
    return teams.teams[0].account_id


def scores(world: World, round_id: int | None = None) -> Scores:
    answer = world.ask(GetScores(round_id=round_id))
    assert isinstance(answer, Scores)
    return answer


def trade(world: World, second: float) -> MarkedTrade:
    return MarkedTrade(
        trade_id=TradeId(7),
        instrument_id=InstrumentId("SPX"),
        traded_ns=world.seconds(second),
        price=Price(44_000_000),
        quantity=Quantity(2),
        multiplier=100,
        aggressor_side=Side.SELL,
        maker_account_id=account(world),
        taker_account_id=AccountId("retail-1"),
        is_auction=False,
        mark_price=Price(44_000_500),
        marks_later=(Price(44_000_500),) * 4,
        half_spread=Price(1_000),
        delta=PPM,
    )


def test_a_round_s_scores_are_told_once_after_its_end(world: World) -> None:
    world.start()
    world.run_to(world.seconds(40))
    kinds = [type(m) for _, m in world.told if isinstance(m, RoundEnded | RoundScored)]
    assert kinds == [RoundEnded, RoundScored]
    (_, told), *_ = world.events(RoundScored)
    assert isinstance(told, RoundScored)
    assert told.scores.is_final
    assert [team.account_id for team in told.scores.teams] == [account(world)]
    assert scores(world).round == told.scores
    assert scores(world, round_id=2).round is None


def test_what_the_last_cascade_of_the_round_tells_still_counts(world: World) -> None:
    world.start()
    world.run_to(world.seconds(20))
    # Its mark comes with the close, long before a minute has passed.
    world.send(TradesMarked(trades=(trade(world, 10),)))
    live = scores(world).round
    assert live is not None
    assert not live.is_final
    assert live.teams[0].components[0].measured == 500_000
    world.run_to(world.seconds(40))
    assert scores(world).round is not None


def test_a_bust_after_the_round_tells_its_scores_again(world: World) -> None:
    world.start()
    world.run_to(world.seconds(20))
    marked = trade(world, 10)
    world.send(TradesMarked(trades=(marked,)))
    world.run_to(world.seconds(40))
    game = world.machine.nodes["game"]
    fired = TimerFired(owner="game", key=SCORE, at_ns=world.now)
    assert game.handle(world.now, busted(marked)) == [score_later("game", world.now)]
    (told,) = game.handle(world.now, fired)
    assert isinstance(told, RoundScored)
    assert told.scores.teams[0].components[0].measured is None
    assert game.handle(world.now, busted(marked)) == ()
    assert game.handle(world.now, fired) == []


def test_a_measure_after_the_round_moves_its_scores_and_tells_them_again(world: World) -> None:
    world.start()
    world.run_to(world.seconds(40))
    game = world.machine.nodes["game"]
    fired = TimerFired(owner="game", key=SCORE, at_ns=world.now)
    corrected = AccountMeasure(
        account_id=account(world), equity=Cash(0), pnl=PnlParts(residual=Cash(-50_000))
    )
    told = AccountsMeasured(is_trading=False, measures=(corrected,), is_asked=True)
    assert game.handle(world.now, told) == [StartTimer(owner="game", key=SCORE, at_ns=world.now)]
    (again,) = game.handle(world.now, fired)
    assert isinstance(again, RoundScored)
    assert again.scores.teams[0].unscored.pnl == -50_000
    assert game.handle(world.now, fired) == []


def test_a_snapshot_of_a_scored_game_decodes_to_the_same_bytes(world: World) -> None:
    world.start()
    world.run_to(world.seconds(10))
    measure = AccountMeasure(
        account_id=account(world),
        equity=Cash(10**11),
        pnl=PnlParts(vega=Cash(5)),
        delta=3 * PPM,
        legs=(PPM, -PPM),
        options_held=60,
    )
    world.send(AccountsMeasured(is_trading=True, measures=(measure,)))
    world.send(TradesMarked(trades=(trade(world, 5),)))
    world.send(PAR)
    game = world.machine.nodes["game"]
    restored = GameService()
    restored.restore(game.snapshot())
    assert restored.snapshot() == game.snapshot()
    assert restored.query(GetScores()) == game.query(GetScores())


def test_pars_and_judgements_stand_in_the_audit_with_their_reasons(world: World) -> None:
    assert [type(told) for told in world.send(PAR)] == [ParSet]
    judged = SetJudgement(account_id=account(world), research=70 * PPM, reason="week 8")
    world.send(judged)
    world.start()
    world.run_to(world.seconds(40))
    assert [type(told) for told in world.send(PAR)] == [ScoringRejected]
    audit = world.ask(GetAudit())
    assert isinstance(audit, AuditTrail)
    acts = [(e.act, e.subject, e.reason, e.refusal_code) for e in audit.entries]
    assert ("scores.par", "by hand", "a first guess", None) in acts
    assert ("scores.judgement", account(world), "week 8", None) in acts
    assert acts[-1] == ("scores.par", "by hand", "a first guess", "PAR_FROZEN")


def test_a_game_without_scoring_hears_everything_and_scores_nothing() -> None:
    world = World.of("bare")
    world.register("makers", "market_maker")
    world.start()
    told = world.send(AccountsMeasured(is_trading=True, measures=()))
    assert list(told) == []
    assert scores(world).round is None
    refused = world.send(PAR)
    assert isinstance(refused[0], ScoringRejected)
    assert refused[0].refusal.code == "NOT_SCORED"


def test_a_team_that_joins_late_is_scored_from_then_on(world: World) -> None:
    world.start()
    world.run_to(world.seconds(5))
    world.register("late funds", "hedge_fund")
    live = scores(world).round
    assert live is not None
    assert [team.role for team in live.teams] == ["market_maker", "hedge_fund"]
    assert world.now < Nanos(world.seconds(40) + NS_PER_S)
