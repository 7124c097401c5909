"""Every operation, in the order of the documentation."""

from itg.gateway.operations import Operation
from itg.gateway.routes import (
    admin,
    exchange_deadman,
    exchange_market,
    exchange_orders,
    exchange_quotes,
    game,
    positions,
    prices,
)

OPERATIONS: tuple[Operation, ...] = (
    *exchange_orders.OPERATIONS,
    *exchange_quotes.OPERATIONS,
    *exchange_deadman.OPERATIONS,
    *exchange_market.OPERATIONS,
    *positions.OPERATIONS,
    *prices.OPERATIONS,
    *game.OPERATIONS,
    *admin.OPERATIONS,
)
BY_NAME: dict[str, Operation] = {
    operation.route.name: operation for operation in OPERATIONS if operation.route.on_socket
}
