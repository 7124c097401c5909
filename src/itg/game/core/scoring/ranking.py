"""From what was measured in a round to what counts of it, and who comes first."""

from collections.abc import Sequence
from typing import assert_never

from msgspec.structs import replace

from itg.game.contract import Ranking, RolePar, ScoringRules, TeamScore
from itg.game.core.scoring.books import PPM
from itg.game.core.scoring.ledger import scoring_of
from itg.game.core.scoring.points import HUNDRED, NOTHING, ratio


def ranked(teams: Sequence[TeamScore], rules: ScoringRules) -> tuple[TeamScore, ...]:
    """Return teams with what counts of what they measured, and their ranks; ties share one."""
    scored = [replace(team, score=_score(team, teams, rules)) for team in teams]
    keys = [_place(team) for team in scored]
    return tuple(
        replace(team, rank=1 + sum(other > key for other in keys))
        for team, key in zip(scored, keys, strict=True)
    )


def par_of(rules: ScoringRules, team: TeamScore) -> RolePar | None:
    """Return the par of a team's role, None before there is one."""
    return next((par for par in rules.pars if par.role == team.role), None)


def _score(team: TeamScore, teams: Sequence[TeamScore], rules: ScoringRules) -> int | None:
    if team.is_zeroed:
        return 0
    match rules.ranking:
        case Ranking.PAR:
            return _against_par(team, rules)
        case Ranking.RANK:
            return round(HUNDRED * _beaten(team, teams))
        case Ranking.RANK_SQUARED:
            return round(HUNDRED * _beaten(team, teams) ** 2)
        case Ranking.PNL:
            return _against_cash(team, rules)
        case _:
            assert_never(rules.ranking)


def _against_par(team: TeamScore, rules: ScoringRules) -> int | None:
    if team.par is None or team.spread is None:
        return None
    most = round(rules.numbers.spreads_max * rules.numbers.points_per_spread * PPM)
    each = round(rules.numbers.points_per_spread * PPM)
    apart = ratio(each * (team.measured - team.par), team.spread)
    return NOTHING + max(-most, min(apart, most))


def _against_cash(team: TeamScore, rules: ScoringRules) -> int:
    of_role = scoring_of(rules, team.role)
    if of_role is None or of_role.starting_cash <= 0:
        return NOTHING
    made = ratio(1_000 * PPM * team.unscored.pnl, of_role.starting_cash)
    return max(0, min(NOTHING + made, HUNDRED))


def _beaten(team: TeamScore, teams: Sequence[TeamScore]) -> float:
    rivals = [one for one in teams if one.role == team.role and one.team_id != team.team_id]
    if not rivals:
        return 0.5
    below = sum(_strength(one) < _strength(team) for one in rivals)
    level = sum(_strength(one) == _strength(team) for one in rivals)
    return (below + 0.5 * level) / len(rivals)


def _strength(team: TeamScore) -> int:
    return -1 if team.is_zeroed else team.measured


def _place(team: TeamScore) -> tuple[int, int]:
    return (-1 if team.score is None else team.score, team.measured)
