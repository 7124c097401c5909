"""Surveillance's cases for the organizer."""

from msgspec import convert

from itg.game.contract import Scope
from itg.gateway.calls import Call, done
from itg.gateway.cursors import page_of
from itg.gateway.gateway import Gateway
from itg.gateway.operations import Operation, Route, read
from itg.gateway.problems import RefusedError, problem_of
from itg.gateway.reasons import CASE_NOT_FOUND
from itg.wire.v1.surveillance import (
    CaseBody,
    CasePage,
    CaseParams,
    CaseSummaryBody,
    SurveillanceParams,
)


def _list_cases(gateway: Gateway, call: Call, params: SurveillanceParams) -> None:
    watch = gateway.surveillance
    wanted = [
        case
        for case in watch.cases()
        if params.kind in {None, case.kind}
        and (params.team_id is None or params.team_id in case.team_ids)
    ]
    rows, next_cursor = page_of(wanted, params.cursor, params.limit)
    call.reply(
        done(
            CasePage(
                items=[convert(row, CaseSummaryBody, from_attributes=True) for row in rows],
                as_of_seq=watch.as_of_seq,
                fault=watch.fault,
                next_cursor=next_cursor,
            )
        )
    )


def _get_case(gateway: Gateway, call: Call, params: CaseParams) -> None:
    for case in gateway.surveillance.cases():
        if case.case_id == params.case_id:
            call.reply(done(case))
            return
    detail = f"no case {params.case_id[:64]} on this trading day"
    raise RefusedError(problem_of(CASE_NOT_FOUND, detail))


OPERATIONS: tuple[Operation, ...] = (
    read(
        Route(
            name="admin.surveillance",
            method="GET",
            path="/admin/surveillance",
            summary="List what surveillance suspects on this trading day.",
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
