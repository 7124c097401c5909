"""A tape's last trades as they count now: what those who come later begin with."""

from collections import deque
from collections.abc import Iterator

from msgspec.structs import replace

from itg.wire.v1.market import BustPush, TradeBody

TRADES_KEPT = 50


class LastTrades:
    """The last trades of one tape, oldest first."""

    def __init__(self) -> None:
        self._kept: deque[TradeBody] = deque(maxlen=TRADES_KEPT)

    def __iter__(self) -> Iterator[TradeBody]:
        return iter(self._kept)

    def add(self, trade: TradeBody) -> None:
        """Keep a trade."""
        self._kept.append(trade)

    def correct(self, bust: BustPush) -> None:
        """Forget a trade that was undone, or let it have its new price: nobody is told later."""
        for place, trade in enumerate(self._kept):
            if trade.trade_id == bust.trade_id:
                if bust.adjusted_price is None:
                    del self._kept[place]
                else:
                    self._kept[place] = replace(trade, price=bust.adjusted_price)
                return
