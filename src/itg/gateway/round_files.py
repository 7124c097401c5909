"""Files of an ended round, read from the journal in a worker thread while trading goes on."""

import zlib
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import partial
from io import BytesIO, StringIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from itg.game.contract import Scope
from itg.gateway.calls import Answer, Call
from itg.gateway.file_queue import FileQueue
from itg.gateway.log_shelf import LogShelf
from itg.gateway.problems import RefusedError, problem_of
from itg.gateway.reasons import EXPORT_UNAVAILABLE
from itg.gateway.replays import Replays
from itg.gateway.settings import GatewaySettings
from itg.gateway.tables import CSV, PARQUET
from itg.kernel.ids import AccountId, InstrumentId
from itg.runtime.codec import Codec
from itg.runtime.journal import Journal
from itg.translate.lobster import KINDS
from itg.translate.own_tables import OWN_COLUMNS, own_rows
from itg.translate.round_facts import Identities, facts_of
from itg.translate.round_log import RoundLogs
from itg.translate.round_rows import Cells, Column, table_rows
from itg.translate.round_tables import TABLES
from itg.translate.table_files import (
    LobsterFiles,
    MissingExtraError,
    write_csv,
    write_lobster,
    write_parquet,
)

ZIP = "application/zip"
JSON_LINES = "application/jsonl"
_FAST = 1


class RoundFiles:
    """The journal of a gateway's pump, read again; `run` does that in a worker thread.

    One thread for teams and not many: forty that ask for their logs at once have them made once.
    Organizers have one of their own, and never wait for teams' files.
    """

    def __init__(self, journal: Journal, codec: Codec, settings: GatewaySettings) -> None:
        self._queue = FileQueue("round-files", settings)
        self._organizers = FileQueue("organizers-files", settings)
        self._journal = journal
        self._codec = codec
        self._reports = settings.reports
        self._logs = LogShelf(self._all_logs)
        self.replays = Replays(journal, codec, settings)

    @property
    def waiting(self) -> int:
        """Return how many calls of teams and researchers wait for files."""
        return self._queue.waiting

    def run(self, call: Call, kind: Hashable, make: Callable[["RoundFiles"], Answer]) -> None:
        """Make an answer in a worker and reply with it in the loop; see `FileQueue.run`."""
        is_organizer = Scope.ADMIN in call.caller.scopes
        queue = self._organizers if is_organizer else self._queue
        queue.run(call, kind, partial(make, self))

    def stop(self) -> None:
        """Begin nothing any more."""
        self._queue.stop()
        self._organizers.stop()
        self.replays.stop()

    def table(self, round_id: int, what: str, file_format: str) -> tuple[bytes, str]:
        """Return a table as a file and its media type; `RefusedError` where Parquet is missing."""
        table, journal = TABLES[what], self._journal.reader()
        try:
            identities = Identities.of(journal, self._codec, round_id)
            facts = facts_of(journal, self._codec, round_id, table.kinds)
            rows, columns = table_rows(table, facts, identities), table.columns_for(identities)
            return _file_of(columns, rows, file_format)
        finally:
            journal.close()

    def blotter(
        self, round_id: int, account_id: AccountId, what: str, file_format: str
    ) -> tuple[bytes, str]:
        """Return a team's own orders or fills, as `table` does a table of the round."""
        rows = own_rows(what, self.log(round_id, account_id))
        return _file_of(OWN_COLUMNS[what], rows, file_format)

    def lobster(self, round_id: int) -> bytes:
        """Return every instrument's pair of files in one ZIP."""
        texts: dict[str, StringIO] = {}

        def opened(instrument_id: InstrumentId) -> LobsterFiles:
            kinds = (f"{instrument_id}-message.csv", f"{instrument_id}-orderbook-10.csv")
            messages, books = (texts.setdefault(kind, _Kept()) for kind in kinds)
            return LobsterFiles(messages, books)

        journal = self._journal.reader()
        try:
            write_lobster(facts_of(journal, self._codec, round_id, KINDS), opened)
        finally:
            journal.close()
        file = BytesIO()
        with ZipFile(file, "w", ZIP_DEFLATED) as archive:
            for name, text in texts.items():
                archive.writestr(ZipInfo(name), text.getvalue(), ZIP_DEFLATED)
        return file.getvalue()

    def log(self, round_id: int, account_id: AccountId) -> bytes:
        """Return a team's log; the first to ask has those of all made."""
        packed = self._logs.of(round_id).get(account_id)
        return b"" if packed is None else zlib.decompress(packed)

    def report(self, round_id: int, name: str) -> bytes | None:
        """Return a report's file; None while there is none."""
        file = Path(self._reports) / f"round-{round_id}" / name
        return file.read_bytes() if self._reports and file.is_file() else None

    def _all_logs(self, round_id: int) -> dict[AccountId, bytes]:
        journal = self._journal.reader()
        try:
            identities = Identities.of(journal, self._codec, round_id)
            logs = RoundLogs(identities.teams).add(facts_of(journal, self._codec, round_id))
        finally:
            journal.close()
        return {
            account_id: zlib.compress(b"".join(line + b"\n" for line in lines), _FAST)
            for account_id, lines in logs.lines.items()
        }


def _file_of(
    columns: Sequence[Column], rows: Iterable[Cells], file_format: str
) -> tuple[bytes, str]:
    if file_format == "csv":
        text = StringIO()
        write_csv(columns, rows, text)
        return text.getvalue().encode(), CSV
    file = BytesIO()
    try:
        write_parquet(columns, rows, file)
    except MissingExtraError as error:
        raise RefusedError(problem_of(EXPORT_UNAVAILABLE, str(error))) from None
    return file.getvalue(), PARQUET


class _Kept(StringIO):
    def close(self) -> None:
        """Keep the text: it is read once all files are closed."""
