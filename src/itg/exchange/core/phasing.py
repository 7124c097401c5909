"""Phases: what entering and leaving one does, by the schedule or by the organizer."""

from itg.exchange.contract import (
    ILLEGAL_PHASE_MOVE,
    INVALID_INSTRUMENT,
    AuctionUncrossed,
    IndicativePriceChanged,
    PhaseChanged,
    PhaseRejected,
    SetPhase,
)
from itg.exchange.core.auction import Clearing
from itg.exchange.core.book import Order
from itg.exchange.core.listing import Listing
from itg.exchange.core.placing import COLLECTING, refusal
from itg.exchange.core.venue import Venue
from itg.kernel.money import Price
from itg.kernel.times import Nanos
from itg.kernel.words import CancelReason, Phase, SelfTradePolicy, Side

AUCTIONS = COLLECTING | {Phase.OPENING_AUCTION}
LEGAL_MOVES = {
    Phase.CLOSED: {Phase.PRE_OPEN},
    Phase.PRE_OPEN: {Phase.OPENING_AUCTION, Phase.CONTINUOUS, Phase.CLOSED},
    Phase.OPENING_AUCTION: {Phase.CONTINUOUS, Phase.CLOSED},
    Phase.CONTINUOUS: {Phase.CLOSED},
    Phase.CLOSING_AUCTION: {Phase.CLOSED},
    Phase.HALTED: {Phase.CONTINUOUS, Phase.CLOSED},
}


def run_due(venue: Venue, now: Nanos) -> None:
    """Run every boundary at or before `now`, in order, each at its own time."""
    while venue.boundaries and venue.boundaries[0].at_ns <= now:
        boundary = venue.boundaries.popleft()
        venue.now = boundary.at_ns
        _enter(venue, boundary.phase)
    venue.now = now


def set_phase(venue: Venue, command: SetPhase) -> None:
    """Move the shard or one instrument, if the move is legal."""
    listing = None
    if command.instrument_id is not None:
        listing = venue.listings.get(command.instrument_id)
        if listing is None:
            detail = f"{command.instrument_id} is not listed"
            refused = refusal(INVALID_INSTRUMENT, detail, "instrument_id")
            venue.events.append(PhaseRejected(shard=venue.shard, refusal=refused))
            return
    current = venue.phase if listing is None else venue.phase_of(listing)
    if command.phase not in LEGAL_MOVES[current]:
        detail = f"from {current.value} the market cannot go to {command.phase.value}"
        refused = refusal(ILLEGAL_PHASE_MOVE, detail, "phase")
        venue.events.append(PhaseRejected(shard=venue.shard, refusal=refused))
    elif listing is None:
        _enter(venue, command.phase)
    else:
        _report(venue, command.phase, current, listing)
        listing.own_phase = None if command.phase is venue.phase else command.phase
        _act(venue, listing, current, command.phase)


def publish_indicative(venue: Venue) -> None:
    """Report the indicative price of every changed book that collects for an auction."""
    for instrument_id in venue.changed:
        listing = venue.listings[instrument_id]
        if venue.phase_of(listing) in AUCTIONS:
            _indicate(venue, listing)


def _enter(venue: Venue, phase: Phase) -> None:
    previous = venue.phase
    before = [(listing, venue.phase_of(listing)) for listing in venue.listings.values()]
    venue.phase = phase
    if phase is not previous:
        _report(venue, phase, previous, None)
    for listing, was in before:
        listing.own_phase = None
        _act(venue, listing, was, phase)


def _report(venue: Venue, phase: Phase, previous: Phase, listing: Listing | None) -> None:
    following = venue.boundaries[0] if venue.boundaries else None
    venue.events.append(
        PhaseChanged(
            shard=venue.shard,
            underlying_id=venue.underlying_id,
            phase=phase,
            previous=previous,
            instrument_id=None if listing is None else listing.instrument_id,
            next_phase=None if following is None else following.phase,
            next_at_ns=None if following is None else following.at_ns,
        )
    )


def _act(venue: Venue, listing: Listing, was: Phase, phase: Phase) -> None:
    if phase is was:
        return
    if phase is Phase.CONTINUOUS and was in AUCTIONS:
        _uncross(venue, listing)
    if phase is Phase.CLOSED:
        if was is Phase.CLOSING_AUCTION:
            _uncross(venue, listing)
        for order in listing.orders():
            venue.cancel(listing, order, CancelReason.MARKET_CLOSED)
        listing.indicative = None
        listing.previous_close, listing.last_price = listing.reference, None
    if phase in AUCTIONS:
        _indicate(venue, listing)


