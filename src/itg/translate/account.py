"""Positions, limits and the events of an account's mailbox."""

from typing import assert_never

from itg.kernel.errors import Refusal
from itg.kernel.times import to_micros
from itg.positions.contract import (
    AccountAdjusted,
    AccountCancelRejected,
    AccountFillBusted,
    AccountFilled,
    AccountKillSwitchChanged,
    AccountLimitBreached,
    AccountLimitCleared,
    AccountLimitWarned,
    AccountLossStopped,
    AccountOrderRejected,
    AccountOrderUpdated,
    AccountPositionChanged,
    AccountProtectionChanged,
    AccountQuoteRejected,
    AccountQuoteUpdated,
    AccountReplaceRejected,
    AccountReseated,
    AccountSettled,
    AccountState,
    AccountSuspensionChanged,
    AnyPrivateEvent,
    Budgets,
    Coverage,
    Limits,
    LimitUse,
    Position,
    Positions,
    PrivateEvent,
    Verdict,
)
from itg.translate.numbers import optional_usd, usd
from itg.translate.orders import order_body, quote_body
from itg.translate.protection import protection_body
from itg.translate.refusals import numbers_of
from itg.translate.seats import seat_push
from itg.wire.v1.account import (
    BustPush,
    CoverageBody,
    FillPush,
    KillSwitchPush,
    LimitBreachPush,
    LimitPush,
    LossStopPush,
    OrderPush,
    PositionBody,
    PositionPush,
    PositionsBody,
    PrivateSnapshot,
    PrivateType,
    QuotePush,
    RejectedPush,
    RiskLimitBody,
    RiskLimitsBody,
    SeriesCoverageBody,
    SettlementPush,
)
from itg.wire.v1.orders import Body, BudgetBody, SideWord, ValidateBody

PPM = 1_000_000
# Limits that are counted in 1e-6: of the leader's equivalents, or of 1.
IN_PPM = ("delta_limit", "leg_balance", "quote_coverage", "maker_rebate")


def private_push(event: PrivateEvent) -> tuple[PrivateType, Body]:
    """Return a mailbox event as type and data of a push on `private`."""
    assert isinstance(event, AnyPrivateEvent), f"no translation of {type(event).__name__}"
    match event:
        case AccountOrderUpdated():
            return _order_type(event), _order_push(event)
        case AccountFilled():
            return "fill", _fill_push(event)
        case AccountQuoteUpdated():
            return "quote", _quote_push(event)
        case AccountPositionChanged():
            position = position_body(event.position)
            return "position", PositionPush(position=position, cash=usd(event.cash))
        case AccountLimitWarned() | AccountLimitBreached() | AccountLimitCleared():
            return _limit(event)
        case AccountLossStopped() | AccountProtectionChanged() | AccountKillSwitchChanged():
            return _stop(event)
        case AccountReseated() | AccountAdjusted() | AccountSuspensionChanged():
            return seat_push(event)
        case AccountSettled() | AccountFillBusted():
            return _afterwards(event)
        case (
            AccountOrderRejected()
            | AccountReplaceRejected()
            | AccountCancelRejected()
            | AccountQuoteRejected()
        ):
            return _rejection(event)
        case _:
            assert_never(event)


def _order_type(event: AccountOrderUpdated) -> PrivateType:
    types: dict[str, PrivateType] = {
        "accepted": "order.accepted",
        "replaced": "order.replaced",
        "canceled": "order.canceled",
        "expired": "order.expired",
        "activated": "order.activated",
    }
    return types[event.change.value]


def _order_push(event: AccountOrderUpdated) -> OrderPush:
    reason, activation = event.cancel_reason, event.activation
    return OrderPush(
        order=order_body(event.order),
        cancel_reason=None if reason is None else reason.value,
        activation=None if activation is None else activation.value,
    )


def _fill_push(event: AccountFilled) -> FillPush:
    fill = event.fill
    return FillPush(
        fill_id=fill.fill_id,
        trade_id=fill.trade_id,
        order_id=fill.order_id,
        client_order_id=fill.client_order_id,
        instrument_id=fill.instrument_id,
        side=fill.side.value,
        last_price=usd(fill.last_price),
        last_quantity=fill.last_quantity,
        liquidity=fill.liquidity.value,
        fee=usd(fill.fee),
        status=event.status.value,
        filled_quantity=event.filled_quantity,
        leaves_quantity=event.leaves_quantity,
        average_price=usd(event.average_price),
        is_quote=event.is_quote,
    )


