"""`itg login-link`: a link that signs a browser in; and whether a page may be opened here."""

import os
import sys
from collections.abc import Mapping
from typing import Annotated

from cyclopts import Parameter

from itg.cli.at import HERE, At

AsJson = Annotated[bool, Parameter(name="--json", negative="", help="Print JSON.")]


def login_link(
    team: Annotated[str | None, Parameter(help="A team's id or name; default: yourself.")] = None,
    /,
    *,
    read_only: Annotated[
        bool, Parameter(negative="", help="For a key that reads alone: a board, a guest.")
    ] = False,
    as_json: AsJson = False,
    at: At = HERE,
) -> int:
    """Print a link that signs a browser in: for a team, or the organizer.

    It is good once, for ten minutes, and gives the browser a key of its own. With a team's key in
    ITG_ADMIN_KEY it is that team's link.
    """
    from itg.cli.signing_in import show_link

    return show_link(at, team, is_read_only=read_only, as_json=as_json)


def has_screen(environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> bool:
    """Tell whether somebody sits before a browser here: a terminal, a display, no automation."""
    if environment.get("CI") or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    if platform in {"darwin", "win32"}:
        return True
    return bool(environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY"))
