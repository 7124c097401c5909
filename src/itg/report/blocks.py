"""What a document is made of, whatever it is written as; and how its numbers are written."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Literal

from msgspec import Struct

Tone = Literal["", "gain", "loss"]
MINUS, DASH = "\N{MINUS SIGN}", "\N{EN DASH}"
_US_PER_S = 1_000_000


class Cell(Struct, frozen=True):
    """A text; `is_number` stands at the right, `tone` is its direction, told by a glyph too."""

    text: str
    is_number: bool = False
    tone: Tone = ""


class Table(Struct, frozen=True, kw_only=True):
    """Rows under heads; `is_number` by column. The last row is a sum where `has_total`."""

    caption: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    has_total: bool = False


class Figure(Struct, frozen=True, kw_only=True):
    """A drawing as SVG with the classes of `drawing`, and what it shows in words."""

    caption: str
    svg: str


class Note(Struct, frozen=True):
    """A paragraph."""

    text: str


Block = Table | Figure | Note


class Section(Struct, frozen=True, kw_only=True):
    """A part of a report; `lead` says what it is and how to read it."""

    title: str
    lead: str
    blocks: tuple[Block, ...]


def spaced(name: str) -> str:
    """Return a name of the wire as words."""
    return name.replace("_", " ")


def cell(text: str) -> Cell:
    """Return a text."""
    return Cell(text)


def money(value: float | None) -> Cell:
    """Return USD to the last digit there is, with its direction."""
    if value is None:
        return Cell(DASH, is_number=True)
    if value == 0:
        return Cell("0.00", is_number=True)
    text = usd_text(abs(value))
    if value > 0:
        return Cell(f"▲ {text}", is_number=True, tone="gain")
    return Cell(f"▼ {MINUS}{text}", is_number=True, tone="loss")


def usd_text(value: float) -> str:
    """Return USD with two decimals, or up to four where it has them."""
    text = f"{value:,.4f}"
    text = text.removesuffix("00")
    return text.replace("-", MINUS)


def number(value: float | None, digits: int = 0) -> Cell:
    """Return a number with so many decimals."""
    if value is None:
        return Cell(DASH, is_number=True)
    return Cell(f"{value:,.{digits}f}".replace("-", MINUS), is_number=True)


def exact(value: float | None) -> Cell:
    """Return a number with up to six decimals, as many as it has."""
    if value is None:
        return Cell(DASH, is_number=True)
    text = f"{value:,.6f}".rstrip("0").rstrip(".")
    return Cell(text.replace("-", MINUS), is_number=True)


def share(value: float | None) -> Cell:
    """Return a share in percent."""
    if value is None:
        return Cell(DASH, is_number=True)
    return Cell(f"{value * 100:.2f} %", is_number=True)


def clock(game_us: int) -> str:
    """Return a game time of the day."""
    return datetime.fromtimestamp(game_us / _US_PER_S, UTC).strftime("%H:%M:%S")


def row(*cells: Cell | str) -> tuple[Cell, ...]:
    """Return a row; texts may stand for themselves."""
    return tuple(each if isinstance(each, Cell) else Cell(each) for each in cells)


def table(
    caption: str,
    heads: Sequence[str],
    rows: Sequence[tuple[Cell, ...]],
    *,
    has_total: bool = False,
) -> Table:
    """Return a table; every row has a cell under every head."""
    assert all(len(cells) == len(heads) for cells in rows), f"{caption}: a row of another width"
    return Table(caption=caption, heads=tuple(heads), rows=tuple(rows), has_total=has_total)
