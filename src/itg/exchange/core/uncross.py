"""The uncross of one instrument: a price, the pairs that trade at it, and what may not.

Where an account would meet itself, the later order is the incoming one and its policy says which of
the two loses what it had left at that meeting. The price is then found anew without those
contracts, until no meeting is left: one price, the best for what may trade, with nobody else's
contracts left crossed behind it. What an order trades ahead of the meeting stands; the rest of it
is canceled after the trades.
"""

from typing import assert_never

from itg.exchange.contract import AuctionUncrossed, IndicativePriceChanged
from itg.exchange.core.auction import AuctionRule, Clearing
from itg.exchange.core.book import Order
from itg.exchange.core.listing import Listing
from itg.exchange.core.venue import Venue
from itg.kernel.ids import OrderId
from itg.kernel.money import Price
from itg.kernel.words import CancelReason, SelfTradePolicy, Side

_Pair = tuple[Order, Order, int]
_Doomed = dict[OrderId, tuple[Order, int]]


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
            imbalance_side=_imbalance_side(surplus),
        )
    )


def uncross(venue: Venue, listing: Listing) -> None:
    """Trade what crosses at one price; end what met its own account and all market orders."""
    doomed: _Doomed = {}
    clearing, pairs = _settle(listing, venue.rule, doomed)
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
        _trade(venue, listing, pairs, clearing.price)
    for order, quantity in doomed.values():
        if order.level is not None:
            listing.take_out(order)
        order.leaves += quantity
        venue.gone(order, CancelReason.SELF_TRADE)
    for order in listing.waiting():
        venue.cancel(listing, order, CancelReason.NO_LIQUIDITY)


def _imbalance_side(surplus: int) -> Side | None:
    if surplus == 0:
        return None
    return Side.BUY if surplus > 0 else Side.SELL


def _settle(
    listing: Listing, rule: AuctionRule, doomed: _Doomed
) -> tuple[Clearing | None, list[_Pair]]:
    clearing = listing.clearing(rule)
    while clearing is not None:
        pairs = _pairs(listing, rule, clearing.price, doomed)
        if pairs is not None:
            if doomed:
                clearing = listing.clearing(rule)
            assert sum(pair[2] for pair in pairs) == (clearing.volume if clearing else 0)
            return clearing, pairs
        clearing = listing.clearing(rule)
    return None, []


def _pairs(listing: Listing, rule: AuctionRule, price: int, doomed: _Doomed) -> list[_Pair] | None:
    """Pair what may trade at `price`, in priority; None when a meeting moved the price."""
    buys = iter(listing.eligible(price, is_buy=True))
    sells = iter(listing.eligible(price, is_buy=False))
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
        listing.home(order).reduce(order, quantity)


def _trade(venue: Venue, listing: Listing, pairs: list[_Pair], price: int) -> None:
    venue.is_auction = True
    for buy, sell, quantity in pairs:
        for order in (buy, sell):
            order.filled += quantity
            if order.leaves > quantity:
                listing.home(order).reduce(order, quantity)
            else:
                listing.take_out(order)
                order.leaves = 0
        taker = _later(buy, sell)
        venue.trade(sell if taker is buy else buy, taker, price, quantity)
    venue.is_auction = False
