"""What a command must be before it changes anything; the first fault counts."""

from itg.exchange.contract import (
    INVALID_INSTRUMENT,
    INVALID_PRICE,
    INVALID_QUANTITY,
    INVALID_QUOTE,
    ORDER_ALREADY_DONE,
    ORDER_NOT_FOUND,
    ORDER_PENDING,
    POST_ONLY_WOULD_TAKE,
    PRICE_OUTSIDE_BAND,
    REVISION_MISMATCH,
    UNEXPECTED_PRICE,
    WRONG_PHASE,
    PlaceOrder,
    ReplaceOrder,
    SetQuote,
)
from itg.exchange.core.book import Order
from itg.exchange.core.collar import edge_of, width_of
from itg.exchange.core.listing import Listing
from itg.exchange.core.matching import would_take
from itg.exchange.core.terms import terms_refused
from itg.exchange.core.venue import GUARD, Venue
from itg.kernel.errors import Refusal, RejectReason
from itg.kernel.ids import AccountId, InstrumentId, OrderId
from itg.kernel.money import Price, nearest_ticks, usd_words
from itg.kernel.words import Phase, SelfTradePolicy, Side, TimeInForce

# Names for what every order asks about: to read an enum's attribute or hash it is not free.
BUY, CONTINUOUS = Side.BUY, Phase.CONTINUOUS
COLLECTING = (Phase.PRE_OPEN, Phase.CLOSING_AUCTION, Phase.HALTED)
OPEN = (CONTINUOUS, *COLLECTING)
IMMEDIATE = (TimeInForce.IOC, TimeInForce.FOK)


def refusal(reason: RejectReason, detail: str, field: str | None = None) -> Refusal:
    """Build a refusal without numbers."""
    return Refusal(code=reason.code, detail=detail, field=field)


def wrong_phase(phase: Phase, what: str, field: str | None = None) -> Refusal:
    """Refuse what the phase does not take."""
    return refusal(WRONG_PHASE, f"no {what} is taken in phase {phase.value}", field)


def not_listed(instrument_id: InstrumentId) -> Refusal:
    """Refuse an instrument that the shard does not know."""
    return refusal(INVALID_INSTRUMENT, f"{instrument_id} is not listed", "instrument_id")


def is_sound(listing: Listing, command: PlaceOrder) -> bool:
    """Tell whether a plain order is beyond doubt where no collar binds it."""
    price = command.price
    return (
        listing.phase is CONTINUOUS
        and price is not None
        and price >= listing.tick
        and not price % listing.tick
        and command.quantity > 0
    )


def placement_refused(venue: Venue, listing: Listing, command: PlaceOrder) -> Refusal | None:
    """Say why an order may not be placed."""
    phase = listing.phase
    refused = _phase_refused(venue, phase, command)
    if refused is not None:
        return refused
    if command.quantity <= 0:
        return refusal(INVALID_QUANTITY, f"quantity {command.quantity} is not above 0", "quantity")
    is_buy = command.side is BUY
    refused = (
        terms_refused(command, venue.now)
        or _grid_refused(listing, command.price, "price")
        or _grid_refused(listing, command.stop_price, "stop_price")
        or _band_refused(venue, listing, command.price, "price", is_buy=is_buy)
    )
    if refused is not None or not command.post_only or phase is not CONTINUOUS:
        return refused
    if command.time_in_force is TimeInForce.CLS:
        return None  # it waits for the closing auction, where nobody takes
    return _taking_refused(listing, command.price, "post_only", is_buy=is_buy)


def replace_refused(venue: Venue, command: ReplaceOrder, order: Order | None) -> Refusal | None:
    """Say why an order may not be replaced."""
    refused = absent(venue, order, command.account_id, command.order_id)
    if refused is not None or order is None:
        return refused
    listing = venue.listings[order.instrument_id]
    phase = listing.phase
    if phase not in OPEN:
        return wrong_phase(phase, "replace")
    if order.pending is GUARD:
        detail = f"order {order.order_id} is held until the jump guard ends"
        return refusal(ORDER_PENDING, detail, "order_id")
    if command.expected_revision not in (None, order.revision):
        detail = f"the order is at revision {order.revision}, not {command.expected_revision}"
        return refusal(REVISION_MISMATCH, detail, "expected_revision")
    quantity = order.quantity if command.quantity is None else command.quantity
    if quantity <= order.filled:
        detail = f"quantity {quantity} is not above the {order.filled} already filled"
        return refusal(INVALID_QUANTITY, detail, "quantity")
    if command.price is not None and order.price is None:
        return refusal(UNEXPECTED_PRICE, "this order has no price", "price")
    refused = _grid_refused(listing, command.price, "price") or _band_refused(
        venue, listing, command.price, "price", is_buy=order.is_buy
    )
    if refused is None and order.terms.post_only and phase is CONTINUOUS and order.pending is None:
        price = order.price if command.price is None else command.price
        return _taking_refused(listing, price, "price", is_buy=order.is_buy)
    return refused


