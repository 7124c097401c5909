"""One listed instrument: its two sides, what waits beside them, and its market state."""

from msgspec import UNSET

from itg.exchange.contract import MassCancel
from itg.exchange.core.auction import AuctionRule, Clearing, Interest
from itg.exchange.core.book import BookSide, Order
from itg.exchange.core.stops import Stops
from itg.kernel.ids import InstrumentId, OrderId
from itg.kernel.times import Nanos
from itg.kernel.words import Activation, HaltCause, Instrument, Phase


class Listing:
    """An instrument's book. `phase` may differ from its shard's until the shard moves.

    `auction_only` are the resting orders that end with the next uncross, `closers` wait for the
    closing auction, `deferred` mass cancels for the end of the freeze. `opens_ns` is when an
    instrument opens whose auction is too far from theory; `own_halt` is one of this instrument
    alone, which resumes at `resumes_ns`, None: on somebody's word.
    """

    __slots__ = (
        "asks",
        "auction_number",
        "auction_only",
        "bids",
        "book_seq",
        "closers",
        "deferred",
        "indicative",
        "instrument",
        "instrument_id",
        "is_option",
        "last_price",
        "market_asks",
        "market_bids",
        "opens_ns",
        "own_halt",
        "phase",
        "previous_close",
        "resumes_ns",
        "stops",
        "theory",
        "tick",
        "vega",
    )

    def __init__(self, instrument: Instrument, previous_close: int | None, phase: Phase) -> None:
        self.instrument = instrument
        self.instrument_id: InstrumentId = instrument.instrument_id
        self.is_option = instrument.option is not UNSET
        self.tick: int = instrument.tick_size
        self.bids = BookSide(is_buy=True)
        self.asks = BookSide(is_buy=False)
        # Market orders that wait for an uncross stand apart, all of them at key 0.
        self.market_bids = BookSide(is_buy=True)
        self.market_asks = BookSide(is_buy=False)
        self.stops = Stops()
        self.closers: dict[OrderId, Order] = {}
        self.auction_only: dict[OrderId, Order] = {}
        self.deferred: list[MassCancel] = []
        self.phase = phase
        self.previous_close = previous_close
        self.last_price: int | None = None  # of the day
        self.book_seq = 0
        self.auction_number = 0
        self.indicative: Clearing | None = None
        self.theory: int | None = None
        self.vega = 0  # 1e-6 USD per volatility point
        self.opens_ns: Nanos | None = None
        self.own_halt: HaltCause | None = None
        self.resumes_ns: Nanos | None = None

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

    def resting(self) -> list[Order]:
        """Return what stands in the book: bids, asks, then waiting market orders."""
        return [*self.bids.orders(), *self.asks.orders(), *self.waiting()]

    def waiting(self) -> list[Order]:
        """Return the market orders that wait for an uncross, oldest first."""
        waiting = [*self.market_bids.orders(), *self.market_asks.orders()]
        return sorted(waiting, key=lambda order: order.priority_seq)

    def take_out(self, order: Order) -> None:
        self.home(order).remove(order)

    def hold(self, order: Order, activation: Activation) -> None:
        """Keep a stop, or an order for the closing auction, beside the book."""
        order.pending = activation
        if activation is Activation.STOP:
            self.stops.add(order)
        else:
            self.closers[order.order_id] = order

    def release(self, order: Order) -> None:
        """Keep an order beside the book no more."""
        if order.pending is Activation.STOP:
            self.stops.remove(order)
        else:
            del self.closers[order.order_id]

    def clearing(self, rule: AuctionRule) -> Clearing | None:
        """Return what an uncross would do now."""
        interest = Interest(
            self.bids, self.asks, _at_any_price(self.market_bids), _at_any_price(self.market_asks)
        )
        return rule(interest, self.tick, self.reference)

    def eligible(self, price: int | None, *, is_buy: bool) -> list[Order]:
        """Return the orders that may trade at `price`: market first, then price, then time.

        None: all of the side.
        """
        orders = [*(self.market_bids if is_buy else self.market_asks).orders()]
        side = self.side(is_buy=is_buy)
        if price is None:
            return [*orders, *side.orders()]
        worst = price if is_buy else -price
        for order in side.orders():
            if order.key < worst:
                break
            orders.append(order)
        return orders


def _at_any_price(side: BookSide) -> int:
    level = side.levels.get(0)
    return 0 if level is None else level.quantity
