"""Positions, risk limits and the events of the private channel."""

from typing import Literal

from itg.wire.v1.orders import Body, OrderBody, QuoteBody, SideWord, StatusWord

# Types of the pushes on `private`, in one total order by seq.
PrivateType = Literal[
    "order.accepted",
    "order.replaced",
    "order.canceled",
    "order.expired",
    "order.activated",
    "order.rejected",
    "order.replace_rejected",
    "order.cancel_rejected",
    "fill",
    "fill.busted",
    "quote",
    "quote.rejected",
    "position",
    "position.settled",
    "limit",
    "limit.breached",
    "limit.cleared",
    "loss.stopped",
    "protection.changed",
    "kill_switch.changed",
    "suspension.changed",
    "account.reseated",
    "account.adjusted",
    "snapshot",
    "resume.too_old",
]


class PositionBody(Body, frozen=True, kw_only=True):
    """One instrument's holding in USD; `fees` positive paid, `unrealized_pnl` at the mark."""

    instrument_id: str
    net_quantity: int
    average_price: float | None
    realized_pnl: float
    unrealized_pnl: float | None
    fees: float


class PositionsBody(Body, frozen=True, kw_only=True):
    """An account's positions and totals."""

    team_id: str
    role: str
    positions: list[PositionBody]
    cash: float
    fees: float
    realized_pnl: float
    unrealized_pnl: float


class RiskLimitBody(Body, frozen=True, kw_only=True):
    """One risk limit: filled use, worst case with working orders, headroom left.

    In contracts; `delta_limit` in the leading underlying's equivalents, `leg_balance` as a ratio,
    `quote_coverage` as a share. A floor's `used` is to be at least `limit`.
    """

    kind: str
    instrument_id: str | None
    limit: int | float
    used: int | float
    worst_case: int | float
    headroom: int | float
    is_floor: bool = False


class SeriesCoverageBody(Body, frozen=True, kw_only=True):
    """One series of an obligation to quote: its share of the rolling window, and the last second.

    One that was chosen a moment ago is not asked for yet.
    """

    instrument_id: str
    share: float
    is_covered: bool
    is_asked: bool


class CoverageBody(Body, frozen=True, kw_only=True):
    """How an account meets its obligation to quote; shares of 1.

    `share` is that of the rolling window and `day_share` the session's so far, null before it has
    asked for anything; `relief` is what full limits covered of the session so far.
    """

    share: float | None
    day_share: float | None
    relief: float
    is_rebate_halved: bool
    series: list[SeriesCoverageBody]


class RiskLimitsBody(Body, frozen=True, kw_only=True):
    """An account's risk limits; `coverage` and `legs` where its role has such an obligation.

    `legs` are the deltas to be balanced, by underlying, in the leading one's equivalents.
    """

    team_id: str
    limits: list[RiskLimitBody]
    coverage: CoverageBody | None = None
    legs: dict[str, float] | None = None


class OrderPush(Body, frozen=True, kw_only=True):
    """Data of `order.accepted|replaced|canceled|expired|activated`."""

    order: OrderBody
    cancel_reason: str | None = None
    activation: str | None = None


class RejectedPush(Body, frozen=True, kw_only=True):
    """Data of every `…rejected` type: the problem's code with its numbers."""

    code: str
    detail: str
    client_order_id: str | None = None
    order_id: int | None = None
    instrument_id: str | None = None
    side: SideWord | None = None
    quantity: int | None = None
    limit: float | int | None = None
    current: float | int | None = None
    requested: float | int | None = None
    allowed: float | int | None = None
    retry_after_ms: int | None = None


class FillPush(Body, frozen=True, kw_only=True):
    """Data of `fill`: the fill and what it left of the order (or of the quote side)."""

    fill_id: int
    trade_id: int
    order_id: int
    client_order_id: str | None
    instrument_id: str
    side: SideWord
    last_price: float
    last_quantity: int
    liquidity: str
    fee: float
    status: StatusWord
    filled_quantity: int
    leaves_quantity: int
    average_price: float
    is_quote: bool


class QuotePush(Body, frozen=True, kw_only=True):
    """Data of `quote`."""

    quote: QuoteBody
    cancel_reason: str | None = None


class PositionPush(Body, frozen=True, kw_only=True):
    """Data of `position`."""

    position: PositionBody
    cash: float


class LimitPush(Body, frozen=True, kw_only=True):
    """Data of `limit`: a risk limit is 80 % used; of `limit.cleared`: it is kept again.

    Of `quote_coverage` and `maker_rebate` (halved from now on) `used` has fallen to it from above.
    """

    kind: str
    instrument_id: str | None
    used: int | float
    limit: int | float


class LimitBreachPush(Body, frozen=True, kw_only=True):
    """Data of `limit.breached`: outside since a game time, for longer than the grace."""

    kind: str
    used: int | float
    limit: int | float
    since_us: int


class LossStopPush(Body, frozen=True, kw_only=True):
    """Data of `loss.stopped`, in USD: until the next open only what reduces passes."""

    session_pnl: float
    limit: float


class KillSwitchPush(Body, frozen=True, kw_only=True):
    """Data of `kill_switch.changed`: whether one stops the account now, and who switched."""

    is_active: bool
    by_organizer: bool


class SuspendPush(Body, frozen=True, kw_only=True):
    """Data of `suspension.changed`: whether the organizer has suspended the team."""

    is_suspended: bool


class HandedOverBody(Body, frozen=True, kw_only=True):
    """Contracts that went to the house at a price, signed as they were held."""

    instrument_id: str
    net_quantity: int
    price: float


class ReseatedPush(Body, frozen=True, kw_only=True):
    """Data of `account.reseated`: a fresh account in a role, with its starting cash.

    Positions are 0, fees and P&L count anew, the quote protection is off; `cash_changed` came from
    outside the market.
    """

    role: str
    cash: float
    cash_changed: float
    handed_over: list[HandedOverBody]


class AdjustedPush(Body, frozen=True, kw_only=True):
    """Data of `account.adjusted`: an organizer's correction, positive to the team."""

    cash: float
    instrument_id: str | None
    quantity: int
    price: float


class SettlementPush(Body, frozen=True, kw_only=True):
    """Data of `position.settled`: contracts that left, and the cash that came in for them."""

    instrument_id: str
    settlement_price: float
    settled_quantity: int
    cash_settled: float


class BustPush(Body, frozen=True, kw_only=True):
    """Data of `fill.busted`: a fill undone (`adjusted_price` null), or moved to another price.

    `is_former_seat`: made before the account began anew, so that nothing of it is moved.
    """

    trade_id: int
    order_id: int
    instrument_id: str
    side: SideWord
    last_price: float
    adjusted_price: float | None
    last_quantity: int
    fee_returned: float
    is_former_seat: bool = False


class PrivateSnapshot(Body, frozen=True, kw_only=True):
    """Data of `private` type `snapshot`: everything that stands at this seq."""

    team_id: str
    orders: list[OrderBody]
    quotes: list[QuoteBody]
    positions: list[PositionBody]
    cash: float


class ResumeTooOld(Body, frozen=True, kw_only=True):
    """Data of `resume.too_old`: the seq asked for is gone; a snapshot follows."""

    requested_seq: int
    oldest_seq: int
