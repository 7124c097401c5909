"""The judge's uncross: who trades, who loses a meeting with itself, and what ends after it."""

from tests.exchange.reference_auction import Ranks, Row, clearing, participants, self_meeting
from tests.exchange.reference_auction import left as able
from tests.exchange.reference_entry import fire, trade, trade_prices
from tests.exchange.reference_market import Listing, Order, Shard, edges, left, show

OPENING = ("pre_open", "opening_auction")


def indication(shard: Shard, listing: Listing) -> Row | None:
    return clearing(listing.queue, listing.reference, shard.rules.auction_rule)


def is_outside(shard: Shard, listing: Listing) -> bool:
    """Return whether the opening collar holds the instrument back now."""
    found, band = indication(shard, listing), edges(shard, listing)
    return found is not None and band is not None and not band[0] <= found[0] <= band[1]


def delay(shard: Shard, listing: Listing, was: str) -> None:
    """Go on collecting: as before the opening, or halted."""
    found = indication(shard, listing)
    assert found is not None
    listing.phase = "pre_open" if was in OPENING else "halted"
    listing.opens_at = shard.now + shard.rules.opening_delay
    shard.tell("phase", listing.name, was, listing.phase)
    shard.tell("delayed", listing.name, found[0], listing.opens_at)
    run_deferred(shard, listing)  # the freeze is over


def uncross(shard: Shard, listing: Listing) -> None:
    """Trade at one price; then, in this order, everything that ends or begins with it."""
    ranks = drawn(shard, listing)
    found, doomed = resolved(shard, listing, ranks)
    listing.indicative = None
    shard.tell("uncrossed", listing.name, found)
    before = len(shard.facts)
    if found is not None:
        pair_off(shard, listing, found, ranks)
    prices = trade_prices(shard, before)
    leave(shard, listing, doomed)
    for order in listing.queue:
        show(order)
    run_deferred(shard, listing)
    if listing.phase != "closed":
        fire(shard, listing, prices)


def run_deferred(shard: Shard, listing: Listing) -> None:
    for terms in listing.deferred:
        mass_cancel_in(shard, listing, terms)
    listing.deferred = []


def resolved(shard: Shard, listing: Listing, ranks: Ranks) -> tuple[Row | None, list[Order]]:
    """Return the price once nobody meets itself there, and who had to give way."""
    doomed: list[Order] = []
    while (found := indication(shard, listing)) is not None:
        losers = self_meeting(listing.queue, found[0], ranks)
        if not losers:
            break
        modes = {1: losers[-1][0]["stp"], 2: "cancel_both"}
        shard.counts[f"self-trade {modes[len(losers)]} in an auction"] += 1
        for order, quantity in losers:
            order["doomed"] = order.get("doomed", 0) + quantity
            if order not in doomed:
                doomed.append(order)
    return found, doomed


def pair_off(shard: Shard, listing: Listing, found: Row, ranks: Ranks) -> None:
    place = {o["id"]: number for number, o in enumerate(listing.queue)}
    price, volume, _ = found
    while volume:
        buy = participants(listing.queue, "buy", price, ranks)[0]
        sell = participants(listing.queue, "sell", price, ranks)[0]
        earlier, later = sorted((buy, sell), key=lambda o: place[o["id"]])
        traded = min(able(buy), able(sell))
        volume -= traded
        trade(shard, listing, (earlier, later), price, traded)


def leave(shard: Shard, listing: Listing, doomed: list[Order]) -> None:
    """End the losers of meetings, market orders, and orders for this auction alone."""
    listing.queue = [o for o in listing.queue if left(o)]
    for order in doomed:
        shard.cancel(order, "self_trade")
    once = [o for o in listing.queue if o["tif"] in ("opg", "cls")]
    for order in [o for o in listing.queue if o["price"] is None and o not in once]:
        shard.cancel(order, "no_liquidity")
    for order in once:
        shard.expire(order)


def drawn(shard: Shard, listing: Listing) -> Ranks:
    """Read the drawn order the engine told, after a look that it only reorders equal prices."""
    if not shard.rules.is_drawn or indication(shard, listing) is None:
        return {}
    listing.auctions += 1
    told = next((each for each in shard.draws if each[0] == listing.name), None)
    assert told is not None, "no draw was told"
    shard.draws.remove(told)
    shard.tell("drawn", *told[:1], listing.auctions)
    assert told[1] == listing.auctions, told
    for side, ids in (("buy", told[2]), ("sell", told[3])):
        check_draw(listing, side, ids)
    ids = told[2] + told[3]
    return {order_id: number for number, order_id in enumerate(ids, start=1)}


def check_draw(listing: Listing, side: str, ids: tuple[int, ...]) -> None:
    by_id = {o["id"]: o for o in listing.queue if o["side"] == side}
    assert len(set(ids)) == len(ids), "an order is drawn twice"
    assert set(ids) <= set(by_id), "a stranger is drawn"
    price = 0 if side == "buy" else 10**9
    found = [o["id"] for o in participants(listing.queue, side, price)]
    prices = [by_id[i]["price"] for i in ids]
    assert prices == [by_id[i]["price"] for i in found[: len(ids)]], "the draw reorders prices"


def mass_cancel_in(shard: Shard, listing: Listing, terms: dict[str, object]) -> list[int]:
    """Cancel what matches, in the book, beside it and held; return the ids."""
    held = [o for o in shard.held if o["instrument"] == listing.name]
    gone = [o for o in listing.queue + listing.waiting + held if matches(o, terms)]
    for order in gone:
        shard.cancel(order, str(terms["reason"]))
    return [int(o["id"]) for o in gone]


def matches(order: Order, terms: dict[str, object]) -> bool:
    return bool(
        order["account"] == terms["account"]
        and terms["side"] in (None, order["side"])
        and (terms["quotes"] if order["quote"] else terms["orders"])
    )
