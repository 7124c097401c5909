"""Scores as their readers may see them: totals of all, terms of one's own."""

from collections.abc import Callable, Iterable

from itg.game.contract import (
    FinalScore,
    JudgementSet,
    ParSet,
    RolePar,
    RoundScore,
    ScoreComponent,
    Scores,
    TeamScore,
)
from itg.kernel.ids import AccountId, Role, TeamId
from itg.kernel.times import to_micros
from itg.translate.numbers import optional_usd, usd
from itg.wire.v1.scores import (
    FinalScoreBody,
    JudgedBody,
    ParBody,
    ParItem,
    ParsBody,
    RoundPointsBody,
    ScoreComponentBody,
    ScoresBody,
    ScoreSourceBody,
    ScoresPush,
    ScoreTermsBody,
    TeamScoreBody,
    UnscoredBody,
)

PPM = 1_000_000
# Whether a reader may see the terms of an account.
MaySee = Callable[[AccountId], bool]


def scores_body(scores: Scores, may_see: MaySee) -> ScoresBody:
    """Return a round's scores and the season's."""
    final = [final_body(one, may_see) for one in scores.final]
    if scores.round is None:
        version = scores.rules.formula_version
        return ScoresBody(
            round_id=None,
            formula_version=version,
            is_final=False,
            scored_us=None,
            items=[],
            final=final,
            pars=par_bodies(scores.rules.pars),
        )
    push = scores_push(scores.round, may_see)
    return ScoresBody(
        round_id=push.round_id,
        formula_version=push.formula_version,
        is_final=push.is_final,
        scored_us=push.scored_us,
        items=push.items,
        final=final,
        pars=par_bodies(scores.rules.pars),
    )


def scores_push(scores: RoundScore | None, may_see: MaySee) -> ScoresPush:
    """Return a round's scores as data of a push; nothing of none."""
    if scores is None:
        return ScoresPush(
            round_id=None, formula_version=1, is_final=False, scored_us=None, items=[]
        )
    return ScoresPush(
        round_id=scores.round_id,
        formula_version=scores.formula_version,
        is_final=scores.is_final,
        scored_us=to_micros(scores.scored_ns),
        items=[team_score_body(team, may_see) for team in scores.teams],
    )


def team_score_body(team: TeamScore, may_see: MaySee) -> TeamScoreBody:
    """Return one team's score, with its terms where the reader may see them."""
    return TeamScoreBody(
        team_id=team.team_id,
        role=team.role,
        rank=team.rank,
        score=_points(team.score),
        is_zeroed=team.is_zeroed,
        terms=_terms(team) if may_see(team.account_id) else None,
    )


def final_body(final: FinalScore, may_see: MaySee) -> FinalScoreBody:
    """Return one team over all rounds."""
    judgement = JudgedBody(
        team_id=final.team_id,
        research=_points(final.research),
        code=_points(final.code),
        team=_points(final.team),
    )
    return FinalScoreBody(
        team_id=final.team_id,
        rank=final.rank,
        rounds=[RoundPointsBody(round_id=n, score=score / PPM) for n, score in final.rounds],
        mean=_points(final.mean),
        semideviation=_points(final.semideviation),
        measured=_points(final.measured),
        judged=_points(final.judged),
        total=_points(final.total),
        judgement=judgement if may_see(final.account_id) else None,
    )


def judged_body(judged: JudgementSet, team_id: TeamId) -> JudgedBody:
    """Return what is judged of a team now."""
    return JudgedBody(
        team_id=team_id,
        research=_points(judged.research),
        code=_points(judged.code),
        team=_points(judged.team),
    )


def pars_body(told: ParSet) -> ParsBody:
    """Return the pars that count from now on."""
    return ParsBody(origin=told.origin, items=par_bodies(told.pars))


def par_bodies(pars: Iterable[RolePar]) -> list[ParBody]:
    """Return pars in points."""
    return [
        ParBody(role=par.role, par=par.par / PPM, spread=par.spread / PPM, sessions=par.sessions)
        for par in pars
    ]


def par_in(item: ParItem) -> RolePar:
    """Return a par as the game keeps it."""
    return RolePar(
        role=Role(item.role),
        par=points_in(item.par),
        spread=points_in(item.spread),
        sessions=item.sessions,
    )


def points_in(points: float) -> int:
    """Return points of the wire in 1e-6."""
    return round(points * PPM)


def optional_points_in(points: float | None) -> int | None:
    """Return `points_in` of points that are there."""
    return None if points is None else points_in(points)


def _terms(team: TeamScore) -> ScoreTermsBody:
    beside = team.unscored
    return ScoreTermsBody(
        components=[_component(component) for component in team.components],
        kpi=team.kpi / PPM,
        compliance=team.compliance / PPM,
        risk=team.risk / PPM,
        activity=team.activity / PPM,
        measured=team.measured / PPM,
        par=_points(team.par),
        spread=_points(team.spread),
        unscored=UnscoredBody(
            pnl=usd(beside.pnl),
            fees=usd(beside.fees),
            contracts=beside.contracts,
            sharpe=_points(beside.sharpe),
            information_ratio=_points(beside.information_ratio),
            value_at_risk=optional_usd(beside.value_at_risk),
            drawdown=usd(beside.drawdown),
        ),
    )


def _component(component: ScoreComponent) -> ScoreComponentBody:
    return ScoreComponentBody(
        name=component.name,
        group=component.group.value,
        weight=component.weight_ppm / PPM,
        measured=_points(component.measured),
        zero=component.zero / PPM,
        half=component.half / PPM,
        full=component.full / PPM,
        points=component.points / PPM,
        sources=[
            ScoreSourceBody(
                kind=source.kind,
                source_id=source.source_id,
                game_us=to_micros(source.at_ns),
                value=source.value / PPM,
            )
            for source in component.sources
        ],
    )


def _points(value: int | None) -> float | None:
    return None if value is None else value / PPM