def _quote_push(event: AccountQuoteUpdated) -> QuotePush:
    reason = event.cancel_reason
    return QuotePush(
        quote=quote_body(event.quote), cancel_reason=None if reason is None else reason.value
    )


def _limit(
    event: AccountLimitWarned | AccountLimitBreached | AccountLimitCleared,
) -> tuple[PrivateType, Body]:
    kind = event.kind
    used, limit = _in_unit(kind, event.used), _in_unit(kind, event.limit)
    match event:
        case AccountLimitWarned():
            instrument_id = event.instrument_id
            return "limit", LimitPush(
                kind=kind, instrument_id=instrument_id, used=used, limit=limit
            )
        case AccountLimitBreached():
            since_us = to_micros(event.since_ns)
            return "limit.breached", LimitBreachPush(
                kind=kind, used=used, limit=limit, since_us=since_us
            )
        case AccountLimitCleared():
            return "limit.cleared", LimitPush(kind=kind, instrument_id=None, used=used, limit=limit)
        case _:
            assert_never(event)


def _in_unit(kind: str, value: int) -> int | float:
    return value / PPM if kind in IN_PPM else value


def _stop(
    event: AccountLossStopped | AccountProtectionChanged | AccountKillSwitchChanged,
) -> tuple[PrivateType, Body]:
    match event:
        case AccountLossStopped():
            push = LossStopPush(session_pnl=usd(event.session_pnl), limit=usd(event.limit))
            return "loss.stopped", push
        case AccountProtectionChanged():
            return "protection.changed", protection_body(event.protection)
        case AccountKillSwitchChanged():
            return "kill_switch.changed", KillSwitchPush(
                is_active=event.is_active, by_organizer=event.by_organizer
            )
        case _:
            assert_never(event)


def _afterwards(event: AccountSettled | AccountFillBusted) -> tuple[PrivateType, Body]:
    if isinstance(event, AccountSettled):
        return "position.settled", _settlement_push(event)
    return "fill.busted", _bust_push(event)


def _settlement_push(event: AccountSettled) -> SettlementPush:
    return SettlementPush(
        instrument_id=event.instrument_id,
        settlement_price=usd(event.settlement_price),
        settled_quantity=event.settled_quantity,
        cash_settled=usd(event.cash_settled),
    )


def _bust_push(event: AccountFillBusted) -> BustPush:
    return BustPush(
        trade_id=event.trade_id,
        order_id=event.order_id,
        instrument_id=event.instrument_id,
        side=event.side.value,
        last_price=usd(event.last_price),
        adjusted_price=optional_usd(event.adjusted_price),
        last_quantity=event.last_quantity,
        fee_returned=usd(event.fee_returned),
        is_former_seat=event.is_former_seat,
    )


def _rejection(
    event: AccountOrderRejected
    | AccountReplaceRejected
    | AccountCancelRejected
    | AccountQuoteRejected,
) -> tuple[PrivateType, RejectedPush]:
    match event:
        case AccountOrderRejected():
            push = _rejected_push(
                event.refusal,
                client_order_id=event.client_order_id,
                instrument_id=event.instrument_id,
                side=event.side.value,
                quantity=event.quantity,
            )
            return "order.rejected", push
        case AccountReplaceRejected():
            ids = (event.order_id, event.orig_client_order_id)
            push = _rejected_push(event.refusal, order_id=ids[0], client_order_id=ids[1])
            return "order.replace_rejected", push
        case AccountCancelRejected():
            ids = (event.order_id, event.orig_client_order_id)
            push = _rejected_push(event.refusal, order_id=ids[0], client_order_id=ids[1])
            return "order.cancel_rejected", push
        case AccountQuoteRejected():
            push = _rejected_push(event.refusal, instrument_id=event.instrument_id)
            return "quote.rejected", push
        case _:
            assert_never(event)


