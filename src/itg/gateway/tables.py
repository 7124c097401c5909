"""Rows as files: CSV by the standard library, Parquet by the extra `analytics`."""

import csv
from importlib.util import find_spec
from io import BytesIO, StringIO

from itg.gateway.problems import RefusedError, problem_of
from itg.gateway.reasons import EXPORT_UNAVAILABLE
from itg.translate.exports import Row, columns_of
from itg.translate.spreadsheets import as_cell

CSV = "text/csv"
PARQUET = "application/vnd.apache.parquet"


def has_parquet() -> bool:
    """Tell whether the library that writes Parquet is installed."""
    try:
        return find_spec("polars") is not None
    except ValueError:  # it was taken out of a process that runs
        return False


def csv_of(rows: list[Row]) -> bytes:
    """Return rows as CSV with a head; empty cells are facts that a row does not have."""
    text = StringIO()
    writer = csv.DictWriter(text, columns_of(rows), restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: as_cell(cell) for name, cell in row.items()} for row in rows)
    return text.getvalue().encode()


def parquet_of(rows: list[Row]) -> bytes:
    """Return rows as Parquet; raise `RefusedError` where the library is not installed."""
    try:
        import polars as pl  # noqa: PLC0415 - an extra, and slow to load
    except ImportError:
        detail = "Parquet needs the extra analytics; format=csv needs nothing"
        raise RefusedError(problem_of(EXPORT_UNAVAILABLE, detail)) from None
    names = columns_of(rows)
    columns = {name: [row.get(name) for row in rows] for name in names}
    file = BytesIO()
    pl.DataFrame(columns, strict=False).write_parquet(file)
    return file.getvalue()
