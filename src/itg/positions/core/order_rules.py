"""What a role may send: how large, how often, which types, which instruments."""

from itg.kernel.errors import Refusal
from itg.kernel.words import Side
from itg.positions.contract import (
    INSTRUMENT_NOT_ALLOWED,
    ONE_SIDED_ONLY,
    ORDER_SIZE_EXCEEDED,
    ORDER_TYPE_NOT_ALLOWED,
    InstrumentsAllowed,
    OneSided,
    OrderRateLimit,
    OrderSizeLimit,
    OrderTypesAllowed,
)
from itg.positions.core.asks import OrderAsk, QuoteAsk
from itg.positions.core.listings import Listing
from itg.positions.core.portfolio import Holding
from itg.positions.core.rules import Rule, rate_refusal, rule_of


class OrderSizeRule(Rule):
    """The largest order or quote side."""

    __slots__ = ("_max",)

    def __init__(self, max_quantity: int) -> None:
        self._max = max_quantity

    def order_refusal(self, ask: OrderAsk) -> Refusal | None:
        return None if ask.quantity <= self._max else self._refusal(ask.quantity, "quantity")

    def quote_refusal(self, ask: QuoteAsk) -> Refusal | None:
        terms = ask.terms
        if terms.bid_quantity > self._max:
            return self._refusal(terms.bid_quantity, "bid_quantity")
        if terms.ask_quantity > self._max:
            return self._refusal(terms.ask_quantity, "ask_quantity")
        return None

    def _refusal(self, quantity: int, field: str) -> Refusal:
        return Refusal(
            code=ORDER_SIZE_EXCEEDED.code,
            detail=f"{quantity} contracts in one order; at most {self._max}.",
            field=field,
            limit=self._max,
            requested=quantity,
            allowed=self._max,
        )


class OrderRateRule(Rule):
    """Orders and replaces a second; cancels are counted apart."""

    __slots__ = ("cancels_per_s", "orders_per_s")

    def __init__(self, orders_per_s: int, cancels_per_s: int) -> None:
        self.orders_per_s = orders_per_s
        self.cancels_per_s = cancels_per_s

    def order_refusal(self, ask: OrderAsk) -> Refusal | None:
        per_s = self.orders_per_s
        wait_ms = ask.buckets.orders.wait_ms(ask.now, per_s, per_s)
        return rate_refusal("orders", per_s, wait_ms) if wait_ms else None


class OrderTypesRule(Rule):
    """The order types a role may send."""

    __slots__ = ("_order_types",)

    def __init__(self, constraint: OrderTypesAllowed) -> None:
        self._order_types = constraint.order_types

    def order_refusal(self, ask: OrderAsk) -> Refusal | None:
        if ask.order_type in self._order_types:
            return None
        allowed = ", ".join(order_type.value for order_type in self._order_types)
        return Refusal(
            code=ORDER_TYPE_NOT_ALLOWED.code,
            detail=f"This role sends {allowed}; not {ask.order_type.value}.",
            field="order_type",
        )


class InstrumentsRule(Rule):
    """The instruments a role may trade."""

    __slots__ = ("_constraint",)

    def __init__(self, constraint: InstrumentsAllowed) -> None:
        self._constraint = constraint

    def order_refusal(self, ask: OrderAsk) -> Refusal | None:
        return self._refusal(ask.holding.listing)

    def quote_refusal(self, ask: QuoteAsk) -> Refusal | None:
        return self._refusal(ask.holding.listing)

    def _refusal(self, listing: Listing) -> Refusal | None:
        allowed = self._constraint
        is_kind_allowed = allowed.options if listing.is_option else allowed.underlyings
        underlying_ids = allowed.underlying_ids
        if is_kind_allowed and (not underlying_ids or listing.underlying_id in underlying_ids):
            return None
        return Refusal(
            code=INSTRUMENT_NOT_ALLOWED.code,
            detail=f"This role may not trade {listing.instrument_id}.",
            field="instrument_id",
        )


class OneSidedRule(Rule):
    """Only one side of an instrument works at a time, what is pending or in flight included."""

    __slots__ = ()

    def order_refusal(self, ask: OrderAsk) -> Refusal | None:
        if ask.added <= 0:
            return None
        return self._refusal(ask.holding, ask.side, ask.added)

    def quote_refusal(self, ask: QuoteAsk) -> Refusal | None:
        terms, holding = ask.terms, ask.holding
        if terms.bid is not None and terms.ask is not None:
            detail = "This role works one side of an instrument at a time, not a bid and an ask."
            return Refusal(code=ONE_SIDED_ONLY.code, detail=detail)
        if terms.bid is not None:
            return self._refusal(holding, Side.BUY, ask.added_bid)
        return self._refusal(holding, Side.SELL, ask.added_ask)

    def _refusal(self, holding: Holding, side: Side, added: int) -> Refusal | None:
        other = holding.working_sell if side is Side.BUY else holding.working_buy
        if other == 0:
            return None
        return Refusal(
            code=ONE_SIDED_ONLY.code,
            detail=f"{other} contracts of {holding.listing.instrument_id} work on the other side.",
            field="side",
            current=other,
            requested=added,
            allowed=0,
        )


@rule_of.register
def _(constraint: OrderSizeLimit) -> Rule:
    return OrderSizeRule(constraint.max_quantity)


@rule_of.register
def _(constraint: OrderRateLimit) -> Rule:
    return OrderRateRule(constraint.orders_per_s, constraint.cancels_per_s)


@rule_of.register
def _(constraint: OrderTypesAllowed) -> Rule:
    return OrderTypesRule(constraint)


@rule_of.register
def _(constraint: InstrumentsAllowed) -> Rule:
    return InstrumentsRule(constraint)


@rule_of.register
def _(_constraint: OneSided) -> Rule:
    return OneSidedRule()
