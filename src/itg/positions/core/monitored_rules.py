"""Limits that are watched and refuse nothing by themselves: delta, and the loss of a session."""

from collections.abc import Iterator, Sequence

from itg.kernel.ids import UnderlyingId
from itg.kernel.money import Cash
from itg.kernel.times import Nanos
from itg.positions.contract import DeltaLimit, LimitUse, LossStop
from itg.positions.core.portfolio import Holding, Portfolio
from itg.positions.core.rules import PPM, Rule, UseRule, rule_of


class WatchedRule(UseRule):
    """A limit looked at each second, a breach when it is passed for longer than the grace."""

    __slots__ = ("_grace_ns", "kind", "limit", "warn_at")

    def __init__(self, kind: str, limit: int, grace_ns: Nanos) -> None:
        self.kind = kind
        self.limit = limit
        self.warn_at = -(-limit * 4 // 5)
        self._grace_ns = grace_ns

    def use(self, portfolio: Portfolio) -> int:
        """Return what is used of the limit, in its own unit."""
        raise NotImplementedError

    def grace_ns(self, now: Nanos, disturbed_ns: Nanos | None) -> Nanos:
        """Return the grace now, after the last jump or halt."""
        return self._grace_ns

    def uses(self, portfolio: Portfolio, holdings: Sequence[Holding]) -> Iterator[LimitUse]:
        used = self.use(portfolio)
        yield LimitUse(
            kind=self.kind,
            instrument_id=None,
            limit=self.limit,
            used=used,
            worst_case=used,  # working orders have no delta yet
            headroom=max(0, self.limit - used),
        )


class DeltaRule(WatchedRule):
    """|Σ position × delta × weight|, in 1e-6 of the leader's equivalents."""

    __slots__ = ("_grace_after_jump_ns", "weights")

    def __init__(self, constraint: DeltaLimit) -> None:
        super().__init__("delta_limit", constraint.max_delta, constraint.grace_ns)
        self._grace_after_jump_ns: Nanos = constraint.grace_after_jump_ns
        self.weights = {row.underlying_id: row.weight_ppm for row in constraint.weights}

    def weight(self, underlying_id: UnderlyingId) -> int:
        """Return what one delta of an underlying counts, 1e-6; nothing when it has no weight."""
        return self.weights.get(underlying_id, 0)

    def use(self, portfolio: Portfolio) -> int:
        """Return the delta of everything held, without its sign."""
        weights, total = self.weights, 0
        for holding in portfolio.holdings.values():
            if holding.net:
                listing = holding.listing
                total += holding.net * listing.delta * weights.get(listing.underlying_id, 0)
        return abs(total) // PPM

    def grace_ns(self, now: Nanos, disturbed_ns: Nanos | None) -> Nanos:
        longer_ns = self._grace_after_jump_ns
        if disturbed_ns is not None and now - disturbed_ns <= longer_ns:
            return longer_ns
        return self._grace_ns


class LossStopRule(Rule):
    """The loss of a session that stops an account."""

    __slots__ = ("max_loss",)

    def __init__(self, max_loss: Cash) -> None:
        self.max_loss = max_loss


@rule_of.register
def _(constraint: DeltaLimit) -> Rule:
    return DeltaRule(constraint)


@rule_of.register
def _(constraint: LossStop) -> Rule:
    return LossStopRule(constraint.max_loss)