def quote_refused(venue: Venue, listing: Listing, command: SetQuote) -> Refusal | None:
    """Say why a quote may not be set."""
    phase = listing.phase
    if phase not in OPEN:
        return wrong_phase(phase, "quote")
    for name, price, quantity in (
        ("bid", command.bid, command.bid_quantity),
        ("ask", command.ask, command.ask_quantity),
    ):
        if (price is None) is not (quantity == 0) or quantity < 0:
            return refusal(INVALID_QUOTE, f"{name} needs price and quantity together", name)
    if command.bid is not None and command.ask is not None and command.bid >= command.ask:
        return refusal(INVALID_QUOTE, "the bid is not below the ask", "bid")
    if _is_within(venue, listing, command.bid, command.ask):
        return None
    return (
        _grid_refused(listing, command.bid, "bid")
        or _grid_refused(listing, command.ask, "ask")
        or _band_refused(venue, listing, command.bid, "bid", is_buy=True)
        or _band_refused(venue, listing, command.ask, "ask", is_buy=False)
    )


def _is_within(venue: Venue, listing: Listing, bid: int | None, ask: int | None) -> bool:
    # Nearly every quote is fine, and one look at both sides says so.
    width, theory, tick = width_of(venue.price_band, listing), listing.theory, listing.tick
    low, high = (
        (tick, None) if width is None or theory is None else (theory - width, theory + width)
    )
    return (bid is None or (bid >= tick and not bid % tick and (high is None or bid <= high))) and (
        ask is None or (ask >= tick and not ask % tick and ask >= low)
    )


def absent(
    venue: Venue, order: Order | None, account_id: AccountId, order_id: OrderId
) -> Refusal | None:
    """Say why an account has no such live order."""
    if order is None and venue.first_order_id <= order_id <= venue.last_order_id:
        return refusal(ORDER_ALREADY_DONE, f"order {order_id} is done", "order_id")
    if order is None or order.account_id != account_id or order.is_quote:
        return refusal(ORDER_NOT_FOUND, f"no order {order_id} of yours", "order_id")
    return None


def _phase_refused(venue: Venue, phase: Phase, command: PlaceOrder) -> Refusal | None:
    if phase not in OPEN:
        return wrong_phase(phase, "order")
    time_in_force = command.time_in_force
    if time_in_force in IMMEDIATE and phase is not CONTINUOUS:
        return wrong_phase(phase, f"{time_in_force.value} order", "time_in_force")
    if time_in_force is TimeInForce.OPG and phase is not Phase.PRE_OPEN:
        return wrong_phase(phase, "opg order", "time_in_force")
    if time_in_force is TimeInForce.CLS and not _may_close_by_auction(venue, phase):
        return refusal(WRONG_PHASE, "no closing auction is scheduled", "time_in_force")
    return None


def _may_close_by_auction(venue: Venue, phase: Phase) -> bool:
    if phase is Phase.CLOSING_AUCTION:
        return True
    for boundary in venue.boundaries:
        if boundary.phase in (Phase.CLOSING_AUCTION, Phase.CLOSED):
            return boundary.phase is Phase.CLOSING_AUCTION
    return True


def _grid_refused(listing: Listing, price: int | None, field: str) -> Refusal | None:
    """Refuse a price below one tick or off the grid, naming what would be right."""
    tick = listing.tick
    if price is None or (price >= tick and not price % tick):
        return None
    if price < tick:
        detail = f"{field} {usd_words(price)} is below one tick, {usd_words(tick)}"
        return Refusal(
            code=INVALID_PRICE.code, detail=detail, field=field, requested=price, limit=tick
        )
    below, above = nearest_ticks(Price(price), Price(tick))
    nearest = f"the nearest are {usd_words(below)} and {usd_words(above)}"
    detail = f"{field} {usd_words(price)} is off the tick; {nearest}"
    return Refusal(
        code=INVALID_PRICE.code, detail=detail, field=field, requested=price, allowed=below
    )


def _band_refused(
    venue: Venue, listing: Listing, price: int | None, field: str, *, is_buy: bool
) -> Refusal | None:
    if price is None or venue.price_band is None:
        return None
    edge = edge_of(venue.price_band, listing, is_buy=is_buy)
    if edge is None or (price <= edge if is_buy else price >= edge):
        return None
    tick = listing.tick
    allowed = edge // tick * tick if is_buy else max(tick, -(-edge // tick) * tick)
    relation = "above" if is_buy else "below"
    detail = f"{field} {usd_words(price)} is {relation} the collar's edge {usd_words(allowed)}"
    return Refusal(
        code=PRICE_OUTSIDE_BAND.code,
        detail=detail,
        field=field,
        limit=allowed,
        requested=price,
        allowed=allowed,
    )


def _taking_refused(
    listing: Listing, price: int | None, field: str, *, is_buy: bool
) -> Refusal | None:
    probe = probe_of(price, is_buy=is_buy)
    if would_take(probe, listing.against(probe)):
        return refusal(POST_ONLY_WOULD_TAKE, "the order would trade at once", field)
    return None


def probe_of(price: int | None, *, is_buy: bool) -> Order:
    """Return an order of nobody, to ask the book with."""
    return Order(
        OrderId(0), AccountId(""), InstrumentId(""), is_buy, price, 0, SelfTradePolicy.ALLOW
    )
