"""Positions, risk limits and the advisory check of an order."""

from collections.abc import Sequence

from itg.game.contract import TEAM_NOT_FOUND, Scope
from itg.gateway.calls import Answer, Call, done
from itg.gateway.decoding import field_fault
from itg.gateway.directory import reply_of
from itg.gateway.gateway import Gateway
from itg.gateway.operations import Operation, Route, act, read
from itg.gateway.problems import RefusedError, problem_of
from itg.kernel.ids import AccountId, TeamId
from itg.kernel.messages import Reply
from itg.kernel.times import NS_PER_MINUTE
from itg.positions.contract import (
    Coverage,
    GetCoverage,
    GetLimits,
    GetMarkouts,
    GetPositions,
    Limits,
    Markouts,
    PnlHistory,
    Positions,
    ValidateOrder,
    Verdict,
)
from itg.translate.account import positions_body, risk_limits_body, validate_body
from itg.translate.measures import get_pnl, markouts_body, pnl_body
from itg.translate.orders import reserve_order
from itg.wire.v1.account import PositionsBody, RiskLimitsBody
from itg.wire.v1.measures import MarkoutsBody, PnlBody, PnlParams
from itg.wire.v1.orders import PlaceOrderRequest, ValidateBody
from itg.wire.v1.reads import TeamParams


def _get_positions(gateway: Gateway, call: Call, params: TeamParams) -> None:
    team_id, account_id = _own_account(gateway, call, params.team_id)

    def compose(replies: Sequence[Reply]) -> Answer:
        return done(positions_body(team_id, reply_of(Positions, replies)))

    gateway.read(call, (GetPositions(account_id=account_id),), compose)


def _get_risk_limits(gateway: Gateway, call: Call, params: TeamParams) -> None:
    team_id, account_id = _own_account(gateway, call, params.team_id)

    def compose(replies: Sequence[Reply]) -> Answer:
        coverage = reply_of(Coverage, replies)
        return done(risk_limits_body(team_id, reply_of(Limits, replies), coverage))

    queries = GetLimits(account_id=account_id), GetCoverage(account_id=account_id)
    gateway.read(call, queries, compose)


def _get_pnl(gateway: Gateway, call: Call, params: PnlParams) -> None:
    team_id, account_id = _own_account(gateway, call, params.team_id)
    query = get_pnl(account_id, params)
    if query.step_ns % NS_PER_MINUTE:
        raise field_fault("/step", "is whole minutes: `60s`, `5m`, `1h`; P&L is kept by the minute")

    def compose(replies: Sequence[Reply]) -> Answer:
        return done(pnl_body(team_id, query.step_ns, reply_of(PnlHistory, replies)))

    gateway.read(call, (query,), compose)


def _get_markouts(gateway: Gateway, call: Call, params: TeamParams) -> None:
    team_id, account_id = _own_account(gateway, call, params.team_id)

    def compose(replies: Sequence[Reply]) -> Answer:
        return done(markouts_body(team_id, reply_of(Markouts, replies)))

    gateway.read(call, (GetMarkouts(account_id=account_id),), compose)


def _validate(gateway: Gateway, call: Call, params: PlaceOrderRequest) -> None:
    order = reserve_order(call.account_id(), params)
    query = ValidateOrder(order=order, game_ns=gateway.pump.clock.game_ns())

    def compose(replies: Sequence[Reply]) -> Answer:
        return done(validate_body(reply_of(Verdict, replies)))

    gateway.read(call, (query,), compose)


def _own_account(gateway: Gateway, call: Call, team: str) -> tuple[TeamId, AccountId]:
    caller = call.caller
    team_id = caller.team_id if team == "me" else TeamId(team)
    if team == "me":
        call.account_id()
    account_id = None if team_id is None else gateway.directory.account_of(team_id)
    # Another team's account is told from one that does not exist by the organizer only.
    is_allowed = team_id == caller.team_id or Scope.ADMIN in caller.scopes
    if team_id is None or account_id is None or not is_allowed:
        raise RefusedError(problem_of(TEAM_NOT_FOUND, f"no team {team[:64]} of yours"))
    return team_id, account_id


OPERATIONS: tuple[Operation, ...] = (
    read(
        Route(
            name="positions.get",
            method="GET",
            path="/positions/{team_id}",
            summary="Read a team's positions, cash and fees; `me` is the caller's.",
            result=PositionsBody,
        ),
        TeamParams,
        _get_positions,
    ),
    read(
        Route(
            name="positions.limits",
            method="GET",
            path="/positions/{team_id}/limits",
            summary="Read a team's risk limits and how it meets its obligations.",
            result=RiskLimitsBody,
        ),
        TeamParams,
        _get_risk_limits,
    ),
    read(
        Route(
            name="positions.pnl",
            method="GET",
            path="/positions/{team_id}/pnl",
            summary="Read a team's P&L by interval and by instrument, taken apart.",
            result=PnlBody,
        ),
        PnlParams,
        _get_pnl,
    ),
    read(
        Route(
            name="positions.markouts",
            method="GET",
            path="/positions/{team_id}/markouts",
            summary="Read what a team's trades of the day were worth 1, 5, 30 and 60 s later.",
            result=MarkoutsBody,
        ),
        TeamParams,
        _get_markouts,
    ),
    act(
        Route(
            name="positions.validate",
            method="POST",
            path="/positions/validate",
            summary="Ask what an order would meet now; advisory, nothing is reserved.",
            result=ValidateBody,
        ),
        PlaceOrderRequest,
        _validate,
    ),
)
