"""Why the judge refuses: the first failing check, as (code, field); the field only where ruled."""

from typing import Any

from tests.exchange.reference_market import (
    TAKING,
    Listing,
    Order,
    Shard,
    outside,
    would_take,
)

Fault = tuple[str, str | None]
Terms = dict[str, Any]


def placement_fault(shard: Shard, terms: Terms) -> Fault | None:
    listing = shard.listing(terms["instrument"])
    if listing is None:
        return ("INVALID_INSTRUMENT", "instrument_id")
    if phase_refuses(shard, listing, terms["tif"]):
        return ("WRONG_PHASE", None)
    if terms["quantity"] <= 0:
        return ("INVALID_QUANTITY", "quantity")
    found = terms_fault(terms) or life_fault(shard, terms)
    if found:
        return found
    for name, value in (("price", terms["price"]), ("stop_price", terms["stop"])):
        if value is not None and value < 1:
            return ("INVALID_PRICE", name)
    if terms["price"] is not None and outside(shard, listing, terms["side"], terms["price"]):
        return ("PRICE_OUTSIDE_BAND", "price")
    takes = terms["post_only"] and listing.phase == "continuous" and terms["tif"] != "cls"
    if takes and would_take(listing, terms["side"], terms["price"]):
        return ("POST_ONLY_WOULD_TAKE", None)
    return None


def phase_refuses(shard: Shard, listing: Listing, tif: str | None) -> bool:
    if listing.phase not in TAKING:
        return True
    if tif in ("ioc", "fok"):
        return listing.phase != "continuous"
    if tif == "opg":
        return listing.phase != "pre_open"
    if tif == "cls" and listing.phase != "closing_auction":
        ahead = [phase for _, phase in shard.boundaries if phase in ("closed", "closing_auction")]
        return ahead[:1] == ["closed"]
    return False


def terms_fault(terms: Terms) -> Fault | None:
    kind, tif = terms["type"], terms["tif"]
    is_stop = kind in ("stop", "stop_limit")
    if (terms["price"] is None) != (kind in ("market", "stop")):
        return ("MISSING_PRICE" if terms["price"] is None else "UNEXPECTED_PRICE", "price")
    if (terms["stop"] is not None) != is_stop:
        return ("MISSING_PRICE" if is_stop else "UNEXPECTED_PRICE", "stop_price")
    if terms["post_only"] and (kind == "market" or tif in ("ioc", "fok")):
        return ("POST_ONLY_WOULD_TAKE", None)
    if terms["post_only"] and is_stop:
        return ("TERMS_CONFLICT", "post_only")
    if (tif in ("opg", "cls") and is_stop) or (tif == "gtt" and kind == "market"):
        return ("TERMS_CONFLICT", "time_in_force")
    return None


def life_fault(shard: Shard, terms: Terms) -> Fault | None:
    tif, shown, expires = terms["tif"], terms["display"], terms["expires"]
    if shown is not None and (terms["type"] != "limit" or tif not in (None, "day", "gtt")):
        return ("TERMS_CONFLICT", "display_quantity")
    if shown is not None and not 1 <= shown <= terms["quantity"]:
        return ("INVALID_QUANTITY", "display_quantity")
    if (tif == "gtt") != (expires is not None) or (tif == "gtt" and expires <= shard.now):
        return ("INVALID_EXPIRY", "expires_ns")
    return None


def absence(shard: Shard, order: Order | None, order_id: int, account: str) -> Fault | None:
    if order is None and 1 <= order_id <= shard.order_count:
        return ("ORDER_ALREADY_DONE", None)
    if order is None or order["account"] != account or order["quote"]:
        return ("ORDER_NOT_FOUND", None)
    return None


def replacement_fault(shard: Shard, order: Order, changes: Terms) -> Fault | None:
    listing = shard.home(order)
    price, quantity = changes.get("price"), changes.get("quantity")
    if listing.phase not in TAKING:
        return ("WRONG_PHASE", None)
    if any(o is order for o in shard.held):
        return ("ORDER_PENDING", None)
    if changes.get("revision") not in (None, order["revision"]):
        return ("REVISION_MISMATCH", None)
    if quantity is not None and quantity <= order["filled"]:
        return ("INVALID_QUANTITY", None)
    if price is not None and order["price"] is None:
        return ("UNEXPECTED_PRICE", None)
    if price is not None and price < 1:
        return ("INVALID_PRICE", None)
    if price is not None and outside(shard, listing, order["side"], price):
        return ("PRICE_OUTSIDE_BAND", "price")
    waits = any(o is order for o in listing.waiting)
    checked = order["post_only"] and listing.phase == "continuous" and not waits
    if checked and would_take(listing, order["side"], price or order["price"]):
        return ("POST_ONLY_WOULD_TAKE", None)
    return None


def quote_fault(shard: Shard, name: str, sides: dict[str, Any]) -> Fault | None:
    listing = shard.listing(name)
    if listing is None:
        return ("INVALID_INSTRUMENT", "instrument_id")
    if listing.phase not in TAKING:
        return ("WRONG_PHASE", None)
    bid, ask = sides["buy"], sides["sell"]
    there = [terms for terms in (bid, ask) if terms is not None]
    if any(quantity <= 0 for _, quantity in there):
        return ("INVALID_QUOTE", None)
    if bid is not None and ask is not None and bid[0] >= ask[0]:
        return ("INVALID_QUOTE", None)
    if any(price < 1 for price, _ in there):
        return ("INVALID_PRICE", None)
    for side, terms in sides.items():
        if terms is not None and outside(shard, listing, side, terms[0]):
            return ("PRICE_OUTSIDE_BAND", None)
    return None
