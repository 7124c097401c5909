"""Placing, replacing and canceling orders."""

from itg.exchange.contract import (
    INVALID_INSTRUMENT,
    INVALID_PRICE,
    INVALID_QUANTITY,
    MISSING_PRICE,
    ORDER_ALREADY_DONE,
    ORDER_NOT_FOUND,
    POST_ONLY_WOULD_TAKE,
    REVISION_MISMATCH,
    TERMS_CONFLICT,
    UNEXPECTED_PRICE,
    WRONG_PHASE,
    CancelOrder,
    CancelRejected,
    MassCancel,
    MassCanceled,
    OrderAccepted,
    OrderRejected,
    OrderReplaced,
    PlaceOrder,
    ReplaceOrder,
    ReplaceRejected,
)
from itg.exchange.core.book import Order
from itg.exchange.core.listing import Listing
from itg.exchange.core.matching import fillable, take, would_take
from itg.exchange.core.venue import Venue
from itg.kernel.errors import Refusal, RejectReason
from itg.kernel.ids import AccountId, InstrumentId, OrderId
from itg.kernel.money import PRICE_SCALE, Price, Quantity, nearest_ticks
from itg.kernel.words import CancelReason, OrderType, Phase, SelfTradePolicy, Side, TimeInForce

# Names for what every order asks about: to read an enum's attribute or hash it is not free.
BUY, LIMIT, CONTINUOUS, FOK = Side.BUY, OrderType.LIMIT, Phase.CONTINUOUS, TimeInForce.FOK
COLLECTING = (Phase.PRE_OPEN, Phase.CLOSING_AUCTION, Phase.HALTED)
OPEN = (CONTINUOUS, *COLLECTING)
IMMEDIATE = frozenset({TimeInForce.IOC, TimeInForce.FOK})
OFFERED_TIMES = frozenset({TimeInForce.DAY, TimeInForce.IOC, TimeInForce.FOK})


def refusal(reason: RejectReason, detail: str, field: str | None = None) -> Refusal:
    """Build a refusal without numbers."""
    return Refusal(code=reason.code, detail=detail, field=field)


def place(venue: Venue, command: PlaceOrder) -> None:
    """Accept and match an order, or reject it; what may rest stands behind its price's queue."""
    listing = venue.listings.get(command.instrument_id)
    refused = _refused(listing, command)
    if refused is not None or listing is None:
        assert refused is not None
        venue.events.append(
            OrderRejected(
                shard=venue.shard,
                reservation_id=command.reservation_id,
                account_id=command.account_id,
                refusal=refused,
            )
        )
        return
    order = Order(
        venue.next_order_id(),
        command.account_id,
        command.instrument_id,
        command.side is BUY,
        command.price,
        command.quantity,
        command.stp,
    )
    order.post_only = command.post_only
    order.tag = command.tag
    venue.events.append(
        OrderAccepted(
            shard=venue.shard,
            order_id=order.order_id,
            reservation_id=command.reservation_id,
            account_id=command.account_id,
            instrument_id=command.instrument_id,
            side=command.side,
            quantity=command.quantity,
            price=command.price,
        )
    )
    if listing.phase is CONTINUOUS:
        _match(venue, listing, order, command.time_in_force)
    else:
        venue.rest(listing, order)


def replace(venue: Venue, command: ReplaceOrder) -> None:
    """Change a standing order, or reject and leave it as it was."""
    order = venue.orders.get(command.order_id)
    refused = _replace_refused(venue, command, order)
    if refused is not None or order is None:
        assert refused is not None
        venue.events.append(
            ReplaceRejected(
                shard=venue.shard,
                order_id=command.order_id,
                reservation_id=command.reservation_id,
                account_id=command.account_id,
                refusal=refused,
            )
        )
        return
    listing = venue.listings[order.instrument_id]
    price = order.price if command.price is None else command.price
    quantity = order.quantity if command.quantity is None else command.quantity
    keeps = price == order.price and quantity < order.quantity
    order.revision += 1
    if keeps:
        _shrink(listing, order, quantity)
    else:
        listing.take_out(order)
        order.price, order.quantity, order.leaves = price, quantity, quantity - order.filled
        order.key = 0 if price is None else price if order.is_buy else -price
    venue.events.append(
        OrderReplaced(
            shard=venue.shard,
            order_id=order.order_id,
            reservation_id=command.reservation_id,
            account_id=order.account_id,
            revision=order.revision,
            price=Price(order.price or 0),
            quantity=Quantity(quantity),
            leaves_quantity=order.leaves,
            kept_priority=keeps,
        )
    )
    venue.changed[listing.instrument_id] = None
    if keeps:
        return
    if listing.phase is CONTINUOUS:
        _match(venue, listing, order, None)
    else:
        venue.rest(listing, order)


