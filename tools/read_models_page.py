"""The page of read models: each service's tables with their columns, keys and what fills them."""

import textwrap

from sqlalchemy import Table

from itg.adapters.read_models.tables import CURSORS, OWN, SCHEMAS
from itg.runtime.bus import family_of
from itg.translate.read_models import READ_MODELS, ReadModel

WIDTH = 100


def read_models_page() -> str:
    """Return the whole page."""
    lines = [
        "# Read models",
        "",
        *textwrap.wrap(
            "Tables for queries, made from the journal by `itg project` "
            "([how](../how-to/query-a-game-in-sql.md)). Each service has its own: a SQLite file, "
            "or a schema in PostgreSQL. Prices and money are integers of 1/10,000 USD, instants "
            "nanoseconds. Written by `make api` from the tables.",
            WIDTH,
            break_on_hyphens=False,
            break_long_words=False,
        ),
        "",
        "## In every one of them",
    ]
    tables = {table.name: table for table in SCHEMAS["exchange"].tables.values()}
    for name in sorted(OWN):
        lines += _table(tables[name])
    for model in READ_MODELS.values():
        lines += _model(model)
    return "\n".join(lines) + "\n"


def _model(model: ReadModel) -> list[str]:
    heard = ", ".join(f"`{family_of(kind)}`" for kind in model.rows)
    lines = ["", f"## {model.name}", "", f"{model.about} Made of {heard}."]
    for table in SCHEMAS[model.name].tables.values():
        if table.name not in OWN:
            lines += _table(table)
    return lines


def _table(table: Table) -> list[str]:
    key = ", ".join(f"`{column.name}`" for column in table.primary_key.columns)
    lines = ["", f"### {table.name}", "", f"{table.info['about']} Key: {key}.", ""]
    lines += ["| column | type | |", "|---|---|---|"]
    for column in table.columns:
        kind = type(column.type).__name__.lower().replace("integer", "int")
        optional = ", may be missing" if column.nullable else ""
        lines.append(f"| `{column.name}` | {kind}{optional} | {column.doc or ''} |")
    if table.name == CURSORS:
        lines += ["", "What stands above `seq` is not in yet; what does not is ignored."]
    return lines
