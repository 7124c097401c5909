"""The organizer's hand on teams: rosters, keys, suspension, corrections, roles."""

from collections.abc import Callable
from functools import partial

from msgspec import Raw, msgpack

from itg.game.contract import (
    UNKNOWN_ROLE,
    AdjustTeam,
    ChangeRole,
    ImportTeams,
    KeyRetired,
    KeyRotated,
    ResumeTeam,
    RetireKey,
    RotateKey,
    Scope,
    SuspendTeam,
    TeamRegistered,
    TeamRow,
    TeamsImportRejected,
)
from itg.gateway.auth import digest_of, fresh_key
from itg.gateway.calls import Answer, Call, Headers, done, refused
from itg.gateway.flood import Metered
from itg.gateway.gateway import Gateway, first_of
from itg.gateway.operations import Operation, Route, act, act_on
from itg.gateway.problems import RefusedError, problem_of, problem_of_refusal
from itg.gateway.reasons import INVALID_ROSTER
from itg.gateway.routes.admin import acted
from itg.kernel.ids import InstrumentId, Role, TeamId
from itg.kernel.money import Cash
from itg.kernel.times import NS_PER_S, Nanos, to_micros
from itg.positions.contract import AdjustmentRejected, ReplaceRole, RoleReplaced
from itg.runtime.envelope import Record
from itg.translate.game import role_body, team_body
from itg.translate.numbers import cash_in, price_in
from itg.translate.organizing import adjusted_body, imported_body, row_errors
from itg.translate.seats import changed_rules
from itg.wire.v1.game import RoleBody, TeamBody
from itg.wire.v1.orders import Body
from itg.wire.v1.organizing import (
    AdjustedBody,
    AdjustParams,
    AdjustRequest,
    ImportedBody,
    ImportRequest,
    RevokedBody,
    RoleChangeParams,
    RoleChangeRequest,
    RotatedKeyBody,
    RotateKeyParams,
    RotateKeyRequest,
    TeamActParams,
    TeamActRequest,
)

# As many rows as one may have, each with a name of 50 characters, up to 12 bytes each in JSON.
ROSTER_BYTES_MAX = 512 * 1024
_NO_STORE: Headers = ((b"cache-control", b"no-store"),)


def _import(gateway: Gateway, call: Call, params: ImportRequest) -> None:
    keys = [fresh_key() for _ in params.rows]
    command = ImportTeams(
        rows=tuple(
            TeamRow(
                team_name=row.team_name,
                role=Role(row.role),
                key_hash=digest_of(key.encode()),
            )
            for row, key in zip(params.rows, keys, strict=True)
        ),
        reason=params.reason,
    )

    def compose(record: Record) -> Answer:
        rejected = first_of(TeamsImportRejected, record.outputs)
        if rejected is not None:
            errors = row_errors(rejected)
            detail = f"{len(errors)} of {len(keys)} rows cannot be; nobody was registered"
            return refused(problem_of(INVALID_ROSTER, detail, errors=errors))
        registered = [o for o in record.outputs if isinstance(o, TeamRegistered)]
        return done(imported_body(registered, keys), 201, _NO_STORE)

    gateway.send(call, command, compose)


def _rotate(gateway: Gateway, call: Call, params: RotateKeyParams) -> None:
    api_key = fresh_key()
    now_ns = gateway.pump.clock.wall_ns()
    retires_ns = now_ns + params.overlap_s * NS_PER_S if params.overlap_s else None
    command = RotateKey(
        team_id=TeamId(params.team_id),
        key_hash=digest_of(api_key.encode()),
        retires_wall_ns=retires_ns,
        reason=params.reason,
    )

    def compose(record: Record) -> Answer:
        rotated = first_of(KeyRotated, record.outputs)
        if rotated is None:
            return acted(record)
        until_us = to_micros(Nanos(retires_ns)) if retires_ns and rotated.retiring else None
        body = RotatedKeyBody(team_id=rotated.team_id, api_key=api_key, older_until_us=until_us)
        return done(body, 201, _NO_STORE)

    gateway.send(call, command, compose)


def _revoke(gateway: Gateway, call: Call, params: TeamActParams) -> None:
    command = RetireKey(team_id=TeamId(params.team_id), reason=params.reason)

    def compose(record: Record) -> Answer:
        answer = acted(record)
        retired = first_of(KeyRetired, record.outputs)
        revoked = 0 if retired is None else len(retired.key_numbers)
        body = RevokedBody(team_id=params.team_id, revoked=revoked)
        return answer if answer.problem is not None else done(body)

    gateway.send(call, command, compose)


