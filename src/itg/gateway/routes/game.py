"""Registration, teams, rounds, both clocks, the rules, tickets for browsers."""

from collections.abc import Sequence

from itg.game.contract import (
    ROUND_NOT_FOUND,
    TEAM_NOT_FOUND,
    GameState,
    GetGame,
    GetRounds,
    GetSchedule,
    GetTeams,
    RegisterTeam,
    RegistrationRejected,
    Rounds,
    Schedule,
    TeamRegistered,
    Teams,
)
from itg.gateway.auth import digest_of, fresh_key
from itg.gateway.calls import Answer, Call, done, refused
from itg.gateway.directory import reply_of
from itg.gateway.flood import Metered
from itg.gateway.gateway import Gateway, first_of
from itg.gateway.operations import Operation, Route, act, parameterless, read
from itg.gateway.problems import REASONS, problem_of, problem_of_refusal
from itg.kernel.ids import Role
from itg.kernel.messages import Reply
from itg.kernel.times import to_micros
from itg.positions.contract import GetRoles, Roles
from itg.runtime.envelope import Record
from itg.translate.game import round_body, rules_body, team_body
from itg.translate.organizing import scheduled_body
from itg.wire.v1.game import (
    RegisteredBody,
    RegisterRequest,
    RoundBody,
    RoundPage,
    RulesBody,
    TeamBody,
    TeamPage,
    TicketBody,
    TimeBody,
)
from itg.wire.v1.organizing import SchedulePage
from itg.wire.v1.reads import RoundParams, TeamParams


def _register(gateway: Gateway, call: Call, params: RegisterRequest) -> None:
    code = params.join_code
    enter(
        gateway,
        call,
        RegisterTeam(
            team_name=params.team_name,
            role=Role(params.role),
            key_hash="",
            join_code_hash="" if code is None else digest_of(code.encode()),
        ),
    )


def enter(gateway: Gateway, call: Call, wanted: RegisterTeam) -> None:
    """Register a team under a fresh key, which the answer alone carries."""
    api_key = fresh_key()
    command = RegisterTeam(
        team_name=wanted.team_name,
        role=wanted.role,
        key_hash=digest_of(api_key.encode()),
        join_code_hash=wanted.join_code_hash,
        by_organizer=wanted.by_organizer,
        reason=wanted.reason,
    )

    def compose(record: Record) -> Answer:
        rejected = first_of(RegistrationRejected, record.outputs)
        if rejected is not None:
            return refused(problem_of_refusal(rejected.refusal))
        registered = first_of(TeamRegistered, record.outputs)
        assert registered is not None, "every registration is answered"
        body = RegisteredBody(
            team_id=registered.team_id,
            team_name=registered.team_name,
            role=registered.role,
            api_key=api_key,
        )
        return done(body, 201, ((b"cache-control", b"no-store"),))

    gateway.send(call, command, compose)


def _list_teams(gateway: Gateway, call: Call) -> None:
    def compose(replies: Sequence[Reply]) -> Answer:
        teams = reply_of(Teams, replies).teams
        return done(TeamPage(items=[team_body(team) for team in teams], next_cursor=None))

    gateway.read(call, (GetTeams(),), compose)


def _get_team(gateway: Gateway, call: Call, params: TeamParams) -> None:
    wanted = call.caller.team_id if params.team_id == "me" else params.team_id

    def compose(replies: Sequence[Reply]) -> Answer:
        for team in reply_of(Teams, replies).teams:
            if team.team_id == wanted:
                return done(team_body(team))
        return refused(problem_of(TEAM_NOT_FOUND))

    gateway.read(call, (GetTeams(),), compose)


def _list_rounds(gateway: Gateway, call: Call) -> None:
    def compose(replies: Sequence[Reply]) -> Answer:
        rounds = reply_of(Rounds, replies).rounds
        return done(RoundPage(items=[round_body(row) for row in rounds], next_cursor=None))

    gateway.read(call, (GetRounds(),), compose)


