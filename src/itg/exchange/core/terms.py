"""Which words of an order go together, and what the book keeps of them."""

from itg.exchange.contract import (
    INVALID_EXPIRY,
    INVALID_QUANTITY,
    MISSING_PRICE,
    POST_ONLY_WOULD_TAKE,
    TERMS_CONFLICT,
    UNEXPECTED_PRICE,
    PlaceOrder,
)
from itg.exchange.core.book import Terms
from itg.kernel.errors import Refusal, RejectReason
from itg.kernel.times import Nanos
from itg.kernel.words import OrderType, TimeInForce

# A name for what every order asks about: to read an enum's attribute is not free.
LIMIT = OrderType.LIMIT
STOPS = (OrderType.STOP, OrderType.STOP_LIMIT)
PRICED = (OrderType.LIMIT, OrderType.STOP_LIMIT)
_SHOWN_PARTLY = (None, TimeInForce.DAY, TimeInForce.GTT)


def is_plain(command: PlaceOrder) -> bool:
    """Tell whether an order says nothing but side, price and quantity, as most do."""
    return (
        command.order_type is LIMIT
        and command.time_in_force is None
        and not command.post_only
        and not command.tag
        and command.stop_price is None
        and command.display_quantity is None
        and command.expires_ns is None
    )


def terms_of(command: PlaceOrder) -> Terms:
    """Return what the book keeps of a placement beside price and quantity."""
    return Terms(
        command.time_in_force,
        command.post_only,
        command.tag,
        command.stop_price,
        command.display_quantity or 0,
        command.expires_ns,
    )


def terms_refused(command: PlaceOrder, now: Nanos) -> Refusal | None:
    """Refuse words that contradict each other, naming the field that is too much or missing."""
    return (
        _prices_refused(command)
        or _post_only_refused(command)
        or _time_refused(command)
        or _display_refused(command)
        or _expiry_refused(command, now)
    )


def _prices_refused(command: PlaceOrder) -> Refusal | None:
    kind = command.order_type.value
    for field, price, is_needed in (
        ("price", command.price, command.order_type in PRICED),
        ("stop_price", command.stop_price, command.order_type in STOPS),
    ):
        if price is not None and not is_needed:
            return _refusal(UNEXPECTED_PRICE, f"a {kind} order has no {field}", field)
        if price is None and is_needed:
            return _refusal(MISSING_PRICE, f"a {kind} order needs a {field}", field)
    return None


def _post_only_refused(command: PlaceOrder) -> Refusal | None:
    if not command.post_only:
        return None
    if command.order_type is OrderType.MARKET:
        return _refusal(POST_ONLY_WOULD_TAKE, "a market order always takes", "post_only")
    if command.time_in_force in {TimeInForce.IOC, TimeInForce.FOK}:
        return _refusal(POST_ONLY_WOULD_TAKE, "an immediate order always takes", "post_only")
    if command.order_type in STOPS:
        return _refusal(TERMS_CONFLICT, "a stop cannot be post_only", "post_only")
    return None


def _time_refused(command: PlaceOrder) -> Refusal | None:
    time_in_force, kind = command.time_in_force, command.order_type
    is_at_odds = (
        kind in STOPS
        if time_in_force in {TimeInForce.OPG, TimeInForce.CLS}
        else kind is OrderType.MARKET and time_in_force is TimeInForce.GTT
    )
    if not is_at_odds or time_in_force is None:
        return None
    detail = f"a {kind.value} order cannot be {time_in_force.value}"
    return _refusal(TERMS_CONFLICT, detail, "time_in_force")


def _expiry_refused(command: PlaceOrder, now: Nanos) -> Refusal | None:
    expires_ns = command.expires_ns
    if command.time_in_force is not TimeInForce.GTT:
        if expires_ns is None:
            return None
        return _refusal(INVALID_EXPIRY, "only a gtt order has an expiry", "expires_ns")
    if expires_ns is None:
        return _refusal(INVALID_EXPIRY, "a gtt order needs an expiry", "expires_ns")
    if expires_ns <= now:
        return _refusal(INVALID_EXPIRY, "the expiry is not after now", "expires_ns")
    return None


def _display_refused(command: PlaceOrder) -> Refusal | None:
    display = command.display_quantity
    if display is None:
        return None
    if command.order_type is not OrderType.LIMIT or command.time_in_force not in _SHOWN_PARTLY:
        detail = "only a limit order that may rest (day, gtt) shows a part of itself"
        return _refusal(TERMS_CONFLICT, detail, "display_quantity")
    if 1 <= display <= command.quantity:
        return None
    return Refusal(
        code=INVALID_QUANTITY.code,
        detail=f"display_quantity {display} is not between 1 and the quantity",
        field="display_quantity",
        requested=display,
        limit=command.quantity,
    )


def _refusal(reason: RejectReason, detail: str, field: str) -> Refusal:
    return Refusal(code=reason.code, detail=detail, field=field)
