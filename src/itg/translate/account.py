"""Positions, limits and the events of an account's mailbox."""

from typing import assert_never

from itg.kernel.errors import Refusal
from itg.positions.contract import (
    AccountCancelRejected,
    AccountFilled,
    AccountLimitWarned,
    AccountOrderRejected,
    AccountOrderUpdated,
    AccountPositionChanged,
    AccountQuoteRejected,
    AccountQuoteUpdated,
    AccountReplaceRejected,
    AccountState,
    AnyPrivateEvent,
    Budgets,
    Limits,
    LimitUse,
    Position,
    Positions,
    PrivateEvent,
    Verdict,
)
from itg.translate.numbers import optional_usd, usd
from itg.translate.orders import order_body, quote_body
from itg.translate.refusals import numbers_of
from itg.wire.v1.account import (
    FillPush,
    LimitPush,
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
)
from itg.wire.v1.orders import Body, BudgetBody, SideWord, ValidateBody


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
        case AccountLimitWarned():
            return "limit", _limit_push(event)
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
    }
    return types[event.change.value]


def _order_push(event: AccountOrderUpdated) -> OrderPush:
    reason = event.cancel_reason
    return OrderPush(
        order=order_body(event.order), cancel_reason=None if reason is None else reason.value
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


def _limit_push(event: AccountLimitWarned) -> LimitPush:
    return LimitPush(
        kind=event.kind, instrument_id=event.instrument_id, used=event.used, limit=event.limit
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


def risk_limits_body(team_id: str, limits: Limits) -> RiskLimitsBody:
    """Return an account's risk limits."""
    rows = [risk_limit_body(use) for use in limits.limits]
    return RiskLimitsBody(team_id=team_id, limits=rows)


def risk_limit_body(use: LimitUse) -> RiskLimitBody:
    """Return one risk limit."""
    return RiskLimitBody(
        kind=use.kind,
        instrument_id=use.instrument_id,
        limit=use.limit,
        used=use.used,
        worst_case=use.worst_case,
        headroom=use.headroom,
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
