"""Another game made ready beside the one that is played."""

from typing import Annotated

from msgspec import Meta

from itg.wire.v1.orders import Body, ReasonText, Request
from itg.wire.v1.rehearsing import TextIn

# A folder's name on every system, and no path.
GameNameIn = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]
SeedIn = Annotated[int, Meta(ge=0, le=2**53)]


class NewGameRequest(Request, frozen=True, kw_only=True):
    """A game of a shipped scenario by its name, or of a text that may extend a shipped one.

    `seed`: of every die; without one the scenario's own, which whoever has the file knows.
    """

    name: GameNameIn
    scenario: str | None = None
    text: TextIn | None = None
    seed: SeedIn | None = None
    reason: ReasonText = ""


class NewGameBody(Body, frozen=True, kw_only=True):
    """What lies ready: its directory and secret files on the server, and the command to serve it.

    `join_code_file` is null where registration is open. `commitment` is for publishing.
    """

    name: str
    scenario: str
    scenario_hash: str
    commitment: str
    rounds: int
    max_teams: int
    data: str
    admin_key_file: str
    join_code_file: str | None
    command: str
