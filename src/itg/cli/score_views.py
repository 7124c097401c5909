"""What `itg score` prints: tables for a person, JSON for a program, TOML for a scenario."""

import asyncio
import sys
from collections.abc import Awaitable, Callable

from msgspec import json
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from itg.cli import exits
from itg.cli.consoles import progress_console, wide_console
from itg.cli.lab_reports import plain_table
from itg.client.errors import ClientError, ConnectionFailedError
from itg.client.rest import Rest
from itg.compose.par import ParResult, ParSettings, RoleResult, find_par
from itg.wire.v1.game import TeamPage
from itg.wire.v1.scores import (
    ParItem,
    ParRequest,
    ScoreComponentBody,
    ScoresBody,
    ScoreTermsBody,
    TeamScoreBody,
)

Server = tuple[str, str]  # address and key
NOTHING = "–"
SOURCES_SHOWN = 5
WITHOUT_PAR = """
No score where a role has no par, and no season's score either: ranks are by what is measured.
`itg score par` finds pars; a scenario laid over liquid or classic has them; or let it say
ranking = "rank" in [scoring]."""


def show_scores(server: Server, round_id: int | None, *, as_json: bool) -> int:
    """Print a round's scores and the season's; 3 if nobody answers."""
    return _asked(server, lambda rest: _show_scores(rest, round_id, as_json=as_json))


def show_terms(server: Server, team: str, round_id: int | None, *, as_json: bool) -> int:
    """Print every term of one team's score."""
    return _asked(server, lambda rest: _show_terms(rest, team, round_id, as_json=as_json))


def find_and_show_par(settings: ParSettings, server: Server | None, *, as_json: bool) -> int:
    """Find par with a progress bar, print it, and hand it to a server if there is one."""
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=progress_console(),
    )
    with progress:
        task = progress.add_task("sessions", total=settings.sessions)
        result = find_par(settings, lambda: progress.advance(task))
    if as_json:
        print(json.format(json.encode(result)).decode())
    else:
        print(par_toml(result), end="")
    if server is None:
        return exits.DONE
    request = ParRequest(
        pars=[_item(role) for role in result.roles],
        origin=result.origin,
        reason=f"{result.sessions} fast sessions of {result.scenario}",
    )
    return _asked(server, lambda rest: _send(rest, request))


def par_toml(result: ParResult) -> str:
    """Return what to paste into the scenario."""
    lines = [
        f"# {result.scenario}: {result.sessions} fast sessions, two reference bots of each role.",
        f"# Origin {result.origin}",
    ]
    for role in result.roles:
        lines += [
            f"[scoring.roles.{role.role}]",
            f"drawdown_reference = {role.drawdown_reference:.2f}",
            f"deviation_reference = {role.deviation_reference:.2f}",
            f"[scoring.pars.{role.role}]",
            f"par = {role.par:.6f}",
            f"spread = {role.spread:.6f}",
            f"sessions = {role.sessions}",
        ]
    return "\n".join(lines) + "\n"


def _item(role: RoleResult) -> ParItem:
    return ParItem(role=role.role, par=role.par, spread=role.spread, sessions=role.sessions)


def _asked(server: Server, ask: Callable[[Rest], Awaitable[None]]) -> int:
    async def run() -> None:
        async with Rest(*server) as rest:
            await ask(rest)

    try:
        asyncio.run(run())
    except ConnectionFailedError as error:
        print(f"itg: {error}; start a server with `itg serve`", file=sys.stderr)
        return exits.NO_SERVER
    except ClientError as error:
        print(f"itg: {error}", file=sys.stderr)
        return exits.FAILED
    return exits.DONE


async def _send(rest: Rest, request: ParRequest) -> None:
    told = await rest.set_par(request)
    roles = ", ".join(item.role for item in told.items)
    print(f"pars are set for {roles}", file=sys.stderr)


async def _show_scores(rest: Rest, round_id: int | None, *, as_json: bool) -> None:
    scores = await rest.scores(round_id)
    if as_json:
        print(json.format(json.encode(scores)).decode())
        return
    names = _names(await rest.read("/game/teams", TeamPage))
    if scores.round_id is None:
        print("No scored round has begun (practice is none), or this game is not scored.")
        return
    state = "final" if scores.is_final else "so far"
    print(f"Round {scores.round_id}, {state}")
    wide_console().print(_round_table(scores, names))
    if any(item.score is None for item in scores.items):
        print(WITHOUT_PAR)
    if any(final.rounds for final in scores.final):
        print("\nSeason")
        wide_console().print(_season_table(scores, names))


