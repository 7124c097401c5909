"""The dead-man timer."""

from itg.game.contract import Scope
from itg.gateway.calls import Call, done
from itg.gateway.flood import Metered
from itg.gateway.gateway import Gateway
from itg.gateway.operations import Operation, Route, act, parameterless
from itg.gateway.problems import RefusedError, problem_of
from itg.gateway.reasons import LOCK_STEP
from itg.kernel.ids import AccountId
from itg.wire.v1.socket import DeadmanBody, DeadmanParams

_PATH = "/exchange/deadman"


def _set_deadman(gateway: Gateway, call: Call, params: DeadmanParams) -> None:
    account_id = _account(gateway, call)
    call.reply(done(gateway.deadman.arm(account_id, params.timeout_ms)))


def _get_deadman(gateway: Gateway, call: Call) -> None:
    state = gateway.deadman.state_of(call.account_id())
    call.reply(gateway.as_of(call, done(state)))


def _clear_deadman(gateway: Gateway, call: Call) -> None:
    gateway.deadman.disarm(call.account_id())
    call.reply(done(DeadmanBody()))


def _account(gateway: Gateway, call: Call) -> AccountId:
    if gateway.lock_step is not None:
        raise RefusedError(problem_of(LOCK_STEP, "lock step has no wall time for a timer"))
    return call.account_id()


OPERATIONS: tuple[Operation, ...] = (
    act(
        Route(
            name="deadman.set",
            method="PUT",
            path=_PATH,
            summary="Cancel all your orders and quotes unless you set it again in time.",
            result=DeadmanBody,
            scope=Scope.TRADE,
            metered=Metered.FREE,
        ),
        DeadmanParams,
        _set_deadman,
    ),
    parameterless(
        Route(
            name="deadman.get",
            method="GET",
            path=_PATH,
            summary="Your dead-man timer; nulls: it is not set.",
            result=DeadmanBody,
        ),
        _get_deadman,
    ),
    parameterless(
        Route(
            name="deadman.clear",
            method="DELETE",
            path=_PATH,
            summary="Stop your dead-man timer.",
            result=DeadmanBody,
            scope=Scope.TRADE,
            metered=Metered.FREE,
        ),
        _clear_deadman,
    ),
)
