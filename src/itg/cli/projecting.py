"""`itg project`: read models made from a journal."""

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from itg.cli import exits

project_app = App()


@project_app.command
def project(
    data: Annotated[Path, Parameter(help="Directory of the game's data.")],
    /,
    *,
    to: Annotated[
        str,
        Parameter(
            env_var="ITG_READ_MODELS",
            help="A folder for SQLite files, or a PostgreSQL URL; default: DATA.read-models.",
        ),
    ] = "",
    service: Annotated[
        tuple[str, ...],
        Parameter(help="Only that of exchange, positions or game; may be given again."),
    ] = (),
    rebuild: Annotated[
        bool, Parameter(negative="", help="Begin from zero: the game's rows go first.")
    ] = False,
    as_json: Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")] = False,
) -> int:
    """Make tables for queries from a game's journal, or bring them up to it.

    Trades; orders, fills and positions; rounds, teams and scores: a schema for each service. Run
    again, it goes on where it was; the game may be running. It makes the tables and changes those
    of an earlier build.
    """
    from msgspec import json

    from itg.compose.projection import ProjectionWish, project
    from itg.kernel.errors import ConfigurationError, ItgError

    try:
        made = project(data, ProjectionWish(to=to, services=service, rebuild=rebuild))
    except ConfigurationError:
        raise
    except ItgError as error:
        print(f"itg: {error}", file=sys.stderr)
        return exits.FAILED
    if as_json:
        print(json.format(json.encode(made)).decode())
        return exits.DONE
    for each in made:
        rows = ", ".join(f"{count:,} {name}" for name, count in each.rows.items())
        print(f"{each.service:12} {each.at}")
        print(f"{'':12} {each.game} to seq {each.seq:,}: {each.events:,} events more; {rows}")
    return exits.DONE
