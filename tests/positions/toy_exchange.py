"""A slow exchange for the positions suite: price–time lists, nothing optimized, no deltas.

It keeps the exchange's contract as far as positions can see it, so that positions is tested alone.
"""

from collections.abc import Sequence
from typing import ClassVar

from tests.positions.toy_book import (
    STOPS,
    TAKES_ONLY,
    UNDERLYING_IDS,
    Out,
    Placing,
    Resting,
    ToyBook,
)

from itg.exchange import contract as exchange
from itg.kernel.errors import Refusal, RejectReason
from itg.kernel.ids import OrderId, Shard
from itg.kernel.messages import Message, Query, Reply
from itg.kernel.money import Price, Quantity
from itg.kernel.times import NS_PER_S, Nanos
from itg.kernel.words import (
    Activation,
    CancelReason,
    InFreeze,
    OrderType,
    Phase,
    Side,
    TimeInForce,
)
from itg.market_data.contract import PricesStepped

COLLECTING = (Phase.PRE_OPEN, Phase.CLOSING_AUCTION)
OPEN = (*COLLECTING, Phase.CONTINUOUS)
AUCTIONS = (Phase.OPENING_AUCTION, Phase.CLOSING_AUCTION)
GUARD_NS = 2 * NS_PER_S


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
        exchange.ReportOpenInterest,
        PricesStepped,
    )
    emits: ClassVar[tuple[type[Message], ...]] = (
        exchange.InstrumentListed,
        exchange.PhaseChanged,
        exchange.OrderAccepted,
        exchange.OrderActivated,
        exchange.OrderExpired,
        exchange.OrderRejected,
        exchange.OrderReplaced,
        exchange.ReplaceRejected,
        exchange.OrderCanceled,
        exchange.CancelRejected,
        exchange.MassCanceled,
        exchange.QuoteAccepted,
        exchange.TradeExecuted,
        exchange.JumpGuardOpened,
        exchange.JumpGuardEnded,
    )
    answers: ClassVar[tuple[type[Query], ...]] = ()

    def __init__(self, shard: Shard) -> None:
        self.shard: Shard | None = shard
        self.number = shard
        self.book = ToyBook(shard)
        self.spot: Price | None = None
        self.guard_ends_ns: Nanos | None = None
        self.deferred: list[exchange.MassCancel] = []
        self.open_interest: exchange.ReportOpenInterest | None = None

    def query(self, query: Query) -> Reply:
        raise AssertionError(query)

    def snapshot(self) -> bytes:
        return b""

    def restore(self, data: bytes) -> None:
        raise AssertionError(data)

    def handle(self, now: Nanos, message: Message) -> Sequence[Message]:
        out: Out = []
        self.pass_time(now, out)
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
            case exchange.ReportOpenInterest():
                self.open_interest = message
            case PricesStepped():
                self.step(now, message, out)
            case _:
                raise AssertionError(message)
        return out

    def pass_time(self, now: Nanos, out: Out) -> None:
        self.book.expire_due(now, out)
        if self.guard_ends_ns is not None and now >= self.guard_ends_ns:
            self.end_guard(out)

    def step(self, now: Nanos, event: PricesStepped, out: Out) -> None:
        spot, self.spot = self.spot, event.prices[0].spot_price
        if spot is None or abs(self.spot - spot) * 1_000 <= 3 * spot:
            return
        if self.book.phase is Phase.CONTINUOUS:
            self.guard_ends_ns = Nanos(now + GUARD_NS)
            underlying_id = UNDERLYING_IDS[self.number]
            out.append(
                exchange.JumpGuardOpened(
                    shard=self.number, underlying_id=underlying_id, ends_ns=self.guard_ends_ns
                )
            )

    def end_guard(self, out: Out) -> None:
        self.guard_ends_ns = None
        underlying_id = UNDERLYING_IDS[self.number]
        out.append(exchange.JumpGuardEnded(shard=self.number, underlying_id=underlying_id))
        self.book.activate_all(Activation.JUMP_GUARD, out)

    def move(self, ask: exchange.SetPhase, out: Out) -> None:
        book = self.book
        previous, book.phase = book.phase, ask.phase
        out.append(
            exchange.PhaseChanged(
                shard=self.number,
                underlying_id=UNDERLYING_IDS[self.number],
                phase=ask.phase,
                previous=previous,
            )
        )
        if self.guard_ends_ns is not None and ask.phase is Phase.CLOSING_AUCTION:
            self.end_guard(out)
        if ask.phase is Phase.CLOSING_AUCTION:
            book.activate_all(Activation.CLOSING_AUCTION, out)
        if ask.phase is Phase.CONTINUOUS or previous in AUCTIONS:
            book.uncross(out)
            deferred, self.deferred = self.deferred, []
            for swept in deferred:
                self.sweep(swept, out)
            book.fire(out)
        if ask.phase is Phase.CLOSED:
            self.guard_ends_ns = None
            book.last.clear()
            for order in list(book.live.values()):
                book.end(order, CancelReason.MARKET_CLOSED, out)

    def place(self, ask: exchange.PlaceOrder, out: Out) -> None:
        reason = self.refuse(ask)
        if reason is not None:
            self.reject(ask, reason, out)
            return
        book = self.book
        order = Resting(ask, ask.side, OrderId(next(book.ids)), next(book.seqs))
        order.waits_for = self.wait_of(ask, order)
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
                is_pending=order.waits_for is not None,
            )
        )
        book.live[order.order_id] = order
        if order.waits_for is None:
            book.enter(order, out)

    def wait_of(self, ask: exchange.PlaceOrder, order: Resting) -> Activation | None:
        if ask.time_in_force is TimeInForce.CLS:
            closing = self.book.phase is Phase.CLOSING_AUCTION
            return None if closing else Activation.CLOSING_AUCTION
        if ask.order_type in STOPS and not self.book.is_through(order):
            return Activation.STOP
        return Activation.JUMP_GUARD if self.is_held(order) else None

    def is_held(self, order: Resting) -> bool:
        """Tell whether the guard keeps an order outside the book, because it would take."""
        is_open = self.guard_ends_ns is not None and self.book.phase is Phase.CONTINUOUS
        return is_open and bool(self.book.opposite(order))

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
        phase, tif = self.book.phase, ask.time_in_force
        if phase not in OPEN or (tif in TAKES_ONLY and phase is not Phase.CONTINUOUS):
            return exchange.WRONG_PHASE
        if tif is TimeInForce.OPG and phase is not Phase.PRE_OPEN:
            return exchange.WRONG_PHASE
        if ask.order_type is OrderType.LIMIT and ask.price is None:
            return exchange.MISSING_PRICE
        if ask.order_type is OrderType.MARKET and ask.price is not None:
            return exchange.UNEXPECTED_PRICE
        return None

    def replace(self, ask: exchange.ReplaceOrder, out: Out) -> None:
        order = self.book.live.get(ask.order_id)
        reason = self.refuse_replace(ask, order)
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
        order.seq = next(self.book.seqs)
        if order.waits_for is None and self.is_held(order):
            order.waits_for = Activation.JUMP_GUARD
        out.append(
            exchange.OrderReplaced(
                shard=self.number,
                order_id=order.order_id,
                reservation_id=ask.reservation_id,
                account_id=ask.account_id,
                revision=order.revision,
                price=order.price or Price(0),
                quantity=Quantity(total),
                leaves_quantity=order.leaves,
                kept_priority=False,
                is_pending=order.waits_for is not None,
            )
        )
        if order.waits_for is None:
            self.book.enter(order, out)

    def refuse_replace(
        self, ask: exchange.ReplaceOrder, order: Resting | None
    ) -> RejectReason | None:
        if order is None:
            return exchange.ORDER_ALREADY_DONE
        if self.book.phase not in OPEN:
            return exchange.WRONG_PHASE
        if order.waits_for is Activation.JUMP_GUARD:
            return exchange.ORDER_PENDING
        if ask.expected_revision not in (None, order.revision):
            return exchange.REVISION_MISMATCH
        if ask.quantity is not None and ask.quantity <= order.filled:
            return exchange.INVALID_QUANTITY
        return exchange.UNEXPECTED_PRICE if order.price is None and ask.price else None

    def cancel(self, ask: exchange.CancelOrder, out: Out) -> None:
        order = self.book.live.get(ask.order_id)
        if order is not None and self.book.phase is not Phase.OPENING_AUCTION:
            self.book.end(order, CancelReason.REQUESTED, out)
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
        is_frozen = self.book.phase is Phase.OPENING_AUCTION
        if is_frozen and ask.in_freeze is InFreeze.DEFER:
            self.deferred.append(ask)
        went = () if is_frozen and ask.in_freeze is not InFreeze.ACT else self.sweep(ask, out)
        out.append(
            exchange.MassCanceled(shard=self.number, account_id=ask.account_id, order_ids=went)
        )

    def sweep(self, ask: exchange.MassCancel, out: Out) -> tuple[OrderId, ...]:
        found = [
            o
            for o in self.book.live.values()
            if o.account_id == ask.account_id
            and ask.instrument_id in (None, o.instrument_id)
            and ask.side in (None, o.side)
            and ask.tag in (None, o.tag)
            and (ask.quotes if o.is_quote else ask.orders)
        ]
        for order in found:
            self.book.end(order, ask.reason, out)
        return tuple(o.order_id for o in found)

    def quote(self, ask: exchange.SetQuote, out: Out) -> None:
        crossed = ask.bid is not None and ask.ask is not None and ask.bid >= ask.ask
        if crossed or self.book.phase not in OPEN:
            reason = exchange.INVALID_QUOTE if crossed else exchange.WRONG_PHASE
            self.reject(ask, reason, out)
            return
        bid = self.quote_side(ask, Side.BUY, ask.bid, ask.bid_quantity)
        offer = self.quote_side(ask, Side.SELL, ask.ask, ask.ask_quantity)
        sides = [side for side in (bid, offer) if side is not None]
        is_pending = any(self.is_held(side) for side in sides)
        for side in sides:
            side.waits_for = Activation.JUMP_GUARD if is_pending else None
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
                is_pending=is_pending,
            )
        )
        for side in sides:
            if side.waits_for is None and side.order_id in self.book.live:
                self.book.enter(side, out)

    def quote_side(
        self, ask: exchange.SetQuote, side: Side, price: Price | None, quantity: int
    ) -> Resting | None:
        book = self.book
        current = book.quote_of(ask.account_id, ask.instrument_id, side)
        if price is None:
            if current is not None:
                del book.live[current.order_id]
            return None
        if current is None:
            current = Resting(ask, side, OrderId(next(book.ids)), 0)
            book.live[current.order_id] = current
        current.price = price
        current.leaves = quantity
        current.seq = next(book.seqs)
        return current
