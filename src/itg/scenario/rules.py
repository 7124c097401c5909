"""The constraints of a role as TOML writes them, and as positions enforces them."""

from collections.abc import Mapping
from typing import Annotated, assert_never

from msgspec import Meta, Struct

from itg.kernel.ids import UnderlyingId
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import OrderType
from itg.positions import contract
from itg.scenario.money import usd_cash, usd_price

Count = Annotated[int, Meta(ge=1)]
Seconds = Annotated[int, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
PPM = 1_000_000


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """One entry of a role's `constraints`; `kind` says which."""


class PositionLimit(Rule, frozen=True, kw_only=True, tag="position_limit"):
    """Each option's worst-case net position."""

    max_quantity: Count


class PortfolioLimit(Rule, frozen=True, kw_only=True, tag="portfolio_limit"):
    """All option positions together."""

    max_quantity: Count
    filled_only: bool = False


class ExposureLimit(Rule, frozen=True, kw_only=True, tag="exposure_limit"):
    """All options' worst cases together."""

    max_quantity: Count


class UnderlyingLimit(Rule, frozen=True, kw_only=True, tag="underlying_limit"):
    """Each underlying's worst-case net position."""

    max_quantity: Count


class OrderSize(Rule, frozen=True, kw_only=True, tag="order_size"):
    """The largest order."""

    max_quantity: Count


class OrderRate(Rule, frozen=True, kw_only=True, tag="order_rate"):
    """Orders and cancels a second."""

    orders_per_s: Count
    cancels_per_s: Count


class OrderTypeAllowed(Rule, frozen=True, kw_only=True, tag="order_type_allowed"):
    """The order types the role may send."""

    order_types: Annotated[tuple[OrderType, ...], Meta(min_length=1)]


class InstrumentAllowed(Rule, frozen=True, kw_only=True, tag="instrument_allowed"):
    """The instruments the role may trade."""

    options: bool = True
    underlyings: bool = True
    underlying_ids: tuple[str, ...] = ()


class QuoteSpread(Rule, frozen=True, kw_only=True, tag="quote_spread"):
    """The widest quote."""

    max_fraction: Annotated[float, Meta(gt=0, le=1)]
    min_width: Annotated[float, Meta(ge=0)]
    doubled_after_jump_s: Seconds = 0
    ask_alone_below: Annotated[float, Meta(ge=0)] = 0.0


class QuoteSize(Rule, frozen=True, kw_only=True, tag="quote_size"):
    """The smallest quote."""

    min_quantity: Count


class QuoteRate(Rule, frozen=True, kw_only=True, tag="quote_rate"):
    """Series quoted a second."""

    series_per_s: Count
    burst: Count


class OneSided(Rule, frozen=True, kw_only=True, tag="one_sided"):
    """One side of an instrument at a time."""


class DeltaLimit(Rule, frozen=True, kw_only=True, tag="delta_limit"):
    """The largest delta, watched, in the leading underlying's equivalents."""

    max_delta: Annotated[float, Meta(gt=0)]
    weights: dict[str, Annotated[float, Meta(ge=0)]] = {}
    grace_s: Seconds = 30
    grace_after_jump_s: Seconds = 60


class QuoteCoverage(Rule, frozen=True, kw_only=True, tag="quote_coverage"):
    """The share of the series nearest to spot that is to be quoted two-sided, watched."""

    strikes: Count = 5
    rechosen_s: Count = 300
    grace_s: Seconds = 30
    valid_after_s: Seconds = 1
    window_s: Count = 300
    judged_after_s: Seconds = 60
    warn_below: Share = 0.85
    halved_below: Share = 0.80
    breached_below: Share = 0.60
    relief_max: Share = 0.50


class LegBalance(Rule, frozen=True, kw_only=True, tag="leg_balance"):
    """Legs of opposite sign, the larger at most so often the smaller, watched."""

    ratio_max: Count = 2
    leg_min: Annotated[float, Meta(ge=0)] = 2.0
    weights: dict[str, Annotated[float, Meta(ge=0)]] = {}
    grace_s: Seconds = 10


class LossStop(Rule, frozen=True, kw_only=True, tag="loss_stop"):
    """The loss of a session that stops the account."""

    max_loss: Annotated[float, Meta(gt=0)]


AnyRule = (
    PositionLimit
    | PortfolioLimit
    | ExposureLimit
    | UnderlyingLimit
    | OrderSize
    | OrderRate
    | OrderTypeAllowed
    | InstrumentAllowed
    | QuoteSpread
    | QuoteSize
    | QuoteRate
    | OneSided
    | DeltaLimit
    | QuoteCoverage
    | LegBalance
    | LossStop
)


def constraint_of(  # noqa: C901, PLR0912 - one case a kind
    rule: AnyRule, place: str, weights: Mapping[str, float]
) -> contract.AnyConstraint:
    """Return what positions enforces; errors name `place`.

    `weights`: what a delta of each underlying counts where the rule does not say.
    """
    match rule:
        case PositionLimit():
            return contract.PositionLimit(max_quantity=rule.max_quantity)
        case PortfolioLimit():
            return contract.PortfolioLimit(
                max_quantity=rule.max_quantity, filled_only=rule.filled_only
            )
        case ExposureLimit():
            return contract.ExposureLimit(max_quantity=rule.max_quantity)
        case UnderlyingLimit():
            return contract.UnderlyingLimit(max_quantity=rule.max_quantity)
        case OrderSize():
            return contract.OrderSizeLimit(max_quantity=rule.max_quantity)
        case OrderRate():
            return contract.OrderRateLimit(
                orders_per_s=rule.orders_per_s, cancels_per_s=rule.cancels_per_s
            )
        case OrderTypeAllowed():
            return contract.OrderTypesAllowed(order_types=rule.order_types)
        case InstrumentAllowed():
            return contract.InstrumentsAllowed(
                options=rule.options,
                underlyings=rule.underlyings,
                underlying_ids=tuple(UnderlyingId(name) for name in rule.underlying_ids),
            )
        case QuoteSpread():
            return contract.QuoteSpreadLimit(
                max_fraction_ppm=round(rule.max_fraction * PPM),
                min_width=usd_price(rule.min_width, f"{place}.min_width"),
                doubled_after_jump_ns=Nanos(rule.doubled_after_jump_s * NS_PER_S),
                ask_alone_below=usd_price(rule.ask_alone_below, f"{place}.ask_alone_below"),
            )
        case QuoteSize():
            return contract.QuoteSizeLimit(min_quantity=rule.min_quantity)
        case QuoteRate():
            return contract.QuoteRateLimit(series_per_s=rule.series_per_s, burst=rule.burst)
        case OneSided():
            return contract.OneSided()
        case DeltaLimit():
            return _delta_limit(rule, rule.weights or weights)
        case QuoteCoverage():
            return _quote_coverage(rule)
        case LegBalance():
            return _leg_balance(rule, rule.weights or weights)
        case LossStop():
            return contract.LossStop(max_loss=usd_cash(rule.max_loss, f"{place}.max_loss"))
        case _:
            assert_never(rule)


def _delta_limit(rule: DeltaLimit, weights: Mapping[str, float]) -> contract.DeltaLimit:
    return contract.DeltaLimit(
        max_delta=round(rule.max_delta * PPM),
        weights=_weights(weights),
        grace_ns=Nanos(rule.grace_s * NS_PER_S),
        grace_after_jump_ns=Nanos(rule.grace_after_jump_s * NS_PER_S),
    )


def _quote_coverage(rule: QuoteCoverage) -> contract.QuoteCoverage:
    return contract.QuoteCoverage(
        strikes=rule.strikes,
        rechosen_ns=Nanos(rule.rechosen_s * NS_PER_S),
        grace_ns=Nanos(rule.grace_s * NS_PER_S),
        valid_after_ns=Nanos(rule.valid_after_s * NS_PER_S),
        window_ns=Nanos(rule.window_s * NS_PER_S),
        judged_after_ns=Nanos(rule.judged_after_s * NS_PER_S),
        warn_below_ppm=round(rule.warn_below * PPM),
        halved_below_ppm=round(rule.halved_below * PPM),
        breached_below_ppm=round(rule.breached_below * PPM),
        relief_max_ppm=round(rule.relief_max * PPM),
    )


def _leg_balance(rule: LegBalance, weights: Mapping[str, float]) -> contract.LegBalance:
    return contract.LegBalance(
        ratio_max=rule.ratio_max,
        leg_min=round(rule.leg_min * PPM),
        weights=_weights(weights),
        grace_ns=Nanos(rule.grace_s * NS_PER_S),
    )


def _weights(weights: Mapping[str, float]) -> tuple[contract.DeltaWeight, ...]:
    return tuple(
        contract.DeltaWeight(UnderlyingId(name), round(weight * PPM))
        for name, weight in weights.items()
    )
