"""One listed instrument: its two sides, what waits for an auction, and its market state."""

from itg.exchange.core.auction import AuctionRule, Clearing, Interest
from itg.exchange.core.book import BookSide, Order
from itg.kernel.ids import InstrumentId
from itg.kernel.words import Instrument, Phase


class Listing:
    """An instrument's book. `phase` may differ from its shard's until the shard moves."""

    __slots__ = (
        "asks",
        "bids",
        "book_seq",
        "indicative",
        "instrument",
        "instrument_id",
        "last_price",
        "market_asks",
        "market_bids",
        "phase",
        "previous_close",
        "tick",
    )

    def __init__(self, instrument: Instrument, previous_close: int | None, phase: Phase) -> None:
        self.instrument = instrument
        self.instrument_id: InstrumentId = instrument.instrument_id
        self.tick: int = instrument.tick_size
        self.bids = BookSide(is_buy=True)
        self.asks = BookSide(is_buy=False)
        # Market orders that wait for an uncross stand apart, all of them at key 0.
        self.market_bids = BookSide(is_buy=True)
        self.market_asks = BookSide(is_buy=False)
        self.phase = phase
        self.previous_close = previous_close
        self.last_price: int | None = None  # of the day
        self.book_seq = 0
        self.indicative: Clearing | None = None

    def side(self, *, is_buy: bool) -> BookSide:
        return self.bids if is_buy else self.asks

    def home(self, order: Order) -> BookSide:
        """Return the side an order rests in."""
        if order.price is None:
            return self.market_bids if order.is_buy else self.market_asks
        return self.bids if order.is_buy else self.asks

    def against(self, order: Order) -> BookSide:
        """Return the side an order trades with."""
        return self.asks if order.is_buy else self.bids

    @property
    def reference(self) -> int | None:
        """Return the day's last trade, else the previous close, else None."""
        return self.previous_close if self.last_price is None else self.last_price

    def orders(self) -> list[Order]:
        """Return every live order: bids, asks, then waiting market orders."""
        return [*self.bids.orders(), *self.asks.orders(), *self.waiting()]

    def waiting(self) -> list[Order]:
        """Return the market orders that wait for an uncross, oldest first."""
        waiting = [*self.market_bids.orders(), *self.market_asks.orders()]
        return sorted(waiting, key=lambda order: order.priority_seq)

    def rest(self, order: Order) -> None:
        """Let an order stand behind all others at its price."""
        if order.price is None:
            self.home(order).add(order)
        else:
            (self.bids if order.is_buy else self.asks).add(order)

    def take_out(self, order: Order) -> None:
        self.home(order).remove(order)

    def clearing(self, rule: AuctionRule) -> Clearing | None:
        """Return what an uncross would do now."""
        interest = Interest(
            self.bids, self.asks, _at_any_price(self.market_bids), _at_any_price(self.market_asks)
        )
        return rule(interest, self.tick, self.reference)

    def eligible(self, price: int, *, is_buy: bool) -> list[Order]:
        """Return the orders that may trade at `price`: market first, then price, then time."""
        orders = [*(self.market_bids if is_buy else self.market_asks).orders()]
        worst = price if is_buy else -price
        for order in self.side(is_buy=is_buy).orders():
            if order.key < worst:
                break
            orders.append(order)
        return orders


def _at_any_price(side: BookSide) -> int:
    level = side.levels.get(0)
    return 0 if level is None else level.quantity
