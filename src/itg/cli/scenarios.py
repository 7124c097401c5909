"""The commands `itg scenario`: which there are, what is in them, writing one, committing to one."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from itg.cli import exits

scenario_app = App(name="scenario", help="Show, write and check scenarios; commit to a seed.")

AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")]
Name = Annotated[str, Parameter(help="Name of a shipped scenario, or a TOML file.")]


@scenario_app.command(name="list")
def list_(*, as_json: AsJson = False) -> int:
    """List the shipped scenarios and what each is for."""
    from itg.cli.scenario_views import show_list

    return show_list(as_json=as_json)


@scenario_app.command
def show(
    name: Name,
    /,
    *,
    origin: Annotated[
        bool, Parameter(negative="", help="Say beside each key which file it comes from.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Show a scenario as one TOML file, with all that it extends."""
    from itg.cli.scenario_views import show_scenario

    return show_scenario(name, origin=origin, as_json=as_json)


@scenario_app.command
def new(
    file: Annotated[Path, Parameter(help="The file to write; its name ends in .toml.")],
    /,
    *,
    extends: Annotated[str, Parameter(help="The scenario it is laid over.")] = "classic",
) -> int:
    """Write a file to start from, with every key in a comment; an existing file is left alone."""
    from itg.cli.scenario_views import write_starting

    return write_starting(file, extends)


@scenario_app.command
def check(
    name: Name,
    /,
    *,
    seeds: Annotated[int, Parameter(help="So many sessions of the world alone; 0: none.")] = 64,
    market_seeds: Annotated[
        int, Parameter(help="So many half hours with the reference bots; 0: none.")
    ] = 4,
    quick: Annotated[
        bool, Parameter(name="--quick", negative="", help="Look for faults; simulate nothing.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Say everything that is wrong with a scenario, 1 if anything is; then what it is like to play.

    What a sound scenario is like is simulated on all cores, in two to three minutes for a whole
    day: distributions of its world and of its market over seeds, and how hard it is.
    """
    from itg.cli.scenario_checking import check_scenario
    from itg.compose.scenario_check import CheckSettings

    if seeds < 0 or market_seeds < 0:
        print("itg: --seeds and --market-seeds are numbers of games, 0 or more", file=sys.stderr)
        return exits.WRONG_USE
    counts = (0, 0) if quick else (seeds, market_seeds)
    settings = CheckSettings(scenario=name, seeds=counts[0], market_seeds=counts[1])
    return check_scenario(settings, as_json=as_json)


@scenario_app.command
def commit(
    name: Name,
    /,
    *,
    out: Annotated[Path, Parameter(help="The reveal's file; keep it secret until the round ends.")],
    seed: Annotated[
        int | None, Parameter(help="Seed of every dice in the game; default: the file's.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Commit to a scenario and a seed before a round: print the hash to publish.

    What opens it, the reveal, goes to a new file that only you can read.
    """
    from itg.cli.scenario_views import make_commitment

    return make_commitment(name, seed=seed, out=out, as_json=as_json)


@scenario_app.command
def verify(
    reveal: Annotated[Path, Parameter(help="The reveal's file, published after the round.")],
    commitment: Annotated[str, Parameter(help="The hash that was published before the round.")],
    /,
    *,
    as_json: AsJson = False,
) -> int:
    """Hold a reveal against the commitment: print each part; 1 if one does not match."""
    from itg.cli.scenario_views import show_reveal

    return show_reveal(reveal, commitment, as_json=as_json)
