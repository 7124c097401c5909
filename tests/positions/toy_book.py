"""The toy's orders: who stands, who waits outside the book and for what, and how they meet."""

from itertools import count

from itg.exchange import contract as exchange
from itg.kernel.ids import (
    AccountId,
    InstrumentId,
    OrderId,
    Shard,
    TradeId,
    UnderlyingId,
    first_id_of_shard,
)
from itg.kernel.messages import Message
from itg.kernel.money import Price, Quantity
from itg.kernel.times import Nanos
from itg.kernel.words import (
    Activation,
    CancelReason,
    OrderType,
    Phase,
    SelfTradePolicy,
    Side,
    TimeInForce,
)

Out = list[Message]
Placing = exchange.PlaceOrder | exchange.SetQuote
UNDERLYING_IDS = (UnderlyingId("SPX"), UnderlyingId("SPY"))  # by shard
STOPS = (OrderType.STOP, OrderType.STOP_LIMIT)
TAKES_ONLY = (TimeInForce.IOC, TimeInForce.FOK)


class Resting:
    """One live order or quote side; `waits_for` is set while it is outside the book."""

    def __init__(self, ask: Placing, side: Side, order_id: OrderId, seq: int) -> None:
        placed = ask if isinstance(ask, exchange.PlaceOrder) else None
        self.account_id = ask.account_id
        self.instrument_id = ask.instrument_id
        self.side = side
        self.price: Price | None = placed.price if placed else None
        self.leaves: int = placed.quantity if placed else 0
        self.filled = 0
        self.tag = placed.tag if placed else ""
        self.stp = ask.stp
        self.order_id = order_id
        self.seq = seq
        self.revision = 1
        self.is_quote = placed is None
        self.tif = placed.time_in_force if placed else None
        self.stop_price = placed.stop_price if placed else None
        self.expires_ns = placed.expires_ns if placed else None
        self.waits_for: Activation | None = None


