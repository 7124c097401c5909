"""Scores: every team's total to everybody, terms to the team itself and to the organizer."""

from collections.abc import Callable, Sequence
from hashlib import sha256

from msgspec.structs import replace

from itg.game.contract import (
    NOT_SCORED,
    ROUND_NOT_FOUND,
    TEAM_NOT_FOUND,
    GetScores,
    JudgementSet,
    ParSet,
    Scope,
    Scores,
    ScoringRejected,
    SetJudgement,
    SetPar,
)
from itg.gateway.calls import Answer, Call, done, encode, refused
from itg.gateway.directory import reply_of
from itg.gateway.flood import Metered
from itg.gateway.gateway import Gateway, first_of
from itg.gateway.operations import Operation, Route, act, act_on, read
from itg.gateway.problems import RefusedError, problem_of, problem_of_refusal
from itg.gateway.routes.exchange_market import tagged
from itg.gateway.score_channels import may_see
from itg.kernel.ids import TeamId
from itg.kernel.messages import Reply
from itg.runtime.envelope import Record
from itg.translate.scores import (
    judged_body,
    optional_points_in,
    par_in,
    pars_body,
    scores_body,
    team_score_body,
)
from itg.wire.v1.orders import Body
from itg.wire.v1.scores import (
    JudgedBody,
    JudgementParams,
    JudgementRequest,
    ParRequest,
    ParsBody,
    ScoresBody,
    ScoresParams,
    TeamScoreBody,
    TeamScoreParams,
)


def _read(
    gateway: Gateway, call: Call, round_id: int | None, compose: Callable[[Scores, bool], Answer]
) -> None:
    """Answer from the game's scores, or, while it does not answer, from those it told last."""

    def take(replies: Sequence[Reply]) -> Answer:
        scores = reply_of(Scores, replies)
        gateway.last_known.note_scores(round_id, scores)
        return compose(scores, False)  # noqa: FBT003 - they are not stale

    known = gateway.last_known.scores(round_id)
    if known is None:
        gateway.read(call, (GetScores(round_id=round_id),), take)
    else:
        call.reply(gateway.as_of(call, compose(known, True)))  # noqa: FBT003 - they are


def _list_scores(gateway: Gateway, call: Call, params: ScoresParams) -> None:
    def compose(scores: Scores, is_stale: bool) -> Answer:  # noqa: FBT001 - see `_read`
        if params.round_id is not None and scores.round is None:
            return refused(problem_of(ROUND_NOT_FOUND, f"round {params.round_id} has no scores"))
        body = scores_body(scores, may_see(call.caller))
        return _tagged(call, replace(body, is_stale=is_stale))

    _read(gateway, call, params.round_id, compose)


def _get_score(gateway: Gateway, call: Call, params: TeamScoreParams) -> None:
    wanted = call.caller.team_id if params.team_id == "me" else params.team_id

    def compose(scores: Scores, is_stale: bool) -> Answer:  # noqa: FBT001 - see `_read`
        if not scores.rules.roles:
            return refused(problem_of(NOT_SCORED))
        if scores.round is None:
            return refused(problem_of(ROUND_NOT_FOUND, "no such round has scores"))
        for team in scores.round.teams:
            if team.team_id == wanted:
                body = team_score_body(team, may_see(call.caller))
                return _tagged(call, replace(body, is_stale=is_stale))
        return refused(problem_of(TEAM_NOT_FOUND))

    _read(gateway, call, params.round_id, compose)


def _tagged(call: Call, body: Body) -> Answer:
    # Any term may have moved, and an organizer sees others than a team: the body tells.
    return tagged(call, done(body), sha256(encode(body)).hexdigest()[:32])


def _judge(gateway: Gateway, call: Call, params: JudgementParams) -> None:
    team_id = TeamId(params.team_id)
    account_id = gateway.directory.account_of(team_id)
    if account_id is None:
        raise RefusedError(problem_of(TEAM_NOT_FOUND))
    command = SetJudgement(
        account_id=account_id,
        research=optional_points_in(params.research),
        code=optional_points_in(params.code),
        team=optional_points_in(params.team),
        reason=params.reason,
    )

    def compose(record: Record) -> Answer:
        rejected = first_of(ScoringRejected, record.outputs)
        if rejected is not None:
            return refused(problem_of_refusal(rejected.refusal))
        judged = first_of(JudgementSet, record.outputs)
        assert judged is not None, "every judgement is answered"
        return done(judged_body(judged, team_id))

    gateway.send(call, command, compose)


def _set_par(gateway: Gateway, call: Call, params: ParRequest) -> None:
    command = SetPar(
        pars=tuple(par_in(item) for item in params.pars),
        origin=params.origin,
        reason=params.reason,
    )

    def compose(record: Record) -> Answer:
        rejected = first_of(ScoringRejected, record.outputs)
        if rejected is not None:
            return refused(problem_of_refusal(rejected.refusal))
        told = first_of(ParSet, record.outputs)
        assert told is not None, "every par is answered"
        return done(pars_body(told))

    gateway.send(call, command, compose)


OPERATIONS: tuple[Operation, ...] = (
    read(
        Route(
            name="scores.list",
            method="GET",
            path="/game/scores",
            summary="List a round's scores, live while it runs; answers 304 to a known ETag.",
            result=ScoresBody,
            has_etag=True,
        ),
        ScoresParams,
        _list_scores,
    ),
    read(
        Route(
            name="scores.get",
            method="GET",
            path="/game/scores/{team_id}",
            summary="Read one team's score, your own with every term; 304 to a known ETag.",
            result=TeamScoreBody,
            has_etag=True,
        ),
        TeamScoreParams,
        _get_score,
    ),
    act_on(
        Route(
            name="admin.judge",
            method="PUT",
            path="/admin/judgements/{team_id}",
            summary="Enter points of a team's judged part.",
            result=JudgedBody,
            scope=Scope.ADMIN,
            metered=Metered.FREE,
            on_socket=False,
        ),
        JudgementParams,
        JudgementRequest,
        _judge,
    ),
    act(
        Route(
            name="admin.par",
            method="POST",
            path="/admin/par",
            summary="Set what scores are measured against, before the first round is scored.",
            result=ParsBody,
            scope=Scope.ADMIN,
            metered=Metered.FREE,
            on_socket=False,
        ),
        ParRequest,
        _set_par,
    ),
)
