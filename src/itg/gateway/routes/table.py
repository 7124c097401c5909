"""Every operation, in the order of the documentation."""

from collections.abc import Iterable

from itg.gateway.operations import Operation
from itg.gateway.routes import (
    admin,
    admin_connections,
    admin_corrections,
    admin_dry_runs,
    admin_games,
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
    logins,
    messages,
    positions,
    prices,
    replay,
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
    *logins.OPERATIONS,
    *messages.OPERATIONS,
    *scores.OPERATIONS,
    *exports.OPERATIONS,
    *after_round.OPERATIONS,
    *replay.OPERATIONS,
    *admin.OPERATIONS,
    *admin_keys.OPERATIONS,
    *admin_teams.OPERATIONS,
    *admin_market.OPERATIONS,
    *admin_corrections.OPERATIONS,
    *admin_connections.OPERATIONS,
    *admin_surveillance.OPERATIONS,
    *admin_inspecting.OPERATIONS,
    *admin_dry_runs.OPERATIONS,
    *admin_games.OPERATIONS,
)
# What a listener has that does not serve the organizer.
PUBLIC: tuple[Operation, ...] = tuple(
    operation for operation in OPERATIONS if not operation.route.is_organizers
)


def on_socket(operations: Iterable[Operation]) -> dict[str, Operation]:
    """Return the operations that the socket has too, by name."""
    return {row.route.name: row for row in operations if row.route.on_socket}


BY_NAME: dict[str, Operation] = on_socket(OPERATIONS)
