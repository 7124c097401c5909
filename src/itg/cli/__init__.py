"""The command `itg`. Exit codes: 0 done, 1 failed, 2 wrong use, 3 no server, 130 stopped."""

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, CycloptsError, Parameter

from itg import __version__
from itg.cli import exits
from itg.cli.admin_flags import NO_ADMIN, AdminAt
from itg.cli.after_round import bundle, bundle_app, export, report
from itg.cli.backup_flags import BackupEvery, BackupKeep, BackupTo
from itg.cli.databases import Postgres, db_app
from itg.cli.fleet import fleet_app
from itg.cli.granting import key_app, role_app
from itg.cli.links import login_link
from itg.cli.organizing import audit, game_app, news_app, team_app, trade_app
from itg.cli.projecting import project_app
from itg.cli.safety import safety_app
from itg.cli.scenarios import scenario_app
from itg.cli.scoring import score_app
from itg.cli.traces import TraceShare
from itg.cli.whole_numbers import refuse_fractions

# Only what the command line itself needs is loaded here; each command loads its own world, so that
# `itg --help` answers at once.

app = App(
    name="itg",
    help="An options exchange on simulated underlyings, in a box.",
    help_epilogue="ITG_LOG=json in the environment: log lines on standard error as JSON.",
    version=f"itg {__version__}",
    result_action="return_int_as_exit_code_else_zero",
    config=(refuse_fractions,),
)
bot_app = App(name="bot", help="Run trading bots against a server.")
app.command(bot_app)
lab_app = App(name="lab", help="Play games at once, without server, disk or clock.")
app.command(lab_app)
app.command(scenario_app)
app.command(safety_app, name="*")
app.command(fleet_app, name="*")
app.command(project_app, name="*")
for organizers in (game_app, team_app, role_app, news_app, trade_app, key_app):
    app.command(organizers)
game_app.command(bundle)
app.command(bundle_app)
app.command(score_app)
app.command(export)
app.command(report)
app.command(audit)
app.command(login_link)
app.command(db_app)

Port = Annotated[int, Parameter(help="TCP port on which to listen; 0 picks a free one.")]
Bus = Annotated[
    str,
    Parameter(
        env_var="ITG_BUS",
        help="Broker that gets every fact: nats://, kafka:// or rabbitmq-stream://host:port; with "
        "a password in ITG_BUS.",
    ),
]
AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")]
Seed = Annotated[int | None, Parameter(help="Seed of every dice in the game; default: the file's.")]


@app.command
def serve(  # noqa: PLR0913 - each parameter is a flag
    *,
    scenario: Annotated[
        str, Parameter(help="Name of a shipped scenario, or a TOML file.")
    ] = "demo",
    data: Annotated[Path, Parameter(help="Directory of the game's data.")] = Path("data"),
    host: Annotated[str, Parameter(help="Address on which to listen.")] = "127.0.0.1",
    port: Port = 8000,
    seed: Seed = None,
    speed: Annotated[
        float | None, Parameter(help="Game seconds per wall second; default: the scenario's.")
    ] = None,
    unsafe: Annotated[
        bool, Parameter(negative="", help="Acknowledge before the disk has it: faster, may lose.")
    ] = False,
    bus: Bus = "",
    postgres: Postgres = None,
    standby: Annotated[
        bool, Parameter(negative="", help="While another process leads this game, follow it.")
    ] = False,
    backup_to: BackupTo = None,
    backup_every: BackupEvery = "24h",
    backup_keep: BackupKeep = None,
    trace_share: TraceShare = 0.0,
    admin: AdminAt = NO_ADMIN,
) -> int:
    """Run a game: exchange, world and gateway in one process.

    The same data directory continues the same game, to the last acknowledged order. A fault inside
    restarts the game through recovery. With --standby it listens and leads as soon as nobody else
    does. With --backup-to a process beside it makes backups, each replayed. Stop with Ctrl-C.
    """
    from itg.cli.serving import backups_of, bus_of, serve_forever
    from itg.compose.journals import POSTGRES_VARIABLE, postgres_url
    from itg.compose.solo import SoloSettings

    if postgres:
        os.environ[POSTGRES_VARIABLE] = postgres  # for the relay, which reads the journal too
    return serve_forever(
        SoloSettings(
            scenario=scenario,
            data=data,
            host=host,
            port=port,
            seed=seed,
            speed=speed,
            unsafe=unsafe,
            bus=bus_of(bus),
            postgres=postgres_url(postgres),
            standby=standby,
            trace_share=trace_share,
            backups=backups_of(backup_to, backup_every, backup_keep),
            admin=admin.address,
        )
    )


