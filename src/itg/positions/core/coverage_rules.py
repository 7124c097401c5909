"""When a quote counts toward its role's obligation to quote.

Two sides count by size and width. A side alone has no width: it counts where it is no further from
theory than the widest quote around theory is wide, so that no ask at any price will do.
"""

from enum import IntEnum

from itg.kernel.money import Price
from itg.kernel.times import NS_PER_S
from itg.kernel.words import OrderStatus
from itg.positions.contract import QuoteCoverage
from itg.positions.core.orders import Quote, QuoteSide
from itg.positions.core.quote_rules import QuoteSpreadRule
from itg.positions.core.rules import Rule, rule_of


class Standing(IntEnum):
    """What a quote is to the obligation."""

    SHORT = 0  # of it
    REDUCING = 1  # only by its reducing side, where limits leave no more
    WHOLE = 2
    FIRM = 3  # whole until it changes itself, whatever marks and time do


class CoverageRule(Rule):
    """The obligation with its spans as looks, of which there is one a second."""

    __slots__ = ("constraint", "judged_after", "looks_max")
    kind = "quote_coverage"

    def __init__(self, constraint: QuoteCoverage) -> None:
        self.constraint = constraint
        self.looks_max = max(1, constraint.window_ns // NS_PER_S)
        self.judged_after = min(self.looks_max, constraint.judged_after_ns // NS_PER_S)


class QuoteTest:
    """A role's rules of quoting as its obligation reads them."""

    __slots__ = ("filled_limit", "min_quantity", "position_limit", "spread")

    def __init__(
        self,
        spread: QuoteSpreadRule | None,
        min_quantity: int,
        position_limit: int | None,
        filled_limit: int | None,
    ) -> None:
        self.spread = spread
        self.min_quantity = min_quantity
        self.position_limit = position_limit
        self.filled_limit = filled_limit

    def is_at_limit(self, filled: int) -> bool:
        """Tell whether the filled portfolio limit is reached."""
        return self.filled_limit is not None and filled >= self.filled_limit

    def is_reducible(self, net: int) -> bool:
        """Tell whether a position is large enough for a quote side that only reduces it."""
        return abs(net) >= self.min_quantity

    def standing(self, quote: Quote, *, is_doubled: bool, is_at_limit: bool) -> Standing:
        """Return what a quote is to the obligation now."""
        bid, ask, spread = quote.bid, quote.ask, self.spread
        is_bid, is_ask = self._is_enough(bid), self._is_enough(ask)
        if is_bid and is_ask:
            assert bid is not None and bid.price is not None  # noqa: PT018
            assert ask is not None and ask.price is not None  # noqa: PT018
            width = ask.price - bid.price
            if spread is None or width <= spread.widest(bid.price + ask.price, is_doubled=False):
                return Standing.FIRM
            if is_doubled and width <= spread.widest(bid.price + ask.price, is_doubled=True):
                return Standing.WHOLE
        theory = quote.holding.listing.mark_price
        if theory is None:
            return Standing.SHORT
        if is_ask and spread is not None and theory < spread.ask_alone_below:
            assert ask is not None
            if self._is_near(ask, theory, 1, is_doubled=is_doubled):
                return Standing.WHOLE
        net = quote.holding.net
        if self.is_reducible(net) and (is_at_limit or self._is_crowded(net)):
            side, sign = (ask, 1) if net > 0 else (bid, -1)
            if self._is_enough(side) and side is not None:
                is_near = self._is_near(side, theory, sign, is_doubled=is_doubled)
                return Standing.REDUCING if is_near else Standing.SHORT
        return Standing.SHORT

    def _is_crowded(self, net: int) -> bool:
        limit = self.position_limit
        return limit is not None and abs(net) + self.min_quantity > limit

    def _is_enough(self, side: QuoteSide | None) -> bool:
        return (
            side is not None
            and side.leaves >= self.min_quantity
            and side.status is not OrderStatus.PENDING
        )

    def _is_near(self, side: QuoteSide, theory: Price, sign: int, *, is_doubled: bool) -> bool:
        assert side.price is not None
        if self.spread is None:
            return True
        return sign * (side.price - theory) <= self.spread.widest(2 * theory, is_doubled=is_doubled)


@rule_of.register
def _(constraint: QuoteCoverage) -> Rule:
    return CoverageRule(constraint)
