"""What every act of an organizer carries."""

from itg.kernel.messages import Command


class OrganizerAct(Command, frozen=True, kw_only=True):
    """An act of an organizer; the audit keeps both fields.

    `by` is the name of the key it came with, which the gateway knows; "": the game's first key, or
    the game itself.
    """

    reason: str = ""
    by: str = ""
