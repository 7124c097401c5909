"""Books folded from deltas, for the best prices alone."""

from bisect import bisect_left, insort
from collections.abc import Iterable

from itg.exchange.contract import BookDelta, BookSnapshot
from itg.kernel.ids import InstrumentId
from itg.translate.numbers import usd
from itg.wire.v1.market import TopPush

Level = tuple[int, int, int]


class Ladder:
    """One side's prices and quantities; the best price is at the end."""

    __slots__ = ("_keys", "_quantities", "_sign")

    def __init__(self, sign: int, levels: Iterable[Level]) -> None:
        self._sign = sign  # 1 for bids, -1 for asks: the best key is the greatest
        self._quantities: dict[int, int] = {}
        self._keys: list[int] = []
        self.fold(levels)

    def fold(self, levels: Iterable[Level]) -> None:
        """Take in absolute levels; quantity 0 removes."""
        for price, quantity, _ in levels:
            key = price * self._sign
            if quantity and key not in self._quantities:
                insort(self._keys, key)
            if quantity:
                self._quantities[key] = quantity
            elif self._quantities.pop(key, None) is not None:
                del self._keys[bisect_left(self._keys, key)]

    def best(self) -> tuple[float | None, int]:
        """Return the best price in USD with its quantity."""
        if not self._keys:
            return None, 0
        key = self._keys[-1]
        return usd(key * self._sign), self._quantities[key]


class Tops:
    """The tops of one underlying's books."""

    def __init__(self, books: Iterable[BookSnapshot]) -> None:
        self._ladders: dict[InstrumentId, tuple[Ladder, Ladder]] = {}
        self._tops: dict[InstrumentId, TopPush] = {}
        for book in books:
            self._fold(book.instrument_id, book.bids, book.asks)

    def fold(self, delta: BookDelta) -> TopPush | None:
        """Take in a delta and return the instrument's top if it changed."""
        before = self._tops.get(delta.instrument_id)
        top = self._fold(delta.instrument_id, delta.bids, delta.asks)
        return None if top == before else top

    def drop(self, instrument_id: InstrumentId) -> None:
        """Forget an instrument that is no longer listed."""
        self._ladders.pop(instrument_id, None)
        self._tops.pop(instrument_id, None)

    def rows(self) -> list[TopPush]:
        """Return every instrument's top."""
        return list(self._tops.values())

    def _fold(
        self, instrument_id: InstrumentId, bids: Iterable[Level], asks: Iterable[Level]
    ) -> TopPush:
        ladders = self._ladders.get(instrument_id)
        if ladders is None:
            ladders = self._ladders[instrument_id] = (Ladder(1, ()), Ladder(-1, ()))
        ladders[0].fold(bids)
        ladders[1].fold(asks)
        bid, bid_quantity = ladders[0].best()
        ask, ask_quantity = ladders[1].best()
        top = TopPush(
            instrument_id=instrument_id,
            bid=bid,
            bid_quantity=bid_quantity,
            ask=ask,
            ask_quantity=ask_quantity,
        )
        self._tops[instrument_id] = top
        return top
