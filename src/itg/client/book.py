"""A local order book: snapshot, then deltas."""

from bisect import bisect_left
from collections.abc import Sequence

from msgspec.json import Decoder

from itg.client.frames import Frame
from itg.wire.v1.market import BookPush, PhasePush, PhaseWord, RawBookPush, TopPush, WireLevel
from itg.wire.v1.orders import SideWord

decode_book = Decoder(BookPush).decode
decode_raw = Decoder(RawBookPush).decode
decode_phase = Decoder(PhasePush).decode
BOOK_TYPES = frozenset({"snapshot", "delta", "indicative"})
PHASE_TYPES = frozenset({"phase", "uncross"})


def decode_book_push(frame: Frame) -> BookPush | PhasePush | None:
    """Return what a frame of `book.{instrument}` says; None of a type of a later version."""
    if frame.type in BOOK_TYPES:
        return decode_book(frame.data)
    return decode_phase(frame.data) if frame.type in PHASE_TYPES else None


class BookSide:
    """One side's levels, best first, as two parallel arrays."""

    __slots__ = ("_keys", "_sign", "quantities")

    def __init__(self, sign: int) -> None:
        self._sign = sign  # −1 for bids, so that ascending keys put the best first on both sides
        self._keys: list[float] = []
        self.quantities: list[int] = []

    def __len__(self) -> int:
        return len(self._keys)

    def set(self, price: float, quantity: int) -> None:
        """Set a level's absolute quantity; 0 removes it."""
        key = self._sign * price
        index = bisect_left(self._keys, key)
        is_there = index < len(self._keys) and self._keys[index] == key
        if quantity > 0 and is_there:
            self.quantities[index] = quantity
        elif quantity > 0:
            self._keys.insert(index, key)
            self.quantities.insert(index, quantity)
        elif is_there:
            del self._keys[index]
            del self.quantities[index]

    def reset(self, levels: Sequence[WireLevel]) -> None:
        """Replace all levels, in any order."""
        ordered = sorted((self._sign * price, quantity) for price, quantity in levels if quantity)
        self._keys = [key for key, _ in ordered]
        self.quantities = [quantity for _, quantity in ordered]

    def reset_best(self, price: float | None, quantity: int) -> None:
        """Replace all levels by one, or by none."""
        self._keys = [] if price is None else [self._sign * price]
        self.quantities = [] if price is None else [quantity]

    def best(self) -> WireLevel | None:
        """Return the best level, None without one."""
        return (self._sign * self._keys[0], self.quantities[0]) if self._keys else None

    def levels(self) -> list[WireLevel]:
        """Return all levels, best first."""
        return [
            (self._sign * key, quantity)
            for key, quantity in zip(self._keys, self.quantities, strict=True)
        ]