async def _show_terms(rest: Rest, team: str, round_id: int | None, *, as_json: bool) -> None:
    teams = await rest.read("/game/teams", TeamPage)
    score = await rest.score(id_meant(teams, team), round_id)
    if as_json:
        print(json.format(json.encode(score)).decode())
        return
    name = _names(teams).get(score.team_id, "")
    scored = f"score {_number(score.score)}, rank {score.rank}"
    print(f"Team {name} ({score.team_id}), {score.role}: {scored}")
    if score.terms is None:
        print("Its terms are shown to the team itself and to the organizer.")
        return
    wide_console().print(_terms_table(score.terms))
    _print_joined(score, score.terms)


def id_meant(teams: TeamPage, team: str) -> str:
    """Return the id of who is named: an id as it is, else whose name it is, else what was given."""
    ids = {name: team_id for team_id, name in _names(teams).items()}
    return team if team in ids.values() else ids.get(team, team)


def _print_joined(score: TeamScoreBody, terms: ScoreTermsBody) -> None:
    zeroed = "; zeroed: equity fell below half" if score.is_zeroed else ""
    print(
        f"\nKPI {_number(terms.kpi)}, compliance {_number(terms.compliance)}, risk "
        f"{_number(terms.risk)}, activity {terms.activity:.3f}: measured "
        f"{_number(terms.measured)}{zeroed}"
    )
    print(f"par {_number(terms.par)}, spread {_number(terms.spread)}")
    beside = terms.unscored
    print(
        f"Unscored: P&L {beside.pnl:,.0f}, fees {beside.fees:,.2f}, contracts "
        f"{beside.contracts:,}, drawdown {beside.drawdown:,.0f}, value at risk "
        f"{_number(beside.value_at_risk)}, Sharpe {_number(beside.sharpe)}, information ratio "
        f"{_number(beside.information_ratio)}"
    )


def _round_table(scores: ScoresBody, names: dict[str, str]) -> Table:
    table = plain_table(
        "team", "rank", "score", "measured", "activity", "KPI", "compliance", "risk"
    )
    for item in sorted(scores.items, key=lambda item: item.rank):
        terms = item.terms
        name = f"{names.get(item.team_id, item.team_id)} ({item.role})"
        told = [_number(terms.measured), f"{terms.activity:.2f}"] if terms else [NOTHING] * 2
        parts = (terms.kpi, terms.compliance, terms.risk) if terms else (None,) * 3
        table.add_row(
            name, str(item.rank), _number(item.score), *told, *(_number(part) for part in parts)
        )
    return table


def _season_table(scores: ScoresBody, names: dict[str, str]) -> Table:
    table = plain_table("team", "rank", "rounds", "mean", "below 50", "measured", "judged", "total")
    for final in scores.final:
        numbers = (final.mean, final.semideviation, final.measured, final.judged, final.total)
        name = names.get(final.team_id, final.team_id)
        row = (name, str(final.rank), str(len(final.rounds)))
        table.add_row(*row, *(_number(number) for number in numbers))
    return table


def _terms_table(terms: ScoreTermsBody) -> Table:
    table = plain_table("term", "weight", "measured", "0", "50", "100", "points")
    table.add_column("made of")
    for one in terms.components:
        anchors = (f"{anchor:,g}" for anchor in (one.zero, one.half, one.full))
        measured = NOTHING if one.measured is None else f"{one.measured:,.4g}"
        row = (one.name, f"{one.weight:.2f}", measured, *anchors, _number(one.points))
        table.add_row(*row, _sources(one))
    return table


def _sources(component: ScoreComponentBody) -> str:
    told = [
        f"{one.kind} {one.source_id} {one.value:+,.4g}"
        if one.source_id
        else f"{one.kind} {one.value:+,.4g}"
        for one in component.sources[-SOURCES_SHOWN:]
    ]
    more = len(component.sources) - len(told)
    return ", ".join([*([f"{more} more"] if more > 0 else []), *told])


def _names(teams: TeamPage) -> dict[str, str]:
    return {team.team_id: team.team_name for team in teams.items}


def _number(value: float | None) -> str:
    return NOTHING if value is None else f"{value:,.2f}"
