"""What a rule is, and the registry that makes rules of a role's constraints.

A kind of constraint lives in one file: its rule, and `rule_of` registered for it. A rule reads and
never changes; its refusal carries limit, current, requested and what would have been allowed.
"""

from collections.abc import Iterator, Sequence
from functools import singledispatch

from itg.kernel.errors import Refusal
from itg.positions.contract import RATE_LIMIT_EXCEEDED, Constraint, LimitUse
from itg.positions.core.asks import OrderAsk, QuoteAsk
from itg.positions.core.portfolio import Holding, Portfolio

PPM = 1_000_000


def toward_zero(millionths: int) -> int:
    """Return whole units of so many millionths, the rest dropped on either side of zero."""
    return millionths // PPM if millionths >= 0 else -(-millionths // PPM)


class Rule:
    """One rule; a kind overrides the questions it has an opinion on."""

    __slots__ = ()

    def order_refusal(self, ask: OrderAsk) -> Refusal | None:
        """Return why the order may not be, None when this rule lets it pass."""
        return None

    def quote_refusal(self, ask: QuoteAsk) -> Refusal | None:
        """Return why the quote may not be, None when this rule lets it pass."""
        return None


class UseRule(Rule):
    """A limit whose use an account can read."""

    __slots__ = ()

    def uses(self, portfolio: Portfolio, holdings: Sequence[Holding]) -> Iterator[LimitUse]:
        """Yield the use of this limit, one row, or one per holding that is or may be held."""
        raise NotImplementedError


@singledispatch
def rule_of(constraint: Constraint) -> Rule:
    """Return the rule a constraint states."""
    raise AssertionError(f"no rule is registered for {constraint!r}")


def rate_refusal(kind: str, per_s: int, wait_ms: int) -> Refusal:
    """Return the refusal of a spent budget."""
    return Refusal(
        code=RATE_LIMIT_EXCEEDED.code,
        detail=f"{per_s} {kind} a second of game time are spent; wait {wait_ms} ms of it.",
        limit=per_s,
        retry_after_ms=wait_ms,
    )
