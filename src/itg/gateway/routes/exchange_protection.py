"""What gets a team out: market-maker protection and the kill switch."""

from collections.abc import Sequence

from itg.game.contract import TEAM_NOT_FOUND, MoveKillSwitch, Scope
from itg.gateway.calls import Answer, Call, done, refused
from itg.gateway.decoding import field_fault
from itg.gateway.directory import reply_of
from itg.gateway.flood import Metered
from itg.gateway.gateway import Gateway, first_of
from itg.gateway.operations import Operation, Route, act, parameterless
from itg.gateway.problems import RefusedError, problem_of, problem_of_refusal
from itg.gateway.reading_back import read_back
from itg.kernel.ids import AccountId, OrderId, TeamId
from itg.kernel.messages import Command, Reply
from itg.kernel.words import CancelReason
from itg.positions.contract import (
    AccountOrderUpdated,
    AccountProtectionChanged,
    GetKillSwitches,
    GetQuoteProtection,
    KillSwitches,
    KillSwitchRejected,
    ProtectionState,
    ResetQuoteProtection,
    SetKillSwitch,
)
from itg.runtime.envelope import Record
from itg.translate.protection import protection_body, set_quote_protection
from itg.wire.v1.orders import (
    KillSwitchBody,
    KillSwitchRequest,
    ProtectionBody,
    ProtectionRequest,
)

REASON_CHARACTERS_MIN = 3


def _get_protection(gateway: Gateway, call: Call) -> None:
    query = GetQuoteProtection(account_id=call.account_id(), game_ns=gateway.pump.clock.game_ns())

    def compose(replies: Sequence[Reply]) -> Answer:
        return done(protection_body(reply_of(ProtectionState, replies).protection))

    gateway.read(call, (query,), compose)


def _set_protection(gateway: Gateway, call: Call, params: ProtectionRequest) -> None:
    _change_protection(gateway, call, set_quote_protection(call.account_id(), params))


def _reset_protection(gateway: Gateway, call: Call) -> None:
    _change_protection(gateway, call, ResetQuoteProtection(account_id=call.account_id()))


def _change_protection(gateway: Gateway, call: Call, command: Command) -> None:
    account_id = call.account_id()

    def compose(record: Record) -> Answer:
        told = [
            output.protection
            for output in record.outputs
            if isinstance(output, AccountProtectionChanged) and output.account_id == account_id
        ]
        return done(protection_body(told[-1]))

    gateway.trade(call, command, compose, Metered.FREE)


def _switch(gateway: Gateway, call: Call, params: KillSwitchRequest) -> None:
    caller = call.caller
    if Scope.ADMIN in caller.scopes:
        if params.is_active and len(params.reason) < REASON_CHARACTERS_MIN:
            raise field_fault("/reason", "say why, the audit keeps it: 3 to 200 characters")
        _switch_any(gateway, call, params)
        return
    caller.assert_scope(Scope.TRADE)
    account_id = call.account_id()
    if params.team_id not in {None, "me", caller.team_id}:
        raise RefusedError(problem_of(TEAM_NOT_FOUND, f"no team {params.team_id[:64]} of yours"))
    command = SetKillSwitch(account_id=account_id, is_active=params.is_active)
    _send_switch(gateway, call, command, account_id)


def _switch_any(gateway: Gateway, call: Call, params: KillSwitchRequest) -> None:
    team_id, account_id = params.team_id, None
    if team_id is not None:
        account_id = gateway.directory.account_of(TeamId(team_id))
        if account_id is None:
            raise RefusedError(problem_of(TEAM_NOT_FOUND, f"no team {team_id[:64]}"))
    command = MoveKillSwitch(
        account_id=account_id, is_active=params.is_active, reason=params.reason
    )
    _send_switch(gateway, call, command, account_id)


def _send_switch(
    gateway: Gateway,
    call: Call,
    command: SetKillSwitch | MoveKillSwitch,
    account_id: AccountId | None,
) -> None:
    order_ids: list[OrderId] = []

    def show(answer: Answer) -> None:
        if answer.problem is not None:
            call.reply(answer)
        else:
            read_back(gateway, call, (GetKillSwitches(),), answer_as_it_stands)

    def answer_as_it_stands(replies: Sequence[Reply]) -> Answer:
        is_active = _is_active(reply_of(KillSwitches, replies), account_id)
        team_id = None if account_id is None else gateway.directory.team_of[account_id]
        return done(KillSwitchBody(is_active=is_active, team_id=team_id, order_ids=[*order_ids]))

    def compose(record: Record) -> Answer:
        rejected = first_of(KillSwitchRejected, record.outputs)
        if rejected is not None:
            return refused(problem_of_refusal(rejected.refusal))
        order_ids.extend(_killed(record, account_id))
        return Answer(200)

    gateway.send(call.answered_by(show), command, compose, Metered.FREE)


def _is_active(switches: KillSwitches, account_id: AccountId | None) -> bool:
    return switches.is_active or account_id in switches.account_ids


def _killed(record: Record, account_id: AccountId | None) -> list[OrderId]:
    return [
        output.order.order_id
        for output in record.outputs
        if isinstance(output, AccountOrderUpdated)
        and output.cancel_reason is CancelReason.KILL_SWITCH
        and account_id in {None, output.account_id}
    ]


OPERATIONS: tuple[Operation, ...] = (
    parameterless(
        Route(
            name="quotes.protection",
            method="GET",
            path="/exchange/quotes/protection",
            summary="Read your market-maker protection and what its window holds.",
            result=ProtectionBody,
        ),
        _get_protection,
    ),
    act(
        Route(
            name="quote.protection_set",
            method="PUT",
            path="/exchange/quotes/protection",
            summary="Set your market-maker protection; never metered.",
            result=ProtectionBody,
            scope=Scope.TRADE,
            metered=Metered.FREE,
        ),
        ProtectionRequest,
        _set_protection,
    ),
    parameterless(
        Route(
            name="quote.protection_reset",
            method="POST",
            path="/exchange/quotes/protection/reset",
            summary="Quote again after your protection pulled your quotes; never metered.",
            result=ProtectionBody,
            scope=Scope.TRADE,
            metered=Metered.FREE,
        ),
        _reset_protection,
    ),
    act(
        Route(
            name="kill_switch.set",
            method="POST",
            path="/exchange/kill-switch",
            summary="Cancel everything and refuse what comes, or end that: your team with the "
            "scope trade, any or all teams with admin; never metered, in every phase.",
            result=KillSwitchBody,
            metered=Metered.FREE,
            on_socket=False,
        ),
        KillSwitchRequest,
        _switch,
    ),
)
