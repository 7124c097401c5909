"""Orders and quote sides: what was asked, what filled, what still works.

pending → working → partially_filled → filled | canceled | expired, or pending → rejected. A ticket
is pending without an id until the exchange answers, and with one while the exchange keeps it
outside the book. It leaves a terminal state never, and has nothing left to fill in one.
"""

from itg.kernel.ids import ClientOrderId, InstrumentId, OrderId, ReservationId, Seq
from itg.kernel.money import Cash, Price
from itg.kernel.times import Nanos
from itg.kernel.words import OrderStatus, SelfTradePolicy, Side
from itg.positions.contract import OrderState, QuoteState, QuoteTerms, ReserveOrder
from itg.positions.core.portfolio import Holding, rounded_ratio

# Until it is accepted.
_NO_ORDER_ID = OrderId(0)
_NO_NS = Nanos(0)
_NO_SEQ = Seq(0)
# Tuples, because a search in a set hashes an enum's name first.
_WORKING = (OrderStatus.WORKING, OrderStatus.PARTIALLY_FILLED)
_LIVE = (*_WORKING, OrderStatus.PENDING)
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
        """Take the exchange's id and work; acceptance precedes everything else."""
        assert not self.order_id, f"order {order_id} accepted twice"
        self.order_id = order_id
        self.status = OrderStatus.WORKING

    def stand(self, *, is_pending: bool) -> None:
        """Stand in the book from now on, or outside it."""
        self._assert_live()
        if is_pending:
            self.status = OrderStatus.PENDING
        else:
            self.status = OrderStatus.PARTIALLY_FILLED if self.filled else OrderStatus.WORKING

    def fill(self, price: Price, quantity: int, fee: int) -> None:
        """Fill part or all of what is left."""
        assert self.status in _WORKING, f"order {self.order_id} is {self.status.value}"
        assert 0 < quantity <= self.leaves, f"order {self.order_id} filled past its quantity"
        self.leaves -= quantity
        self.filled += quantity
        self.filled_value += price * quantity
        self.fees += fee
        self.status = OrderStatus.PARTIALLY_FILLED if self.leaves else OrderStatus.FILLED

    def resize(self, leaves: int) -> None:
        """Let `leaves` more contracts be filled, whatever it was."""
        self._assert_live()
        assert leaves > 0
        self.leaves = leaves
        self.quantity = self.filled + leaves

    def end(self, status: OrderStatus) -> None:
        """Leave the market with the rest unfilled."""
        self._assert_live()
        assert status in _ENDS
        self.status = status
        self.leaves = 0

    def reject(self) -> None:
        """Never enter the market."""
        assert self.status is OrderStatus.PENDING
        assert not self.order_id, "what was accepted is not rejected"
        self.status = OrderStatus.REJECTED
        self.leaves = 0

    def _assert_live(self) -> None:
        assert self.status in _LIVE, f"order {self.order_id} is {self.status.value}"


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
            stop_price=body.stop_price,
            display_quantity=body.display_quantity,
            expires_ns=body.expires_ns,
        )


class QuoteSide(Ticket):
    """One live side of a quote."""

    __slots__ = ()


class Quote:
    """An account's quote in one instrument, and the sizes asked for but not yet answered.

    Until the exchange answers, each side reserves the largest of what stands and what is in flight.
    """

    __slots__ = (
        "ask",
        "bid",
        "firm_ns",
        "holding",
        "in_flight",
        "reserved_ask",
        "reserved_bid",
        "valid_ns",
    )

    def __init__(self, holding: Holding) -> None:
        self.holding = holding
        self.bid: QuoteSide | None = None
        self.ask: QuoteSide | None = None
        self.in_flight: dict[ReservationId, tuple[int, int]] = {}  # bid, ask quantity
        self.reserved_bid = 0
        self.reserved_ask = 0
        # Since when it has met its role's obligation without a break, of roles that have one.
        self.valid_ns: Nanos | None = None
        self.firm_ns: Nanos | None = None  # the same, where it is valid until it changes itself

    @property
    def instrument_id(self) -> InstrumentId:
        return self.holding.listing.instrument_id

    @property
    def is_pending(self) -> bool:
        """Tell whether a side of it is held outside the book."""
        bid, ask, pending = self.bid, self.ask, OrderStatus.PENDING
        return (bid is not None and bid.status is pending) or (
            ask is not None and ask.status is pending
        )

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

    def stands_as(self, terms: QuoteTerms) -> bool:
        """Tell whether it is exactly what is asked for, with nothing on its way to change it."""
        if self.in_flight or (self.bid is None and self.ask is None):
            return False
        return _is_as(self.bid, terms.bid, terms.bid_quantity) and _is_as(
            self.ask, terms.ask, terms.ask_quantity
        )

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
        return QuoteState(
            instrument_id=self.instrument_id,
            bid_order_id=bid.order_id if bid else None,
            bid=bid.price if bid else None,
            bid_quantity=bid.leaves if bid else 0,
            ask_order_id=ask.order_id if ask else None,
            ask=ask.price if ask else None,
            ask_quantity=ask.leaves if ask else 0,
            is_pending=self.is_pending,
        )


def _is_as(side: QuoteSide | None, price: Price | None, quantity: int) -> bool:
    if side is None:
        return price is None and quantity == 0
    return side.price == price and side.leaves == quantity
