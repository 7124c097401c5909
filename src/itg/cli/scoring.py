"""The commands `itg score`: what teams have scored, and what reference bots do."""

import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from itg.cli import exits
from itg.cli.after_round import recompute_
from itg.cli.at import HERE, At

score_app = App(name="score", help="Show scores; find par; score again from what was recorded.")
score_app.command(recompute_, name="recompute")

AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")]
_POINTS = "0 to 100 points; left out, it stays as it is."
Judged = Annotated[float | None, Parameter(help=_POINTS)]
Url = Annotated[str, Parameter(help="The server.")]
Key = Annotated[
    str | None,
    Parameter(env_var="ITG_API_KEY", show=False, help="A key (better: ITG_API_KEY)."),
]


@score_app.command
def show(  # noqa: PLR0913 - each parameter is a flag
    *,
    url: Url = "http://127.0.0.1:8000",
    round_: Annotated[
        int | None, Parameter(name="--round", help="The round; default: the newest that began.")
    ] = None,
    team: Annotated[
        str | None,
        Parameter(help="Show every term of this team, by id or name; `me` is the key's own."),
    ] = None,
    data: Annotated[
        Path | None, Parameter(help="The game's data directory; its admin.key is used.")
    ] = None,
    key: Key = None,
    as_json: AsJson = False,
) -> int:
    """Show a round's scores, live while it runs, and the season's so far.

    With --data, or a team's or the organizer's key in ITG_API_KEY. A team's terms are shown to the
    team itself and to the organizer.
    """
    from itg.cli.asking import AskingError, organizer_of
    from itg.cli.score_views import show_scores, show_terms

    try:
        key = key if data is None else organizer_of(url, data, None).api_key
    except AskingError as error:
        print(f"itg: {error}", file=sys.stderr)
        return error.code
    if key is None:
        print("itg: give --data DIR, or a key in ITG_API_KEY", file=sys.stderr)
        return exits.WRONG_USE
    if team is None:
        return show_scores((url, key), round_, as_json=as_json)
    return show_terms((url, key), team, round_, as_json=as_json)


@score_app.command
def judge(  # noqa: PLR0913 - each parameter is a flag
    team: Annotated[str, Parameter(help="A team's id or name.")],
    /,
    *,
    research: Judged = None,
    code: Judged = None,
    team_points: Annotated[float | None, Parameter(name="--team", help=_POINTS)] = None,
    reason: Annotated[str, Parameter(help="Why; the audit keeps it.")] = "",
    as_json: AsJson = False,
    at: At = HERE,
) -> int:
    """Enter points of a team's judged part: research, code and team.

    As the organizer, with --data or the key in ITG_ADMIN_KEY. The season's score follows at once.
    """
    from itg.cli.teams import Points, judge_team

    points = Points(research=research, code=code, team=team_points)
    return judge_team(at, team, points, reason, as_json=as_json)


@score_app.command
def par(  # noqa: PLR0913 - each parameter is a flag
    *,
    scenario: Annotated[
        str, Parameter(help="Name of a shipped scenario, or a TOML file.")
    ] = "liquid",
    sessions: Annotated[int, Parameter(help="So many fast sessions, seeds 1, 2, …")] = 768,
    jobs: Annotated[int | None, Parameter(help="So many at once; default: the cores.")] = None,
    references: Annotated[
        bool, Parameter(negative="", help="Find risk's references too, not the scenario's.")
    ] = False,
    cache: Annotated[
        Path | None, Parameter(help="Keep sessions here; default: ~/.cache/itg.")
    ] = None,
    url: Annotated[
        str | None, Parameter(help="Hand the pars to this server, as its organizer.")
    ] = None,
    key: Key = None,
    as_json: AsJson = False,
) -> int:
    """Find par and spread of every role: what reference bots score, two of each in every seat.

    A fast session is one session in half an hour of game time. What was played is kept under the
    hash of scenario, rules and bots; only what is missing is played. Prints TOML for the scenario.
    """
    from itg.cli.score_views import find_and_show_par
    from itg.compose.par import ParSettings

    if sessions < 1 or (jobs is not None and jobs < 1):
        print("itg: --sessions and --jobs are 1 or more", file=sys.stderr)
        return exits.WRONG_USE
    if url is not None and (key is None or references):
        print(
            "itg: --url needs the organizer's key in ITG_API_KEY, and pars by the references of "
            "the scenario: leave out --references",
            file=sys.stderr,
        )
        return exits.WRONG_USE
    settings = ParSettings(
        scenario=scenario,
        sessions=sessions,
        cache=cache or _cache_directory(),
        jobs=jobs or os.cpu_count() or 1,
        with_references=references,
    )
    server = None if url is None or key is None else (url, key)
    return find_and_show_par(settings, server, as_json=as_json)


def _cache_directory() -> Path:
    # As the XDG base directory specification names it.
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "itg"
