"""Cells of CSV files as programs that keep tables open them: a text stays a text."""

from typing import TypeVar

_FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")

Value = TypeVar("Value")


def as_cell(value: Value) -> Value | str:
    """Return a cell's value, an apostrophe before a text that would be taken for a formula.

    Names of teams and headlines are other people's, and a formula can send what stands beside it
    away. Numbers are no texts and stay as they are, those below zero too.
    """
    if isinstance(value, str) and value.startswith(_FORMULA_SIGNS):
        return f"'{value}"
    return value
