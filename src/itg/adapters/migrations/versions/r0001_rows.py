"""Games, their epochs, rows and what was set aside."""

import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError

revision = "0001"
down_revision = None
SCHEMA = "journal"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "game",
        sa.Column("game", sa.Text, primary_key=True),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.CheckConstraint("epoch >= 0", name="epoch_least"),
        schema=SCHEMA,
        comment="One row per game; its epoch is the newest writer's, and fences every earlier one.",
    )
    op.create_table(
        "epoch",
        sa.Column("game", sa.Text, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("first_seq", sa.BigInteger, nullable=False),
        sa.Column("header", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("game", "epoch"),
        sa.CheckConstraint("epoch >= 1", name="epoch_least"),
        sa.CheckConstraint("first_seq >= 1", name="first_seq_least"),
        schema=SCHEMA,
        comment="Who wrote from first_seq on.",
    )
    op.create_table(
        "batch",
        sa.Column("game", sa.Text, nullable=False),
        sa.Column("first_seq", sa.BigInteger, nullable=False),
        sa.Column("last_seq", sa.BigInteger, nullable=False),
        sa.Column("epoch", sa.BigInteger, nullable=False),
        sa.Column("ts_ns", sa.BigInteger, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("game", "first_seq"),
        sa.CheckConstraint("first_seq >= 1", name="first_seq_least"),
        sa.CheckConstraint("last_seq >= 1", name="last_seq_least"),
        sa.CheckConstraint("epoch >= 1", name="epoch_least"),
        sa.CheckConstraint("ts_ns >= 0", name="ts_ns_least"),
        schema=SCHEMA,
        comment="One row per group commit; hash covers the row before it.",
    )
    op.create_table(
        "aside",
        sa.Column("number", sa.BigInteger, sa.Identity(always=True), primary_key=True),
        sa.Column("game", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("seq >= 0", name="seq_least"),
        schema=SCHEMA,
        comment="What a person should look at: inputs that raised, damaged rows.",
    )


def downgrade() -> None:
    """Drop the tables, unless a game is in them."""
    query = sa.text(f"SELECT game FROM {SCHEMA}.game ORDER BY game")  # noqa: S608
    games = op.get_bind().execute(query).scalars().all()
    if games:
        raise CommandError(
            f"it would drop {len(games)} games ({', '.join(games)}): back them up, "
            "and remove them by `itg db remove`"
        )
    for table in ("aside", "batch", "epoch", "game"):
        op.drop_table(table, schema=SCHEMA)
