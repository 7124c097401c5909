"""The constraints of a role as TOML writes them, and as positions enforces them."""

from typing import Annotated, assert_never

from msgspec import Meta, Struct

from itg.kernel.ids import UnderlyingId
from itg.kernel.words import OrderType
from itg.positions import contract
from itg.scenario.money import usd_price

Count = Annotated[int, Meta(ge=1)]


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


class QuoteSize(Rule, frozen=True, kw_only=True, tag="quote_size"):
    """The smallest quote."""

    min_quantity: Count


class QuoteRate(Rule, frozen=True, kw_only=True, tag="quote_rate"):
    """Series quoted a second."""

    series_per_s: Count
    burst: Count


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
)


def constraint_of(rule: AnyRule, place: str) -> contract.AnyConstraint:  # noqa: C901 - one case a kind
    """Return what positions enforces; errors name `place`."""
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
                max_fraction_ppm=round(rule.max_fraction * 1_000_000),
                min_width=usd_price(rule.min_width, f"{place}.min_width"),
            )
        case QuoteSize():
            return contract.QuoteSizeLimit(min_quantity=rule.min_quantity)
        case QuoteRate():
            return contract.QuoteRateLimit(series_per_s=rule.series_per_s, burst=rule.burst)
        case _:
            assert_never(rule)
