"""Names that people choose: when two are one, and when one is written as a team's id is."""

import re
from unicodedata import normalize

_AS_TEAM_ID = re.compile(r"t\d+")


def folded(name: str) -> str:
    """Return what two names that look alike share."""
    # Once more after the folding, which can leave letters that are composed otherwise.
    one_form = normalize("NFKC", normalize("NFKC", name).casefold())
    return " ".join(one_form.split())


def is_as_team_id(name: str) -> bool:
    """Tell whether a name is written as a team's id is: t and a number."""
    return _AS_TEAM_ID.fullmatch(folded(name)) is not None
