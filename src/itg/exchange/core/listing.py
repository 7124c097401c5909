"""One listed instrument: its two sides, what waits for an auction, and its market state."""

from collections.abc import Sequence

from itg.exchange.core.auction import AuctionRule, Clearing, Interest
from itg.exchange.core.book import BookSide, Order
from itg.kernel.ids import InstrumentId
from itg.kernel.words import Instrument, Phase


class Listing:
    """An instrument's book. `own_phase` is set while it differs from its shard's."""

    __slots__ = (
        "asks",
        "bids",
        "book_seq",
        "indicative",
        "instrument",
        "instrument_id",
        "last_price",
        "market_orders",
        "own_phase",
        "previous_close",
        "tick",
    )

    def __init__(self, instrument: Instrument, previous_close: int | None) -> None:
        self.instrument = instrument
        self.instrument_id: InstrumentId = instrument.instrument_id
        self.tick: int = instrument.tick_size
        self.bids = BookSide(is_buy=True)
        self.asks = BookSide(is_buy=False)
        self.market_orders: list[Order] = []  # wait for the uncross, oldest first
        self.own_phase: Phase | None = None
        self.previous_close = previous_close
        self.last_price: int | None = None  # of the day
        self.book_seq = 0
        self.indicative: Clearing | None = None

    def side(self, *, is_buy: bool) -> BookSide:
        return self.bids if is_buy else self.asks

    def against(self, order: Order) -> BookSide:
        """Return the side an order trades with."""
        return self.asks if order.is_buy else self.bids

    @property
    def reference(self) -> int | None:
        """Return the day's last trade, else the previous close, else None."""
        return self.previous_close if self.last_price is None else self.last_price

    def orders(self) -> list[Order]:
        """Return every live order: bids, asks, then waiting market orders."""
        return [*self.bids.orders(), *self.asks.orders(), *self.market_orders]

    def rest(self, order: Order) -> None:
        """Let an order stand: in its level, or among the market orders of an auction."""
        if order.price is None:
            self.market_orders.append(order)
        else:
            self.side(is_buy=order.is_buy).add(order)

    def take_out(self, order: Order) -> None:
        if order.price is None:
            self.market_orders.remove(order)
        else:
            self.side(is_buy=order.is_buy).remove(order)

    def interest(self) -> Interest:
        """Return what would take part in an uncross now."""
        return Interest(
            bids=_by_price(self.bids),
            asks=_by_price(self.asks),
            market_bid=sum(o.leaves for o in self.market_orders if o.is_buy),
            market_ask=sum(o.leaves for o in self.market_orders if not o.is_buy),
        )

    def clearing(self, rule: AuctionRule) -> Clearing | None:
        return rule(self.interest(), self.tick, self.reference)

    def eligible(self, price: int, *, is_buy: bool) -> list[Order]:
        """Return the orders that may trade at `price`: market first, then price, then time."""
        waiting = [o for o in self.market_orders if o.is_buy is is_buy]
        worst = price if is_buy else -price
        for order in self.side(is_buy=is_buy).orders():
            if order.key < worst:
                break
            waiting.append(order)
        return waiting


def _by_price(side: BookSide) -> Sequence[tuple[int, int]]:
    levels = side.levels
    if side.is_buy:
        return [(key, levels[key].quantity) for key in side.keys]
    return [(-key, levels[key].quantity) for key in reversed(side.keys)]
