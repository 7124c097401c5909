"""A shard's whole state, and the few moves every command is made of.

`events` collects what the message under way caused; the service takes it, with one book delta
for each instrument of `changed` whose levels changed.
"""

from collections import deque
from heapq import heapify, heappush

from itg.exchange.contract import (
    ConfigureExchange,
    ConfigureLadder,
    InstrumentDelisted,
    InstrumentListed,
    MassCancel,
    OrderActivated,
    OrderCanceled,
    OrderExpired,
    TradeExecuted,
)
from itg.exchange.core.auction import AUCTION_STRATEGIES, AuctionRule
from itg.exchange.core.book import PLAIN, Order
from itg.exchange.core.listing import Listing
from itg.exchange.core.price_window import PriceWindow
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
from itg.kernel.words import (
    Activation,
    CancelReason,
    HaltCause,
    Phase,
    PhaseBoundary,
    Side,
    TimeInForce,
)

TRADES_KEPT = 10_000
SIDES = {True: Side.BUY, False: Side.SELL}
AUCTION_TIMES = (TimeInForce.OPG, TimeInForce.CLS)
GUARD = Activation.JUMP_GUARD

# What can fall due, in the order it happens at one instant: what ends precedes what begins.
EXPIRY, BOUNDARY, GUARD_END, HALT_END, OPENING_END, REVIEW, STALE = range(7)
Due = tuple[Nanos, int, int, str]  # when, which of these, the order, the instrument


