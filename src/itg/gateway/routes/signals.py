"""The signals of the caller's role; those without a role name one."""

from collections.abc import Sequence

from itg.game.contract import UNKNOWN_ROLE, Scope
from itg.gateway.calls import Answer, Call, Caller, done
from itg.gateway.cursors import cursor_of, place_of
from itg.gateway.decoding import field_fault
from itg.gateway.gateway import Gateway
from itg.gateway.operations import Operation, Route, read
from itg.gateway.problems import RefusedError, problem_of
from itg.gateway.reasons import SCOPE_MISSING
from itg.kernel.ids import Role
from itg.kernel.messages import Reply
from itg.signals.contract import GetSignals, SignalHistory, SignalItem
from itg.translate.signals import signal_body
from itg.wire.v1.signals import SignalPage, SignalsParams


def _list_signals(gateway: Gateway, call: Call, params: SignalsParams) -> None:
    role = role_in(gateway, call.caller, params.role)
    since = place_of(params.cursor).get("seq", params.since_seq or 0)
    query = GetSignals(role=role, after_seq=max(since, 0), count=params.limit)

    def compose(replies: Sequence[Reply]) -> Answer:
        told = [item for r in replies if isinstance(r, SignalHistory) for item in r.items]
        items = readable(gateway, call.caller, told)
        # What may not be read yet ends the list: nothing after it may be read either.
        is_full = len(items) == params.limit
        return done(
            SignalPage(
                items=[signal_body(item) for item in items],
                next_cursor=cursor_of({"seq": items[-1].signal.signal_seq}) if is_full else None,
            )
        )

    gateway.read(call, (query,) if gateway.directory.game.rules.has_signals else (), compose)


def role_in(gateway: Gateway, caller: Caller, named: str | None) -> Role:
    """Return whose signals a caller reads: its own role's, or without one the role it names."""
    if caller.role is not None:
        if named not in {None, caller.role}:
            detail = f"a team reads the signals of its own role, {caller.role}"
            raise RefusedError(problem_of(SCOPE_MISSING, detail))
        return caller.role
    caller.assert_scope(Scope.RESEARCH)
    known = gateway.directory.roles
    if named is None:
        raise field_fault("/role", f"name a role: {', '.join(known)}")
    if named not in known:
        detail = f"no role {named[:64]}; there are {', '.join(known)}"
        raise RefusedError(problem_of(UNKNOWN_ROLE, detail))
    return Role(named)


def readable(gateway: Gateway, caller: Caller, items: Sequence[SignalItem]) -> list[SignalItem]:
    """Return what a caller may know now: research learns of a round once it is over."""
    start_ns = gateway.directory.round_start_ns
    if start_ns is None or caller.role is not None or Scope.ADMIN in caller.scopes:
        return list(items)
    return [item for item in items if item.signaled_ns < start_ns]


OPERATIONS: tuple[Operation, ...] = (
    read(
        Route(
            name="signals.list",
            method="GET",
            path="/signals",
            summary="List the signals of your role, oldest first; none for a role without signals.",
            result=SignalPage,
        ),
        SignalsParams,
        _list_signals,
    ),
)
