"""A shard's whole state, and the few moves every command is made of.

`events` collects what the message under way caused; the service takes it, with one book delta
for each instrument of `changed` whose levels changed.
"""

from collections import deque

from itg.exchange.contract import (
    ConfigureLadder,
    InstrumentDelisted,
    InstrumentListed,
    OrderCanceled,
    TradeExecuted,
)
from itg.exchange.core.auction import AUCTION_STRATEGIES, AuctionRule
from itg.exchange.core.book import Order
from itg.exchange.core.listing import Listing
from itg.kernel.ids import (
    InstrumentId,
    OrderId,
    Shard,
    TradeId,
    UnderlyingId,
    first_id_of_shard,
)
from itg.kernel.messages import Event
from itg.kernel.money import Price, Quantity
from itg.kernel.times import Nanos
from itg.kernel.words import CancelReason, Phase, PhaseBoundary, Side

TRADES_KEPT = 10_000
SIDES = {True: Side.BUY, False: Side.SELL}


class Venue:
    """The books of one shard. `now` is the game time of the message under way."""

    def __init__(self, shard: Shard) -> None:
        self.shard = shard
        self.underlying_id = UnderlyingId("")
        self.continuous_rule = "price_time"
        self.auction_rule = "maximum_volume"
        self.tick_ns = 0
        self.now = Nanos(0)
        self.phase = Phase.CLOSED
        self.boundaries: deque[PhaseBoundary] = deque()
        self.listings: dict[InstrumentId, Listing] = {}
        self.orders: dict[OrderId, Order] = {}
        self.quotes: dict[tuple[str, InstrumentId], tuple[OrderId | None, OrderId | None]] = {}
        self.first_order_id = first_id_of_shard(shard) + 1
        self.last_order_id = first_id_of_shard(shard)
        self.last_trade_id = first_id_of_shard(shard)
        self.last_priority = 0
        self.trades: deque[tuple[Nanos, TradeExecuted]] = deque(maxlen=TRADES_KEPT)
        self.busted: list[TradeId] = []  # of the trades kept
        self.ladder: ConfigureLadder | None = None
        self.review_ns: Nanos | None = None  # when the ladder looks at the chain again
        self.spots: dict[UnderlyingId, int] = {}
        self.relisted: list[InstrumentListed | InstrumentDelisted] = []  # by the shard itself
        self.events: list[Event] = []
        self.is_auction = False  # the trades under way are of an uncross
        self.changed: dict[InstrumentId, None] = {}

    @property
    def due_ns(self) -> Nanos | None:
        """Return when a boundary or a review is next."""
        dues = [boundary.at_ns for boundary in list(self.boundaries)[:1]]
        return min((*dues, *(() if self.review_ns is None else (self.review_ns,))), default=None)

    @property
    def rule(self) -> AuctionRule:
        return AUCTION_STRATEGIES[self.auction_rule]

    def next_order_id(self) -> OrderId:
        self.last_order_id = order_id = OrderId(self.last_order_id + 1)
        return order_id

    def rest(self, listing: Listing, order: Order) -> None:
        """Let an order stand behind all others at its price."""
        self.last_priority += 1
        order.priority_seq = self.last_priority
        listing.rest(order)
        self.orders[order.order_id] = order
        self.changed[listing.instrument_id] = None

    def cancel(self, listing: Listing, order: Order, reason: CancelReason) -> None:
        """Take a standing order out and report it."""
        listing.take_out(order)
        self.gone(order, reason)

    def trade(self, maker: Order, taker: Order, price: int, quantity: int) -> None:
        """Report a trade of two orders whose quantities are already counted."""
        self.last_trade_id += 1
        trade_id = TradeId(self.last_trade_id)
        side = SIDES[taker.is_buy]
        listing = self.listings[maker.instrument_id]
        listing.last_price = price
        self.changed[maker.instrument_id] = None
        event = TradeExecuted(
            shard=self.shard,
            trade_id=trade_id,
            instrument_id=maker.instrument_id,
            price=Price(price),
            quantity=Quantity(quantity),
            aggressor_side=side,
            maker_order_id=maker.order_id,
            maker_account_id=maker.account_id,
            taker_order_id=taker.order_id,
            taker_account_id=taker.account_id,
            is_auction=self.is_auction,
        )
        self.events.append(event)
        self.trades.append((self.now, event))
        if not maker.leaves:
            self._forget(maker)
        if not taker.leaves:
            self._forget(taker)

    def gone(self, order: Order, reason: CancelReason) -> None:
        """Report an order that stands no more, with what it leaves unfilled."""
        self.changed[order.instrument_id] = None
        self._forget(order)
        self.events.append(
            OrderCanceled(
                shard=self.shard,
                order_id=order.order_id,
                account_id=order.account_id,
                instrument_id=order.instrument_id,
                quantity=Quantity(order.leaves),
                cancel_reason=reason,
            )
        )

    def _forget(self, order: Order) -> None:
        self.orders.pop(order.order_id, None)
        if order.is_quote:
            key = (order.account_id, order.instrument_id)
            bid, ask = self.quotes.get(key, (None, None))
            sides = (None, ask) if order.is_buy else (bid, None)
            if sides == (None, None):
                self.quotes.pop(key, None)
            else:
                self.quotes[key] = sides
