"""The organizer's acts; every one is a journalled command."""

from collections.abc import Callable

from itg.exchange.contract import PhaseRejected
from itg.game.contract import (
    EndRound,
    GameActRejected,
    GetRounds,
    IssueKey,
    KeyIssued,
    MovePhase,
    PauseRound,
    RegisterTeam,
    ResumeRound,
    RevealIdentities,
    Scope,
    StartRound,
)
from itg.gateway.auth import digest_of, fresh_key
from itg.gateway.calls import Answer, Call, done, refused
from itg.gateway.flood import Metered
from itg.gateway.gateway import Gateway, first_of
from itg.gateway.operations import Operation, Route, act, read
from itg.gateway.problems import problem_of_refusal
from itg.gateway.routes.game import enter, round_answer
from itg.kernel.ids import Role
from itg.kernel.messages import Command
from itg.kernel.words import Phase
from itg.runtime.envelope import Record
from itg.wire.v1.game import (
    CreateTeamRequest,
    IssuedKeyBody,
    IssueKeyRequest,
    PhaseMovedBody,
    PhaseRequest,
    RegisteredBody,
    RoundBody,
)
from itg.wire.v1.reads import RoundActParams

_PHASES = {phase.value: phase for phase in Phase}


def _start_round(gateway: Gateway, call: Call, params: RoundActParams) -> None:
    command = StartRound(round_id=params.round_id, reason=params.reason)
    _move_round(gateway, call, command, params.round_id)


def _pause_round(gateway: Gateway, call: Call, params: RoundActParams) -> None:
    command = PauseRound(round_id=params.round_id, reason=params.reason)
    _move_round(gateway, call, command, params.round_id)


def _resume_round(gateway: Gateway, call: Call, params: RoundActParams) -> None:
    command = ResumeRound(round_id=params.round_id, reason=params.reason)
    _move_round(gateway, call, command, params.round_id)


def _end_round(gateway: Gateway, call: Call, params: RoundActParams) -> None:
    command = EndRound(round_id=params.round_id, reason=params.reason)
    _move_round(gateway, call, command, params.round_id)


def _reveal_round(gateway: Gateway, call: Call, params: RoundActParams) -> None:
    command = RevealIdentities(round_id=params.round_id, reason=params.reason)
    _move_round(gateway, call, command, params.round_id)


def _move_round(gateway: Gateway, call: Call, command: Command, round_id: int) -> None:
    def reply(answer: Answer) -> None:
        if answer.problem is not None:
            call.reply(answer)
        else:
            gateway.read(call, (GetRounds(),), lambda replies: round_answer(round_id, replies))

    gateway.send(call.answered_by(reply), command, acted)


def acted(record: Record) -> Answer:
    """Return 200, or the problem of an act that was refused."""
    rejected = first_of(GameActRejected, record.outputs) or first_of(PhaseRejected, record.outputs)
    return Answer(200) if rejected is None else refused(problem_of_refusal(rejected.refusal))


def _move_phase(gateway: Gateway, call: Call, params: PhaseRequest) -> None:
    name = params.instrument_id
    command = MovePhase(
        phase=_PHASES[params.phase],
        instrument_id=None if name is None else gateway.assert_listed(name),
        reason=params.reason,
    )

    def compose(record: Record) -> Answer:
        answer = acted(record)
        moved = PhaseMovedBody(phase=params.phase, instrument_id=name)
        return answer if answer.problem is not None else done(moved)

    gateway.send(call, command, compose)


def _create_team(gateway: Gateway, call: Call, params: CreateTeamRequest) -> None:
    enter(
        gateway,
        call,
        RegisterTeam(
            team_name=params.team_name,
            role=Role(params.role),
            key_hash="",
            by_organizer=True,
            reason=params.reason,
        ),
    )


def _issue_key(gateway: Gateway, call: Call, params: IssueKeyRequest) -> None:
    api_key = fresh_key()
    command = IssueKey(
        key_name=params.key_name, key_hash=digest_of(api_key.encode()), reason=params.reason
    )

    def compose(record: Record) -> Answer:
        issued = first_of(KeyIssued, record.outputs)
        assert issued is not None, "every key is issued"
        body = IssuedKeyBody(
            key_name=issued.key_name,
            scopes=[scope.value for scope in issued.scopes],
            api_key=api_key,
        )
        return done(body, 201, ((b"cache-control", b"no-store"),))

    gateway.send(call, command, compose)


_ACTS: tuple[tuple[str, Callable[[Gateway, Call, RoundActParams], None]], ...] = (
    ("start", _start_round),
    ("pause", _pause_round),
    ("resume", _resume_round),
    ("end", _end_round),
    ("reveal", _reveal_round),
)

_WHAT = {"reveal": "who is who in an ended round, in its exports"}

OPERATIONS: tuple[Operation, ...] = (
    *(
        read(
            Route(
                name=f"admin.round_{verb}",
                method="POST",
                path=f"/admin/rounds/{{round_id}}/{verb}",
                summary=f"{verb.capitalize()} {_WHAT.get(verb, 'a round')}.",
                result=RoundBody,
                scope=Scope.ADMIN,
                metered=Metered.FREE,
                on_socket=False,
            ),
            RoundActParams,
            handle,
        )
        for verb, handle in _ACTS
    ),
    act(
        Route(
            name="admin.phase",
            method="POST",
            path="/admin/phases",
            summary="Move the market, or one instrument, to a phase.",
            result=PhaseMovedBody,
            scope=Scope.ADMIN,
            metered=Metered.FREE,
            on_socket=False,
        ),
        PhaseRequest,
        _move_phase,
    ),
    act(
        Route(
            name="admin.create_team",
            method="POST",
            path="/admin/teams",
            summary="Register a team without a join code; the key is shown this once.",
            result=RegisteredBody,
            scope=Scope.ADMIN,
            metered=Metered.FREE,
            status=201,
            on_socket=False,
        ),
        CreateTeamRequest,
        _create_team,
    ),
    act(
        Route(
            name="admin.issue_key",
            method="POST",
            path="/admin/keys",
            summary="Issue a research key to somebody without a team; shown this once.",
            result=IssuedKeyBody,
            scope=Scope.ADMIN,
            metered=Metered.FREE,
            status=201,
            on_socket=False,
        ),
        IssueKeyRequest,
        _issue_key,
    ),
)
