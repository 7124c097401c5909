"""Surveillance's cases for the organizer."""

from collections.abc import Callable, Sequence

from msgspec import convert

from itg.game.contract import (
    ROUND_NOT_FOUND,
    ROUND_WRONG_STATUS,
    GetRounds,
    Round,
    Rounds,
    RoundStatus,
    Scope,
)
from itg.gateway.calls import Answer, Call, done, refused
from itg.gateway.cursors import page_of
from itg.gateway.directory import reply_of
from itg.gateway.gateway import Gateway
from itg.gateway.operations import Operation, Route, read
from itg.gateway.problems import RefusedError, problem_of
from itg.gateway.reasons import CASE_NOT_FOUND
from itg.gateway.round_files import RoundFiles
from itg.gateway.surveillance import DayCases
from itg.kernel.messages import Reply
from itg.wire.v1.surveillance import (
    CaseBody,
    CasePage,
    CaseParams,
    CaseSummaryBody,
    SurveillanceParams,
)

Compose = Callable[[DayCases], Answer]


def _list_cases(gateway: Gateway, call: Call, params: SurveillanceParams) -> None:
    def compose(day: DayCases) -> Answer:
        wanted = [
            case
            for case in day.cases
            if params.kind in {None, case.kind}
            and (params.team_id is None or params.team_id in case.team_ids)
        ]
        rows, next_cursor = page_of(wanted, params.cursor, params.limit)
        return done(
            CasePage(
                items=[convert(row, CaseSummaryBody, from_attributes=True) for row in rows],
                as_of_seq=day.as_of_seq,
                fault=day.fault,
                next_cursor=next_cursor,
            )
        )

    _of_round(gateway, call, params.round_id, compose)


def _get_case(gateway: Gateway, call: Call, params: CaseParams) -> None:
    def compose(day: DayCases) -> Answer:
        for case in day.cases:
            if case.case_id == params.case_id:
                return done(case)
        detail = f"no case {params.case_id[:64]} on this trading day"
        raise RefusedError(problem_of(CASE_NOT_FOUND, detail))

    _of_round(gateway, call, params.round_id, compose)


def _of_round(gateway: Gateway, call: Call, round_id: int | None, compose: Compose) -> None:
    # The day that is watched is answered at once, another one from the journal, on a thread.
    watch = gateway.surveillance
    if round_id is None:
        call.reply(compose(watch.day()))
        return

    def look(replies: Sequence[Reply]) -> Answer:
        try:
            _assert_begun(round_id, reply_of(Rounds, replies).rounds)
            return compose(watch.day()) if watch.round_id == round_id else _TO_READ
        except RefusedError as error:
            return refused(error.problem)

    def make(_: RoundFiles) -> Answer:
        return compose(watch.day_of_round(round_id))

    def reply(answer: Answer) -> None:
        if answer is _TO_READ:
            gateway.round_files.run(call, object(), make)
        else:
            call.reply(answer)

    gateway.read(call.answered_by(reply), (GetRounds(),), look)


_TO_READ = Answer(202)


def _assert_begun(round_id: int, rounds: Sequence[Round]) -> None:
    for one in rounds:
        if one.round_id == round_id:
            if one.status is not RoundStatus.SCHEDULED:
                return
            detail = f"round {round_id} has not begun: nothing was watched in it"
            raise RefusedError(problem_of(ROUND_WRONG_STATUS, detail))
    detail = f"no round {round_id}; this game has 1 to {len(rounds)}"
    raise RefusedError(problem_of(ROUND_NOT_FOUND, detail))


OPERATIONS: tuple[Operation, ...] = (
    read(
        Route(
            name="admin.surveillance",
            method="GET",
            path="/admin/surveillance",
            summary="List what surveillance suspects on this trading day, or in another round.",
            result=CasePage,
            scope=Scope.ADMIN,
            on_socket=False,
        ),
        SurveillanceParams,
        _list_cases,
    ),
    read(
        Route(
            name="admin.surveillance_case",
            method="GET",
            path="/admin/surveillance/{case_id}",
            summary="Read one case with its evidence.",
            result=CaseBody,
            scope=Scope.ADMIN,
            on_socket=False,
        ),
        CaseParams,
        _get_case,
    ),
)
