"""A role as data: constraints, fees, starting cash."""

from msgspec import Struct

from itg.kernel.ids import Role, UnderlyingId
from itg.kernel.money import Cash, Price
from itg.kernel.words import OrderType, SelfTradePolicy


class Constraint(Struct, frozen=True, gc=False, kw_only=True):
    """Base of a role's rules; the first that fails is reported with its code and numbers."""


class PositionLimit(Constraint, frozen=True, kw_only=True, tag="position_limit"):
    """Worst-case |net position| of each option."""

    max_quantity: int


class PortfolioLimit(Constraint, frozen=True, kw_only=True, tag="portfolio_limit"):
    """Sum of |position| over all options; `filled_only` leaves working orders out of it."""

    max_quantity: int
    filled_only: bool = False


class ExposureLimit(Constraint, frozen=True, kw_only=True, tag="exposure_limit"):
    """Sum over options of max(|net + bids|, |net − asks|)."""

    max_quantity: int


class UnderlyingLimit(Constraint, frozen=True, kw_only=True, tag="underlying_limit"):
    """Worst-case |net position| of each underlying."""

    max_quantity: int


class OrderSizeLimit(Constraint, frozen=True, kw_only=True, tag="order_size"):
    """Largest order, a fat-finger check."""

    max_quantity: int


class OrderRateLimit(Constraint, frozen=True, kw_only=True, tag="order_rate"):
    """Token buckets of one second's worth on the messages' game time; cancels have their own."""

    orders_per_s: int
    cancels_per_s: int


class OrderTypesAllowed(Constraint, frozen=True, kw_only=True, tag="order_type_allowed"):
    """The order types a role may send."""

    order_types: tuple[OrderType, ...]


class InstrumentsAllowed(Constraint, frozen=True, kw_only=True, tag="instrument_allowed"):
    """The kinds of instrument a role may trade, on which underlyings; empty: all."""

    options: bool = True
    underlyings: bool = True
    underlying_ids: tuple[UnderlyingId, ...] = ()


class QuoteSpreadLimit(Constraint, frozen=True, kw_only=True, tag="quote_spread"):
    """A two-sided quote's width: at most max(`max_fraction_ppm` of its mid, `min_width`)."""

    max_fraction_ppm: int
    min_width: Price


class QuoteSizeLimit(Constraint, frozen=True, kw_only=True, tag="quote_size"):
    """The least quantity of each quote side."""

    min_quantity: int


class QuoteRateLimit(Constraint, frozen=True, kw_only=True, tag="quote_rate"):
    """Budget of series quoted a second; pulls are free."""

    series_per_s: int
    burst: int


AnyConstraint = (
    PositionLimit
    | PortfolioLimit
    | ExposureLimit
    | UnderlyingLimit
    | OrderSizeLimit
    | OrderRateLimit
    | OrderTypesAllowed
    | InstrumentsAllowed
    | QuoteSpreadLimit
    | QuoteSizeLimit
    | QuoteRateLimit
)


class RoleRules(Struct, frozen=True, gc=False, kw_only=True):
    """A role as data. Fees are cash per contract, positive paid, negative a rebate."""

    role: Role
    maker_fee: Cash
    taker_fee: Cash
    starting_cash: Cash = Cash(0)
    quotes_allowed: bool = False
    stp: SelfTradePolicy = SelfTradePolicy.CANCEL_INCOMING  # an order's default
    constraints: tuple[AnyConstraint, ...] = ()