def _rejected_push(  # noqa: PLR0913 - the fields that exist differ by event
    refusal: Refusal,
    *,
    order_id: int | None = None,
    client_order_id: str | None = None,
    instrument_id: str | None = None,
    side: SideWord | None = None,
    quantity: int | None = None,
) -> RejectedPush:
    limit, current, requested, allowed = numbers_of(refusal)
    return RejectedPush(
        code=refusal.code,
        detail=refusal.detail,
        client_order_id=client_order_id,
        order_id=order_id,
        instrument_id=instrument_id,
        side=side,
        quantity=quantity,
        limit=limit,
        current=current,
        requested=requested,
        allowed=allowed,
        retry_after_ms=refusal.retry_after_ms,
    )


def private_snapshot(team_id: str, state: AccountState) -> PrivateSnapshot:
    """Return everything that stands in an account."""
    return PrivateSnapshot(
        team_id=team_id,
        orders=[order_body(order) for order in state.orders],
        quotes=[quote_body(quote) for quote in state.quotes],
        positions=[position_body(position) for position in state.positions],
        cash=usd(state.cash),
    )


def position_body(position: Position) -> PositionBody:
    """Return one instrument's holding."""
    return PositionBody(
        instrument_id=position.instrument_id,
        net_quantity=position.net_quantity,
        average_price=optional_usd(position.average_price),
        realized_pnl=usd(position.realized_pnl),
        unrealized_pnl=optional_usd(position.unrealized_pnl),
        fees=usd(position.fees),
    )


def positions_body(team_id: str, positions: Positions) -> PositionsBody:
    """Return an account's positions and totals."""
    return PositionsBody(
        team_id=team_id,
        role=positions.role,
        positions=[position_body(position) for position in positions.positions],
        cash=usd(positions.cash),
        fees=usd(positions.fees),
        realized_pnl=usd(positions.realized_pnl),
        unrealized_pnl=usd(positions.unrealized_pnl),
    )


def risk_limits_body(
    team_id: str, limits: Limits, coverage: Coverage | None = None
) -> RiskLimitsBody:
    """Return an account's risk limits and how it meets its role's obligations."""
    legs = {str(leg.underlying_id): leg.delta / PPM for leg in limits.legs}
    return RiskLimitsBody(
        team_id=team_id,
        limits=[risk_limit_body(use) for use in limits.limits],
        coverage=coverage_body(coverage) if coverage is not None and coverage.series else None,
        legs=legs or None,
    )


def coverage_body(coverage: Coverage) -> CoverageBody:
    """Return how an account meets its obligation to quote."""
    share = coverage.coverage_ppm
    return CoverageBody(
        share=None if share is None else share / PPM,
        day_share=coverage.covered / coverage.obliged if coverage.obliged else None,
        relief=coverage.relief_ppm / PPM,
        is_rebate_halved=coverage.is_rebate_halved,
        series=[
            SeriesCoverageBody(
                instrument_id=series.instrument_id,
                share=series.coverage_ppm / PPM,
                is_covered=series.is_covered,
                is_asked=series.is_asked,
            )
            for series in coverage.series
        ],
    )


def risk_limit_body(use: LimitUse) -> RiskLimitBody:
    """Return one risk limit."""
    return RiskLimitBody(
        kind=use.kind,
        instrument_id=use.instrument_id,
        limit=_in_unit(use.kind, use.limit),
        used=_in_unit(use.kind, use.used),
        worst_case=_in_unit(use.kind, use.worst_case),
        headroom=_in_unit(use.kind, use.headroom),
        is_floor=use.is_floor,
    )


def budget_bodies(budgets: Budgets) -> list[BudgetBody]:
    """Return the rate budgets of an account's role."""
    return [
        BudgetBody(
            kind=budget.kind, per_s=budget.per_s, burst=budget.burst, remaining=budget.remaining
        )
        for budget in budgets.budgets
    ]


def validate_body(verdict: Verdict) -> ValidateBody:
    """Return what placing an order would meet."""
    refusal = verdict.refusal
    if refusal is None:
        return ValidateBody(is_valid=True)
    limit, current, requested, allowed = numbers_of(refusal)
    return ValidateBody(
        is_valid=False,
        code=refusal.code,
        detail=refusal.detail,
        limit=limit,
        current=current,
        requested=requested,
        allowed=allowed,
    )
