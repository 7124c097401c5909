"""One instrument's resting orders: price levels in order, first in first out within each.

The prices of a side are a sorted list of keys whose best is the last: the touch is O(1) and a new
level near it moves little. Each level is a doubly linked queue, so that a cancel is O(1) wherever
it stands. A key is the price for bids, its negative for asks: on both sides the greatest is best.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import NamedTuple

from itg.kernel.ids import AccountId, InstrumentId, OrderId
from itg.kernel.words import Activation, SelfTradePolicy, TimeInForce

LevelRow = tuple[int, int, int]


class Terms(NamedTuple):
    """What few orders say of themselves; `display` 0: everything is shown."""

    time_in_force: TimeInForce | None = None
    post_only: bool = False
    tag: str = ""
    stop_price: int | None = None
    display: int = 0
    expires_ns: int | None = None


PLAIN = Terms()


class Order:
    """A live order or quote side. `key` orders it among its side: price, or −price for a sell.

    `hidden` of what it `leaves` is not shown. A `pending` order stands outside the book. `before`,
    `after` and `priority_seq` mean nothing until it stands somewhere.
    """

    __slots__ = (
        "account_id",
        "after",
        "before",
        "hidden",
        "instrument_id",
        "is_buy",
        "is_quote",
        "key",
        "leaves",
        "level",
        "order_id",
        "pending",
        "price",
        "priority_seq",
        "quantity",
        "revision",
        "stp",
        "terms",
    )

    def __init__(  # noqa: PLR0913, PLR0917 - the fields of an order
        self,
        order_id: OrderId,
        account_id: AccountId,
        instrument_id: InstrumentId,
        is_buy: bool,  # noqa: FBT001 - a side, not a switch
        price: int | None,
        quantity: int,
        stp: SelfTradePolicy,
        terms: Terms = PLAIN,
    ) -> None:
        self.order_id = order_id
        self.account_id = account_id
        self.instrument_id = instrument_id
        self.is_buy = is_buy
        self.price = price
        self.key = 0 if price is None else price if is_buy else -price
        self.quantity = quantity
        self.leaves = quantity
        self.stp = stp
        self.terms = terms
        self.hidden = 0
        self.is_quote = False
        self.revision = 1
        self.pending: Activation | None = None
        self.level: Level | None = None
        self.before: Order | None
        self.after: Order | None
        self.priority_seq: int

    @property
    def filled(self) -> int:
        return self.quantity - self.leaves

    def reprice(self, price: int | None, quantity: int) -> None:
        """Take a price and a total while standing nowhere."""
        self.leaves = quantity - self.filled
        self.quantity = quantity
        self.price = price
        self.key = 0 if price is None else price if self.is_buy else -price

    def show(self) -> None:
        """Show the first part of an iceberg while standing nowhere."""
        display = self.terms.display
        self.hidden = self.leaves - display if 0 < display < self.leaves else 0


class Level:
    """All resting orders of one side at one price, oldest first; `quantity` is what they show."""

    __slots__ = ("first", "hidden", "key", "last", "order_count", "quantity")

    def __init__(self, key: int) -> None:
        self.key = key
        self.quantity = 0
        self.hidden = 0
        self.order_count = 0
        self.first: Order | None = None
        self.last: Order | None = None

    def __iter__(self) -> Iterator[Order]:
        order = self.first
        while order is not None:
            yield order
            order = order.after


class BookSide:
    """One side: `keys` ascending, best last."""

    __slots__ = ("is_buy", "keys", "levels", "touched")

    def __init__(self, *, is_buy: bool) -> None:
        self.is_buy = is_buy
        self.keys: list[int] = []
        self.levels: dict[int, Level] = {}
        # Keys whose aggregate changed since the last delta: was there a level at that time?
        self.touched: dict[int, bool] = {}

    def add(self, order: Order) -> None:
        key = order.key
        level, touched = self.levels.get(key), self.touched
        if key not in touched:
            touched[key] = level is not None
        if level is None:
            level = self.levels[key] = Level(key)
            insort(self.keys, key)
        order.level = level
        last = level.last
        order.before = last
        order.after = None
        if last is None:
            level.first = order
        else:
            last.after = order
        level.last = order
        hidden = order.hidden
        level.quantity += order.leaves - hidden
        if hidden:
            level.hidden += hidden
        level.order_count += 1

    def remove(self, order: Order) -> None:
        level = order.level
        assert level is not None, "the order does not rest"
        before, after = order.before, order.after
        if before is None:
            level.first = after
        else:
            before.after = after
        if after is None:
            level.last = before
        else:
            after.before = before
        order.level = None
        hidden = order.hidden
        level.quantity -= order.leaves - hidden
        if hidden:
            level.hidden -= hidden
        level.order_count -= 1
        self.touch(level.key)
        if level.first is None:
            self._drop(level.key)

    def reduce(self, order: Order, by: int, hidden: int) -> None:
        """Take contracts off a resting order that keeps some, `hidden` of them out of sight."""
        level = order.level
        assert level is not None, "the order does not rest"
        assert 0 < by < order.leaves
        level.quantity -= by - (order.hidden - hidden)
        level.hidden -= order.hidden - hidden
        order.leaves -= by
        order.hidden = hidden
        self.touch(level.key)

    def refresh(self, order: Order) -> None:
        """Show the next part of an iceberg whose shown part is gone, behind all at its price."""
        level = order.level
        assert level is not None, "the order does not rest"
        shown = min(order.terms.display, order.leaves)
        level.quantity += shown
        level.hidden -= shown
        order.hidden = order.leaves - shown
        after = order.after
        if after is None:
            return
        before = order.before
        if before is None:
            level.first = after
        else:
            before.after = after
        after.before = before
        last = level.last
        assert last is not None
        last.after = order
        order.before, order.after = last, None
        level.last = order

    def show_anew(self) -> None:
        """Let every iceberg show as much as it may, each at its place."""
        for key in self.keys:
            level = self.levels[key]
            for order in level if level.hidden else ():
                shown = min(order.terms.display or order.leaves, order.leaves)
                more = shown - (order.leaves - order.hidden)
                if more:
                    order.hidden -= more
                    level.hidden -= more
                    level.quantity += more
                    self.touch(key)

    def rows(self, depth_levels: int | None = None) -> tuple[LevelRow, ...]:
        """Return (price, quantity, order_count), best first."""
        count = len(self.keys) if depth_levels is None else min(depth_levels, len(self.keys))
        sign = 1 if self.is_buy else -1
        levels = self.levels
        return tuple(
            (sign * key, levels[key].quantity, levels[key].order_count)
            for key in reversed(self.keys[len(self.keys) - count :])
        )

    def touch(self, key: int) -> None:
        """Note that a level that is there changes."""
        if key not in self.touched:
            self.touched[key] = True

    def take_touched(self) -> tuple[LevelRow, ...]:
        """Return the levels that changed, best first, and forget them.

        A level that came and went since the last time is not among them.
        """
        touched, levels = self.touched, self.levels
        keys = sorted(touched, reverse=True) if len(touched) > 1 else touched
        rows = tuple([self._row(key) for key in keys if touched[key] or key in levels])
        touched.clear()
        return rows

    def orders(self) -> Iterator[Order]:
        """Return the side's orders, best level first, oldest first within each."""
        for key in reversed(self.keys):
            yield from self.levels[key]

    def _row(self, key: int) -> LevelRow:
        price = key if self.is_buy else -key
        level = self.levels.get(key)
        return (price, 0, 0) if level is None else (price, level.quantity, level.order_count)

    def _drop(self, key: int) -> None:
        del self.levels[key]
        keys = self.keys
        if keys[-1] == key:
            keys.pop()
        else:
            del keys[bisect_left(keys, key)]
