"""What the first step of every service makes beside its own tables."""

import sqlalchemy as sa
from alembic import op

Columns = list[sa.Column[object]]


def schema() -> str | None:
    """Return the schema of the service whose steps run; None: its SQLite file has none."""
    found: str | None = op.get_context().version_table_schema
    return found


def number(name: str, *, optional: bool = False) -> sa.Column[object]:
    """Return a column of whole numbers."""
    return sa.Column(name, sa.BigInteger, nullable=optional)


def small(name: str) -> sa.Column[object]:
    """Return a column of small numbers."""
    return sa.Column(name, sa.Integer, nullable=False)


def text(name: str, *, optional: bool = False) -> sa.Column[object]:
    """Return a column of text."""
    return sa.Column(name, sa.Text, nullable=optional)


def flag(name: str) -> sa.Column[object]:
    """Return a column of yes or no."""
    return sa.Column(name, sa.Boolean, nullable=False)


def make(name: str, columns: Columns, *key: str) -> None:
    """Make a table of the service."""
    op.create_table(name, *columns, sa.PrimaryKeyConstraint(*key), schema=schema())


def make_common(*more_of_rounds: sa.Column[object]) -> None:
    """Make the tables that say what was read, and the rounds."""
    make("readings", [text("game"), text("node"), number("seq"), text("hash")], "game", "node")
    streams = [text("game"), text("source"), small("shard"), text("family"), number("seq")]
    make("cursors", streams, "game", "source", "shard", "family")
    rounds = [text("game"), small("round_id"), text("trading_day"), number("start_ns")]
    make("rounds", [*rounds, *more_of_rounds], "game", "round_id")


def drop(*names: str) -> None:
    """Drop tables of the service."""
    for name in names:
        op.drop_table(name, schema=schema())
