"""How a role must quote: how tight, how much, how often."""

from itg.kernel.errors import Refusal
from itg.kernel.times import Nanos
from itg.positions.contract import (
    QUOTE_SIZE_TOO_SMALL,
    QUOTE_SPREAD_EXCEEDED,
    QuoteRateLimit,
    QuoteSizeLimit,
    QuoteSpreadLimit,
)
from itg.positions.core.asks import QuoteAsk
from itg.positions.core.rules import PPM, Rule, rate_refusal, rule_of


class QuoteSpreadRule(Rule):
    """The width of a two-sided quote, as a fraction of its mid or in money, whichever is wider.

    A side alone passes: whether it counts as a quote (`ask_alone_below`) is for the obligation.
    """

    __slots__ = ("_constraint", "ask_alone_below")

    def __init__(self, constraint: QuoteSpreadLimit) -> None:
        self._constraint = constraint
        self.ask_alone_below = constraint.ask_alone_below

    def widest(self, bid_and_ask: int, *, is_doubled: bool) -> int:
        """Return the widest a quote may be whose sides add up to this."""
        rule = self._constraint
        width = max(rule.min_width, bid_and_ask * rule.max_fraction_ppm // (2 * PPM))
        return 2 * width if is_doubled else width

    def is_doubled(self, now: Nanos, jumped_ns: Nanos | None) -> bool:
        """Tell whether a jump lies so near that quotes may be twice as wide."""
        return jumped_ns is not None and now - jumped_ns < self._constraint.doubled_after_jump_ns

    def quote_refusal(self, ask: QuoteAsk) -> Refusal | None:
        bid, offer = ask.terms.bid, ask.terms.ask
        if bid is None or offer is None:
            return None
        is_doubled = self.is_doubled(ask.now, ask.jumped_ns)
        widest = self.widest(bid + offer, is_doubled=is_doubled)
        if offer - bid <= widest:
            return None
        return Refusal(
            code=QUOTE_SPREAD_EXCEEDED.code,
            detail="The quote is wider than its role allows at this mid.",
            limit=widest,
            requested=offer - bid,
            allowed=widest,
        )


class QuoteSizeRule(Rule):
    """The least a quote side must offer."""

    __slots__ = ("min_quantity",)

    def __init__(self, min_quantity: int) -> None:
        self.min_quantity = min_quantity

    def quote_refusal(self, ask: QuoteAsk) -> Refusal | None:
        terms = ask.terms
        if terms.bid is not None and terms.bid_quantity < self.min_quantity:
            return self._refusal(terms.bid_quantity, "bid_quantity")
        if terms.ask is not None and terms.ask_quantity < self.min_quantity:
            return self._refusal(terms.ask_quantity, "ask_quantity")
        return None

    def _refusal(self, quantity: int, field: str) -> Refusal:
        return Refusal(
            code=QUOTE_SIZE_TOO_SMALL.code,
            detail=f"{quantity} contracts on a quote side; at least {self.min_quantity}.",
            field=field,
            limit=self.min_quantity,
            requested=quantity,
            allowed=self.min_quantity,
        )


class QuoteRateRule(Rule):
    """Series quoted a second."""

    __slots__ = ("burst", "per_s")

    def __init__(self, per_s: int, burst: int) -> None:
        self.per_s = per_s
        self.burst = burst

    def quote_refusal(self, ask: QuoteAsk) -> Refusal | None:
        wait_ms = ask.buckets.quotes.wait_ms(ask.now, self.per_s, self.burst)
        return rate_refusal("quotes", self.per_s, wait_ms) if wait_ms else None


@rule_of.register
def _(constraint: QuoteSpreadLimit) -> Rule:
    return QuoteSpreadRule(constraint)


@rule_of.register
def _(constraint: QuoteSizeLimit) -> Rule:
    return QuoteSizeRule(constraint.min_quantity)


@rule_of.register
def _(constraint: QuoteRateLimit) -> Rule:
    return QuoteRateRule(constraint.series_per_s, constraint.burst)
