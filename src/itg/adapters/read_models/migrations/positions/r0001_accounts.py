"""Orders, fills and positions."""

from alembic import op

from itg.adapters.read_models.migrations.first import (
    Columns,
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
    make("orders", _orders(), "game", "order_id")
    make("fills", _fills(), "game", "trade_id", "order_id")
    make("positions", _positions(), "game", "round_id", "account_id", "instrument_id")
    for name, when in (("orders", "accepted_ns"), ("fills", "game_ns")):
        columns = ["game", "account_id", when]
        op.create_index(f"{name}_of_account", name, columns, schema=schema())


def downgrade() -> None:
    """Drop the tables: they can be made again from the journal."""
    drop("positions", "fills", "orders", "rounds", "cursors", "readings")


def _orders() -> Columns:
    return [
        *(text("game"), number("order_id"), text("account_id"), small("round_id")),
        *(text("client_order_id", optional=True), text("instrument_id"), text("side")),
        *(text("order_type"), text("time_in_force", optional=True), number("quantity")),
        *(number("price", optional=True), number("stop_price", optional=True), text("status")),
        *(number("filled_quantity"), number("leaves_quantity")),
        *(number("average_price", optional=True), text("cancel_reason", optional=True)),
        *(number("accepted_ns"), number("changed_ns")),
    ]


def _fills() -> Columns:
    return [
        *(text("game"), number("trade_id"), number("order_id"), number("fill_id")),
        *(text("account_id"), small("round_id"), text("instrument_id"), text("side")),
        *(number("last_price"), number("last_quantity"), text("liquidity"), number("fee")),
        *(flag("is_quote"), number("game_ns"), flag("is_busted")),
        number("adjusted_price", optional=True),
    ]


def _positions() -> Columns:
    return [
        *(text("game"), small("round_id"), text("account_id"), text("instrument_id")),
        *(number("net_quantity"), number("average_price", optional=True)),
        *(number("realized_pnl"), number("fees"), number("cash"), number("changed_ns")),
    ]
