"""Which server an organizer's command asks, and by whose key."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


@Parameter(name="*")
@dataclass(frozen=True)
class At:
    """Which server, and by which organizer's key."""

    url: Annotated[str, Parameter(help="The server.")] = "http://127.0.0.1:8000"
    data: Annotated[
        Path | None, Parameter(help="The game's data directory; its admin.key is used.")
    ] = None
    key: Annotated[
        str | None,
        Parameter(env_var="ITG_ADMIN_KEY", show=False, help="The key (better: ITG_ADMIN_KEY)."),
    ] = None


HERE = At()
