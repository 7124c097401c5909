"""Where a complaint points: the key it names, and that key's line in a file's text."""

import re
from collections import Counter

_PLACE = re.compile(r"^([\w.\[\]-]+): ")
_UNKNOWN = re.compile(r"^unknown key `([^`]+)` in (?:table \[([^`]+?)\](?=;|,|$| )|the file)")
_MISSING = re.compile(r"^table \[(.+?)\] misses the key")
_SYNTAX = re.compile(r"\(at line (\d+), column \d+\)")
_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r'^\s*([A-Za-z0-9_.-]+|"[^"]+")\s*=')


def place_in(complaint: str) -> str:
    """Return the key or table that a complaint names, "" where it names none."""
    if (unknown := _UNKNOWN.match(complaint)) is not None:
        key, table = unknown.groups()
        return f"{table}.{key}" if table else str(key)
    found = _MISSING.match(complaint) or _PLACE.match(complaint)
    return "" if found is None else str(found[1])


def line_of(text: str, complaint: str) -> int | None:
    """Return the line, from 1, of what a complaint is about, or of the nearest table around it.

    None where the text says nothing of it: it stands in what the text extends.
    """
    if (syntax := _SYNTAX.search(complaint)) is not None:
        return int(syntax[1])
    lines, place = _lines_by_place(text), place_in(complaint)
    while place:
        if place in lines:
            return lines[place]
        place = re.sub(r"(\.[^.\[]+|\[\d+\]|^[^.\[]+)$", "", place)
    return None


def _lines_by_place(text: str) -> dict[str, int]:
    lines: dict[str, int] = {}
    counts: Counter[str] = Counter()
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if (header := _HEADER.match(line)) is not None:
            table = _table_of(header[2], counts, is_array=header[1] == "[[")
            lines.setdefault(table, number)
        elif (key := _KEY.match(line)) is not None:
            name = key[1].strip('"')
            lines.setdefault(f"{table}.{name}" if table else name, number)
    return lines


def _table_of(name: str, counts: Counter[str], *, is_array: bool) -> str:
    # Of a table inside an array's entry, it is the latest entry so far.
    path = ""
    parts = [part.strip().strip('"') for part in name.split(".")]
    for part in parts[:-1]:
        path = f"{path}.{part}" if path else part
        path = f"{path}[{counts[path] - 1}]" if counts[path] else path
    path = f"{path}.{parts[-1]}" if path else parts[-1]
    if not is_array:
        return path
    counts[path] += 1
    return f"{path}[{counts[path] - 1}]"
