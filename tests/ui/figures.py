"""What a page writes, read as numbers."""

import re
from decimal import Decimal

from playwright.sync_api import Locator, Page


def amount(text: str) -> Decimal:
    """Read an amount as the page writes it: `▼−1,234.50`."""
    return Decimal(re.sub(r"[▲▼,\s]", "", text).replace("−", "-"))


def usd(value: float, places: int = 4) -> Decimal:
    """Return an amount of the interface with the decimals that the page shows."""
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-places))


def table(page: Page, name: str) -> Locator:
    """Return a table of the report by its name."""
    return page.locator(f"table[data-table={name}]")


def rows(found: Locator) -> list[list[str]]:
    """Return the text of every cell of a table's body."""
    cells: list[list[str]] = found.evaluate(
        "one => [...one.tBodies[0].rows].map(row => [...row.cells].map(c => c.textContent.trim()))"
    )
    return cells
