"""Levels of every book, folded from their deltas; the best price is looked for when asked."""

from itg.exchange.contract import BookDelta
from itg.kernel.ids import InstrumentId

_Levels = dict[int, int]


class Books:
    """Price → quantity of both sides of each instrument; auctions and halts included."""

    def __init__(self) -> None:
        self._sides: dict[InstrumentId, tuple[_Levels, _Levels]] = {}

    def fold(self, delta: BookDelta) -> None:
        """Apply the levels one input changed."""
        sides = self._sides.get(delta.instrument_id)
        if sides is None:
            sides = self._sides[delta.instrument_id] = ({}, {})
        for levels, changed in ((sides[0], delta.bids), (sides[1], delta.asks)):
            for price, quantity, _ in changed:
                if quantity:
                    levels[price] = quantity
                else:
                    levels.pop(price, None)

    def drop(self, instrument_id: InstrumentId) -> None:
        """Forget a book that is no more."""
        self._sides.pop(instrument_id, None)

    def quantity_at(self, instrument_id: InstrumentId, price: int, *, is_buy: bool) -> int:
        """Return what stands at a price of a side."""
        sides = self._sides.get(instrument_id)
        return 0 if sides is None else sides[0 if is_buy else 1].get(price, 0)

    def mid_of(self, instrument_id: InstrumentId) -> float | None:
        """Return the middle of the best prices, None without both."""
        sides = self._sides.get(instrument_id)
        if sides is None or not sides[0] or not sides[1]:
            return None
        return (max(sides[0]) + min(sides[1])) / 2
