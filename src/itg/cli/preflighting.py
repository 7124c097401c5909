"""`itg preflight`: the list, one aligned line each, and what to do below it."""

from msgspec import json
from rich.console import Console
from rich.text import Text

from itg.cli import exits
from itg.cli.consoles import wide_console
from itg.compose.preflight.game import Subject
from itg.compose.preflight.rows import Row
from itg.compose.preflight.run import preflight

_STYLES = {"green": "green", "red": "bold red", "unknown": "yellow"}
_MARKS = {"green": "ok ", "red": "RED", "unknown": "?  "}
_NAME_WIDE = 18


def show_preflight(subject: Subject, *, as_json: bool) -> int:
    """Print every row as it is found; 1 if one is red."""
    console = wide_console()
    rows: list[Row] = []
    for each in preflight(subject):
        rows.append(each)
        if not as_json:
            _print(console, each)
    red = [each for each in rows if each.status == "red"]
    if as_json:
        print(json.format(json.encode({"is_ready": not red, "rows": rows})).decode())
    else:
        console.print(f"\n{len(red)} red" if red else "\nready")
    return exits.FAILED if red else exits.DONE


def _print(console: Console, each: Row) -> None:
    line = Text()
    line.append(_MARKS[each.status], style=_STYLES[each.status])
    line.append(f" {each.name:<{_NAME_WIDE}}{each.found}")
    if each.advice:
        line.append(f"\n    {'':<{_NAME_WIDE}}→ {each.advice}")
    console.print(line, soft_wrap=True, highlight=False)
