"""Two-sided quotes: one bid and one ask per account and instrument, set as one act."""

from typing import NamedTuple

from msgspec.structs import replace

from itg.exchange.contract import OrderRejected, QuoteAccepted, SetQuote
from itg.exchange.core.book import Order
from itg.exchange.core.checking import CONTINUOUS, not_listed, quote_refused
from itg.exchange.core.entering import let_in
from itg.exchange.core.listing import Listing
from itg.exchange.core.venue import GUARD, Venue
from itg.kernel.errors import Refusal
from itg.kernel.ids import OrderId


class _Terms(NamedTuple):
    is_buy: bool
    price: int | None
    quantity: int


def set_quote(venue: Venue, command: SetQuote) -> None:
    """Make an account's quote exactly this, or reject and leave the one before."""
    listing = venue.listings.get(command.instrument_id)
    if listing is None:
        _reject(venue, command, not_listed(command.instrument_id))
        return
    refused = quote_refused(venue, listing, command)
    if refused is not None:
        _reject(venue, command, refused)
        return
    held = venue.quotes.get((command.account_id, command.instrument_id), (None, None))
    sides = _sides(command)
    if command.post_only and any(_would_take(listing, terms, held) for terms in sides):
        command = _without_takers(listing, command, held)
        sides = _sides(command)
    is_guarded = venue.guard_ends_ns is not None and any(
        _would_take(listing, terms, held) for terms in sides
    )
    orders = [
        _prepared(venue, listing, command, held_id, terms, keeps=not is_guarded)
        for held_id, terms in zip(held, sides, strict=True)
    ]
    # Fixed before anything trades: a side that stood may end by what the other one sets off.
    entering = [order for order in orders if order is not None and order.level is None]
    _accept(venue, listing, command, orders, is_pending=is_guarded)
    for order in entering:
        if is_guarded:
            venue.hold(listing, order, GUARD)
        else:
            let_in(venue, listing, order)


def _sides(command: SetQuote) -> tuple[_Terms, _Terms]:
    return (
        _Terms(is_buy=True, price=command.bid, quantity=command.bid_quantity),
        _Terms(is_buy=False, price=command.ask, quantity=command.ask_quantity),
    )


def _without_takers(
    listing: Listing, command: SetQuote, held: tuple[OrderId | None, OrderId | None]
) -> SetQuote:
    bid, ask = _sides(command)
    if _would_take(listing, bid, held):
        command = replace(command, bid=None, bid_quantity=0)
    if _would_take(listing, ask, held):
        command = replace(command, ask=None, ask_quantity=0)
    return command


def _accept(
    venue: Venue,
    listing: Listing,
    command: SetQuote,
    orders: list[Order | None],
    *,
    is_pending: bool,
) -> None:
    bid_id, ask_id = (None if order is None else order.order_id for order in orders)
    key = (command.account_id, command.instrument_id)
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
            is_pending=is_pending,
        )
    )


def _would_take(
    listing: Listing, terms: _Terms, held: tuple[OrderId | None, OrderId | None]
) -> bool:
    """Tell whether a side meets anybody but the quote it replaces."""
    if terms.price is None or listing.phase is not CONTINUOUS:
        return False
    key = terms.price if terms.is_buy else -terms.price
    others = listing.side(is_buy=not terms.is_buy)
    if not others.keys or key + others.keys[-1] < 0:
        return False
    for maker in others.orders():
        if key + maker.key < 0:
            return False
        if maker.order_id not in held:
            return True
    return False


def _prepared(  # noqa: PLR0913 - a side, what it was, and whether it may stay
    venue: Venue,
    listing: Listing,
    command: SetQuote,
    held_id: OrderId | None,
    terms: _Terms,
    *,
    keeps: bool,
) -> Order | None:
    """Return the side's order: standing where it keeps its priority, else out of the book."""
    held = None if held_id is None else venue.orders.get(held_id)
    if terms.price is None:
        if held is not None:
            venue.take_out(listing, held)
            del venue.orders[held.order_id]
        return None
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
    held.stp = command.stp
    is_same = held.price == terms.price and terms.quantity <= held.leaves
    if keeps and is_same and held.pending is None:
        if terms.quantity < held.leaves:
            by = held.leaves - terms.quantity
            held.quantity -= by
            listing.side(is_buy=terms.is_buy).reduce(held, by, 0)
        return held
    venue.take_out(listing, held)
    held.reprice(terms.price, held.filled + terms.quantity)
    return held


def _reject(venue: Venue, command: SetQuote, refused: Refusal) -> None:
    venue.events.append(
        OrderRejected(
            shard=venue.shard,
            reservation_id=command.reservation_id,
            account_id=command.account_id,
            refusal=refused,
        )
    )
