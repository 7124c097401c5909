"""The judge's auction: every question a scan, every price of the grid tried.

Prices are in ticks; only the reference may lie between two. What an order may not trade because it
would meet its own account is its "doomed" quantity. A drawn order is read off `rank`.
"""

from fractions import Fraction
from math import ceil, floor
from typing import Any

Orders = list[dict[str, Any]]
Ranks = dict[int, int]
Row = tuple[int, int, int]  # price, volume, surplus (bid positive)


def left(order: dict[str, Any]) -> int:
    left: int = order["quantity"] - order["filled"] - order.get("doomed", 0)
    return left


def amounts(queue: Orders, low: int, high: int) -> list[Row]:
    """Return (price, volume, surplus) of an uncross at every tick from `low` to `high`."""
    wanted = dict.fromkeys(range(low, high + 1), 0)  # of those whose limit is this price
    offered = dict(wanted)
    for o in queue:
        if o["side"] == "buy":
            wanted[high if o["price"] is None else o["price"]] += left(o)
        else:
            offered[low if o["price"] is None else o["price"]] += left(o)
    demand, supply, rows = sum(wanted.values()), 0, []
    for p in range(low, high + 1):
        supply += offered[p]
        rows.append((p, min(demand, supply), demand - supply))
        demand -= wanted[p]
    return rows


def clearing(
    queue: Orders, reference: Fraction | int | None, rule: str = "maximum_volume"
) -> Row | None:
    """Return (price, volume, surplus) by trying every tick; None if nothing would trade."""
    queue = [o for o in queue if left(o)]
    if len({o["side"] for o in queue}) < 2:
        return None
    ends = [o["price"] for o in queue if o["price"] is not None]
    if reference is not None:
        ends += [max(1, floor(reference)), max(1, ceil(reference))]
    if not ends:
        return None
    table = amounts(queue, min(ends), max(ends))
    most = max(volume for _, volume, _ in table)
    if not most:
        return None
    table = [row for row in table if row[1] == most]
    return midpoint(table) if rule == "midpoint" else by_surplus(table, reference)


def by_surplus(table: list[Row], reference: Fraction | int | None) -> Row:
    least = min(abs(surplus) for _, _, surplus in table)
    table = [row for row in table if abs(row[2]) == least]
    if all(surplus > 0 for _, _, surplus in table):
        return table[-1]
    if all(surplus < 0 for _, _, surplus in table):
        return table[0]
    aim = (table[0][0] + table[-1][0]) // 2 if reference is None else reference
    return min(table, key=lambda row: (abs(row[0] - aim), row[0]))


def midpoint(table: list[Row]) -> Row:
    below, above = (len(table) - 1) // 2, len(table) // 2
    is_bid = table[below][2] > 0 and table[above][2] > 0
    return table[above if is_bid else below]


def participants(queue: Orders, side: str, price: int, ranks: Ranks | None = None) -> Orders:
    """Return who trades at `price`: market orders first, then by price, then by time or draw."""
    sign = -1 if side == "buy" else 1
    able = [
        o
        for o in queue
        if o["side"] == side
        and left(o)
        and (o["price"] is None or sign * o["price"] <= sign * price)
    ]
    drawn = ranks or {}
    return sorted(
        able,
        key=lambda o: (o["price"] is not None, sign * (o["price"] or 0), drawn.get(o["id"], 0)),
    )


def self_meeting(
    queue: Orders, price: int, ranks: Ranks | None = None
) -> list[tuple[dict[str, Any], int]]:
    """Return who loses how much where an account first meets itself; nobody if it does not."""
    place = {o["id"]: number for number, o in enumerate(queue)}
    buys = [(o, left(o)) for o in participants(queue, "buy", price, ranks)]
    sells = [(o, left(o)) for o in participants(queue, "sell", price, ranks)]
    while buys and sells:
        pair = [buys.pop(0), sells.pop(0)]
        earlier, later = sorted(pair, key=lambda row: place[row[0]["id"]])
        if later[0]["account"] == earlier[0]["account"] and later[0]["stp"] != "allow":
            return {
                "cancel_incoming": [later],
                "cancel_resting": [earlier],
                "cancel_both": [earlier, later],
            }[later[0]["stp"]]
        (buy, wanted), (sell, offered) = pair
        if wanted > offered:
            buys.insert(0, (buy, wanted - offered))
        elif offered > wanted:
            sells.insert(0, (sell, offered - wanted))
    return []