class Book:
    """One instrument's book, all levels or the top alone, whichever channel it follows."""

    __slots__ = (
        "_asks",
        "_bids",
        "_order_counts",
        "imbalance_quantity",
        "imbalance_side",
        "indicative_price",
        "indicative_quantity",
        "instrument_id",
        "phase",
    )

    def __init__(self, instrument_id: str) -> None:
        self.instrument_id = instrument_id
        self._bids = BookSide(-1)
        self._asks = BookSide(1)
        self._order_counts: dict[SideWord, dict[float, int]] = {"buy": {}, "sell": {}}
        self.phase: PhaseWord | None = None
        self.indicative_price: float | None = None
        self.indicative_quantity = 0
        self.imbalance_quantity = 0
        self.imbalance_side: SideWord | None = None

    def fold(self, frame: Frame) -> None:
        """Apply one frame of channel `book.{instrument}` or `book.{instrument}.raw`."""
        if frame.channel.endswith(".raw") and frame.type in BOOK_TYPES:
            self.take(frame.type, self._without_counts(frame))
            return
        push = decode_book_push(frame)
        if push is not None:
            self.take(frame.type, push)

    def take(self, kind: str, push: BookPush | PhasePush) -> None:
        """Apply one push of a book's channel, decoded."""
        if isinstance(push, PhasePush):
            self.phase = push.phase
            if kind == "uncross":
                self._forget_indicative()
        elif kind == "snapshot":
            self.restart(push)
        else:
            self.apply(push)

    def restart(self, push: BookPush) -> None:
        """Become a snapshot."""
        self._bids.reset(push.bids)
        self._asks.reset(push.asks)
        self.phase = push.phase
        self._forget_indicative()
        self._set_indicative(push)

    def apply(self, push: BookPush) -> None:
        """Take in changed levels, or what an auction would do now."""
        for price, quantity in push.bids:
            self._bids.set(price, quantity)
        for price, quantity in push.asks:
            self._asks.set(price, quantity)
        if push.phase is not None:
            self.phase = push.phase
        self._set_indicative(push)

    def set_top(self, top: TopPush) -> None:
        """Become a row of channel `bbo.{underlying}`: one level a side."""
        self._bids.reset_best(top.bid, top.bid_quantity)
        self._asks.reset_best(top.ask, top.ask_quantity)

    def order_count(self, side: SideWord, price: float) -> int | None:
        """Return how many orders stand at a price; None unless `.raw` is followed."""
        return self._order_counts[side].get(price)

    @property
    def bids(self) -> list[WireLevel]:
        """The bids, best first."""
        return self._bids.levels()

    @property
    def asks(self) -> list[WireLevel]:
        """The asks, best first."""
        return self._asks.levels()

    @property
    def bid(self) -> WireLevel | None:
        """The best bid as (price, quantity)."""
        return self._bids.best()

    @property
    def ask(self) -> WireLevel | None:
        """The best ask as (price, quantity)."""
        return self._asks.best()

    @property
    def mid(self) -> float | None:
        """The middle of the best prices, None unless both sides are there."""
        bid, ask = self.bid, self.ask
        return (bid[0] + ask[0]) / 2 if bid and ask else None

    @property
    def spread(self) -> float | None:
        """Best ask less best bid, None unless both sides are there."""
        bid, ask = self.bid, self.ask
        return ask[0] - bid[0] if bid and ask else None

    @property
    def microprice(self) -> float | None:
        """The mid, weighted towards the side with less quantity at its best price."""
        bid, ask = self.bid, self.ask
        if not bid or not ask:
            return None
        return (bid[0] * ask[1] + ask[0] * bid[1]) / (bid[1] + ask[1])

    def _without_counts(self, frame: Frame) -> BookPush:
        push = decode_raw(frame.data)
        if frame.type == "snapshot":
            self._order_counts = {"buy": {}, "sell": {}}
        sides = (self._order_counts["buy"], push.bids), (self._order_counts["sell"], push.asks)
        for counts, levels in sides:
            for price, quantity, order_count in levels:
                counts[price] = order_count
                if quantity == 0:
                    del counts[price]
        return BookPush(
            instrument_id=push.instrument_id,
            bids=[(price, quantity) for price, quantity, _ in push.bids],
            asks=[(price, quantity) for price, quantity, _ in push.asks],
            phase=push.phase,
            indicative_price=push.indicative_price,
            indicative_quantity=push.indicative_quantity,
            imbalance_quantity=push.imbalance_quantity,
            imbalance_side=push.imbalance_side,
        )

    def _forget_indicative(self) -> None:
        self.indicative_price, self.indicative_quantity = None, 0
        self.imbalance_quantity, self.imbalance_side = 0, None

    def _set_indicative(self, push: BookPush) -> None:
        # The quantity speaks for all four: a delta without it says nothing about the auction.
        if push.indicative_quantity is not None:
            self.indicative_price = push.indicative_price
            self.indicative_quantity = push.indicative_quantity
            self.imbalance_quantity = push.imbalance_quantity or 0
            self.imbalance_side = push.imbalance_side
