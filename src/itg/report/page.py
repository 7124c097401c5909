"""A report as one page of HTML: no script, nothing from elsewhere, light, dark and on paper."""

from html import escape
from typing import Final

from itg.report.blocks import Block, Cell, Figure, Note, Section, Table
from itg.report.document import Document, document_of
from itg.report.theme import styles
from itg.wire.v1.report import ReportBody

_MANY: Final = 7  # columns beyond which the letters are smaller
# The page asks nobody for anything, and a browser holds it to that.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'"


def page_of(report: ReportBody) -> str:
    """Return a report's page."""
    return _page(document_of(report))


def _page(document: Document) -> str:
    summary = "".join(
        f"<div><dt>{escape(name)}</dt><dd{_class(cell)}>{escape(cell.text)}</dd></div>"
        for name, cell in document.summary
    )
    contents = "".join(
        f'<li><a href="#s{at}">{escape(section.title)}</a></li>'
        for at, section in enumerate(document.sections)
    )
    sections = "".join(_section(section, at) for at, section in enumerate(document.sections))
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        f"<title>{escape(document.title)}</title><style>{styles()}</style></head><body>"
        f"<header><h1>{escape(document.title)}</h1><p>{escape(document.subtitle)}</p>"
        f"<dl>{summary}</dl><nav><ol>{contents}</ol></nav></header>"
        f"<main>{sections}</main><footer><p>{escape(document.foot)}</p></footer></body></html>\n"
    )


def _section(section: Section, at: int) -> str:
    blocks = "".join(_block(block) for block in section.blocks)
    return (
        f'<section id="s{at}"><h2>{escape(section.title)}</h2>'
        f'<p class="lead">{escape(section.lead)}</p>{blocks}</section>'
    )


def _block(block: Block) -> str:
    match block:
        case Table():
            return _table(block)
        case Figure():
            caption = escape(block.caption)
            return f"<figure><figcaption>{caption}</figcaption>{block.svg}</figure>"
        case Note():
            return f"<p>{escape(block.text)}</p>"


def _table(table: Table) -> str:
    caption = f"<caption>{escape(table.caption)}</caption>"
    if not table.rows:
        return f'<table>{caption}<tbody><tr><td class="none">none</td></tr></tbody></table>'
    numeric = [cell.is_number for cell in table.rows[0]]
    heads = "".join(
        f"<th{' class=n' if is_number else ''} scope=col>{escape(head)}</th>"
        for head, is_number in zip(table.heads, numeric, strict=True)
    )
    rows = "".join(
        f"<tr{' class=total' if table.has_total and row is table.rows[-1] else ''}>"
        + "".join(f"<td{_class(cell)}>{escape(cell.text)}</td>" for cell in row)
        + "</tr>"
        for row in table.rows
    )
    body = f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody>"
    width = "wide many" if len(table.heads) > _MANY else "wide"
    return f'<div class="{width}"><table>{caption}{body}</table></div>'


def _class(cell: Cell) -> str:
    names = " ".join(name for name in ("n" if cell.is_number else "", cell.tone) if name)
    return f' class="{names}"' if names else ""
