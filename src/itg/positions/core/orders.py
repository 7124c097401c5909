"""Orders and quote sides: what was asked, what filled, what still works.

pending → working → partially_filled → filled | canceled | expired, or pending → rejected. A ticket
leaves a terminal state never, and has nothing left to fill in one.
"""

from itg.kernel.ids import ClientOrderId, InstrumentId, OrderId, ReservationId, Seq
from itg.kernel.money import Cash, Price
from itg.kernel.times import Nanos
from itg.kernel.words import OrderStatus, SelfTradePolicy, Side
from itg.positions.contract import OrderState, QuoteState, ReserveOrder
from itg.positions.core.portfolio import Holding, rounded_ratio

# Until it is accepted.
_NO_ORDER_ID = OrderId(0)
_NO_NS = Nanos(0)
_NO_SEQ = Seq(0)
# Tuples, because a search in a set hashes an enum's name first.
_WORKING = (OrderStatus.WORKING, OrderStatus.PARTIALLY_FILLED)
_ENDS = (OrderStatus.CANCELED, OrderStatus.EXPIRED)


class Ticket:
    """Anything the exchange has given an order id: an order or one side of a quote."""

    __slots__ = (
        "fees",
        "filled",
        "filled_value",
        "holding",
        "leaves",
        "order_id",
        "price",
        "quantity",
        "side",
        "status",
    )

    def __init__(self, holding: Holding, side: Side, quantity: int, price: Price | None) -> None:
        self.holding = holding
        self.side = side
        self.quantity = quantity
        self.price = price
        self.order_id = _NO_ORDER_ID
        self.status = OrderStatus.PENDING
        self.leaves = quantity
        self.filled = 0
        self.filled_value = 0  # Σ price × quantity of fills
        self.fees = 0

    @property
    def client_order_id(self) -> ClientOrderId | None:
        return None

    @property
    def is_done(self) -> bool:
        return self.leaves == 0

    @property
    def average_price(self) -> Price:
        """Return the average price of the fills, of which there must be one."""
        return rounded_ratio(self.filled_value, self.filled)

    def accept(self, order_id: OrderId) -> None:
        """Take the exchange's id; acceptance precedes everything else."""
        assert self.status is OrderStatus.PENDING, f"order {order_id} accepted twice"
        self.order_id = order_id
        self.status = OrderStatus.WORKING

    def fill(self, price: Price, quantity: int, fee: int) -> None:
        """Fill part or all of what is left."""
        self._assert_working()
        assert 0 < quantity <= self.leaves, f"order {self.order_id} filled past its quantity"
        self.leaves -= quantity
        self.filled += quantity
        self.filled_value += price * quantity
        self.fees += fee
        self.status = OrderStatus.PARTIALLY_FILLED if self.leaves else OrderStatus.FILLED

    def resize(self, leaves: int) -> None:
        """Let `leaves` more contracts be filled, whatever it was."""
        self._assert_working()
        assert leaves > 0
        self.leaves = leaves
        self.quantity = self.filled + leaves

    def end(self, status: OrderStatus) -> None:
        """Leave the market with the rest unfilled."""
        self._assert_working()
        assert status in _ENDS
        self.status = status
        self.leaves = 0

    def reject(self) -> None:
        """Never enter the market."""
        assert self.status is OrderStatus.PENDING
        self.status = OrderStatus.REJECTED
        self.leaves = 0

    def _assert_working(self) -> None:
        assert self.status in _WORKING, f"order {self.order_id} is {self.status.value}"


class Order(Ticket):
    """An order with what its sender said about it; `reserved` is its share of working contracts."""

    __slots__ = ("accepted_ns", "accepted_seq", "body", "reserved", "revision", "stp")

    def __init__(self, body: ReserveOrder, holding: Holding, stp: SelfTradePolicy) -> None:
        super().__init__(holding, body.side, body.quantity, body.price)
        self.body = body
        self.stp = stp
        self.reserved = 0
        self.revision = 1
        self.accepted_ns = _NO_NS
        self.accepted_seq = _NO_SEQ

    @property
    def client_order_id(self) -> ClientOrderId | None:
        return self.body.client_order_id

    def state(self) -> OrderState:
        """Return the order as its owner sees it now."""
        body = self.body
        return OrderState(
            order_id=self.order_id,
            client_order_id=body.client_order_id,
            instrument_id=body.instrument_id,
            side=self.side,
            quantity=self.quantity,
            order_type=body.order_type,
            price=self.price,
            time_in_force=body.time_in_force,
            post_only=body.post_only,
            stp=self.stp,
            tag=body.tag,
            revision=self.revision,
            status=self.status,
            filled_quantity=self.filled,
            leaves_quantity=self.leaves,
            average_price=self.average_price if self.filled else None,
            fees=Cash(self.fees),
            accepted_ns=self.accepted_ns,
            accepted_seq=self.accepted_seq,
        )


class QuoteSide(Ticket):
    """One live side of a quote."""

    __slots__ = ()


class Quote:
    """An account's quote in one instrument, and the sizes asked for but not yet answered.

    Until the exchange answers, each side reserves the largest of what stands and what is in flight.
    """

    __slots__ = ("ask", "bid", "holding", "in_flight", "reserved_ask", "reserved_bid")

    def __init__(self, holding: Holding) -> None:
        self.holding = holding
        self.bid: QuoteSide | None = None
        self.ask: QuoteSide | None = None
        self.in_flight: dict[ReservationId, tuple[int, int]] = {}  # bid, ask quantity
        self.reserved_bid = 0
        self.reserved_ask = 0

    @property
    def is_empty(self) -> bool:
        return self.bid is None and self.ask is None and not self.in_flight

    def needed(self) -> tuple[int, int]:
        """Return what bid and ask must reserve."""
        bid = self.bid.leaves if self.bid else 0
        ask = self.ask.leaves if self.ask else 0
        for bid_quantity, ask_quantity in self.in_flight.values():
            bid = max(bid, bid_quantity)
            ask = max(ask, ask_quantity)
        return bid, ask

    def drop(self, side: QuoteSide) -> None:
        """Forget a side that is done."""
        if side is self.bid:
            self.bid = None
        else:
            assert side is self.ask
            self.ask = None

    def state(self) -> QuoteState:
        """Return what still stands."""
        bid, ask = self.bid, self.ask
        instrument_id: InstrumentId = self.holding.listing.instrument_id
        return QuoteState(
            instrument_id=instrument_id,
            bid_order_id=bid.order_id if bid else None,
            bid=bid.price if bid else None,
            bid_quantity=bid.leaves if bid else 0,
            ask_order_id=ask.order_id if ask else None,
            ask=ask.price if ask else None,
            ask_quantity=ask.leaves if ask else 0,
        )
