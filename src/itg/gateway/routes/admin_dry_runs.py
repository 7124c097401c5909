"""Scenarios tried from the console: begin, look, stop."""

from itg.game.contract import Scope
from itg.gateway.calls import Call, done
from itg.gateway.decoding import field_fault
from itg.gateway.flood import Metered
from itg.gateway.gateway import Gateway
from itg.gateway.operations import Operation, Route, act, parameterless
from itg.scenario.files import available
from itg.wire.v1.rehearsing import DryRunBody, DryRunRequest

_PATH = "/admin/dry-run"


def assert_one_choice(name: str | None, text: str | None) -> None:
    """Refuse what is not either a shipped scenario's name or a text."""
    if (name is None) == (text is None):
        raise field_fault("/scenario", "name a shipped scenario or send a text, not both")
    if name is not None and name not in available():  # a path would have any file read
        known = ", ".join(available())
        raise field_fault("/scenario", f"no shipped scenario of that name; there are: {known}")


def _begin(gateway: Gateway, call: Call, params: DryRunRequest) -> None:
    assert_one_choice(params.scenario, params.text)
    begun = gateway.dry_runs.begin(params.scenario, params.text, params.minutes)
    call.reply(done(begun, 202))


def _look(gateway: Gateway, call: Call) -> None:
    call.reply(done(gateway.dry_runs.now()))


def _stop(gateway: Gateway, call: Call) -> None:
    call.reply(done(gateway.dry_runs.stop()))


def _route(name: str, method: str, summary: str, status: int = 200) -> Route:
    return Route(
        name=f"admin.{name}",
        method=method,
        path=_PATH,
        summary=summary,
        result=DryRunBody,
        scope=Scope.ADMIN,
        metered=Metered.FREE,
        status=status,
        on_socket=False,
    )


OPERATIONS: tuple[Operation, ...] = (
    act(
        _route(
            "dry_run", "POST", "Try a scenario: faults, plan, a short session; ends another.", 202
        ),
        DryRunRequest,
        _begin,
    ),
    parameterless(
        _route("dry_run_read", "GET", "Read the newest dry run as far as it is."),
        _look,
    ),
    parameterless(
        _route("dry_run_stop", "DELETE", "Stop the dry run that is under way."),
        _stop,
    ),
)
