"""One instrument's resting orders: price levels in order, first in first out within each.

The prices of a side are a sorted list of keys whose best is the last: the touch is O(1) and a new
level near it moves little. Each level is a doubly linked queue, so that a cancel is O(1) wherever
it stands. A key is the price for bids, its negative for asks: on both sides the greatest is best.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator

from itg.kernel.ids import AccountId, InstrumentId, OrderId
from itg.kernel.words import SelfTradePolicy

LevelRow = tuple[int, int, int]


class Order:
    """A live order or quote side. `key` orders it among its side: price, or −price for a sell."""

    __slots__ = (
        "account_id",
        "after",
        "before",
        "filled",
        "instrument_id",
        "is_buy",
        "is_quote",
        "key",
        "leaves",
        "level",
        "order_id",
        "post_only",
        "price",
        "priority_seq",
        "quantity",
        "revision",
        "stp",
        "tag",
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
    ) -> None:
        self.order_id = order_id
        self.account_id = account_id
        self.instrument_id = instrument_id
        self.is_buy = is_buy
        self.price = price
        self.key = 0 if price is None else price if is_buy else -price
        self.quantity = quantity
        self.leaves = quantity
        self.filled = 0
        self.stp = stp
        self.post_only = False
        self.is_quote = False
        self.tag = ""
        self.revision = 1
        self.priority_seq = 0
        self.level: Level | None = None
        self.before: Order | None = None
        self.after: Order | None = None


class Level:
    """All resting orders of one side at one price, oldest first."""

    __slots__ = ("first", "key", "last", "order_count", "quantity")

    def __init__(self, key: int) -> None:
        self.key = key
        self.quantity = 0
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
        self.touched: dict[int, None] = {}  # keys whose aggregate changed since the last delta

    def add(self, order: Order) -> None:
        key = order.key
        level = self.levels.get(key)
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
        level.quantity += order.leaves
        level.order_count += 1
        self.touched[key] = None

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
        level.quantity -= order.leaves
        level.order_count -= 1
        self.touched[level.key] = None
        if level.first is None:
            self._drop(level.key)

    def reduce(self, order: Order, by: int) -> None:
        """Take contracts off a resting order that keeps some."""
        level = order.level
        assert level is not None, "the order does not rest"
        assert 0 < by < order.leaves
        order.leaves -= by
        level.quantity -= by
        self.touched[level.key] = None

    def rows(self, depth_levels: int | None = None) -> tuple[LevelRow, ...]:
        """Return (price, quantity, order_count), best first."""
        count = len(self.keys) if depth_levels is None else min(depth_levels, len(self.keys))
        sign = 1 if self.is_buy else -1
        levels = self.levels
        return tuple(
            (sign * key, levels[key].quantity, levels[key].order_count)
            for key in reversed(self.keys[len(self.keys) - count :])
        )

    def take_touched(self) -> tuple[LevelRow, ...]:
        """Return the levels that changed, best first, and forget them."""
        touched = self.touched
        sign, levels, rows = 1 if self.is_buy else -1, self.levels, []
        for key in sorted(touched, reverse=True) if len(touched) > 1 else touched:
            level = levels.get(key)
            if level is None:
                rows.append((sign * key, 0, 0))
            else:
                rows.append((sign * key, level.quantity, level.order_count))
        touched.clear()
        return tuple(rows)

    def orders(self) -> Iterator[Order]:
        """Return the side's orders, best level first, oldest first within each."""
        for key in reversed(self.keys):
            yield from self.levels[key]

    def _drop(self, key: int) -> None:
        del self.levels[key]
        keys = self.keys
        if keys[-1] == key:
            keys.pop()
        else:
            del keys[bisect_left(keys, key)]
