"""What a misspelled word probably meant."""

from collections.abc import Sequence
from difflib import get_close_matches

_CUTOFF = 0.5


def nearest(word: str, known: Sequence[str]) -> str:
    """Return the end of an error message: the nearest known word, else all of them."""
    close = get_close_matches(word, known, n=1, cutoff=_CUTOFF)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; known: {', '.join(known)}" if known else ""
