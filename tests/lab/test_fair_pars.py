"""Reference bots of every role score what the committed par says, on other seeds than its own."""

import os
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import fmean

import pytest

from itg import scenario
from itg.compose.par import SeatTerms, measured_of, play_session
from itg.game.contract import RolePar, ScoringRules

# A session's mean of a role deviates by 18 points: ± 5 is 2.2 standard errors of 64 sessions. They
# are the same ones until something behaves otherwise, see `session_of`.
SCENARIO, SESSIONS, FIRST_SEED = "liquid", 64, 10_001
BOUND = 5.0


def score(terms: SeatTerms, rules: ScoringRules) -> float:
    """Return S of a seat by the committed par and references."""
    of_role = next(each for each in rules.roles if each.role == terms.role)
    par = par_of(rules, terms.role)
    references = of_role.drawdown_reference, of_role.deviation_reference
    apart = (measured_of(terms, references, rules) - par.par) / par.spread
    return 50.0 + 20.0 * max(-2.5, min(apart, 2.5))


def par_of(rules: ScoringRules, role: str) -> RolePar:
    return next(par for par in rules.pars if par.role == role)


@pytest.mark.gate
@pytest.mark.timeout(2_400)
def test_every_role_scores_its_committed_par_on_other_seeds() -> None:
    rules = scenario.load(SCENARIO, seed=0, lock_step=True, is_fast=True).rules.scoring
    assert rules is not None
    seeds = range(FIRST_SEED, FIRST_SEED + SESSIONS)
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        games = list(pool.map(play_session, [SCENARIO] * SESSIONS, seeds))
    for of_role in rules.roles:
        mean = fmean(
            score(one, rules) for game in games for one in game if one.role == of_role.role
        )
        assert abs(mean - 50.0) <= BOUND, f"{of_role.role}: {mean:.1f}, allowed ±{BOUND}"
