"""What leaves after a round: a team's own log, and the key that bundles are signed with."""

from itg.game.contract import TEAM_NOT_FOUND, Scope
from itg.gateway.calls import Answer, Call, done
from itg.gateway.gateway import Gateway
from itg.gateway.operations import Operation, Route, parameterless, read
from itg.gateway.problems import RefusedError, problem_of
from itg.gateway.reasons import REPORT_NOT_FOUND
from itg.gateway.round_files import JSON_LINES, RoundFiles
from itg.gateway.routes.exports import of_ended
from itg.gateway.tables import CSV, PARQUET, has_parquet
from itg.kernel.ids import AccountId, TeamId
from itg.wire.v1.game import (
    BlotterFile,
    BlotterParams,
    BundleKeyBody,
    FormatsBody,
    LogFile,
    LogParams,
)
from itg.wire.v1.report import ReportBody, ReportParams

HTML = "text/html; charset=utf-8"
JSON = "application/json"


def _log(gateway: Gateway, call: Call, params: LogParams) -> None:
    account_id = account_of(gateway, call, params.team_id)
    name = f'attachment; filename="round-{params.round_id}-{account_id}.jsonl"'

    def make(files: RoundFiles) -> Answer:
        body = files.log(params.round_id, account_id)
        headers = ((b"content-disposition", name.encode()), (b"cache-control", b"no-store"))
        return Answer(200, body, headers, media_type=JSON_LINES.encode())

    of_ended(gateway, call, params.round_id, ("log", account_id), make)


def _blotter(gateway: Gateway, call: Call, params: BlotterParams) -> None:
    account_id = account_of(gateway, call, params.team_id)
    name = f"round-{params.round_id}-{account_id}-{params.what}.{params.format}"

    def make(files: RoundFiles) -> Answer:
        body, kind = files.blotter(params.round_id, account_id, params.what, params.format)
        held = f'attachment; filename="{name}"'
        headers = ((b"content-disposition", held.encode()), (b"cache-control", b"no-store"))
        return Answer(200, body, headers, media_type=kind.encode())

    of_ended(gateway, call, params.round_id, ("blotter", name), make)


def _formats(gateway: Gateway, call: Call) -> None:
    body = FormatsBody(formats=["csv", "parquet"] if has_parquet() else ["csv"])
    call.reply(gateway.as_of(call, done(body)))


def account_of(gateway: Gateway, call: Call, team_id: str | None) -> AccountId:
    """Return whose part of a round is asked for; only an organizer names another. 404 else."""
    caller = call.caller
    if team_id is None or team_id in {"me", caller.team_id}:
        return call.account_id()
    account_id = gateway.directory.account_of(TeamId(team_id))
    # What is another team's is not there for a team, whether that team is or not.
    if account_id is None or Scope.ADMIN not in caller.scopes:
        raise RefusedError(problem_of(TEAM_NOT_FOUND))
    return account_id


def _bundle_key(gateway: Gateway, call: Call) -> None:
    key = gateway.settings.bundle_key
    call.reply(done(BundleKeyBody(algorithm="Ed25519", public_key=key or None)))


def _report(gateway: Gateway, call: Call, params: ReportParams) -> None:
    team_id = _team_of(gateway, call, params.team_id)
    is_page = params.format == "html" or (params.format is None and b"text/html" in call.accept)

    def make(files: RoundFiles) -> Answer:
        body = files.report(params.round_id, f"{team_id}.{'html' if is_page else 'json'}")
        if body is None:
            raise RefusedError(problem_of(REPORT_NOT_FOUND))
        headers = ((b"cache-control", b"no-store"), (b"vary", b"accept"))
        media_type = HTML if is_page else JSON
        return Answer(200, body, headers, media_type=media_type.encode())

    of_ended(gateway, call, params.round_id, ("report", team_id, is_page), make)


def _team_of(gateway: Gateway, call: Call, team_id: str | None) -> TeamId:
    account_id = account_of(gateway, call, team_id)
    return gateway.directory.team_of[account_id]


OPERATIONS: tuple[Operation, ...] = (
    read(
        Route(
            name="rounds.log",
            method="GET",
            path="/game/rounds/{round_id}/log",
            summary="Download everything that concerned a team in an ended round.",
            result=LogFile,
            on_socket=False,
            media_types=(JSON_LINES,),
        ),
        LogParams,
        _log,
    ),
    read(
        Route(
            name="rounds.blotter",
            method="GET",
            path="/game/rounds/{round_id}/blotter",
            summary="Download a team's own orders or fills of an ended round as a table.",
            result=BlotterFile,
            on_socket=False,
            media_types=(CSV, PARQUET),
        ),
        BlotterParams,
        _blotter,
    ),
    parameterless(
        Route(
            name="formats.list",
            method="GET",
            path="/game/table-formats",
            summary="Read in which formats this server writes tables.",
            result=FormatsBody,
            on_socket=False,
        ),
        _formats,
    ),
    read(
        Route(
            name="rounds.report",
            method="GET",
            path="/game/rounds/{round_id}/report",
            summary="Read a team's report of an ended round, as JSON or as a page.",
            result=ReportBody,
            on_socket=False,
            media_types=(JSON, HTML),
        ),
        ReportParams,
        _report,
    ),
    parameterless(
        Route(
            name="bundle_key.get",
            method="GET",
            path="/game/bundle-key",
            summary="Read the public key that the game's bundles are signed with.",
            result=BundleKeyBody,
            scope=None,
            on_socket=False,
        ),
        _bundle_key,
    ),
)
