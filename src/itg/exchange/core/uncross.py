"""The uncross of one instrument: a price, the pairs that trade at it, and what may not.

Where an account would meet itself, the later order is the incoming one and its policy says which of
the two loses what it had left at that meeting. The price is then found anew without those
contracts, until no meeting is left: one price, the best for what may trade, with nobody else's
contracts left crossed behind it. What an order trades ahead of the meeting stands; the rest of it
is canceled after the trades.

Among orders of equal price the earlier trades first, or where the scenario says so the one that a
seeded draw puts first; the later order stays the incoming one. Hidden contracts take part.
"""

from typing import assert_never

from itg.exchange.contract import AuctionDrawn, AuctionUncrossed, IndicativePriceChanged
from itg.exchange.core.auction import AuctionRule, Clearing
from itg.exchange.core.book import Order
from itg.exchange.core.canceling import run_deferred
from itg.exchange.core.entering import fire_stops
from itg.exchange.core.listing import Listing
from itg.exchange.core.venue import Venue
from itg.kernel.ids import OrderId
from itg.kernel.money import Price
from itg.kernel.rng import Rng
from itg.kernel.words import CancelReason, Phase, SelfTradePolicy, Side

_Pair = tuple[Order, Order, int]
_Doomed = dict[OrderId, tuple[Order, int]]
_Draw = dict[OrderId, int]  # the drawn place of each order; empty: by time


def indicate(venue: Venue, listing: Listing) -> None:
    """Report what the uncross would do now, if that changed."""
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
            imbalance_side=imbalance_side(surplus),
        )
    )


def uncross(venue: Venue, listing: Listing) -> None:
    """Trade what crosses at one price; end what met its own account, and what was for it alone.

    What was asked for during the freeze happens then, and stops that the price reached fire.
    """
    doomed: _Doomed = {}
    draw = _drawn(venue, listing)
    clearing, pairs = _settle(listing, venue.rule, doomed, draw)
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
            imbalance_side=imbalance_side(surplus),
        )
    )
    if clearing is not None:
        _trade(venue, listing, pairs, clearing.price)
    for order, quantity in doomed.values():
        if order.level is not None:
            listing.take_out(order)
        order.leaves += quantity
        venue.gone(order, CancelReason.SELF_TRADE)
    listing.bids.show_anew()
    listing.asks.show_anew()
    _end_leftovers(venue, listing)
    run_deferred(venue, listing)
    if listing.phase is not Phase.CLOSED:
        fire_stops(venue, listing)


def _end_leftovers(venue: Venue, listing: Listing) -> None:
    for order in listing.waiting():
        if order.order_id not in listing.auction_only:
            venue.cancel(listing, order, CancelReason.NO_LIQUIDITY)
    for order in sorted(listing.auction_only.values(), key=lambda order: order.priority_seq):
        venue.expire(listing, order)


def _drawn(venue: Venue, listing: Listing) -> _Draw:
    """Draw the order of those who are equal in price, where the scenario wants that, and tell it.

    Fisher and Yates' shuffle (Knuth, The Art of Computer Programming 2, algorithm 3.4.2P) of all
    orders; among equal prices their places in it decide.
    """
    if listing.clearing(venue.rule) is None:
        return {}
    listing.auction_number += 1
    if venue.config.auction_order != "draw":
        return {}
    name = f"exchange.auction.{listing.instrument_id}.{listing.auction_number}"
    dice = Rng(venue.config.seed, name)
    order_ids = sorted(order.order_id for order in listing.resting())
    for last in range(len(order_ids) - 1, 0, -1):
        other = dice.below(last + 1)
        order_ids[last], order_ids[other] = order_ids[other], order_ids[last]
    draw = {order_id: place for place, order_id in enumerate(order_ids)}
    buys, sells = (_in_priority(listing, None, draw, is_buy=is_buy) for is_buy in (True, False))
    venue.events.append(
        AuctionDrawn(
            shard=venue.shard,
            instrument_id=listing.instrument_id,
            auction_number=listing.auction_number,
            buy_order_ids=tuple(order.order_id for order in buys),
            sell_order_ids=tuple(order.order_id for order in sells),
        )
    )
    return draw


