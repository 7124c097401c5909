"""Stop orders that wait: outside the book, in the order of their stop prices."""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from operator import attrgetter

from itg.exchange.core.book import Order

_Row = tuple[int, int, Order]  # stop price, place among the waiting, the order


class Stops:
    """One instrument's waiting stops, and the range of what traded since they were looked at."""

    __slots__ = ("_buys", "_high", "_low", "_sells", "count")

    def __init__(self) -> None:
        self._buys: list[_Row] = []
        self._sells: list[_Row] = []
        self._low: int | None = None
        self._high = 0
        self.count = 0

    def __iter__(self) -> Iterator[Order]:
        rows = sorted((*self._buys, *self._sells), key=lambda row: row[1])
        return (row[2] for row in rows)

    def add(self, order: Order) -> None:
        insort(self._buys if order.is_buy else self._sells, _row(order))
        self.count += 1

    def remove(self, order: Order) -> None:
        rows = self._buys if order.is_buy else self._sells
        del rows[bisect_left(rows, _row(order))]
        self.count -= 1

    def note(self, price: int) -> None:
        """Remember a trade."""
        low = self._low
        if low is None:
            self._low = self._high = price
        elif price < low:
            self._low = price
        elif price > self._high:
            self._high = price

    def forget_trades(self) -> None:
        """Let what traded until now reach nobody."""
        self._low = None

    def take_fired(self) -> list[Order]:
        """Return, and wait no more for, the stops that the trades since last time reached.

        A buy stop fires at its price or above, a sell stop at its price or below. The longest
        waiting comes first.
        """
        low = self._low
        if low is None:
            return []
        self._low = None
        buys, sells = self._buys, self._sells
        below = bisect_right(buys, self._high, key=_stop_price)
        above = bisect_left(sells, low, key=_stop_price)
        fired = [row[2] for row in (*buys[:below], *sells[above:])]
        del buys[:below]
        del sells[above:]
        self.count -= len(fired)
        fired.sort(key=attrgetter("priority_seq"))
        return fired


def is_reached(order: Order, last_price: int) -> bool:
    """Tell whether a last trade has reached an order's stop price."""
    stop_price = order.terms.stop_price
    assert stop_price is not None
    return last_price >= stop_price if order.is_buy else last_price <= stop_price


def _row(order: Order) -> _Row:
    stop_price = order.terms.stop_price
    assert stop_price is not None
    return stop_price, order.priority_seq, order


def _stop_price(row: _Row) -> int:
    return row[0]
