"""What became of a trade: undone, or moved to another price."""

import sqlalchemy as sa
from alembic import op

from itg.adapters.read_models.migrations.first import schema

revision = "0002"
down_revision = "0001"
_FAMILY = "trade_busted"


def upgrade() -> None:
    """Add the columns; no cursor of corrections is there, so the next reading brings them all."""
    busted = sa.Column("is_busted", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("trades", busted, schema=schema())
    op.add_column("trades", sa.Column("adjusted_price", sa.BigInteger), schema=schema())


def downgrade() -> None:
    """Drop the columns, and the cursor with them."""
    for name in ("adjusted_price", "is_busted"):
        op.drop_column("trades", name, schema=schema())
    cursors = sa.table("cursors", sa.column("family"), schema=schema())
    op.execute(cursors.delete().where(cursors.c.family == _FAMILY))
