"""A scenario's roles as positions enforces them."""

from itg.kernel.ids import Role
from itg.positions.contract import RoleRules
from itg.scenario.model import Scenario
from itg.scenario.money import usd_cash
from itg.scenario.rules import constraint_of
from itg.scenario.tables.players import RoleTable


def role_of(scenario: Scenario, table: RoleTable) -> RoleRules:
    """Return a role's fees, cash and constraints; a fee that is paid is positive there."""
    place = f"roles.{table.role}"
    paid = 1 if scenario.fee_sign == "paid" else -1
    weights = {
        underlying.id: 1 / underlying.tracking.ratio if underlying.tracking else 1.0
        for underlying in scenario.underlyings
    }
    return RoleRules(
        role=Role(table.role),
        maker_fee=usd_cash(paid * table.maker_fee, f"{place}.maker_fee"),
        taker_fee=usd_cash(paid * table.taker_fee, f"{place}.taker_fee"),
        starting_cash=usd_cash(table.starting_cash, f"{place}.starting_cash"),
        quotes_allowed=table.quotes_allowed,
        stp=table.stp,
        is_measured=table.registrable,
        constraints=tuple(
            constraint_of(rule, f"{place}.constraints[{n}]", weights)
            for n, rule in enumerate(table.constraints)
        ),
    )
