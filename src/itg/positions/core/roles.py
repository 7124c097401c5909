"""A role's rules made ready to be asked."""

from collections.abc import Callable, Iterable
from typing import TypeVar

from itg.kernel.errors import Refusal
from itg.kernel.ids import Role, UnderlyingId
from itg.kernel.money import Cash
from itg.positions.contract import ACCOUNT_NOT_FOUND, RoleRules, halved_rebate
from itg.positions.core.asks import OrderAsk, QuoteAsk
from itg.positions.core.balance import BalanceRule
from itg.positions.core.coverage_rules import CoverageRule, QuoteTest
from itg.positions.core.monitored_rules import DeltaRule, LossStopRule, WatchedRule
from itg.positions.core.order_rules import OrderRateRule
from itg.positions.core.quote_rules import QuoteRateRule, QuoteSizeRule, QuoteSpreadRule
from itg.positions.core.risk_rules import FilledPortfolioRule, RiskRule
from itg.positions.core.rules import PPM, Rule, UseRule, rule_of

OrderCheck = Callable[[OrderAsk], Refusal | None]
QuoteCheck = Callable[[QuoteAsk], Refusal | None]
Kind = TypeVar("Kind", bound=Rule)


class RoleTerms:
    """What a role may do and pays; checks stand in the role's order."""

    __slots__ = (
        "balance",
        "coverage",
        "delta_limit",
        "filled_limit",
        "halved_maker_fee",
        "loss_stop",
        "option_risks",
        "order_checks",
        "order_rate",
        "quote_checks",
        "quote_rate",
        "quote_test",
        "risks",
        "rules",
        "underlying_risks",
        "watched",
    )

    def __init__(self, rules: RoleRules, extra: tuple[Rule, ...] = ()) -> None:
        made = extra + tuple(rule_of(constraint) for constraint in rules.constraints)
        self.rules = rules
        # Only the rules with an opinion: most checks of most orders are never called.
        self.order_checks: tuple[OrderCheck, ...] = tuple(
            rule.order_refusal
            for rule in made
            if type(rule).order_refusal is not Rule.order_refusal
        )
        self.quote_checks: tuple[QuoteCheck, ...] = tuple(
            rule.quote_refusal
            for rule in made
            if type(rule).quote_refusal is not Rule.quote_refusal
        )
        self.risks = tuple(rule for rule in made if isinstance(rule, UseRule))
        held = tuple(rule for rule in made if isinstance(rule, RiskRule))
        self.option_risks = tuple(risk for risk in held if risk.for_options)
        self.underlying_risks = tuple(risk for risk in held if not risk.for_options)
        self.order_rate = _only(made, OrderRateRule)
        self.quote_rate = _only(made, QuoteRateRule)
        filled = _only(made, FilledPortfolioRule)
        self.filled_limit = filled.limit if filled else None
        self.delta_limit = _only(made, DeltaRule)
        self.loss_stop = _only(made, LossStopRule)
        self.balance = _only(made, BalanceRule)
        self.watched = tuple(rule for rule in made if isinstance(rule, WatchedRule))
        self.coverage = _only(made, CoverageRule)
        self.halved_maker_fee = halved_rebate(rules.maker_fee)
        size = _only(made, QuoteSizeRule)
        self.quote_test = QuoteTest(
            _only(made, QuoteSpreadRule),
            size.min_quantity if size else 1,
            next((risk.limit for risk in self.option_risks if risk.is_per_instrument), None),
            self.filled_limit,
        )

    def delta_weight(self, underlying_id: UnderlyingId) -> int:
        """Return what one delta of an underlying counts, 1e-6; 1 where the role has no limit."""
        return self.delta_limit.weight(underlying_id) if self.delta_limit else PPM

    def order_refusal(self, ask: OrderAsk) -> Refusal | None:
        """Return the first rule's refusal of an order."""
        for check in self.order_checks:
            refusal = check(ask)
            if refusal is not None:
                return refusal
        return None

    def quote_refusal(self, ask: QuoteAsk) -> Refusal | None:
        """Return the first rule's refusal of a quote."""
        for check in self.quote_checks:
            refusal = check(ask)
            if refusal is not None:
                return refusal
        return None


class _Stranger(Rule):
    __slots__ = ()

    def order_refusal(self, ask: OrderAsk) -> Refusal | None:
        return Refusal(code=ACCOUNT_NOT_FOUND.code, detail="This account was never opened.")


def stranger_terms() -> RoleTerms:
    """Return the terms of accounts nobody opened: everything is refused."""
    nobody = RoleRules(role=Role(""), maker_fee=Cash(0), taker_fee=Cash(0))
    return RoleTerms(nobody, (_Stranger(),))


def _only(rules: Iterable[Rule], kind: type[Kind]) -> Kind | None:
    found = [rule for rule in rules if isinstance(rule, kind)]
    assert len(found) <= 1, f"a role states {kind.__name__} twice"
    return found[0] if found else None