def _in_priority(listing: Listing, price: int | None, draw: _Draw, *, is_buy: bool) -> list[Order]:
    """Return the orders that may trade at `price` (None: all), best first."""
    orders = listing.eligible(price, is_buy=is_buy)
    if draw:
        orders.sort(key=lambda o: (o.price is not None, -o.key, draw[o.order_id]))
    return orders


def imbalance_side(surplus: int) -> Side | None:
    """Return the side that has too much, None when neither has."""
    if surplus == 0:
        return None
    return Side.BUY if surplus > 0 else Side.SELL


def _settle(
    listing: Listing, rule: AuctionRule, doomed: _Doomed, draw: _Draw
) -> tuple[Clearing | None, list[_Pair]]:
    clearing = listing.clearing(rule)
    while clearing is not None:
        pairs = _pairs(listing, rule, clearing.price, doomed, draw)
        if pairs is not None:
            if doomed:
                clearing = listing.clearing(rule)
            assert sum(pair[2] for pair in pairs) == (clearing.volume if clearing else 0)
            return clearing, pairs
        clearing = listing.clearing(rule)
    return None, []


def _pairs(
    listing: Listing, rule: AuctionRule, price: int, doomed: _Doomed, draw: _Draw
) -> list[_Pair] | None:
    """Pair what may trade at `price`, in priority; None when a meeting moved the price."""
    buys = iter(_in_priority(listing, price, draw, is_buy=True))
    sells = iter(_in_priority(listing, price, draw, is_buy=False))
    pairs: list[_Pair] = []
    buy, sell = next(buys, None), next(sells, None)
    buy_left = 0 if buy is None else buy.leaves
    sell_left = 0 if sell is None else sell.leaves
    while buy is not None and sell is not None:
        losers = _losers(buy, sell) if buy.account_id == sell.account_id else ()
        if losers:
            for order in losers:
                _doom(listing, order, buy_left if order.is_buy else sell_left, doomed)
            buy_left = 0 if buy in losers else buy_left
            sell_left = 0 if sell in losers else sell_left
            clearing = listing.clearing(rule)
            if clearing is None or clearing.price != price:
                return None
        else:
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
    return pairs


def _later(buy: Order, sell: Order) -> Order:
    return buy if buy.priority_seq > sell.priority_seq else sell


def _losers(buy: Order, sell: Order) -> tuple[Order, ...]:
    """Return which of two orders of one account the later one's policy ends."""
    later = _later(buy, sell)
    earlier = sell if later is buy else buy
    match later.stp:
        case SelfTradePolicy.ALLOW:
            return ()
        case SelfTradePolicy.CANCEL_INCOMING:
            return (later,)
        case SelfTradePolicy.CANCEL_RESTING:
            return (earlier,)
        case SelfTradePolicy.CANCEL_BOTH:
            return (earlier, later)
        case _:
            assert_never(later.stp)


def _doom(listing: Listing, order: Order, quantity: int, doomed: _Doomed) -> None:
    before = doomed.get(order.order_id)
    doomed[order.order_id] = (order, quantity + (0 if before is None else before[1]))
    if quantity == order.leaves:
        listing.take_out(order)
        order.leaves = 0
    else:
        _reduce(listing, order, quantity)


def _trade(venue: Venue, listing: Listing, pairs: list[_Pair], price: int) -> None:
    venue.is_auction = True
    for buy, sell, quantity in pairs:
        for order in (buy, sell):
            if order.leaves > quantity:
                _reduce(listing, order, quantity)
            else:
                listing.take_out(order)
                order.leaves = 0
        taker = _later(buy, sell)
        venue.trade(sell if taker is buy else buy, taker, price, quantity)
    venue.is_auction = False


def _reduce(listing: Listing, order: Order, by: int) -> None:
    """Take contracts off an order that keeps some; an iceberg shows what it may of the rest."""
    display = order.terms.display
    hidden = max(0, order.leaves - by - display) if display else 0
    listing.home(order).reduce(order, by, hidden)
