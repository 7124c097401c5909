"""A slow exchange for the positions suite: price–time lists, nothing optimized, no deltas.

It keeps the exchange's contract as far as positions can see it, so that positions is tested alone.
"""

from collections.abc import Sequence
from itertools import count
from typing import ClassVar

from itg.exchange import contract as exchange
from itg.kernel.errors import Refusal, RejectReason
from itg.kernel.ids import (
    AccountId,
    InstrumentId,
    OrderId,
    Shard,
    TradeId,
    UnderlyingId,
    first_id_of_shard,
)
from itg.kernel.messages import Message, Query, Reply
from itg.kernel.money import Price, Quantity
from itg.kernel.times import Nanos
from itg.kernel.words import CancelReason, OrderType, Phase, SelfTradePolicy, Side, TimeInForce

Out = list[Message]
Placing = exchange.PlaceOrder | exchange.SetQuote
UNDERLYING_IDS = (UnderlyingId("SPX"), UnderlyingId("SPY"))  # by shard


class Resting:
    """One live order or quote side."""

    def __init__(self, ask: Placing, side: Side, order_id: OrderId, seq: int) -> None:
        self.account_id = ask.account_id
        self.instrument_id = ask.instrument_id
        self.side = side
        self.price: Price | None = None
        self.leaves = 0
        self.filled = 0
        self.tag = ""
        self.stp = ask.stp
        self.order_id = order_id
        self.seq = seq
        self.revision = 1
        self.is_quote = False


