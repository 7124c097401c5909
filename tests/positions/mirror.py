"""An account as its own private events tell it, and a slow ledger, to hold the desk against."""

from fractions import Fraction

from msgspec.structs import replace
from tests.positions.mirror_stops import Stops
from tests.positions.scene import MULTIPLIER

from itg.kernel.ids import AccountId, InstrumentId, OrderId
from itg.kernel.money import Cash
from itg.kernel.words import Liquidity, OrderStatus, Side
from itg.positions.contract import (
    AccountFillBusted,
    AccountFilled,
    AccountOrderUpdated,
    AccountPositionChanged,
    AccountQuoteUpdated,
    AccountSettled,
    Fill,
    OrderChange,
    OrderState,
    PrivateEvent,
    QuoteState,
    RoleRules,
)

WORKING = (OrderStatus.WORKING, OrderStatus.PARTIALLY_FILLED)
LIVE = (*WORKING, OrderStatus.PENDING)


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
        self.fees += fill.fee
        self.fills += 1
        self.move(signed_of(fill.side, fill.last_quantity), fill.last_price)

    def move(self, signed: int, price: int) -> None:
        """Take contracts at a price, without a fee."""
        self.paid += signed * price * MULTIPLIER
        self._move(signed, price)

    def _move(self, signed: int, price: int) -> None:
        for step in [1 if signed > 0 else -1] * abs(signed):
            if self.net * step >= 0:
                total = self.average * abs(self.net) + price
                self.net += step
                self.average = total / abs(self.net)
            else:
                self.realized += (self.average - price) * step * MULTIPLIER
                self.net += step


def signed_of(side: Side, quantity: int) -> int:
    return quantity if side is Side.BUY else -quantity


class Mirror:
    """Orders, quotes and positions folded from one account's events; asserts what they promise."""

    def __init__(self, account_id: AccountId, rules: RoleRules) -> None:
        self.account_id = account_id
        self.rules = rules
        self.seq = 0
        self.orders: dict[OrderId, OrderState] = {}
        self.left: dict[OrderId, int] = {}
        self.ends: dict[OrderId, int] = {}
        self.quotes: dict[InstrumentId, QuoteState] = {}
        self.ledgers: dict[InstrumentId, SlowLedger] = {}
        self.cash: int | None = None
        self.stops = Stops()
        self.is_one_sided = False
        self.is_rebate_halved = False

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
        elif isinstance(event, AccountSettled):
            ledger = self.ledgers[event.instrument_id]
            assert event.settled_quantity == ledger.net
            assert event.cash_settled == ledger.net * event.settlement_price * MULTIPLIER
            ledger.move(-ledger.net, event.settlement_price)
        elif isinstance(event, AccountFillBusted):
            self._bust(event)
        else:
            self.stops.hear(event)

    def _order(self, event: AccountOrderUpdated) -> None:
        order = event.order
        known = self.orders.get(order.order_id)
        assert (event.change is OrderChange.ACCEPTED) is (known is None)
        assert known is None or known.status in LIVE, "a terminal state is the last one"
        assert order.filled_quantity == (known.filled_quantity if known else 0)
        assert (event.activation is not None) is (event.change is OrderChange.ACTIVATED)
        if event.change is OrderChange.ACTIVATED:
            assert known is not None
            assert known.status is OrderStatus.PENDING
            assert order.status in WORKING
        self._keep(order)
        if event.change is OrderChange.ACCEPTED:
            self._accept(order)

    def _accept(self, order: OrderState) -> None:
        assert not self.stops.is_killed
        if self.is_one_sided:
            mine = [o for o in self.working() if o.instrument_id == order.instrument_id]
            assert {o.side for o in mine} == {order.side}

    def _bust(self, event: AccountFillBusted) -> None:
        ledger = self.ledgers[event.instrument_id]
        signed = signed_of(event.side, event.last_quantity)
        ledger.move(-signed, event.last_price)
        ledger.fees -= event.fee_returned
        if event.adjusted_price is None:
            ledger.fills -= 1
        else:
            ledger.move(signed, event.adjusted_price)
            assert event.fee_returned == 0

    def _fill(self, event: AccountFilled) -> None:
        fill = event.fill
        assert event.status is (
            OrderStatus.PARTIALLY_FILLED if event.leaves_quantity else OrderStatus.FILLED
        )
        took = fill.liquidity is Liquidity.TAKER
        maker_fee = self.rules.maker_fee // 2 if self.is_rebate_halved else self.rules.maker_fee
        fee = self.rules.taker_fee if took else maker_fee
        assert fill.fee == fee * fill.last_quantity
        # An account that trades with itself pays fees and stays as it is; its two fills cancel out.
        self.ledgers.setdefault(fill.instrument_id, SlowLedger()).add(fill)
        if event.is_quote:
            self._fill_quote(event)
            return
        order = self.orders[fill.order_id]
        assert order.status in WORKING, "what waits outside the book does not trade"
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
        self.stops.count(event.fill)
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

    def net(self, instrument_id: InstrumentId) -> int:
        ledger = self.ledgers.get(instrument_id)
        return ledger.net if ledger else 0

    def reducing(self, instrument_id: InstrumentId, side: Side) -> int:
        """Return what could still be sent on a side to bring the position nearer to zero."""
        net = self.net(instrument_id)
        mine = [o for o in self.working() if (o.instrument_id, o.side) == (instrument_id, side)]
        working = sum(o.leaves_quantity for o in mine)
        return max(0, (net if side is Side.SELL else -net) - working)

    def worst_case(self, instrument_id: InstrumentId, moved: int = 0) -> int:
        """Return max(|net + bids|, |net − asks|) by adding everything up, net moved or not."""
        net = self.net(instrument_id) + moved
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