def cancel(venue: Venue, command: CancelOrder) -> None:
    """Take one order out, or say why not."""
    order = venue.orders.get(command.order_id)
    refused = _absent(venue, order, command.account_id, command.order_id)
    if refused is None and order is not None:
        listing = venue.listings[order.instrument_id]
        if listing.phase in OPEN:
            venue.cancel(listing, order, CancelReason.REQUESTED)
            return
        refused = wrong_phase(listing.phase, "cancel")
    assert refused is not None
    venue.events.append(
        CancelRejected(
            shard=venue.shard,
            order_id=command.order_id,
            account_id=command.account_id,
            refusal=refused,
        )
    )


def mass_cancel(venue: Venue, command: MassCancel) -> None:
    """Take out an account's matching orders and quotes where the phase lets cancels through."""
    order_ids = []
    for order in [o for o in venue.orders.values() if _matches(o, command)]:
        listing = venue.listings[order.instrument_id]
        if listing.phase in OPEN:
            venue.cancel(listing, order, command.reason)
            order_ids.append(order.order_id)
    venue.events.append(
        MassCanceled(shard=venue.shard, account_id=command.account_id, order_ids=tuple(order_ids))
    )


def _match(venue: Venue, listing: Listing, order: Order, time_in_force: TimeInForce | None) -> None:
    against = listing.against(order)
    if time_in_force is FOK and fillable(order, against) < order.leaves:
        venue.gone(order, CancelReason.NOT_FILLABLE)
        return
    venue.changed[listing.instrument_id] = None
    if against.keys:
        take(order, against, venue)
        if not order.leaves:
            return
    if order.price is None or time_in_force in IMMEDIATE:
        venue.gone(order, CancelReason.NO_LIQUIDITY)
    else:
        venue.rest(listing, order)


def _shrink(listing: Listing, order: Order, quantity: int) -> None:
    listing.home(order).reduce(order, order.quantity - quantity)
    order.quantity = quantity


def _matches(order: Order, command: MassCancel) -> bool:
    return (
        order.account_id == command.account_id
        and (command.quotes if order.is_quote else command.orders)
        and command.instrument_id in (None, order.instrument_id)
        and (command.side is None or (command.side is BUY) is order.is_buy)
        and command.tag in (None, order.tag)
    )


def _refused(listing: Listing | None, command: PlaceOrder) -> Refusal | None:
    if listing is None:
        detail = f"{command.instrument_id} is not listed"
        return refusal(INVALID_INSTRUMENT, detail, "instrument_id")
    phase = listing.phase
    if phase is CONTINUOUS and _is_plain(command, listing.tick):
        return None
    if phase not in OPEN:
        return wrong_phase(phase, "order")
    if command.time_in_force in IMMEDIATE and phase is not CONTINUOUS:
        return wrong_phase(phase, f"{command.time_in_force.value} order")
    if command.quantity <= 0:
        return refusal(INVALID_QUANTITY, f"quantity {command.quantity} is not above 0", "quantity")
    refused = _terms_refused(command) or price_refused(listing, command.price, "price")
    if refused is None and command.post_only and phase is CONTINUOUS:
        probe = _probe(command.side is BUY, command.price)
        if would_take(probe, listing.against(probe)):
            return refusal(POST_ONLY_WOULD_TAKE, "the order would trade at once", "post_only")
    return refused


def _is_plain(command: PlaceOrder, tick: int) -> bool:
    price = command.price
    return (
        command.order_type is LIMIT
        and price is not None
        and price >= tick
        and not price % tick
        and command.quantity > 0
        and command.time_in_force is None
        and not command.post_only
    )


