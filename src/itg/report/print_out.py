"""A report as PDF: the same sections and drawings, set by Typst. Needs the extra `report`."""

from importlib import import_module
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import Final

from msgspec import json

from itg.report.blocks import Block, Cell, Figure, Note, Table
from itg.report.document import Document, document_of
from itg.report.theme import drawing_styles, paper
from itg.wire.v1.report import ReportBody

TEMPLATE: Final = "report.typ"


class MissingTypstError(Exception):
    """The extra that sets PDFs is not installed."""


def pdf_of(report: ReportBody) -> bytes:
    """Return a report's PDF; `MissingTypstError` names the extra where it is missing."""
    typst = _typst()
    with TemporaryDirectory(prefix="itg-report-") as draft:
        folder = Path(draft)
        template = files("itg.report").joinpath(TEMPLATE).read_text(encoding="utf-8")
        (folder / TEMPLATE).write_text(template, encoding="utf-8")
        content = json.encode(_content(document_of(report), folder))
        (folder / "report.json").write_bytes(content)
        made: bytes = typst.compile(str(folder / TEMPLATE), root=str(folder))
    return made


def _typst() -> ModuleType:
    try:
        return import_module("typst")
    except ImportError as error:
        raise MissingTypstError(
            "a PDF needs the extra `report`: `make extras` in a clone, or pip install "
            "'intern-trading-game[report]'"
        ) from error


def _content(document: Document, folder: Path) -> dict[str, object]:
    drawn = 0
    sections: list[dict[str, object]] = []
    for section in document.sections:
        blocks: list[dict[str, object]] = []
        for block in section.blocks:
            if isinstance(block, Figure):
                drawn += 1
            blocks.append(_block(block, folder, f"figure-{drawn}.svg"))
        sections.append({"title": section.title, "lead": section.lead, "blocks": blocks})
    return {
        "title": document.title,
        "subtitle": document.subtitle,
        "foot": document.foot,
        "colors": paper(),
        "summary": [[name, _cell(cell)] for name, cell in document.summary],
        "sections": sections,
    }


def _block(block: Block, folder: Path, name: str) -> dict[str, object]:
    match block:
        case Figure():
            style = f"<style>{drawing_styles(paper())}</style>"
            head, _, rest = block.svg.partition(">")
            (folder / name).write_text(f"{head}>{style}{rest}", encoding="utf-8")
            return {"kind": "figure", "caption": block.caption, "file": name}
        case Table():
            return {
                "kind": "table",
                "caption": block.caption,
                "heads": block.heads,
                "rows": [[_cell(cell) for cell in row] for row in block.rows],
                "total": block.has_total,
            }
        case Note():
            return {"kind": "note", "text": block.text}


def _cell(cell: Cell) -> dict[str, object]:
    return {"text": cell.text, "n": cell.is_number, "tone": cell.tone}