def _suspend(
    of: type[SuspendTeam | ResumeTeam], gateway: Gateway, call: Call, params: TeamActParams
) -> None:
    command = of(team_id=TeamId(params.team_id), reason=params.reason)

    def compose(record: Record) -> Answer:
        answer = acted(record)
        if answer.problem is not None:
            return answer
        return done(team_body(gateway.directory.teams[command.team_id]))

    gateway.send(call, command, compose)


def _adjust(gateway: Gateway, call: Call, params: AdjustParams) -> None:
    name = params.instrument_id
    command = AdjustTeam(
        team_id=TeamId(params.team_id),
        cash=Cash(cash_in(params.cash, "/cash")),
        instrument_id=None if name is None else InstrumentId(gateway.assert_listed(name)),
        quantity=params.quantity,
        price=price_in(params.price, "/price"),
        reason=params.reason,
    )

    def compose(record: Record) -> Answer:
        answer = acted(record)
        rejected = first_of(AdjustmentRejected, record.outputs)
        if rejected is not None:
            return refused(problem_of_refusal(rejected.refusal))
        return answer if answer.problem is not None else done(adjusted_body(command))

    gateway.send(call, command, compose)


def _change_role(gateway: Gateway, call: Call, params: RoleChangeParams) -> None:
    rules = gateway.directory.roles.get(Role(params.role))
    if rules is None:
        raise RefusedError(problem_of(UNKNOWN_ROLE, f"no role {params.role[:64]}"))
    change = ReplaceRole(rules=changed_rules(rules, params))
    raw = Raw(msgpack.encode(change))
    command = ChangeRole(role=rules.role, change=raw, reason=params.reason)

    def compose(record: Record) -> Answer:
        replaced = first_of(RoleReplaced, record.outputs)
        if replaced is None:
            return acted(record)
        registrable = gateway.directory.game.rules.registrable_roles
        return done(role_body(replaced.rules, can_register=rules.role in registrable))

    gateway.send(call, command, compose)


def _route(  # noqa: PLR0913 - a row of the table below
    name: str,
    method: str,
    path: str,
    summary: str,
    result: type[Body],
    *,
    body_bytes_max: int | None = None,
) -> Route:
    return Route(
        name=f"admin.{name}",
        method=method,
        path=path,
        summary=summary,
        result=result,
        scope=Scope.ADMIN,
        metered=Metered.FREE,
        status=201 if result in {ImportedBody, RotatedKeyBody} else 200,
        on_socket=False,
        body_bytes_max=body_bytes_max,
    )


_TEAM_ACTS: tuple[
    tuple[str, str, type[Body], Callable[[Gateway, Call, TeamActParams], None]], ...
] = (
    ("revoke-keys", "Let no key of a team work any more; its sockets end.", RevokedBody, _revoke),
    (
        "suspend",
        "Cancel a team's orders and quotes and refuse new ones; it still reads.",
        TeamBody,
        partial(_suspend, SuspendTeam),
    ),
    ("resume", "Let a suspended team trade again.", TeamBody, partial(_suspend, ResumeTeam)),
)

OPERATIONS: tuple[Operation, ...] = (
    act(
        _route(
            "import_teams",
            "POST",
            "/admin/teams/import",
            "Register a roster, all of it or nothing; the keys are shown this once.",
            ImportedBody,
            body_bytes_max=ROSTER_BYTES_MAX,
        ),
        ImportRequest,
        _import,
    ),
    act_on(
        _route(
            "rotate_key",
            "POST",
            "/admin/teams/{team_id}/rotate-key",
            "Give a team a new key, shown this once; the old ones work for the overlap.",
            RotatedKeyBody,
        ),
        RotateKeyParams,
        RotateKeyRequest,
        _rotate,
    ),
    *(
        act_on(
            _route(
                f"team_{verb.replace('-', '_')}",
                "POST",
                f"/admin/teams/{{team_id}}/{verb}",
                summary,
                result,
            ),
            TeamActParams,
            TeamActRequest,
            handle,
        )
        for verb, summary, result, handle in _TEAM_ACTS
    ),
    act_on(
        _route(
            "adjust_team",
            "POST",
            "/admin/teams/{team_id}/adjust",
            "Correct a team's cash, or its contracts against the house's.",
            AdjustedBody,
        ),
        AdjustParams,
        AdjustRequest,
        _adjust,
    ),
    act_on(
        _route(
            "change_role",
            "PUT",
            "/admin/roles/{role}",
            "Change a role's fees or limits; the next order is judged by them.",
            RoleBody,
        ),
        RoleChangeParams,
        RoleChangeRequest,
        _change_role,
    ),
)
