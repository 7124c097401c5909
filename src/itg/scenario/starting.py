"""The file a person begins with: an empty layer over another scenario, with its keys at hand."""

from collections.abc import Iterator
from pathlib import Path

from itg.scenario.files import SUFFIX, resolve
from itg.scenario.toml_text import Line, toml_lines

_HEAD = """\
# {title}: what it is for, in a sentence or two.
#
# This file is laid over `{base}`. Below are all of its keys with the values they have there;
# take away the `#` in front of one to change it. An array ([[...]]) is replaced whole: write
# every table of it. What each key means: docs/reference/scenario.md.
# Is it right: itg scenario check {file}

extends = "{base}"
# Tables of `{base}` to leave out, such as "news" or "signals.tracking":
# without = []
title = "{title}"
"""


def starting_text(file: Path, base: str) -> str:
    """Return a file that extends `base`, every key of it in a comment under its table.

    `base` is a shipped name, or a file named as seen from where `file` will lie.
    """
    resolved = resolve(str(file.parent / base) if base.endswith(SUFFIX) else base)
    tables = {key: value for key, value in resolved.tables.items() if key != "title"}
    title = file.stem.replace("-", " ").replace("_", " ").capitalize()
    head = _HEAD.format(title=title, base=base, file=file.name)
    return head + "".join(f"{text}\n" for text in _commented(toml_lines(tables)))


def _commented(lines: Iterator[Line]) -> Iterator[str]:
    # The header of a plain table stays: empty, it changes nothing. That of an array would replace
    # it, and that of a table within an array belongs to the array.
    arrays: list[str] = []
    for text, _ in lines:
        if text.startswith("[["):
            arrays.append(text.strip("[]"))
        is_header = text.startswith("[") and not any(
            text.strip("[]") == name or text.strip("[]").startswith(f"{name}.") for name in arrays
        )
        yield text if is_header or not text else f"# {text}"
