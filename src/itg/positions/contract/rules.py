"""A role as data: constraints, fees, starting cash."""

from msgspec import Struct

from itg.kernel.ids import Role, UnderlyingId
from itg.kernel.money import Cash, Price
from itg.kernel.times import NS_PER_S, Nanos
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
    """A two-sided quote's width: at most max(`max_fraction_ppm` of its mid, `min_width`).

    Twice that for `doubled_after_jump_ns` after a jump. Where theory is below `ask_alone_below` an
    ask alone is a valid quote.
    """

    max_fraction_ppm: int
    min_width: Price
    doubled_after_jump_ns: Nanos = Nanos(0)
    ask_alone_below: Price = Price(0)


class QuoteSizeLimit(Constraint, frozen=True, kw_only=True, tag="quote_size"):
    """The least quantity of each quote side."""

    min_quantity: int


class QuoteRateLimit(Constraint, frozen=True, kw_only=True, tag="quote_rate"):
    """Budget of series quoted a second; pulls are free."""

    series_per_s: int
    burst: int


class OneSided(Constraint, frozen=True, kw_only=True, tag="one_sided"):
    """No bid and ask of one account working at once in an instrument."""


class DeltaWeight(Struct, frozen=True, gc=False, array_like=True):
    """What one delta of an underlying counts, 1e-6 of the leader's equivalents."""

    underlying_id: UnderlyingId
    weight_ppm: int


class DeltaLimit(Constraint, frozen=True, kw_only=True, tag="delta_limit"):
    """Monitored, never refuses: |Σ position × delta × weight|, checked each second of game time.

    A breach begins after `grace_ns` outside, after `grace_after_jump_ns` when a jump or a halt lies
    within that time.
    """

    max_delta: int  # 1e-6 of the leader's equivalents
    weights: tuple[DeltaWeight, ...]
    grace_ns: Nanos = Nanos(30 * NS_PER_S)
    grace_after_jump_ns: Nanos = Nanos(60 * NS_PER_S)


class QuoteCoverage(Constraint, frozen=True, kw_only=True, tag="quote_coverage"):
    """Monitored, never refuses: the share of obligated series that are quoted two-sided.

    Obligated are calls and puts of the `strikes` nearest to spot, per underlying and expiry, chosen
    anew every `rechosen_ns` with `grace_ns` for those that are new. A series counts once it has
    carried a valid quote without a break for `valid_after_ns`. Over a rolling `window_ns`: a
    warning below the first share, half the maker rebate below the second, a breach below the
    third, all in 1e-6, none before the day has asked for `judged_after_ns`. Relief from full limits
    counts for at most `relief_max_ppm` of what the session asked for so far.
    """

    strikes: int = 5
    rechosen_ns: Nanos = Nanos(300 * NS_PER_S)
    grace_ns: Nanos = Nanos(30 * NS_PER_S)
    valid_after_ns: Nanos = Nanos(NS_PER_S)
    window_ns: Nanos = Nanos(300 * NS_PER_S)
    warn_below_ppm: int = 850_000
    halved_below_ppm: int = 800_000
    breached_below_ppm: int = 600_000
    relief_max_ppm: int = 500_000
    judged_after_ns: Nanos = Nanos(60 * NS_PER_S)


class LegBalance(Constraint, frozen=True, kw_only=True, tag="leg_balance"):
    """Monitored, never refuses: two legs of opposite sign, the larger at most so often the smaller.

    A leg is an underlying's delta in the leader's equivalents, 1e-6. Looked at while the larger is
    above `leg_min`; a breach begins after `grace_ns` outside, the time it takes to trade two legs.
    """

    ratio_max: int = 2
    leg_min: int = 2_000_000
    weights: tuple[DeltaWeight, ...]
    grace_ns: Nanos = Nanos(10 * NS_PER_S)


class LossStop(Constraint, frozen=True, kw_only=True, tag="loss_stop"):
    """A session's loss, marked each second, that stops the account until the next open."""

    max_loss: Cash


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
    | OneSided
    | DeltaLimit
    | QuoteCoverage
    | LegBalance
    | LossStop
)


class RoleRules(Struct, frozen=True, gc=False, kw_only=True):
    """A role as data. Fees are cash per contract, positive paid, negative a rebate."""

    role: Role
    maker_fee: Cash
    taker_fee: Cash
    starting_cash: Cash = Cash(0)
    quotes_allowed: bool = False
    stp: SelfTradePolicy = SelfTradePolicy.CANCEL_INCOMING  # an order's default
    is_measured: bool = False  # its accounts are measured each second, for reports and scores
    constraints: tuple[AnyConstraint, ...] = ()


def halved_rebate(maker_fee: Cash) -> Cash:
    """Return what a maker's contract costs while its rebate is halved, an odd unit kept back.

    A fee that is paid is no rebate and stays.
    """
    return Cash(-(-maker_fee // 2)) if maker_fee < 0 else maker_fee
