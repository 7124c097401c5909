"""One line of the list: what was found, and what to do where it is red."""

from typing import Literal

from msgspec import Struct

Status = Literal["green", "red", "unknown"]


class Row(Struct, frozen=True, kw_only=True):
    """One question with its answer; `advice` says what to do about it, empty where it is green."""

    name: str
    status: Status
    found: str
    advice: str = ""


def row(name: str, found: str, *, is_good: bool, advice: str) -> Row:
    """Return a green or a red row; a green one needs no advice."""
    if is_good:
        return Row(name=name, status="green", found=found)
    return Row(name=name, status="red", found=found, advice=advice)


def unknown(name: str, found: str, advice: str) -> Row:
    """Return a row that could not be told; it does not fail the list."""
    return Row(name=name, status="unknown", found=found, advice=advice)