class ToyBook:
    """All instruments of one shard in one phase."""

    def __init__(self, shard: Shard) -> None:
        self.number = shard
        self.phase = Phase.CLOSED
        self.live: dict[OrderId, Resting] = {}  # standing and waiting
        self.last: dict[InstrumentId, Price] = {}
        self.ids = count(first_id_of_shard(shard) + 1)
        self.trades = count(first_id_of_shard(shard) + 1)
        self.seqs = count(1)

    def enter(self, order: Resting, out: Out) -> None:
        """Let an order trade and stand, and whatever that fires after it."""
        self.meet(order, out)
        self.fire(out)

    def fire(self, out: Out) -> None:
        """Let the stops enter that the last trades fired, and those their trades fire."""
        while due := self.due():
            for stop in due:
                self.activate(stop, out)
                self.meet(stop, out)

    def meet(self, order: Resting, out: Out) -> None:
        if order.tif is TimeInForce.FOK and self.available(order) < order.leaves:
            self.end(order, CancelReason.NOT_FILLABLE, out)
        elif self.phase is Phase.CONTINUOUS:
            self.match(order, out)
            takes_only = (order.price is None and not order.is_quote) or order.tif in TAKES_ONLY
            if order.leaves and order.order_id in self.live and takes_only:
                self.end(order, CancelReason.NO_LIQUIDITY, out)

    def due(self) -> list[Resting]:
        """Return the stops the last trades fire, in the order they began to wait."""
        if self.phase is not Phase.CONTINUOUS:
            return []
        stops = [o for o in self.live.values() if o.waits_for is Activation.STOP]
        return sorted((o for o in stops if self.is_through(o)), key=lambda o: o.seq)

    def is_through(self, stop: Resting) -> bool:
        last = self.last.get(stop.instrument_id)
        assert stop.stop_price is not None
        if last is None:
            return False
        return last >= stop.stop_price if stop.side is Side.BUY else last <= stop.stop_price

    def activate(self, order: Resting, out: Out) -> None:
        assert order.waits_for is not None
        out.append(
            exchange.OrderActivated(
                shard=self.number,
                order_id=order.order_id,
                account_id=order.account_id,
                instrument_id=order.instrument_id,
                activation=order.waits_for,
            )
        )
        order.waits_for = None

    def activate_all(self, waiting_for: Activation, out: Out) -> None:
        """Let those who waited for this enter, in the order they began to wait."""
        found = [o for o in self.live.values() if o.waits_for is waiting_for]
        for order in sorted(found, key=lambda o: o.seq):
            if order.order_id in self.live:
                self.activate(order, out)
                self.enter(order, out)

    def opposite(self, order: Resting) -> list[Resting]:
        side = Side.SELL if order.side is Side.BUY else Side.BUY
        sign = 1 if side is Side.SELL else -1
        found = [
            o
            for o in self.live.values()
            if o.instrument_id == order.instrument_id
            and o.side is side
            and o.price is not None
            and o.waits_for is None
            and (order.price is None or sign * (order.price - o.price) >= 0)
        ]
        return sorted(found, key=lambda o: (sign * (o.price or 0), o.seq))

    def available(self, order: Resting) -> int:
        return sum(o.leaves for o in self.opposite(order) if o.account_id != order.account_id)

    def match(self, taker: Resting, out: Out) -> None:
        for maker in self.opposite(taker):
            if not taker.leaves or taker.order_id not in self.live:
                return
            if maker.account_id == taker.account_id and taker.stp is not SelfTradePolicy.ALLOW:
                if taker.stp is not SelfTradePolicy.CANCEL_INCOMING:
                    self.end(maker, CancelReason.SELF_TRADE, out)
                if taker.stp is not SelfTradePolicy.CANCEL_RESTING:
                    self.end(taker, CancelReason.SELF_TRADE, out)
                continue
            assert maker.price is not None
            self.trade(maker, taker, maker.price, out)

    def trade(
        self, maker: Resting, taker: Resting, price: Price, out: Out, *, is_auction: bool = False
    ) -> None:
        quantity = min(maker.leaves, taker.leaves)
        self.last[maker.instrument_id] = price
        out.append(
            exchange.TradeExecuted(
                shard=self.number,
                trade_id=TradeId(next(self.trades)),
                instrument_id=maker.instrument_id,
                price=price,
                quantity=Quantity(quantity),
                aggressor_side=taker.side,
                maker_order_id=maker.order_id,
                maker_account_id=maker.account_id,
                taker_order_id=taker.order_id,
                taker_account_id=taker.account_id,
                is_auction=is_auction,
            )
        )
        for order in (maker, taker):
            order.leaves -= quantity
            order.filled += quantity
            if not order.leaves:
                del self.live[order.order_id]

    def uncross(self, out: Out) -> None:
        """Trade what crosses, then end what was for this auction alone."""
        for taker in sorted(self.live.values(), key=lambda o: o.seq):
            if taker.order_id in self.live and taker.waits_for is None:
                for maker in self.opposite(taker):
                    if maker.account_id != taker.account_id and taker.leaves:
                        first, second = sorted((maker, taker), key=lambda o: o.seq)
                        assert maker.price is not None
                        self.trade(first, second, maker.price, out, is_auction=True)
        for order in list(self.live.values()):
            if order.waits_for is not None:
                continue
            if order.tif in (TimeInForce.OPG, TimeInForce.CLS):
                self.expire(order, out)
            elif order.price is None:
                self.end(order, CancelReason.NO_LIQUIDITY, out)

    def end(self, order: Resting, reason: CancelReason, out: Out) -> None:
        del self.live[order.order_id]
        out.append(
            exchange.OrderCanceled(
                shard=self.number,
                order_id=order.order_id,
                account_id=order.account_id,
                instrument_id=order.instrument_id,
                quantity=Quantity(order.leaves),
                cancel_reason=reason,
            )
        )

    def expire(self, order: Resting, out: Out) -> None:
        del self.live[order.order_id]
        out.append(
            exchange.OrderExpired(
                shard=self.number,
                order_id=order.order_id,
                account_id=order.account_id,
                instrument_id=order.instrument_id,
                quantity=Quantity(order.leaves),
            )
        )

    def expire_due(self, now: Nanos, out: Out) -> None:
        for order in list(self.live.values()):
            if order.expires_ns is not None and order.expires_ns <= now:
                self.expire(order, out)

    def quote_of(
        self, account_id: AccountId, instrument_id: InstrumentId, side: Side
    ) -> Resting | None:
        wanted = (True, account_id, instrument_id, side)
        for order in self.live.values():
            if (order.is_quote, order.account_id, order.instrument_id, order.side) == wanted:
                return order
        return None
