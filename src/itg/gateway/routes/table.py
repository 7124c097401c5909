"""Every operation, in the order of the documentation."""

from itg.gateway.operations import Operation
from itg.gateway.routes import (
    admin,
    admin_connections,
    admin_inspecting,
    admin_keys,
    admin_market,
    admin_surveillance,
    admin_teams,
    after_round,
    chains,
    events,
    exchange_batch,
    exchange_deadman,
    exchange_explaining,
    exchange_market,
    exchange_orders,
    exchange_protection,
    exchange_quotes,
    exports,
    game,
    messages,
    positions,
    prices,
    scores,
    signals,
)

OPERATIONS: tuple[Operation, ...] = (
    *exchange_orders.OPERATIONS,
    *exchange_batch.OPERATIONS,
    *exchange_explaining.OPERATIONS,
    *exchange_quotes.OPERATIONS,
    *exchange_protection.OPERATIONS,
    *exchange_deadman.OPERATIONS,
    *exchange_market.OPERATIONS,
    *positions.OPERATIONS,
    *prices.OPERATIONS,
    *chains.OPERATIONS,
    *events.OPERATIONS,
    *signals.OPERATIONS,
    *game.OPERATIONS,
    *messages.OPERATIONS,
    *scores.OPERATIONS,
    *exports.OPERATIONS,
    *after_round.OPERATIONS,
    *admin.OPERATIONS,
    *admin_keys.OPERATIONS,
    *admin_teams.OPERATIONS,
    *admin_market.OPERATIONS,
    *admin_connections.OPERATIONS,
    *admin_surveillance.OPERATIONS,
    *admin_inspecting.OPERATIONS,
)
BY_NAME: dict[str, Operation] = {
    operation.route.name: operation for operation in OPERATIONS if operation.route.on_socket
}
