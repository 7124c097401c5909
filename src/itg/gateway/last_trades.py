"""The last trades of each tape as they count now: what those who come later begin with."""

from collections import deque

from msgspec.structs import replace

from itg.kernel.ids import Shard, shard_of_id
from itg.wire.v1.market import BustPush, TradeBody

TRADES_KEPT = 50
EVERYTHING = "trades.*"


class LastTrades:
    """The trades since the epoch began by channel, `EVERYTHING` beside each instrument's own."""

    def __init__(self) -> None:
        self._kept: dict[str, deque[TradeBody]] = {}

    def add(self, name: str, trade: TradeBody) -> None:
        """Keep a trade of a channel."""
        self._kept.setdefault(name, deque(maxlen=TRADES_KEPT)).append(trade)

    def correct(self, name: str, bust: BustPush) -> None:
        """Forget a trade that was undone, or let it have its new price: nobody is told later."""
        kept = self._kept.get(name)
        if kept is None:
            return
        for place, trade in enumerate(kept):
            if trade.trade_id == bust.trade_id:
                if bust.adjusted_price is None:
                    del kept[place]
                else:
                    kept[place] = replace(trade, price=bust.adjusted_price)
                return

    def of(self, name: str) -> list[TradeBody]:
        """Return a channel's, oldest first."""
        return list(self._kept.get(name, ()))

    def of_shard(self, shard: Shard) -> list[TradeBody]:
        """Return the last of all instruments of a shard, oldest first."""
        kept = (trade for name, of in self._kept.items() if name != EVERYTHING for trade in of)
        own = (trade for trade in kept if shard_of_id(trade.trade_id) == shard)
        return sorted(own, key=lambda trade: trade.trade_id)[-TRADES_KEPT:]
