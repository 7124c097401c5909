"""The call auction: one price for everything that trades.

The published rule, `maximum_volume`: on the tick grid, the price with the most volume; of those
the least surplus; of those, if the surplus is on the bid everywhere the highest, on the ask
everywhere the lowest; else the nearest to the reference, of two equally near the lower. Without a
reference the midpoint of the tied range stands in for it, an exact half tick rounded down. The
price lies between the lowest and the highest of the limit prices and the reference; the reference
counts as the grid prices on both its sides.

Demand falls and supply rises with the price, so what each step leaves is one range. Pairing the
sides best against best finds the volume, and the prices that reach it run from the last ask paired
to the last bid paired. Where one of those two has contracts left, everything in the range presses
to its side. Where none has, the surplus is zero between the best bid and the best ask not paired,
and only where no tick lies between them do these two compete. So the cost is the levels that cross.

The other rule, `midpoint`: of the grid prices with the most volume the one in the middle; an exact
half tick goes up if both its neighbours leave a surplus on the bid, else down.

Contracts that are not shown count in both.
"""

from collections.abc import Callable
from typing import NamedTuple

from itg.exchange.core.book import BookSide

# Market orders pair before any limit.
_ANY_PRICE = 1 << 62


class Interest(NamedTuple):
    """What takes part: both sides' limit orders, and each side's contracts at any price."""

    bids: BookSide
    asks: BookSide
    market_bid: int = 0
    market_ask: int = 0


class Clearing(NamedTuple):
    """The uncross at one price: `surplus` > 0 on the bid, < 0 on the ask."""

    price: int
    volume: int
    surplus: int


AuctionRule = Callable[[Interest, int, int | None], Clearing | None]


class _Pairing(NamedTuple):
    # `high` and `low` are the last bid and ask paired; `bid` and `ask` are the best with contracts
    # left, `wanted` and `offered` of them: 0 where that side is used up. `bids_behind` and
    # `asks_behind` count the levels behind those two.
    volume: int
    high: int
    low: int
    bid: int
    wanted: int
    bids_behind: int
    ask: int
    offered: int
    asks_behind: int


def maximum_volume(interest: Interest, tick: int, reference: int | None) -> Clearing | None:
    """Find the clearing price by the published rule; None if nothing would trade.

    Prices are multiples of `tick` and at least one tick; `reference` may lie off the grid.
    """
    paired = _pair(interest)
    grid = _grid(interest, tick, reference) if paired.volume else None
    if grid is None:
        return None
    low, high = max(paired.low, grid[0]), min(paired.high, grid[1])
    if paired.wanted and paired.bid == paired.high:
        beside = 0 if high == paired.high else _quantity_at(interest.bids, high)
        return Clearing(high, paired.volume, paired.wanted + beside)
    if paired.offered and paired.ask == paired.low:
        beside = 0 if low == paired.low else _quantity_at(interest.asks, -low)
        return Clearing(low, paired.volume, -paired.offered - beside)
    return _balanced(interest, paired, (low, high), tick, reference)


def midpoint(interest: Interest, tick: int, reference: int | None) -> Clearing | None:
    """Find the middle of the prices with the most volume; None if nothing would trade."""
    paired = _pair(interest)
    grid = _grid(interest, tick, reference) if paired.volume else None
    if grid is None:
        return None
    low, high = max(paired.low, grid[0]), min(paired.high, grid[1])
    price = low + (high - low) // tick // 2 * tick
    surplus = _surplus_at(interest, price)
    if (high - low) // tick % 2:
        above = _surplus_at(interest, price + tick)
        if surplus > 0 and above > 0:
            price, surplus = price + tick, above
    return Clearing(price, paired.volume, surplus)


AUCTION_STRATEGIES: dict[str, AuctionRule] = {
    "maximum_volume": maximum_volume,
    "midpoint": midpoint,
}


def _pair(interest: Interest) -> _Pairing:
    bid_keys, bid_levels = interest.bids.keys, interest.bids.levels
    ask_keys, ask_levels = interest.asks.keys, interest.asks.levels
    bids_behind, asks_behind = len(bid_keys), len(ask_keys)
    bid = high = _ANY_PRICE
    ask = low = -_ANY_PRICE
    wanted, offered = interest.market_bid, interest.market_ask
    volume = 0
    while True:
        if not wanted and bids_behind:
            bids_behind -= 1
            bid = bid_keys[bids_behind]
            wanted = bid_levels[bid].quantity + bid_levels[bid].hidden
        if not offered and asks_behind:
            asks_behind -= 1
            ask = -ask_keys[asks_behind]
            offered = ask_levels[-ask].quantity + ask_levels[-ask].hidden
        if not wanted or not offered or bid < ask:
            return _Pairing(volume, high, low, bid, wanted, bids_behind, ask, offered, asks_behind)
        high, low = bid, ask
        if wanted < offered:
            volume += wanted
            offered -= wanted
            wanted = 0
        else:
            volume += offered
            wanted -= offered
            offered = 0


def _grid(interest: Interest, tick: int, reference: int | None) -> tuple[int, int] | None:
    bids, asks = interest.bids.keys, interest.asks.keys
    ends: list[int] = []
    if bids:
        ends += (bids[0], bids[-1])
    if asks:
        ends += (-asks[0], -asks[-1])
    if reference is not None:
        ends += (max(tick, reference // tick * tick), max(tick, -(-reference // tick) * tick))
    return (min(ends), max(ends)) if ends else None


def _quantity_at(side: BookSide, key: int) -> int:
    level = side.levels.get(key)
    return 0 if level is None else level.quantity + level.hidden


def _surplus_at(interest: Interest, price: int) -> int:
    wanted = interest.market_bid + _quantity_from(interest.bids, price)
    return wanted - interest.market_ask - _quantity_from(interest.asks, -price)


def _quantity_from(side: BookSide, worst: int) -> int:
    total = 0
    for key in reversed(side.keys):
        if key < worst:
            break
        total += side.levels[key].quantity + side.levels[key].hidden
    return total


def _balanced(
    interest: Interest, paired: _Pairing, ends: tuple[int, int], tick: int, reference: int | None
) -> Clearing:
    low, high = ends
    first = max(low, paired.bid + tick) if paired.wanted else low
    last = min(high, paired.ask - tick) if paired.offered else high
    if first <= last:
        return Clearing(_nearest(first, last, tick, reference), paired.volume, 0)
    bid_surplus = paired.wanted if paired.bid >= low else 0
    ask_surplus = paired.offered if paired.ask <= high else 0
    if not ask_surplus or 0 < bid_surplus < ask_surplus:
        return Clearing(paired.bid, paired.volume, bid_surplus)
    if not bid_surplus or ask_surplus < bid_surplus:
        return Clearing(paired.ask, paired.volume, -ask_surplus)
    # Equal on both sides: all prices down to the next bid and up to the next ask are tied.
    if paired.bids_behind:
        low = max(low, interest.bids.keys[paired.bids_behind - 1] + tick)
    if paired.asks_behind:
        high = min(high, -interest.asks.keys[paired.asks_behind - 1] - tick)
    price = _nearest(low, high, tick, reference)
    return Clearing(price, paired.volume, bid_surplus if price <= paired.bid else -ask_surplus)


def _nearest(low: int, high: int, tick: int, reference: int | None) -> int:
    if reference is None:
        return low + (high - low) // tick // 2 * tick
    if reference <= low:
        return low
    if reference >= high:
        return high
    above = reference % tick
    return reference - above if 2 * above <= tick else reference - above + tick