class ToyExchange:
    """One shard, one phase."""

    name: ClassVar[str] = "exchange"
    accepts: ClassVar[tuple[type[Message], ...]] = (
        exchange.ListInstrument,
        exchange.SetPhase,
        exchange.PlaceOrder,
        exchange.ReplaceOrder,
        exchange.CancelOrder,
        exchange.MassCancel,
        exchange.SetQuote,
    )
    emits: ClassVar[tuple[type[Message], ...]] = (
        exchange.InstrumentListed,
        exchange.PhaseChanged,
        exchange.OrderAccepted,
        exchange.OrderRejected,
        exchange.OrderReplaced,
        exchange.ReplaceRejected,
        exchange.OrderCanceled,
        exchange.CancelRejected,
        exchange.MassCanceled,
        exchange.QuoteAccepted,
        exchange.TradeExecuted,
    )
    answers: ClassVar[tuple[type[Query], ...]] = ()

    def __init__(self, shard: Shard) -> None:
        self.shard: Shard | None = shard
        self.number = shard
        self.phase = Phase.CLOSED
        self.live: dict[OrderId, Resting] = {}
        self.ids = count(first_id_of_shard(shard) + 1)
        self.trades = count(first_id_of_shard(shard) + 1)
        self.seqs = count(1)

    def query(self, query: Query) -> Reply:
        raise AssertionError(query)

    def snapshot(self) -> bytes:
        return b""

    def restore(self, data: bytes) -> None:
        raise AssertionError(data)

    def handle(self, now: Nanos, message: Message) -> Sequence[Message]:
        out: Out = []
        match message:
            case exchange.ListInstrument():
                out.append(
                    exchange.InstrumentListed(shard=self.number, instrument=message.instrument)
                )
            case exchange.SetPhase():
                self.move(message, out)
            case exchange.PlaceOrder():
                self.place(message, out)
            case exchange.ReplaceOrder():
                self.replace(message, out)
            case exchange.CancelOrder():
                self.cancel(message, out)
            case exchange.MassCancel():
                self.mass_cancel(message, out)
            case exchange.SetQuote():
                self.quote(message, out)
            case _:
                raise AssertionError(message)
        return out

    def move(self, ask: exchange.SetPhase, out: Out) -> None:
        previous, self.phase = self.phase, ask.phase
        out.append(
            exchange.PhaseChanged(
                shard=self.number,
                underlying_id=UNDERLYING_IDS[self.number],
                phase=ask.phase,
                previous=previous,
            )
        )
        if ask.phase is Phase.CONTINUOUS and previous is not Phase.CONTINUOUS:
            self.uncross(out)
        if ask.phase is Phase.CLOSED:
            for order in list(self.live.values()):
                self.end(order, CancelReason.MARKET_CLOSED, out)

    def place(self, ask: exchange.PlaceOrder, out: Out) -> None:
        reason = self.refuse(ask)
        if reason is not None:
            self.reject(ask, reason, out)
            return
        order = Resting(ask, ask.side, OrderId(next(self.ids)), next(self.seqs))
        order.price, order.leaves, order.tag = ask.price, ask.quantity, ask.tag
        out.append(
            exchange.OrderAccepted(
                shard=self.number,
                order_id=order.order_id,
                reservation_id=ask.reservation_id,
                account_id=ask.account_id,
                instrument_id=ask.instrument_id,
                side=ask.side,
                quantity=ask.quantity,
                price=ask.price,
            )
        )
        self.live[order.order_id] = order
        if ask.time_in_force is TimeInForce.FOK and self.available(order) < order.leaves:
            self.end(order, CancelReason.NOT_FILLABLE, out)
            return
        if self.phase is Phase.CONTINUOUS:
            self.match(order, out)
            takes_only = ask.price is None or ask.time_in_force in (
                TimeInForce.IOC,
                TimeInForce.FOK,
            )
            if order.leaves and order.order_id in self.live and takes_only:
                self.end(order, CancelReason.NO_LIQUIDITY, out)

    def reject(self, ask: Placing, reason: RejectReason, out: Out) -> None:
        out.append(
            exchange.OrderRejected(
                shard=self.number,
                reservation_id=ask.reservation_id,
                account_id=ask.account_id,
                refusal=Refusal(code=reason.code, detail=reason.hint),
            )
        )

    def refuse(self, ask: exchange.PlaceOrder) -> RejectReason | None:
        if self.phase not in (Phase.PRE_OPEN, Phase.CONTINUOUS):
            return exchange.WRONG_PHASE
        if ask.order_type is OrderType.LIMIT and ask.price is None:
            return exchange.MISSING_PRICE
        if ask.order_type is OrderType.MARKET and ask.price is not None:
            return exchange.UNEXPECTED_PRICE
        if ask.time_in_force in (TimeInForce.IOC, TimeInForce.FOK) and (
            self.phase is Phase.PRE_OPEN
        ):
            return exchange.WRONG_PHASE
        return None

    def opposite(self, order: Resting) -> list[Resting]:
        side = Side.SELL if order.side is Side.BUY else Side.BUY
        sign = 1 if side is Side.SELL else -1
        found = [
            o
            for o in self.live.values()
            if o.instrument_id == order.instrument_id
            and o.side is side
            and o.price is not None
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
        for taker in sorted(self.live.values(), key=lambda o: o.seq):
            if taker.order_id in self.live:
                for maker in self.opposite(taker):
                    if maker.account_id != taker.account_id and taker.leaves:
                        first, second = sorted((maker, taker), key=lambda o: o.seq)
                        assert maker.price is not None
                        self.trade(first, second, maker.price, out, is_auction=True)
        for order in list(self.live.values()):
            if order.price is None:
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

    def replace(self, ask: exchange.ReplaceOrder, out: Out) -> None:
        order = self.live.get(ask.order_id)
        reason = None
        if order is None:
            reason = exchange.ORDER_ALREADY_DONE
        elif ask.expected_revision not in (None, order.revision):
            reason = exchange.REVISION_MISMATCH
        elif ask.quantity is not None and ask.quantity <= order.filled:
            reason = exchange.INVALID_QUANTITY
        elif order.price is None or self.phase not in (Phase.PRE_OPEN, Phase.CONTINUOUS):
            reason = exchange.WRONG_PHASE
        if order is None or reason is not None:
            assert reason is not None
            out.append(
                exchange.ReplaceRejected(
                    shard=self.number,
                    order_id=ask.order_id,
                    reservation_id=ask.reservation_id,
                    account_id=ask.account_id,
                    refusal=Refusal(code=reason.code, detail=reason.hint),
                )
            )
            return
        total = order.filled + order.leaves if ask.quantity is None else int(ask.quantity)
        order.leaves = total - order.filled
        order.price = order.price if ask.price is None else ask.price
        order.revision += 1
        order.seq = next(self.seqs)
        assert order.price is not None
        out.append(
            exchange.OrderReplaced(
                shard=self.number,
                order_id=order.order_id,
                reservation_id=ask.reservation_id,
                account_id=ask.account_id,
                revision=order.revision,
                price=order.price,
                quantity=Quantity(total),
                leaves_quantity=order.leaves,
                kept_priority=False,
            )
        )
        if self.phase is Phase.CONTINUOUS:
            self.match(order, out)

    def cancel(self, ask: exchange.CancelOrder, out: Out) -> None:
        order = self.live.get(ask.order_id)
        if order is not None and self.phase is not Phase.OPENING_AUCTION:
            self.end(order, CancelReason.REQUESTED, out)
            return
        reason = exchange.WRONG_PHASE if order else exchange.ORDER_ALREADY_DONE
        out.append(
            exchange.CancelRejected(
                shard=self.number,
                order_id=ask.order_id,
                account_id=ask.account_id,
                refusal=Refusal(code=reason.code, detail=reason.hint),
            )
        )

    def mass_cancel(self, ask: exchange.MassCancel, out: Out) -> None:
        found = [
            o
            for o in self.live.values()
            if o.account_id == ask.account_id
            and ask.instrument_id in (None, o.instrument_id)
            and ask.side in (None, o.side)
            and ask.tag in (None, o.tag)
            and (ask.quotes if o.is_quote else ask.orders)
        ]
        for order in found:
            self.end(order, ask.reason, out)
        out.append(
            exchange.MassCanceled(
                shard=self.number,
                account_id=ask.account_id,
                order_ids=tuple(o.order_id for o in found),
            )
        )

    def quote(self, ask: exchange.SetQuote, out: Out) -> None:
        crossed = ask.bid is not None and ask.ask is not None and ask.bid >= ask.ask
        if crossed or self.phase not in (Phase.PRE_OPEN, Phase.CONTINUOUS):
            reason = exchange.INVALID_QUOTE if crossed else exchange.WRONG_PHASE
            self.reject(ask, reason, out)
            return
        bid = self.quote_side(ask, Side.BUY, ask.bid, ask.bid_quantity)
        offer = self.quote_side(ask, Side.SELL, ask.ask, ask.ask_quantity)
        out.append(
            exchange.QuoteAccepted(
                shard=self.number,
                reservation_id=ask.reservation_id,
                account_id=ask.account_id,
                instrument_id=ask.instrument_id,
                bid_order_id=bid.order_id if bid else None,
                bid=bid.price if bid else None,
                bid_quantity=bid.leaves if bid else 0,
                ask_order_id=offer.order_id if offer else None,
                ask=offer.price if offer else None,
                ask_quantity=offer.leaves if offer else 0,
            )
        )
        if self.phase is Phase.CONTINUOUS:
            for side in (bid, offer):
                if side is not None:
                    self.match(side, out)

    def quote_side(
        self, ask: exchange.SetQuote, side: Side, price: Price | None, quantity: int
    ) -> Resting | None:
        current = self.quote_of(ask.account_id, ask.instrument_id, side)
        if price is None:
            if current is not None:
                del self.live[current.order_id]
            return None
        if current is None:
            current = Resting(ask, side, OrderId(next(self.ids)), 0)
            current.is_quote = True
            self.live[current.order_id] = current
        current.price = price
        current.leaves = quantity
        current.seq = next(self.seqs)
        return current

    def quote_of(
        self, account_id: AccountId, instrument_id: InstrumentId, side: Side
    ) -> Resting | None:
        wanted = (True, account_id, instrument_id, side)
        for order in self.live.values():
            if (order.is_quote, order.account_id, order.instrument_id, order.side) == wanted:
                return order
        return None