def _get_schedule(gateway: Gateway, call: Call) -> None:
    def compose(replies: Sequence[Reply]) -> Answer:
        teams = {team.team_id: team for team in reply_of(Teams, replies).teams}
        rows = reply_of(Schedule, replies).rounds
        items = [scheduled_body(row, teams) for row in rows]
        return done(SchedulePage(items=items, next_cursor=None))

    gateway.read(call, (GetSchedule(), GetTeams()), compose)


def _get_round(gateway: Gateway, call: Call, params: RoundParams) -> None:
    gateway.read(call, (GetRounds(),), lambda replies: round_answer(params.round_id, replies))


def round_answer(round_id: int, replies: Sequence[Reply]) -> Answer:
    """Return one round out of all."""
    for row in reply_of(Rounds, replies).rounds:
        if row.round_id == round_id:
            return done(round_body(row))
    return refused(problem_of(ROUND_NOT_FOUND))


def _get_time(gateway: Gateway, call: Call) -> None:
    clock, directory = gateway.pump.clock, gateway.directory
    body = TimeBody(
        ts_us=to_micros(clock.wall_ns()),
        game_us=to_micros(clock.game_ns()),
        speed=directory.game.rules.speed if directory.is_running else 0.0,
        phase=directory.phase().value,
    )
    call.reply(gateway.as_of(call, done(body)))


def _get_rules(gateway: Gateway, call: Call) -> None:
    def compose(replies: Sequence[Reply]) -> Answer:
        game, roles = reply_of(GameState, replies), reply_of(Roles, replies)
        return done(rules_body(game, roles.roles, sorted(REASONS)))

    gateway.read(call, (GetGame(), GetRoles()), compose)


def _issue_ticket(gateway: Gateway, call: Call) -> None:
    tickets = gateway.passes.sockets
    body = TicketBody(ticket=tickets.issue(call.caller), expires_in_s=int(tickets.life_s))
    call.reply(done(body, 201, ((b"cache-control", b"no-store"),)))


OPERATIONS: tuple[Operation, ...] = (
    act(
        Route(
            name="teams.register",
            method="POST",
            path="/game/teams/register",
            summary="Register a team; the key is shown this once.",
            result=RegisteredBody,
            scope=None,
            metered=Metered.FREE,
            status=201,
            on_socket=False,
        ),
        RegisterRequest,
        _register,
    ),
    parameterless(
        Route(
            name="teams.list",
            method="GET",
            path="/game/teams",
            summary="List the teams in registration order.",
            result=TeamPage,
        ),
        _list_teams,
    ),
    read(
        Route(
            name="teams.get",
            method="GET",
            path="/game/teams/{team_id}",
            summary="Read a team's public facts.",
            result=TeamBody,
        ),
        TeamParams,
        _get_team,
    ),
    parameterless(
        Route(
            name="rounds.list",
            method="GET",
            path="/game/rounds",
            summary="List the rounds.",
            result=RoundPage,
        ),
        _list_rounds,
    ),
    parameterless(
        Route(
            name="schedule.get",
            method="GET",
            path="/game/schedule",
            summary="Read who plays what in each round.",
            result=SchedulePage,
        ),
        _get_schedule,
    ),
    read(
        Route(
            name="rounds.get",
            method="GET",
            path="/game/rounds/{round_id}",
            summary="Read one round.",
            result=RoundBody,
        ),
        RoundParams,
        _get_round,
    ),
    parameterless(
        Route(
            name="time.get",
            method="GET",
            path="/game/time",
            summary="Read both clocks and the phase.",
            result=TimeBody,
            scope=None,
        ),
        _get_time,
    ),
    parameterless(
        Route(
            name="rules.get",
            method="GET",
            path="/game/rules",
            summary="Read the rules: roles, fees, constraints, problem codes.",
            result=RulesBody,
            scope=None,
        ),
        _get_rules,
    ),
    parameterless(
        Route(
            name="tickets.issue",
            method="POST",
            path="/game/ws-tickets",
            summary="Get a one-time ticket for a browser's socket.",
            result=TicketBody,
            status=201,
            on_socket=False,
        ),
        _issue_ticket,
    ),
)
