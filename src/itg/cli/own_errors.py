"""Errors of a person's own file, as its author looks for them."""

from collections.abc import Iterable
from pathlib import Path
from traceback import format_exception

_HEAD = "Traceback (most recent call last):\n"
_END_OF_REMOTE = '\n"""\n'  # a worker process sends its traceback between quotes


def own_traceback(files: Iterable[str], error: BaseException) -> str | None:
    """Return an error's traceback from the first frame in `files` on, None where none is in them.

    How the file was called is not its author's. The error may come from a worker process.
    """
    text = "".join(format_exception(error))
    names = {name for file in files for name in (file, str(Path(file).resolve()))}
    starts = [text.find(f'  File "{name}"') for name in names]
    start = min((place for place in starts if place >= 0), default=-1)
    if start < 0:
        return None
    return f"{_HEAD}{text[start:].partition(_END_OF_REMOTE)[0].rstrip()}\n"