def _terms_refused(command: PlaceOrder) -> Refusal | None:
    if command.order_type not in (OrderType.LIMIT, OrderType.MARKET):
        detail = f"order type {command.order_type.value} is not offered"
        return refusal(TERMS_CONFLICT, detail, "order_type")
    if command.time_in_force is not None and command.time_in_force not in OFFERED_TIMES:
        detail = f"time in force {command.time_in_force.value} is not offered"
        return refusal(TERMS_CONFLICT, detail, "time_in_force")
    if command.order_type is OrderType.MARKET:
        if command.price is not None:
            return refusal(UNEXPECTED_PRICE, "a market order has no price", "price")
        if command.post_only:
            return refusal(POST_ONLY_WOULD_TAKE, "a market order always takes", "post_only")
    elif command.price is None:
        return refusal(MISSING_PRICE, "a limit order needs a price", "price")
    elif command.post_only and command.time_in_force in IMMEDIATE:
        return refusal(POST_ONLY_WOULD_TAKE, "an immediate order always takes", "post_only")
    return None


def price_refused(listing: Listing, price: int | None, field: str) -> Refusal | None:
    """Refuse a price below one tick or off the grid, naming what would be right."""
    if price is None:
        return None
    if price < listing.tick:
        detail = f"{field} {usd(price)} is below one tick, {usd(listing.tick)}"
        return Refusal(
            code=INVALID_PRICE.code, detail=detail, field=field, requested=price, limit=listing.tick
        )
    if price % listing.tick:
        below, above = nearest_ticks(Price(price), Price(listing.tick))
        detail = (
            f"{field} {usd(price)} is off the tick; the nearest are {usd(below)} and {usd(above)}"
        )
        return Refusal(
            code=INVALID_PRICE.code, detail=detail, field=field, requested=price, allowed=below
        )
    return None


def usd(price: int) -> str:
    """Write a price in USD with as many decimals as it needs, at least two."""
    whole, part = divmod(price, PRICE_SCALE)
    text = f"{part:04}".rstrip("0").ljust(2, "0")
    return f"{whole}.{text}"


def _replace_refused(venue: Venue, command: ReplaceOrder, order: Order | None) -> Refusal | None:
    refused = _absent(venue, order, command.account_id, command.order_id)
    if refused is not None or order is None:
        return refused
    listing = venue.listings[order.instrument_id]
    phase = listing.phase
    if phase not in OPEN:
        return wrong_phase(phase, "replace")
    if command.expected_revision not in (None, order.revision):
        detail = f"the order is at revision {order.revision}, not {command.expected_revision}"
        return refusal(REVISION_MISMATCH, detail, "expected_revision")
    quantity = order.quantity if command.quantity is None else command.quantity
    if quantity <= order.filled:
        detail = f"quantity {quantity} is not above the {order.filled} already filled"
        return refusal(INVALID_QUANTITY, detail, "quantity")
    if command.price is not None and order.price is None:
        return refusal(UNEXPECTED_PRICE, "a market order has no price", "price")
    refused = price_refused(listing, command.price, "price")
    if refused is None and order.post_only and phase is CONTINUOUS:
        probe = _probe(order.is_buy, order.price if command.price is None else command.price)
        if would_take(probe, listing.against(probe)):
            return refusal(POST_ONLY_WOULD_TAKE, "the order would trade at once", "price")
    return refused


def _absent(
    venue: Venue, order: Order | None, account_id: AccountId, order_id: OrderId
) -> Refusal | None:
    if order is None and venue.first_order_id <= order_id <= venue.last_order_id:
        return refusal(ORDER_ALREADY_DONE, f"order {order_id} is done", "order_id")
    if order is None or order.account_id != account_id or order.is_quote:
        return refusal(ORDER_NOT_FOUND, f"no order {order_id} of yours", "order_id")
    return None


def _probe(is_buy: bool, price: int | None) -> Order:  # noqa: FBT001 - a side, not a switch
    return Order(
        OrderId(0), AccountId(""), InstrumentId(""), is_buy, price, 0, SelfTradePolicy.ALLOW
    )


def wrong_phase(phase: Phase, what: str) -> Refusal:
    """Refuse what the phase does not take."""
    return refusal(WRONG_PHASE, f"no {what} is taken in phase {phase.value}")
