"""A recorded price path from a CSV or Parquet file: one price a second of the session."""

import csv
from collections.abc import Iterable
from pathlib import Path

from itg.kernel.errors import ConfigurationError
from itg.kernel.money import Price
from itg.scenario.money import usd_price

PRICE = "price"
SUFFIXES = (".csv", ".parquet")


def recording_of(path: Path, session_seconds: int) -> tuple[Price, ...]:
    """Return the first `session_seconds` prices of a file's column `price`, in USD.

    `ConfigurationError` names the file and what it lacks. Parquet needs the extra `analytics`.
    """
    place = f"market.recording {path.name}"
    if path.suffix not in SUFFIXES:
        raise ConfigurationError(f"{place}: the file's name must end in {' or '.join(SUFFIXES)}")
    if not path.is_file():
        raise ConfigurationError(f"{place}: no such file as {path}")
    values = _csv_values(path, place) if path.suffix == ".csv" else _parquet_values(path, place)
    prices = tuple(_price(value, f"{place}, row {n}") for n, value in enumerate(values, start=1))
    if len(prices) < session_seconds:
        raise ConfigurationError(
            f"{place}: {len(prices):,} prices do not fill a session of {session_seconds:,} seconds"
        )
    return prices[:session_seconds]


def _csv_values(path: Path, place: str) -> list[object]:
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = csv.DictReader(file)
            _assert_column(rows.fieldnames or (), place)
            return [row[PRICE] for row in rows]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ConfigurationError(f"{place} is not CSV: {error}") from error


def _parquet_values(path: Path, place: str) -> list[object]:
    try:
        import polars as pl  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise ConfigurationError(
            f"{place}: Parquet needs the extra [analytics]: pip install "
            "'intern-trading-game[analytics]', or give a CSV file"
        ) from error
    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise ConfigurationError(f"{place} is not Parquet: {error}") from error
    _assert_column(frame.columns, place)
    return list(frame[PRICE])


def _assert_column(names: Iterable[str], place: str) -> None:
    if PRICE not in names:
        raise ConfigurationError(f"{place}: no column `{PRICE}`; it has {', '.join(names)}")


def _price(value: object, place: str) -> Price:
    try:
        usd = float(str(value))
    except ValueError:
        raise ConfigurationError(f"{place}: {value!r} is not a price in USD") from None
    if not 0 < usd < float("inf"):
        raise ConfigurationError(f"{place}: {value!r} is not a price in USD above 0")
    return usd_price(usd, place)
