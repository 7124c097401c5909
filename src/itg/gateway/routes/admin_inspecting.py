"""What the organizer reads beside what everybody may: a team's desk, who traded, the day's list."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from itg.game.contract import TEAM_NOT_FOUND, GameState, GetGame, GetScores, Scope, Scores
from itg.gateway.calls import Answer, Call, done
from itg.gateway.decoding import field_fault
from itg.gateway.directory import reply_of
from itg.gateway.flood import Metered
from itg.gateway.gateway import Gateway
from itg.gateway.operations import Operation, Route, parameterless, read
from itg.gateway.problems import RefusedError, problem_of
from itg.gateway.round_files import RoundFiles
from itg.gateway.routes.admin_connections import connections_of
from itg.gateway.routes.exchange_market import list_fills_of
from itg.gateway.routes.exchange_orders import list_orders_of
from itg.gateway.routes.exchange_quotes import list_quotes_of
from itg.kernel.ids import AccountId, TeamId
from itg.kernel.messages import Query, Reply
from itg.positions.contract import Fills, GetFills
from itg.translate.orders import fill_bodies
from itg.wire.v1.operating import (
    PlayedServiceBody,
    PreflightBody,
    ScenarioBody,
    ScenarioCheckBody,
    ScenarioCheckParams,
    ServicesBody,
    TeamFillsParams,
    TeamOrdersParams,
    TeamQuotesParams,
    TradeFillBody,
    TradeFillsBody,
    TradeFillsParams,
)
from itg.wire.v1.orders import Body, FillPage, OrderPage, QuotesBody

R = TypeVar("R", bound=Reply)
_FILLS_LOOKED_AT = 100_000  # more than an account's mailbox holds
_TO_MAKE = Answer(202)
_ELSEWHERE = "none that this process could tell of"


def _list_orders(gateway: Gateway, call: Call, params: TeamOrdersParams) -> None:
    list_orders_of(gateway, call, _account(gateway, params.team_id), params)


def _list_fills(gateway: Gateway, call: Call, params: TeamFillsParams) -> None:
    list_fills_of(gateway, call, _account(gateway, params.team_id), params)


def _list_quotes(gateway: Gateway, call: Call, params: TeamQuotesParams) -> None:
    list_quotes_of(gateway, call, _account(gateway, params.team_id), params)


def _account(gateway: Gateway, team: str) -> AccountId:
    account_id = gateway.directory.account_of(TeamId(team))
    if account_id is None:
        raise RefusedError(problem_of(TEAM_NOT_FOUND, f"no team {team[:64]}"))
    return account_id


def _list_trade_fills(gateway: Gateway, call: Call, params: TradeFillsParams) -> None:
    teams = list(gateway.directory.teams.values())
    queries = tuple(GetFills(account_id=team.account_id, count=_FILLS_LOOKED_AT) for team in teams)

    def compose(replies: Sequence[Reply]) -> Answer:
        items: list[TradeFillBody] = []
        for team, reply in zip(teams, replies, strict=True):
            assert isinstance(reply, Fills)
            items += [
                TradeFillBody(team_id=team.team_id, team_name=team.team_name, fill=fill)
                for fill in fill_bodies(reply)
                if fill.trade_id == params.trade_id
            ]
        return done(TradeFillsBody(trade_id=params.trade_id, items=items))

    gateway.read(call, queries, compose)


def _preflight(gateway: Gateway, call: Call) -> None:
    def make(scores: Scores) -> Callable[[], Body]:
        connections, pars = connections_of(gateway), len(scores.rules.pars)

        def body() -> PreflightBody:
            rows = list(gateway.office.preflight(connections, pars))
            return PreflightBody(is_ready=all(row.status != "red" for row in rows), items=rows)

        return body

    _made_beside(gateway, call, (GetScores(round_id=None), Scores), make)


def _list_services(gateway: Gateway, call: Call) -> None:
    reach, roster = gateway.reach, gateway.roster
    items = [
        PlayedServiceBody(
            service=each.name,
            node=each.node,
            is_reached=reach.to(each.service, each.shard),
        )
        for each in roster.services
    ]

    def make(_: RoundFiles) -> Answer:
        return done(ServicesBody(items=items, processes=list(roster.processes())))

    gateway.round_files.run(call, "services", make)


def _get_scenario(gateway: Gateway, call: Call) -> None:
    def make(game: GameState) -> Callable[[], Body]:
        def body() -> ScenarioBody:
            return ScenarioBody(
                scenario=game.scenario,
                scenario_hash=game.scenario_hash,
                speed=game.rules.speed,
                tables=list(gateway.office.tables()),
                shipped=list(gateway.office.shipped()),
            )

        return body

    _made_beside(gateway, call, (GetGame(), GameState), make)


def _check_scenario(gateway: Gateway, call: Call, params: ScenarioCheckParams) -> None:
    def make(_: RoundFiles) -> Answer:
        office = gateway.office
        checked = office.check(params.scenario)
        if checked is None:
            known = ", ".join(each.scenario for each in office.shipped()) or _ELSEWHERE
            raise field_fault("/scenario", f"no shipped scenario of that name; there are: {known}")
        return done(checked)

    gateway.round_files.run(call, ("scenario", params.scenario), make)


def _made_beside(
    gateway: Gateway,
    call: Call,
    asked: tuple[Query, type[R]],
    make: Callable[[R], Callable[[], Body]],
) -> None:
    # What is read comes from the pump, what is made of it takes a while: in the worker thread.
    query, kind = asked
    found: list[R] = []

    def keep(replies: Sequence[Reply]) -> Answer:
        found.append(reply_of(kind, replies))
        return _TO_MAKE

    def reply(answer: Answer) -> None:
        if not found:
            call.reply(answer)
            return
        body = make(found[0])
        gateway.round_files.run(call, object(), lambda _: done(body()))

    gateway.read(call.answered_by(reply), (query,), keep)


def _route(name: str, path: str, summary: str, result: type[Body]) -> Route:
    return Route(
        name=f"admin.{name}",
        method="GET",
        path=path,
        summary=summary,
        result=result,
        scope=Scope.ADMIN,
        metered=Metered.FREE,
        on_socket=False,
    )


OPERATIONS: tuple[Operation, ...] = (
    read(
        _route(
            "team_orders",
            "/admin/teams/{team_id}/orders",
            "List a team's orders, oldest first.",
            OrderPage,
        ),
        TeamOrdersParams,
        _list_orders,
    ),
    read(
        _route(
            "team_quotes",
            "/admin/teams/{team_id}/quotes",
            "List a team's standing quotes.",
            QuotesBody,
        ),
        TeamQuotesParams,
        _list_quotes,
    ),
    read(
        _route(
            "team_fills",
            "/admin/teams/{team_id}/fills",
            "List a team's fills, oldest first, as far back as the mailbox reaches.",
            FillPage,
        ),
        TeamFillsParams,
        _list_fills,
    ),
    read(
        _route(
            "trade_fills",
            "/admin/trades/{trade_id}/fills",
            "Read which teams made a trade, before it is busted.",
            TradeFillsBody,
        ),
        TradeFillsParams,
        _list_trade_fills,
    ),
    parameterless(
        _route(
            "preflight",
            "/admin/preflight",
            "Check machine, data and teams before the day, as `itg preflight` does.",
            PreflightBody,
        ),
        _preflight,
    ),
    parameterless(
        _route(
            "services",
            "/admin/services",
            "List the game's services by node and whether each is reached, and its processes.",
            ServicesBody,
        ),
        _list_services,
    ),
    parameterless(
        _route(
            "scenario",
            "/admin/scenario",
            "Read the scenario that is played with its settings, and which others there are.",
            ScenarioBody,
        ),
        _get_scenario,
    ),
    read(
        _route(
            "scenario_check",
            "/admin/scenarios/{scenario}",
            "Check a shipped scenario as `itg scenario check --quick` does, and read its settings.",
            ScenarioCheckBody,
        ),
        ScenarioCheckParams,
        _check_scenario,
    ),
)
