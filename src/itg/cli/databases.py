"""The commands of a journal's database: `itg db`."""

import sys
from typing import TYPE_CHECKING, Annotated

from cyclopts import App, Parameter

from itg.cli import exits

if TYPE_CHECKING:
    from itg.compose.databases import Act

db_app = App(name="db", help="Prepare a PostgreSQL database for journals, and look at it.")
Postgres = Annotated[
    str | None,
    Parameter(env_var="ITG_POSTGRES", help="URL of the journal's database (better: ITG_POSTGRES)."),
]
AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")]


@db_app.command
def upgrade(
    *,
    postgres: Postgres = None,
    to: Annotated[str, Parameter(help="A revision; default: the newest.")] = "head",
    as_json: AsJson = False,
) -> int:
    """Make the journal's tables, or bring them up to this build; nothing that is there is lost.

    Run it with the role that owns the tables, before the first `itg serve --postgres` and with each
    new build.
    """
    from itg.compose.databases import upgraded

    return _told(upgraded, postgres, to, as_json=as_json)


@db_app.command
def downgrade(
    *,
    to: Annotated[str, Parameter(help="A revision; `base` removes the tables.")],
    postgres: Postgres = None,
    as_json: AsJson = False,
) -> int:
    """Bring the journal's tables down to an earlier revision.

    No row is lost: `base` is refused while the database holds a game. Below 0002 snapshots go, and
    a game replays from its first input.
    """
    from itg.compose.databases import downgraded

    return _told(downgraded, postgres, to, as_json=as_json)


@db_app.command
def current(*, postgres: Postgres = None, as_json: AsJson = False) -> int:
    """Show a database's revision and the games in it."""
    from itg.compose.databases import looked_at

    return _told(looked_at, postgres, "", as_json=as_json)


@db_app.command
def remove(
    game: Annotated[str, Parameter(help="The game's name in the database.")],
    /,
    *,
    yes: Annotated[bool, Parameter(negative="", help="Do not ask first.")] = False,
    postgres: Postgres = None,
    as_json: AsJson = False,
) -> int:
    """Remove a game's journal from a database; its data directory and backups stay."""
    from itg.cli.asking import AskingError, confirm
    from itg.compose.databases import removed

    try:
        confirm(f"Removing every row of {game}", yes=yes)
    except AskingError as error:
        print(f"itg: {error}", file=sys.stderr)
        return error.code
    return _told(removed, postgres, game, as_json=as_json)


def _told(act: "Act", postgres: str | None, subject: str, *, as_json: bool) -> int:
    from msgspec import json

    from itg.compose.databases import with_extra
    from itg.compose.journals import postgres_url
    from itg.kernel.errors import ConfigurationError, ItgError

    url = postgres_url(postgres)
    if url is None:
        raise ConfigurationError("name the database in ITG_POSTGRES, or with --postgres URL")
    try:
        there = with_extra(act, url, subject)
    except ConfigurationError:
        raise
    except ItgError as error:
        print(f"itg: {error}", file=sys.stderr)
        return exits.FAILED
    if as_json:
        print(json.format(json.encode(there)).decode())
        return exits.DONE
    print(f"database   {url}")
    print(f"revision   {there.revision or 'none: no tables of a journal'}")
    for game in there.games:
        print(f"game       {game.game}: seq {game.last_seq:,}, epoch {game.epoch}")
    return exits.DONE