def _indicate(venue: Venue, listing: Listing) -> None:
    clearing = listing.clearing(venue.rule)
    if clearing == listing.indicative:
        return
    listing.indicative = clearing
    surplus = 0 if clearing is None else clearing.surplus
    venue.events.append(
        IndicativePriceChanged(
            shard=venue.shard,
            instrument_id=listing.instrument_id,
            indicative_price=None if clearing is None else Price(clearing.price),
            indicative_quantity=0 if clearing is None else clearing.volume,
            imbalance_quantity=abs(surplus),
            imbalance_side=_imbalance_side(surplus),
        )
    )


def _imbalance_side(surplus: int) -> Side | None:
    if surplus == 0:
        return None
    return Side.BUY if surplus > 0 else Side.SELL


def _uncross(venue: Venue, listing: Listing) -> None:
    clearing = listing.clearing(venue.rule)
    while clearing is not None:
        pairs, conflict = _pairs(listing, clearing)
        if conflict is None:
            break
        # The price is found anew without the orders that may not meet, so that one price clears
        # whatever is left and the book stands uncrossed.
        for order in conflict:
            venue.cancel(listing, order, CancelReason.SELF_TRADE)
        clearing = listing.clearing(venue.rule)
    listing.indicative = None
    surplus = 0 if clearing is None else clearing.surplus
    venue.changed[listing.instrument_id] = None
    venue.events.append(
        AuctionUncrossed(
            shard=venue.shard,
            instrument_id=listing.instrument_id,
            clearing_price=None if clearing is None else Price(clearing.price),
            quantity=0 if clearing is None else clearing.volume,
            imbalance_quantity=abs(surplus),
            imbalance_side=_imbalance_side(surplus),
        )
    )
    if clearing is not None:
        _trade_pairs(venue, listing, pairs, clearing.price)
    for order in tuple(listing.market_orders):
        venue.cancel(listing, order, CancelReason.NO_LIQUIDITY)


_Pair = tuple[Order, Order, int]


def _pairs(listing: Listing, clearing: Clearing) -> tuple[list[_Pair], list[Order] | None]:
    """Pair buys and sells in priority; the second value names orders that may not meet."""
    buys = iter(listing.eligible(clearing.price, is_buy=True))
    sells = iter(listing.eligible(clearing.price, is_buy=False))
    pairs: list[_Pair] = []
    buy, sell = next(buys, None), next(sells, None)
    buy_left = 0 if buy is None else buy.leaves
    sell_left = 0 if sell is None else sell.leaves
    while buy is not None and sell is not None:
        if buy.account_id == sell.account_id:
            conflict = _conflict(buy, sell)
            if conflict:
                return [], conflict
        quantity = min(buy_left, sell_left)
        pairs.append((buy, sell, quantity))
        buy_left -= quantity
        sell_left -= quantity
        if not buy_left:
            buy = next(buys, None)
            buy_left = 0 if buy is None else buy.leaves
        if not sell_left:
            sell = next(sells, None)
            sell_left = 0 if sell is None else sell.leaves
    return pairs, None


def _conflict(buy: Order, sell: Order) -> list[Order]:
    later, earlier = _later_first(buy, sell)
    match later.stp:
        case SelfTradePolicy.ALLOW:
            return []
        case SelfTradePolicy.CANCEL_INCOMING:
            return [later]
        case SelfTradePolicy.CANCEL_RESTING:
            return [earlier]
        case SelfTradePolicy.CANCEL_BOTH:
            return [earlier, later]


def _later_first(buy: Order, sell: Order) -> tuple[Order, Order]:
    return (buy, sell) if buy.priority_seq > sell.priority_seq else (sell, buy)


def _trade_pairs(venue: Venue, listing: Listing, pairs: list[_Pair], price: int) -> None:
    venue.is_auction = True
    for buy, sell, quantity in pairs:
        for order in (buy, sell):
            order.filled += quantity
            if order.leaves > quantity and order.level is not None:
                listing.side(is_buy=order.is_buy).reduce(order, quantity)
            elif order.leaves > quantity:
                order.leaves -= quantity
            else:
                listing.take_out(order)
                order.leaves = 0
        later, earlier = _later_first(buy, sell)
        venue.trade(earlier, later, price, quantity)
    venue.is_auction = False
