"""What an order would do: the question to the exchange, and the answer out of three services."""

from itg.exchange.contract import OrderPreview, PlaceOrder
from itg.kernel.errors import Refusal
from itg.kernel.ids import ReservationId, Shard
from itg.kernel.money import Quantity
from itg.kernel.words import SelfTradePolicy
from itg.positions.contract import Limits, ReserveOrder, RoleRules, Verdict
from itg.translate.account import risk_limit_body
from itg.translate.numbers import usd
from itg.translate.refusals import numbers_of
from itg.wire.v1.explaining import PreviewBody, PreviewFeesBody, PreviewFillBody

_NOWHERE = OrderPreview()


def place_order(order: ReserveOrder, shard: Shard, stp: SelfTradePolicy) -> PlaceOrder:
    """Return the placement that a reservation would become; `stp` where it names none."""
    return PlaceOrder(
        shard=shard,
        reservation_id=ReservationId(0),
        account_id=order.account_id,
        instrument_id=order.instrument_id,
        side=order.side,
        quantity=Quantity(order.quantity),
        order_type=order.order_type,
        price=order.price,
        time_in_force=order.time_in_force,
        post_only=order.post_only,
        stp=order.stp or stp,
        tag=order.tag,
        stop_price=order.stop_price,
        display_quantity=(
            None if order.display_quantity is None else Quantity(order.display_quantity)
        ),
        expires_ns=order.expires_ns,
    )


def preview_body(
    order: ReserveOrder,
    verdict: Verdict,
    preview: OrderPreview | None,
    rules: RoleRules,
    limits: Limits,
) -> PreviewBody:
    """Return what placing an order would meet; a refused one trades and rests nowhere."""
    refusal = verdict.refusal or (None if preview is None else preview.refusal)
    met = _NOWHERE if preview is None or refusal is not None else preview
    filled = sum(quantity for _, quantity in met.fills)
    limit, current, requested, allowed = numbers_of(refusal or Refusal(code="", detail=""))
    return PreviewBody(
        is_valid=refusal is None,
        code=None if refusal is None else refusal.code,
        detail=None if refusal is None else refusal.detail,
        limit=limit,
        current=current,
        requested=requested,
        allowed=allowed,
        fees=PreviewFeesBody(
            maker=usd(rules.maker_fee),
            taker=usd(rules.taker_fee),
            expected=usd(rules.taker_fee * filled),
        ),
        fills=[
            PreviewFillBody(price=usd(price), quantity=quantity) for price, quantity in met.fills
        ],
        resting_quantity=met.resting_quantity,
        would_pend=met.would_pend,
        limits=[
            risk_limit_body(use)
            for use in limits.limits
            if use.instrument_id in {None, order.instrument_id} and not use.is_floor
        ],
    )
