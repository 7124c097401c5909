"""A lease of each game, so that a stand-by on any machine sees when its leader stands still."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
SCHEMA = "journal"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "lease",
        sa.Column("game", sa.Text, primary_key=True),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        schema=SCHEMA,
        comment="Who may try to lead a game, until when by this server's clock.",
    )


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("lease", schema=SCHEMA)
