"""A scenario's tables written as TOML, with a note beside each key where one is wanted."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, time
from typing import NamedTuple

WIDTH = 80
_BARE = re.compile(r"[A-Za-z0-9_-]+")
Path = tuple[str, ...]


class Line(NamedTuple):
    """A line of the text; `path` names the key that begins on it."""

    text: str
    path: Path | None = None


def toml_text(tables: Mapping[str, object], notes: Mapping[Path, str] | None = None) -> str:
    """Return TOML that parses to `tables`, plain keys before tables, each in their order.

    `notes` are written behind their keys, one below the other; keys inside an array of tables
    carry the note of the array.
    """
    lines = [*toml_lines(tables)]
    if notes is None:
        return "".join(f"{line.text}\n" for line in lines)
    width = max((len(line.text) for line in lines if line.path is not None), default=0)
    return "".join(f"{_noted(line, notes, width)}\n" for line in lines)


def toml_lines(tables: Mapping[str, object], path: Path = ()) -> Iterator[Line]:
    """Yield the lines of a table's keys and of the tables in it."""
    inside = {key: value for key, value in tables.items() if _is_table(value)}
    for key, value in tables.items():
        if key not in inside:
            yield from _key_lines(key, value, (*path, key))
    for key, value in inside.items():
        yield from _table_lines(value, (*path, key))


def _noted(line: Line, notes: Mapping[Path, str], width: int) -> str:
    if line.path is None:
        return line.text
    held = [notes[line.path[:n]] for n in range(len(line.path), 0, -1) if line.path[:n] in notes]
    return f"{line.text:<{width}}  # {held[0]}" if held else line.text


def _is_table(value: object) -> bool:
    # An array of tables becomes [[tables]] unless each is short enough for a line of its own.
    return isinstance(value, Mapping) or (_is_array_of_tables(value) and not _is_inline(value))


def _is_array_of_tables(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, Mapping) for v in value)


def _is_inline(value: object) -> bool:
    # Constraints, hours, bands and short headlines: rows of plain values, in one shape or by kind.
    assert isinstance(value, list)
    rows = [
        row for row in value if not any(isinstance(item, Mapping | list) for item in row.values())
    ]
    return len(rows) == len(value) and all("id" not in row and "name" not in row for row in rows)


def _table_lines(value: object, path: Path) -> Iterator[Line]:
    name = ".".join(_name(key) for key in path)
    if isinstance(value, Mapping):
        if not _is_only_tables(value):
            yield from (Line(""), Line(f"[{name}]"))
        yield from toml_lines(value, path)
        return
    assert isinstance(value, list)
    for row in value:
        yield from (Line(""), Line(f"[[{name}]]"))
        yield from toml_lines(row, path)


def _is_only_tables(value: Mapping[str, object]) -> bool:
    return bool(value) and all(_is_table(item) for item in value.values())


def _key_lines(key: str, value: object, path: Path) -> Iterator[Line]:
    key = _name(key)
    whole = f"{key} = {_value(value)}"
    if not isinstance(value, list) or (len(whole) <= WIDTH and not _holds_rows(value)):
        yield Line(whole, path)
        return
    yield Line(f"{key} = [", path)
    items = [f"{_value(item)}," for item in value]
    rows = items if _holds_rows(value) else _filled(items)
    yield from (Line(f"  {row}") for row in rows)
    yield Line("]")


def _filled(items: Sequence[str]) -> Iterator[str]:
    row = ""
    for item in items:
        if row and len(row) + len(item) >= WIDTH:
            yield row
            row = ""
        row = f"{row} {item}" if row else item
    yield row


def _holds_rows(value: list[object]) -> bool:
    return any(isinstance(item, Mapping | list) for item in value)


def _value(value: object) -> str:
    match value:
        case str():
            return _quoted(value)
        case bool():
            return str(value).lower()
        case date() | time():
            return value.isoformat()
        case Mapping():
            pairs = (f"{_name(key)} = {_value(item)}" for key, item in value.items())
            return "{ " + ", ".join(pairs) + " }"
        case Sequence():
            return "[" + ", ".join(_value(item) for item in value) + "]"
        case _:
            return repr(value)


def _name(key: str) -> str:
    return key if _BARE.fullmatch(key) else _quoted(key)


def _quoted(text: str) -> str:
    # A basic string of TOML escapes as JSON does, and one control character more.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
