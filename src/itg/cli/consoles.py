"""The consoles every command prints on: what others wrote is shown as they wrote it.

A console takes `[red]` and `:smile:` in plain strings for orders, and `[/b]` for a fault. Names of
teams, headlines and reasons are other people's, so none of these reads strings so: not in cells and
headings, not in lines. Style is given beside the words, with `style=` or a `Text`.
"""

from rich.console import Console
from rich.status import Status
from rich.text import Text

WIDE = 132  # characters of a table that nobody's screen bounds


def screen() -> Console:
    """Return the console of an output, as wide as the terminal."""
    return Console(markup=False, emoji=False)


def wide_console(wide: int = WIDE) -> Console:
    """Return a console for tables: what is read by a program or a file is not broken into lines."""
    console = screen()
    return console if console.is_terminal else Console(markup=False, emoji=False, width=wide)


def progress_console() -> Console:
    """Return the console of what happens meanwhile, beside the output."""
    return Console(stderr=True, markup=False, emoji=False)


def waiting(what: str) -> Status:
    """Show what is waited for, as long as this context lasts."""
    return progress_console().status(Text(what))
