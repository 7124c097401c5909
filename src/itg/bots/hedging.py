"""Delta of a book of options and underlyings, and the order that brings it back."""

from collections.abc import Mapping

from itg.bots.chain import Series
from itg.client.bot import Bot
from itg.wire.v1.orders import SideWord

ORDER_MAX = 20


class Hedger:
    """Keeps a bot's delta inside a band by crossing the spread in the leading underlying.

    Delta is counted in units of the leader: an underlying at a tenth of its price weighs a tenth.
    A series' delta is the published one where the bot follows marks, else that of its theory.
    """

    def __init__(self, bot: Bot, series: Mapping[str, Series], band: float) -> None:
        self._bot = bot
        self._series = series
        self._band = band

    def delta(self) -> float:
        """Return the whole delta."""
        bot = self._bot
        leader = bot.prices[leader_of(bot.prices)]
        total = 0.0
        for instrument_id, position in bot.account.positions.items():
            series = self._series.get(instrument_id)
            underlying_id = series.underlying_id if series is not None else instrument_id
            spot = bot.prices.get(underlying_id)
            if position.net_quantity == 0 or spot is None:
                continue
            unit = 1.0 if series is None else self._unit(series, spot)
            total += position.net_quantity * unit * spot / leader
        return total

    def _unit(self, series: Series, spot: float) -> float:
        mark = self._bot.marks.get(series.instrument_id)
        if mark is not None:
            return mark.delta
        value = series.value(spot)
        return 0.0 if value is None else value.delta

    def rebalance(self, band: float | None = None) -> None:
        """Trade the leader when delta is outside the band, as far as the limit allows."""
        bot = self._bot
        delta = self.delta()
        if abs(delta) <= (self._band if band is None else band):
            return
        leader_id = leader_of(bot.prices)
        limit = bot.limit_of("underlying_limit") or ORDER_MAX
        net = bot.account.net(leader_id)
        room = limit + net if delta > 0 else limit - net
        take(bot, leader_id, -int(delta), min(ORDER_MAX, room))


def leader_of(prices: Mapping[str, float]) -> str:
    """Return the underlying of the highest price: the one whose unit counts as one."""
    return max(prices, key=lambda underlying_id: prices[underlying_id])


def take(bot: Bot, instrument_id: str, signed_quantity: int, quantity_max: int) -> None:
    """Buy (or, negative, sell) what stands at the best price; nothing is left resting."""
    book = bot.books.get(instrument_id)
    level = None if book is None else book.ask if signed_quantity > 0 else book.bid
    if level is None:
        return
    quantity = min(abs(signed_quantity), quantity_max, level[1])
    if quantity > 0:
        side: SideWord = "buy" if signed_quantity > 0 else "sell"
        bot.place(instrument_id, side, quantity, level[0], time_in_force="ioc")
