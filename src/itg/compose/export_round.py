"""A round's tables as files in a folder, out of a data directory of a running game or another."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from itg.compose.round_range import range_of
from itg.compose.verify import machine_of, opened_for_reading
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import InstrumentId
from itg.runtime.codec import Codec
from itg.runtime.journal import Journal
from itg.translate.lobster import KINDS
from itg.translate.round_facts import Identities, facts_of
from itg.translate.round_rows import Table, table_rows
from itg.translate.round_tables import TABLES
from itg.translate.table_files import (
    LEVELS,
    LobsterFiles,
    write_csv,
    write_lobster,
    write_parquet,
)

FORMATS: Final = ("csv", "parquet", "lobster")


class ExportSettings(Struct, frozen=True, kw_only=True):
    """What to export; `what` empty: every table. `depth`: levels of LOBSTER's order books."""

    round_id: int
    what: tuple[str, ...] = ()
    format: str = "csv"
    target: Path
    depth: int = LEVELS


class ExportedFile(Struct, frozen=True, kw_only=True):
    """A file that was written and how many rows it has, its head not counted."""

    file: str
    rows: int


def export_round(data: Path, settings: ExportSettings) -> list[ExportedFile]:
    """Write an ended round's tables, or its order books in the LOBSTER manner."""
    tables = _tables(settings.what)
    if settings.format not in FORMATS:
        raise ConfigurationError(f"format {settings.format!r} is none of {', '.join(FORMATS)}")
    if settings.depth < 1:
        raise ConfigurationError(f"depth {settings.depth} is no number of levels; give 1 or more")
    journal = opened_for_reading(data)
    try:
        codec = machine_of(journal).codec
        range_of(journal, codec, settings.round_id)  # says so where the round has not ended
        settings.target.mkdir(parents=True, exist_ok=True)
        # Apart until all is written: half a table looks like a whole one.
        with TemporaryDirectory(dir=settings.target, prefix=".export-") as draft:
            drafted = replace(settings, target=Path(draft))
            written = _written(journal, codec, drafted, tables)
            for file in sorted(drafted.target.iterdir()):
                file.replace(settings.target / file.name)
        return [replace(one, file=str(settings.target / Path(one.file).name)) for one in written]
    finally:
        journal.close()


def _written(
    journal: Journal, codec: Codec, settings: ExportSettings, tables: Sequence[Table]
) -> list[ExportedFile]:
    if settings.format == "lobster":
        return _pairs(journal, codec, settings)
    identities = Identities.of(journal, codec, settings.round_id)
    return [_file(journal, codec, settings, table, identities) for table in tables]


def _tables(what: Sequence[str]) -> list[Table]:
    unknown = [name for name in what if name not in TABLES]
    if unknown:
        raise ConfigurationError(f"what {unknown[0]!r} is none of {', '.join(TABLES)}")
    return [TABLES[name] for name in what or TABLES]


def _file(
    journal: Journal,
    codec: Codec,
    settings: ExportSettings,
    table: Table,
    identities: Identities,
) -> ExportedFile:
    facts = facts_of(journal, codec, settings.round_id, table.kinds)
    rows, columns = table_rows(table, facts, identities), table.columns_for(identities)
    path = settings.target / f"round-{settings.round_id}-{table.name}.{settings.format}"
    if settings.format == "csv":
        with path.open("w", encoding="utf-8", newline="") as text:
            count = write_csv(columns, rows, text)
    else:
        with path.open("wb") as file:
            count = write_parquet(columns, rows, file)
    return ExportedFile(file=str(path), rows=count)


def _pairs(journal: Journal, codec: Codec, settings: ExportSettings) -> list[ExportedFile]:
    stem, depth = f"round-{settings.round_id}", settings.depth

    def opened(instrument_id: InstrumentId) -> LobsterFiles:
        messages, books = (
            (settings.target / f"{stem}-{instrument_id}-{kind}.csv").open("w", encoding="utf-8")
            for kind in ("message", f"orderbook-{depth}")
        )
        return LobsterFiles(messages, books, depth)

    counts = write_lobster(facts_of(journal, codec, settings.round_id, KINDS), opened)
    return [
        ExportedFile(file=str(settings.target / f"{stem}-{name}-message.csv"), rows=count)
        for name, count in counts.items()
    ]
