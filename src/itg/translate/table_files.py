"""Tables as files: CSV by the standard library, Parquet by the extra `analytics`."""

import csv
from collections.abc import Callable, Iterable, Sequence
from typing import IO, Final

from itg.kernel.errors import ItgError
from itg.kernel.ids import InstrumentId
from itg.translate.lobster import LobsterBook, LobsterMessage, lobster_messages
from itg.translate.round_facts import Fact
from itg.translate.round_rows import Cells, Column
from itg.translate.spreadsheets import as_cell

LEVELS: Final = 10
NS_PER_S: Final = 1_000_000_000
NS_PER_DAY: Final = 86_400 * NS_PER_S


class MissingExtraError(ItgError):
    """A format needs a library that is not installed; the message names the extra."""


def write_csv(columns: Sequence[Column], rows: Iterable[Cells], target: IO[str]) -> int:
    """Write a head and rows, an absent value as an empty cell; return how many rows."""
    writer = csv.writer(target, lineterminator="\n")
    writer.writerow([column.name for column in columns])
    count = 0
    for row in rows:
        writer.writerow([as_cell(cell) for cell in row])
        count += 1
    return count


def write_parquet(columns: Sequence[Column], rows: Iterable[Cells], target: IO[bytes]) -> int:
    """Write rows with the types of their columns; return how many.

    `MissingExtraError` where the library is not installed.
    """
    try:
        import polars as pl  # noqa: PLC0415 - an extra, and slow to load
    except ImportError as error:
        raise MissingExtraError(
            "Parquet needs the extra analytics; format=csv needs nothing"
        ) from error
    types = {"int": pl.Int64(), "float": pl.Float64(), "str": pl.String(), "bool": pl.Boolean()}
    schema = {column.name: types[column.kind] for column in columns}
    frame = pl.DataFrame([*rows], schema=schema, orient="row")
    frame.write_parquet(target)
    return frame.height


def write_lobster(
    facts: Iterable[Fact], opened: Callable[[InstrumentId], "LobsterFiles"]
) -> dict[InstrumentId, int]:
    """Write each instrument's pair of files; return how many messages each has."""
    files: dict[InstrumentId, LobsterFiles] = {}
    try:
        for instrument_id, message in lobster_messages(facts):
            if instrument_id not in files:
                files[instrument_id] = opened(instrument_id)
            files[instrument_id].add(message)
    finally:
        for pair in files.values():
            pair.close()
    return {instrument_id: pair.count for instrument_id, pair in files.items()}


class LobsterFiles:
    """One instrument's message file and, line by line, the book after each message."""

    def __init__(self, messages: IO[str], books: IO[str], depth: int = LEVELS) -> None:
        self.count = 0
        self._messages = messages
        self._books = books
        self._depth = depth
        self._book = LobsterBook()

    def close(self) -> None:
        """Close both files."""
        self._messages.close()
        self._books.close()

    def add(self, message: LobsterMessage) -> None:
        """Write a message and the book after it."""
        self._book.apply(message)
        self.count += 1
        second, rest = divmod(message.game_ns % NS_PER_DAY, NS_PER_S)
        kind, order_id, size, price, direction = message[1:6]
        line = f"{second}.{rest:09},{kind},{order_id},{size},{price},{direction}\n"
        self._messages.write(line)
        self._books.write(",".join(map(str, self._book.row(self._depth))) + "\n")