@app.command
def demo(  # noqa: PLR0913 - each parameter is a flag
    *,
    headless: Annotated[
        bool, Parameter(negative="", help="In lock step, without a table.")
    ] = False,
    speed: Annotated[
        Literal["scenario", "max"], Parameter(help="`max` needs --headless: as fast as it goes.")
    ] = "scenario",
    days: Annotated[
        int | None,
        Parameter(help="So many trading days, one after another; default: the scenario's one."),
    ] = None,
    seed: Seed = None,
    as_json: AsJson = False,
    data: Annotated[
        Path | None,
        Parameter(help="Keep the journal here; default: a directory removed at the end."),
    ] = None,
    opens: Annotated[
        bool,
        Parameter(name="--open", negative="--no-open", help="Open the page, where a screen is."),
    ] = True,
) -> int:
    """Watch six bots of three roles trade an SPX/SPY option chain, one day or several.

    Pre-open, opening auction, 30 minutes of continuous trading and the close, at ten times real
    time: about three minutes. A link is printed to the page where that market lives, with a seat of
    your own. With `--headless --speed max` the bots trade in lock step, in under a
    minute a day, and equal seeds give equal events. With `--days N` rounds follow one another in
    one journal, prices without a gap between them: series expire and settle, others are listed.
    """
    from itg.cli.showing import DemoShown, show_demo

    if (speed == "max") != headless:
        return wrong_use("--headless and --speed max belong together: give both or neither")
    shown = DemoShown(as_json=as_json, opens=opens)
    return show_demo(shown, lock_step=headless, days=days, seed=seed, data=data)


@bot_app.command
def run(  # noqa: PLR0913 - each parameter is a flag
    file: Annotated[Path, Parameter(help="A Python file with one Bot class.")],
    /,
    *,
    url: Annotated[str, Parameter(help="The server.")] = "http://127.0.0.1:8000",
    key: Annotated[
        str | None,
        Parameter(env_var="ITG_API_KEY", show=False, help="The team's key (better: ITG_API_KEY)."),
    ] = None,
    team: Annotated[
        str | None, Parameter(help="Register a team of this name first and print its key.")
    ] = None,
    role: Annotated[str, Parameter(help="The new team's role.")] = "hedge_fund",
    join_code: Annotated[str | None, Parameter(help="Where the scenario asks for one.")] = None,
) -> int:
    """Run one bot until the round ends.

    Give the team's key in the environment variable ITG_API_KEY, or `--team NAME` to register.
    """
    from itg.cli.trading import TeamChoice, run_file

    return run_file(file, url, TeamChoice(key=key, team=team, role=role, join_code=join_code))


@bot_app.command(show=False)
def crew() -> int:
    """Run the demo's bots in one process; reads their keys and settings as JSON from stdin."""
    from itg.cli.trading import run_crew

    return run_crew(sys.stdin.buffer.read())


