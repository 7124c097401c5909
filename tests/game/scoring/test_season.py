"""Pars, judgements, and what all rounds come to."""

from math import sqrt
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.game.scoring.recorded import (
    FUND,
    MAKER,
    START,
    TEAMS,
    a_second,
    classic,
    drawn,
    hear,
    scoring,
    told,
)

from itg.game.contract import (
    JudgementSet,
    ParSet,
    RolePar,
    RoundScore,
    ScoringRejected,
    SetJudgement,
    SetPar,
)
from itg.game.core.scoring.keeper import Scoring
from itg.game.core.scoring.season import season_of
from itg.kernel.ids import AccountId, Role
from itg.kernel.times import NS_PER_S, Nanos

PPM = 1_000_000
FUND_1 = AccountId("fund1")
points = st.integers(0, 100 * PPM)


def played(rounds: int) -> tuple[list[RoundScore], Scoring]:
    kept = scoring()
    scores = []
    for number in range(1, rounds + 1):
        if number > 1:
            kept.begin(number, START, TEAMS)
        for now, event in drawn(number, minutes=8).events:
            hear(kept, now, event)
        scores.append(told(kept))
    return scores, kept


@given(st.lists(points, min_size=1, max_size=16))
def test_without_weights_the_season_is_the_mean_less_a_quarter_of_the_semideviation(
    scores: list[int],
) -> None:
    season = season_of(list(enumerate(scores, start=1)), replace(classic(), round_weights_ppm=()))
    assert season is not None
    assert abs(season.mean - fmean(scores)) <= 0.5
    below = sqrt(fmean(min(score - 50 * PPM, 0) ** 2 for score in scores))
    assert abs(season.semideviation - below) <= 1
    assert abs(season.measured - (season.mean - 0.25 * season.semideviation)) <= 1


def test_a_round_without_weight_does_not_count_once_another_has_some() -> None:
    rules = replace(classic(), round_weights_ppm=(0, 250_000, 750_000))
    rounds = [(1, 90 * PPM), (2, 60 * PPM), (3, 80 * PPM)]
    first, season = season_of(rounds[:1], rules), season_of(rounds, rules)
    assert first is not None
    assert season is not None
    assert (first.mean, season.mean) == (90 * PPM, 75 * PPM)


def test_no_round_is_no_season() -> None:
    assert season_of([], classic()) is None


def test_measured_and_judged_part_are_joined_at_70_to_30() -> None:
    kept = scoring()
    for now, event in drawn(1, minutes=8).events:
        hear(kept, now, event)
    told(kept)
    ask = SetJudgement(account_id=FUND_1, research=80 * PPM, code=60 * PPM)
    assert kept.judge(ask, TEAMS) == JudgementSet(
        account_id=FUND_1, research=80 * PPM, code=60 * PPM, team=None
    )
    before = next(f for f in kept.scores(None, TEAMS).final if f.account_id == FUND_1)
    assert (before.judged, before.total) == (None, None)
    kept.judge(SetJudgement(account_id=FUND_1, team=90 * PPM), TEAMS)
    after = next(f for f in kept.scores(None, TEAMS).final if f.account_id == FUND_1)
    assert after.judged == 75 * PPM  # (15 × 80 + 10 × 60 + 5 × 90) / 30
    assert after.measured is not None
    assert after.total is not None
    assert abs(after.total - (0.7 * after.measured + 0.3 * 75 * PPM)) <= 1
    assert after.rank == 1  # the others have no total yet


def test_finals_stand_in_rank_order() -> None:
    _, kept = played(3)
    finals = kept.scores(None, TEAMS).final
    assert [final.rank for final in finals] == sorted(final.rank for final in finals)
    assert {final.account_id for final in finals} == {team.account_id for team in TEAMS}
    assert all(len(final.rounds) == 3 for final in finals)


def test_each_round_is_scored_from_its_own_ledger() -> None:
    scores, _ = played(2)
    alone = scoring()
    for now, event in drawn(2, minutes=8).events:
        hear(alone, now, event)
    wanted = told(alone)
    assert scores[1].teams == wanted.teams


def par(role: Role, spread: int = PPM) -> RolePar:
    return RolePar(role=role, par=50 * PPM, spread=spread, sessions=8)


def test_pars_replace_those_of_the_same_role_and_leave_the_others() -> None:
    kept = scoring()
    told_of = kept.set_par(SetPar(pars=(par(FUND, 3 * PPM),), origin="abc"))
    assert isinstance(told_of, ParSet)
    spreads = {each.role: each.spread for each in told_of.pars}
    assert spreads[FUND] == 3 * PPM
    assert spreads[MAKER] == 8 * PPM


@pytest.mark.parametrize("pars", [(par(FUND, 0),), (par(FUND), par(FUND)), (par(Role("retail")),)])
def test_a_par_that_cannot_be_is_refused_and_nothing_changes(pars: tuple[RolePar, ...]) -> None:
    kept = scoring()
    before = kept.rules
    answer = kept.set_par(SetPar(pars=pars, origin="abc"))
    assert isinstance(answer, ScoringRejected)
    assert answer.refusal.code == "INVALID_PAR"
    assert kept.rules == before


def test_pars_are_frozen_once_a_round_is_scored() -> None:
    kept = scoring()
    hear(kept, *a_second())
    told(kept)
    answer = kept.set_par(SetPar(pars=(par(FUND),), origin="abc"))
    assert isinstance(answer, ScoringRejected)
    assert answer.refusal.code == "PAR_FROZEN"


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (SetJudgement(account_id=AccountId("nobody"), code=1), "TEAM_NOT_FOUND"),
        (SetJudgement(account_id=FUND_1, code=100 * PPM + 1), "INVALID_JUDGEMENT"),
        (SetJudgement(account_id=FUND_1, team=-1), "INVALID_JUDGEMENT"),
    ],
)
def test_a_judgement_that_cannot_be_is_refused(ask: SetJudgement, code: str) -> None:
    kept = scoring()
    answer = kept.judge(ask, TEAMS)
    assert isinstance(answer, ScoringRejected)
    assert answer.refusal.code == code
    assert kept.judged == {}


def test_scores_are_live_while_the_round_runs() -> None:
    kept = scoring()
    seen = []
    for now, event in drawn(1, minutes=8).events:
        hear(kept, now, event)
        if now % (120 * NS_PER_S) == 0:
            live = kept.scores(None, TEAMS).round
            assert live is not None
            assert not live.is_final
            assert live.scored_ns <= now
            seen.append(live.teams)
    assert seen[-1] != seen[0]
    final = kept.scores(None, TEAMS).round
    assert final is not None
    assert final.teams == told(kept).teams
    assert Nanos(0) < final.scored_ns
