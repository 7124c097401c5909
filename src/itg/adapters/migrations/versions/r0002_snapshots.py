"""Snapshots, so that a stand-by elsewhere starts from one. Without them a game replays its rows."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
SCHEMA = "journal"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "snapshot",
        sa.Column("game", sa.Text, nullable=False),
        sa.Column("seq", sa.BigInteger, nullable=False),
        sa.Column("state_hash", sa.Text, nullable=False),
        sa.Column("blob", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("game", "seq"),
        sa.CheckConstraint("seq >= 0", name="seq_least"),
        schema=SCHEMA,
        comment="The newest three states of each game.",
    )
    # Tens of megabytes, written beside the orders: not worth the processor time to compress.
    op.execute(f"ALTER TABLE {SCHEMA}.snapshot ALTER COLUMN blob SET STORAGE EXTERNAL")


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("snapshot", schema=SCHEMA)
