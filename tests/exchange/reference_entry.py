"""How the judge lets an order into the market: matching, stops and what they set off."""

from typing import Any

from tests.exchange.reference_market import (
    COLLECTING,
    Listing,
    Order,
    Shard,
    crosses,
    left,
    limit_of,
    opposite,
    show,
    would_take,
)


def enter(shard: Shard, order: Order, *, guarded: bool = True) -> None:
    """Let one order in, and then every stop its trades fired, and theirs, first come first."""
    listing = shard.home(order)
    due = [(order, 0)]
    while due:
        entering, depth = due.pop(0)
        if depth and is_held(shard, listing, entering):
            shard.held.append(entering)  # fired, and still waiting: now for the guard's end
            continue
        if depth:
            shard.tell("activated", entering["id"], "stop")
        shard.deepest = max(shard.deepest, depth)
        before = len(shard.facts)
        enter_alone(shard, entering, guarded=guarded)
        due += [(o, depth + 1) for o in take_fired(listing, trade_prices(shard, before))]


def fire(shard: Shard, listing: Listing, prices: list[int]) -> None:
    """Let in what the trades of an uncross fired."""
    due = [(o, 1) for o in take_fired(listing, prices)]
    while due:
        entering, depth = due.pop(0)
        if is_held(shard, listing, entering):
            shard.held.append(entering)
            continue
        shard.tell("activated", entering["id"], "stop")
        shard.deepest = max(shard.deepest, depth)
        before = len(shard.facts)
        enter_alone(shard, entering)
        due += [(o, depth + 1) for o in take_fired(listing, trade_prices(shard, before))]


def trade_prices(shard: Shard, since: int) -> list[int]:
    return [fact[5] for fact in shard.facts[since:] if fact[0] == "trade"]


def is_through(order: Order, price: int) -> bool:
    return bool(price >= order["stop"] if order["side"] == "buy" else price <= order["stop"])


def take_fired(listing: Listing, prices: list[int]) -> list[Order]:
    fired = [o for o in listing.waiting if o["stop"] and any(is_through(o, p) for p in prices)]
    for order in fired:
        listing.waiting.remove(order)
    return fired


def is_held(shard: Shard, listing: Listing, order: Order) -> bool:
    """Return whether the jump guard keeps this order out: it is open, and the order would take."""
    if shard.guard_ends_at is None or listing.phase != "continuous":
        return False
    return would_take(listing, order["side"], order["price"])


def enter_alone(shard: Shard, order: Order, *, guarded: bool = True) -> None:
    listing = shard.home(order)
    if listing.phase in COLLECTING:
        collect(shard, order)
    elif guarded and is_held(shard, listing, order):
        shard.held.append(order)
    else:
        match(shard, listing, order)


def collect(shard: Shard, order: Order) -> None:
    """Stand for the auction, if that can be."""
    if order["tif"] in ("ioc", "fok"):
        shard.tell("canceled", order["id"], left(order), "no_liquidity")
    else:
        rest(shard.home(order), order)


def rest(listing: Listing, order: Order) -> None:
    show(order)
    listing.queue.append(order)


def match(shard: Shard, listing: Listing, order: Order) -> None:
    if order["tif"] == "fok" and would_fill(shard, listing, order) < left(order):
        shard.tell("canceled", order["id"], left(order), "not_fillable")
        return
    if not sweep(shard, listing, order):
        shard.tell("canceled", order["id"], left(order), "self_trade")
    elif left(order) and order["price"] is None:
        reason = "price_band" if opposite(listing, order["side"]) else "no_liquidity"
        shard.tell("canceled", order["id"], left(order), reason)
    elif left(order) and order["tif"] in ("ioc", "fok"):
        shard.tell("canceled", order["id"], left(order), "no_liquidity")
    elif left(order):
        rest(listing, order)


def would_fill(shard: Shard, listing: Listing, order: Order) -> int:
    """Return what the order would trade, hidden parts included, by trading with copies."""
    trial = Shard(shard.rules, [])
    copy = Listing(**{**vars(listing), "queue": [dict(o) for o in listing.queue]})
    trial.listings = [copy]
    taker = dict(order)
    sweep(trial, copy, taker)
    return int(taker["filled"] - order["filled"])


def sweep(shard: Shard, listing: Listing, order: Order) -> bool:
    """Trade with one resting order after the other; False if meeting itself ended the order."""
    limit = limit_of(shard, order)
    while left(order):
        met = opposite(listing, order["side"])
        if not met or not crosses(order["side"], limit, met[0]["price"]):
            return True
        maker = met[0]
        if maker["account"] == order["account"] and order["stp"] != "allow":
            shard.counts[f"self-trade {order['stp']} in continuous"] += 1
            if order["stp"] in ("cancel_resting", "cancel_both"):
                shard.cancel(maker, "self_trade")
            if order["stp"] in ("cancel_incoming", "cancel_both"):
                return False
            continue
        fill(shard, listing, maker, order)
    return True


def fill(shard: Shard, listing: Listing, maker: Order, taker: Order) -> None:
    quantity = min(maker["shown"], left(taker))
    trade(shard, listing, (maker, taker), maker["price"], quantity)
    maker["shown"] -= quantity
    if not maker["shown"]:
        listing.queue.remove(maker)
        if left(maker):
            shard.counts["refreshed"] += 1
            rest(listing, maker)


def trade(
    shard: Shard, listing: Listing, pair: tuple[Order, Order], price: int, quantity: int
) -> None:
    maker, taker = pair
    maker["filled"] += quantity
    taker["filled"] += quantity
    listing.last_price = price
    number = len(shard.trades) + 1
    ids = (maker["id"], taker["id"])
    fact: tuple[Any, ...] = ("trade", number, listing.name, *ids, price, quantity, taker["side"])
    shard.trades[number] = fact
    shard.facts.append(fact)
    if maker["account"] == taker["account"]:
        where = "in continuous" if listing.phase == "continuous" else "in an auction"
        shard.counts[f"self-trade allow {where}"] += 1
