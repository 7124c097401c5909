"""Two-sided quotes: one bid and one ask per account and instrument, set as one act."""

from typing import NamedTuple

from itg.exchange.contract import (
    INVALID_INSTRUMENT,
    INVALID_QUOTE,
    OrderRejected,
    QuoteAccepted,
    SetQuote,
)
from itg.exchange.core.book import Order
from itg.exchange.core.listing import Listing
from itg.exchange.core.matching import take
from itg.exchange.core.placing import CONTINUOUS, OPEN, price_refused, refusal, wrong_phase
from itg.exchange.core.venue import Venue
from itg.kernel.errors import Refusal
from itg.kernel.ids import OrderId


class _Terms(NamedTuple):
    is_buy: bool
    price: int | None
    quantity: int


def set_quote(venue: Venue, command: SetQuote) -> None:
    """Make an account's quote exactly this, or reject and leave the one before."""
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
    key = (command.account_id, command.instrument_id)
    held = venue.quotes.get(key, (None, None))
    bid = _prepared(
        venue,
        listing,
        command,
        held[0],
        _Terms(is_buy=True, price=command.bid, quantity=command.bid_quantity),
    )
    ask = _prepared(
        venue,
        listing,
        command,
        held[1],
        _Terms(is_buy=False, price=command.ask, quantity=command.ask_quantity),
    )
    bid_id = None if bid is None else bid.order_id
    ask_id = None if ask is None else ask.order_id
    if bid_id is None and ask_id is None:
        venue.quotes.pop(key, None)
    else:
        venue.quotes[key] = (bid_id, ask_id)
    venue.changed[listing.instrument_id] = None
    venue.events.append(
        QuoteAccepted(
            shard=venue.shard,
            reservation_id=command.reservation_id,
            account_id=command.account_id,
            instrument_id=command.instrument_id,
            bid_order_id=bid_id,
            bid=command.bid,
            bid_quantity=command.bid_quantity,
            ask_order_id=ask_id,
            ask=command.ask,
            ask_quantity=command.ask_quantity,
        )
    )
    for order in (bid, ask):
        if order is not None and order.level is None:
            _enter(venue, listing, order)


def _prepared(
    venue: Venue, listing: Listing, command: SetQuote, held_id: OrderId | None, terms: _Terms
) -> Order | None:
    """Return the side's order: standing where it keeps its priority, else out of the book."""
    held = None if held_id is None else venue.orders.get(held_id)
    if terms.price is None:
        if held is not None:
            listing.take_out(held)
            del venue.orders[held.order_id]
        return None
    if held is not None and held.price == terms.price and terms.quantity <= held.leaves:
        held.stp = command.stp
        if terms.quantity < held.leaves:
            by = held.leaves - terms.quantity
            held.quantity -= by
            listing.side(is_buy=terms.is_buy).reduce(held, by)
        return held
    if held is None:
        order = Order(
            venue.next_order_id(),
            command.account_id,
            command.instrument_id,
            terms.is_buy,
            terms.price,
            terms.quantity,
            command.stp,
        )
        order.is_quote = True
        return order
    listing.take_out(held)
    held.price = terms.price
    held.key = terms.price if terms.is_buy else -terms.price
    held.quantity = held.filled + terms.quantity
    held.leaves = terms.quantity
    held.stp = command.stp
    return held


def _enter(venue: Venue, listing: Listing, order: Order) -> None:
    if listing.phase is CONTINUOUS:
        take(order, listing.against(order), venue)
    if order.leaves:
        venue.rest(listing, order)


def _refused(listing: Listing | None, command: SetQuote) -> Refusal | None:
    if listing is None:
        detail = f"{command.instrument_id} is not listed"
        return refusal(INVALID_INSTRUMENT, detail, "instrument_id")
    phase = listing.phase
    if phase not in OPEN:
        return wrong_phase(phase, "quote")
    for name, price, quantity in (
        ("bid", command.bid, command.bid_quantity),
        ("ask", command.ask, command.ask_quantity),
    ):
        if (price is None) is not (quantity == 0) or quantity < 0:
            return refusal(INVALID_QUOTE, f"{name} needs price and quantity together", name)
        refused = price_refused(listing, price, name)
        if refused is not None:
            return refused
    if command.bid is not None and command.ask is not None and command.bid >= command.ask:
        return refusal(INVALID_QUOTE, "the bid is not below the ask", "bid")
    return None