@lab_app.command(name="run")
def lab_run(  # noqa: PLR0913 - each parameter is a flag
    *,
    scenario: Annotated[
        str, Parameter(help="Name of a shipped scenario, or a TOML file.")
    ] = "demo",
    seed: Seed = None,
    seeds: Annotated[int, Parameter(help="So many seeds, on all cores, and their means.")] = 1,
    days: Annotated[
        int | None, Parameter(help="So many trading days; default: the file's.")
    ] = None,
    bots: Annotated[
        list[str] | None,
        Parameter(
            help="Who plays: BOT, BOT:COUNT or FILE.py:ROLE, as often as you like; default: the "
            "scenario's teams, or two of each role, with their reference bots.",
            consume_multiple=True,
            negative="",
        ),
    ] = None,
    alpha: Annotated[
        str | None,
        Parameter(
            help="Score an alpha model: NAME or FILE.py:CLASS, and :ROLE whom it tells; default: "
            "the scenario's, or the first role a team can take."
        ),
    ] = None,
    calibration: Annotated[
        bool, Parameter(negative="", help="Hold small investors against their configuration.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Play a scenario to its end with bots called in lock step.

    The same services, bots and order of everything as over the socket in lock step: equal scenario,
    seed and bots give equal events.
    """
    from itg.cli.lab import run_lab
    from itg.compose.lab import LabSettings

    if seeds < 1:
        return wrong_use(f"--seeds {seeds} is not a number of games; give 1 or more")
    settings = LabSettings(
        scenario=scenario,
        seed=seed,
        days=days,
        seats=tuple(bots or ()),
        alpha=alpha,
        is_calibrated=calibration,
    )
    return run_lab(settings, seeds, as_json=as_json)


@app.command
def status(
    *,
    url: Annotated[str, Parameter(help="The server.")] = "http://127.0.0.1:8000",
    as_json: AsJson = False,
) -> int:
    """Show whether a server is ready, its phase and clocks, and how its pump does."""
    from itg.cli.showing import show_status

    return show_status(url, as_json=as_json)


@app.command
def verify(
    data: Annotated[Path, Parameter(help="Directory of a game's data.")],
    /,
    *,
    topology: Annotated[
        str | None,
        Parameter(help="Play it with its services apart: solo, services, apart, or several."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Run a journal again from its first input and compare everything it recorded.

    Reads only; the game may be running.
    """
    from itg.cli.verifying import show_topologies, show_verify

    if topology is not None:
        return show_topologies(data, topology, as_json=as_json)
    return show_verify(data, as_json=as_json)


@app.command
def trace(
    order: Annotated[
        str, Parameter(help="An order id; with --team a client order id; a trace id.")
    ],
    /,
    *,
    data: Annotated[Path, Parameter(help="Directory of the game's data.")] = Path("data"),
    team: Annotated[
        str | None, Parameter(help="The team whose client order id ORDER is: its name or account.")
    ] = None,
    as_team: Annotated[
        bool, Parameter(negative="", help="Hide what the team's own feed hides: the other side.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Print an order's life from the journal: all that caused or touched it, and who did.

    Reads only; the game may be running, on this server or on none.
    """
    from itg.cli.tracing import show_trace

    return show_trace(data, order, team, as_team=as_team, as_json=as_json)


@app.command
def surveil(
    data: Annotated[Path | None, Parameter(help="Directory of a game's data.")] = None,
    /,
    *,
    url: Annotated[str | None, Parameter(help="Ask a running game instead.")] = None,
    round_: Annotated[
        int | None,
        Parameter(name="--round", help="Of this round alone; with --url by default the newest."),
    ] = None,
    key: Annotated[
        str | None,
        Parameter(env_var="ITG_API_KEY", show=False, help="An organizer's key (ITG_API_KEY)."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Show what looks like abuse: wash trades, transfers, layering, stuffing, marking the close.

    Of a data directory all trading days, of a running game (with `--url` and an organizer's key in
    ITG_API_KEY) the day at hand; or that of a round. Reads only; a case is a question, no verdict.
    """
    from itg.cli.surveilling import show_live, show_recorded

    if (data is None) == (url is None):
        return wrong_use("name a data directory or --url, one of them")
    if data is not None:
        return show_recorded(data, round_, as_json=as_json)
    if url is None or key is None:
        return wrong_use("--url needs an organizer's key in the environment variable ITG_API_KEY")
    return show_live(url, key, round_, as_json=as_json)


def wrong_use(message: str) -> int:
    """Say what would have been right and return the exit code of wrong use."""
    return _failed(message, exits.WRONG_USE)


def _failed(message: str, code: int = exits.FAILED) -> int:
    from itg.compose.logs import say_failure

    say_failure(message)
    return code


def main() -> None:
    """Run the command line and exit."""
    from itg.kernel.errors import ConfigurationError, ItgError
    from itg.runtime.asserts import refuse_optimized

    try:
        refuse_optimized()
        code = app(sys.argv[1:], exit_on_error=False)
    except CycloptsError:
        code = exits.WRONG_USE  # already said by cyclopts
    except ConfigurationError as error:
        code = wrong_use(str(error))
    except ItgError as error:
        code = _failed(str(error))
    except KeyboardInterrupt:
        code = exits.INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has seen enough; the interpreter's own last flush must not fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = exits.DONE
    except OSError as error:
        if error.filename is None:
            raise  # no place to name, so nothing that a person could put right
        # Of a move that failed the second is the place that was asked for.
        code = _failed(f"{error.filename2 or error.filename}: {error.strerror}")
    sys.exit(code)
