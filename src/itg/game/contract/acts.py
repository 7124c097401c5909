"""What every act of an organizer carries."""

from msgspec import Struct

from itg.kernel.ids import TeamId
from itg.kernel.messages import Command


class OrganizerAct(Command, frozen=True, kw_only=True):
    """An act of an organizer; the audit keeps both fields.

    `by` is the name of the key it came with, which the gateway knows; "": the game's first key, or
    the game itself.
    """

    reason: str = ""
    by: str = ""


class KeyIssuer(Struct, frozen=True, gc=False, kw_only=True):
    """The key with which another one is asked for: the n-th of a team, or of those without one."""

    key_number: int
    team_id: TeamId | None = None
