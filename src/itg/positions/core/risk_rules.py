"""Limits on what an account may come to hold."""

from collections.abc import Iterator, Sequence

from itg.kernel.errors import Refusal, RejectReason
from itg.kernel.ids import InstrumentId
from itg.kernel.words import Side
from itg.positions.contract import (
    EXPOSURE_LIMIT_EXCEEDED,
    PORTFOLIO_LIMIT_EXCEEDED,
    POSITION_LIMIT_EXCEEDED,
    UNDERLYING_LIMIT_EXCEEDED,
    ExposureLimit,
    LimitUse,
    PortfolioLimit,
    PositionLimit,
    UnderlyingLimit,
)
from itg.positions.core.asks import OrderAsk, QuoteAsk
from itg.positions.core.portfolio import Holding, Portfolio
from itg.positions.core.rules import Rule, UseRule, rule_of


class RiskRule(UseRule):
    """A limit on what is held, of options or of underlyings.

    With `is_per_instrument` each holding has its own use of it. `warn_at` is four fifths of it.
    """

    __slots__ = ("for_options", "is_per_instrument", "kind", "limit", "reason", "warn_at")

    def __init__(self, kind: str, reason: RejectReason, limit: int) -> None:
        self.kind = kind
        self.reason = reason
        self.limit = limit
        self.warn_at = -(-limit * 4 // 5)
        self.for_options = True
        self.is_per_instrument = False

    def covers(self, holding: Holding) -> bool:
        """Tell whether the holding counts toward this limit."""
        return holding.listing.is_option is self.for_options

    def worst_case(self, portfolio: Portfolio, holding: Holding | None) -> int:
        """Return the use in the worst case this limit looks at, the holding's own or of all."""
        return portfolio.exposure

    def uses(self, portfolio: Portfolio, holdings: Sequence[Holding]) -> Iterator[LimitUse]:
        """Yield the use of this limit, one row, or one per holding that is or may be held."""
        worst = self.worst_case(portfolio, None)
        yield self._use(None, portfolio.filled, worst)

    def _use(self, instrument_id: InstrumentId | None, used: int, worst_case: int) -> LimitUse:
        return LimitUse(
            kind=self.kind,
            instrument_id=instrument_id,
            limit=self.limit,
            used=used,
            worst_case=worst_case,
            headroom=max(0, self.limit - worst_case),
        )

    def refusal(self, current: int, requested: int, allowed: int) -> Refusal:
        """Return this limit's refusal with its numbers."""
        return Refusal(
            code=self.reason.code,
            detail=f"{self.kind} is {self.limit}: {current} are held or working, "
            f"{requested} more asked, {allowed} would be allowed.",
            limit=self.limit,
            current=current,
            requested=requested,
            allowed=allowed,
        )


class NetRule(RiskRule):
    """|net position| of each option, or of each underlying, with all that works on a side."""

    __slots__ = ()

    def __init__(self, kind: str, reason: RejectReason, limit: int) -> None:
        super().__init__(kind, reason, limit)
        self.for_options = reason is POSITION_LIMIT_EXCEEDED
        self.is_per_instrument = True

    def uses(self, portfolio: Portfolio, holdings: Sequence[Holding]) -> Iterator[LimitUse]:
        for holding in holdings:
            if self.covers(holding) and (holding.net or holding.worst):
                instrument_id = holding.listing.instrument_id
                yield self._use(instrument_id, abs(holding.net), holding.worst)

    def worst_case(self, portfolio: Portfolio, holding: Holding | None) -> int:
        assert holding is not None
        return holding.worst

    def order_refusal(self, ask: OrderAsk) -> Refusal | None:
        if (
            ask.current + ask.added <= self.limit
            or ask.added <= 0
            or ask.holding.listing.is_option is not self.for_options
        ):
            return None
        return self.refusal(ask.current, ask.added, max(0, self.limit - ask.current))

    def quote_refusal(self, ask: QuoteAsk) -> Refusal | None:
        if not self.covers(ask.holding):
            return None
        return self._side_refusal(ask.holding, Side.BUY, ask.added_bid) or self._side_refusal(
            ask.holding, Side.SELL, ask.added_ask
        )

    def _side_refusal(self, holding: Holding, side: Side, added: int) -> Refusal | None:
        current = holding.side_worst(side)
        if current + added <= self.limit or added <= 0:
            return None
        return self.refusal(current, added, max(0, self.limit - current))


class ExposureRule(RiskRule):
    """Σ over options of the worst case; an order that does not raise it always passes."""

    __slots__ = ()

    def order_refusal(self, ask: OrderAsk) -> Refusal | None:
        holding = ask.holding
        raised = ask.current + ask.added - holding.worst
        exposure = ask.portfolio.exposure
        if raised <= 0 or exposure + raised <= self.limit or not self.covers(holding):
            return None
        free = max(0, holding.worst - ask.current) + max(0, self.limit - exposure)
        return self.refusal(exposure, ask.added, free)

    def quote_refusal(self, ask: QuoteAsk) -> Refusal | None:
        holding = ask.holding
        if_bought = holding.side_worst(Side.BUY) + ask.added_bid
        if_sold = holding.side_worst(Side.SELL) + ask.added_ask
        raised = max(if_bought, if_sold) - holding.worst
        exposure = ask.portfolio.exposure
        if raised <= 0 or exposure + raised <= self.limit or not self.covers(holding):
            return None
        return self.refusal(exposure, raised, max(0, self.limit - exposure))


class FilledPortfolioRule(RiskRule):
    """Σ |net| over options: once filled positions reach it, nothing that could add to them passes.

    Below it an order may overshoot: working orders are not counted.
    """

    __slots__ = ()

    def worst_case(self, portfolio: Portfolio, holding: Holding | None) -> int:
        return portfolio.filled

    def order_refusal(self, ask: OrderAsk) -> Refusal | None:
        if ask.portfolio.filled < self.limit or not self.covers(ask.holding):
            return None
        return self._side_refusal(ask.portfolio, ask.holding, ask.side, ask.added)

    def quote_refusal(self, ask: QuoteAsk) -> Refusal | None:
        if ask.portfolio.filled < self.limit or not self.covers(ask.holding):
            return None
        return self._side_refusal(
            ask.portfolio, ask.holding, Side.BUY, ask.added_bid
        ) or self._side_refusal(ask.portfolio, ask.holding, Side.SELL, ask.added_ask)

    def _side_refusal(
        self, portfolio: Portfolio, holding: Holding, side: Side, added: int
    ) -> Refusal | None:
        reducing = max(0, abs(holding.net) - holding.side_worst(side))
        if added <= reducing:
            return None
        return self.refusal(portfolio.filled, added, reducing)


@rule_of.register
def _(constraint: PositionLimit) -> Rule:
    return NetRule("position_limit", POSITION_LIMIT_EXCEEDED, constraint.max_quantity)


@rule_of.register
def _(constraint: UnderlyingLimit) -> Rule:
    return NetRule("underlying_limit", UNDERLYING_LIMIT_EXCEEDED, constraint.max_quantity)


@rule_of.register
def _(constraint: PortfolioLimit) -> Rule:
    kind = FilledPortfolioRule if constraint.filled_only else ExposureRule
    return kind("portfolio_limit", PORTFOLIO_LIMIT_EXCEEDED, constraint.max_quantity)


@rule_of.register
def _(constraint: ExposureLimit) -> Rule:
    return ExposureRule("exposure_limit", EXPOSURE_LIMIT_EXCEEDED, constraint.max_quantity)
