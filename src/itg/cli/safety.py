"""The commands that keep a game safe: backup, restore, prune, preflight, rehearse."""

import re
from pathlib import Path
from typing import Annotated

from cyclopts import App, Parameter

from itg.cli import exits

safety_app = App(name="itg")

AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")]
_UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


@safety_app.command
def backup(  # noqa: PLR0913 - each parameter is a flag
    data: Annotated[Path, Parameter(help="A game's data, or a folder of several games.")],
    /,
    *,
    to: Annotated[
        Path | None, Parameter(help="Where backups go; default: DATA.backups, beside the data.")
    ] = None,
    without_keys: Annotated[
        bool, Parameter(negative="", help="Leave the organizer's key and the join code out.")
    ] = False,
    verify: Annotated[
        bool, Parameter(negative="", help="Replay the copy from its first input too.")
    ] = False,
    keep: Annotated[
        int | None, Parameter(help="Keep so many of the game's backups; default: all.")
    ] = None,
    every: Annotated[
        str | None, Parameter(help="Again after so long, such as 24h; until Ctrl-C.")
    ] = None,
    prune_older_than: Annotated[
        str | None,
        Parameter(help="Remove finished games whose last input is older, such as 90d."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Copy a game's data while it is played: consistent, compared byte by byte, with a manifest.

    Names sort by time. Nothing older is removed before the new one was read back.
    """
    from itg.cli.keeping import BackupWish, show_backup

    if keep is not None and keep < 1:
        return wrong_use(f"--keep {keep} would keep nothing; give 1 or more")
    return show_backup(
        BackupWish(
            data=data,
            to=to,
            keys=not without_keys,
            verify=verify,
            keep=keep,
            every_s=seconds_in("--every", every),
            prune_older_than_s=seconds_in("--prune-older-than", prune_older_than),
            as_json=as_json,
        )
    )


@safety_app.command
def restore(
    backup: Annotated[Path, Parameter(help="A backup's directory.")],
    /,
    *,
    to: Annotated[Path, Parameter(help="A new or empty directory.")],
    verify: Annotated[
        bool, Parameter(negative="", help="Replay it and compare end and state.")
    ] = False,
    into_postgres: Annotated[
        bool, Parameter(negative="", help="Put the journal into the database of ITG_POSTGRES.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Bring a backup back to a directory that `itg serve --data` continues."""
    from itg.cli.keeping import RestoreTarget, show_restore

    target = RestoreTarget(path=to, into_postgres=into_postgres)
    return show_restore(backup, target, verify=verify, as_json=as_json)


@safety_app.command
def prune(  # noqa: PLR0913 - each parameter is a flag
    folder: Annotated[Path, Parameter(help="A folder of several games, or one game's data.")],
    /,
    *,
    days: Annotated[
        float, Parameter(help="Keep a game so many days after its last round ended.")
    ] = 90.0,
    backups: Annotated[
        Path | None, Parameter(help="Where backups lie; default: DATA.backups, beside each game.")
    ] = None,
    dry_run: Annotated[
        bool, Parameter(negative="", help="Show what would go, and why not.")
    ] = False,
    yes: Annotated[bool, Parameter(negative="", help="Do not ask first.")] = False,
    as_json: AsJson = False,
) -> int:
    """List games with end, size and verified backup; remove finished ones older than `--days`.

    Only a game that nobody plays goes, and only if a backup of its last row was replayed, keys
    included, and reads as it was sealed. 1 if one is old enough and no backup lets it go.
    """
    from itg.cli.pruning import PruneWish, show_prune

    if days <= 0:
        return wrong_use(f"--days {days:g} would keep nothing; give more than 0")
    return show_prune(
        PruneWish(
            folder=folder,
            kept_s=days * _UNITS_S["d"],
            backups=backups,
            is_dry=dry_run,
            yes=yes,
            as_json=as_json,
        )
    )


@safety_app.command
def preflight(  # noqa: PLR0913 - each parameter is a flag
    *,
    data: Annotated[Path, Parameter(help="Directory of the game's data.")] = Path("data"),
    scenario: Annotated[
        str | None, Parameter(help="The day's scenario; default: what the data was made with.")
    ] = None,
    url: Annotated[
        str | None, Parameter(help="The server, once it runs; without it a port is tried.")
    ] = None,
    port: Annotated[int, Parameter(help="The port on which the server will listen.")] = 8000,
    teams: Annotated[int | None, Parameter(help="So many teams are expected.")] = None,
    backups: Annotated[
        Path | None, Parameter(help="Where backups lie; default: DATA.backups, beside the data.")
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Check machine, data, server and teams before the day; 1 if a line is red.

    Every red line says what to do. Nothing is changed.
    """
    from itg.cli.preflighting import show_preflight
    from itg.compose.backup import default_place
    from itg.compose.preflight.game import Subject

    subject = Subject(
        data=data,
        backups=backups or default_place(data),
        scenario=scenario,
        url=url,
        port=port,
        teams=teams,
    )
    return show_preflight(subject, as_json=as_json)


@safety_app.command
def rehearse(  # noqa: PLR0913 - each parameter is a flag
    *,
    teams: Annotated[int, Parameter(help="So many fake teams, the open roles in turn.")] = 40,
    minutes: Annotated[float, Parameter(help="Minutes at full rate.")] = 5.0,
    scenario: Annotated[
        str, Parameter(help="Name of a shipped scenario, or a TOML file.")
    ] = "classic",
    seed: Annotated[int, Parameter(help="Seed of who does what when.")] = 1,
    data: Annotated[
        Path | None,
        Parameter(help="Keep everything here, on the disk of the day; default: removed."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Play the day's load on this machine: full rate, cut connections, killed clients and server.

    Says whether so many teams are carried here, why not, and how many are. 1 if not.
    """
    from itg.cli.rehearsing import RehearsalWish, show_rehearsal

    if teams < 1 or minutes <= 0:
        return wrong_use("give --teams 1 or more and --minutes above 0")
    return show_rehearsal(
        data,
        RehearsalWish(teams=teams, seconds=minutes * _UNITS_S["m"], scenario=scenario, seed=seed),
        as_json=as_json,
    )


def seconds_in(flag: str, text: str | None) -> float | None:
    """Return the seconds a text such as 90d, 24h, 30m or 45s names; None for None."""
    from itg.kernel.errors import ConfigurationError

    if text is None:
        return None
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhd])", text.strip())
    if found is None or float(found[1]) == 0:
        raise ConfigurationError(f"{flag} {text} is no duration; give one such as 24h or 90d")
    return float(found[1]) * _UNITS_S[found[2]]


def wrong_use(message: str) -> int:
    """Say what would have been right and return the exit code of wrong use."""
    import sys

    print(f"itg: {message}", file=sys.stderr)
    return exits.WRONG_USE
