"""Brings positions to their targets: first by orders that wait inside the spread, then by taking.

One order at a time in an instrument, so that what works never adds up to more than what is missing
and never stands on both sides.
"""

from collections.abc import Mapping

from msgspec import Struct

from itg.bots.hedging import take
from itg.client.bot import Bot
from itg.wire.v1.orders import OrderBody, SideWord

SHADE = 0.015  # by which a waiting order is better for us than fair value
STALE = 0.01  # by which its price may be off
QUANTITY_MAX = 20


class Effort(Struct, frozen=True):
    """How hard to try: seconds an order waits, then how far from fair value to take."""

    patience_s: float
    reach: float


class Worker:
    """One bot's orders towards targets; call `work` at each ring of the timer."""

    def __init__(self, bot: Bot, lot: int) -> None:
        self._bot = bot
        self._lot = lot
        self._since_us: dict[tuple[str, bool], int] = {}

    def work(self, targets: Mapping[str, int], effort: Effort) -> None:
        """Send what brings the positions nearer; the largest two gaps first."""
        bot = self._bot
        gaps = {name: target - bot.account.net(name) for name, target in targets.items()}
        standing = {order.instrument_id: order for order in bot.account.orders.values()}
        for name, order in standing.items():
            if not _is_wanted(order, gaps.get(name, 0)):
                bot.cancel(order.order_id)
        open_gaps = {(name, gap > 0): gap for name, gap in gaps.items() if gap}
        self._since_us = {key: self._since_us.get(key, bot.now_us) for key in open_gaps}
        ranked = sorted(open_gaps, key=lambda key: -abs(open_gaps[key]))
        for key in ranked[:2]:
            self._approach(key[0], open_gaps[key], standing.get(key[0]), effort)

    def reference(self, name: str) -> float | None:
        """Return what an instrument is worth: its mark, else the middle of its book."""
        mark = self._bot.marks.get(name)
        return self._bot.books[name].mid if mark is None else mark.mark_price

    def _approach(self, name: str, gap: int, order: OrderBody | None, effort: Effort) -> None:
        fair = self.reference(name)
        if fair is None:
            return
        waited_us = self._bot.now_us - self._since_us[name, gap > 0]
        is_near = self._is_within(name, gap, fair, effort.reach)
        if waited_us >= effort.patience_s * 1_000_000 and is_near:
            if order is None:
                take(self._bot, name, gap, self._lot)
            elif _is_wanted(order, gap):  # else its cancel is on the way already
                self._bot.cancel(order.order_id)
        else:
            self._wait(name, gap, fair, order)

    def _is_within(self, name: str, gap: int, fair: float, reach: float) -> bool:
        book = self._bot.books[name]
        level = book.ask if gap > 0 else book.bid
        if level is None:
            return False
        above = level[0] - fair if gap > 0 else fair - level[0]
        return above <= reach * fair

    def _wait(self, name: str, gap: int, fair: float, order: OrderBody | None) -> None:
        bot, tick = self._bot, self._bot.instruments[name].tick_size
        side: SideWord = "buy" if gap > 0 else "sell"
        ticks = fair * (1.0 - SHADE if gap > 0 else 1.0 + SHADE) / tick
        price = round(max(int(ticks) if gap > 0 else int(ticks) + 1, 1) * tick, 4)
        if order is None:
            bot.place(name, side, min(abs(gap), QUANTITY_MAX), price)
        elif _is_wanted(order, gap) and abs((order.price or price) - price) > STALE * fair:
            bot.replace(order.order_id, price=price)


def _is_wanted(order: OrderBody, gap: int) -> bool:
    return order.leaves_quantity <= abs(gap) and (order.side == "buy") is (gap > 0) and gap != 0
