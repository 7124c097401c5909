"""The last trades of every tape, for those who subscribe later."""

from collections.abc import Iterator

from itg.kernel.ids import Shard, shard_of_id
from itg.translate.last_trades import TRADES_KEPT, LastTrades
from itg.wire.v1.market import BustPush, TradeBody

EVERYTHING = "trades.*"


class Tapes:
    """The trades since the epoch began: `EVERYTHING`, and beside it each instrument's own."""

    def __init__(self) -> None:
        self._tapes: dict[str, LastTrades] = {}

    def add(self, name: str, trade: TradeBody) -> None:
        """Keep a trade of a channel."""
        self._tapes.setdefault(name, LastTrades()).add(trade)

    def correct(self, name: str, bust: BustPush) -> None:
        """Let a trade of a channel count no more, or at its new price."""
        if name in self._tapes:
            self._tapes[name].correct(bust)

    def of(self, name: str) -> list[TradeBody]:
        """Return a channel's, oldest first."""
        return list(self._tapes.get(name, ()))

    def of_shard(self, shard: Shard) -> list[TradeBody]:
        """Return the last of all instruments of a shard, oldest first."""
        own = (trade for trade in self._own() if shard_of_id(trade.trade_id) == shard)
        return sorted(own, key=lambda trade: trade.trade_id)[-TRADES_KEPT:]

    def _own(self) -> Iterator[TradeBody]:
        for name, tape in self._tapes.items():
            if name != EVERYTHING:
                yield from tape
