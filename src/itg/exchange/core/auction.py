"""The call auction: one price for everything that trades.

The published rule, `maximum_volume`: on the tick grid, the price with the most volume; of those
the least surplus; of those, if the surplus is on the bid everywhere the highest, on the ask
everywhere the lowest; else the nearest to the reference, of two equally near the lower. Without a
reference the midpoint of the tied range stands in for it, an exact half tick rounded down.

The price lies between the lowest and the highest limit price: market interest alone names none.
Volume and surplus are constant strictly between two neighboring order prices, so the ends of a
tied range are order prices or one tick beside one; and as demand falls and supply rises with the
price, a tied range has no holes.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple

LevelQuantity = tuple[int, int]  # price, quantity; ascending by price


class Interest(NamedTuple):
    """What takes part: limit interest by price, ascending, and market interest of each side."""

    bids: Sequence[LevelQuantity]
    asks: Sequence[LevelQuantity]
    market_bid: int = 0
    market_ask: int = 0


class Clearing(NamedTuple):
    """The uncross at one price: `surplus` > 0 on the bid, < 0 on the ask."""

    price: int
    volume: int
    surplus: int


AuctionRule = Callable[[Interest, int, int | None], Clearing | None]


class _Curves:
    """Demand at or above and supply at or below a price, by binary search."""

    def __init__(self, interest: Interest) -> None:
        self.bid_prices = [price for price, _ in interest.bids]
        self.ask_prices = [price for price, _ in interest.asks]
        # demand[i] is what bids of index i and higher want; supply[i] what the first i asks offer.
        wanted = list(accumulate((q for _, q in reversed(interest.bids)), initial=0))
        self.demand = [interest.market_bid + q for q in reversed(wanted)]
        self.supply = [
            interest.market_ask + q for q in accumulate((q for _, q in interest.asks), initial=0)
        ]

    def at(self, price: int) -> Clearing:
        demand = self.demand[bisect_left(self.bid_prices, price)]
        supply = self.supply[bisect_right(self.ask_prices, price)]
        return Clearing(price, min(demand, supply), demand - supply)


def maximum_volume(interest: Interest, tick: int, reference: int | None) -> Clearing | None:
    """Find the clearing price by the published rule; None if nothing would trade.

    Prices are multiples of `tick` and at least one tick; `reference` may lie off the grid.
    """
    curves = _Curves(interest)
    prices = sorted({*curves.bid_prices, *curves.ask_prices})
    if not prices:
        return _market_only(interest, tick, reference)
    points = [curves.at(price) for price in _candidates(prices, tick)]
    most = max(point.volume for point in points)
    if most == 0:
        return None
    least = min(abs(point.surplus) for point in points if point.volume == most)
    tied = [p for p in points if p.volume == most and abs(p.surplus) == least]
    if all(point.surplus > 0 for point in tied):
        return tied[-1]
    if all(point.surplus < 0 for point in tied):
        return tied[0]
    return curves.at(_nearest(tied[0].price, tied[-1].price, tick, reference))


AUCTION_STRATEGIES: dict[str, AuctionRule] = {"maximum_volume": maximum_volume}


def _candidates(prices: Sequence[int], tick: int) -> list[int]:
    beside = {p + step for p in prices for step in (-tick, 0, tick)}
    return sorted(p for p in beside if prices[0] <= p <= prices[-1])


def _market_only(interest: Interest, tick: int, reference: int | None) -> Clearing | None:
    volume = min(interest.market_bid, interest.market_ask)
    if volume == 0 or reference is None:
        return None
    price = max(_nearest(tick, max(tick, reference + tick), tick, reference), tick)
    return Clearing(price, volume, interest.market_bid - interest.market_ask)


def _nearest(low: int, high: int, tick: int, reference: int | None) -> int:
    """Return the grid price in [low, high] nearest to the reference, the lower of two."""
    if reference is None:
        return low + (high - low) // tick // 2 * tick
    if reference <= low:
        return low
    if reference >= high:
        return high
    above = reference % tick
    return reference - above if 2 * above <= tick else reference - above + tick
