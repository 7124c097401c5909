"""Reports as files: DATA/reports/round-N/TEAM.json and TEAM.html, each whole or not at all."""

from collections.abc import Iterable
from pathlib import Path

from msgspec import json

from itg.exchange.contract import TradeBusted
from itg.game.contract import RoundScore, RoundScored
from itg.kernel.errors import ConfigurationError
from itg.kernel.ids import Seq, TradeId
from itg.kernel.money import Price
from itg.report import page_of, pdf_of
from itg.runtime.codec import Codec
from itg.runtime.journal import FROM_START, Journal
from itg.translate.round_fold import RoundFold
from itg.wire.v1.report import ReportBody

_SCORED = RoundScored.__name__.encode()
_BUSTED = TradeBusted.__name__.encode()
REPORTS = "reports"


class ScoredAt:
    """Where in a journal a round's scores were told last, and what they are."""

    def __init__(self, seq: Seq, scores: RoundScore) -> None:
        self.seq = seq
        self.scores = scores


def folder_of(data: Path, round_id: int) -> Path:
    """Return where a round's reports stand in a data directory."""
    return data / REPORTS / f"round-{round_id}"


def scored_at(journal: Journal, codec: Codec, round_id: int) -> ScoredAt:
    """Return where a round was scored last; `ConfigurationError` if it never was."""
    found: ScoredAt | None = None
    for row in journal.rows(FROM_START):
        if _SCORED in row.body:
            for record in codec.decode_records(row.body):
                for told in record.outputs:
                    if isinstance(told, RoundScored) and told.scores.round_id == round_id:
                        found = ScoredAt(record.seq, told.scores)
    if found is None:
        raise ConfigurationError(
            f"round {round_id} has no scores here, and so no reports; name one that has ended, "
            "of a scenario that scores"
        )
    return found


def corrections_in(journal: Journal, codec: Codec, last_seq: Seq) -> dict[TradeId, Price | None]:
    """Return what became of trades that were busted or moved, up to an input."""
    found: dict[TradeId, Price | None] = {}
    for row in journal.rows(FROM_START):
        if _BUSTED in row.body:
            for record in codec.decode_records(row.body):
                for told in record.outputs:
                    if isinstance(told, TradeBusted) and record.seq <= last_seq:
                        found[told.trade_id] = told.adjusted_price
    return found


def fold_in(journal: Journal, codec: Codec, round_id: int, last_seq: Seq) -> RoundFold:
    """Return a round's facts, read from a journal up to an input."""
    fold = RoundFold(round_id, corrections_in(journal, codec, last_seq))
    names = fold.names
    for row in journal.rows(FROM_START):
        if any(name in row.body for name in names):
            for record in codec.decode_records(row.body):
                if record.seq <= last_seq:
                    fold.add(record.game_ns, record.outputs)
        if row.last_seq >= last_seq:
            break
    return fold


def write_reports(bodies: Iterable[ReportBody], folder: Path) -> list[Path]:
    """Write each report as JSON and as a page; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    for body in bodies:
        text = json.format(json.encode(body)) + b"\n"
        written.append(_put(folder / f"{body.team_id}.json", text))
        written.append(_put(folder / f"{body.team_id}.html", page_of(body).encode()))
    return written


def write_pdfs(reports: Iterable[Path]) -> list[Path]:
    """Write a PDF beside each JSON report; raises `MissingTypstError` without the extra."""
    decoder = json.Decoder(ReportBody)
    return [
        _put(file.with_suffix(".pdf"), pdf_of(decoder.decode(file.read_bytes())))
        for file in reports
    ]


def _put(file: Path, content: bytes) -> Path:
    part = file.with_name(f".{file.name}.part")
    part.write_bytes(content)
    part.replace(file)
    return file
