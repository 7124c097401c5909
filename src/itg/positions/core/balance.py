"""The balance of two legs: each underlying with its options against the others."""

from collections.abc import Mapping, Sequence

from itg.kernel.ids import UnderlyingId
from itg.positions.contract import LegBalance
from itg.positions.core.monitored_rules import WatchedRule
from itg.positions.core.portfolio import Portfolio
from itg.positions.core.rules import PPM, Rule, rule_of, toward_zero

RATIO_CAP = 1_000  # told of a leg with nothing against it


class BalanceRule(WatchedRule):
    """How often the larger leg is the one against it, 1e-6; nothing while all legs are small.

    Legs of one sign stand together; of two legs that is the rule as it is said.
    """

    __slots__ = ("_leg_min", "_weights")

    def __init__(self, constraint: LegBalance) -> None:
        super().__init__("leg_balance", constraint.ratio_max * PPM, constraint.grace_ns)
        self._leg_min = constraint.leg_min
        self._weights = {row.underlying_id: row.weight_ppm for row in constraint.weights}

    def use(self, portfolio: Portfolio) -> int:
        """Return the ratio of the legs, rounded up so that it is inside when they are."""
        return self.ratio(tuple(self.legs(portfolio).values()))

    def legs(self, portfolio: Portfolio) -> dict[UnderlyingId, int]:
        """Return each underlying's delta in the order of the weights."""
        return legs_of(portfolio, self._weights)

    def ratio(self, legs: Sequence[int]) -> int:
        """Return the ratio of signed legs, 1e-6."""
        if max(map(abs, legs), default=0) <= self._leg_min:
            return 0
        long = sum(leg for leg in legs if leg > 0)
        short = -sum(leg for leg in legs if leg < 0)
        larger, smaller = max(long, short), min(long, short)
        if smaller * RATIO_CAP <= larger:
            return RATIO_CAP * PPM
        return -(-larger * PPM // smaller)

    def is_balanced(self, portfolio: Portfolio) -> bool:
        """Tell whether the legs are balanced now, grace not counted."""
        return self.use(portfolio) <= self.limit


def legs_of(portfolio: Portfolio, weights: Mapping[UnderlyingId, int]) -> dict[UnderlyingId, int]:
    """Return each underlying's signed delta, 1e-6 of the leader's equivalents, toward zero."""
    sums = dict.fromkeys(weights, 0)
    for holding in portfolio.holdings.values():
        if holding.net and holding.listing.underlying_id in sums:
            sums[holding.listing.underlying_id] += holding.net * holding.listing.delta
    return {name: toward_zero(total * weights[name]) for name, total in sums.items()}


@rule_of.register
def _(constraint: LegBalance) -> Rule:
    return BalanceRule(constraint)
