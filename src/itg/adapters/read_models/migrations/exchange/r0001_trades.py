"""Trades as they were made."""

from alembic import op

from itg.adapters.read_models.migrations.first import (
    drop,
    flag,
    make,
    make_common,
    number,
    schema,
    small,
    text,
)

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables."""
    make_common()
    key = [text("game"), number("trade_id"), small("round_id"), small("shard"), number("seq")]
    what = [number("game_ns"), text("instrument_id"), number("price"), number("quantity")]
    who = [
        *(text("aggressor_side"), flag("is_auction"), number("maker_order_id")),
        *(text("maker_account_id"), number("taker_order_id"), text("taker_account_id")),
    ]
    make("trades", [*key, *what, *who], "game", "trade_id")
    op.create_index(
        "trades_of_instrument", "trades", ["game", "instrument_id", "game_ns"], schema=schema()
    )


def downgrade() -> None:
    """Drop the tables: they can be made again from the journal."""
    drop("trades", "rounds", "cursors", "readings")
