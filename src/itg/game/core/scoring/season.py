"""All rounds together: what they come to, the judged part, and the two joined."""

from collections.abc import Mapping, Sequence
from math import fsum, sqrt
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from itg.game.contract import FinalScore, RoundScore, ScoringRules, Team
from itg.game.core.scoring.points import NOTHING, ratio
from itg.kernel.ids import AccountId


class Judgement(Struct, frozen=True, gc=False):
    """What was entered of a team's judged part, points 1e-6."""

    research: int | None = None
    code: int | None = None
    team: int | None = None

    def points(self, rules: ScoringRules) -> int | None:
        """Return the judged part's points, None until all of it is entered."""
        if self.research is None or self.code is None or self.team is None:
            return None
        weights = (rules.research_weight, rules.code_weight, rules.team_weight)
        parts = (self.research, self.code, self.team)
        whole = sum(weight * part for weight, part in zip(weights, parts, strict=True))
        return ratio(whole, sum(weights))


class Season(NamedTuple):
    """What the rounds come to: mean of S, semideviation below 50, and the measured score."""

    mean: int
    semideviation: int
    measured: int


def season_of(rounds: Sequence[tuple[int, int]], rules: ScoringRules) -> Season | None:
    """Return what (round, S) pairs come to by the rounds' weights; None of none.

    Semideviation as Markowitz (1959) has it, about 50. Rounds weigh the same while none of them
    has a weight.
    """
    if not rounds:
        return None
    given = rules.round_weights_ppm
    weights = [given[n - 1] if n <= len(given) else 0 for n, _ in rounds]
    if not sum(weights):
        weights = [1] * len(rounds)
    whole = sum(weights)
    mean = ratio(sum(w * score for w, (_, score) in zip(weights, rounds, strict=True)), whole)
    squares = fsum(
        weight * float(min(score - NOTHING, 0)) ** 2
        for weight, (_, score) in zip(weights, rounds, strict=True)
    )
    below = round(sqrt(squares / whole))
    return Season(mean, below, mean - round(rules.numbers.semideviation_weight * below))


def final_scores(
    teams: Sequence[Team],
    rounds: Sequence[RoundScore],
    judged: Mapping[AccountId, Judgement],
    rules: ScoringRules,
) -> tuple[FinalScore, ...]:
    """Return every scored team over the rounds that ended, in rank order; ties share a rank."""
    finals = [
        _final(team, rounds, judged.get(team.account_id, Judgement()), rules) for team in teams
    ]
    finals.sort(key=_place, reverse=True)
    places = [_place(final) for final in finals]
    return tuple(
        replace(final, rank=1 + places.index(place))
        for final, place in zip(finals, places, strict=True)
    )


def _final(
    team: Team, rounds: Sequence[RoundScore], judgement: Judgement, rules: ScoringRules
) -> FinalScore:
    scores = tuple(
        (each.round_id, own.score)
        for each in rounds
        for own in each.teams
        if own.team_id == team.team_id and own.score is not None
    )
    season, judged = season_of(scores, rules), judgement.points(rules)
    measured = None if season is None else season.measured
    return FinalScore(
        team_id=team.team_id,
        account_id=team.account_id,
        rounds=scores,
        mean=None if season is None else season.mean,
        semideviation=None if season is None else season.semideviation,
        measured=measured,
        research=judgement.research,
        code=judgement.code,
        team=judgement.team,
        judged=judged,
        total=None if measured is None or judged is None else _joined(measured, judged, rules),
        rank=0,
    )


def _joined(measured: int, judged: int, rules: ScoringRules) -> int:
    played = rules.kpi_weight + rules.compliance_weight + rules.risk_weight
    entered = rules.research_weight + rules.code_weight + rules.team_weight
    return ratio(played * measured + entered * judged, played + entered)


def _place(final: FinalScore) -> tuple[bool, int, int]:
    total = final.measured if final.total is None else final.total
    # Who has a total stands before who has none: it could not be compared.
    return final.total is not None, -1 if total is None else total, final.measured or 0