class Venue:
    """The books of one shard. `now` is the game time of the message under way.

    `dues` is a heap of what will fall due; an entry that its state has outlived is passed over.
    """

    def __init__(self, shard: Shard) -> None:
        self.shard = shard
        self.config = ConfigureExchange(shard=shard, underlying_id=UnderlyingId(""))
        self.price_band = self.config.price_band
        self.rule: AuctionRule = AUCTION_STRATEGIES[self.config.auction_rule]
        self.now = Nanos(0)
        self.phase = Phase.CLOSED
        self.boundaries: deque[PhaseBoundary] = deque()
        self.dues: list[Due] = []
        self.is_rearmed = False  # the first due instant may have changed
        self.is_ticking = False
        self.halt_cause: HaltCause | None = None
        self.resumes_ns: Nanos | None = None
        self.guard_ends_ns: Nanos | None = None
        self.is_guard_extended = False
        self.prices_ns = Nanos(0)  # when the last prices came
        self.stale_ns: Nanos | None = None  # when it is looked whether they stand still
        self.spots: dict[UnderlyingId, int] = {}
        self.moves: dict[UnderlyingId, PriceWindow] = {}
        self.listings: dict[InstrumentId, Listing] = {}
        self.orders: dict[OrderId, Order] = {}
        self.held: dict[OrderId, Order] = {}  # by the jump guard, in the order of arrival
        self.quotes: dict[tuple[str, InstrumentId], tuple[OrderId | None, OrderId | None]] = {}
        self.first_order_id = first_id_of_shard(shard) + 1
        self.last_order_id = first_id_of_shard(shard)
        self.last_trade_id = first_id_of_shard(shard)
        self.last_priority = 0
        self.trades: deque[tuple[Nanos, TradeExecuted]] = deque(maxlen=TRADES_KEPT)
        self.busted: dict[TradeId, Price | None] = {}  # of the trades kept; to which price
        self.ladder: ConfigureLadder | None = None
        self.review_ns: Nanos | None = None  # when the ladder looks at the chain again
        self.relisted: list[InstrumentListed | InstrumentDelisted] = []  # by the shard itself
        self.events: list[Event] = []
        self.is_auction = False  # the trades under way are of an uncross
        self.changed: dict[InstrumentId, None] = {}

    def configure(self, config: ConfigureExchange) -> None:
        self.config = config
        self.price_band = config.price_band
        self.rule = AUCTION_STRATEGIES[config.auction_rule]

    def next_order_id(self) -> OrderId:
        self.last_order_id = order_id = OrderId(self.last_order_id + 1)
        return order_id

    def when(self, at_ns: Nanos, kind: int, order_id: int = 0, instrument_id: str = "") -> None:
        """Let something fall due."""
        heappush(self.dues, (at_ns, kind, order_id, instrument_id))
        self.is_rearmed = True

    def await_prices(self, from_ns: Nanos) -> None:
        """Let it fall due that no prices have come since, in continuous trading."""
        after_ns = self.config.stale_halt_ns
        if after_ns is not None and self.stale_ns is None and self.phase is Phase.CONTINUOUS:
            self.stale_ns = Nanos(from_ns + after_ns)
            self.when(self.stale_ns, STALE)

    def forget_expiries(self) -> None:
        """Forget the expiries of orders that are gone; they may lie years ahead."""
        self.dues[:] = [due for due in self.dues if due[1] != EXPIRY or due[2] in self.orders]
        heapify(self.dues)

    def rest(self, listing: Listing, order: Order) -> None:
        """Let an order stand behind all others at its price."""
        self.last_priority += 1
        order.priority_seq = self.last_priority
        if order.terms is not PLAIN:
            order.show()
            if order.terms.time_in_force in AUCTION_TIMES:
                listing.auction_only[order.order_id] = order
        listing.home(order).add(order)
        self.orders[order.order_id] = order
        self.changed[listing.instrument_id] = None

    def hold(self, listing: Listing, order: Order, activation: Activation) -> None:
        """Let an order wait outside the book, behind all that wait for the same."""
        self.last_priority += 1
        order.priority_seq = self.last_priority
        order.pending = activation
        self.orders[order.order_id] = order
        if activation is GUARD:
            self.held[order.order_id] = order
        else:
            listing.hold(order, activation)

    def take_out(self, listing: Listing, order: Order) -> None:
        """Let an order stand nowhere: neither in the book nor beside it."""
        if order.pending is None:
            listing.take_out(order)
            self.changed[listing.instrument_id] = None
            return
        if order.pending is GUARD:
            del self.held[order.order_id]
        else:
            listing.release(order)
        order.pending = None

    def activate(self, order: Order, activation: Activation) -> None:
        """Report that an order that waited, and stands nowhere now, enters the market."""
        order.pending = None
        self.events.append(
            OrderActivated(
                shard=self.shard,
                order_id=order.order_id,
                account_id=order.account_id,
                instrument_id=order.instrument_id,
                activation=activation,
            )
        )

    def cancel(self, listing: Listing, order: Order, reason: CancelReason) -> None:
        """Take a live order out and report it."""
        self.take_out(listing, order)
        self.gone(order, reason)

    def expire(self, listing: Listing, order: Order) -> None:
        """Take a live order out because its time is over, and report it."""
        self.take_out(listing, order)
        self._forget(order)
        self.events.append(
            OrderExpired(
                shard=self.shard,
                order_id=order.order_id,
                account_id=order.account_id,
                instrument_id=order.instrument_id,
                quantity=Quantity(order.leaves),
            )
        )

    def trade(self, maker: Order, taker: Order, price: int, quantity: int) -> None:
        """Report a trade of two orders whose quantities are already counted."""
        self.last_trade_id = trade_id = TradeId(self.last_trade_id + 1)
        instrument_id = maker.instrument_id
        listing = self.listings[instrument_id]
        listing.last_price = price
        if listing.stops.count:
            listing.stops.note(price)
        event = TradeExecuted(
            shard=self.shard,
            trade_id=trade_id,
            instrument_id=instrument_id,
            price=Price(price),
            quantity=Quantity(quantity),
            aggressor_side=SIDES[taker.is_buy],
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
        if order.terms is not PLAIN:
            self.listings[order.instrument_id].auction_only.pop(order.order_id, None)
        if order.is_quote:
            self._forget_side(order)

    def _forget_side(self, order: Order) -> None:
        key = (order.account_id, order.instrument_id)
        bid, ask = self.quotes.get(key, (None, None))
        sides = (None, ask) if order.is_buy else (bid, None)
        if sides == (None, None):
            self.quotes.pop(key, None)
        else:
            self.quotes[key] = sides


def matches(order: Order, command: MassCancel) -> bool:
    """Tell whether a mass cancel means an order."""
    return (
        order.account_id == command.account_id
        and (command.quotes if order.is_quote else command.orders)
        and command.instrument_id in (None, order.instrument_id)
        and (command.side is None or SIDES[order.is_buy] is command.side)
        and command.tag in (None, order.terms.tag)
    )
