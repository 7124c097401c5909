"""An account as its own private events tell it, and a slow ledger, to hold the desk against."""

from fractions import Fraction

from msgspec.structs import replace
from tests.positions.scene import MULTIPLIER

from itg.kernel.ids import AccountId, InstrumentId, OrderId
from itg.kernel.money import Cash
from itg.kernel.words import OrderStatus, Side
from itg.positions.contract import (
    AccountFilled,
    AccountOrderUpdated,
    AccountPositionChanged,
    AccountQuoteUpdated,
    Fill,
    OrderChange,
    OrderState,
    PrivateEvent,
    QuoteState,
)

LIVE = (OrderStatus.WORKING, OrderStatus.PARTIALLY_FILLED)


class SlowLedger:
    """One position by average cost in exact fractions, from its fills alone."""

    def __init__(self) -> None:
        self.net = 0
        self.average = Fraction(0)
        self.realized = Fraction(0)
        self.paid = 0  # Σ signed price × quantity × multiplier
        self.fees = 0
        self.fills = 0

    def add(self, fill: Fill) -> None:
        signed = fill.last_quantity if fill.side is Side.BUY else -fill.last_quantity
        self.paid += signed * fill.last_price * MULTIPLIER
        self.fees += fill.fee
        self.fills += 1
        self._move(signed, fill.last_price)

    def _move(self, signed: int, price: int) -> None:
        for step in [1 if signed > 0 else -1] * abs(signed):
            if self.net * step >= 0:
                total = self.average * abs(self.net) + price
                self.net += step
                self.average = total / abs(self.net)
            else:
                self.realized += (self.average - price) * step * MULTIPLIER
                self.net += step


class Mirror:
    """Orders, quotes and positions folded from one account's events; asserts what they promise."""

    def __init__(self, account_id: AccountId) -> None:
        self.account_id = account_id
        self.seq = 0
        self.orders: dict[OrderId, OrderState] = {}
        self.left: dict[OrderId, int] = {}
        self.ends: dict[OrderId, int] = {}
        self.quotes: dict[InstrumentId, QuoteState] = {}
        self.ledgers: dict[InstrumentId, SlowLedger] = {}
        self.cash: int | None = None

    def hear(self, event: PrivateEvent) -> None:
        assert event.private_seq == self.seq + 1, "the mailbox has no gap"
        self.seq = event.private_seq
        if isinstance(event, AccountOrderUpdated):
            self._order(event)
        elif isinstance(event, AccountQuoteUpdated):
            self.quotes[event.quote.instrument_id] = event.quote
        elif isinstance(event, AccountFilled):
            self._fill(event)
        elif isinstance(event, AccountPositionChanged):
            self.cash = event.cash

    def _order(self, event: AccountOrderUpdated) -> None:
        order = event.order
        known = self.orders.get(order.order_id)
        assert (event.change is OrderChange.ACCEPTED) is (known is None)
        assert known is None or known.status in LIVE, "a terminal state is the last one"
        assert order.filled_quantity == (known.filled_quantity if known else 0)
        self._keep(order)

    def _fill(self, event: AccountFilled) -> None:
        fill = event.fill
        assert event.status is (
            OrderStatus.PARTIALLY_FILLED if event.leaves_quantity else OrderStatus.FILLED
        )
        # An account that trades with itself pays fees and stays as it is; its two fills cancel out.
        self.ledgers.setdefault(fill.instrument_id, SlowLedger()).add(fill)
        if event.is_quote:
            self._fill_quote(event)
            return
        order = self.orders[fill.order_id]
        assert order.status in LIVE
        assert event.leaves_quantity == order.leaves_quantity - fill.last_quantity
        self._keep(
            replace(
                order,
                status=event.status,
                filled_quantity=event.filled_quantity,
                leaves_quantity=event.leaves_quantity,
                average_price=event.average_price,
                fees=Cash(order.fees + fill.fee),
            )
        )

    def _fill_quote(self, event: AccountFilled) -> None:
        quote = self.quotes[event.fill.instrument_id]
        left = event.leaves_quantity
        if event.fill.order_id == quote.bid_order_id:
            assert event.fill.side is Side.BUY
            quote = replace(quote, bid_quantity=left)
            if not left:
                quote = replace(quote, bid_order_id=None, bid=None)
        else:
            assert event.fill.order_id == quote.ask_order_id
            quote = replace(quote, ask_quantity=left)
            if not left:
                quote = replace(quote, ask_order_id=None, ask=None)
        self.quotes[quote.instrument_id] = quote

    def _keep(self, order: OrderState) -> None:
        self.orders[order.order_id] = order
        if order.status in LIVE:
            assert order.quantity == order.filled_quantity + order.leaves_quantity
        else:
            assert order.leaves_quantity == 0
            self.ends[order.order_id] = self.ends.get(order.order_id, 0) + 1
            assert self.ends[order.order_id] == 1

    def working(self) -> list[OrderState]:
        return [order for order in self.orders.values() if order.status in LIVE]

    def worst_case(self, instrument_id: InstrumentId) -> int:
        """Return max(|net + bids|, |net − asks|) by adding everything up."""
        ledger = self.ledgers.get(instrument_id)
        net = ledger.net if ledger else 0
        bids = asks = 0
        for order in self.working():
            if order.instrument_id == instrument_id and order.side is Side.BUY:
                bids += order.leaves_quantity
            elif order.instrument_id == instrument_id:
                asks += order.leaves_quantity
        quote = self.quotes.get(instrument_id)
        if quote is not None:
            bids += quote.bid_quantity
            asks += quote.ask_quantity
        return max(abs(net + bids), abs(net - asks))
